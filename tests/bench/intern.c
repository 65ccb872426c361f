/* What hash-consing costs: xlgc_intern against what one would write upon the library without it, and against Boehm's
 * collector.
 *
 *   intern [--quick]
 *
 * look-up             of n living keys, in no order; each answer is held and let go again, and all that this logs is
 *                     applied
 * churn               n new keys, let go at once, in batches of 10000 with a flush after each; nothing else lives
 * churn beside n      five such batches beside n keys that live
 * churn 200 beside n  and fifty batches of 200, for programs that want garbage found soon: it counts that a collector
 *                     goes through all that lives
 * memory              n living keys in all: table, pool, objects; of the collector its heap
 *
 * Each way is checked as it goes: the same key gives the same object as long as that is held, and what nobody holds has
 * left the table in the end. All locks are real ones: there is a second thread, which sleeps. */
#include <config.h>

#include "fixture.h"
#include "intern.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 10000, BATCHES_BESIDE = 5, SMALL_BATCH = 200, SMALL_BATCHES = 50, SUBJECTS = 3 };

/* --------------------------------------------------------------- xlgc_intern */

typedef struct string {
  uint32_t bytes;
  char data[];
} string;

static xlgc_pool *pool;
static xlgc_context *context;
static uint64_t strings; /* not released */

static void release(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)from, (void)id, (void)data;
  free(object);
  strings--;
}

static const xlgc_kind kind = {.name = "string", .flags = XLGC_KIND_UNINDEXED, .release = release};

static int make(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  (void)data;
  string *string = malloc(sizeof *string + key_bytes);
  if (!string) return XLGC_E_NOMEM;
  string->bytes = (uint32_t)key_bytes;
  memcpy(string->data, key, key_bytes);
  *made = (xlgc_interned){string, &kind, string->data};
  strings++;
  return 0;
}

static uint64_t intern(const intern_key *key) {
  xlgc_id id;
  must(xlgc_intern(context, key->data, key->bytes, intern_hash(key), make, NULL, &id), "intern");
  return id;
}

static void let_go(uint64_t object) { must(xlgc_unpin(context, object), "unpin"); }

static void create(void) {
  pool = new_pool(0);
  context = new_context(pool, "intern");
}

static void flush(void) { must(xlgc_flush(pool), "flush"); }

static uint64_t entries(void) {
  xlgc_statistics stats;
  must(xlgc_stats(pool, &stats), "stats");
  must_be(strings == stats.objects, "strings and objects of the pool differ");
  return strings;
}

static void destroy(void) { destroy_pool(pool); }

uint64_t intern_malloc_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

static const interner own = {.name = "xlgc",
                             .create = create,
                             .intern = intern,
                             .let_go = let_go,
                             .flush = flush,
                             .entries = entries,
                             .bytes = intern_malloc_bytes,
                             .destroy = destroy};

/* --------------------------------------------------------------------- keys */

/* No two numbers give the same, as each step can be undone. */
static uint64_t mix(uint64_t number) {
  number += UINT64_C(0x9e3779b97f4a7c15);
  number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
  return number ^ number >> 31;
}

static intern_key *new_keys(uint64_t first, uint64_t n) {
  intern_key *keys = allocate(n, sizeof *keys);
  for (uint64_t i = 0; i < n; i++) {
    uint64_t words[INTERN_KEY_MAX / sizeof(uint64_t)];
    for (size_t word = 0; word < sizeof words / sizeof *words; word++)
      words[word] = mix(first + i + (word << 40));
    keys[i].bytes = INTERN_KEY_MIN + (uint32_t)(words[0] % (INTERN_KEY_MAX - INTERN_KEY_MIN + 1));
    memcpy(keys[i].data, words, keys[i].bytes);
  }
  return keys;
}

/* -------------------------------------------------------------------- cases */

typedef struct bench {
  const interner *table;
  uint64_t n, lookups;
  const intern_key *keys, *others; /* those that live, and those that come and go */
  uint64_t others_count, batch;    /* the batches are full */
  const uint32_t *order;           /* of look-ups */
  uint64_t *held;
} bench;

/* What is there when the work is done: so many living keys, and none that is dead. */
static void must_have(const interner *table, uint64_t living) {
  uint64_t count = table->entries();
  must_be(count >= living, "living keys are missing");
  must_be(count <= living + table->slack, "dead keys are left");
}

static void finish(const interner *table) {
  if (table->finish) table->finish();
}

static void hold_all(bench *b) {
  if (b->table->hold) b->table->hold(b->held, b->n);
  for (uint64_t i = 0; i < b->n; i++)
    b->held[i] = b->table->intern(&b->keys[i]);
  b->table->flush();
  must_have(b->table, b->n);
}

static void let_all_go(bench *b) {
  if (b->table->release) b->table->release(b->held, b->n);
  for (uint64_t i = 0; i < b->n; i++) {
    b->table->let_go(b->held[i]);
    b->held[i] = 0;
  }
  b->table->flush();
  finish(b->table);
  must_have(b->table, 0);
}

static double look_up(void *data) {
  const bench *b = data;
  const interner *table = b->table;
  uint64_t differ = 0;
  double start_ns = now_ns();
  for (uint64_t i = 0; i < b->lookups; i++) {
    uint32_t which = b->order[i];
    uint64_t object = table->intern(&b->keys[which]);
    differ |= object ^ b->held[which];
    table->let_go(object);
  }
  table->flush();
  double ns = now_ns() - start_ns;
  must_be(!differ, "a living key gave another object");
  must_have(table, b->n);
  return ns / (double)b->lookups;
}

static double churn(void *data) {
  const bench *b = data;
  const interner *table = b->table;
  double start_ns = now_ns();
  for (uint64_t i = 0; i < b->others_count;) {
    for (uint64_t end = i + b->batch; i < end; i++)
      table->let_go(table->intern(&b->others[i]));
    table->flush();
  }
  finish(table);
  double ns = now_ns() - start_ns;
  must_have(table, b->held ? b->n : 0);
  return ns / (double)b->others_count;
}

/* Within a process of its own, so that nobody profits from memory that another has left. */
static double memory(void *data) {
  bench *b = data;
  double bytes;
  int ends[2];
  must_be(!pipe(ends), "cannot create a pipe");
  pid_t child = fork();
  must_be(child >= 0, "cannot fork");
  if (!child) {
    bool of_malloc = b->table->bytes == intern_malloc_bytes;
    uint64_t before = of_malloc ? b->table->bytes() : 0;
    b->table->create();
    hold_all(b);
    bytes = (double)(b->table->bytes() - before);
    _exit(write(ends[1], &bytes, sizeof bytes) != sizeof bytes);
  }
  close(ends[1]);
  int status;
  must_be(read(ends[0], &bytes, sizeof bytes) == sizeof bytes, "a child has failed");
  must_be(waitpid(child, &status, 0) == child && !status, "a child has failed");
  close(ends[0]);
  return bytes / (double)b->n;
}

/* ------------------------------------------------------------------ the row */

static const interner *const tables[SUBJECTS] = {&own, &peer_finalizer, &peer_disclaim};

static void compare_all(const char *what, const char *unit, double (*run)(void *data), bench *benches) {
  subject subjects[SUBJECTS];
  for (int i = 0; i < SUBJECTS; i++)
    subjects[i] = (subject){.name = tables[i]->name, .run = run, .data = &benches[i]};
  compare(what, benches->n, unit, subjects, SUBJECTS);
}

static void in_batches(bench *benches, uint64_t count, uint64_t batch) {
  for (int i = 0; i < SUBJECTS; i++) {
    benches[i].others_count = count * batch;
    benches[i].batch = batch;
  }
}

static void for_n(uint64_t n, bool memory_only) {
  intern_key *keys = new_keys(0, n), *others = new_keys(n, n > BATCHES_BESIDE * BATCH ? n : BATCHES_BESIDE * BATCH);
  uint64_t lookups = measure_quick ? 200000 : 500000;
  uint32_t *order = allocate(lookups, sizeof *order);
  bench benches[SUBJECTS];
  for (uint64_t i = 0; i < lookups; i++)
    order[i] = (uint32_t)(mix(i) % n);
  for (int i = 0; i < SUBJECTS; i++)
    benches[i] = (bench){.table = tables[i],
                         .n = n,
                         .lookups = lookups,
                         .keys = keys,
                         .others = others,
                         .order = order,
                         .held = allocate(n, sizeof(uint64_t))};
  if (memory_only) {
    compare_all("memory", "bytes/key", memory, benches);
  } else {
    for (int i = 0; i < SUBJECTS; i++) {
      benches[i].table->create();
      hold_all(&benches[i]);
    }
    compare_all("look-up", "ns/lookup", look_up, benches);
    in_batches(benches, BATCHES_BESIDE, BATCH);
    compare_all("churn beside n", "ns/key", churn, benches);
    in_batches(benches, SMALL_BATCHES, SMALL_BATCH);
    compare_all("churn 200 beside n", "ns/key", churn, benches);
    for (int i = 0; i < SUBJECTS; i++) {
      let_all_go(&benches[i]);
      free(benches[i].held);
      benches[i].held = NULL;
    }
    in_batches(benches, n / BATCH, BATCH);
    compare_all("churn", "ns/key", churn, benches);
    for (int i = 0; i < SUBJECTS; i++)
      benches[i].table->destroy();
  }
  for (int i = 0; i < SUBJECTS; i++)
    free(benches[i].held);
  free(order);
  free(others);
  free(keys);
}

static void *sleep_on(void *data) {
  for (;;)
    pause();
  return data;
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "intern");
  const uint64_t sizes[] = {10000, 100000, 1000000};
  int count = measure_quick ? 2 : 3, runs = measure_runs;
  /* First, as the collector must not have started before a process forks. Once is enough: nothing differs from run to run. */
  measure_runs = 1;
  for (int i = 0; i < count; i++)
    for_n(sizes[i], true);
  measure_runs = runs;
  pthread_t sleeper;
  must_be(!pthread_create(&sleeper, NULL, sleep_on, NULL), "cannot start a thread");
  for (int i = 0; i < count; i++)
    for_n(sizes[i], false);
  return 0;
}
