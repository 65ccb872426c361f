/* See trees_own.c. */
#define TREES_PINS 1
#include "trees_own.c"
