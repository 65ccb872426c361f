#include <config.h>

#include "rounds/weak.h"

#include "base/invariant.h"

#include <string.h>
#include <utlist.h>

struct xlgc__cell {
  uint64_t verdict; /* 0: neither; > `committed`: on the list `candidates`; else on the list `gone` (W1) */
  xlgc_weak *references;
  xlgc__cell *loaded_next, *loaded_prev;
  xlgc__cell *candidate_next, *candidate_prev; /* of the one of these lists, or of `fresh`, that it is on */
  uint64_t object; /* its id without its pool: a slot may be used again while the cell is there */
  uint32_t loads;  /* not 0: on the list `loaded` (W2) */
  bool fresh;      /* on the list `fresh`; then the verdict is 0 */
  uint32_t hash;   /* of the key */
  bool keyed;      /* in the table of keys */
  const void *key;
  size_t key_bytes;
  xlgc__cell *same; /* the next one whose key has the same hash */
  xlgc__tree_node of_object, of_key;
};

static bool is_candidate(const xlgc__weaks *weaks, const xlgc__cell *cell) { return cell->verdict > weaks->committed; }
static bool is_gone(const xlgc__weaks *weaks, const xlgc__cell *cell) {
  return cell->verdict && !is_candidate(weaks, cell);
}

/* ------------------------------------------------------------------- cells */

static xlgc__cell *find(const xlgc__weaks *weaks, uint64_t object) {
  return xlgc__tree_record(xlgc__tree_find(&weaks->by_object, object), offsetof(xlgc__cell, of_object));
}

/* The cell of an object, a new one if need be. NULL: no memory. */
static xlgc__cell *find_or_make(xlgc__weaks *weaks, uint64_t object) {
  xlgc__cell *cell = find(weaks, object);
  if (cell) return cell;
  cell = xlgc__memory_allocate(weaks->memory, sizeof *cell);
  if (!cell) return NULL;
  cell->object = object;
  xlgc__tree_add(&weaks->by_object, object, &cell->of_object);
  return cell;
}

/* The first cell whose key has the hash, which is the one in the tree. */
static xlgc__cell *find_hash(const xlgc__weaks *weaks, uint64_t hash) {
  return xlgc__tree_record(xlgc__tree_find(&weaks->by_key, hash), offsetof(xlgc__cell, of_key));
}

static void enter_keys(xlgc__weaks *weaks, xlgc__cell *cell, const void *key, size_t key_bytes, uint32_t hash) {
  xlgc__cell *first = find_hash(weaks, hash);
  cell->key = key;
  cell->key_bytes = key_bytes;
  cell->hash = hash;
  cell->same = first ? first->same : NULL;
  if (first)
    first->same = cell;
  else
    xlgc__tree_add(&weaks->by_key, hash, &cell->of_key);
  cell->keyed = true;
}

static void leave_keys(xlgc__weaks *weaks, xlgc__cell *cell) {
  if (!cell->keyed) return;
  cell->keyed = false;
  xlgc__cell *before = find_hash(weaks, cell->hash);
  if (before != cell) {
    while (before->same != cell)
      before = before->same;
    before->same = cell->same;
  } else if (cell->same) {
    xlgc__tree_replace(&weaks->by_key, &cell->of_key, &cell->same->of_key);
  } else {
    xlgc__tree_remove(&weaks->by_key, &cell->of_key);
  }
}

static bool leave_fresh(xlgc__weaks *weaks, xlgc__cell *cell) {
  if (!cell->fresh) return false;
  DL_DELETE2(weaks->fresh, cell, candidate_prev, candidate_next);
  cell->fresh = false;
  return true;
}

static void free_if_unused(xlgc__weaks *weaks, xlgc__cell *cell) {
  if (cell->references || cell->keyed || cell->loads || cell->verdict) return;
  leave_fresh(weaks, cell);
  xlgc__tree_remove(&weaks->by_object, &cell->of_object);
  xlgc__memory_release(weaks->memory, cell, sizeof *cell);
}

static uint64_t load(xlgc__weaks *weaks, xlgc__cell *cell) {
  if (is_candidate(weaks, cell)) {
    weaks->saved++;
    weaks->rescued = true;
  }
  if (!cell->loads++) DL_APPEND2(weaks->loaded, cell, loaded_prev, loaded_next);
  return cell->object;
}

static uint32_t take_loads(xlgc__weaks *weaks, xlgc__cell *cell) {
  uint32_t loads = cell->loads;
  if (!loads) return 0;
  DL_DELETE2(weaks->loaded, cell, loaded_prev, loaded_next);
  cell->loads = 0;
  free_if_unused(weaks, cell);
  return loads;
}

/* --------------------------------------------------------------- the whole */

void xlgc__weaks_init(xlgc__weaks *weaks, xlgc__memory *memory) {
  *weaks = (xlgc__weaks){.memory = memory, .committed = 1};
}

static void release_references(xlgc__weaks *weaks, xlgc_weak *references) {
  while (references) {
    xlgc_weak *weak = references;
    references = weak->next;
    xlgc__memory_release(weaks->memory, weak, sizeof *weak);
  }
}

void xlgc__weaks_destroy(xlgc__weaks *weaks) {
  while (weaks->by_object.top) {
    xlgc__cell *cell = xlgc__tree_record(weaks->by_object.top, offsetof(xlgc__cell, of_object));
    release_references(weaks, cell->references);
    xlgc__tree_remove(&weaks->by_object, &cell->of_object);
    xlgc__memory_release(weaks->memory, cell, sizeof *cell);
  }
  release_references(weaks, weaks->cleared);
  xlgc__weaks_init(weaks, weaks->memory);
}

uint64_t xlgc__weaks_bytes(const xlgc__weaks *weaks) { return weaks->by_object.count * sizeof(xlgc__cell); }

/* ------------------------------------------------------------- references */

int xlgc__weak_create(xlgc__weaks *weaks, uint64_t object, void (*cleared)(void *data, xlgc_weak *weak), void *data,
                      xlgc_weak **out) {
  xlgc__cell *cell = find(weaks, object);
  if (cell && is_gone(weaks, cell)) return XLGC_E_RELEASED;
  xlgc_weak *weak = xlgc__memory_allocate(weaks->memory, sizeof *weak);
  if (!weak) return XLGC_E_NOMEM;
  bool fresh = !cell;
  cell = find_or_make(weaks, object);
  if (!cell) {
    xlgc__memory_release(weaks->memory, weak, sizeof *weak);
    return XLGC_E_NOMEM;
  }
  if (fresh) DL_APPEND2(weaks->fresh, cell, candidate_prev, candidate_next);
  cell->fresh |= fresh;
  weak->cell = cell;
  weak->cleared = cleared;
  weak->data = data;
  DL_APPEND(cell->references, weak);
  *out = weak;
  return 0;
}

uint64_t xlgc__weak_load(xlgc__weaks *weaks, xlgc_weak *weak) {
  xlgc__cell *cell = weak->cell;
  return cell && !is_gone(weaks, cell) ? load(weaks, cell) : 0;
}

void xlgc__weak_destroy(xlgc__weaks *weaks, xlgc_weak *weak) {
  xlgc__cell *cell = weak->cell;
  if (cell) {
    DL_DELETE(cell->references, weak);
    free_if_unused(weaks, cell);
  } else {
    DL_DELETE(weaks->cleared, weak);
  }
  xlgc__memory_release(weaks->memory, weak, sizeof *weak);
}

/* --------------------------------------------------------------- interning */

static xlgc__cell *find_key(const xlgc__weaks *weaks, const void *key, size_t key_bytes, uint32_t hash) {
  xlgc__cell *cell = find_hash(weaks, hash);
  while (cell && (cell->key_bytes != key_bytes || (key_bytes && memcmp(cell->key, key, key_bytes) != 0)))
    cell = cell->same;
  return cell;
}

uint64_t xlgc__intern_find(xlgc__weaks *weaks, const void *key, size_t key_bytes, uint32_t hash) {
  xlgc__cell *cell = find_key(weaks, key, key_bytes, hash);
  return cell && !is_gone(weaks, cell) ? load(weaks, cell) : 0;
}

int xlgc__intern_put(xlgc__weaks *weaks, uint64_t object, const void *key, size_t key_bytes, uint32_t hash) {
  xlgc__cell *old = find_key(weaks, key, key_bytes, hash);
  XLGC__INVARIANT("W1", !old || is_gone(weaks, old));
  xlgc__cell *cell = find_or_make(weaks, object);
  if (!cell) return XLGC_E_NOMEM;
  XLGC__INVARIANT("W1", !cell->keyed && !is_gone(weaks, cell));
  if (old) leave_keys(weaks, old);
  enter_keys(weaks, cell, key, key_bytes, hash);
  load(weaks, cell);
  return 0;
}

/* --------------------------------------------------- for the owner */

uint64_t xlgc__weaks_take_loads(xlgc__weaks *weaks, uint32_t *loads) {
  xlgc__cell *cell = weaks->loaded;
  uint64_t object = cell ? cell->object : 0;
  *loads = cell ? take_loads(weaks, cell) : 0;
  return object;
}

uint32_t xlgc__weaks_take_loads_of(xlgc__weaks *weaks, uint64_t object) {
  xlgc__cell *cell = find(weaks, object);
  return cell ? take_loads(weaks, cell) : 0;
}

uint64_t xlgc__weaks_take_fresh(xlgc__weaks *weaks) {
  xlgc__cell *cell = weaks->fresh;
  return cell && leave_fresh(weaks, cell) ? cell->object : 0;
}

bool xlgc__weaks_take_fresh_of(xlgc__weaks *weaks, uint64_t object) {
  xlgc__cell *cell = weaks->fresh ? find(weaks, object) : NULL;
  return cell && leave_fresh(weaks, cell);
}

void xlgc__weaks_add_candidate(xlgc__weaks *weaks, uint64_t object) {
  xlgc__cell *cell = find(weaks, object);
  if (!cell || cell->verdict) return;
  leave_fresh(weaks, cell);
  cell->verdict = weaks->committed + 1;
  DL_APPEND2(weaks->candidates, cell, candidate_prev, candidate_next);
  if (cell->loads) weaks->rescued = true;
}

uint64_t xlgc__weaks_next_candidate(xlgc__weaks *weaks, bool first) {
  xlgc__cell *cell = first ? weaks->candidates : weaks->next_candidate;
  weaks->next_candidate = cell ? cell->candidate_next : NULL;
  return cell ? cell->object : 0;
}

void xlgc__weaks_remove_candidate(xlgc__weaks *weaks, uint64_t object) {
  xlgc__cell *cell = find(weaks, object);
  if (!cell || !is_candidate(weaks, cell)) return;
  if (weaks->next_candidate == cell) weaks->next_candidate = cell->candidate_next;
  DL_DELETE2(weaks->candidates, cell, candidate_prev, candidate_next);
  cell->verdict = 0;
  free_if_unused(weaks, cell);
}

bool xlgc__weaks_has_notifier(const xlgc__weaks *weaks, uint64_t object) {
  const xlgc__cell *cell = find(weaks, object);
  const xlgc_weak *weak = cell ? cell->references : NULL;
  while (weak && !weak->cleared)
    weak = weak->next;
  return weak != NULL;
}

bool xlgc__weaks_clears_with_notifier(const xlgc__weaks *weaks) {
  return weaks->gone && weaks->gone->references && weaks->gone->references->cleared;
}

void xlgc__weaks_end(xlgc__weaks *weaks, uint64_t object) {
  xlgc__cell *cell = find(weaks, object);
  if (!cell || cell->verdict) return;
  leave_fresh(weaks, cell);
  cell->verdict = weaks->committed;
  DL_APPEND2(weaks->gone, cell, candidate_prev, candidate_next);
  take_loads(weaks, cell);
}

bool xlgc__weaks_commit(xlgc__weaks *weaks) {
  bool rescued = weaks->rescued;
  weaks->rescued = false;
  if (rescued) return false;
  weaks->committed++;
  DL_CONCAT2(weaks->gone, weaks->candidates, candidate_prev, candidate_next);
  weaks->candidates = weaks->next_candidate = NULL;
  return true;
}

bool xlgc__weaks_clear(xlgc__weaks *weaks, xlgc_weak **weak, void (**cleared)(void *data, xlgc_weak *weak),
                       void **data) {
  *weak = NULL;
  *cleared = NULL;
  *data = NULL;
  xlgc__cell *cell = weaks->gone;
  if (!cell) return false;
  xlgc_weak *first = cell->references;
  if (first) {
    DL_DELETE(cell->references, first);
    DL_APPEND(weaks->cleared, first);
    first->cell = NULL;
    *weak = first;
    *cleared = first->cleared;
    *data = first->data;
  }
  if (cell->references) return true;
  XLGC__INVARIANT("W1", !cell->loads); /* or a pin was given out for an object that is gone */
  DL_DELETE2(weaks->gone, cell, candidate_prev, candidate_next);
  cell->verdict = 0;
  leave_keys(weaks, cell);
  free_if_unused(weaks, cell);
  return true;
}
