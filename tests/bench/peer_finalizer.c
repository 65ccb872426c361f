/* Hash-consing as one would write it upon the library without xlgc_intern: a uthash table of one's own under a mutex,
 * which each object leaves in its `release`.
 *
 * An object may be dying when a look-up finds it: then its entry is still there, but its weak reference loads none, and
 * the entry is as good as gone. A load pins, so what a look-up gives out cannot die. As the table's lock is held in a
 * look-up and taken in `release`, nothing is called under it that may run a release: no event is logged under it. */
#include <config.h>

#include "fixture.h"
#include "intern.h"

#include <pthread.h>
#include <stdlib.h>
#include <uthash.h>

typedef struct string {
  UT_hash_handle hh;
  xlgc_id id;
  xlgc_weak *weak;
  bool listed;
  uint32_t bytes;
  char data[];
} string;

static xlgc_pool *pool;
static xlgc_context *context;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static string *strings;

static void leave(string *string) {
  if (string->listed) HASH_DELETE(hh, strings, string);
  string->listed = false;
}

static void release(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)from, (void)id, (void)data;
  string *string = object;
  pthread_mutex_lock(&lock);
  leave(string);
  pthread_mutex_unlock(&lock);
  must(xlgc_weak_destroy(string->weak), "destroy a weak reference");
  free(string);
}

static const xlgc_kind kind = {.name = "string", .flags = XLGC_KIND_UNINDEXED, .release = release};

/* The living object, pinned, or none. A dead one in its place is taken out. Lock held. */
static xlgc_id look_up(const intern_key *key, uint32_t hash) {
  string *found;
  xlgc_id id = XLGC_ID_NONE;
  HASH_FIND_BYHASHVALUE(hh, strings, key->data, key->bytes, hash, found);
  if (!found) return XLGC_ID_NONE;
  must(xlgc_weak_load(found->weak, &id), "load a weak reference");
  if (id == XLGC_ID_NONE) leave(found);
  return id;
}

static string *make(const intern_key *key) {
  string *string = malloc(sizeof *string + key->bytes);
  must_be(string, "out of memory");
  string->listed = false;
  string->bytes = key->bytes;
  memcpy(string->data, key->data, key->bytes);
  must(xlgc_register(context, string, &kind, &string->id), "register");
  must(xlgc_weak_create(context, string->id, NULL, NULL, &string->weak), "create a weak reference");
  must(xlgc_pin(context, string->id), "pin");
  return string;
}

static uint64_t intern(const intern_key *key) {
  uint32_t hash = intern_hash(key);
  pthread_mutex_lock(&lock);
  xlgc_id id = look_up(key, hash);
  pthread_mutex_unlock(&lock);
  if (id != XLGC_ID_NONE) return id;
  string *made = make(key);
  xlgc_id made_id = made->id;
  pthread_mutex_lock(&lock);
  id = look_up(key, hash);
  if (id == XLGC_ID_NONE) {
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, strings, made->data, made->bytes, hash, made);
    made->listed = true;
  }
  pthread_mutex_unlock(&lock);
  if (id == XLGC_ID_NONE) return made_id;
  must(xlgc_unpin(context, made_id), "unpin");
  return id;
}

static void let_go(uint64_t object) { must(xlgc_unpin(context, object), "unpin"); }

static void create(void) {
  pool = new_pool(0);
  context = new_context(pool, "finalizer table");
}

static void flush(void) { must(xlgc_flush(pool), "flush"); }

static uint64_t entries(void) {
  xlgc_statistics stats;
  must(xlgc_stats(pool, &stats), "stats");
  pthread_mutex_lock(&lock);
  uint64_t count = HASH_COUNT(strings);
  pthread_mutex_unlock(&lock);
  must_be(count == stats.objects, "the finalizer table and its pool differ");
  return count;
}

static void destroy(void) { destroy_pool(pool); }

const interner peer_finalizer = {.name = "finalizer table",
                                 .create = create,
                                 .intern = intern,
                                 .let_go = let_go,
                                 .flush = flush,
                                 .entries = entries,
                                 .bytes = intern_malloc_bytes,
                                 .destroy = destroy};
