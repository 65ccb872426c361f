/* See peer_list.h. */
#include <config.h>

#include "peer_list.h"
#include "measure.h"

#include <pthread.h>
#include <stdlib.h>
#include <uthash.h>

typedef struct event {
  struct event *next;
  uint64_t source, target;
  bool link;
} event;

typedef struct pair {
  uint64_t key[2];
  int64_t count;
  UT_hash_handle hh;
} pair;

struct peer_list {
  pthread_mutex_t lock;
  pthread_cond_t filled, emptied;
  event *first, **end;
  bool handling, stopping;
  int work;
  pair *pairs; /* of whoever handles */
  pthread_t worker;
  bool has_worker;
};

peer_list *peer_list_create(int work) {
  peer_list *list = allocate(1, sizeof *list);
  pthread_mutex_init(&list->lock, NULL);
  pthread_cond_init(&list->filled, NULL);
  pthread_cond_init(&list->emptied, NULL);
  list->end = &list->first;
  list->work = work;
  return list;
}

static void append(peer_list *list, uint64_t source, uint64_t target, bool link) {
  event *event = malloc(sizeof *event);
  must_be(event, "out of memory");
  event->next = NULL;
  event->source = source;
  event->target = target;
  event->link = link;
  pthread_mutex_lock(&list->lock);
  bool was_empty = !list->first;
  *list->end = event;
  list->end = &event->next;
  pthread_mutex_unlock(&list->lock);
  if (was_empty && list->has_worker) pthread_cond_signal(&list->filled);
}

void peer_list_link(peer_list *list, uint64_t source, uint64_t target) { append(list, source, target, true); }
void peer_list_unlink(peer_list *list, uint64_t source, uint64_t target) { append(list, source, target, false); }

static void count(peer_list *list, const event *event) {
  uint64_t key[2] = {event->source, event->target};
  pair *pair;
  HASH_FIND(hh, list->pairs, key, sizeof key, pair);
  if (!pair) {
    pair = allocate(1, sizeof *pair);
    pair->key[0] = key[0];
    pair->key[1] = key[1];
    HASH_ADD(hh, list->pairs, key, sizeof key, pair);
  }
  pair->count += event->link ? 1 : -1;
  if (pair->count) return;
  HASH_DEL(list->pairs, pair);
  free(pair);
}

/* Takes the list and handles it. Lock held, and left meanwhile. */
static void handle(peer_list *list) {
  event *event = list->first;
  list->first = NULL;
  list->end = &list->first;
  list->handling = true;
  pthread_mutex_unlock(&list->lock);
  while (event) {
    struct event *next = event->next;
    if (list->work == PEER_LIST_COUNT) count(list, event);
    free(event);
    event = next;
  }
  pthread_mutex_lock(&list->lock);
  list->handling = false;
  if (!list->first) pthread_cond_broadcast(&list->emptied);
}

static void *work(void *data) {
  peer_list *list = data;
  pthread_mutex_lock(&list->lock);
  for (;;) {
    while (!list->first && !list->stopping)
      pthread_cond_wait(&list->filled, &list->lock);
    if (!list->first) break;
    handle(list);
  }
  pthread_mutex_unlock(&list->lock);
  return NULL;
}

void peer_list_worker_start(peer_list *list) {
  list->stopping = false;
  list->has_worker = true;
  must_be(!pthread_create(&list->worker, NULL, work, list), "cannot start a thread");
}

void peer_list_worker_stop(peer_list *list) {
  pthread_mutex_lock(&list->lock);
  list->stopping = true;
  pthread_mutex_unlock(&list->lock);
  pthread_cond_signal(&list->filled);
  pthread_join(list->worker, NULL);
  list->has_worker = false;
}

void peer_list_flush(peer_list *list) {
  pthread_mutex_lock(&list->lock);
  while (list->first || list->handling) {
    if (list->has_worker)
      pthread_cond_wait(&list->emptied, &list->lock);
    else
      handle(list);
  }
  pthread_mutex_unlock(&list->lock);
}

uint64_t peer_list_pairs(const peer_list *list) { return HASH_COUNT(list->pairs); }

void peer_list_destroy(peer_list *list) {
  peer_list_flush(list);
  if (list->has_worker) peer_list_worker_stop(list);
  pair *pair, *next;
  HASH_ITER(hh, list->pairs, pair, next) {
    HASH_DEL(list->pairs, pair);
    free(pair);
  }
  pthread_cond_destroy(&list->emptied);
  pthread_cond_destroy(&list->filled);
  pthread_mutex_destroy(&list->lock);
  free(list);
}
