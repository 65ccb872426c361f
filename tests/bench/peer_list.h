/* One locked queue as a peer, as in the proposal of 2008: each event is allocated with malloc and appended to a linked
 * list under the one mutex; a worker takes the whole list, handles it and frees it. */
#ifndef PEER_LIST_H
#define PEER_LIST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct peer_list peer_list;

enum {
  PEER_LIST_FREE, /* the worker only frees */
  PEER_LIST_COUNT /* it also counts: one hash table (uthash) of pairs with the number of their links, which is what
                     xlgc's table knows of them too; a pair whose last link went leaves the table */
};

peer_list *peer_list_create(int work);
/* With a worker, or without: then the list is handled by peer_list_flush alone. */
void peer_list_worker_start(peer_list *list);
void peer_list_worker_stop(peer_list *list);
void peer_list_link(peer_list *list, uint64_t source, uint64_t target);
void peer_list_unlink(peer_list *list, uint64_t source, uint64_t target);
/* Returns when all events are handled. */
void peer_list_flush(peer_list *list);
/* How many pairs are linked; only after a flush. */
uint64_t peer_list_pairs(const peer_list *list);
void peer_list_destroy(peer_list *list);

#endif
