/* The cut: which events of which context are applied, in which order, so that orphans can be found while the program
 * goes on.
 *
 *   (R1) every add that was logged before a drop that is applied has been applied as well, whichever logs they are
 *        in: its position is before `save`, as that is noted after all cuts. So each object that no root reaches in
 *        the table was let go by every context before the last cut was noted
 *   (R2) what a section found and wanted to keep was logged before it ended, and so before `save`
 *
 * Both are argued in doc/design.md, and checked by the models in tests/spin.
 *
 * Between contexts nothing but R1 is known of the order. A drop whose add is not there yet stalls its log until the
 * others have been applied; if the add is not there at the end either, the drop is reported. With one context the
 * order is known, and a wrong drop is reported at once. */
#ifndef XLGC_CUT_H
#define XLGC_CUT_H

#include "rounds/apply.h"
#include "rounds/prefetch.h"

typedef struct xlgc__cut {
  xlgc__apply *apply;
  xlgc__queue *queue;
  xlgc_context *callbacks;
  xlgc_context *contexts; /* the program's that take part, a list that only grows at its head meanwhile */
  xlgc_context *at;       /* whose log is being applied */
  uint64_t number;        /* of the cuts, from 1 */
  bool plural;            /* there are several contexts */
  bool graced;            /* a section was open */
  bool scanned;           /* scanners were asked after the cut */
  bool progress;          /* an event was applied since logs began to stall */
  bool last_call;         /* nothing may stall any more */
  _Atomic uint64_t fence;
  xlgc__prefetch prefetch;
} xlgc__cut;

/* Notes the ends of all logs, then which sections are open. */
void xlgc__cut_note(xlgc__cut *cut);
/* Applies what is before the cuts. Returns 0 when that is done or nothing but stalled drops is left, 1 at the end of
 * the budget, or XLGC_E_NOMEM: the event at which it stopped stays the next. */
int xlgc__cut_apply(xlgc__cut *cut, int64_t *budget);
/* A context whose section is still to be waited for, or NULL. */
const xlgc_context *xlgc__cut_grace(xlgc__cut *cut);
/* Notes the ends of all logs again, if there can be anything to save: events of a single context are applied in
 * order. */
void xlgc__cut_save(xlgc__cut *cut);
/* Applies the adds before them, which are skipped when the reader comes to them. Returns as xlgc__cut_apply. */
int xlgc__cut_ahead(xlgc__cut *cut, int64_t *budget);
/* Lets xlgc__cut_apply go on with what has stalled; at the last call a drop without its add is reported. */
void xlgc__cut_resume(xlgc__cut *cut, bool last_call);
bool xlgc__cut_has_stalled(const xlgc__cut *cut);

#endif
