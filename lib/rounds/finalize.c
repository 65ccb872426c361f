#include <config.h>

#include "rounds/finalize.h"

/* How many slots are freed under the lock at a time. */
enum { BURIED_AT_ONCE = 64 };

static void lock(const xlgc__reap *reap) { xlgc__mutex_lock(&reap->mail->queue->lock); }
static void unlock(const xlgc__reap *reap) { xlgc__mutex_unlock(&reap->mail->queue->lock); }

void xlgc__reap_begin(xlgc__reap *reap, bool expire) {
  xlgc__queue *queue = reap->mail->queue;
  reap->buried = reap->told;
  reap->told = (xlgc__list){0, 0};
  lock(reap);
  for (uint32_t index; (index = xlgc__list_take(reap->graph, &queue->returned)) != 0;)
    xlgc__list_append(reap->graph, &reap->buried, index);
  unlock(reap);
  if (!expire) return;
  reap->expiring = reap->kept;
  reap->kept = (xlgc__list){0, 0};
}

bool xlgc__reap_expire(xlgc__reap *reap) {
  uint32_t index = xlgc__list_take(reap->graph, &reap->expiring);
  if (index) xlgc__graph_unkeep(reap->graph, index);
  return !index;
}

/* ---------------------------------------------------------------- asking */

static void answer(xlgc__reap *reap, uint32_t index, bool keep) {
  if (keep) {
    reap->kept_count++;
    xlgc__graph_keep(reap->graph, index);
    xlgc__list_append(reap->graph, &reap->kept, index);
    return;
  }
  xlgc__rank_doubt(reap->rank, index);
  if (!(xlgc__graph_object(reap->graph, index)->flags & XLGC__WEAK)) return;
  lock(reap);
  xlgc__weaks_doubt(reap->weaks, index);
  unlock(reap);
}

bool xlgc__reap_ask(xlgc__reap *reap, xlgc__list *asked) {
  uint32_t index = xlgc__list_take(reap->graph, asked);
  if (!index) return true;
  if (!xlgc__mail_send(reap->mail, index)) answer(reap, index, xlgc__mail_ask(reap->mail, reap->context, index));
  return false;
}

bool xlgc__reap_answer(xlgc__reap *reap, bool *waits) {
  xlgc__queue *queue = reap->mail->queue;
  bool keep;
  *waits = false;
  uint32_t index = xlgc__mail_take_answer(reap->mail, &keep);
  if (index) {
    answer(reap, index, keep);
    return false;
  }
  if (xlgc__mail_deliver(reap->mail, &queue->stray, reap->context, 1)) return false;
  lock(reap);
  bool outstanding = queue->questions != 0, more = queue->answered.first || queue->stray.count;
  *waits = outstanding && !more;
  unlock(reap);
  return !outstanding && !more;
}

/* -------------------------------------------------------------- deciding */

bool xlgc__reap_decide(xlgc__reap *reap, bool *spares) {
  bool decided = false;
  *spares = false;
  lock(reap);
  uint32_t index = xlgc__weaks_look(reap->weaks, !reap->looks);
  uint32_t loads = index ? xlgc__weaks_take_loads_of(reap->weaks, index) : 0;
  bool lives = index && (loads || !(xlgc__graph_object(reap->graph, index)->flags & XLGC__SUSPECT));
  if (lives) xlgc__weaks_trust(reap->weaks, index);
  if (!index) decided = xlgc__weaks_decide(reap->weaks);
  unlock(reap);
  reap->looks = index != 0;
  if (!loads) return decided;
  *spares = xlgc__graph_object(reap->graph, index)->flags & XLGC__SUSPECT;
  xlgc__graph_pin(reap->graph, index, loads);
  if (*spares) {
    xlgc__rank_spare(reap->rank, index);
    reap->looks = false;
  }
  return false;
}

/* ---------------------------------------------------------------- telling */

/* A weak reference to what is about to be forgotten decides on the spot. */
static bool is_looked_up(xlgc__reap *reap, uint32_t index) {
  if (!(xlgc__graph_object(reap->graph, index)->flags & XLGC__WEAK)) return false;
  lock(reap);
  uint32_t loads = xlgc__weaks_take_loads_of(reap->weaks, index);
  if (!loads) {
    /* Nothing else is doubted any more, so a look-up in an earlier doubt is all that may have to be forgotten. */
    xlgc__weaks_doubt(reap->weaks, index);
    while (!xlgc__weaks_decide(reap->weaks)) {
    }
  }
  unlock(reap);
  if (loads) xlgc__graph_pin(reap->graph, index, loads);
  return loads != 0;
}

bool xlgc__reap_forget(xlgc__reap *reap, xlgc__list *dead) {
  xlgc__graph *graph = reap->graph;
  uint32_t index = xlgc__graph_pop(graph, &graph->idle);
  if (!index) return true;
  xlgc__object *object = xlgc__graph_object(graph, index);
  object->flags &= (uint16_t)~XLGC__IDLE;
  if (object->tree[XLGC__OUT] || is_looked_up(reap, index)) return false;
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
    XLGC__YIELD();
    atomic_compare_exchange_strong((_Atomic(void *) *)(void *)place->at, &expected, NULL);
  }
  *places = place->next;
  xlgc__segments_give(records, index);
  return false;
}

bool xlgc__reap_clear_weak(xlgc__reap *reap) {
  xlgc_weak *weak = NULL;
  void (*cleared)(void *, xlgc_weak *) = NULL;
  void *data = NULL;
  lock(reap);
  bool more = xlgc__weaks_clear(reap->weaks, &weak, &cleared, &data);
  unlock(reap);
  if (cleared) cleared(data, weak);
  return !more;
}

bool xlgc__reap_tell(xlgc__reap *reap, xlgc__list *dead) {
  uint32_t index = xlgc__list_take(reap->graph, dead);
  if (!index) return !xlgc__mail_deliver(reap->mail, &reap->mail->queue->stray, reap->context, 1);
  if (xlgc__graph_object(reap->graph, index)->flags & XLGC__FORGOTTEN)
    reap->forgotten++;
  else
    reap->orphans++;
  if (xlgc__mail_send(reap->mail, index)) return false;
  xlgc__list_append(reap->graph, &reap->told, index);
  xlgc__mail_tell(reap->mail, reap->context, index);
  return false;
}

bool xlgc__reap_bury(xlgc__reap *reap, int64_t *budget) {
  uint32_t index = 0;
  lock(reap);
  for (int left = BURIED_AT_ONCE; left && *budget > 0; left--, --*budget) {
    index = xlgc__list_take(reap->graph, &reap->buried);
    if (!index) break;
    xlgc__object_free(&reap->graph->objects, index);
  }
  unlock(reap);
  return !index;
}
