/* Orphans: asks those whose kind wants it, clears places and weak references, has releasers run, and buries what has
 * been told.
 *
 * The order within a round (doc/design.md, clean-up): all of a round's objects are asked before any is released; then
 * the places of links whose target dies are set to NULL; then weak references are cleared; then releasers run, holders
 * before what they held. An object's slot, and with it its id and index entry, stays taken until the events that its
 * releaser logged have been applied.
 *
 * Callbacks run with no lock held, here or where mail.h delivers them. */
#ifndef XLGC_FINALIZE_H
#define XLGC_FINALIZE_H

#include "rounds/delivery.h"
#include "ranks/repair.h"
#include "rounds/weak.h"

typedef struct xlgc__finalize {
  xlgc__graph *graph;
  xlgc__repair *repair;
  xlgc__delivery *delivery;
  xlgc__weaks *weaks;
  xlgc_context *context; /* handed to callbacks */
  xlgc__list kept;       /* reprieved */
  xlgc__list expiring;   /* whose reprieve is over */
  xlgc__list notified;   /* in this round */
  xlgc__list to_recycle; /* told before; to be freed */
  bool walks;            /* through the doubts, and has begun */
  uint64_t orphans, kept_count, forgotten;
} xlgc__finalize;

/* Takes over what was told before, here and elsewhere: it has had its say by the end of this round. */
void xlgc__finalize_begin(xlgc__finalize *finalize, bool expire);

/* One unit each; they return true when there is none left. */
bool xlgc__finalize_expire(xlgc__finalize *finalize);
bool xlgc__finalize_ask(xlgc__finalize *finalize, xlgc__list *asked);
/* Takes answers that came by mail. Done when none is outstanding; `waits` says that all there were are taken. */
bool xlgc__finalize_answer(xlgc__finalize *finalize, bool *waits);
/* Support has been handed on from what is kept: looks for those that were looked up meanwhile, each of which is
 * spared and hands on support in its turn (`rescues`, after which the repair goes on), and decides. */
bool xlgc__finalize_rescue(xlgc__finalize *finalize, bool *rescues);
bool xlgc__finalize_forget(xlgc__finalize *finalize, xlgc__list *dead);
bool xlgc__finalize_clear_place(xlgc__finalize *finalize, uint32_t *places);
bool xlgc__finalize_clear_weak(xlgc__finalize *finalize);
bool xlgc__finalize_notify(xlgc__finalize *finalize, xlgc__list *dead);
/* Some units. */
bool xlgc__finalize_recycle(xlgc__finalize *finalize, int64_t *budget);

#endif
