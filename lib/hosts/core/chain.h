/* The handlers of a signal that this library has replaced, so that it calls them. The program may have replaced the
 * library's before, by one that calls what it has replaced; the library has put its own on top again. Then the handlers
 * call each other in a ring:
 *
 *   the first one, Q     ours, which calls Q     the program's P, which calls ours     ours again, which calls P
 *
 * So a call of ours inside of a call of ours is not the signal, but P's, and is for Q. Functions that a handler calls take
 * no memory, and nothing that a thread has of its own, which may have to be made first. */
#ifndef XLGC_HOSTS_CHAIN_H
#define XLGC_HOSTS_CHAIN_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { XLGC__CHAIN_HANDLERS = 8, XLGC__CHAIN_CALLS = 64 };

typedef struct xlgc__chain {
  struct {
    struct sigaction handler;
    unsigned before; /* the number of the one that ours stood for when this one was set; 0: none */
  } of[XLGC__CHAIN_HANDLERS + 1];
  unsigned count;
  _Atomic unsigned now; /* the number of the one that ours stands for; released when that is there */
  struct {
    _Atomic uintptr_t thread, frame; /* 0: none */
  } calls[XLGC__CHAIN_CALLS];        /* of our handler, in progress; with more of them some call nothing */
} xlgc__chain;

static inline bool xlgc__chain_is_same(const struct sigaction *one, const struct sigaction *other) {
  return memcmp(&one->sa_handler, &other->sa_handler, sizeof one->sa_handler) == 0;
}

/* Ours is to stand for this one from now on. What a handler may be reading at this moment is not changed. */
static inline void xlgc__chain_add(xlgc__chain *chain, const struct sigaction *handler) {
  unsigned number = 1;
  while (number <= chain->count && !xlgc__chain_is_same(&chain->of[number].handler, handler))
    number++;
  if (number > XLGC__CHAIN_HANDLERS) return;
  if (number > chain->count) {
    chain->of[number].handler = *handler;
    chain->of[number].before = atomic_load_explicit(&chain->now, memory_order_relaxed);
    chain->count = number;
  }
  atomic_store_explicit(&chain->now, number, memory_order_release);
}

/* A call begins, in this frame. Returns where it is noted. depth: out, how many calls of the thread it is inside of. A
 * frame that lies deeper than this one was left by a jump. */
static inline unsigned xlgc__chain_begin(xlgc__chain *chain, uintptr_t frame, unsigned *depth) {
  uintptr_t self = (uintptr_t)pthread_self();
  unsigned at = 0;
  *depth = 0;
  for (unsigned i = 0; i < XLGC__CHAIN_CALLS; i++) {
    if (atomic_load_explicit(&chain->calls[i].thread, memory_order_relaxed) != self) continue;
    bool is_left = atomic_load_explicit(&chain->calls[i].frame, memory_order_relaxed) <= frame;
    if (is_left) atomic_store_explicit(&chain->calls[i].thread, 0, memory_order_relaxed);
    *depth += !is_left;
  }
  for (uintptr_t none = 0; at < XLGC__CHAIN_CALLS; at++, none = 0)
    if (atomic_compare_exchange_strong_explicit(&chain->calls[at].thread, &none, self, memory_order_relaxed,
                                                memory_order_relaxed))
      break;
  if (at < XLGC__CHAIN_CALLS) atomic_store_explicit(&chain->calls[at].frame, frame, memory_order_relaxed);
  return at;
}

static inline void xlgc__chain_end(xlgc__chain *chain, unsigned at) {
  if (at < XLGC__CHAIN_CALLS) atomic_store_explicit(&chain->calls[at].thread, 0, memory_order_relaxed);
}

/* Our handler was called: calls the one that it stands for, if any. */
static inline void xlgc__chain_call(xlgc__chain *chain, int number, siginfo_t *info, void *context) {
  unsigned depth, at = xlgc__chain_begin(chain, (uintptr_t)&depth, &depth);
  unsigned called = atomic_load_explicit(&chain->now, memory_order_acquire);
  for (; depth && called; depth--)
    called = chain->of[called].before;
  if (at < XLGC__CHAIN_CALLS && called) {
    const struct sigaction *handler = &chain->of[called].handler;
    if (handler->sa_flags & SA_SIGINFO)
      handler->sa_sigaction(number, info, context);
    else if (handler->sa_handler != SIG_DFL && handler->sa_handler != SIG_IGN)
      handler->sa_handler(number);
  }
  xlgc__chain_end(chain, at);
}

#endif
