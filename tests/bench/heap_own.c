/* The heap as a program has it that reports its links to xlgc: its objects are malloc's, freed when they are told.
 * A new object is a root until something holds it, so only what is to be a root for longer is pinned. */
#include <config.h>

#include "fixture.h"
#include "heap.h"

#include <stdlib.h>

typedef struct item {
  node node;
  xlgc_id id;
} item;

static xlgc_pool *pool;
static xlgc_context *context;
static uint64_t died;

static xlgc_id id_of(const node *node) { return node ? ((const item *)node)->id : XLGC_ID_NONE; }

static void release(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)from, (void)id, (void)data;
  const item *dead = object;
  if (dead->node.number != NODE_UNNUMBERED && own.nodes[dead->node.number] == object)
    own.nodes[dead->node.number] = NULL;
  free(object);
  died++;
}

static const xlgc_kind kind = {.name = "item", .flags = XLGC_KIND_UNINDEXED, .release = release};

static void start(void) {
  pool = new_pool(0);
  context = new_context(pool, "heap");
  died = 0;
}

static node *make(uint32_t number) {
  item *made = calloc(1, sizeof *made);
  must_be(made, "out of memory");
  made->node.number = number;
  must(xlgc_register(context, made, &kind, &made->id), "register");
  return &made->node;
}

static void assign(node *holder, int field, node *target) {
  node *before = holder->field[field];
  holder->field[field] = target;
  if (before || target) must(xlgc_relink(context, id_of(holder), id_of(before), id_of(target)), "relink");
}

static void hold(node *object) { must(xlgc_pin(context, id_of(object)), "pin"); }
static void let_go(node *object) { must(xlgc_unpin(context, id_of(object)), "unpin"); }
static void collect(void) { must(xlgc_flush(pool), "flush"); }
static uint64_t touched(void) { return xlgc_links_touched(pool); }
static void end(void) { destroy_pool(pool); }

uint64_t own_died(void) { return died; }
uint64_t own_events(void) { return xlgc_context_position(context); }
xlgc_pool *own_pool(void) { return pool; }

collector own = {.name = "xlgc",
                 .start = start,
                 .make = make,
                 .assign = assign,
                 .hold = hold,
                 .let_go = let_go,
                 .collect = collect,
                 .touched = touched,
                 .end = end};
