#include <config.h>

#include "hosts/core/visits.h"

#include <string.h>

#include "hosts/core/groups.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"

static _Thread_local unsigned depth;
/* The last visit that was begun. A handler of signals may look at it at any time. */
static _Thread_local xlgc_visit *volatile innermost;

unsigned xlgc__host_visits_depth(void) { return depth; }

void xlgc__host_visits_push(xlgc_visit *visit) {
  visit->names = visit->few_names;
  visit->name_room = sizeof visit->few_names / sizeof visit->few_names[0];
  visit->outer = innermost;
  atomic_signal_fence(memory_order_release);
  innermost = visit;
  depth++;
}

void xlgc__host_visits_pop(const xlgc_visit *visit) {
  innermost = visit->outer;
  atomic_signal_fence(memory_order_release);
  depth--;
}

/* -------------------------------------------------------------------- stops */

void xlgc_hosts_poke(void) {
  for (const xlgc_visit *visit = innermost; visit; visit = visit->outer)
    if (visit->owner && visit->owner->adapter->poke) visit->owner->adapter->poke(visit->owner->engine);
}

int xlgc_hosts_stopped(void) {
  for (const xlgc_visit *visit = innermost; visit; visit = visit->outer) {
    const xlgc_host *from = visit->from;
    if (from && from->adapter->stops && from->adapter->stops(from->engine)) return 1;
  }
  return 0;
}

/* -------------------------------------------------------------------- names */

int xlgc__host_visits_reserve(void) {
  xlgc_visit *visit = innermost;
  if (!visit || visit->name_count < visit->name_room) return 0;
  size_t room = 2 * visit->name_room;
  void **names = xlgc__host_memory_zeroed(room * sizeof *names);
  if (!names) return XLGC_E_NOMEM;
  memcpy(names, visit->names, visit->name_count * sizeof *names);
  if (visit->names != visit->few_names) free(visit->names);
  visit->names = names;
  visit->name_room = room;
  return 0;
}

static void keep_outside(xlgc__host_object *object) {
  xlgc__host_lock_acquire();
  if (object->own) xlgc__host_nodes_keep_locked(object->own);
  xlgc__host_lock_release();
}

/* The same object is often named several times in sequence. */
void xlgc__host_visits_name(xlgc__host_object *object) {
  xlgc_visit *visit = innermost;
  if (!visit) {
    keep_outside(object);
    return;
  }
  if (visit->name_count && visit->names[visit->name_count - 1] == object) return;
  visit->names[visit->name_count++] = object;
  xlgc__host_lock_acquire();
  object->named++;
  object->users++;
  object->group->users++;
  xlgc__host_lock_release();
}

static void forget_locked(xlgc__host_object *object) {
  xlgc__host_group *group = object->group;
  if (--object->named == 0 && object->own && !object->own->released) xlgc__host_nodes_propose_locked(object->own);
  xlgc__host_objects_leave_locked(object);
  xlgc__host_groups_leave_locked(group);
}

void xlgc__host_visits_forget(xlgc_visit *visit) {
  if (!visit->name_count) return;
  xlgc__host_lock_acquire();
  for (size_t i = 0; i < visit->name_count; i++)
    forget_locked(visit->names[i]);
  xlgc__host_lock_release();
  visit->name_count = 0;
  if (visit->names != visit->few_names) free(visit->names);
  visit->names = visit->few_names;
}
