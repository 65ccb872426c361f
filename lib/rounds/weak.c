#include <config.h>

#include "rounds/weak.h"

#include "base/invariant.h"

#include <utlist.h>

/* uthash allocates through these; `weaks` is in scope wherever its macros are used. A key of no bytes may be NULL. */
#define HASH_NONFATAL_OOM 1
#define HASH_KEYCMP(a, b, size_bytes) ((size_bytes) != 0 && memcmp(a, b, size_bytes) != 0)
#define uthash_malloc(size_bytes) xlgc__mem_allocate(weaks->mem, size_bytes)
#define uthash_free(memory, size_bytes) xlgc__mem_release(weaks->mem, memory, size_bytes)
#define uthash_nonfatal_oom(cell) ((cell)->failed = true)
#include <uthash.h>

/* It names its object's slot for as long as it is there: a slot is put to new use only after everything that is gone
 * was cleared, so there never are two objects' cells for one slot. */
struct xlgc__cell {
  uint64_t doubt; /* 0: trusted; above `decided`: on the list `doubted`; else on the list `gone` (W1) */
  xlgc_weak *references;
  xlgc__cell *loaded_next, *loaded_prev;
  xlgc__cell *doubt_next, *doubt_prev; /* of whichever of the two lists */
  uint32_t object;
  uint32_t loads; /* not 0: on the list `loaded` (W2) */
  bool keyed;     /* in the table of keys */
  bool failed;    /* uthash's answer */
  UT_hash_handle of_object, of_key;
};

static bool is_doubted(const xlgc__weaks *weaks, const xlgc__cell *cell) { return cell->doubt > weaks->decided; }
static bool is_gone(const xlgc__weaks *weaks, const xlgc__cell *cell) {
  return cell->doubt && !is_doubted(weaks, cell);
}

/* ------------------------------------------------------------------- cells */

static xlgc__cell *find(const xlgc__weaks *weaks, uint32_t object) {
  xlgc__cell *cell;
  HASH_FIND(of_object, weaks->by_object, &object, sizeof object, cell);
  return cell;
}

/* The cell of an object, a new one if need be. NULL: no memory. */
static xlgc__cell *find_or_make(xlgc__weaks *weaks, uint32_t object) {
  xlgc__cell *cell = find(weaks, object);
  if (cell) return cell;
  cell = xlgc__mem_allocate(weaks->mem, sizeof *cell);
  if (!cell) return NULL;
  cell->object = object;
  HASH_ADD(of_object, weaks->by_object, object, sizeof cell->object, cell);
  if (cell->failed) {
    xlgc__mem_release(weaks->mem, cell, sizeof *cell);
    return NULL;
  }
  return cell;
}

static void leave_keys(xlgc__weaks *weaks, xlgc__cell *cell) {
  if (!cell->keyed) return;
  HASH_DELETE(of_key, weaks->by_key, cell);
  cell->keyed = false;
}

static void free_if_unused(xlgc__weaks *weaks, xlgc__cell *cell) {
  if (cell->references || cell->keyed || cell->loads || cell->doubt) return;
  HASH_DELETE(of_object, weaks->by_object, cell);
  xlgc__mem_release(weaks->mem, cell, sizeof *cell);
}

static uint32_t load(xlgc__weaks *weaks, xlgc__cell *cell) {
  if (is_doubted(weaks, cell)) {
    weaks->saved++;
    weaks->shaken = true;
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

void xlgc__weaks_init(xlgc__weaks *weaks, xlgc__mem *mem) { *weaks = (xlgc__weaks){.mem = mem}; }

static void release_references(xlgc__weaks *weaks, xlgc_weak *references) {
  while (references) {
    xlgc_weak *weak = references;
    references = weak->next;
    xlgc__mem_release(weaks->mem, weak, sizeof *weak);
  }
}

void xlgc__weaks_destroy(xlgc__weaks *weaks) {
  xlgc__cell *cell, *next;
  HASH_ITER(of_object, weaks->by_object, cell, next) {
    leave_keys(weaks, cell);
    release_references(weaks, cell->references);
    HASH_DELETE(of_object, weaks->by_object, cell);
    xlgc__mem_release(weaks->mem, cell, sizeof *cell);
  }
  release_references(weaks, weaks->cleared);
  xlgc__weaks_init(weaks, weaks->mem);
}

uint64_t xlgc__weaks_bytes(const xlgc__weaks *weaks) {
  /* uthash counts the handles, which are inside the cells. */
  uint64_t cells = HASH_CNT(of_object, weaks->by_object), keys = HASH_CNT(of_key, weaks->by_key);
  return HASH_OVERHEAD(of_object, weaks->by_object) + HASH_OVERHEAD(of_key, weaks->by_key) +
         cells * sizeof(xlgc__cell) - (cells + keys) * sizeof(UT_hash_handle);
}

/* ------------------------------------------------------------- references */

int xlgc__weak_create(xlgc__weaks *weaks, uint32_t object, void (*cleared)(void *data, xlgc_weak *weak), void *data,
                      xlgc_weak **out) {
  xlgc__cell *cell = find(weaks, object);
  if (cell && is_gone(weaks, cell)) return XLGC_E_RELEASED;
  xlgc_weak *weak = xlgc__mem_allocate(weaks->mem, sizeof *weak);
  if (!weak) return XLGC_E_NOMEM;
  cell = find_or_make(weaks, object);
  if (!cell) {
    xlgc__mem_release(weaks->mem, weak, sizeof *weak);
    return XLGC_E_NOMEM;
  }
  weak->cell = cell;
  weak->cleared = cleared;
  weak->data = data;
  DL_APPEND(cell->references, weak);
  *out = weak;
  return 0;
}

uint32_t xlgc__weak_load(xlgc__weaks *weaks, xlgc_weak *weak) {
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
  xlgc__mem_release(weaks->mem, weak, sizeof *weak);
}

/* --------------------------------------------------------------- interning */

static xlgc__cell *find_key(const xlgc__weaks *weaks, const void *key, size_t key_bytes, uint32_t hash) {
  xlgc__cell *cell;
  HASH_FIND_BYHASHVALUE(of_key, weaks->by_key, key, key_bytes, hash, cell);
  return cell;
}

uint32_t xlgc__intern_find(xlgc__weaks *weaks, const void *key, size_t key_bytes, uint32_t hash) {
  xlgc__cell *cell = find_key(weaks, key, key_bytes, hash);
  return cell && !is_gone(weaks, cell) ? load(weaks, cell) : 0;
}

int xlgc__intern_put(xlgc__weaks *weaks, uint32_t object, const void *key, size_t key_bytes, uint32_t hash) {
  xlgc__cell *old = find_key(weaks, key, key_bytes, hash);
  XLGC__INVARIANT("W1", !old || is_gone(weaks, old));
  xlgc__cell *cell = find_or_make(weaks, object);
  if (!cell) return XLGC_E_NOMEM;
  XLGC__INVARIANT("W1", !cell->keyed && !is_gone(weaks, cell));
  /* Even if there is no memory for the new entry, the old one is no loss. */
  if (old) leave_keys(weaks, old);
  HASH_ADD_KEYPTR_BYHASHVALUE(of_key, weaks->by_key, key, key_bytes, hash, cell);
  if (cell->failed) {
    cell->failed = false;
    free_if_unused(weaks, cell);
    return XLGC_E_NOMEM;
  }
  cell->keyed = true;
  load(weaks, cell);
  return 0;
}

/* --------------------------------------------------- for whoever works */

uint32_t xlgc__weaks_take_loads(xlgc__weaks *weaks, uint32_t *loads) {
  xlgc__cell *cell = weaks->loaded;
  uint32_t object = cell ? cell->object : 0;
  *loads = cell ? take_loads(weaks, cell) : 0;
  return object;
}

uint32_t xlgc__weaks_take_loads_of(xlgc__weaks *weaks, uint32_t object) {
  xlgc__cell *cell = find(weaks, object);
  return cell ? take_loads(weaks, cell) : 0;
}

void xlgc__weaks_doubt(xlgc__weaks *weaks, uint32_t object) {
  xlgc__cell *cell = find(weaks, object);
  if (!cell || cell->doubt) return;
  cell->doubt = weaks->decided + 1;
  DL_APPEND2(weaks->doubted, cell, doubt_prev, doubt_next);
  if (cell->loads) weaks->shaken = true;
}

uint32_t xlgc__weaks_look(xlgc__weaks *weaks, bool first) {
  xlgc__cell *cell = first ? weaks->doubted : weaks->look;
  weaks->look = cell ? cell->doubt_next : NULL;
  return cell ? cell->object : 0;
}

void xlgc__weaks_trust(xlgc__weaks *weaks, uint32_t object) {
  xlgc__cell *cell = find(weaks, object);
  if (!cell || !is_doubted(weaks, cell)) return;
  if (weaks->look == cell) weaks->look = cell->doubt_next;
  DL_DELETE2(weaks->doubted, cell, doubt_prev, doubt_next);
  cell->doubt = 0;
  free_if_unused(weaks, cell);
}

bool xlgc__weaks_decide(xlgc__weaks *weaks) {
  bool shaken = weaks->shaken;
  weaks->shaken = false;
  if (shaken) return false;
  weaks->decided++;
  DL_CONCAT2(weaks->gone, weaks->doubted, doubt_prev, doubt_next);
  weaks->doubted = weaks->look = NULL;
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
  XLGC__INVARIANT("W1", !cell->loads); /* or a pin was given out for what is gone */
  DL_DELETE2(weaks->gone, cell, doubt_prev, doubt_next);
  cell->doubt = 0;
  leave_keys(weaks, cell);
  free_if_unused(weaks, cell);
  return true;
}
