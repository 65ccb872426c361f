/* Contexts as the program sees them: created and ended, sections, mailboxes. */
#include <config.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/scanners.h"
#include "pool/steps.h"
#include "pool/thread_contexts.h"
#include "queue/section.h"

#include <limits.h>

#ifdef HAVE_SYS_EVENTFD_H
#include <sys/eventfd.h>
#endif

int xlgc_context_create(xlgc_pool *pool, const char *name, xlgc_context **out) {
  if (!pool || !out) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return xlgc__contexts_create(pool, name, out);
}

int xlgc_context_here(xlgc_pool *pool, xlgc_context **out) {
  if (!pool || !out) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return xlgc__thread_contexts_here(pool, out);
}

static int close_context(xlgc_context *context, xlgc_context *heir) {
  xlgc__process_lock();
  int failed = xlgc__contexts_close(context, heir);
  xlgc__process_unlock();
  return failed;
}

int xlgc_context_destroy(xlgc_context *context) {
  if (!context) return 0;
  if (context->pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return close_context(context, NULL);
}

int xlgc_context_adopt(xlgc_context *heir, xlgc_context *ended) {
  if (!heir || !ended || heir == ended) return XLGC_E_INVAL;
  if (heir->pool != ended->pool) return XLGC_E_FOREIGN;
  if (ended->pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return close_context(ended, heir);
}

int xlgc_context_check(const xlgc_context *context) { return context ? xlgc__contexts_refusal(context) : XLGC_E_INVAL; }

uint64_t xlgc_context_position(const xlgc_context *context) {
  return xlgc__log_position(&context->log) - context->extras;
}

/* -------------------------------------------------------------- sections */

int xlgc_enter(xlgc_context *context) {
  if (!context) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (!failed) xlgc__section_enter(context);
  return failed;
}

/* A thread waits for a section that has ended. */
static void wake(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  xlgc__mutex_lock(&queue->lock);
  xlgc__condition_wake_all(&queue->progress);
  xlgc__mutex_unlock(&queue->lock);
}

int xlgc_leave(xlgc_context *context) {
  if (!context) return XLGC_E_INVAL;
  if (context->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  if (!context->depth) return XLGC_E_SECTION;
  if (xlgc__section_leave(context)) wake(context);
  return 0;
}

int xlgc_safepoint(xlgc_context *context) {
  if (!context) return XLGC_E_INVAL;
  if (context->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  if (!context->depth) return XLGC_E_SECTION;
  unsigned depth = context->depth;
  if (xlgc__section_end(context)) wake(context);
  xlgc__section_enter(context);
  context->depth = depth;
  return 0;
}

/* --------------------------------------------------------------- mailbox */

int xlgc_context_dispatch(xlgc_context *context, size_t max) {
  if (!context) return XLGC_E_INVAL;
  if (context->pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  if (context->dispatching) return XLGC_E_BUSY;
  if (max > INT_MAX) max = INT_MAX;
  /* What they cannot report is asked for again. */
  xlgc__scanners_answer(context);
  context->dispatching = true;
  xlgc__context_is_used(context);
  size_t count = xlgc__delivery_deliver(&context->pool->round.delivery, &context->mailbox, context, max);
  context->dispatching = false;
  if (count < max) count += xlgc__steps_tell_backlog(context->pool, max - count);
  return (int)count;
}

int xlgc_context_fd(xlgc_context *context) {
  if (!context) return XLGC_E_INVAL;
  if (context->pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
#ifdef HAVE_SYS_EVENTFD_H
  xlgc__mutex_lock(&context->queue->lock);
  xlgc__mailbox *mailbox = &context->mailbox;
  if (mailbox->descriptor < 0) mailbox->descriptor = eventfd(mailbox->list.first != 0, EFD_NONBLOCK | EFD_CLOEXEC);
  int descriptor = mailbox->descriptor;
  xlgc__mutex_unlock(&context->queue->lock);
  return descriptor < 0 ? XLGC_E_NOMEM : descriptor;
#else
  return XLGC_E_STATE;
#endif
}
