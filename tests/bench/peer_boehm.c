/* The heap under Boehm's collector, built and used as its manual says, with parallel marking where the library has it.
 *
 * What died is read from the mark bits after the time is taken, so neither finalizers nor a disclaim function cost the
 * peer anything; what GC_gcollect puts off of the sweep is not in its time either. */
#define GC_THREADS 1
#define GC_NO_THREAD_REDIRECTS 1
#include <config.h>

#include "heap.h"
#include "measure.h"

#include <gc/gc.h>
#include <gc/gc_mark.h>

enum { HELD_MAX = 64 };

static node *held[HELD_MAX]; /* static data, so roots */

static void start(void) { GC_INIT(); }

static node *make(uint32_t number) {
  node *made = GC_MALLOC(sizeof *made);
  must_be(made, "out of memory");
  made->number = number;
  return made;
}

static void assign(node *holder, int field, node *target) {
  holder->field[field] = target;
  GC_end_stubborn_change(holder); /* the write barrier, where an incremental collection wants one */
}

static void replace_held(const node *from, node *to) {
  int i = 0;
  while (i < HELD_MAX && held[i] != from)
    i++;
  must_be(i < HELD_MAX, "too many roots, or not a root");
  held[i] = to;
}

static void hold(node *object) { replace_held(NULL, object); }
static void let_go(node *object) { replace_held(object, NULL); }
static void collect(void) { GC_gcollect(); }

/* With the allocation lock. A block that was left without any object is free already. */
static void *forget_unmarked(void *data) {
  uint32_t count = *(const uint32_t *)data;
  for (uint32_t i = 0; i < count; i++) {
    node *object = peer_boehm.nodes[i];
    if (object && (!GC_base(object) || !GC_is_marked(object))) peer_boehm.nodes[i] = NULL;
  }
  return NULL;
}
static void forget(uint32_t count) { GC_call_with_alloc_lock(forget_unmarked, &count); }

/* What is on the stack or in registers may look like a pointer to an object; a group of the graph is held or not as a
 * whole. */
collector peer_boehm = {.name = "bdwgc",
                        .slack = 16 * GROUP,
                        .start = start,
                        .make = make,
                        .assign = assign,
                        .hold = hold,
                        .let_go = let_go,
                        .collect = collect,
                        .forget = forget};
