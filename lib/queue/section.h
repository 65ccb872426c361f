/* Sections: stretches in which a context uses what it reads from live objects without logging it. */
#ifndef XLGC_SECTION_H
#define XLGC_SECTION_H

#include "queue/context.h"

/* The full fence orders the section's beginning before all that is read in it. It pairs with the fence in
 * xlgc__cut_note. Either the round sees the section, or the section sees what was logged before the cut. In the
 * latter case it never meets an object that the round may release. */
static inline void xlgc__section_fence(_Atomic uint64_t *word, uint64_t value) {
#if defined(__SANITIZE_THREAD__) || defined(XLGC_SCHEDULES)
  atomic_exchange(word, value); /* the thread sanitizer does not know fences */
#else
  atomic_store_explicit(word, value, memory_order_relaxed);
  atomic_thread_fence(memory_order_seq_cst);
#endif
}

static inline void xlgc__section_enter(xlgc_context *context) {
  if (context->depth++) return;
  xlgc__context_is_used(context);
  XLGC__YIELD();
  xlgc__section_fence(&context->section, atomic_load_explicit(&context->section, memory_order_relaxed) + 1);
}
/* Returns whether a thread waits for it. */
static inline bool xlgc__section_leave(xlgc_context *context) {
  if (--context->depth) return false;
  XLGC__YIELD();
  uint64_t section = atomic_load_explicit(&context->section, memory_order_relaxed);
  atomic_store_explicit(&context->section, section + 1, memory_order_release);
  XLGC__YIELD();
  return atomic_load_explicit(&context->queue->awaited, memory_order_relaxed);
}
/* Leaves the section, whatever its depth. */
static inline bool xlgc__section_end(xlgc_context *context) {
  if (!context->depth) return false;
  context->depth = 1;
  return xlgc__section_leave(context);
}
/* Is the context still inside the section that was seen? */
static inline bool xlgc__section_goes_on(const xlgc_context *context) {
  XLGC__YIELD();
  return atomic_load_explicit(&context->section, memory_order_acquire) == context->section_seen;
}

#endif
