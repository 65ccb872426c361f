/* Where objects were made: of some, drawn by lot, or in words of the program's. A site stays until its object's slot is
 * used for another one, so an object that ends costs nothing.
 *
 * Source of the sampling: each object is drawn on its own, with the same chance, so that what alternates in a loop is
 * not missed; as allocation profilers do. */
#ifndef XLGC_SITES_H
#define XLGC_SITES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/memory.h"
#include "base/platform.h"
#include "base/text.h"
#include "table/tree.h"

/* Guarded by `lock`, but what is atomic. */
typedef struct xlgc__sites {
  xlgc__memory *memory;
  xlgc__mutex *lock;
  _Atomic unsigned every; /* 0: none is drawn. Relaxed: a thread sees a change soon */
  _Atomic unsigned known; /* how many sites there are. Relaxed: a look that misses one finds it the next time */
  uint64_t random;
  xlgc__tree by_slot;
} xlgc__sites;

void xlgc__sites_init(xlgc__sites *sites, unsigned every, xlgc__memory *memory, xlgc__mutex *lock);
void xlgc__sites_destroy(xlgc__sites *sites);

/* Is the next object drawn? Lock taken. */
bool xlgc__sites_draw(xlgc__sites *sites);
static inline bool xlgc__sites_draws(xlgc__sites *sites) {
  return XLGC__UNLIKELY(atomic_load_explicit(&sites->every, memory_order_relaxed) != 0) && xlgc__sites_draw(sites);
}

/* Notes that the caller of a public function, at this return address, has made an object. Without memory it is not
 * noted. Lock not taken. */
void xlgc__sites_note(xlgc__sites *sites, xlgc_id object, void *caller);
/* The same in words, which are copied. Returns 0 or XLGC_E_NOMEM. Lock not taken. */
int xlgc__sites_say(xlgc__sites *sites, xlgc_id object, const char *words);

/* Puts where an object was made behind `before`; nothing, where that is not known. Lock not taken. */
void xlgc__sites_put(xlgc__sites *sites, xlgc_id object, const char *before, xlgc__text *text);

#endif
