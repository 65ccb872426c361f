#include <config.h>

#include "hosts/core/visits.h"

#include <signal.h>
#include <string.h>

#include "hosts/core/groups.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"

static _Thread_local unsigned depth;
/* The last visit that was begun. A handler of signals may look at it at any time. */
static _Thread_local xlgc_visit *volatile innermost;

static _Thread_local volatile sig_atomic_t is_poked;

unsigned xlgc__host_visits_depth(void) { return depth; }
const xlgc_visit *xlgc__host_visits_innermost(void) { return innermost; }

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

void xlgc__host_visits_note_poke(void) { is_poked = true; }

bool xlgc__host_visits_take_poke(void) {
  if (!is_poked) return false;
  is_poked = false;
  return true;
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

/* A name is the object's address; with 1 added when the object stays by itself until the visit has ended, as its host
 * cannot be closed before. Then this thread has the engine, and needs no lock. */
enum { STAYS = 1 };
static void *name_of(xlgc__host_object *object, bool stays) { return (char *)object + (stays ? STAYS : 0); }
static bool stays(const void *name) { return (uintptr_t)name & STAYS; }
static xlgc__host_object *object_of(void *name) {
  return (xlgc__host_object *)((char *)name - (stays(name) ? STAYS : 0));
}

static void hold(xlgc__host_object *object) {
  xlgc__host_lock_acquire();
  object->users++;
  object->group->users++;
  xlgc__host_lock_release();
}

/* The same object is often named several times in sequence. */
static void name(xlgc_visit *visit, xlgc__host_object *object, bool object_stays) {
  if (visit->name_count && object_of(visit->names[visit->name_count - 1]) == object) return;
  visit->names[visit->name_count++] = name_of(object, object_stays);
  if (!object_stays) hold(object);
  atomic_fetch_add_explicit(&object->named, 1, memory_order_relaxed);
}

void xlgc__host_visits_name(const xlgc_host *host, xlgc__host_object *object) {
  xlgc_visit *visit = innermost;
  if (!visit)
    keep_outside(object);
  else
    name(visit, object, host == visit->from || host == visit->owner);
}

void xlgc__host_visits_name_entered(xlgc__host_object *object) {
  xlgc_visit *visit = innermost;
  if (visit) name(visit, object, visit->id == object->id && !visit->owner && !visit->behaviour);
}

int xlgc__host_visits_name_id(const xlgc_pool *pool, xlgc_id id) {
  int failed = xlgc__host_visits_reserve();
  xlgc__host_object *object = failed ? NULL : xlgc__host_groups_use_object(pool, id);
  if (!object) return failed;
  name(innermost, object, false);
  xlgc__host_groups_leave_object(object);
  return 0;
}

static bool is_last(xlgc__host_object *object) {
  return atomic_fetch_sub_explicit(&object->named, 1, memory_order_relaxed) == 1;
}

static void propose_locked(const xlgc__host_object *object) {
  if (object->own && !object->own->released) xlgc__host_nodes_propose_locked(object->own);
}

/* One that was proposed already is so until this thread looks at it. */
static void forget_staying(xlgc__host_object *object) {
  if (!is_last(object) || xlgc__host_nodes_propose_again(object->own)) return;
  xlgc__host_lock_acquire();
  propose_locked(object);
  xlgc__host_lock_release();
}

static void forget(xlgc__host_object *object) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = object->group;
  if (is_last(object)) propose_locked(object);
  xlgc__host_objects_leave_locked(object);
  xlgc_pool *let_go = xlgc__host_groups_leave_locked(group);
  xlgc__host_lock_release();
  xlgc_pool_release(let_go);
}

void xlgc__host_visits_forget(xlgc_visit *visit) {
  for (size_t i = 0; i < visit->name_count; i++) {
    xlgc__host_object *object = object_of(visit->names[i]);
    if (stays(visit->names[i]))
      forget_staying(object);
    else
      forget(object);
  }
  visit->name_count = 0;
  if (visit->names != visit->few_names) free(visit->names);
  visit->names = visit->few_names;
}
