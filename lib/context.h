/* Contexts: who logs, and the queue that their logs share.
 *
 * A pool has two contexts. The program's, with one writer at a time; and the callbacks', written by whoever works on the
 * pool, which is also the reader, so it is never written and read at once. The order of events over the two is kept
 * where it can be known: an event of a callback is logged after a SYNC record that says how far the program's log had
 * come, and is applied after those events and before later ones.
 *
 *   (K1) free link records + spare segments' records >= links logged and not yet applied + credits: a link that was
 *        logged finds a record. links_room and links_reserved lag behind these by what the reader has yet to settle
 *
 * Lock: the queue's, which is the pool's. Nothing else is locked while it is held. */
#ifndef XLGC_CONTEXT_H
#define XLGC_CONTEXT_H

#include "event.h"
#include "link.h"
#include "wait.h"

typedef struct xlgc__queue {
  xlgc__mutex lock;
  xlgc__condition progress; /* a chunk was retired, work has ended, or there is work for the worker */
  xlgc__chunks chunks;
  xlgc__segments *links;   /* the link records, for which logging pays */
  uint64_t links_reserved; /* credits that are out, and links logged and not yet accounted for as applied */
  uint64_t links_room;     /* records free when the reader last said */
  _Atomic bool wanted; /* a chunk was filled since the worker looked; relaxed, the lock orders it where it matters */
} xlgc__queue;

struct xlgc_context {
  /* The writer's. */
  xlgc__log log;
  _Atomic uint64_t logged; /* events; release after the record is published, acquire by the reader's cut */
  uint64_t births;         /* of these, BORN: no events of the program's */
  uint32_t link_credit;    /* links that may be logged without asking for memory */
  bool open;
  char name[32];
  xlgc_pool *pool;
  xlgc__queue *queue;
  /* Set for the callbacks' context: the one whose progress is to be noted. */
  const xlgc_context *beside;
  uint64_t beside_logged;
  unsigned char apart[XLGC__CACHE_LINE]; /* keeps what the two threads write in different lines */
  /* The reader's. */
  uint64_t applied; /* events */
  uint64_t births_applied;
  uint64_t first;         /* the program's events that an earlier owner logged */
  uint32_t links_applied; /* and not yet accounted for */
};

int xlgc__queue_init(xlgc__queue *queue, xlgc__mem *mem, uint64_t bound, uint64_t reserve, xlgc__segments *links);
/* forked: in a child, whose copies of the lock and the condition may seem to be in use for good, and are left. */
void xlgc__queue_destroy(xlgc__queue *queue, bool forked);

void xlgc__context_init(xlgc_context *context, xlgc_pool *pool, xlgc__queue *queue, const xlgc_context *beside);
void xlgc__context_destroy(xlgc_context *context);
/* Gives it an owner, from whose first event positions are counted. Everything logged has been applied. */
void xlgc__context_open(xlgc_context *context, const char *name);

/* Logs one event of `count` records, or `events` of one each, of which `links` may make a link. over: go beyond the
 * queue's bound. XLGC_E_QUEUE, XLGC_E_NOMEM: nothing was logged. */
int xlgc__context_log(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t events,
                      uint32_t links, bool over);

/* The event that the reader is at, or NULL. Gives chunks back that are read to their end. */
const xlgc__record *xlgc__context_peek(xlgc_context *context);
/* Moves the reader past it. */
void xlgc__context_advance(xlgc_context *context, const xlgc__record *event);
/* Accounts for the links applied so far; links_room must then be said anew. Lock held. */
void xlgc__context_settle(xlgc_context *context);

#endif
