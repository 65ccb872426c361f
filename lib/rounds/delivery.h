/* Messages to objects: asking and notifying, and the mailboxes in which both wait for the thread that may use the
 * object.
 *
 * A message is the object itself, on a list; its flags say what the message is. While it is in a mailbox it belongs
 * to the mailbox, under the lock. Answers and notified objects come back to the pool's owner on two lists of the
 * queue. Callbacks run with no lock taken.
 *
 * Notices are taken out of a mailbox several at a time, as the lock would cost more than they do. A question is taken
 * out alone: until it is put, it can go to an heir. */
#ifndef XLGC_DELIVERY_H
#define XLGC_DELIVERY_H

#include "queue/context.h"
#include "ranks/graph.h"
#include "rounds/finalizers.h"

typedef struct xlgc__delivery {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__finalizers finalizers; /* lock taken */
  xlgc__mailbox worker, cleaner;
  bool all_inline; /* the pool is being shut down: everything is delivered inline. Lock taken */
  /* The thread that works may not call back. Where what is delivered inline waits then: in a mailbox that has a reader,
   * or (NULL) in the backlog. The owner's. */
  bool silent;
  xlgc__mailbox *later;
  /* The dead that wait for any thread which works and may call back. The owner's, which needs no lock; but others may
   * ask for the count, so it is atomic; relaxed. */
  xlgc__list backlog;
  _Atomic uint64_t backlog_count;
} xlgc__delivery;

/* Where an object is called: here; where it was sent, a mailbox or the backlog; or not yet, as questions are put
 * only by a thread that may call back, or to a mailbox that has a reader. */
enum { XLGC__DELIVERY_HERE, XLGC__DELIVERY_SENT, XLGC__DELIVERY_NOT_YET };

/* Asks an object whether it is to be kept. */
bool xlgc__delivery_ask(xlgc__delivery *delivery, xlgc_context *context, uint32_t index);
/* Calls the finalizers of an object that has ended or is taken back. */
void xlgc__delivery_finalize(xlgc__delivery *delivery, xlgc_context *context, xlgc_id id, void *address);
/* Notifies a dead object. */
void xlgc__delivery_notify(xlgc__delivery *delivery, xlgc_context *context, uint32_t index);

/* Puts an object into the mailbox that its kind asks for, or into the backlog, if it is not to be called here. Returns
 * XLGC__DELIVERY_*. */
int xlgc__delivery_send(xlgc__delivery *delivery, uint32_t index);
/* May this thread call back? */
static inline bool xlgc__delivery_calls(const xlgc__delivery *delivery) { return !delivery->silent; }
/* How many are in the backlog, for any thread. */
static inline uint64_t xlgc__delivery_backlog(const xlgc__delivery *delivery) {
  return atomic_load_explicit(&delivery->backlog_count, memory_order_relaxed);
}
static inline void xlgc__delivery_set_backlog(xlgc__delivery *delivery, uint64_t count) {
  atomic_store_explicit(&delivery->backlog_count, count, memory_order_relaxed);
}
/* The next of the backlog, or 0. */
static inline uint32_t xlgc__delivery_take_backlog(xlgc__delivery *delivery) {
  uint32_t index = xlgc__list_take(&delivery->graph->objects, &delivery->backlog);
  if (index) xlgc__delivery_set_backlog(delivery, xlgc__delivery_backlog(delivery) - 1);
  return index;
}
/* What is in the backlog goes to a mailbox. Lock taken. */
void xlgc__delivery_mail_backlog(xlgc__delivery *delivery, xlgc__mailbox *mailbox);
/* Delivers up to `max` messages of a mailbox to which no other thread delivers. Returns how many. */
size_t xlgc__delivery_deliver(xlgc__delivery *delivery, xlgc__mailbox *mailbox, xlgc_context *context, size_t max);
/* The next answer: the object, or 0. */
uint32_t xlgc__delivery_take_answer(xlgc__delivery *delivery, bool *keep);
/* Looks at the next message of a mailbox that no thread reads. Takes it back if it is a question (out, else 0). Returns
 * whether there were questions. */
bool xlgc__delivery_decline(xlgc__delivery *delivery, xlgc__mailbox *mailbox, uint32_t *out);
/* A mailbox's owner ends: what is in it goes to another. Lock taken. */
void xlgc__delivery_move(xlgc__delivery *delivery, xlgc__mailbox *from, xlgc__mailbox *to);
/* The name of a thread or context that has a question to answer, or NULL. owner: its context, or NULL if it has
 * none. Lock taken. */
const char *xlgc__delivery_blocker(const xlgc__delivery *delivery, const xlgc_context **owner);

#endif
