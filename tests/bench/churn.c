/* See churn.h. Groups without any below them that no member points to hang on their parent alone, and so die at once
 * when another takes their place; pointers are moved among those that have groups below them. */
#include <config.h>

#include "churn.h"
#include "measure.h"

#include <stdlib.h>

void churn_start(churn *c, collector *collector, uint32_t groups) {
  *c = (churn){.collector = collector, .groups = groups, .random = graph_mix(groups)};
  uint8_t *pointed = allocate(groups, 1);
  for (uint32_t group = 0; group < groups; group++)
    for (int field = GRAPH_ONE; field < GRAPH_FIELDS; field++)
      pointed[graph_initial(groups, group, field)] = 1;
  c->replaceable = allocate(groups, sizeof *c->replaceable);
  for (uint32_t group = groups / 2; group < groups; group++)
    if (!pointed[group]) c->replaceable[c->replaceable_count++] = group;
  free(pointed);
  must_be(c->replaceable_count, "no group can be replaced");
}

static uint32_t draw(churn *c, uint32_t below) {
  c->random = graph_mix(c->random);
  return (uint32_t)((c->random >> 8) % below);
}

void churn_once(churn *c) {
  heap_renew_group(c->collector, c->groups, c->replaceable[draw(c, c->replaceable_count)]);
  c->dropped += GROUP;
  uint32_t group = draw(c, c->groups);
  heap_assign_group(c->collector, group, GRAPH_ONE + (int)draw(c, 3), draw(c, c->groups / 2));
}

void churn_begin(churn *c, churn_shape shape, uint32_t size) {
  c->structure = allocate(size, sizeof(node *));
  c->size = size;
  c->made = 0;
  c->shape = shape;
}

static void grow_by_one(churn *c) {
  collector *gc = c->collector;
  uint32_t i = c->made++;
  node *made = c->structure[i] = gc->make(NODE_UNNUMBERED);
  if (!i) {
    gc->hold(made);
    return;
  }
  node *parent = c->structure[c->shape == CHURN_TREE ? (i - 1) / 2 : i - 1];
  gc->assign(parent, c->shape == CHURN_TREE && i % 2 == 0 ? 1 : 0, made);
  if (c->shape != CHURN_LIST) gc->assign(made, 2, parent);
  if (c->shape == CHURN_RING && c->made == c->size) {
    gc->assign(made, 0, c->structure[0]);
    gc->assign(c->structure[0], 2, made);
  }
}

bool churn_grow(churn *c, uint32_t count) {
  while (count-- && c->made < c->size)
    grow_by_one(c);
  return c->made < c->size;
}

void churn_drop(churn *c) {
  c->collector->let_go(c->structure[0]);
  c->dropped += c->size;
  free(c->structure);
  c->structure = NULL;
}
