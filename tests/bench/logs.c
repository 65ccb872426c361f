/* See logs.h. A file of its own, so that each append is a call, as the library's are. */
#include <config.h>

#include "logs.h"
#include "measure.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CHUNK_RECORDS = 510 };

typedef struct chunk {
  struct chunk *next;
  _Atomic uint32_t filled;
  uint32_t taken;
  uint64_t records[CHUNK_RECORDS][2];
} chunk;

struct logs {
  chunk *last, *chunks;
  uint64_t count;
  _Atomic int spin;
  pthread_mutex_t mutex;
};

logs *logs_create(uint64_t records) {
  logs *log = allocate(1, sizeof *log);
  log->count = records / CHUNK_RECORDS + 1;
  log->chunks = allocate(log->count, sizeof *log->chunks);
  for (uint64_t i = 0; i + 1 < log->count; i++)
    log->chunks[i].next = &log->chunks[i + 1];
  pthread_mutex_init(&log->mutex, NULL);
  logs_rewind(log);
  return log;
}

void logs_destroy(logs *log) {
  pthread_mutex_destroy(&log->mutex);
  free(log->chunks);
  free(log);
}

void logs_rewind(logs *log) {
  for (uint64_t i = 0; i < log->count; i++)
    atomic_store_explicit(&log->chunks[i].filled, 0, memory_order_relaxed);
  log->last = log->chunks;
}

static inline void append(logs *log, uint64_t source, uint64_t target) {
  chunk *chunk = log->last;
  uint32_t filled = atomic_load_explicit(&chunk->filled, memory_order_relaxed);
  if (__builtin_expect(filled == CHUNK_RECORDS, 0)) {
    chunk = log->last = chunk->next;
    filled = 0;
  }
  chunk->records[filled][0] = source;
  chunk->records[filled][1] = target;
  atomic_store_explicit(&chunk->filled, filled + 1, memory_order_release);
}

void logs_append_store(logs *log, uint64_t source, uint64_t target) { append(log, source, target); }

void logs_append_spin_lock(logs *log, uint64_t source, uint64_t target) {
  while (atomic_exchange_explicit(&log->spin, 1, memory_order_acquire)) {
  }
  append(log, source, target);
  atomic_store_explicit(&log->spin, 0, memory_order_release);
}

void logs_append_mutex(logs *log, uint64_t source, uint64_t target) {
  pthread_mutex_lock(&log->mutex);
  append(log, source, target);
  pthread_mutex_unlock(&log->mutex);
}
