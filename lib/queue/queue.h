/* The queue: what the logs of a pool's contexts share. It has the pool's lock, the chunks, the link records set
 * aside for logged links, and the list of contexts.
 *
 *   (K1) free link records + spare segments' records >= credits of the chunks in use - links applied from them: a
 *        link that was logged finds a record
 *
 * A chunk comes with credit for as many links as it has records, so logging an event only compares with the end of
 * the chunk. Without memory for that, and before the first link, each link takes the lock (log.link_end stays
 * behind), but no other event does.
 *
 * The lock is the pool's. No other lock is taken while it is. */
#ifndef XLGC_QUEUE_H
#define XLGC_QUEUE_H

#include <stdatomic.h>

#include "base/platform.h"
#include "queue/chunks.h"
#include "queue/ledger.h"
#include "table/list.h"

/* Objects that wait to be asked or notified, through `next`. Guarded by the lock. */
typedef struct xlgc__mailbox {
  xlgc__list list;
  /* Messages whose callbacks have not begun, also of those that were taken out. Relaxed, as it is only for statistics:
   * a thread that delivers counts down without the lock. */
  _Atomic uint64_t count;
  uint64_t questions; /* sent here and not yet answered */
  int descriptor;     /* readable while there are messages on the list; or -1 */
} xlgc__mailbox;

typedef struct xlgc__queue {
  xlgc__mutex lock;
  xlgc__condition progress; /* something changed that a thread may wait for; see pool.c */
  xlgc__memory *memory;
  xlgc__chunks chunks;
  xlgc__segments *links;   /* the link records, for which logging pays */
  uint64_t links_reserved; /* the credits of all chunks in use */
  uint64_t links_room;     /* link records free when the reader last said */
  /* The most that was reserved since the last round that applied events, and between that and the one before. */
  uint64_t links_wanted, links_wanted_before;
  /* The program's, newest first. Only the pool's owner takes contexts out, so it may walk over the list without the
   * lock. */
  xlgc_context *contexts;
  uint64_t context_count;       /* open ones */
  uint32_t numbers;             /* given to contexts */
  bool plural;                  /* events of several contexts may be waiting; changed under the lock */
  _Atomic(xlgc_context *) sole; /* the program's only context, or NULL. Changed under the lock; relaxed */
  xlgc__mailbox stray;          /* for owners that have ended */
  xlgc__list answered;          /* asked elsewhere; `hop` says 1 for keep */
  xlgc__list returned;          /* notified elsewhere, and their callbacks have returned */
  uint64_t questions;           /* in all mailboxes */
  uint64_t delivering;          /* messages taken out, whose callbacks have not returned */
  uint64_t cuts;                /* noted so far */
  uint64_t cuts_applied;        /* all adds before the cut of this number are applied; the pool's owner changes it */
  /* Scanners of all contexts; numbers given to them; the cut after which they are asked, which contexts read as they pass
   * a safe point: relaxed, the lock orders it where it matters. */
  uint64_t scanner_count, scanner_numbers;
  _Atomic uint64_t scan_asked;
  const xlgc_context *blocker; /* the context that the round waits for, if it is one of these */
  bool blocker_scans;          /* it waits for a scanner of that */
  xlgc__ledger *ledger;        /* of a pool that checks, or NULL. Set once; what it points to is guarded by the lock */
  _Atomic bool wanted; /* a chunk was filled since the worker read this; relaxed, the lock orders it where it matters */
  _Atomic bool awaited; /* a thread waits for a section to end; relaxed: it looks again after a while */
} xlgc__queue;

int xlgc__queue_init(xlgc__queue *queue, xlgc__memory *memory, uint64_t bound, uint64_t reserve, xlgc__segments *links);
/* There are no contexts any more. forked: in the child of a fork. There the copies of the lock and the condition may
 * seem to be in use for good, and are left. */
void xlgc__queue_destroy(xlgc__queue *queue, bool forked);

/* Sets link records aside for a chunk (K1). Lock taken. XLGC_E_NOMEM. */
int xlgc__queue_reserve_links(xlgc__queue *queue, xlgc__chunk *chunk, uint32_t count);
/* See to it that the table has room for the next link, which K1 promises, and for the next place. Lock not taken.
 * XLGC_E_NOMEM. */
void xlgc__queue_adopt_links(xlgc__queue *queue);
int xlgc__queue_adopt_places(xlgc__queue *queue, xlgc__segments *places);

#endif
