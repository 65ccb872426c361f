/* Any bytes as a pool's configuration and a program of calls on it, also from inside its callbacks, on one thread. Each
 * answer is one that its comment in xlgc.h names, the pool is whole whenever it says whether it is, each object is told
 * of at most once and, once memory is there again, exactly once, and all memory comes back.
 *
 * The first bytes are the configuration's fields, in the order of read_config; then each call takes a byte for which
 * one it is, and some for its arguments. At the input's end all bytes are 0. */
#include <config.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <xlgc.h>

#include "fuzz.h"
#include "support/answers.h"

const char *const fuzz_seeds[] = {"tests/fuzz/seeds/pool", NULL};

enum { OBJECTS = 256, CONTEXTS = 3, WEAKS = 4, PLACES = 16, DEPTH_MAX = 2, BYTES_MAX = 1 << 24 };

/* What was registered, each at its own address. */
typedef struct object {
  xlgc_id id;
  const xlgc_kind *kind;
  bool out, retired; /* it was registered; its kind is gone */
  _Atomic unsigned told, survived;
} object;

static struct {
  const uint8_t *bytes;
  size_t left;
  xlgc_pool *pool;
  xlgc_context *contexts[CONTEXTS];
  xlgc_weak *weaks[WEAKS];
  object objects[OBJECTS];
  unsigned objects_used, depth;
  bool reports_survivors;
} w;

static struct {
  _Atomic size_t blocks, bytes, asked;
  size_t fails_from, fails_to; /* the numbers of the allocations that fail */
} memory;

static void *places[PLACES];
static _Thread_local bool is_main; /* not the clean-up thread */

/* ------------------------------------------------------------------ input */

static uint8_t byte(void) {
  if (!w.left) return 0;
  w.left--;
  return *w.bytes++;
}

static unsigned below(unsigned limit) { return byte() % limit; }

/* One of 0 to count - 1, or now and then another number. */
static int choice(int count) {
  int drawn = byte();
  return drawn < 230 ? drawn % count : drawn - 240;
}

/* Mostly small, or near what is a limit somewhere. */
static uint64_t number(void) {
  static const uint64_t known[] = {
      0,         1, 2, 100, 509, 510, 511, 1019, 1020, 1021, 1 << 14, 1 << 20, UINT32_MAX, INT64_MAX, UINT64_MAX - 1,
      UINT64_MAX};
  uint8_t drawn = byte();
  if (drawn < 16) return known[drawn];
  if (drawn < 240) return drawn - 16u;
  uint64_t drawn_all = 0;
  for (unsigned i = 0; i < 8; i++)
    drawn_all = drawn_all << 8 | byte();
  return drawn_all;
}

/* ----------------------------------------------------------------- memory */

typedef struct header {
  _Alignas(max_align_t) size_t size_bytes;
} header;

static void *allocate(void *data, size_t size_bytes) {
  FUZZ_MUST(data == &memory);
  size_t asked = atomic_fetch_add(&memory.asked, 1);
  bool fails = asked >= memory.fails_from && asked < memory.fails_to;
  if (fails || size_bytes > BYTES_MAX || atomic_load(&memory.bytes) + size_bytes > BYTES_MAX) return NULL;
  header *block = malloc(sizeof *block + size_bytes);
  if (!block) return NULL;
  block->size_bytes = size_bytes;
  atomic_fetch_add(&memory.blocks, 1);
  atomic_fetch_add(&memory.bytes, size_bytes);
  return block + 1;
}

static void release_memory(void *data, void *given, size_t size_bytes) {
  FUZZ_MUST(data == &memory && given);
  header *block = (header *)given - 1;
  FUZZ_MUST(block->size_bytes == size_bytes);
  atomic_fetch_sub(&memory.blocks, 1);
  atomic_fetch_sub(&memory.bytes, size_bytes);
  free(block);
}

/* ---------------------------------------------------------------- callbacks */

static void call(xlgc_context *context);

static void call_some(xlgc_context *context) {
  if (!is_main || w.depth >= DEPTH_MAX || !w.left) return;
  w.depth++;
  for (unsigned i = below(3); i; i--)
    call(context);
  w.depth--;
}

static void release(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)data;
  object *one = address;
  FUZZ_MUST(one >= w.objects && one < w.objects + OBJECTS);
  FUZZ_MUST(one->out && one->id == id);
  FUZZ_MUST(atomic_fetch_add(&one->told, 1) == 0);
  call_some(context);
}

static int orphaned(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)data;
  object *one = address;
  FUZZ_MUST(one->out && one->id == id && !one->told);
  call_some(context);
  return is_main && w.left && below(4) == 0 ? XLGC_KEEP : XLGC_LET_GO;
}

static void cleared(void *data, xlgc_weak *weak) {
  (void)data;
  xlgc_id id = 1;
  answers_index(WEAK_LOAD, xlgc_weak_load(weak, &id));
  FUZZ_MUST(id == XLGC_ID_NONE);
}

static void on_error(void *data, const xlgc_error *error) {
  FUZZ_MUST(data == &w && error->code < 0 && error->what && error->context);
}

static void on_survivor(void *data, const xlgc_survivor *survivor) {
  FUZZ_MUST(data == &w);
  if (!survivor->object) return;
  object *one = survivor->object;
  FUZZ_MUST(one->out && one->id == survivor->id && !one->told);
  atomic_fetch_add(&one->survived, 1);
}

static void on_held(void *data, const xlgc_held *held) { FUZZ_MUST(data == &w && held->context); }

/* All flags, each delivery, with a question and without one. What only the pool's threads may answer is not asked: they
 * do not run, and a flush would wait. */
enum { KINDS = 4 * 4 * 2 };
static xlgc_kind kinds[KINDS];

static void make_kinds(void) {
  for (unsigned i = 0; i < KINDS; i++) {
    unsigned delivery = i & 3;
    bool asks = i & 16 && (delivery == XLGC_DELIVER_INLINE || delivery == XLGC_DELIVER_OWNER);
    kinds[i] = (xlgc_kind){.name = "any",
                           .flags = i >> 2 & 3,
                           .release = release,
                           .orphaned = asks ? orphaned : NULL,
                           .forgotten = release,
                           .data = &kinds[i],
                           .delivery = delivery};
  }
}

/* -------------------------------------------------------------------- calls */

static xlgc_id any_id(void) {
  uint8_t drawn = byte();
  if (drawn < 240) return w.objects_used ? w.objects[drawn % w.objects_used].id : XLGC_ID_NONE;
  xlgc_id id = w.objects[0].id;
  switch (drawn & 7) {
  case 0: return XLGC_ID_NONE;
  case 1: return UINT64_MAX;
  case 2: return id ^ UINT64_C(1) << 56;
  case 3: return id ^ UINT64_C(1) << 32;
  case 4: return id + 1;
  case 5: return id | UINT32_MAX;
  default: return number();
  }
}

static void call_register(xlgc_context *context) {
  if (w.objects_used == OBJECTS) return;
  object *one = &w.objects[w.objects_used++];
  uint8_t drawn = byte();
  one->kind = drawn < 240 ? &kinds[drawn % KINDS] : NULL;
  xlgc_id id, found;
  int failed = xlgc_register(context, one, one->kind, &id);
  answers_index(REGISTER, failed);
  if (failed) return;
  one->id = id;
  one->out = true;
  failed = xlgc_lookup(w.pool, one, &found);
  answers_index(LOOKUP, failed);
  if (!failed) FUZZ_MUST(found == id && xlgc_register(context, one, &kinds[0], &found) != 0);
}

static int make(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  (void)data, (void)key_bytes;
  *made = (xlgc_interned){.key = key}; /* static */
  return 0;
}

static void call_intern(xlgc_context *context) {
  static const char keys[] = "abcdefgh";
  xlgc_id id;
  unsigned key = below(8);
  int failed = xlgc_intern(context, &keys[key], 1, key & 1, make, NULL, &id);
  answers_index(INTERN, failed);
  if (!failed) answers_index(UNPIN, xlgc_unpin(context, id));
}

static void call_weak(xlgc_context *context) {
  xlgc_weak **weak = &w.weaks[below(WEAKS)];
  xlgc_id id;
  if (!*weak) {
    xlgc_weak *made;
    int failed = xlgc_weak_create(context, any_id(), below(2) ? cleared : NULL, NULL, &made);
    answers_index(WEAK_CREATE, failed);
    if (failed) return;
    if (*weak) answers_index(WEAK_DESTROY, xlgc_weak_destroy(*weak));
    *weak = made;
  } else if (below(2)) {
    answers_index(WEAK_LOAD, xlgc_weak_load(*weak, &id));
    if (id) answers_index(UNPIN, xlgc_unpin(context, id));
  } else {
    answers_index(WEAK_DESTROY, xlgc_weak_destroy(*weak));
    *weak = NULL;
  }
}

static void verify(void) {
  char why[200] = "";
  int result = xlgc_verify(w.pool, why, below(2) ? sizeof why : below(8));
  if (result) fprintf(stderr, "%s", result == XLGC_E_CORRUPT ? why : "");
  answers_index(VERIFY, result);
}

static int each(void *data, const xlgc_link_info *link) {
  (void)data;
  FUZZ_MUST(link->count > 0 && link->tag <= XLGC_TAG_MAX);
  return below(8) == 1;
}

static void call_reading(void) {
  xlgc_id id = any_id(), holders[4];
  uint64_t distance;
  size_t length;
  xlgc_object_info info;
  xlgc_statistics statistics;
  void *address;
  switch (below(9)) {
  case 8: answers_index(FIND_ROOT, xlgc_find_root(w.pool, &id, 1, &(xlgc_id){any_id()}, below(2), holders)); break;
  case 0: answers_index(DISTANCE, xlgc_distance(w.pool, id, &distance)); break;
  case 1: answers_index(PATH, xlgc_path(w.pool, id, holders, below(5), &length)); break;
  case 2: answers_index(EACH_TARGET, xlgc_each_target(w.pool, id, each, NULL)); break;
  case 3: answers_index(EACH_SOURCE, xlgc_each_source(w.pool, id, each, NULL)); break;
  case 4: answers_index(INFO, xlgc_info(w.pool, id, &info)); break;
  case 5: answers_index(STATS, xlgc_stats(w.pool, &statistics)); break;
  case 6: answers_index(ADDRESS, xlgc_address(w.pool, id, &address)); break;
  default: verify();
  }
}

static void call_barrier(xlgc_context *context, unsigned which) {
  xlgc_id one = any_id();
  switch (which) {
  case 0: answers_index(LINK, xlgc_link(context, one, any_id())); break;
  case 1: answers_index(UNLINK, xlgc_unlink(context, one, any_id())); break;
  case 2: {
    xlgc_id old = any_id();
    answers_index(RELINK, xlgc_relink(context, one, old, any_id()));
    break;
  }
  case 3: answers_index(PIN, xlgc_pin(context, one)); break;
  case 4: answers_index(UNPIN, xlgc_unpin(context, one)); break;
  case 5: {
    xlgc_id target = any_id();
    void **place = &places[below(PLACES)];
    answers_index(LINK_AT, xlgc_link_at(context, one, target, place, below(40)));
    break;
  }
  default: {
    xlgc_id target = any_id();
    answers_index(UNLINK_AT, xlgc_unlink_at(context, one, target, &places[below(PLACES)]));
  }
  }
}

static void call_many(xlgc_context *context) {
  xlgc_id one = any_id(), other = any_id();
  for (unsigned i = 8u * byte(); i; i--) {
    answers_index(LINK, xlgc_link(context, one, other));
    answers_index(UNLINK, xlgc_unlink(context, one, other));
  }
}

/* Contexts come and go only where no callback stands inside of one. */
static void call_context(void) {
  unsigned at = below(CONTEXTS);
  xlgc_context *context = w.contexts[at], *made;
  switch (below(8)) {
  case 0:
  case 1: answers_index(ENTER, xlgc_enter(context)); break;
  case 2: answers_index(LEAVE, xlgc_leave(context)); break;
  case 3: answers_index(SAFEPOINT, xlgc_safepoint(context)); break;
  case 4: answers_index(DISPATCH, xlgc_context_dispatch(context, (size_t)number())); break;
  case 5: answers_index(CONTEXT_FD, xlgc_context_fd(context)); break;
  default: {
    if (w.depth) return;
    int failed = xlgc_context_create(w.pool, below(2) ? NULL : "a name that is longer than what is kept of it", &made);
    answers_index(CONTEXT_CREATE, failed);
    if (failed) return;
    w.contexts[at] = made;
    failed = below(2) ? xlgc_context_destroy(context) : xlgc_context_adopt(made, context);
    answers_index(CONTEXT_ADOPT, failed);
  }
  }
}

static void call_work(unsigned which) {
  switch (which) {
  case 0: answers_index(STEP, xlgc_step(w.pool, (size_t)number())); break;
  case 1: answers_index(STEP_FOR, xlgc_step_for(w.pool, number())); break;
  case 2: answers_index(FLUSH, xlgc_flush(w.pool)); break;
  default: answers_index(APPLY, xlgc_apply(w.pool));
  }
}

static void retire(const xlgc_kind *kind) {
  int failed = xlgc_kinds_retire(w.pool, kind->data, NULL, NULL);
  answers_index(KINDS_RETIRE, failed);
  for (unsigned i = 0; i < w.objects_used && !failed; i++)
    if (w.objects[i].kind == kind) w.objects[i].retired = true;
}

static void call_rare(void) {
  switch (below(4)) {
  case 0:
    memory.fails_from = atomic_load(&memory.asked) + below(8);
    memory.fails_to = memory.fails_from + below(16);
    break;
  case 1: retire(&kinds[below(KINDS)]); break;
  case 2:
    if (below(4) == 1) answers_index(SHUTDOWN, xlgc_pool_shutdown(w.pool));
    break;
  default:
    if (w.depth) FUZZ_MUST(xlgc_pool_destroy(w.pool) == XLGC_E_DEADLOCK);
  }
}

static void call(xlgc_context *context) {
  unsigned which = below(32);
  if (which < 12)
    call_barrier(context, which % 7);
  else if (which < 18)
    call_register(context);
  else if (which < 22)
    call_work(which - 18);
  else if (which < 24)
    call_reading();
  else if (which < 26)
    call_weak(context);
  else if (which < 28)
    call_context();
  else if (which == 28)
    call_intern(context);
  else if (which == 29)
    call_many(context);
  else if (which == 30)
    verify();
  else
    call_rare();
}

/* --------------------------------------------------------------- a pool's life */

static void read_config(xlgc_config *config) {
  xlgc_config_init(config);
  config->setting = choice(2);
  config->when_full = choice(3);
  config->help_tells = choice(3);
  config->queue_events = (size_t)number();
  config->help_events = (size_t)number();
  config->queue_reserve = (size_t)number();
  config->worker_period_ns = number();
  config->watchdog_ns = number();
  uint8_t flags = byte();
  config->allocator = (xlgc_allocator){allocate, release_memory, &memory};
  if (flags & 1) config->on_error = on_error;
  if (flags & 2) config->on_survivor = on_survivor;
  if (flags & 4) config->on_held = on_held;
  config->data = &w;
  w.reports_survivors = flags & 2;
  if ((flags & 0x18) == 0x18) config->allocator.release = NULL;
  /* malloc gives as much as is reserved. */
  if ((flags & 0x28) == 0x28 && config->queue_reserve < 1 << 16) config->allocator = (xlgc_allocator){0};
  memory.fails_from = flags & 0x40 ? byte() : SIZE_MAX;
  memory.fails_to = flags & 0x80 ? SIZE_MAX : memory.fails_from + 1u;
}

static void open_contexts(void) {
  for (unsigned i = 0; i < CONTEXTS; i++) {
    int failed = xlgc_context_create(w.pool, "fuzz", &w.contexts[i]);
    answers_index(CONTEXT_CREATE, failed);
    if (!failed) continue;
    memory.fails_from = SIZE_MAX;
    FUZZ_MUST(xlgc_context_create(w.pool, "fuzz", &w.contexts[i]) == 0);
  }
}

/* Was each object told, or reported, and that once? One without a kind may end and not be told. */
static bool ended_well(const object *one) {
  unsigned ends = one->told + one->survived;
  if (!one->out) return !ends;
  return ends == 1 || (!ends && (!one->kind || one->retired));
}

/* Memory is there again, and no callback calls anything any more. */
static void close_pool(void) {
  memory.fails_from = SIZE_MAX;
  w.depth = DEPTH_MAX;
  for (unsigned i = 0; i < WEAKS; i++)
    FUZZ_MUST(xlgc_weak_destroy(w.weaks[i]) == 0);
  FUZZ_MUST(xlgc_pool_destroy(w.pool) == 0);
  for (unsigned i = 0; i < w.objects_used && w.reports_survivors; i++) {
    const object *one = &w.objects[i];
    if (ended_well(one)) continue;
    fprintf(stderr, "object %u of kind %d was told %u times, left over %u times%s\n", i,
            one->kind ? (int)(one->kind - kinds) : -1, one->told, one->survived, one->retired ? ", retired" : "");
    abort();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  is_main = true;
  memset(&w, 0, sizeof w);
  memset(&memory, 0, sizeof memory);
  memset(places, 0, sizeof places);
  w.bytes = bytes;
  w.left = size;
  make_kinds();
  xlgc_config config;
  read_config(&config);
  int failed = xlgc_pool_create(&config, &w.pool);
  answers_index(CREATE, failed);
  if (!failed) {
    open_contexts();
    while (w.left)
      call(w.contexts[below(CONTEXTS)]);
    close_pool();
  }
  FUZZ_MUST(memory.blocks == 0 && memory.bytes == 0);
  return 0;
}
