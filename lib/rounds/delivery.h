/* Messages to objects: asking and notifying, and the mailboxes in which both wait for the thread that may use the
 * object.
 *
 * A message is the object itself, on a list; its flags say what the message is. While it is in a mailbox it belongs
 * to the mailbox, under the lock. Answers and notified objects come back to the pool's owner on two lists of the
 * queue. Callbacks run with no lock taken. */
#ifndef XLGC_DELIVERY_H
#define XLGC_DELIVERY_H

#include "queue/context.h"
#include "ranks/graph.h"

typedef struct xlgc__delivery {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__mailbox worker, cleaner;
  bool all_inline; /* the pool is being shut down: everything is delivered inline. Lock taken */
} xlgc__delivery;

/* Asks an object whether it is to be kept. */
bool xlgc__delivery_ask(xlgc__delivery *delivery, xlgc_context *context, uint32_t index);
/* Notifies a dead object. */
void xlgc__delivery_notify(xlgc__delivery *delivery, xlgc_context *context, uint32_t index);

/* Puts an object into the mailbox that its kind asks for; returns false when it is to be delivered inline. */
bool xlgc__delivery_send(xlgc__delivery *delivery, uint32_t index);
/* Delivers up to `max` messages of a mailbox to which no other thread delivers. Returns how many. */
size_t xlgc__delivery_deliver(xlgc__delivery *delivery, xlgc__mailbox *mailbox, xlgc_context *context, size_t max);
/* The next answer: the object, or 0. */
uint32_t xlgc__delivery_take_answer(xlgc__delivery *delivery, bool *keep);
/* A mailbox's owner ends: what is in it goes to another. Lock taken. */
void xlgc__delivery_move(xlgc__delivery *delivery, xlgc__mailbox *from, xlgc__mailbox *to);
/* The name of a thread or context that has a question to answer, or NULL. owner: its context, or NULL if it has
 * none. Lock taken. */
const char *xlgc__delivery_blocker(const xlgc__delivery *delivery, const xlgc_context **owner);

#endif
