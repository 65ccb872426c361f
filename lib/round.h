/* The round: events up to a cut are applied, certificates are repaired, orphans are asked and told. A state machine
 * that stops and goes on at any unit. Whoever runs it holds the pool's turn, so there is one at a time.
 *
 *   IDLE -> EXPIRE -> APPLY -> REPAIR -> ASK -> SETTLE -> FORGET -> PLACES -> TELL -> BURY -> IDLE */
#ifndef XLGC_ROUND_H
#define XLGC_ROUND_H

#include "context.h"
#include "rank.h"
#include "reap.h"

typedef enum xlgc__round_phase {
  XLGC__ROUND_IDLE,
  XLGC__ROUND_EXPIRE,
  XLGC__ROUND_APPLY,
  XLGC__ROUND_REPAIR,
  XLGC__ROUND_ASK,
  XLGC__ROUND_SETTLE,
  XLGC__ROUND_FORGET,
  XLGC__ROUND_PLACES,
  XLGC__ROUND_TELL,
  XLGC__ROUND_BURY
} xlgc__round_phase;

typedef struct xlgc__round {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__rank rank;
  xlgc__reap reap;
  xlgc_context program, callbacks;
  const xlgc_kind *by_address; /* the kind of objects known from their first link by address */
  void (*on_error)(void *data, const xlgc_error *error);
  void *data;
  xlgc__round_phase phase;
  bool asked;       /* in this round somebody was, or was to be, asked */
  uint64_t cut;     /* events of the program's log that belong to this round */
  uint64_t starved; /* 1 + the event last reported to lack memory */
  uint64_t rounds, errors, late_drops;
} xlgc__round;

/* Is there anything for a round to do? */
bool xlgc__round_has_work(const xlgc__round *round);
/* Starts a round. expire: the reprieves given so far are over. */
void xlgc__round_begin(xlgc__round *round, bool expire);
/* Works while there is budget, up to the phase `until`. Returns 0 there, 1 when the budget has ended, or XLGC_E_NOMEM when an event
 * cannot be applied for lack of memory: it is the next to be applied. */
int xlgc__round_run(xlgc__round *round, xlgc__round_phase until, int64_t *budget);
/* Applies everything logged and tells nobody; verdicts that are under way are completed first. 0 or XLGC_E_NOMEM. */
int xlgc__round_apply_all(xlgc__round *round);

#endif
