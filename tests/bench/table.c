/* The link table by itself, against what one would keep links in that are to be found, and walked from both ends.
 *
 *   table [--quick]
 *
 * n links are at random between n / 4 objects, or all into one of n objects, the hub. A run enters k links into a table
 * that holds all others, looks up k of all, walks some objects' links from both ends, and takes out k of all: those are
 * entered by the next run. k is n, or a million where n is more. Every table is given the same links in the same order
 * and must find as many.
 *
 * The link table has functions of its own to be measured, not the public ones: whatever else applying an event does is
 * not in these figures. It is told a batch of links as a round has them, which looks at some dozens of events ahead and
 * so overlaps their cache misses; "itself, singly" goes from link to link without that, as the peers have to, whose
 * functions take one link. Bytes are the growth of what malloc has given out, with its overhead; or what the link table
 * says that it has, without the rest of the objects' records, which is not the table's. */
#include <config.h>

#include "measure.h"
#include "table.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_MOST = 6, WALK_PART = 8 };
enum { ADD, FIND, WALK, DROP, ALL, OPERATIONS };
enum { OWN = 0 };

typedef struct workload {
  const char *suffix; /* of the cases */
  uint64_t links, batch;
  uint32_t objects;
  pair *all, *enter, *look_up, *take_out; /* the last three: `batch` of them */
  uint32_t *walked;
  uint64_t walked_count;
  uint64_t random;
  /* What the first table found, as the others must. */
  uint64_t found, records;
  walk walks[2];
} workload;

typedef struct contender {
  const table_type *type;
  workload *workload;
  void *table;
  double ns[OPERATIONS];
} contender;

static uint64_t draw(workload *w, uint64_t below) {
  w->random ^= w->random << 13;
  w->random ^= w->random >> 7;
  w->random ^= w->random << 17;
  return (w->random >> 16) % below;
}

/* ---------------------------------------------------------------- workloads */

static workload *new_workload(uint64_t links, bool hub) {
  workload *w = allocate(1, sizeof *w);
  *w = (workload){.suffix = hub ? ", hub" : "", .links = links, .random = 88172645463325252};
  w->batch = links < 1000000 ? links : 1000000;
  w->objects = (uint32_t)(hub ? links : links / 4);
  w->all = allocate(links, sizeof *w->all);
  w->enter = allocate(w->batch, sizeof *w->enter);
  w->look_up = allocate(w->batch, sizeof *w->look_up);
  w->take_out = allocate(w->batch, sizeof *w->take_out);
  uint64_t part = (w->objects < w->batch ? w->objects : w->batch) / WALK_PART;
  w->walked_count = hub ? 1 : part;
  w->walked = allocate(w->walked_count, sizeof *w->walked);
  for (uint64_t i = 0; i < links; i++) {
    w->all[i].end[0] = 1 + (uint32_t)draw(w, w->objects);
    w->all[i].end[1] = hub ? 1 : 1 + (uint32_t)draw(w, w->objects);
  }
  for (uint64_t i = 0; i < w->walked_count; i++)
    w->walked[i] = hub ? 1 : 1 + (uint32_t)draw(w, w->objects);
  memcpy(w->take_out, w->all + links - w->batch, w->batch * sizeof *w->take_out);
  return w;
}

static void free_workload(workload *w) {
  free(w->all);
  free(w->enter);
  free(w->look_up);
  free(w->take_out);
  free(w->walked);
  free(w);
}

/* `batch` of all links at random, each at most once: moved to the end, and copied. */
static void choose(workload *w, pair *chosen) {
  for (uint64_t i = w->links; i > w->links - w->batch; i--) {
    uint64_t at = draw(w, i);
    pair moved = w->all[at];
    w->all[at] = w->all[i - 1];
    w->all[i - 1] = moved;
  }
  memcpy(chosen, w->all + w->links - w->batch, w->batch * sizeof *chosen);
}

/* Before the first table's turn. */
static void next_round(workload *w) {
  pair *taken_out = w->take_out;
  w->take_out = w->enter;
  w->enter = taken_out;
  choose(w, w->look_up);
  choose(w, w->take_out);
}

/* --------------------------------------------------------------- operations */

static double run_add(void *data) {
  contender *c = data;
  workload *w = c->workload;
  if (c->type == &table_xlgc) next_round(w);
  double start_ns = cpu_ns();
  c->type->add(c->table, w->enter, w->batch);
  c->ns[ADD] = (cpu_ns() - start_ns) / (double)w->batch;
  uint64_t records = c->type->records(c->table);
  if (c->type == &table_xlgc) w->records = records;
  must_be(records && records == w->records, "a table holds other links");
  return c->ns[ADD];
}

static double run_find(void *data) {
  contender *c = data;
  workload *w = c->workload;
  double start_ns = cpu_ns();
  uint64_t found = c->type->find(c->table, w->look_up, w->batch);
  c->ns[FIND] = (cpu_ns() - start_ns) / (double)w->batch;
  if (c->type == &table_xlgc) w->found = found;
  must_be(found >= w->batch && found == w->found, "a table found other links");
  return c->ns[FIND];
}

static double run_walk(void *data) {
  contender *c = data;
  workload *w = c->workload;
  uint64_t records = 0;
  double ns = 0;
  for (unsigned side = 0; side < 2; side++) {
    double start_ns = cpu_ns();
    walk walk = c->type->walk(c->table, side, w->walked, w->walked_count);
    ns += cpu_ns() - start_ns;
    if (c->type == &table_xlgc) w->walks[side] = walk;
    must_be(!memcmp(&walk, &w->walks[side], sizeof walk), "a walk came by other links");
    records += walk.records;
  }
  must_be(records, "a walk came by nothing");
  return c->ns[WALK] = ns / (double)records;
}

static double run_drop(void *data) {
  contender *c = data;
  workload *w = c->workload;
  double start_ns = cpu_ns();
  c->type->drop(c->table, w->take_out, w->batch);
  c->ns[DROP] = (cpu_ns() - start_ns) / (double)w->batch;
  if (w->batch == w->links) must_be(!c->type->records(c->table), "a table has links left");
  return c->ns[DROP];
}

/* An insert, a look-up and a delete, of this round. */
static double run_all(void *data) {
  const contender *c = data;
  return c->ns[ADD] + c->ns[FIND] + c->ns[DROP];
}

/* -------------------------------------------------------------- comparisons */

static double bytes_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return (double)info.uordblks + (double)info.hblkhd;
}

static void run_tables(uint64_t n, bool hub, const table_type *const *types, int count, bool has_target) {
  static const char *const names[OPERATIONS] = {"insert", "find", "walk", "delete", "all three"};
  double (*const runs[OPERATIONS])(void *) = {run_add, run_find, run_walk, run_drop, run_all};
  workload *w = new_workload(n, hub);
  contender contenders[TABLES_MOST];
  subject subjects[TABLES_MOST * OPERATIONS];
  double bytes[TABLES_MOST];
  for (int i = 0; i < count; i++) {
    double before = bytes_in_use();
    contenders[i] = (contender){.type = types[i], .workload = w, .table = types[i]->create(w->objects, n)};
    types[i]->add(contenders[i].table, w->all, n);
    bytes[i] = i == OWN ? (double)table_xlgc_bytes(contenders[i].table) : bytes_in_use() - before;
    bytes[i] /= (double)types[i]->records(contenders[i].table);
    types[i]->drop(contenders[i].table, w->take_out, w->batch);
    for (int operation = 0; operation < OPERATIONS; operation++)
      subjects[i * OPERATIONS + operation] = (subject){.name = types[i]->name,
                                                       .run = runs[operation],
                                                       .data = &contenders[i],
                                                       .target = operation == ALL && has_target ? types[i]->target : 0};
  }
  measure(hub ? "one hub" : "random links", n, subjects, count * OPERATIONS);
  for (int operation = 0; operation < OPERATIONS; operation++) {
    char what[40];
    snprintf(what, sizeof what, "%s%s", names[operation], w->suffix);
    for (int i = 1; i < count; i++)
      report(what, n, operation == WALK ? "ns/link" : "ns", &subjects[operation],
             &subjects[i * OPERATIONS + operation]);
  }
  for (int i = 1; i < count && types[i] != &table_singly; i++)
    report_count(hub ? "bytes, hub" : "bytes", n, "B/link", bytes[OWN], types[i]->name, bytes[i], 0, 0);
  for (int i = 0; i < count; i++)
    types[i]->destroy(contenders[i].table);
  free_workload(w);
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "table");
  static const table_type *const all[] = {&table_xlgc,  &peer_digital,      &peer_judy,
                                          &peer_uthash, &peer_uthash_lists, &table_singly};
  run_tables(10000, false, all, TABLES_MOST, false);
  if (measure_quick) {
    measure_runs = 3;
    run_tables(100000, false, all, TABLES_MOST, false);
    return 0;
  }
  measure_runs = 7;
  run_tables(1000000, false, all, TABLES_MOST, true);
  run_tables(1000000, true, all, TABLES_MOST, false);
  /* Two at a time, for the memory they take; and one uthash, for the time. */
  measure_runs = 3;
  for (int peer = 1; all[peer] != &peer_uthash_lists; peer++)
    run_tables(30000000, false, (const table_type *const[]){&table_xlgc, all[peer]}, 2, false);
  return 0;
}
