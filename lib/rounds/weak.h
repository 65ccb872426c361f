/* Weak references and interned keys: what may be looked up without holding it, and the one place where a look-up and
 * the collector decide who is faster.
 *
 * An object that has either has a cell. A look-up gives its pin to the cell, under the lock and at once, as an event in
 * a log would be captured a round too late; whoever works hands such pins over to the graph. Before a set is released
 * its cells are doubted. A look-up of a doubted cell saves it: it pins it all the same. The decision falls in one store
 * under the lock: if nothing was saved since the doubts were looked through, all cells that are still doubted are gone
 * from that instant, and every look-up that comes later finds none.
 *
 *   (W1) a cell is gone if and only if 0 < doubt <= decided; a look-up never gives out a cell that is gone
 *   (W2) every cell with loads is on the list `loaded`
 *
 * All functions: lock held. The table of cells and that of keys are uthash's. */
#ifndef XLGC_WEAK_H
#define XLGC_WEAK_H

#include "base/segments.h"

typedef struct xlgc__cell xlgc__cell;

struct xlgc_weak {
  xlgc__cell *cell;       /* NULL once it is cleared */
  xlgc_weak *next, *prev; /* of the same cell, or cleared; utlist.h */
  void (*cleared)(void *data, xlgc_weak *weak);
  void *data;
  xlgc_pool *pool; /* the public functions' */
};

typedef struct xlgc__weaks {
  xlgc__memory *memory;
  xlgc__cell *by_object, *by_key;          /* uthash heads */
  xlgc__cell *loaded;                      /* has pins that the graph does not know yet */
  xlgc__cell *candidates, *next_candidate; /* since the last decision; where looking through them has come to */
  xlgc__cell *gone;                        /* to be cleared: notified and forgotten */
  xlgc_weak *cleared;                      /* references that were, and are not destroyed yet */
  uint64_t committed;
  uint64_t saved; /* look-ups that met a doubt: a statistic */
  bool rescued;   /* one did since the doubts were looked through last */
} xlgc__weaks;

void xlgc__weaks_init(xlgc__weaks *weaks, xlgc__memory *memory);
/* Frees the cells; references that the program did not destroy are freed as well. */
void xlgc__weaks_destroy(xlgc__weaks *weaks);
/* For statistics: bytes in cells and tables. */
uint64_t xlgc__weaks_bytes(const xlgc__weaks *weaks);

/* ------------------------------------------------------------- references */

/* A reference to the object in this slot, which has no cell that is gone, else XLGC_E_RELEASED. XLGC_E_NOMEM. */
int xlgc__weak_create(xlgc__weaks *weaks, uint32_t object, void (*cleared)(void *data, xlgc_weak *weak), void *data,
                      xlgc_weak **out);
/* Pins its object and returns the slot, or 0 when it is gone. */
uint32_t xlgc__weak_load(xlgc__weaks *weaks, xlgc_weak *weak);
/* A cell without reference and key goes with its last reference, once its loads have been handed over (see _take_loads)
 * and it is neither doubted nor gone; until then it stays. */
void xlgc__weak_destroy(xlgc__weaks *weaks, xlgc_weak *weak);

/* --------------------------------------------------------------- interning */

/* Pins and returns the slot of the object with this key, or 0. `hash` is used as it is. */
uint32_t xlgc__intern_find(xlgc__weaks *weaks, const void *key, size_t key_bytes, uint32_t hash);
/* Enters an object that has no key yet; an entry with the same key that is gone makes way. The key is not copied. One
 * load is counted, as _find does. XLGC_E_NOMEM. */
int xlgc__intern_put(xlgc__weaks *weaks, uint32_t object, const void *key, size_t key_bytes, uint32_t hash);

/* --------------------------------------------------- for whoever works */

/* Takes the next cell with loads: its slot, and how many pins the graph is to give it; 0 when there is none. */
uint32_t xlgc__weaks_take_loads(xlgc__weaks *weaks, uint32_t *loads);
/* The same for one object: how many pins the graph is to give it. */
uint32_t xlgc__weaks_take_loads_of(xlgc__weaks *weaks, uint32_t object);
/* The object, if it has a cell, may be released: doubts its cell. Loads that it has count as met. */
void xlgc__weaks_add_candidate(xlgc__weaks *weaks, uint32_t object);
/* Looks through the doubts: the next doubted slot, `first` from the beginning; 0 at the end. Cells that are doubted
 * meanwhile may be left out. */
uint32_t xlgc__weaks_next_candidate(xlgc__weaks *weaks, bool first);
/* Ends the doubt of a cell whose object was found to live, also of the one that _look gave last. */
void xlgc__weaks_remove_candidate(xlgc__weaks *weaks, uint32_t object);
/* Decides: unless a look-up met a doubt since the last call, everything doubted is gone. Returns whether it is so. If
 * not, the doubts must be looked through, and loads taken, before the next call. */
bool xlgc__weaks_commit(xlgc__weaks *weaks);
/* A step of clearing what is gone; false when there is nothing. weak: the next reference, which names no object any
 * more, or NULL in a step that only frees a cell. Its notifier and data are given out, to be called without the lock.
 * Cells whose last reference was taken are freed, keys leave the table. */
bool xlgc__weaks_clear(xlgc__weaks *weaks, xlgc_weak **weak, void (**cleared)(void *data, xlgc_weak *weak),
                       void **data);

#endif
