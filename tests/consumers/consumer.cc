/* The same for a language with a header in C++. */
#include "consumer.c"
