/* The pool: one graph with its queue, its round and its threads. One thread at a time owns it, to work on them. */
#ifndef XLGC_POOL_H
#define XLGC_POOL_H

#include <stdatomic.h>

#include "pool/notes.h"
#include "queue/gone.h"
#include "rounds/round.h"

/* One of the pool's threads. Guarded by queue.lock. */
typedef struct xlgc__helper {
  bool runs, stops;
  xlgc__thread thread;
} xlgc__helper;

/* A thread that waits to own the pool. */
typedef struct xlgc__turn {
  struct xlgc__turn *prev, *next;
} xlgc__turn;

struct xlgc_pool {
  xlgc__memory memory;
  uint64_t serial; /* no other pool of the process ever has it */
  xlgc__graph graph;
  xlgc__queue queue;
  xlgc__ledger ledger; /* of a pool that checks: queue.ledger */
  xlgc__gone gone;     /* the same */
  xlgc__round round;
  xlgc__notes notes;
  xlgc_config config;
  const xlgc__platform_ops *platform;
  unsigned fork_generation;
  /* Ownership and the threads: guarded by queue.lock, changes are signalled on queue.progress. */
  bool owned;
  xlgc__turn *turns;      /* the threads that wait to own it, first come first served */
  unsigned wait_for_room; /* threads that wait until the queue has room, or no other works */
  xlgc__thread owner;
  uintptr_t frame; /* where the owner's stack was then: see ownership.c */
  xlgc__helper worker, cleaner;
  /* Since when the round has been blocked, and until when the watchdog says nothing; 0: it is not. The owner's. */
  uint64_t blocked_since_ns, blocked_next_ns;
  char blocker[32]; /* a copy of the name */
  bool backlog_reported;
  /* Events that reading has applied, and whose round is still due. Changed by the owner. */
  _Atomic uint64_t ahead;
  uint64_t longest_step_ns, steps[XLGC_STEP_TIMES];
  bool shut;              /* no more events are taken. Lock taken */
  bool is_destroyed;      /* but not freed, as others retain it. Lock taken */
  _Atomic unsigned users; /* the program, and all that retain it; with release, as the last one frees it */
  /* What the pool's threads log to in callbacks that are delivered to them; made when first needed. */
  xlgc_context *worker_context, *cleaner_context;
};

#endif
