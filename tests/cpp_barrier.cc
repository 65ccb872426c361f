/* The barriers that a C++ compiler has inline, for tests/api_barrier.c. */
#include "support/barriers.c"
