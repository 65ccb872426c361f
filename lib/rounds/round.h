/* The round: events up to a cut are applied, certificates are repaired, orphans are asked and notified. It is a
 * state machine that can stop and go on after any unit; the table in round.c has its phases. The pool's owner runs
 * it, so there is one round at a time. */
#ifndef XLGC_ROUND_H
#define XLGC_ROUND_H

#include "ranks/repair.h"
#include "rounds/cut.h"
#include "rounds/finalize.h"
#include "rounds/listeners.h"

typedef enum xlgc__round_phase {
  XLGC__ROUND_IDLE,
  XLGC__ROUND_EXPIRE,
  XLGC__ROUND_CUT,
  XLGC__ROUND_APPLY,
  XLGC__ROUND_GRACE,
  XLGC__ROUND_SCAN,
  XLGC__ROUND_SAVE,
  XLGC__ROUND_AHEAD,
  XLGC__ROUND_STALLED,
  XLGC__ROUND_REPAIR,
  XLGC__ROUND_ASK,
  XLGC__ROUND_ANSWERS,
  XLGC__ROUND_PROPAGATE,
  XLGC__ROUND_RESCUE,
  XLGC__ROUND_COMMIT,
  XLGC__ROUND_FORGET,
  XLGC__ROUND_PLACES,
  XLGC__ROUND_CLEAR,
  XLGC__ROUND_NOTIFY,
  XLGC__ROUND_RECYCLE,
  XLGC__ROUND_TRIM,
  XLGC__ROUND_PHASES
} xlgc__round_phase;

typedef struct xlgc__round {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__weaks weaks;
  xlgc__delivery delivery;
  xlgc__repair repair;
  xlgc__finalize finalize;
  xlgc__apply apply;
  xlgc__cut cut;
  xlgc__round_phase phase;
  bool asked;          /* in this round there are pending objects, which are or were to be asked */
  bool blocked;        /* it has had to wait */
  const char *blocker; /* the name of what it waits for. Valid after XLGC_E_HELD */
  /* pool/scanners.h: asks those of a context if this is its thread, XLGC_E_HELD; unpins what those of one that has ended
   * have reported, up to `max`, lock taken. */
  int (*ask_scanners)(xlgc_context *context);
  bool (*drop_scanners)(xlgc_context *context, size_t max);
  char scanner[32]; /* the name of the one that it waits for */
  uint64_t begun, rounds, rounds_blocked;
  xlgc__listeners listeners;
  uint64_t died_before;    /* notified or forgotten before this round */
  uint64_t events_trimmed; /* events applied when memory was last given back */
} xlgc__round;

enum { XLGC__ROUND_STOPS = 2 };

/* Has a context logged something, or looked something up? */
bool xlgc__round_has_news(const xlgc__round *round);
/* Is there anything for a round to do? */
bool xlgc__round_has_work(const xlgc__round *round);
/* Is there anything to do that follows from what was applied? */
bool xlgc__round_has_follow_up(const xlgc__round *round);
/* Starts a round. expire: objects kept so far are roots no more. */
void xlgc__round_begin(xlgc__round *round, bool expire);
/* Works while there is budget, up to the phase `until`. Returns 0 there, 1 when the budget has ended, XLGC__ROUND_STOPS
 * when a thread that may call back (delivery.h) has to go on; events can be applied meanwhile. XLGC_E_NOMEM when
 * an event cannot be applied for lack of memory: it is the next to be applied; XLGC_E_HELD when it has to wait. */
int xlgc__round_run(xlgc__round *round, xlgc__round_phase until, int64_t *budget);
/* Applies everything logged and notifies no object. A round that has begun to repair first goes on up to the phase
 * FORGET. 0, XLGC_E_NOMEM or XLGC_E_HELD. */
int xlgc__round_apply_all(xlgc__round *round);

#endif
