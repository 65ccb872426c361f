/* Weak references and interned keys: what may be looked up without a link or a pin, and the one place that orders
 * look-ups and the end of objects.
 *
 * An object with a weak reference or a key has a cell. A look-up gives its pin to the cell, under the lock and at
 * once: a cut would take an event in a log a round too late. The pool's owner hands such pins over to the graph.
 * Before a set is released its cells become candidates. A look-up of a candidate rescues it: it pins it all the same.
 *
 * The commit is one store under the lock, made if no candidate was rescued since they were last walked over. From
 * then on all cells that are still candidates are gone, and no later look-up finds one of them.
 *
 * The graph is told by an event that an object has a cell, which may come after the verdict: an object that is asked
 * may make a reference to any that are to die with it. Until then its cell is fresh, and those that are fresh are
 * looked through before each commit.
 *
 * Objects are ids without their pool, so a cell that outlives its object is not taken for another's.
 *
 *   (W1) a cell is gone <=> 0 < verdict <= committed; a look-up never gives out a cell that is gone
 *   (W2) every cell with loads is on the list `loaded`
 *   (W3) an object whose cell is not fresh has the flag WEAK, or its cell is gone
 *
 * All functions: lock taken. */
#ifndef XLGC_WEAK_H
#define XLGC_WEAK_H

#include "base/segments.h"
#include "table/tree.h"

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
  xlgc__tree by_object, by_key;            /* by_key: by hash, those with the same in a chain */
  xlgc__cell *loaded;                      /* has pins that the graph does not know yet */
  xlgc__cell *candidates, *next_candidate; /* since the last commit; the next one of a walk over them */
  xlgc__cell *fresh;                       /* their objects may not have the flag WEAK yet */
  xlgc__cell *gone;                        /* to be cleared: notified and forgotten */
  xlgc_weak *cleared;                      /* references that were, and are not destroyed yet */
  uint64_t committed;                      /* counts commits, from 1 */
  uint64_t saved;                          /* look-ups of candidates: a statistic */
  bool rescued;                            /* a candidate was looked up since the last walk over them */
} xlgc__weaks;

void xlgc__weaks_init(xlgc__weaks *weaks, xlgc__memory *memory);
/* Frees the cells; references that the program did not destroy are freed as well. */
void xlgc__weaks_destroy(xlgc__weaks *weaks);
/* For statistics: bytes in cells and tables. */
uint64_t xlgc__weaks_bytes(const xlgc__weaks *weaks);

/* ------------------------------------------------------------- references */

/* A reference to this object, which has no cell that is gone, else XLGC_E_RELEASED. XLGC_E_NOMEM. */
int xlgc__weak_create(xlgc__weaks *weaks, uint64_t object, void (*cleared)(void *data, xlgc_weak *weak), void *data,
                      xlgc_weak **out);
/* Pins its object and returns it, or 0 when it is gone. */
uint64_t xlgc__weak_load(xlgc__weaks *weaks, xlgc_weak *weak);
/* A cell without reference and key goes with its last reference, once its loads have been handed over (see _take_loads)
 * and it is neither a candidate nor gone; until then it stays. */
void xlgc__weak_destroy(xlgc__weaks *weaks, xlgc_weak *weak);

/* --------------------------------------------------------------- interning */

/* Pins and returns the object with this key, or 0. `hash` is used as it is. */
uint64_t xlgc__intern_find(xlgc__weaks *weaks, const void *key, size_t key_bytes, uint32_t hash);
/* Enters an object that has no key yet; an entry with the same key that is gone makes way. The key is not copied. One
 * load is counted, as _find does. XLGC_E_NOMEM. */
int xlgc__intern_put(xlgc__weaks *weaks, uint64_t object, const void *key, size_t key_bytes, uint32_t hash);

/* --------------------------------------------------- for the owner */

/* Takes the next cell with loads: its object, and how many pins the graph is to give it; 0 when there is none. */
uint64_t xlgc__weaks_take_loads(xlgc__weaks *weaks, uint32_t *loads);
/* The same for one object: how many pins the graph is to give it. */
uint32_t xlgc__weaks_take_loads_of(xlgc__weaks *weaks, uint64_t object);
/* Takes the next fresh cell, which is fresh no more: its object; 0 when there is none. */
uint64_t xlgc__weaks_take_fresh(xlgc__weaks *weaks);
/* The same for one object. Returns whether its cell was fresh. */
bool xlgc__weaks_take_fresh_of(xlgc__weaks *weaks, uint64_t object);
/* The object may be released: its cell, if it has one, becomes a candidate. If it has loads it counts as rescued. */
void xlgc__weaks_add_candidate(xlgc__weaks *weaks, uint64_t object);
/* Walks over the candidates: the next one's object, `first` from the beginning; 0 at the end. Candidates that are
 * added meanwhile may be left out. */
uint64_t xlgc__weaks_next_candidate(xlgc__weaks *weaks, bool first);
/* Has the object a reference that is to be called when it is cleared? */
bool xlgc__weaks_has_notifier(const xlgc__weaks *weaks, uint64_t object);
/* Is such a reference the next that _clear gives out? */
bool xlgc__weaks_clears_with_notifier(const xlgc__weaks *weaks);
/* A candidate was found to live, and is none any more; also the one that _next_candidate gave last. */
void xlgc__weaks_remove_candidate(xlgc__weaks *weaks, uint64_t object);
/* The object died before the pool knew of its reference, which no thread that held it has made: its cell is gone. */
void xlgc__weaks_end(xlgc__weaks *weaks, uint64_t object);
/* Commits: unless a candidate was rescued since the last call, all candidates are gone. Returns whether they are. If
 * not, the candidates must be walked over, and loads taken, before the next call. A fresh cell of an object that may be
 * released must have been taken and added. */
bool xlgc__weaks_commit(xlgc__weaks *weaks);
/* A step of clearing what is gone; false when there is nothing. weak: the next reference, which names no object any
 * more, or NULL in a step that only frees a cell. Its notifier and data are given out, to be called without the lock.
 * Cells whose last reference was taken are freed, keys leave the table. */
bool xlgc__weaks_clear(xlgc__weaks *weaks, xlgc_weak **weak, void (**cleared)(void *data, xlgc_weak *weak),
                       void **data);

#endif
