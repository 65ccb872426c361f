/* Which events of which logs a round applies, and in which order. This is also the essay of apply.c, which applies one.
 *
 * Each context has a log that only its thread writes. Threads go on logging while a round works, none of them is
 * stopped or asked, and nothing is known of the order of events in different logs. Still a verdict "no root reaches x"
 * must be right for good. What could go wrong: one thread takes x over from another, first the add, then the drop. A
 * round that has read the drop in one log and not the add in the other would find x without a source.
 *
 *   context A                     link q x
 *   context B                                unlink p x                       link q y     unlink q x
 *   the round         cut of A                          cut of B    save of A                         save of B
 *                        |                                 |     T     |                                 |
 *                                                                                                time ------>
 *
 * The *cut* of a log is where it ended when the round looked (_note); the cuts are noted one after the other, without a
 * lock. All events before them are applied (_apply). Above, `unlink p x` is before the cut of B, but `link q x` comes
 * after that of A. So once all cuts are noted, the ends are noted again, which is *save* (_save), and of what lies
 * between cut and save the adds are applied *ahead*, and only the adds (_ahead).
 *
 * Then R1 holds: an add that was logged before a drop that is applied has been applied as well, whichever log it is in.
 * For that drop is before some cut. So the add was logged before that cut was noted, hence before T, a moment after all
 * cuts and before the first save: it is before the save of its own log. In the example `link q x` is applied, and x
 * keeps a source. Now let x have no source left in the table. The table has every link that was made before T, and no
 * drop that was logged after T has been applied. So nothing held x at T. And what nothing holds cannot be linked again,
 * as a program has to hold an object until it has logged the add (doc/design.md, section 4).
 *
 * `link q y` is also applied ahead, though nothing needs it: an early add only keeps something alive, for a round at
 * most. A drop between cut and save, such as `unlink q x`, is left for the next round, as its own add, in a third log,
 * may be after the save of that. The next round reads each log on from its cut, and skips the adds up to the cursor
 * `ahead` (is_done).
 *
 * With one context, and no section open, all events are applied in the order logged, and save is where the cut is. That
 * a second context begins meanwhile is asked after the cuts (`plural`): if its add came before a drop that was cut, it
 * was there by then.
 *
 * A *stalled* drop. Let A log `link q x` and B, after that, `unlink q x`, both before the cuts. If the log of B is read
 * first, the drop finds no link. It stays where it is, and so do all later events of B, whose order counts; the other
 * logs go on. When no log has an event that is ready, links that wait for their unlink (cancel.h) enter the table, and
 * all stalled logs may try again, if there was progress since. What is stalled then may need an add that comes ahead.
 * So the phase `stalled` tries once more after that, and at the last call, when still no log can go on, a drop without
 * its add is reported as misuse and passed. With one context there is no other log to wait for: it is reported at once.
 *
 * The log of the callbacks is written by the thread that owns the pool. While the program has one context, SYNC events
 * in it say how far that context had come, and the events of the two logs are applied in the order in which they were
 * logged.
 *
 * Sections. A thread inside a section uses what it finds without logging that. If a section was open after the last
 * cut, the round waits until it has ended (_grace), and notes save after that. What the section found and keeps has
 * been linked before its end, so that add is ahead of save (R2). A section that begins after the cuts finds no link
 * that the round drops: its fence and the round's see to it that it reads pointers as they are after those drops
 * (queue/section.h).
 *
 * Applying an event resolves its ids to slots, then changes the graph. Failures are of three sorts. Memory is lacking:
 * the event stays the next one, and is tried again. A drop has no add: see above. The rest is misuse, or late: the
 * source of an unlink was released, and took the link with it. Misuse is reported, and the event counts as applied. */
#include <config.h>

#include "rounds/cut.h"

#include "queue/reader.h"
#include "queue/section.h"

/* -------------------------------------------------------------- the cuts */

void xlgc__cut_note(xlgc__cut *cut) {
  xlgc__queue *queue = cut->queue;
  xlgc__mutex_lock(&queue->lock);
  cut->contexts = queue->contexts;
  cut->number = ++queue->cuts;
  xlgc__mutex_unlock(&queue->lock);
  cut->callbacks->cut = xlgc__log_cut(&cut->callbacks->log);
  for (xlgc_context *context = cut->contexts; context; context = context->next)
    context->cut = xlgc__log_cut(&context->log);
  xlgc__section_fence(&cut->fence, 0);
  cut->graced = cut->scanned = false;
  for (xlgc_context *context = cut->contexts; context; context = context->next) {
    XLGC__YIELD();
    uint64_t section = atomic_load_explicit(&context->section, memory_order_acquire);
    context->section_seen = section & 1 ? section : 0;
    cut->graced |= section & 1;
  }
  /* Read last: a context whose add comes before a drop that is before a cut has been created by now. */
  xlgc__mutex_lock(&queue->lock);
  cut->plural = queue->plural;
  xlgc__mutex_unlock(&queue->lock);
  xlgc__cut_resume(cut, false);
}

const xlgc_context *xlgc__cut_grace(xlgc__cut *cut) {
  for (xlgc_context *context = cut->contexts; context; context = context->next) {
    if (!context->section_seen) continue;
    if (xlgc__section_goes_on(context)) return context;
    context->section_seen = 0;
  }
  return NULL;
}

static void save(const xlgc__cut *cut, xlgc_context *context) {
  bool later = cut->plural || cut->graced || cut->scanned;
  context->save = later ? xlgc__log_cut(&context->log) : context->cut;
}

void xlgc__cut_save(xlgc__cut *cut) {
  xlgc__mutex_lock(&cut->queue->lock);
  cut->contexts = cut->queue->contexts;
  xlgc__mutex_unlock(&cut->queue->lock);
  save(cut, cut->callbacks);
  for (xlgc_context *context = cut->contexts; context; context = context->next)
    save(cut, context);
  cut->at = NULL;
}

bool xlgc__cut_has_stalled(const xlgc__cut *cut) {
  bool stalled = cut->callbacks->stalled;
  for (const xlgc_context *context = cut->contexts; context && !stalled; context = context->next)
    stalled = context->stalled;
  return stalled;
}

void xlgc__cut_resume(xlgc__cut *cut, bool last_call) {
  cut->callbacks->stalled = false;
  for (xlgc_context *context = cut->contexts; context; context = context->next)
    context->stalled = false;
  cut->at = cut->contexts;
  cut->progress = false;
  cut->last_call = last_call;
}

/* ------------------------------------------------------------- the order */

static xlgc_context *find(const xlgc__cut *cut, uint32_t number) {
  xlgc_context *context = cut->contexts;
  while (context && context->number != number)
    context = context->next;
  return context;
}

/* The next event of a log that is not stalled. */
static bool ready(xlgc_context *context) { return !context->stalled && xlgc__reader_peek(context); }

/* The context whose event is the next in the known order, or NULL. The callbacks' events go first, but not before
 * what the program had logged by then. */
static xlgc_context *next_context(xlgc__cut *cut) {
  if (ready(cut->callbacks)) {
    const xlgc__record *event = cut->callbacks->read.at;
    if (xlgc__event_op(event) != XLGC__OP_SYNC) return cut->callbacks;
    xlgc_context *program = find(cut, (uint32_t)event->word[0]);
    if (!program || program->read.records >= event->word[1]) return cut->callbacks;
    if (ready(program)) return program;
  }
  for (; cut->at; cut->at = cut->at->next)
    if (ready(cut->at)) return cut->at;
  return NULL;
}

/* No log has an event that is ready: enters a link that waits, or else lets stalled logs go on. Returns whether
 * there was either. */
static bool go_on(xlgc__cut *cut) {
  if (xlgc__cancel_enter_oldest(&cut->apply->cancel)) return true;
  bool stuck = !cut->progress || !xlgc__cut_has_stalled(cut);
  if (!stuck) xlgc__cut_resume(cut, cut->last_call);
  return !stuck;
}

/* Was the event that the reader is at applied ahead in an earlier round? */
static bool is_done(const xlgc_context *context) {
  return context->read.records < context->ahead.records && !xlgc__event_is_drop(context->read.at);
}

static int apply_next(xlgc__cut *cut, xlgc_context *context, int64_t budget) {
  xlgc__prefetch_at(&cut->prefetch, cut->apply->graph, context->read.at, xlgc__reader_peek_end(context), budget);
  bool may_wait = cut->plural && !cut->last_call;
  int result = xlgc__apply_event(cut->apply, context, &context->read, may_wait);
  if (result == XLGC_E_NOMEM) return result;
  context->stalled = result != 0;
  cut->progress |= result == 0;
  return 0;
}

int xlgc__cut_apply(xlgc__cut *cut, int64_t *budget) {
  for (; *budget > 0; --*budget) {
    xlgc_context *context = next_context(cut);
    int failed = 0;
    if (!context) {
      if (!go_on(cut)) return 0;
    } else if (is_done(context)) {
      xlgc__cursor_advance(&context->read);
    } else {
      failed = apply_next(cut, context, *budget);
    }
    if (failed) return failed;
  }
  return 1;
}

/* The context whose log is read ahead after this one, or NULL. */
static xlgc_context *next_ahead(const xlgc__cut *cut, const xlgc_context *context) {
  return context == cut->callbacks ? cut->contexts : context->next;
}

int xlgc__cut_ahead(xlgc__cut *cut, int64_t *budget) {
  for (; *budget > 0; --*budget) {
    xlgc_context *context = cut->at ? cut->at : cut->callbacks;
    const xlgc__record *event = xlgc__reader_peek_ahead(context);
    if (!event) {
      cut->at = next_ahead(cut, context);
      if (cut->at) continue;
      cut->queue->cuts_applied = cut->number;
      return 0;
    } else if (xlgc__event_is_drop(event)) {
      xlgc__cursor_advance(&context->ahead);
    } else {
      int failed = xlgc__apply_event(cut->apply, context, &context->ahead, cut->plural && !cut->last_call);
      if (failed) return failed;
    }
  }
  return 1;
}
