#include <config.h>

#include "rounds/finalize.h"

#include <xlgc/cpp.h>

/* How many slots are freed, and fresh cells are looked at, under the lock at a time; and how many objects are told
 * before the mail without a reader is looked for again. */
enum { RECYCLED_AT_ONCE = 64, FRESH_AT_ONCE = 64, TOLD_AT_ONCE = 64 };

static void lock(const xlgc__finalize *finalize) { xlgc__mutex_lock(&finalize->delivery->queue->lock); }
static void unlock(const xlgc__finalize *finalize) { xlgc__mutex_unlock(&finalize->delivery->queue->lock); }

static uint64_t bare_id(const xlgc__finalize *finalize, uint32_t index) {
  return xlgc__object_bare_id(xlgc__graph_object(finalize->graph, index), index);
}

void xlgc__finalize_begin(xlgc__finalize *finalize, bool expire) {
  xlgc__queue *queue = finalize->delivery->queue;
  finalize->to_recycle = finalize->notified;
  finalize->notified = (xlgc__list){0, 0};
  lock(finalize);
  xlgc__list_join(&finalize->graph->objects, &finalize->to_recycle, &queue->returned);
  unlock(finalize);
  if (!expire) return;
  finalize->unasked = false;
  finalize->expiring = finalize->kept;
  finalize->kept = (xlgc__list){0, 0};
}

bool xlgc__finalize_expire(xlgc__finalize *finalize) {
  uint32_t index = xlgc__list_take(&finalize->graph->objects, &finalize->expiring);
  if (index) xlgc__graph_unkeep(finalize->graph, index);
  return !index;
}

/* ---------------------------------------------------------------- asking */

static void keep(xlgc__finalize *finalize, uint32_t index) {
  xlgc__graph_keep(finalize->graph, index);
  xlgc__list_append(&finalize->graph->objects, &finalize->kept, index);
}

/* It is not asked now, and so kept, until a round begins on a thread that may call back. */
static void put_off(xlgc__finalize *finalize, uint32_t index) {
  finalize->unasked = true;
  keep(finalize, index);
}

static void answer(xlgc__finalize *finalize, uint32_t index, bool keeps) {
  if (keeps) {
    finalize->kept_count++;
    keep(finalize, index);
    return;
  }
  xlgc__repair_candidate(finalize->repair, index);
  if (!(xlgc__graph_object(finalize->graph, index)->flags & XLGC__WEAK)) return;
  lock(finalize);
  xlgc__weaks_add_candidate(finalize->weaks, bare_id(finalize, index));
  unlock(finalize);
}

/* Would the end of this object be told to a weak reference, which this thread must not do? */
static bool must_call_cleared(const xlgc__finalize *finalize, uint32_t index) {
  if (xlgc__delivery_calls(finalize->delivery)) return false;
  if (!(xlgc__graph_object(finalize->graph, index)->flags & XLGC__WEAK)) return false;
  lock(finalize);
  bool any = xlgc__weaks_has_notifier(finalize->weaks, bare_id(finalize, index));
  unlock(finalize);
  return any;
}

bool xlgc__finalize_ask(xlgc__finalize *finalize, xlgc__list *asked) {
  uint32_t index = xlgc__list_take(&finalize->graph->objects, asked);
  if (!index) return true;
  int sent =
      must_call_cleared(finalize, index) ? XLGC__DELIVERY_NOT_YET : xlgc__delivery_send(finalize->delivery, index);
  if (sent == XLGC__DELIVERY_NOT_YET)
    put_off(finalize, index);
  else if (sent == XLGC__DELIVERY_HERE)
    answer(finalize, index, xlgc__delivery_ask(finalize->delivery, finalize->context, index));
  return false;
}

/* Puts one of the questions whose reader has ended, or puts it off. Returns false when there is none. */
static bool answer_stray(xlgc__finalize *finalize) {
  xlgc__mailbox *stray = &finalize->delivery->queue->stray;
  if (xlgc__delivery_calls(finalize->delivery))
    return xlgc__delivery_deliver(finalize->delivery, stray, finalize->context, 1) != 0;
  uint32_t index;
  bool any = xlgc__delivery_decline(finalize->delivery, stray, &index);
  if (index) put_off(finalize, index);
  return any;
}

bool xlgc__finalize_answer(xlgc__finalize *finalize, bool *waits) {
  xlgc__queue *queue = finalize->delivery->queue;
  bool keep;
  *waits = false;
  uint32_t index = xlgc__delivery_take_answer(finalize->delivery, &keep);
  if (index) {
    answer(finalize, index, keep);
    return false;
  }
  if (answer_stray(finalize)) return false;
  lock(finalize);
  bool outstanding = queue->questions != 0, more = queue->answered.first || queue->stray.questions;
  *waits = outstanding && !more;
  unlock(finalize);
  return !outstanding && !more;
}

/* -------------------------------------------------------------- rescuing */

/* Cells of which the graph has not been told: those of candidates become candidates too. Lock taken. Returns false when
 * more of them are left, which the next unit looks at. */
static bool look_at_fresh(xlgc__finalize *finalize) {
  for (int left = FRESH_AT_ONCE; left; left--) {
    uint64_t id = xlgc__weaks_take_fresh(finalize->weaks);
    if (!id) return true;
    uint32_t index = xlgc__object_resolve(&finalize->graph->objects, id);
    uint16_t flags = index ? xlgc__graph_object(finalize->graph, index)->flags : XLGC__DEAD;
    if (flags & XLGC__DEAD)
      xlgc__weaks_end(finalize->weaks, id);
    else
      xlgc__graph_weak(finalize->graph, index);
    if (flags & XLGC__SUSPECT) xlgc__weaks_add_candidate(finalize->weaks, id);
  }
  return !finalize->weaks->fresh;
}

bool xlgc__finalize_rescue(xlgc__finalize *finalize, bool *rescues) {
  bool committed = false;
  *rescues = false;
  lock(finalize);
  if (!look_at_fresh(finalize)) {
    unlock(finalize);
    return false;
  }
  uint64_t candidate = xlgc__weaks_next_candidate(finalize->weaks, !finalize->walks);
  uint32_t index = (uint32_t)candidate;
  uint32_t loads = index ? xlgc__weaks_take_loads_of(finalize->weaks, candidate) : 0;
  bool lives = index && (loads || !(xlgc__graph_object(finalize->graph, index)->flags & XLGC__SUSPECT));
  if (lives) xlgc__weaks_remove_candidate(finalize->weaks, candidate);
  if (!index) committed = xlgc__weaks_commit(finalize->weaks);
  unlock(finalize);
  finalize->walks = index != 0;
  if (!loads) return committed;
  *rescues = xlgc__graph_object(finalize->graph, index)->flags & XLGC__SUSPECT;
  xlgc__graph_pin(finalize->graph, index, loads);
  if (*rescues) {
    xlgc__repair_rescue(finalize->repair, index);
    finalize->walks = false;
  }
  return false;
}

/* --------------------------------------------------------------- notifying */

/* Is a candidate to be forgotten named by an event that is still to be applied, or looked up (then its pins are in
 * `loads`)? If not, neither can happen to it from here on. Lock taken. */
static bool is_wanted(xlgc__finalize *finalize, const xlgc__object *object, uint32_t index, uint32_t *loads) {
  xlgc__addresses *addresses = &finalize->graph->objects.addresses;
  bool indexed = object->flags & XLGC__INDEXED, weak = object->flags & XLGC__WEAK || finalize->weaks->fresh;
  uint64_t candidate = bare_id(finalize, index);
  if (indexed && xlgc__addresses_is_named(addresses, object->address, index, finalize->delivery->queue->cuts_applied))
    return true;
  *loads = weak ? xlgc__weaks_take_loads_of(finalize->weaks, candidate) : 0;
  if (*loads) return true;
  /* No other cell is a candidate any more, so only a mark of an earlier look-up may make the commit fail once. */
  if (weak) xlgc__weaks_add_candidate(finalize->weaks, candidate);
  while (weak && !xlgc__weaks_commit(finalize->weaks)) {
  }
  if (indexed) xlgc__addresses_notify(addresses, object->address, index);
  return false;
}

bool xlgc__finalize_may_forget(const xlgc__finalize *finalize) {
  return finalize->graph->idle && !must_call_cleared(finalize, finalize->graph->idle);
}

bool xlgc__finalize_forget(xlgc__finalize *finalize, xlgc__list *dead) {
  xlgc__graph *graph = finalize->graph;
  if (!xlgc__finalize_may_forget(finalize)) return true;
  uint32_t index = xlgc__graph_pop(graph, &graph->idle);
  xlgc__object *object = xlgc__graph_object(graph, index);
  object->flags &= (uint16_t)~XLGC__IDLE;
  if (object->top[XLGC__OUT]) return false;
  uint32_t loads = 0;
  lock(finalize);
  bool wanted = is_wanted(finalize, object, index, &loads);
  unlock(finalize);
  if (loads) xlgc__graph_pin(graph, index, loads);
  if (wanted) return false;
  object->flags = (uint16_t)((object->flags & ~XLGC__NEW) | XLGC__FORGOTTEN);
  xlgc__object_end(object);
  atomic_fetch_sub_explicit(&graph->objects.live, 1, memory_order_relaxed);
  xlgc__list_append(&graph->objects, dead, index);
  return false;
}

/* In a pool that checks: is the pointer of a dying source as it was reported? It is not read again. */
static void check_place(xlgc__finalize *finalize, const xlgc__place *place, const xlgc__object *target) {
  xlgc__ledger *ledger = finalize->delivery->queue->ledger;
  xlgc_id id = xlgc__object_id(&finalize->graph->objects, place->target);
  xlgc__entry entry, replaced, wrong = {.source = XLGC_ID_NONE};
  xlgc_error error = {.code = XLGC_E_PLACE, .place = place->at};
  lock(finalize);
  bool known = xlgc__ledger_at(ledger, place->at, &entry, &replaced);
  if (known && replaced.target == id) {
    wrong = replaced;
    error.what = "link";
  } else if (known && entry.target == id) {
    if (atomic_load((_Atomic(void *) *)(void *)place->at) != target->address) wrong = entry;
    error.what = "place";
    if (!replaced.source) xlgc__ledger_forget_place(ledger, place->at);
  }
  unlock(finalize);
  if (!wrong.source) return;
  error.source = wrong.source;
  error.target = wrong.target;
  xlgc__misuse_report(finalize->misuse, wrong.context, wrong.position, &error);
}

bool xlgc__finalize_clear_place(xlgc__finalize *finalize, uint32_t *places) {
  xlgc__segments *records = &finalize->graph->links.places;
  uint32_t index = *places;
  if (!index) return true;
  const xlgc__place *place = xlgc__segments_at(records, index);
  const xlgc__object *target = xlgc__graph_object(finalize->graph, place->target);
  if (finalize->delivery->queue->ledger) check_place(finalize, place, target);
  if (target->flags & XLGC__DEAD) {
    /* The program may be writing to the place: one of both writes wins. */
    void *expected = target->address;
    XLGC__YIELD();
    atomic_compare_exchange_strong((_Atomic(void *) *)(void *)place->at, &expected, NULL);
  }
  *places = place->next;
  xlgc__segments_give(records, index);
  return false;
}

bool xlgc__finalize_clear_weak(xlgc__finalize *finalize) {
  xlgc_weak *weak = NULL;
  void (*cleared)(void *, xlgc_weak *) = NULL;
  void *data = NULL;
  lock(finalize);
  bool more = xlgc__weaks_clear(finalize->weaks, &weak, &cleared, &data);
  unlock(finalize);
  if (cleared) cleared(data, weak);
  return !more;
}

static void tell(xlgc__finalize *finalize, uint32_t index) {
  xlgc__list_append(&finalize->graph->objects, &finalize->notified, index);
  xlgc__delivery_notify(finalize->delivery, finalize->context, index);
}

size_t xlgc__finalize_tell_waiting(xlgc__finalize *finalize, size_t max) {
  xlgc__delivery *delivery = finalize->delivery;
  size_t count = 0;
  for (uint32_t index; count < max && (index = xlgc__delivery_take_backlog(delivery)) != 0; count++)
    tell(finalize, index);
  return count + xlgc__delivery_deliver(delivery, &delivery->queue->stray, finalize->context, max - count);
}

/* The object will be read soon, if there is one. */
static void look_at_soon(const xlgc__finalize *finalize, uint32_t index) {
  if (!index) return;
  /* The end of the header; there need not be an address. */
  uintptr_t address = (uintptr_t)xlgc__graph_object(finalize->graph, index)->address;
  XLGC__PREFETCH((const char *)(address - 1));
}

/* An object of xlgc.hpp is told what its refs read; it is destroyed later. */
static void mark(xlgc__finalize *finalize, uint32_t index) {
  const xlgc__object *object = xlgc__graph_object(finalize->graph, index);
  xlgc__ledger *ledger = finalize->delivery->queue->ledger;
  xlgc_cpp_header *header = (xlgc_cpp_header *)object->address - 1;
  if (object->flags & XLGC__LEFT) return;
  if (header->id) header->id = ledger ? XLGC_CPP_TOLD_AND_CHECKED : XLGC_CPP_TOLD;
  if (!ledger) return;
  lock(finalize);
  xlgc__ledger_begin_ending(ledger, object->address, xlgc__object_id(&finalize->graph->objects, index));
  unlock(finalize);
}

/* One whose targets go first comes behind all others, before those that died before it (D3). Returns whether it is. */
static bool put_behind(xlgc__finalize *finalize, uint32_t index, uint32_t next) {
  xlgc__object *object = xlgc__graph_object(finalize->graph, index);
  unsigned flags = xlgc__object_kind(&finalize->graph->objects, object)->flags;
  if (!(flags & XLGC_KIND_HELD_FIRST)) return false;
  object->next = finalize->held_first;
  finalize->held_first = index;
  look_at_soon(finalize, next);
  if (flags & XLGC_KIND_OF_CPP) mark(finalize, index);
  return true;
}

static void notify(xlgc__finalize *finalize, uint32_t index) {
  if (xlgc__graph_object(finalize->graph, index)->flags & XLGC__FORGOTTEN)
    finalize->forgotten++;
  else
    finalize->orphans++;
  if (!xlgc__delivery_send(finalize->delivery, index)) tell(finalize, index);
}

/* Returns false when there is none. */
static bool notify_held_first(xlgc__finalize *finalize) {
  xlgc__delivery *delivery = finalize->delivery;
  xlgc__mailbox *later = delivery->later;
  uint32_t index = finalize->held_first;
  if (!index) return false;
  finalize->held_first = xlgc__graph_object(finalize->graph, index)->next;
  look_at_soon(finalize, finalize->held_first);
  if (finalize->rest) delivery->later = finalize->rest;
  notify(finalize, index);
  delivery->later = later;
  return true;
}

/* Returns false when there is none. */
static bool notify_one(xlgc__finalize *finalize, xlgc__list *dead) {
  uint32_t index = xlgc__list_take(&finalize->graph->objects, dead);
  if (!index) return notify_held_first(finalize);
  if (!put_behind(finalize, index, dead->first)) notify(finalize, index);
  return true;
}

bool xlgc__finalize_notify(xlgc__finalize *finalize, xlgc__list *dead, int64_t *budget) {
  int64_t most = *budget < TOLD_AT_ONCE ? *budget : TOLD_AT_ONCE;
  /* What waits died before. */
  size_t told = xlgc__delivery_calls(finalize->delivery) ? xlgc__finalize_tell_waiting(finalize, (size_t)most) : 0;
  *budget -= (int64_t)told;
  if (told) return false;
  for (; most > 0; most--, --*budget)
    if (!notify_one(finalize, dead)) return true;
  return false;
}

bool xlgc__finalize_recycle(xlgc__finalize *finalize, int64_t *budget) {
  uint32_t index = 0;
  lock(finalize);
  for (int left = RECYCLED_AT_ONCE; left && *budget > 0; left--, --*budget) {
    index = xlgc__list_take(&finalize->graph->objects, &finalize->to_recycle);
    if (!index) break;
    xlgc__children_end(&finalize->graph->children, &finalize->graph->objects, index);
    xlgc__object_free(&finalize->graph->objects, index);
  }
  unlock(finalize);
  return !index;
}
