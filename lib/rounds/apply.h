/* Applying: takes the events of all contexts out of their logs and hands them to the graph, up to a cut that lets
 * verdicts be given while the program goes on.
 *
 *   cut      the end of each log is noted, one after the other
 *   in order each log is applied up to its cut
 *   grace    sections that were open after the last cut was noted are waited for
 *   save     the ends of all logs are noted once more
 *   ahead    of what was logged between cut and save, the adds are applied, and skipped when their turn comes
 *
 *   (R1) every add that was logged before a drop that is applied has been applied as well, whichever logs they are in:
 *        its position is before `save`, as that is noted after all cuts. So what no root reaches in the table was let
 *        go by everybody before the last cut was noted
 *   (R2) what a section found and wanted to keep was logged before it ended, and so before `save`
 *
 * Both are argued in doc/design.md, and checked by the models in tests/spin.
 *
 * Between contexts nothing but R1 is known of the order. A drop whose add is not there yet stalls its log until the
 * others have been applied; if it is not there at the end either it is reported. With one context the order is known,
 * and a wrong drop is reported at once. */
#ifndef XLGC_APPLY_H
#define XLGC_APPLY_H

#include "queue/context.h"
#include "ranks/graph.h"
#include "rounds/cancel.h"
#include "rounds/prefetch.h"
#include "rounds/weak.h"

typedef struct xlgc__apply {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__weaks *weaks;
  xlgc_context *callbacks;
  const xlgc_kind *by_address; /* the kind of objects known from their first link by address */
  void (*on_error)(void *data, const xlgc_error *error);
  void *data;
  xlgc_context *contexts;      /* the program's that take part, a list that only grows at its head meanwhile */
  xlgc_context *at;            /* whose log is being applied */
  bool plural;                 /* there are several contexts */
  bool graced;                 /* a section was open */
  const xlgc_context *context; /* of the event being applied, and its position there */
  uint64_t position;
  bool progress;  /* an event was applied since logs began to stall */
  bool last_call; /* nothing may stall any more */
  _Atomic uint64_t fence;
  xlgc__prefetch prefetch;
  xlgc__cancel pairs;
  const xlgc__record *starved; /* the event last reported to lack memory */
  uint64_t events, errors, late_drops;
} xlgc__apply;

/* Notes the ends of all logs, then which sections are open. */
void xlgc__cut_note(xlgc__apply *apply);
/* Applies what is before the cuts. Returns 0 when that is done or nothing but stalled drops is left, 1 at the end of
 * the budget, or XLGC_E_NOMEM: the event at which it stopped stays the next. */
int xlgc__cut_apply(xlgc__apply *apply, int64_t *budget);
/* A context whose section is still to be waited for, or NULL. */
const xlgc_context *xlgc__cut_grace(xlgc__apply *apply);
/* Notes the ends of all logs again, if there can be anything to save: events of a single context are applied in
 * order. */
void xlgc__cut_save(xlgc__apply *apply);
/* Applies the adds before them. Returns as _in_order. */
int xlgc__cut_ahead(xlgc__apply *apply, int64_t *budget);
/* Lets _in_order go on with what has stalled; at the last call a drop without its add is reported. */
void xlgc__cut_resume(xlgc__apply *apply, bool last_call);
bool xlgc__cut_has_stalled(const xlgc__apply *apply);
/* Hands the pins of weak loads over to the graph, one object. Returns false when there are none. */
bool xlgc__apply_loads(xlgc__apply *apply);

#endif
