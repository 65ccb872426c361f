#include <config.h>

#include "arena.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 1 << 24, SIZES_MAX = 64, ALIGNMENT = 64 };

/* A released block's first word. */
typedef struct block {
  struct block *next;
} block;

static struct {
  size_t used, size_count;
  struct size {
    size_t bytes;
    block *free;
  } sizes[SIZES_MAX];
  _Alignas(ALIGNMENT) unsigned char memory[ARENA_BYTES];
} arena;

static struct size *size_of(size_t bytes) {
  for (size_t i = 0; i < arena.size_count; i++)
    if (arena.sizes[i].bytes == bytes) return &arena.sizes[i];
  if (arena.size_count == SIZES_MAX) {
    fprintf(stderr, "SIZES_MAX is too small\n");
    exit(EXIT_FAILURE);
  }
  arena.sizes[arena.size_count] = (struct size){bytes, NULL};
  return &arena.sizes[arena.size_count++];
}

static size_t rounded(size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

void *arena_allocate(size_t size_bytes) {
  size_t bytes = rounded(size_bytes);
  struct size *size = size_of(bytes);
  block *taken = size->free;
  if (taken) {
    size->free = taken->next;
    return taken;
  }
  if (bytes > ARENA_BYTES - arena.used) return NULL;
  arena.used += bytes;
  return arena.memory + arena.used - bytes;
}

void arena_release(void *memory, size_t size_bytes) {
  struct size *size = size_of(rounded(size_bytes));
  block *given = memory;
  given->next = size->free;
  size->free = given;
}

void arena_reset(void) {
  for (size_t i = 0; i < arena.size_count; i++)
    arena.sizes[i].free = NULL;
  arena.used = 0;
}
