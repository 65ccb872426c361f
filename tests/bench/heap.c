/* See heap.h. */
#include <config.h>

#include "heap.h"
#include "measure.h"
#include "peer_engine.h"

#include <stdlib.h>

enum { RING = 2, NEXT = 0, HEAD = 1, OTHER = 2 };

void heap_assign_group(collector *c, uint32_t group, int field, uint32_t target) {
  node *to = target == GRAPH_NONE ? NULL : c->nodes[target * GROUP];
  if (field <= GRAPH_RIGHT)
    c->assign(c->nodes[group * GROUP], field, to);
  else
    c->assign(c->nodes[group * GROUP + (uint32_t)(field - GRAPH_ONE) + 1], OTHER, to);
}

/* A group with no other in its fields, in its place in the tree. Until it is there its head is a local variable's. */
static void make_group(collector *c, uint32_t group) {
  uint32_t first = group * GROUP;
  node **member = &c->nodes[first];
  member[0] = c->make(first);
  c->hold(member[0]);
  for (uint32_t i = 1; i < GROUP; i++) {
    member[i] = c->make(first + i);
    c->assign(member[i - 1], i == 1 ? RING : NEXT, member[i]);
    c->assign(member[i], HEAD, member[0]);
  }
  c->assign(member[GROUP - 1], NEXT, member[1]);
  if (!group) return;
  heap_assign_group(c, (group - 1) / 2, group % 2 ? GRAPH_LEFT : GRAPH_RIGHT, group);
  c->let_go(member[0]);
}

static void assign_initial(collector *c, uint32_t groups, uint32_t group, int field) {
  heap_assign_group(c, group, field, graph_initial(groups, group, field));
}

static double build(collector *c, uint32_t groups) {
  c->nodes = allocate((size_t)groups * GROUP, sizeof(node *));
  c->start();
  double start_ns = cpu_ns();
  for (uint32_t group = 0; group < groups; group++)
    make_group(c, group); /* the first one stays held */
  for (uint32_t group = 0; group < groups; group++) {
    assign_initial(c, groups, group, GRAPH_ONE);
    assign_initial(c, groups, group, GRAPH_TWO);
    assign_initial(c, groups, group, GRAPH_THREE);
  }
  if (!c->forget) c->collect(); /* what it has put off belongs to it */
  return cpu_ns() - start_ns;
}

void heap_renew_group(collector *c, uint32_t groups, uint32_t group) {
  make_group(c, group);
  for (int field = GRAPH_ONE; field < GRAPH_FIELDS; field++)
    assign_initial(c, groups, group, field);
}

/* All that died is in the plan, and what of the plan has not died is within the slack. */
static void check(collector *c, uint32_t groups, const graph_plan *plan) {
  if (c->forget) c->forget(groups * GROUP);
  uint32_t next = 0;
  uint64_t missed = 0;
  for (uint32_t group = 0; group < groups; group++) {
    bool dead = next < plan->dead_count && plan->dead[next] == group;
    next += dead;
    for (uint32_t i = 0; i < GROUP; i++) {
      bool gone = !c->nodes[group * GROUP + i];
      must_be(dead || !gone, "an object died that lives");
      missed += dead && !gone;
    }
  }
  must_be(missed <= c->slack, "dead objects were not found");
}

/* The dead are in the order of their numbers, so the parent of each is there. */
static void restore(collector *c, uint32_t groups, const graph_plan *plan) {
  for (uint32_t i = 0; i < plan->dead_count; i++)
    make_group(c, plan->dead[i]);
  for (uint32_t i = 0; i < plan->dead_count; i++)
    for (int field = 0; field < GRAPH_FIELDS; field++)
      assign_initial(c, groups, plan->dead[i], field);
  for (int i = 0; i < CHANGES; i++)
    assign_initial(c, groups, plan->changes[i].group, plan->changes[i].field);
  if (!c->forget) c->collect();
}

static double change(heap *h, const graph_plan *plan) {
  collector *c = h->collector;
  uint64_t touched = c->touched ? c->touched() : 0;
  double start_ns = cpu_ns();
  for (int i = 0; i < CHANGES; i++)
    heap_assign_group(c, plan->changes[i].group, plan->changes[i].field, plan->changes[i].target);
  c->collect();
  double ns = cpu_ns() - start_ns;
  h->touched = c->touched ? c->touched() - touched : 0;
  check(c, h->groups, plan);
  restore(c, h->groups, plan);
  return ns;
}

/* The clock costs as much as a cycle does, so it is read once where nothing has to be left out. `nodes` makes room for
 * the three. */
static double cycles(collector *c, uint64_t count) {
  node **nodes = c->nodes, **three = allocate(3, sizeof *three);
  uint64_t found = 0;
  double ns = 0;
  c->nodes = three;
  double start_ns = cpu_ns();
  for (uint64_t i = 0; i < count; i++) {
    if (c->forget) start_ns = cpu_ns();
    for (uint32_t k = 0; k < 3; k++)
      three[k] = c->make(k);
    c->hold(three[0]);
    for (uint32_t k = 0; k < 3; k++)
      c->assign(three[k], 0, three[(k + 1) % 3]);
    c->let_go(three[0]);
    c->collect();
    if (c->forget) {
      ns += cpu_ns() - start_ns;
      c->forget(3);
    }
    for (uint32_t k = 0; k < 3; k++)
      found += !three[k];
  }
  if (!c->forget) ns = cpu_ns() - start_ns;
  c->nodes = nodes;
  free(three);
  must_be(found <= 3 * count && found + c->slack >= 3 * count, "cycles were not found");
  return ns;
}

double heap_build(heap *h, uint32_t groups) {
  h->groups = groups;
  return h->engine ? engine_build(h->engine, groups) : build(h->collector, groups);
}

double heap_change(heap *h, const graph_plan *plan) {
  return h->engine ? engine_change(h->engine, h->groups, plan) : change(h, plan);
}

double heap_cycles(heap *h, uint64_t count) {
  return h->engine ? engine_cycles(h->engine, count) : cycles(h->collector, count);
}

void heap_destroy(heap *h) {
  if (h->engine) {
    engine_destroy(h->engine);
    return;
  }
  h->collector->let_go(h->collector->nodes[0]);
  if (h->collector->end) h->collector->end();
  free(h->collector->nodes);
}
