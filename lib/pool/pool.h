/* The pool: one graph with its queue, its round and its worker, and the turn, which one thread has at a time to work on
 * them. */
#ifndef XLGC_POOL_H
#define XLGC_POOL_H

#include "rounds/round.h"

/* One of the pool's threads. Guarded by queue.lock. */
typedef struct xlgc__helper {
  bool runs, stops;
  xlgc__thread thread;
} xlgc__helper;

struct xlgc_pool {
  xlgc__memory memory;
  uint64_t serial; /* no other pool of the process ever has it */
  xlgc__graph graph;
  xlgc__queue queue;
  xlgc__round round;
  xlgc_config config;
  const xlgc__platform_ops *platform;
  unsigned fork_generation;
  /* The turn and the worker: guarded by queue.lock, changes are signalled on queue.progress. */
  bool taken;
  unsigned waiting; /* threads that want it */
  xlgc__thread owner;
  uintptr_t frame; /* where the owner's stack was then: see left_by_a_jump */
  xlgc__helper worker, cleaner;
  /* Since when, and until when without a word, the round has been held up; 0: it is not. The turn's. */
  uint64_t held_since_ns, held_next_ns;
  char held_by[32]; /* a copy of the name */
  uint64_t longest_step_ns, steps[XLGC_STEP_TIMES];
  bool shut; /* no more events are taken. Lock held */
  /* What the pool's threads log to in callbacks that are delivered to them; made when first needed. */
  xlgc_context *worker_context, *cleaner_context;
};

/* Takes the turn. wait: until another thread gives it back, else XLGC_E_BUSY. XLGC_E_BUSY also to the thread that has
 * it, which is inside a callback; XLGC_E_FORK in a child. */
int xlgc__ownership_take(xlgc_pool *pool, bool wait);
void xlgc__ownership_give(xlgc_pool *pool);
/* Is this thread inside one of the pool's callbacks? */
bool xlgc__ownership_is_mine(xlgc_pool *pool);
/* Or one that is delivered elsewhere? */
bool xlgc__ownership_delivers(xlgc_pool *pool);

/* With the turn: works for at most `units`, beginning rounds as needed. 1: work is left. 0, XLGC_E_NOMEM or
 * XLGC_E_HELD. */
int xlgc__steps_work(xlgc_pool *pool, int64_t units);
/* How long to wait at most before looking again at who holds a round up. */
uint64_t xlgc__steps_patience_ns(const xlgc_pool *pool);
/* With the turn, which is given back while there is somebody to wait for: all that was logged before and all that
 * follows from it; what the program logs meanwhile need not be. 0, XLGC_E_NOMEM, or XLGC_E_HELD when this thread is
 * the one to wait for. */
int xlgc__steps_flush(xlgc_pool *pool);
/* A context on the pool's list. XLGC_E_NOMEM. */
int xlgc__contexts_open(xlgc_pool *pool, const char *name, xlgc_context **out);
/* Lets a context end in favour of another, or of nobody (NULL). The process's lock held. */
int xlgc__contexts_close(xlgc_context *context, xlgc_context *heir);
/* Logs an event for a barrier, making room as the policy says. `links` of its records may make a link. */
int xlgc__policy_log_slowly(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links);
static inline int xlgc__policy_log(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links) {
  xlgc__record *at = xlgc__log_room(&context->log, count, links);
  if (XLGC__UNLIKELY(!at)) return xlgc__policy_log_slowly(context, records, count, links);
  xlgc__log_append(&context->log, at, records, count);
  return 0;
}
/* A new object that this context makes, and owns if its kind is delivered to owners. XLGC_E_INVAL for a kind with a
 * delivery that there is not, or as xlgc__object_create. Lock held. */
int xlgc__contexts_make_object(xlgc_context *context, void *address, const xlgc_kind *kind, uint32_t *out);
/* Makes all contexts of the program refuse events, or take them again. Lock held. */
void xlgc__contexts_refuse(xlgc_pool *pool, bool refuse);
/* May this context log? XLGC_E_FORK, XLGC_E_SHUTDOWN. Callbacks may as long as there are any. */
int xlgc__contexts_admit(xlgc_context *context);
/* Starts a thread of the pool, and stops it. XLGC_E_STATE, XLGC_E_THREAD, XLGC_E_DEADLOCK, XLGC_E_FORK. */
int xlgc__helper_start(xlgc_pool *pool, xlgc__helper *helper, void *(*run)(void *pool));
int xlgc__helper_stop(xlgc_pool *pool, xlgc__helper *helper);
/* The queue has no room, or there is no memory for more of it: does what the policy says. Returns whether to try
 * again, a last time, as the queue has been worked off, or beyond the bound, as all wait for this thread; or what the
 * caller is to be told. */
enum { XLGC__ROOM_MADE, XLGC__ROOM_LAST, XLGC__ROOM_OVER };
int xlgc__policy_make_room(xlgc_pool *pool, int failed);
/* With the turn: the object that an id names, for the functions that read. XLGC_E_STALE, XLGC_E_FOREIGN. */
int xlgc__steps_resolve(const xlgc_pool *pool, xlgc_id id, uint32_t *out);
/* With the turn: applies everything, waiting as a flush does for what holds a verdict up. 0, XLGC_E_NOMEM,
 * XLGC_E_HELD. */
int xlgc__steps_apply_all(xlgc_pool *pool);
/* Takes the turn, applies everything, and resolves an id. On success the caller leaves. */
int xlgc__steps_begin_reading(xlgc_pool *pool, xlgc_id id, uint32_t *out);

#endif
