#include <config.h>

#include "rounds/delivery.h"

#ifdef HAVE_SYS_EVENTFD_H
#include <sys/eventfd.h>
#endif

/* So many notices are taken out of a mailbox at most, under the lock. */
enum { TAKEN_AT_ONCE = 64 };

static bool is_question(const xlgc__object *object) { return !(object->flags & XLGC__DEAD); }

bool xlgc__delivery_ask(xlgc__delivery *delivery, xlgc_context *context, uint32_t index) {
  const xlgc__object *object = xlgc__graph_object(delivery->graph, index);
  const xlgc_kind *kind = xlgc__object_kind(&delivery->graph->objects, object);
  xlgc_id id = xlgc__object_id(&delivery->graph->objects, index);
  if (object->flags & XLGC__LEFT) return false;
  return kind->orphaned && kind->orphaned(context, id, object->address, kind->data) == XLGC_KEEP;
}

void xlgc__delivery_finalize(xlgc__delivery *delivery, xlgc_context *context, xlgc_id id, void *address) {
  xlgc__finalizers_call call;
  xlgc__mutex_lock(&delivery->queue->lock);
  while (xlgc__finalizers_take(&delivery->finalizers, XLGC__BARE(id), &call)) {
    xlgc__mutex_unlock(&delivery->queue->lock);
    call.run(context, id, address, call.data);
    xlgc__mutex_lock(&delivery->queue->lock);
  }
  xlgc__mutex_unlock(&delivery->queue->lock);
}

void xlgc__delivery_notify(xlgc__delivery *delivery, xlgc_context *context, uint32_t index) {
  const xlgc__object *object = xlgc__graph_object(delivery->graph, index);
  const xlgc_kind *kind = xlgc__object_kind(&delivery->graph->objects, object);
  xlgc_id id = xlgc__object_id(&delivery->graph->objects, index);
  void (*callback)(xlgc_context *, xlgc_id, void *, void *) =
      object->flags & XLGC__FORGOTTEN ? kind->forgotten : kind->release;
  if (object->flags & XLGC__INDEXED) {
    xlgc__mutex_lock(&delivery->queue->lock);
    xlgc__addresses_notify(&delivery->graph->objects.addresses, object->address, index);
    xlgc__mutex_unlock(&delivery->queue->lock);
  }
  if (xlgc__object_has_finalizers(object)) xlgc__delivery_finalize(delivery, context, id, object->address);
  if (callback && !(object->flags & XLGC__LEFT)) callback(context, id, object->address, kind->data);
  if (!delivery->queue->ledger) return;
  xlgc__mutex_lock(&delivery->queue->lock);
  xlgc__ledger_end(delivery->queue->ledger, id);
  xlgc__mutex_unlock(&delivery->queue->lock);
}

/* --------------------------------------------------------------- mailboxes */

static void signal_mail(const xlgc__mailbox *mailbox) {
#ifdef HAVE_SYS_EVENTFD_H
  if (mailbox->descriptor >= 0) eventfd_write(mailbox->descriptor, 1);
#else
  (void)mailbox;
#endif
}

static void signal_none(const xlgc__mailbox *mailbox) {
#ifdef HAVE_SYS_EVENTFD_H
  eventfd_t count;
  if (mailbox->descriptor >= 0) eventfd_read(mailbox->descriptor, &count);
#else
  (void)mailbox;
#endif
}

/* The mailbox of an object's kind and owner, or NULL: it is delivered inline. Lock taken. */
static xlgc__mailbox *mailbox_for(xlgc__delivery *delivery, const xlgc__object *object) {
  const xlgc__kind *slot = xlgc__kinds_at(&delivery->graph->objects.kinds, object->kind);
  if (delivery->all_inline) return NULL;
  switch (slot->kind->delivery) {
  case XLGC_DELIVER_WORKER: return &delivery->worker;
  case XLGC_DELIVER_CLEANER: return &delivery->cleaner;
  case XLGC_DELIVER_OWNER: return slot->owner ? &slot->owner->mailbox : NULL;
  default: return NULL;
  }
}

static void count_in(_Atomic uint64_t *count, uint64_t more) {
  atomic_fetch_add_explicit(count, more, memory_order_relaxed);
}
static void count_out(_Atomic uint64_t *count, uint64_t fewer) {
  atomic_fetch_sub_explicit(count, fewer, memory_order_relaxed);
}

/* Something comes to a mailbox whose list may be empty. Lock taken. */
static void announce(const xlgc__delivery *delivery, const xlgc__mailbox *mailbox) {
  if (mailbox->list.first) return;
  signal_mail(mailbox);
  xlgc__condition_wake_all(&delivery->queue->progress);
}

/* Puts an object into the mailbox of its kind, or else where what is delivered inline waits. Returns whether there is
 * one. */
static bool put_message(xlgc__delivery *delivery, const xlgc__object *object, uint32_t index, bool question) {
  xlgc__queue *queue = delivery->queue;
  xlgc__mutex_lock(&queue->lock);
  xlgc__mailbox *mailbox = mailbox_for(delivery, object);
  if (!mailbox) mailbox = delivery->later;
  if (mailbox) {
    announce(delivery, mailbox);
    xlgc__list_append(&delivery->graph->objects, &mailbox->list, index);
    count_in(&mailbox->count, 1);
    mailbox->questions += question;
    queue->questions += question;
  }
  xlgc__mutex_unlock(&queue->lock);
  return mailbox != NULL;
}

/* Is there anything to call for a dead object? */
static bool is_called(const xlgc__object *object, const xlgc_kind *kind) {
  if (xlgc__object_has_finalizers(object)) return true;
  return object->flags & XLGC__FORGOTTEN ? kind->forgotten != NULL : kind->release != NULL;
}

int xlgc__delivery_send(xlgc__delivery *delivery, uint32_t index) {
  const xlgc__object *object = xlgc__graph_object(delivery->graph, index);
  const xlgc_kind *kind = xlgc__object_kind(&delivery->graph->objects, object);
  bool by_mail = kind->delivery != XLGC_DELIVER_INLINE || delivery->later;
  if (!by_mail && xlgc__delivery_calls(delivery)) return XLGC__DELIVERY_HERE;
  bool question = is_question(object);
  if (question ? !kind->orphaned : !is_called(object, kind)) return XLGC__DELIVERY_HERE;
  if (by_mail && put_message(delivery, object, index, question)) return XLGC__DELIVERY_SENT;
  if (xlgc__delivery_calls(delivery)) return XLGC__DELIVERY_HERE;
  if (question) return XLGC__DELIVERY_NOT_YET;
  xlgc__list_append(&delivery->graph->objects, &delivery->backlog, index);
  xlgc__delivery_set_backlog(delivery, xlgc__delivery_backlog(delivery) + 1);
  return XLGC__DELIVERY_SENT;
}

void xlgc__delivery_mail_backlog(xlgc__delivery *delivery, xlgc__mailbox *mailbox) {
  if (!delivery->backlog.first) return;
  announce(delivery, mailbox);
  xlgc__list_join(&delivery->graph->objects, &mailbox->list, &delivery->backlog);
  count_in(&mailbox->count, xlgc__delivery_backlog(delivery));
  xlgc__delivery_set_backlog(delivery, 0);
}

/* Takes out a question, or up to `max` notices, but not too many. Returns how many. Lock taken. */
static size_t take_messages(xlgc__delivery *delivery, xlgc__mailbox *mailbox, size_t max, xlgc__list *taken) {
  const xlgc__objects *objects = &delivery->graph->objects;
  size_t count = 0;
  bool question = false;
  if (max > TAKEN_AT_ONCE) max = TAKEN_AT_ONCE;
  while (count < max && !question && mailbox->list.first) {
    question = is_question(xlgc__object_at(objects, mailbox->list.first));
    if (question && count) break;
    xlgc__list_append(objects, taken, xlgc__list_take(objects, &mailbox->list));
    count++;
  }
  if (count && !mailbox->list.first) signal_none(mailbox);
  delivery->queue->delivering += count;
  return count;
}

static void notify_taken(xlgc__delivery *delivery, xlgc__mailbox *mailbox, xlgc_context *context, uint32_t first) {
  for (uint32_t index = first, next; index; index = next) {
    next = xlgc__graph_object(delivery->graph, index)->next;
    count_out(&mailbox->count, 1);
    xlgc__delivery_notify(delivery, context, index);
  }
}

/* The callback of a question that was taken out has returned. Lock taken. */
static void end_question(xlgc__delivery *delivery, xlgc__mailbox *mailbox, uint32_t index, bool keep) {
  xlgc__graph_object(delivery->graph, index)->hop = keep;
  mailbox->questions--;
  delivery->queue->questions--;
}

/* All callbacks of what was taken out have returned. Lock taken. */
static void end_taken(xlgc__delivery *delivery, xlgc__list *taken, size_t count, bool question) {
  xlgc__queue *queue = delivery->queue;
  xlgc__list_join(&delivery->graph->objects, question ? &queue->answered : &queue->returned, taken);
  queue->delivering -= count;
  if (question || !queue->delivering) xlgc__condition_wake_all(&queue->progress);
}

size_t xlgc__delivery_deliver(xlgc__delivery *delivery, xlgc__mailbox *mailbox, xlgc_context *context, size_t max) {
  xlgc__queue *queue = delivery->queue;
  xlgc__list taken = {0, 0};
  size_t count = 0;
  xlgc__mutex_lock(&queue->lock);
  for (size_t some; count < max && (some = take_messages(delivery, mailbox, max - count, &taken)) != 0; count += some) {
    uint32_t first = taken.first;
    bool question = is_question(xlgc__graph_object(delivery->graph, first)), keep = false;
    xlgc__mutex_unlock(&queue->lock);
    if (question) {
      count_out(&mailbox->count, 1);
      keep = xlgc__delivery_ask(delivery, context, first);
    } else {
      notify_taken(delivery, mailbox, context, first);
    }
    xlgc__mutex_lock(&queue->lock);
    if (question) end_question(delivery, mailbox, first, keep);
    end_taken(delivery, &taken, some, question);
  }
  xlgc__mutex_unlock(&queue->lock);
  return count;
}

bool xlgc__delivery_decline(xlgc__delivery *delivery, xlgc__mailbox *mailbox, uint32_t *out) {
  xlgc__mutex_lock(&delivery->queue->lock);
  bool any = mailbox->questions != 0;
  uint32_t index = any ? xlgc__list_take(&delivery->graph->objects, &mailbox->list) : 0;
  *out = 0;
  if (index && is_question(xlgc__graph_object(delivery->graph, index))) {
    *out = index;
    delivery->queue->questions--;
    mailbox->questions--;
    count_out(&mailbox->count, 1);
    if (!mailbox->list.first) signal_none(mailbox);
  } else if (index) {
    xlgc__list_append(&delivery->graph->objects, &mailbox->list, index);
  }
  xlgc__mutex_unlock(&delivery->queue->lock);
  return any;
}

uint32_t xlgc__delivery_take_answer(xlgc__delivery *delivery, bool *keep) {
  xlgc__mutex_lock(&delivery->queue->lock);
  uint32_t index = xlgc__list_take(&delivery->graph->objects, &delivery->queue->answered);
  if (index) *keep = xlgc__graph_object(delivery->graph, index)->hop != 0;
  xlgc__mutex_unlock(&delivery->queue->lock);
  return index;
}

void xlgc__delivery_move(xlgc__delivery *delivery, xlgc__mailbox *from, xlgc__mailbox *to) {
  const xlgc__objects *objects = &delivery->graph->objects;
  uint64_t count = 0, questions = 0;
  if (!from->list.first) return;
  announce(delivery, to);
  /* Not those that were taken out. */
  for (uint32_t index = from->list.first; index; index = xlgc__object_at(objects, index)->next) {
    count++;
    questions += is_question(xlgc__object_at(objects, index));
  }
  xlgc__list_join(objects, &to->list, &from->list);
  count_out(&from->count, count);
  count_in(&to->count, count);
  from->questions -= questions;
  to->questions += questions;
  signal_none(from);
}

const char *xlgc__delivery_blocker(const xlgc__delivery *delivery, const xlgc_context **owner) {
  *owner = NULL;
  for (const xlgc_context *context = delivery->queue->contexts; context; context = context->next) {
    if (!context->mailbox.questions) continue;
    *owner = context;
    return context->name;
  }
  if (delivery->worker.questions) return "worker";
  return delivery->cleaner.questions ? "clean-up thread" : NULL;
}
