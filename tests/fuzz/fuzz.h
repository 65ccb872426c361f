/* What a harness of this folder gives: libFuzzer calls the function with inputs of its own, tests/fuzz/driver.c with
 * seeds and with changes to these. What is wrong ends the process. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The folders with its seeds, below the project's own; ends with NULL. */
extern const char *const fuzz_seeds[];

#define FUZZ_MUST(condition)                                                  \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                \
    }                                                                         \
  } while (0)

#endif
