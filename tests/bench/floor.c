/* How far the link table is from what the memory allows: the same cache lines touched, and written, with the same
 * dependences, but no logic.
 *
 *   floor [--quick]
 *
 * Two tables with the same links do the same operations: one is timed, looking ahead as a round does, the other one notes
 * what is touched (floor.h). Then these lines are touched in another piece of memory that is laid out alike. What it has
 * there are zeros, each of which is added to the address that depends on it.
 *
 * In the floor 64 operations at a time are under way together, all their first touches before all their second ones, and
 * so on, as for a program that knows what comes next; "one by one" each operation waits for the last touch of the one
 * before.
 *
 * Each run starts with cold caches.
 *
 * The last cases are events that a flush applies, in a pool with the same links, against the same floor: what a flush
 * touches besides the table is not in it. All objects are pinned. */
#include <config.h>

#include "fixture.h"
#include "floor.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ADD, FIND, DROP, OPERATIONS };
enum { COOLER_BYTES = 1 << 26 }; /* twice the biggest cache, or more */

typedef struct bench {
  uint64_t links, batch, random;
  uint32_t objects;
  pair *all, *changed, *looked_up;
  arena timed_arena, noted_arena, zeros;
  own_table *timed, *noted;
  trace traces[OPERATIONS];
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id *ids;
  volatile uint64_t *cooler;
} bench;

static uint64_t draw(bench *b, uint64_t below) {
  b->random ^= b->random << 13;
  b->random ^= b->random >> 7;
  b->random ^= b->random << 17;
  return (b->random >> 16) % below;
}

/* ------------------------------------------------------------------- arenas */

static void arena_create(arena *arena, size_t size_bytes) {
  arena->size_bytes = size_bytes;
  arena->used_bytes = 0;
  void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  must_be(memory != MAP_FAILED, "out of memory");
#ifdef MADV_HUGEPAGE
  madvise(memory, size_bytes, MADV_HUGEPAGE); /* as the pool's own memory */
#endif
  arena->memory = memory;
}

static void arena_destroy(arena *arena) { munmap(arena->memory, arena->size_bytes); }

static void *arena_allocate(void *data, size_t size_bytes) {
  arena *arena = data;
  size_t at = (arena->used_bytes + XLGC__CACHE_LINE - 1) / XLGC__CACHE_LINE * XLGC__CACHE_LINE;
  must_be(at + size_bytes <= arena->size_bytes, "the arena is full");
  arena->used_bytes = at + size_bytes;
  return arena->memory + at;
}

static void arena_release(void *data, void *memory, size_t size_bytes) { (void)data, (void)memory, (void)size_bytes; }

/* --------------------------------------------------------------------- runs */

/* Whose turn it is finds nothing of its own in the caches, whatever ran before: starts the time. */
static double start_cold(const bench *b) {
  for (size_t i = 0; i < COOLER_BYTES / sizeof *b->cooler; i += XLGC__CACHE_LINE / sizeof *b->cooler)
    b->cooler[i]++;
  return cpu_ns();
}

/* `batch` of all links at random, each at most once, go to the end. */
static void choose(bench *b) {
  for (uint64_t i = b->links; i > b->links - b->batch; i--) {
    uint64_t at = draw(b, i);
    pair moved = b->all[at];
    b->all[at] = b->all[i - 1];
    b->all[i - 1] = moved;
  }
}

static double run_add(void *data) {
  bench *b = data;
  double start_ns = start_cold(b);
  for (uint64_t i = 0; i < b->batch;)
    for (uint64_t end = i + own_ask(b->timed, b->changed + i, b->batch - i, 2, false); i < end; i++)
      own_add(b->timed, &b->changed[i]);
  double ns = cpu_ns() - start_ns;
  traced_add(b->noted, &b->traces[ADD], b->changed, b->batch);
  return ns / (double)b->batch;
}

static double run_find(void *data) {
  bench *b = data;
  choose(b);
  memcpy(b->looked_up, b->all + b->links - b->batch, b->batch * sizeof *b->looked_up);
  uint64_t found = 0;
  double start_ns = start_cold(b);
  for (uint64_t i = 0; i < b->batch;)
    for (uint64_t end = i + own_ask(b->timed, b->looked_up + i, b->batch - i, 1, false); i < end; i++)
      found += own_find(b->timed, &b->looked_up[i]);
  double ns = cpu_ns() - start_ns;
  must_be(found >= b->batch, "links are missing");
  traced_find(b->noted, &b->traces[FIND], b->looked_up, b->batch);
  return ns / (double)b->batch;
}

/* The next run enters these again. */
static double run_drop(void *data) {
  bench *b = data;
  choose(b);
  memcpy(b->changed, b->all + b->links - b->batch, b->batch * sizeof *b->changed);
  double start_ns = start_cold(b);
  for (uint64_t i = 0; i < b->batch;)
    for (uint64_t end = i + own_ask(b->timed, b->changed + i, b->batch - i, 2, true); i < end; i++)
      own_drop(b->timed, &b->changed[i]);
  double ns = cpu_ns() - start_ns;
  traced_drop(b->noted, &b->traces[DROP], b->changed, b->batch);
  must_be(b->timed->links.records.used == b->noted->links.records.used, "the two tables differ");
  return ns / (double)b->batch;
}

/* What is read waits in slots, and the next touch finds its slot by table, without a branch and without looking at a
 * slot that it does not wait for: it really waits for nothing else. */
static double touch_again(const bench *b, const uint64_t *touches, size_t count, bool one_by_one) {
  enum {
    SEARCHES = TOUCH_SEARCHES * TOUCH_GROUP,
    EVERYTHING = SEARCHES,
    TURN,
    NOTHING,
    SLOTS,
    FLAGS = 1 << TOUCH_BITS
  };
  volatile uint64_t slots[SLOTS] = {0};
  uint16_t awaited[FLAGS], turn[FLAGS];
  for (unsigned flags = 0; flags < FLAGS; flags++) {
    unsigned search = flags >> TOUCH_SEARCH_AT;
    awaited[flags] = (uint16_t)(flags & TOUCH_DEPENDS ? search : one_by_one ? TURN : NOTHING);
    turn[flags] = flags & TOUCH_FIRST ? EVERYTHING : TURN;
  }
  unsigned char *memory = b->zeros.memory;
  volatile uint32_t nowhere;
  double start_ns = start_cold(b);
  for (size_t i = 0; i < count; i++) {
    uint64_t touch = touches[i], flags = touch & (FLAGS - 1);
    if (one_by_one) slots[TURN] = slots[turn[flags]];
    volatile uint32_t *line =
        (volatile uint32_t *)(void *)(memory + (touch >> TOUCH_BITS << 6) + slots[awaited[flags]]);
    uint64_t value = *line;
    slots[flags >> TOUCH_SEARCH_AT] = value;
    if (one_by_one) slots[EVERYTHING] |= value;
    volatile uint32_t *written = touch & TOUCH_WRITES ? line : &nowhere;
    *written = 0;
  }
  double ns = cpu_ns() - start_ns;
  for (int i = 0; i < SLOTS; i++)
    must_be(!slots[i], "what is touched again is not 0");
  return ns / (double)b->batch;
}

static double touch_grouped(const bench *b, const trace *trace) {
  return touch_again(b, trace->grouped, trace->count, false);
}
static double touch_in_turn(const bench *b, const trace *trace) {
  return touch_again(b, trace->touches, trace->count, true);
}

static double floor_add(void *data) { return touch_grouped(data, &((bench *)data)->traces[ADD]); }
static double floor_find(void *data) { return touch_grouped(data, &((bench *)data)->traces[FIND]); }
static double floor_drop(void *data) { return touch_grouped(data, &((bench *)data)->traces[DROP]); }
static double turns_add(void *data) { return touch_in_turn(data, &((bench *)data)->traces[ADD]); }
static double turns_find(void *data) { return touch_in_turn(data, &((bench *)data)->traces[FIND]); }
static double turns_drop(void *data) { return touch_in_turn(data, &((bench *)data)->traces[DROP]); }

static double flush(bench *b) {
  double start_ns = start_cold(b);
  must(xlgc_flush(b->pool), "flush");
  return (cpu_ns() - start_ns) / (double)b->batch;
}

static double flush_links(void *data) {
  bench *b = data;
  for (uint64_t i = 0; i < b->batch; i++)
    must(xlgc_link(b->context, b->ids[b->changed[i].end[0]], b->ids[b->changed[i].end[1]]), "link");
  return flush(b);
}

static double flush_unlinks(void *data) {
  bench *b = data;
  for (uint64_t i = 0; i < b->batch; i++)
    must(xlgc_unlink(b->context, b->ids[b->changed[i].end[0]], b->ids[b->changed[i].end[1]]), "unlink");
  return flush(b);
}

/* -------------------------------------------------------------------- sizes */

static own_table *new_table(bench *b, arena *arena, size_t size_bytes) {
  arena_create(arena, size_bytes);
  own_table *table = own_table_create(&(xlgc_allocator){arena_allocate, arena_release, arena}, b->objects);
  for (uint64_t i = 0; i < b->links - b->batch; i++)
    own_add(table, &b->all[i]);
  return table;
}

static void fill_pool(bench *b) {
  b->pool = new_pool(b->batch + 4096);
  b->context = new_context(b->pool, "floor");
  b->ids = allocate((size_t)b->objects + 1, sizeof *b->ids);
  for (uint32_t i = 1; i <= b->objects; i++)
    b->ids[i] = new_pinned(b->context);
  for (uint64_t i = 0; i < b->links - b->batch; i++)
    must(xlgc_link(b->context, b->ids[b->all[i].end[0]], b->ids[b->all[i].end[1]]), "link");
  must(xlgc_flush(b->pool), "flush");
}

static void empty_pool(bench *b) {
  for (uint64_t i = 0; i < b->links - b->batch; i++)
    must(xlgc_unlink(b->context, b->ids[b->all[i].end[0]], b->ids[b->all[i].end[1]]), "unlink");
  destroy_pool(b->pool);
  free(b->ids);
}

/* How many lines an operation touches, and how many it would with no tree to search: two objects and the link. */
static void report_lines(const char *what, const bench *b, int operation) {
  report_count(what, b->links, "lines", (double)b->traces[operation].count / (double)b->batch, "objects and link",
               operation == FIND ? 2 : 3, 0, 0);
}

static void free_bench(bench *b) {
  empty_pool(b);
  own_table_destroy(b->timed);
  own_table_destroy(b->noted);
  arena_destroy(&b->timed_arena);
  arena_destroy(&b->noted_arena);
  arena_destroy(&b->zeros);
  for (int i = 0; i < OPERATIONS; i++) {
    free(b->traces[i].touches);
    free(b->traces[i].grouped);
  }
  free((void *)b->cooler);
  free(b->all);
  free(b->changed);
  free(b->looked_up);
}

static void run_size(uint64_t links, double target) {
  bench b = {.links = links, .random = 88172645463325252};
  b.batch = links / 2 < 200000 ? links / 2 : 200000;
  b.objects = (uint32_t)(links / 4);
  b.cooler = allocate(1, COOLER_BYTES);
  b.all = allocate(links, sizeof *b.all);
  b.changed = allocate(b.batch, sizeof *b.changed);
  b.looked_up = allocate(b.batch, sizeof *b.looked_up);
  for (uint64_t i = 0; i < links; i++)
    b.all[i] = (pair){{1 + (uint32_t)draw(&b, b.objects), 1 + (uint32_t)draw(&b, b.objects)}};
  memcpy(b.changed, b.all + links - b.batch, b.batch * sizeof *b.changed);
  size_t size_bytes = links * 40 + (size_t)b.objects * 60 + (1 << 24);
  for (int i = 0; i < OPERATIONS; i++)
    b.traces[i].arena = &b.noted_arena;
  b.timed = new_table(&b, &b.timed_arena, size_bytes);
  b.noted = new_table(&b, &b.noted_arena, size_bytes);
  arena_create(&b.zeros, size_bytes);
  memset(b.zeros.memory, 0, b.noted_arena.used_bytes);
  fill_pool(&b);

  /* In this order, as the pool follows the tables. */
  enum {
    INSERT,
    INSERT_FLOOR,
    INSERT_TURNS,
    LINK,
    LOOK_UP,
    LOOK_UP_FLOOR,
    LOOK_UP_TURNS,
    DELETE,
    DELETE_FLOOR,
    DELETE_TURNS,
    UNLINK,
    ALL
  };
  subject subjects[ALL] = {
      [INSERT] = {.run = run_add},
      [INSERT_FLOOR] = {.name = "floor", .run = floor_add, .target = target},
      [INSERT_TURNS] = {.name = "floor, one by one", .run = turns_add},
      [LINK] = {.run = flush_links},
      [LOOK_UP] = {.run = run_find},
      [LOOK_UP_FLOOR] = {.name = "floor", .run = floor_find, .target = target},
      [LOOK_UP_TURNS] = {.name = "floor, one by one", .run = turns_find},
      [DELETE] = {.run = run_drop},
      [DELETE_FLOOR] = {.name = "floor", .run = floor_drop, .target = target},
      [DELETE_TURNS] = {.name = "floor, one by one", .run = turns_drop},
      [UNLINK] = {.run = flush_unlinks},
  };
  for (int i = 0; i < ALL; i++)
    subjects[i].data = &b;
  measure("lines touched", links, subjects, ALL);
  static const struct {
    const char *what;
    int own, floor, turns;
  } lines[] = {{"insert", INSERT, INSERT_FLOOR, INSERT_TURNS},
               {"find", LOOK_UP, LOOK_UP_FLOOR, LOOK_UP_TURNS},
               {"delete", DELETE, DELETE_FLOOR, DELETE_TURNS},
               {"link, flushed", LINK, INSERT_FLOOR, INSERT_TURNS},
               {"unlink, flushed", UNLINK, DELETE_FLOOR, DELETE_TURNS}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    report(lines[i].what, links, "ns", &subjects[lines[i].own], &subjects[lines[i].floor]);
    report(lines[i].what, links, "ns", &subjects[lines[i].own], &subjects[lines[i].turns]);
  }
  report_lines("insert, lines", &b, ADD);
  report_lines("find, lines", &b, FIND);
  report_lines("delete, lines", &b, DROP);
  free_bench(&b);
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "floor");
  measure_runs = measure_quick ? 5 : 7;
  if (measure_quick) {
    run_size(100000, 0.6);
    return 0;
  }
  run_size(1000000, 0.6);
  measure_runs = 5;
  run_size(30000000, 0.6);
  return 0;
}
