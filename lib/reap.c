#include <config.h>

#include "reap.h"

void xlgc__reap_init(xlgc__reap *reap, xlgc__rank *rank, xlgc__mutex *lock, xlgc_context *context) {
  *reap = (xlgc__reap){.graph = rank->graph, .rank = rank, .lock = lock, .context = context};
}

bool xlgc__reap_expire(xlgc__reap *reap) {
  uint32_t index = xlgc__list_take(reap->graph, &reap->expiring);
  if (index) xlgc__graph_unkeep(reap->graph, index);
  return !index;
}

bool xlgc__reap_ask(xlgc__reap *reap, xlgc__list *asked) {
  uint32_t index = xlgc__list_take(reap->graph, asked);
  if (!index) return true;
  xlgc__object *object = xlgc__graph_object(reap->graph, index);
  const xlgc_kind *kind = xlgc__object_kind(&reap->graph->objects, object);
  xlgc_id id = xlgc__object_id(&reap->graph->objects, index);
  if (kind->orphaned && kind->orphaned(reap->context, id, object->address, kind->data) == XLGC_KEEP) {
    reap->kept_count++;
    xlgc__graph_keep(reap->graph, index);
    xlgc__list_append(reap->graph, &reap->kept, index);
  } else {
    xlgc__rank_doubt(reap->rank, index);
  }
  return false;
}

bool xlgc__reap_forget(xlgc__reap *reap, xlgc__list *dead) {
  xlgc__graph *graph = reap->graph;
  uint32_t index = xlgc__graph_pop(graph, &graph->idle);
  if (!index) return true;
  xlgc__object *object = xlgc__graph_object(graph, index);
  object->flags &= (uint16_t)~XLGC__IDLE;
  if (object->tree[XLGC__OUT]) return false;
  object->flags = (uint16_t)((object->flags & ~XLGC__NEW) | XLGC__DEAD | XLGC__FORGOTTEN);
  atomic_fetch_sub_explicit(&graph->objects.live, 1, memory_order_relaxed);
  xlgc__list_append(graph, dead, index);
  return false;
}

bool xlgc__reap_clear_place(xlgc__reap *reap, uint32_t *places) {
  xlgc__segments *records = &reap->graph->links.places;
  uint32_t index = *places;
  if (!index) return true;
  const xlgc__place *place = xlgc__segments_at(records, index);
  const xlgc__object *target = xlgc__graph_object(reap->graph, place->target);
  if (target->flags & XLGC__DEAD) {
    /* The program may be changing the place: one of both wins. */
    void *expected = target->address;
    atomic_compare_exchange_strong((_Atomic(void *) *)(void *)place->at, &expected, NULL);
  }
  *places = place->next;
  xlgc__segments_give(records, index);
  return false;
}

bool xlgc__reap_tell(xlgc__reap *reap, xlgc__list *dead) {
  uint32_t index = xlgc__list_take(reap->graph, dead);
  if (!index) return true;
  xlgc__object *object = xlgc__graph_object(reap->graph, index);
  const xlgc_kind *kind = xlgc__object_kind(&reap->graph->objects, object);
  xlgc_id id = xlgc__object_id(&reap->graph->objects, index);
  bool forgotten = object->flags & XLGC__FORGOTTEN;
  void (*tell)(xlgc_context *, xlgc_id, void *, void *) = forgotten ? kind->forgotten : kind->release;
  if (forgotten)
    reap->forgotten++;
  else
    reap->orphans++;
  if (object->flags & XLGC__INDEXED) {
    xlgc__mutex_lock(reap->lock);
    xlgc__registry_tell(&reap->graph->objects.registry, object->address);
    xlgc__mutex_unlock(reap->lock);
  }
  xlgc__list_append(reap->graph, &reap->told, index);
  if (tell) tell(reap->context, id, object->address, kind->data);
  return false;
}

bool xlgc__reap_bury(xlgc__reap *reap) {
  uint32_t index = xlgc__list_take(reap->graph, &reap->buried);
  if (!index) return true;
  xlgc__mutex_lock(reap->lock);
  xlgc__object_free(&reap->graph->objects, index);
  xlgc__mutex_unlock(reap->lock);
  return false;
}
