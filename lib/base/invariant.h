/* Assertions of the invariants that doc/design.md numbers. Level 0: none. Level 1: those of constant cost. Level 2:
 * also a verification of the whole pool at the end of every round. A failed one aborts: it is an error of the
 * library. */
#ifndef XLGC_INVARIANT_H
#define XLGC_INVARIANT_H

#include <stdio.h>
#include <stdlib.h>

#ifndef XLGC_INVARIANTS
#define XLGC_INVARIANTS 0
#endif

#if XLGC_INVARIANTS >= 1
#define XLGC__INVARIANT(tag, condition)                                                                \
  do {                                                                                                 \
    if (!(condition)) {                                                                                \
      fprintf(stderr, "xlgc: invariant %s broken: %s (%s:%d)\n", tag, #condition, __FILE__, __LINE__); \
      abort();                                                                                         \
    }                                                                                                  \
  } while (0)
#else
#define XLGC__INVARIANT(tag, condition) ((void)0)
#endif

#endif
