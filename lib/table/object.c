#include <config.h>

#include "table/object.h"

int xlgc__objects_init(xlgc__objects *objects, xlgc__memory *memory, uint8_t pool) {
  xlgc__segments_init(&objects->records, memory, sizeof(xlgc__object));
  atomic_init(&objects->live, 0);
  objects->pool = pool;
  xlgc__addresses_init(&objects->addresses, memory);
  return xlgc__kinds_init(&objects->kinds, memory);
}

void xlgc__objects_destroy(xlgc__objects *objects) {
  xlgc__addresses_destroy(&objects->addresses);
  xlgc__kinds_destroy(&objects->kinds);
  xlgc__segments_destroy(&objects->records);
}

uint32_t xlgc__object_resolve(const xlgc__objects *objects, uint64_t bare_id) {
  uint32_t index = (uint32_t)bare_id;
  const xlgc__object *object = xlgc__segments_find(&objects->records, index);
  if (!object || !xlgc__object_has_id(object, bare_id)) return 0;
  return object->flags & XLGC__LIVE ? index : 0;
}

uint32_t xlgc__object_find(const xlgc__objects *objects, uint64_t bare_id) {
  uint32_t index = (uint32_t)bare_id;
  const xlgc__object *object = xlgc__segments_find(&objects->records, index);
  return object && xlgc__object_has_id(object, bare_id) ? index : 0;
}

int xlgc__object_state(const xlgc__objects *objects, uint64_t id) {
  uint32_t index = xlgc__object_find(objects, id);
  if (!index) return XLGC_E_STALE;
  return xlgc__object_has_ended(xlgc__object_at(objects, index)) ? XLGC_E_RELEASED : 0;
}

static int take_slot(xlgc__objects *objects, uint32_t *out) {
  if (objects->records.room == 0) {
    int failed = objects->records.spares ? 0 : xlgc__segments_prepare(&objects->records);
    if (failed) return failed;
    xlgc__segments_adopt(&objects->records);
  }
  *out = xlgc__segments_take(&objects->records);
  return 0;
}

int xlgc__object_create(xlgc__objects *objects, void *address, const xlgc_kind *kind, xlgc_context *owner,
                        uint64_t rank, uint32_t *out) {
  uint16_t number;
  int failed = xlgc__kinds_number(&objects->kinds, kind, owner, &number);
  if (failed) return failed;
  bool indexed = address && !(kind && kind->flags & XLGC_KIND_UNINDEXED);
  if (indexed && xlgc__addresses_find(&objects->addresses, address)) return XLGC_E_EXISTS;
  uint32_t index;
  failed = take_slot(objects, &index);
  if (failed) return failed;
  if (indexed && (failed = xlgc__addresses_put(&objects->addresses, address, index)) != 0) {
    xlgc__segments_give(&objects->records, index);
    return failed;
  }
  xlgc__object *object = xlgc__object_at(objects, index);
  object->top[0] = object->top[1] = 0;
  object->rank = rank;
  object->address = address;
  object->supporter = object->pins = 0;
  object->kind = number;
  object->flags = (uint16_t)(XLGC__LIVE | XLGC__NEW | (indexed ? XLGC__INDEXED : 0));
  uint32_t generation = xlgc__object_generation(object);
  if (!generation) generation = xlgc__segments_of(&objects->records, index)->memo + 1;
  atomic_store_explicit(&object->generation, generation, memory_order_relaxed);
  atomic_fetch_add_explicit(&objects->live, 1, memory_order_relaxed);
  xlgc__kinds_count_in(&objects->kinds, number);
  *out = index;
  return 0;
}

void xlgc__object_free(xlgc__objects *objects, uint32_t index) {
  xlgc__object *object = xlgc__object_at(objects, index);
  if (object->flags & XLGC__INDEXED) xlgc__addresses_remove(&objects->addresses, object->address, index);
  xlgc__kinds_count_out(&objects->kinds, object->kind);
  object->flags = 0;
  uint32_t generation = xlgc__object_generation(object);
  bool used_up = generation >= XLGC__GENERATION_MAX;
  uint32_t next = used_up ? 0 : (generation + 1) | XLGC__GENERATION_FREE;
  atomic_store_explicit(&object->generation, next, memory_order_relaxed);
  /* A slot whose generations are used up stays taken for good. */
  if (used_up) return;
  xlgc__segment *segment = xlgc__segments_of(&objects->records, index);
  if (segment->memo < generation) segment->memo = generation;
  xlgc__segments_give(&objects->records, index);
}

void xlgc__object_discard(xlgc__objects *objects, uint32_t index) {
  atomic_fetch_sub_explicit(&objects->live, 1, memory_order_relaxed);
  xlgc__object_free(objects, index);
}

void xlgc__object_retire_kinds(xlgc__objects *objects, const void *data) {
  uint64_t end = xlgc__segments_end(&objects->records);
  for (uint64_t i = 1; i < end; i++) {
    xlgc__object *object = xlgc__segments_find(&objects->records, (uint32_t)i);
    if (!object || !(object->flags & XLGC__LIVE) || !xlgc__kinds_have(&objects->kinds, object->kind, data)) continue;
    xlgc__kinds_count_out(&objects->kinds, object->kind);
    object->kind = 0;
  }
  xlgc__kinds_retire(&objects->kinds, data);
}
