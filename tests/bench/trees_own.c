/* xlgc, through helpers as a program with AddRef and Release has them: each pointer to a node belongs to the program,
 * that is, to a local variable, or to another node.
 *
 * Without TREES_PINS a local variable does not report that it holds what it has just made: a new object is a root until
 * it is first held. With it each local variable pins, as helpers must that cannot know. */
#include <config.h>

#include "fixture.h"
#include "trees.h"

#include <stdlib.h>

typedef struct node {
  struct node *left, *right;
  xlgc_id id;
} node;

static xlgc_pool *pool;
static xlgc_context *context;
static uint64_t made, released;

static void release(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)from, (void)id, (void)data;
  free(object);
  released++;
}

static const xlgc_kind kind = {.name = "node", .flags = XLGC_KIND_UNINDEXED, .release = release};

/* Held by the program. */
static node *make(void) {
  node *object = allocate(1, sizeof *object);
  must(xlgc_register(context, object, &kind, &object->id), "register");
#ifdef TREES_PINS
  must(xlgc_pin(context, object->id), "pin");
#endif
  made++;
  return object;
}

/* The program's hold becomes the holder's. */
static void give(node *holder, node **field, node *object) {
  *field = object;
  must(xlgc_link(context, holder->id, object->id), "link");
#ifdef TREES_PINS
  must(xlgc_unpin(context, object->id), "unpin");
#endif
}

/* A tree is let go: here the program has time for a step, in which what died before is released. */
static void drop(node *object) {
#ifndef TREES_PINS
  must(xlgc_pin(context, object->id), "pin");
#endif
  must(xlgc_unpin(context, object->id), "unpin");
  must_be(xlgc_step(pool, 1 << 14) >= 0, "a step failed");
}

static void start(void) {
  if (!pool) {
    pool = new_pool(0);
    context = new_context(pool, "trees");
  }
  made = released = 0;
}

static void finish(void) {
  must(xlgc_flush(pool), "flush");
  must_be(made == released, "not all trees were released");
}

#define VAR node *
#define MAKE() make()
#define GIVE(holder, field, v) give((holder), &(holder)->field, (v))
#define SEE(reference) (reference)
#define DROP(variable) drop(variable)
#define ARRAY(count) allocate((count), sizeof(double))
#define DROP_ARRAY(array) free(array)
#define START() start()
#define FINISH() finish()
#include "trees_program.h"

#ifdef TREES_PINS
const trees_way trees_own_pins = {.name = "xlgc, locals pin", .binary_trees = binary_trees, .gcbench = gcbench};
#else
const trees_way trees_own = {.name = "xlgc", .binary_trees = binary_trees, .gcbench = gcbench};
#endif
