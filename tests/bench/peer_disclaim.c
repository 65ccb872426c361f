/* Hash-consing on Boehm's collector: a table of hidden pointers, which each string leaves when the sweep disclaims it,
 * before its memory is put to new use.
 *
 * The collector's allocation lock guards the table: the sweep has it when it disclaims, look-ups take it. After a
 * collection the sweep is put off, block by block, so a look-up may find a string that was not marked and is not swept
 * yet: it marks it, and the sweep leaves it alone. Strings are of a kind of their own, without pointers; as the first
 * word of memory on a free list is a link, an even number, that of a string in the table is odd. */
#define GC_THREADS 1
#define GC_NO_THREAD_REDIRECTS 1
#include <config.h>

#include "intern.h"
#include "measure.h"

#include <gc/gc.h>
#include <gc/gc_disclaim.h>
#include <gc/gc_mark.h>

typedef struct string {
  uint64_t head; /* the hash, its length, 1; not the latter before it is in the table */
  GC_hidden_pointer next;
  char data[];
} string;

enum { BUCKETS_MIN = 32 };

static GC_hidden_pointer *buckets; /* 0 ends a chain */
static size_t mask, count;
static int kind;

static string *reveal(GC_hidden_pointer hidden) { return hidden ? GC_REVEAL_POINTER(hidden) : NULL; }
static uint64_t head_of(uint32_t hash, uint32_t bytes) { return (uint64_t)hash << 32 | bytes << 1 | 1; }
static GC_hidden_pointer *bucket(uint64_t head) { return &buckets[head >> 32 & mask]; }

/* The sweep has found that nobody holds this. Lock held. */
static int disclaim(void *object) {
  string *dead = object;
  if (!(dead->head & 1)) return 0;
  GC_hidden_pointer *at = bucket(dead->head);
  while (*at && reveal(*at) != dead)
    at = &reveal(*at)->next;
  must_be(*at, "a disclaimed string is not in the table");
  *at = dead->next;
  dead->head = 0;
  count--;
  return 0;
}

typedef struct request {
  const intern_key *key;
  uint64_t head;
  string *made; /* to be entered if there is none; may be NULL */
} request;

/* Lock held, as in `rehash`. */
static void *look_up(void *data) {
  const request *wanted = data;
  GC_hidden_pointer *first = bucket(wanted->head);
  for (string *found = reveal(*first); found; found = reveal(found->next))
    if (found->head == wanted->head && !memcmp(found->data, wanted->key->data, wanted->key->bytes)) {
      GC_set_mark_bit(found);
      return found;
    }
  if (!wanted->made) return NULL;
  wanted->made->head = wanted->head;
  wanted->made->next = *first;
  *first = GC_HIDE_POINTER(wanted->made);
  count++;
  return wanted->made;
}

static void *rehash(void *data) {
  GC_hidden_pointer *old = buckets;
  size_t old_size = mask + 1;
  buckets = data;
  mask = 2 * old_size - 1;
  for (size_t i = 0; i < old_size; i++)
    for (string *moved = reveal(old[i]), *next; moved; moved = next) {
      next = reveal(moved->next);
      GC_hidden_pointer *first = bucket(moved->head);
      moved->next = *first;
      *first = GC_HIDE_POINTER(moved);
    }
  return old;
}

static GC_hidden_pointer *new_buckets(size_t size) {
  GC_hidden_pointer *made = GC_malloc_atomic_ignore_off_page(size * sizeof *made);
  must_be(made, "out of memory");
  memset(made, 0, size * sizeof *made);
  return made;
}

static uint64_t intern(const intern_key *key) {
  request wanted = {.key = key, .head = head_of(intern_hash(key), key->bytes)};
  string *found = GC_call_with_alloc_lock(look_up, &wanted);
  if (found) return (uintptr_t)found;
  if (count > mask) GC_free(GC_call_with_alloc_lock(rehash, new_buckets(2 * (mask + 1))));
  wanted.made = GC_generic_malloc(sizeof *wanted.made + key->bytes, kind);
  must_be(wanted.made, "out of memory");
  memcpy(wanted.made->data, key->data, key->bytes);
  return (uintptr_t)GC_call_with_alloc_lock(look_up, &wanted);
}

static void let_go(uint64_t object) { (void)object; }
static void hold(uint64_t *held, size_t n) { GC_add_roots(held, held + n); }
static void release(uint64_t *held, size_t n) { GC_remove_roots(held, held + n); }

static void create(void) {
  static bool started;
  if (!started) {
    GC_INIT();
    GC_init_finalized_malloc();
    GC_allow_register_threads(); /* or it would not lock at all */
    kind = (int)GC_new_kind(GC_new_free_list(), 0, 0, 1);
    GC_register_disclaim_proc(kind, disclaim, 0);
  }
  started = true;
  buckets = new_buckets(BUCKETS_MIN);
  mask = BUCKETS_MIN - 1;
}

static void flush(void) { GC_gcollect(); }

/* A collection that may be stopped finishes the sweep of the one before it first. */
static int go_on(void) { return 0; }
static void finish(void) { must_be(GC_try_to_collect(go_on), "the collection was stopped"); }

static uint64_t entries(void) { return count; }
static uint64_t bytes(void) { return GC_get_heap_size(); }

/* The few strings that were taken to be held leave this table with it. */
static void *forget(void *data) {
  for (size_t i = 0; i <= mask; i++)
    for (string *left = reveal(buckets[i]); left; left = reveal(left->next))
      left->head = 0;
  count = 0;
  buckets = NULL;
  return data;
}
static void destroy(void) { GC_call_with_alloc_lock(forget, NULL); }

/* What is on the stack or in registers may look like a pointer to a string, or be one that is not used any more. */
const interner peer_disclaim = {.name = "bdwgc disclaim",
                                .create = create,
                                .intern = intern,
                                .let_go = let_go,
                                .hold = hold,
                                .release = release,
                                .flush = flush,
                                .finish = finish,
                                .entries = entries,
                                .slack = 16,
                                .bytes = bytes,
                                .destroy = destroy};
