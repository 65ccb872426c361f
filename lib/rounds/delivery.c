#include <config.h>

#include "rounds/delivery.h"

#ifdef HAVE_SYS_EVENTFD_H
#include <sys/eventfd.h>
#endif

static bool is_question(const xlgc__object *object) { return !(object->flags & XLGC__DEAD); }

bool xlgc__delivery_ask(xlgc__delivery *delivery, xlgc_context *context, uint32_t index) {
  const xlgc__object *object = xlgc__graph_object(delivery->graph, index);
  const xlgc_kind *kind = xlgc__object_kind(&delivery->graph->objects, object);
  xlgc_id id = xlgc__object_id(&delivery->graph->objects, index);
  return kind->orphaned && kind->orphaned(context, id, object->address, kind->data) == XLGC_KEEP;
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
  if (callback) callback(context, id, object->address, kind->data);
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

/* Lock taken. */
static void put_message(xlgc__delivery *delivery, xlgc__mailbox *mailbox, uint32_t index, bool question) {
  xlgc__queue *queue = delivery->queue;
  xlgc__list_append(&delivery->graph->objects, &mailbox->list, index);
  mailbox->questions += question;
  queue->questions += question;
  queue->mailed++;
  if (mailbox->count++ == 0) signal_mail(mailbox);
  if (mailbox != &queue->stray) xlgc__condition_wake_all(&queue->progress);
}

int xlgc__delivery_send(xlgc__delivery *delivery, uint32_t index) {
  const xlgc__object *object = xlgc__graph_object(delivery->graph, index);
  const xlgc_kind *kind = xlgc__object_kind(&delivery->graph->objects, object);
  if (kind->delivery == XLGC_DELIVER_INLINE && xlgc__delivery_calls(delivery)) return XLGC__DELIVERY_HERE;
  bool question = is_question(object);
  if (question ? !kind->orphaned : !(object->flags & XLGC__FORGOTTEN ? kind->forgotten : kind->release))
    return XLGC__DELIVERY_HERE;
  xlgc__queue *queue = delivery->queue;
  xlgc__mutex_lock(&queue->lock);
  xlgc__mailbox *mailbox = mailbox_for(delivery, object);
  if (!mailbox) mailbox = delivery->later;
  bool not_yet = question && mailbox == &queue->stray;
  if (mailbox && !not_yet) put_message(delivery, mailbox, index, question);
  xlgc__mutex_unlock(&queue->lock);
  return not_yet ? XLGC__DELIVERY_NOT_YET : mailbox ? XLGC__DELIVERY_SENT : XLGC__DELIVERY_HERE;
}

/* Lock taken. */
static uint32_t take_message(xlgc__delivery *delivery, xlgc__mailbox *mailbox) {
  uint32_t index = xlgc__list_take(&delivery->graph->objects, &mailbox->list);
  if (!index) return 0;
  delivery->queue->mailed--;
  delivery->queue->delivering++;
  if (--mailbox->count == 0) signal_none(mailbox);
  return index;
}

/* The callback of a message has returned. Lock taken. */
static void end_message(xlgc__delivery *delivery, xlgc__mailbox *mailbox, uint32_t index, bool question, bool keep) {
  xlgc__queue *queue = delivery->queue;
  if (--queue->delivering == 0) xlgc__condition_wake_all(&queue->progress);
  if (!question) {
    xlgc__list_append(&delivery->graph->objects, &queue->returned, index);
    return;
  }
  xlgc__graph_object(delivery->graph, index)->hop = keep;
  xlgc__list_append(&delivery->graph->objects, &queue->answered, index);
  mailbox->questions--;
  queue->questions--;
  xlgc__condition_wake_all(&queue->progress);
}

size_t xlgc__delivery_deliver(xlgc__delivery *delivery, xlgc__mailbox *mailbox, xlgc_context *context, size_t max) {
  xlgc__queue *queue = delivery->queue;
  size_t count = 0;
  xlgc__mutex_lock(&queue->lock);
  for (uint32_t index; count < max && (index = take_message(delivery, mailbox)) != 0; count++) {
    bool question = is_question(xlgc__graph_object(delivery->graph, index)), keep = false;
    xlgc__mutex_unlock(&queue->lock);
    if (question)
      keep = xlgc__delivery_ask(delivery, context, index);
    else
      xlgc__delivery_notify(delivery, context, index);
    xlgc__mutex_lock(&queue->lock);
    end_message(delivery, mailbox, index, question, keep);
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
    delivery->queue->mailed--;
    delivery->queue->questions--;
    mailbox->questions--;
    if (--mailbox->count == 0) signal_none(mailbox);
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
  if (!from->count) return;
  if (!to->count) signal_mail(to);
  for (uint32_t index; (index = xlgc__list_take(&delivery->graph->objects, &from->list)) != 0;) {
    /* Not those that are being answered at this moment. */
    bool question = is_question(xlgc__graph_object(delivery->graph, index));
    from->questions -= question;
    to->questions += question;
    xlgc__list_append(&delivery->graph->objects, &to->list, index);
  }
  to->count += from->count;
  from->count = 0;
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
