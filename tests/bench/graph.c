/* See graph.h. */
#include <config.h>

#include "graph.h"
#include "measure.h"

#include <stdlib.h>
#include <string.h>

uint32_t graph_initial(uint32_t groups, uint32_t group, int field) {
  uint64_t g = group;
  if (field == GRAPH_ONE) return (uint32_t)((g * g + 12345) % groups);
  if (field == GRAPH_TWO) return (uint32_t)((g * g + 3 * g + 271) % groups);
  if (field == GRAPH_THREE) return (uint32_t)((g * g + 7 * g + 4099) % groups);
  g = 2 * g + (field == GRAPH_LEFT ? 1 : 2);
  return g < groups ? (uint32_t)g : GRAPH_NONE;
}

uint64_t graph_mix(uint64_t number) {
  number += UINT64_C(0x9e3779b97f4a7c15);
  number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
  return number ^ number >> 31;
}

static uint32_t groups;
static uint32_t (*table)[GRAPH_FIELDS]; /* the graph as it was built, but while a plan is made */
static graph_plan plan;

static void set_up(uint32_t wanted) {
  if (groups == wanted) return;
  free(table);
  free(plan.dead);
  groups = wanted;
  table = allocate(groups, sizeof *table);
  plan.dead = allocate(groups, sizeof *plan.dead);
  for (uint32_t group = 0; group < groups; group++)
    for (int field = 0; field < GRAPH_FIELDS; field++)
      table[group][field] = graph_initial(groups, group, field);
}

/* A search from the root, which is group 0. */
static void find_dead(void) {
  uint8_t *seen = allocate(groups, 1);
  uint32_t *queue = allocate(groups, sizeof *queue), end = 1;
  seen[0] = 1;
  for (uint32_t next = 0; next < end; next++)
    for (int field = 0; field < GRAPH_FIELDS; field++) {
      uint32_t target = table[queue[next]][field];
      if (target == GRAPH_NONE || seen[target]) continue;
      seen[target] = 1;
      queue[end++] = target;
    }
  plan.dead_count = 0;
  for (uint32_t group = 0; group < groups; group++)
    if (!seen[group]) plan.dead[plan.dead_count++] = group;
  free(queue);
  free(seen);
}

const graph_plan *graph_changes(uint32_t wanted, uint64_t seed) {
  set_up(wanted);
  uint64_t random = graph_mix(seed);
  for (int i = 0; i < CHANGES; i++) {
    graph_change *change = &plan.changes[i];
    random = graph_mix(random);
    bool in_tree = i % 4 == 0;
    do {
      random = graph_mix(random);
      change->group = (uint32_t)((random >> 8) % groups);
      change->field = in_tree ? (int)(random % 2) : GRAPH_ONE + (int)(random % 3);
    } while (table[change->group][change->field] == GRAPH_NONE);
    random = graph_mix(random);
    change->target = in_tree && random % 2 ? GRAPH_NONE : (uint32_t)((random >> 8) % groups);
    table[change->group][change->field] = change->target;
  }
  find_dead();
  for (int i = 0; i < CHANGES; i++) {
    const graph_change *change = &plan.changes[i];
    table[change->group][change->field] = graph_initial(groups, change->group, change->field);
  }
  return &plan;
}
