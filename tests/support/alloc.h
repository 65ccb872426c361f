/* An allocator for pools that counts, checks the sizes that are given back, poisons what was freed, and fails on
 * request. */
#ifndef ALLOC_H
#define ALLOC_H

#include <stdbool.h>
#include <xlgc.h>

#define ALLOC_NEVER UINT64_MAX

typedef struct alloc {
  uint64_t asked;   /* allocations, counting those that failed */
  uint64_t fail_at; /* the one to fail, from 0, or ALLOC_NEVER */
  bool sticky;      /* all from there on fail */
  uint64_t failed;
  uint64_t blocks, bytes; /* out now */
} alloc;

/* The functions for a pool that is to use `alloc`. */
xlgc_allocator alloc_functions(alloc *alloc);

#endif
