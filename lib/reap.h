/* Orphans: asks those whose kind wants it, clears places, calls releasers, and buries what has been told.
 *
 * The order within a round (doc/design.md, clean-up): all of a round's objects are asked before any is released; then
 * the places of links whose target dies are set to NULL; then releasers run, holders before what they held. An object's
 * slot, and with it its id and index entry, stays taken until the events that its releaser logged have been applied.
 *
 * Callbacks run with no lock held. */
#ifndef XLGC_REAP_H
#define XLGC_REAP_H

#include "rank.h"
#include "wait.h"

typedef struct xlgc__reap {
  xlgc__graph *graph;
  xlgc__rank *rank;
  xlgc__mutex *lock;     /* guards slots and index */
  xlgc_context *context; /* handed to callbacks */
  xlgc__list kept;       /* reprieved */
  xlgc__list expiring;   /* whose reprieve is over */
  xlgc__list told;       /* in this round */
  xlgc__list buried;     /* told before; to be freed */
  uint64_t orphans, kept_count, forgotten;
} xlgc__reap;

void xlgc__reap_init(xlgc__reap *reap, xlgc__rank *rank, xlgc__mutex *lock, xlgc_context *context);

/* One unit each; they return true when there is none left. */
bool xlgc__reap_expire(xlgc__reap *reap);
bool xlgc__reap_ask(xlgc__reap *reap, xlgc__list *asked);
bool xlgc__reap_forget(xlgc__reap *reap, xlgc__list *dead);
bool xlgc__reap_clear_place(xlgc__reap *reap, uint32_t *places);
bool xlgc__reap_tell(xlgc__reap *reap, xlgc__list *dead);
bool xlgc__reap_bury(xlgc__reap *reap);

#endif
