#include <config.h>

#include "rounds/cut.h"

#include "queue/reader.h"
#include "queue/section.h"

/* -------------------------------------------------------------- the cuts */

void xlgc__cut_note(xlgc__cut *cut) {
  xlgc__queue *queue = cut->queue;
  xlgc__mutex_lock(&queue->lock);
  cut->contexts = queue->contexts;
  xlgc__mutex_unlock(&queue->lock);
  cut->callbacks->cut = xlgc__log_cut(&cut->callbacks->log);
  for (xlgc_context *context = cut->contexts; context; context = context->next)
    context->cut = xlgc__log_cut(&context->log);
  xlgc__section_fence(&cut->fence, 0);
  cut->graced = false;
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
  bool later = cut->plural || cut->graced;
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
      if (!cut->at) return 0;
    } else if (xlgc__event_is_drop(event)) {
      xlgc__cursor_advance(&context->ahead);
    } else {
      int failed = xlgc__apply_event(cut->apply, context, &context->ahead, cut->plural && !cut->last_call);
      if (failed) return failed;
    }
  }
  return 1;
}
