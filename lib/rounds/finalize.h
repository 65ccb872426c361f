/* Orphans: asks those whose kind has `orphaned`, clears places and weak references, notifies, and recycles the slots
 * of notified objects.
 *
 * The order within a round (doc/design.md, clean-up): all of a round's objects are asked before any is released.
 * Then the places of links whose target dies are set to NULL. Then weak references are cleared. Then releasers run,
 * sources before their targets (D2); then those of kinds whose targets go first, all of which are marked by then:
 *
 *   (D3) objects of kinds with XLGC_KIND_HELD_FIRST are released after all others, in the reverse of the order of D2
 *
 * An object's slot, and with it its id and index entry, stays taken until the events that its releaser logged have been
 * applied.
 *
 * Callbacks run with no lock taken, here or where delivery.h delivers them. */
#ifndef XLGC_FINALIZE_H
#define XLGC_FINALIZE_H

#include "rounds/delivery.h"
#include "ranks/repair.h"
#include "rounds/misuse.h"
#include "rounds/weak.h"

typedef struct xlgc__finalize {
  xlgc__graph *graph;
  xlgc__repair *repair;
  xlgc__delivery *delivery;
  xlgc__weaks *weaks;
  xlgc__misuse *misuse;
  xlgc_context *context; /* handed to callbacks */
  xlgc__list kept;       /* by `orphaned`, or as what pending objects would leave to an heir */
  xlgc__list expiring;   /* kept before: to be roots no more */
  xlgc__list notified;   /* in this round */
  xlgc__list to_recycle; /* notified before; to be freed */
  uint32_t held_first;   /* of the dead, those that are released after the others, the last first: through `next` */
  xlgc__mailbox *rest;   /* where those of them that are delivered inline are sent, as others may have been; or NULL */
  bool walks;            /* a walk over the weak candidates has begun */
  bool unasked;          /* some are kept that a thread which may call back is to ask */
  uint64_t orphans, kept_count, forgotten;
} xlgc__finalize;

/* Takes over what was notified before, here and elsewhere: what those callbacks logged is applied by the end of this
 * round. expire: objects kept so far are roots no more. */
void xlgc__finalize_begin(xlgc__finalize *finalize, bool expire);

/* One unit each; they return true when there is none left. */
bool xlgc__finalize_expire(xlgc__finalize *finalize);
bool xlgc__finalize_ask(xlgc__finalize *finalize, xlgc__list *asked);
/* Takes answers from mailboxes. Done when none is outstanding; `waits`: some are outstanding, and all that came are
 * taken. */
bool xlgc__finalize_answer(xlgc__finalize *finalize, bool *waits);
/* Support has been handed on from kept objects. Walks over the weak candidates: each that was looked up meanwhile is
 * rescued, and hands on support too (`rescues`, after which the repair goes on). Then commits. */
bool xlgc__finalize_rescue(xlgc__finalize *finalize, bool *rescues);
/* Is there a transient object that may be forgotten by this thread? */
bool xlgc__finalize_may_forget(const xlgc__finalize *finalize);
bool xlgc__finalize_forget(xlgc__finalize *finalize, xlgc__list *dead);
bool xlgc__finalize_clear_place(xlgc__finalize *finalize, uint32_t *places);
bool xlgc__finalize_clear_weak(xlgc__finalize *finalize);
/* Calls up to `max` objects that wait for any thread which works and may call back: the backlog, and mail without a
 * reader. Returns how many. */
size_t xlgc__finalize_tell_waiting(xlgc__finalize *finalize, size_t max);
/* Some units each. */
bool xlgc__finalize_notify(xlgc__finalize *finalize, xlgc__list *dead, int64_t *budget);
bool xlgc__finalize_recycle(xlgc__finalize *finalize, int64_t *budget);

#endif
