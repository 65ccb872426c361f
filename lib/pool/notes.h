/* What is noted of single objects: where they were made, of some drawn by lot, or in words of the program's; and how many
 * bytes go with them. A note stays until its object's slot is used for another one, so an object that ends costs nothing.
 *
 * Source of the sampling: each object is drawn on its own, with the same chance, so that what alternates in a loop is
 * not missed; as allocation profilers do. */
#ifndef XLGC_NOTES_H
#define XLGC_NOTES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/memory.h"
#include "base/platform.h"
#include "base/text.h"
#include "table/tree.h"

/* Guarded by `lock`, but what is atomic. */
typedef struct xlgc__notes {
  xlgc__memory *memory;
  xlgc__mutex *lock;
  _Atomic unsigned every; /* 0: none is drawn. Relaxed: a thread sees a change soon */
  _Atomic unsigned known; /* how many notes there are. Relaxed: a look that misses one finds it the next time */
  uint64_t random;
  xlgc__tree by_slot;
} xlgc__notes;

void xlgc__notes_init(xlgc__notes *notes, unsigned every, xlgc__memory *memory, xlgc__mutex *lock);
void xlgc__notes_destroy(xlgc__notes *notes);

/* Is the next object drawn? Lock taken. */
bool xlgc__notes_draw(xlgc__notes *notes);
static inline bool xlgc__notes_draws(xlgc__notes *notes) {
  return XLGC__UNLIKELY(atomic_load_explicit(&notes->every, memory_order_relaxed) != 0) && xlgc__notes_draw(notes);
}

/* Notes that the caller of a public function, at this return address, has made an object. Without memory it is not
 * noted. Lock not taken. */
void xlgc__notes_site(xlgc__notes *notes, xlgc_id object, void *caller);
/* The same in words, which are copied. Returns 0 or XLGC_E_NOMEM. Lock not taken. */
int xlgc__notes_say(xlgc__notes *notes, xlgc_id object, const char *words);

/* Notes how many bytes go with an object. Returns 0 or XLGC_E_NOMEM. Lock not taken. */
int xlgc__notes_weigh(xlgc__notes *notes, xlgc_id object, size_t bytes);
/* How many are noted. Lock taken. */
size_t xlgc__notes_bytes(const xlgc__notes *notes, xlgc_id object);

/* Puts where an object was made behind `before`; nothing, where that is not known. Lock not taken. */
void xlgc__notes_put(xlgc__notes *notes, xlgc_id object, const char *before, xlgc__text *text);

#endif
