/* An allocator for pools that counts, checks the sizes that are given back, poisons what was freed, and fails on
 * request. */
#ifndef ALLOC_H
#define ALLOC_H

#include <stdbool.h>
#include <xlgc.h>

#define ALLOC_NEVER UINT64_MAX

enum { ALLOC_POISON = 0xDD }; /* each byte of what is given out */

typedef struct alloc {
  uint64_t asked;   /* allocations, counting those that failed */
  uint64_t fail_at; /* the one to fail, from 0, or ALLOC_NEVER */
  bool sticky;      /* all from there on fail */
  uint64_t failed;
  uint64_t blocks, bytes; /* out now */
  uint64_t written_pages; /* of what came back: pages of 4 KiB, from each block's begin, that were written to */
} alloc;

/* The functions for a pool that is to use `alloc`. */
xlgc_allocator alloc_functions(alloc *alloc);

#endif
