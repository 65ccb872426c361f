/* Messages to objects: what asking and telling one means, and the mailboxes in which that waits for the thread that may
 * touch the object.
 *
 * A message is the object itself, on a list; what it is to be told its flags say. While it is in a mailbox it belongs
 * to the mailbox, under the lock. Answers and objects that were told come back to whoever works on two lists of the
 * queue. Callbacks run with no lock held. */
#ifndef XLGC_DELIVERY_H
#define XLGC_DELIVERY_H

#include "queue/context.h"
#include "ranks/graph.h"

typedef struct xlgc__delivery {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__mailbox worker, cleaner;
  bool all_inline; /* the pool is being shut down: everything is delivered inline. Lock held */
} xlgc__delivery;

/* Asks an object: is it to be kept? */
bool xlgc__delivery_ask(xlgc__delivery *delivery, xlgc_context *context, uint32_t index);
/* Tells a dead one. */
void xlgc__delivery_notify(xlgc__delivery *delivery, xlgc_context *context, uint32_t index);

/* Puts an object into the mailbox that its kind asks for; returns false when it is to be delivered inline. */
bool xlgc__delivery_send(xlgc__delivery *delivery, uint32_t index);
/* Delivers up to `max` messages of a mailbox to which no other thread delivers. Returns how many. */
size_t xlgc__delivery_deliver(xlgc__delivery *delivery, xlgc__mailbox *mailbox, xlgc_context *context, size_t max);
/* The next answer: the object, or 0. */
uint32_t xlgc__delivery_take_answer(xlgc__delivery *delivery, bool *keep);
/* A mailbox's owner ends: what is in it goes to another. Lock held. */
void xlgc__delivery_move(xlgc__delivery *delivery, xlgc__mailbox *from, xlgc__mailbox *to);
/* Who has a question to answer, or NULL. owner: set to its context when it has one. Lock held. */
const char *xlgc__delivery_blocker(const xlgc__delivery *delivery, const xlgc_context **owner);

#endif
