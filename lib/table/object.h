/* Object records: 56 bytes in segments, ids with generations, and the index of addresses.
 *
 * An id is pool (8 bits), generation of the slot (24), slot (32). A slot's generation rises each time it is freed,
 * also across the release of its segment. A slot whose generations are used up is not given again.
 *
 * Registering runs on a thread of the program beside the worker. So slots are taken and given, and the index is
 * used, only under the pool's lock. All other fields of a record belong to the pool's owner. */
#ifndef XLGC_OBJECT_H
#define XLGC_OBJECT_H

#include "base/segments.h"
#include "table/addresses.h"
#include "table/kinds.h"

enum {
  XLGC__LIVE = 1 << 0,       /* the slot names an object */
  XLGC__NEW = 1 << 1,        /* not yet pinned nor the target of a link: a root */
  XLGC__KEPT = 1 << 2,       /* by its `orphaned` callback, until the next round: a root */
  XLGC__BROKEN = 1 << 3,     /* in the queue of objects whose certificate is to be repaired */
  XLGC__LOWERED = 1 << 4,    /* exact: in the queue of objects whose distance fell */
  XLGC__SEEN = 1 << 5,       /* visited by a search backwards */
  XLGC__SUSPECT = 1 << 6,    /* lost its certificate in the search forwards */
  XLGC__RECLAIMING = 1 << 7, /* in the set whose links are being taken out */
  XLGC__DEAD = 1 << 8,       /* has lost its links; is or will be notified */
  XLGC__PENDING = 1 << 9,    /* no root reaches it; it has its links until all that must be asked have answered */
  XLGC__IDLE = 1 << 10,      /* in the queue of transient objects that may have no links */
  XLGC__INDEXED = 1 << 11,   /* in the index of addresses */
  XLGC__FORGOTTEN = 1 << 12, /* dead, and not to be released */
  XLGC__WEAK = 1 << 13,      /* has a cell: may be looked up without a link or pin */
  XLGC__SUPPORTS = 1 << 14,  /* is, or has been, a supporter: without it, any rank will do */
  XLGC__LEFT = 1 << 15       /* was there when the pool was shut down: it is not asked or notified any more */
};

typedef struct xlgc__object {
  uint32_t top[2]; /* of the out-tree and the in-tree */
  uint64_t rank;   /* certified: above its supporter's; exact: its distance */
  void *address;
  uint32_t supporter; /* the source whose link certifies it, or 0 */
  uint32_t pins;
  uint32_t next;    /* chains it into one list; its flags say which */
  uint32_t hop;     /* search backwards: the object it leads to */
  uint32_t heap[2]; /* its children in one priority queue; its flags say which */
  uint16_t kind;
  uint16_t flags;
  /* Of a free slot: the one it will have, with the mark FREE, so that no id names it; of a dead object: with the mark
   * ENDED, which says so to threads that do not work on the pool; of one that has had finalizers, with the mark
   * FINALIZERS, which is set under the lock; of one whose links go to an heir, with the mark LEAVES. Relaxed: a stale
   * id may be looked up while another thread makes an object of its slot, and must find it changed, nothing else. */
  _Atomic uint32_t generation;
} xlgc__object;

_Static_assert(sizeof(xlgc__object) == (sizeof(void *) == 8 ? 56 : 52), "an object's record has grown");

enum {
  XLGC__GENERATION_MAX = XLGC__MEMO_MAX,
  XLGC__GENERATION_ENDED = XLGC__GENERATION_MAX + 1,
  XLGC__GENERATION_FREE = 2 * XLGC__GENERATION_ENDED,
  XLGC__GENERATION_FINALIZERS = 4 * XLGC__GENERATION_ENDED,
  XLGC__GENERATION_LEAVES = 8 * XLGC__GENERATION_ENDED
};
#define XLGC__RANK_INFINITE UINT64_MAX

typedef struct xlgc__objects {
  xlgc__segments records;
  xlgc__addresses addresses;
  xlgc__kinds kinds;
  _Atomic uint64_t live; /* objects that are there and not dead: a count, relaxed */
  uint8_t pool;          /* 1 to 255 */
} xlgc__objects;

int xlgc__objects_init(xlgc__objects *objects, xlgc__memory *memory, uint8_t pool);
void xlgc__objects_destroy(xlgc__objects *objects);

static inline xlgc__object *xlgc__object_at(const xlgc__objects *objects, uint32_t index) {
  return xlgc__segments_at_sized(&objects->records, index, sizeof(xlgc__object));
}

static inline bool xlgc__object_is_root(const xlgc__object *object) {
  return object->pins != 0 || (object->flags & (XLGC__NEW | XLGC__KEPT)) != 0;
}

static inline const xlgc_kind *xlgc__object_kind(const xlgc__objects *objects, const xlgc__object *object) {
  return xlgc__kinds_at(&objects->kinds, object->kind)->kind;
}

static inline uint32_t xlgc__object_generation(const xlgc__object *object) {
  return atomic_load_explicit(&object->generation, memory_order_relaxed) & XLGC__GENERATION_MAX;
}

/* The object is dead from here on, also for threads that do not work on the pool. */
static inline void xlgc__object_end(xlgc__object *object) {
  object->flags |= XLGC__DEAD;
  atomic_fetch_or_explicit(&object->generation, XLGC__GENERATION_ENDED, memory_order_relaxed);
}
/* The object has finalizers (rounds/finalizers.h). Returns false when it has ended before. Lock taken. */
static inline bool xlgc__object_mark_finalizers(xlgc__object *object) {
  const uint32_t mark = XLGC__GENERATION_FINALIZERS;
  return !(atomic_fetch_or_explicit(&object->generation, mark, memory_order_relaxed) & XLGC__GENERATION_ENDED);
}
static inline bool xlgc__object_has_finalizers(const xlgc__object *object) {
  return atomic_load_explicit(&object->generation, memory_order_relaxed) & XLGC__GENERATION_FINALIZERS;
}
/* Its links go to an heir when it dies. The mark outlives that. */
static inline void xlgc__object_mark_leaves(xlgc__object *object) {
  atomic_fetch_or_explicit(&object->generation, XLGC__GENERATION_LEAVES, memory_order_relaxed);
}
static inline bool xlgc__object_leaves(const xlgc__object *object) {
  return atomic_load_explicit(&object->generation, memory_order_relaxed) & XLGC__GENERATION_LEAVES;
}
static inline bool xlgc__object_has_ended(const xlgc__object *object) {
  return atomic_load_explicit(&object->generation, memory_order_relaxed) & XLGC__GENERATION_ENDED;
}

/* Is this the generation of a slot that the id has? The index is the same already. */
static inline bool xlgc__object_has_id(const xlgc__object *object, uint64_t bare_id) {
  uint32_t marked = atomic_load_explicit(&object->generation, memory_order_relaxed);
  return (marked & ~(uint32_t)(XLGC__GENERATION_ENDED | XLGC__GENERATION_FINALIZERS | XLGC__GENERATION_LEAVES)) ==
         (uint32_t)(bare_id >> 32 & XLGC__GENERATION_MAX);
}

/* The id without its pool of the object in a slot. */
static inline uint64_t xlgc__object_bare_id(const xlgc__object *object, uint32_t index) {
  return (uint64_t)xlgc__object_generation(object) << 32 | index;
}

static inline xlgc_id xlgc__object_id(const xlgc__objects *objects, uint32_t index) {
  return (xlgc_id)objects->pool << 56 | xlgc__object_bare_id(xlgc__object_at(objects, index), index);
}

/* The slot that an id without its pool names, also that of a dead object; 0 when it is stale. */
uint32_t xlgc__object_resolve(const xlgc__objects *objects, uint64_t bare_id);

/* The same for an id whose object the caller keeps alive. It reads no field that another thread may be changing. */
uint32_t xlgc__object_find(const xlgc__objects *objects, uint64_t bare_id);

/* Is there an object of this id? XLGC_E_STALE, XLGC_E_RELEASED. For a caller that does not hold it the answer is as old
 * as the id: what it makes of the object ends when the event about it is applied. Lock taken. */
int xlgc__object_state(const xlgc__objects *objects, uint64_t id);

/* A new object with the given rank, made by `owner`. Lock taken. XLGC_E_NOMEM, XLGC_E_FULL, XLGC_E_EXISTS. */
int xlgc__object_create(xlgc__objects *objects, void *address, const xlgc_kind *kind, xlgc_context *owner,
                        uint64_t rank, uint32_t *out);
/* Takes back an object that was never used. Lock taken. */
void xlgc__object_discard(xlgc__objects *objects, uint32_t index);
/* The kinds with this `data` go: their objects are without a kind from now on. Lock taken. */
void xlgc__object_retire_kinds(xlgc__objects *objects, const void *data);
/* Takes a dead object's slot and index entry back. Lock taken. */
void xlgc__object_free(xlgc__objects *objects, uint32_t index);

#endif
