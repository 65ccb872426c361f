/* Contexts: who logs, and the queue that their logs share.
 *
 * Each context has a log that only it writes and only whoever works on the pool reads. The first records go into a
 * small chunk of the context's own, so that a context that says little costs little; later ones into chunks of the
 * queue, whose bound rises by one with each context: idle ones keep nobody from logging. When the queue has no chunk
 * to give, the own one serves again once it has been read and left.
 *
 *   (K1) free link records + spare segments' records >= credits of the chunks that are out, less the links applied from
 *        them: a link that was logged finds a record
 *
 * A chunk comes with credit for as many links as it has records, so the end of the chunk is the only thing to be
 * looked at when an event is logged. Without memory for that, and before the first link, each link asks (log.link_end
 * stays behind), but nothing else does.
 *
 * The callbacks' context is written by whoever works on the pool, who is also the reader. While the program has one
 * context, the order of events over these two is known and kept: before an event of a callback stands a SYNC record
 * that says how far the program's log had come.
 *
 * Lock: the queue's, which is the pool's. Nothing else is locked while it is held. */
#ifndef XLGC_CONTEXT_H
#define XLGC_CONTEXT_H

#include "ranks/reclaim.h"
#include "queue/event.h"
#include "base/platform.h"

/* Objects that wait to be asked or told, through `next`. Lock held, for all of it. */
typedef struct xlgc__mailbox {
  xlgc__list list;
  uint64_t count;     /* of messages */
  uint64_t questions; /* sent here and not yet answered */
  int descriptor;     /* readable while there are messages; or -1 */
} xlgc__mailbox;

typedef struct xlgc__queue {
  xlgc__mutex lock;
  xlgc__condition progress; /* something changed that a thread may wait for; see pool.c */
  xlgc__memory *memory;
  xlgc__chunks chunks;
  xlgc__segments *links;   /* the link records, for which logging pays */
  uint64_t links_reserved; /* the credits of all chunks that are out */
  uint64_t links_room;     /* link records free when the reader last said */
  /* The most that was reserved since the last round that applied events, and between that and the one before. */
  uint64_t links_wanted, links_wanted_before;
  /* The program's, newest first. Only whoever works takes out, so the rest may be walked over. */
  xlgc_context *contexts;
  uint64_t context_count;       /* open ones */
  uint32_t numbers;             /* given to contexts */
  bool plural;                  /* events of several contexts may be waiting; changed under the lock */
  _Atomic(xlgc_context *) sole; /* the program's only context, or NULL. Changed under the lock; relaxed */
  xlgc__mailbox stray;          /* whose owner has ended */
  xlgc__list answered;          /* asked elsewhere; `hop` says 1 for keep */
  xlgc__list returned;          /* told elsewhere, whose release has returned */
  uint64_t mailed, questions;   /* in all mailboxes */
  const xlgc_context *blocker;  /* whom the round waits for, if it is one of these */
  _Atomic bool wanted;  /* a chunk was filled since the worker looked; relaxed, the lock orders it where it matters */
  _Atomic bool awaited; /* somebody waits for a section to end; relaxed, who waits looks again after a while */
} xlgc__queue;

struct xlgc_context {
  /* The writer's. */
  xlgc__log log;
  uint64_t extras;          /* records logged that are not the beginning of an event of the program's */
  unsigned fork_generation; /* in which it was made */
  unsigned depth;           /* of sections */
  bool of_pool;             /* for callbacks: it owns no objects, and logs beyond the bound */
  /* Its mailbox; then it logs beyond the bound as well. Relaxed: who asks is this thread, or wants to know whether it is. */
  _Atomic bool dispatching;
  xlgc_pool *pool;
  xlgc__queue *queue;
  _Atomic uint64_t section; /* odd: inside. Release on leaving, acquire by who waits: orders the use of objects before
                               their release; a full fence on entering, see xlgc__section_enter */
  bool syncs;               /* the callbacks': says how far the program has come; each event asks for the lock */
  uint64_t synced;          /* the last position said, and whose */
  uint32_t synced_number;
  uint32_t number;
  char name[32];
  unsigned char apart[XLGC__CACHE_LINE]; /* keeps what the two threads write in different lines */
  /* The reader's. */
  xlgc__cursor read;  /* all before it is applied */
  xlgc__cursor ahead; /* adds before it are applied as well */
  const xlgc__record *cut, *save;
  uint64_t section_seen; /* the section that the round waits for, or 0 */
  bool stalled;          /* at a drop whose add may be in another log */
  /* Guarded by the process's lock: its place among all contexts that may log. */
  xlgc_context *next_of_process, **at_of_process;
  /* Guarded by the lock. */
  xlgc_context *next;
  xlgc__mailbox mailbox;
  _Atomic bool closed; /* no more events. Release, and acquire by the reader: orders the log's end before it */
  bool own_is_free;
  _Atomic xlgc__thread thread; /* whose section or mailbox it is. Relaxed: a flush that would wait for itself asks */
  xlgc__chunk own;             /* records follow */
};

enum { XLGC__OWN_RECORDS = 14 };
#define XLGC__CONTEXT_BYTES (sizeof(xlgc_context) + XLGC__OWN_RECORDS * sizeof(xlgc__record))

int xlgc__queue_init(xlgc__queue *queue, xlgc__memory *memory, uint64_t bound, uint64_t reserve, xlgc__segments *links);
/* Frees the contexts that are left as well. forked: in a child, whose copies of the lock and the condition may seem
 * to be in use for good, and are left. */
void xlgc__queue_destroy(xlgc__queue *queue, bool forked);

/* A context that no round finds yet, but a fork does. No lock held. XLGC_E_NOMEM. */
int xlgc__context_create(xlgc__queue *queue, xlgc_pool *pool, uint8_t number_of_pool, const char *name,
                         xlgc_context **out);
/* No barrier takes any id from here on, or does so again, unless this is the child of a fork (F1). */
void xlgc__context_refuse(xlgc_context *context, bool refuse);
/* Lets the round find it. Lock held. */
void xlgc__context_open(xlgc_context *context);
/* It will log no more, so that forks need not know it. The process's lock held. */
void xlgc__context_strike_off(xlgc_context *context);
/* Frees a context that was struck off and is not, or no longer, on the queue's list, with its log; _end: strikes it off
 * before that. */
void xlgc__context_free(xlgc_context *context);
void xlgc__context_end(xlgc_context *context);

/* Logs one event of `count` records, or `count` events of one each, of which `links` may make a link. over: go beyond
 * the queue's bound. XLGC_E_QUEUE, XLGC_E_NOMEM: nothing was logged. */
int xlgc__context_log_locking(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links,
                              bool over);
static inline int xlgc__context_log(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links,
                                    bool over) {
  xlgc__record *at = xlgc__log_room(&context->log, count, links);
  if (XLGC__UNLIKELY(!at)) return xlgc__context_log_locking(context, records, count, links, over);
  xlgc__log_append(&context->log, at, records, count);
  return 0;
}

/* Sees to it that the next event of up to `count` records without links can be logged without fail, beyond the bound if
 * need be. XLGC_E_NOMEM. */
int xlgc__context_reserve(xlgc_context *context, uint32_t count);

/* ------------------------------------------------------------ the reader */

/* Is there anything that has not been read? */
static inline bool xlgc__context_has_news(const xlgc_context *context) {
  return xlgc__log_cut(&context->log) != context->read.at;
}
/* The event that the reader is at, or NULL at the cut. Gives chunks back that are read to their end. */
const xlgc__record *xlgc__context_peek(xlgc_context *context);
/* One past the last record that can be read from there on without looking at another chunk. */
const xlgc__record *xlgc__context_peek_end(const xlgc_context *context);
/* The same between `ahead` and `save`; keeps the chunks. */
const xlgc__record *xlgc__context_peek_ahead(xlgc_context *context);
/* Records that are logged and not read. Lock held. */
uint64_t xlgc__context_unread(const xlgc_context *context);
/* Will it log no more? Asked before whether there are news, it says that those are the last. */
static inline bool xlgc__context_is_closed(const xlgc_context *context) {
  XLGC__YIELD();
  return atomic_load_explicit(&context->closed, memory_order_acquire);
}

/* -------------------------------------------------------------- sections */

/* The full fence orders the section's beginning before whatever is read in it; it pairs with the one in
 * xlgc__apply_cut: either the round sees the section, or the section sees what was logged before the cut, and so
 * never meets what the round may release. */
static inline void xlgc__full_fence(_Atomic uint64_t *word, uint64_t value) {
#if defined(__SANITIZE_THREAD__) || defined(XLGC_SCHEDULES)
  atomic_exchange(word, value); /* the thread sanitizer does not know fences */
#else
  atomic_store_explicit(word, value, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst);
#endif
}

static inline void xlgc__section_enter(xlgc_context *context) {
  if (context->depth++) return;
  atomic_store_explicit(&context->thread, xlgc__thread_self(), memory_order_relaxed);
  XLGC__YIELD();
  xlgc__full_fence(&context->section, atomic_load_explicit(&context->section, memory_order_relaxed) + 1);
}
/* Returns whether somebody waits for it. */
static inline bool xlgc__section_leave(xlgc_context *context) {
  if (--context->depth) return false;
  XLGC__YIELD();
  uint64_t section = atomic_load_explicit(&context->section, memory_order_relaxed);
  atomic_store_explicit(&context->section, section + 1, memory_order_release);
  XLGC__YIELD();
  return atomic_load_explicit(&context->queue->awaited, memory_order_relaxed);
}
/* Leaves from however deep. */
static inline bool xlgc__section_end(xlgc_context *context) {
  if (!context->depth) return false;
  context->depth = 1;
  return xlgc__section_leave(context);
}
/* Is the context still inside the section that was seen? */
static inline bool xlgc__section_goes_on(const xlgc_context *context) {
  XLGC__YIELD();
  return atomic_load_explicit(&context->section, memory_order_acquire) == context->section_seen;
}

#endif
