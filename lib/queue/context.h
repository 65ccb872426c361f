/* Contexts: each has a log that only its thread writes and only the pool's owner reads, and a mailbox.
 *
 * The first records go into a small chunk of the context's own, so that a context that logs little costs little; later
 * ones into chunks of the queue, whose bound rises by one with each context: idle contexts keep no other from logging.
 * When the queue has no chunk to give, the own one serves again once it has been read and left.
 *
 * The callbacks' context is written by the thread that has the pool, which is also its reader. While the program has
 * one context, the order of events over these two is known and kept: before an event of a callback stands a SYNC record
 * that says how far the program's log had come. */
#ifndef XLGC_CONTEXT_H
#define XLGC_CONTEXT_H

#include "queue/log.h"
#include "queue/queue.h"

typedef struct xlgc__scanner xlgc__scanner;

struct xlgc_context {
  /* The writer's. */
  xlgc__log log;
  uint64_t extras;          /* records logged that are not the beginning of an event of the program's */
  unsigned fork_generation; /* in which it was made */
  unsigned depth;           /* of sections */
  bool scanning;            /* inside one of its scanners */
  /* No more events, but from callbacks. Relaxed: an event that is just being logged is not waited for, see
   * xlgc_pool_shutdown. */
  _Atomic bool refuses;
  bool of_pool; /* for callbacks: it owns no objects, and logs beyond the bound */
  /* Its mailbox; then it logs beyond the bound as well. Relaxed: only this thread needs the right answer, to whether
   * it is the one. */
  _Atomic bool dispatching;
  xlgc_pool *pool;
  xlgc__queue *queue;
  /* Odd: inside. Release on leaving, acquire by a waiting thread: orders the use of objects before their release. A
   * full fence on entering, see xlgc__section_enter. */
  _Atomic uint64_t section;
  bool syncs;      /* the callbacks': logs how far the program has come; each event takes the lock */
  uint64_t synced; /* the last position logged; the context's number */
  uint32_t synced_number;
  uint32_t number;
  char name[32];
  const char *noted_name;                /* in a pool that checks: as the ledger has it, or NULL */
  unsigned char apart[XLGC__CACHE_LINE]; /* keeps what the two threads write in different lines */
  /* The reader's. */
  xlgc__cursor read;  /* all before it is applied */
  xlgc__cursor ahead; /* adds before it are applied as well */
  const xlgc__record *cut, *save;
  uint64_t section_seen; /* the section that the round waits for, or 0 */
  bool stalled;          /* at a drop whose add may be in another log */
  /* Guarded by the process's lock: its entry among all contexts that may log. */
  xlgc_context *next_of_process, **at_of_process;
  /* Guarded by the lock. */
  xlgc_context *next;
  xlgc__mailbox mailbox;
  xlgc__scanner *scanners;  /* pool/scanners.h; changed by its thread, or once it has ended */
  const char *scanner_name; /* of the first, or NULL */
  uint64_t scanned;         /* the last question that they have answered; changed by its thread */
  _Atomic bool closed;      /* no more events. Release, and acquire by the reader: orders the log's end before it */
  bool own_is_free;
  _Atomic xlgc__thread thread; /* that used it last, as far as is seen. Relaxed: says whether a flush would wait for
                                  itself */
  xlgc__chunk own;             /* records follow */
};

enum { XLGC__OWN_RECORDS = 14 };
#define XLGC__CONTEXT_BYTES (sizeof(xlgc_context) + XLGC__OWN_RECORDS * sizeof(xlgc__record))

/* A context that no round finds yet, but a fork does. No lock taken. XLGC_E_NOMEM. */
int xlgc__context_create(xlgc__queue *queue, xlgc_pool *pool, uint8_t number_of_pool, const char *name,
                         xlgc_context **out);
/* No barrier takes any id from here on, or does so again, unless this is the child of a fork (F1). */
void xlgc__context_refuse(xlgc_context *context, bool refuse);
/* This thread uses it: what the round waits for in it, this thread would wait for in vain. */
static inline void xlgc__context_is_used(xlgc_context *context) {
  atomic_store_explicit(&context->thread, xlgc__thread_self(), memory_order_relaxed);
}
/* Lets the round find it. Lock taken. */
void xlgc__context_open(xlgc_context *context);
/* It will log no more, so that forks need not know it. The process's lock taken. */
void xlgc__context_strike_off(xlgc_context *context);
/* Frees a context that was struck off and is not, or no longer, on the queue's list, with its log; _end: strikes it off
 * before that. */
void xlgc__context_free(xlgc_context *context);
void xlgc__context_end(xlgc_context *context);
/* The same for all contexts of a queue. */
void xlgc__context_end_all(xlgc__queue *queue);
/* In the child of a fork, with the process's lock locked: all contexts of before refuse events (F1). */
void xlgc__context_forked(void);

#endif
