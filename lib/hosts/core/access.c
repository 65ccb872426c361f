/* Visits, as include/xlgc/bridge.h has them: how one engine's objects are used by another. */
#include <config.h>

#include "hosts/core/access.h"

#include <string.h>

#include "hosts/core/calls.h"
#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/names.h"
#include "hosts/core/natives.h"
#include "hosts/core/stack.h"
#include "hosts/core/started.h"
#include "hosts/core/stops.h"
#include "hosts/core/thrown.h"
#include "hosts/core/visits.h"

int xlgc__host_access_complain(xlgc_visit *visit, const char *message) {
  xlgc__host_thrown_forget(visit);
  visit->message = message;
  return XLGC_E_RAISED;
}

int xlgc_visit_throw(xlgc_visit *visit, const xlgc_thrown *thrown) {
  if (!xlgc__host_thrown_keep(visit, thrown)) return XLGC_E_RAISED;
  return xlgc__host_access_complain(visit, "an error, whose message is lost for lack of memory");
}

int xlgc_visit_raise(xlgc_visit *visit, const char *message, size_t length) {
  const xlgc_thrown thrown = {.words = {message, length}};
  return xlgc_visit_throw(visit, &thrown);
}

const char *xlgc_visit_message(const xlgc_visit *visit, int code) {
  if (code == XLGC_E_RAISED && visit->message) return visit->message;
  if (code == XLGC_E_DEADLOCK) return xlgc__host_engine_circle();
  if (code == XLGC_E_STALE) return "the object is gone: nothing held it any more, or its engine was closed";
  return xlgc_strerror(code);
}

int xlgc__host_access_context(const xlgc_visit *visit, xlgc_context **out) {
  if (!visit->from) return xlgc_context_here(visit->pool, out);
  *out = visit->from->context;
  return 0;
}

static int begin(xlgc_visit *visit, xlgc_pool *pool, xlgc_host *from, xlgc_id id) {
  memset(visit, 0, sizeof *visit);
  visit->pool = pool;
  visit->from = from;
  visit->id = id;
  if (xlgc__host_stack_has_room(xlgc__host_visits_depth())) return 0;
  return xlgc__host_access_complain(visit, "stack overflow: too many calls between languages");
}

/* The object has no behaviour: it is gone, an export whose host was closed, or an object of the program's own. */
static int why_not(const xlgc_visit *visit) {
  xlgc_object_info info;
  int failed = xlgc_info(visit->pool, visit->id, &info);
  bool closed = failed == XLGC_E_STALE || (!failed && info.kind == &xlgc__host_handover_export_kind);
  return closed ? XLGC_E_STALE : XLGC_E_INVAL;
}

/* The object's engine, if it has one, was entered: how is it used? */
static int find_behaviour(xlgc_visit *visit) {
  if (visit->owner) {
    visit->engine = visit->owner->engine;
    visit->behaviour = visit->owner->adapter->behaviour;
  } else {
    visit->behaviour = xlgc__host_natives_find(visit->id, &visit->handle);
  }
  if (!visit->behaviour && !visit->owner) return why_not(visit);
  if (!visit->behaviour) {
    xlgc__host_visits_forget(visit);
    xlgc_host_leave(visit->owner);
    return XLGC_E_INVAL;
  }
  if (visit->from) xlgc__host_engine_visit(visit->from, 1);
  if (visit->owner && visit->owner->time) xlgc__host_stops_begin(visit);
  return 0;
}

/* To an engine that can be poked, when what it was entered from cannot, or was poked too late. */
static void pass_poke_on(const xlgc_visit *visit) {
  if (!visit->owner || !visit->owner->adapter->poke || !xlgc__host_visits_take_poke()) return;
  if (xlgc_hosts_stopped()) xlgc_hosts_poke();
}

/* What an object that could not be visited has named is let go. */
static int begun(xlgc_visit *visit, int failed) {
  if (!failed) failed = find_behaviour(visit);
  if (!failed) pass_poke_on(visit);
  if (!failed) return 0;
  xlgc__host_visits_pop(visit);
  xlgc__host_visits_forget(visit);
  return failed;
}

int xlgc_visit_begin(xlgc_visit *visit, xlgc_host *from, xlgc_id id) {
  if (!visit || !from) return XLGC_E_INVAL;
  int failed = begin(visit, from->group->pool, from, id);
  if (failed) return failed;
  xlgc__host_visits_push(visit);
  return begun(visit, xlgc_host_enter(from, id, &visit->owner, &visit->handle));
}

int xlgc_visit_begin_held(xlgc_visit *visit, xlgc_pool *pool, xlgc_id id) {
  if (!visit || !pool || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  int failed = begin(visit, pool, NULL, id);
  if (failed) return failed;
  xlgc__host_visits_push(visit);
  xlgc__host_object *object = xlgc__host_groups_use_object(pool, id);
  if (object) {
    failed = xlgc__host_calls_enter(object, &visit->owner, &visit->handle);
    xlgc__host_groups_leave_object(object);
  }
  return begun(visit, failed);
}

const char *xlgc_visit_language(const xlgc_visit *visit) { return visit->owner ? visit->owner->adapter->name : ""; }

void xlgc_visit_end(xlgc_visit *visit) {
  xlgc_context *context;
  if (visit->owner && visit->owner->time) xlgc__host_stops_end(visit);
  xlgc__host_visits_pop(visit);
  xlgc__host_visits_forget(visit);
  if (visit->in_section && !xlgc__host_access_context(visit, &context)) xlgc_leave(context);
  bool ends_wanted = visit->owner && atomic_load_explicit(&visit->owner->group->ends_wanted, memory_order_relaxed);
  if (visit->owner) xlgc_host_leave(visit->owner);
  if (visit->from) xlgc__host_calls_returned(visit->from);
  if (ends_wanted) xlgc__host_started_end_wanted(visit->pool);
  if (visit->thrown) xlgc__host_thrown_forget(visit);
}

bool xlgc_visit_comes_home(const xlgc_host *giver, xlgc_id id) {
  const xlgc_visit *visit = xlgc__host_visits_innermost();
  if (!visit || !giver || (visit->from != giver && visit->owner != giver)) return false;
  const xlgc_host *receiver = visit->from == giver ? visit->owner : visit->from;
  xlgc__host_object *object = receiver ? xlgc__host_groups_use_object(visit->pool, id) : NULL;
  if (!object) return false;
  xlgc__host_lock_acquire();
  bool is = object->own && object->own->host == receiver;
  xlgc__host_lock_release();
  xlgc__host_groups_leave_object(object);
  return is;
}

int xlgc_visit_section(xlgc_visit *visit) {
  xlgc_context *context;
  if (visit->in_section) return 0;
  int failed = xlgc__host_access_context(visit, &context);
  if (!failed) failed = xlgc_enter(context);
  visit->in_section = !failed;
  return failed;
}

/* What was stopped at the end of its time says that, whatever the engine makes of it. */
static int answered(xlgc_visit *visit, int answer) {
  static const char words[] = "the call was stopped: it took longer than the engine's limit_time allows";
  bool is_over = answer < 0 && visit->owner && xlgc__host_stops_is_over(visit->owner);
  return is_over ? xlgc__host_access_complain(visit, words) : answer;
}

static int get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  return answered(visit, visit->behaviour->get(visit, key, out));
}

/* A key that may be written in another way: the integer that a number is, or what else a name stands for. */
static bool is_of_forms(const xlgc_value *key) { return key->type == XLGC_NUMBER || key->traits & XLGC_NAME; }

static int get_of_forms(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  char text[XLGC__HOST_NAMES_TEXT_BYTES];
  xlgc_value other;
  if (key->type == XLGC_NUMBER && xlgc__host_names_whole(key, &other)) return get(visit, &other, out);
  int answer = get(visit, key, out);
  bool tries = answer == XLGC_ABSENT && key->traits & XLGC_NAME && xlgc__host_names_other(key, text, &other);
  return tries ? get(visit, &other, out) : answer;
}

int xlgc_visit_get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  memset(out, 0, sizeof *out);
  if (!visit->behaviour->get) return xlgc__host_access_complain(visit, "this object has no fields to get");
  return is_of_forms(key) ? get_of_forms(visit, key, out) : get(visit, key, out);
}

/* What is found is not wanted. An object is received all the same: it may be new, and held by nothing else. */
static void receive_unwanted(const xlgc_visit *visit, const xlgc_value *found) {
  void *handle;
  if (found->type != XLGC_OBJECT || !visit->from) return;
  if (xlgc_host_receive(visit->from, found->as.id, &handle) == XLGC_HOST_NEW)
    (void)xlgc_host_proxy_failed(visit->from, found->as.id);
}

static int look(xlgc_visit *visit, const xlgc_value *key) {
  xlgc_value found = {.type = XLGC_NIL};
  int answer = visit->behaviour->get ? get(visit, key, &found) : XLGC_ABSENT;
  receive_unwanted(visit, &found);
  xlgc_value_clear(&found);
  return answer;
}

/* Finds the key that the object has, of those that a name may stand for: *out is that, or the one that was given.
 * Returns 0, or below 0. */
static int find_form(xlgc_visit *visit, const xlgc_value *key, char text[XLGC__HOST_NAMES_TEXT_BYTES],
                     xlgc_value *out) {
  xlgc_value other;
  *out = *key;
  if (key->type == XLGC_NUMBER) {
    if (xlgc__host_names_whole(key, &other)) *out = other;
    return 0;
  }
  if (!xlgc__host_names_other(key, text, &other)) return 0;
  int answer = look(visit, key);
  if (answer == XLGC_ABSENT) {
    answer = look(visit, &other);
    if (!answer) *out = other;
  }
  return answer < 0 ? answer : 0;
}

static int set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  return answered(visit, visit->behaviour->set(visit, key, value));
}

static int set_of_forms(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  char text[XLGC__HOST_NAMES_TEXT_BYTES];
  xlgc_value form;
  int failed = find_form(visit, key, text, &form);
  return failed ? failed : set(visit, &form, value);
}

int xlgc_visit_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  if (!visit->behaviour->set) return xlgc__host_access_complain(visit, "this object has no fields to set");
  return is_of_forms(key) ? set_of_forms(visit, key, value) : set(visit, key, value);
}

static int take(xlgc_visit *visit, const xlgc_value *key) {
  return answered(visit, visit->behaviour->remove(visit, key));
}

static int remove_of_forms(xlgc_visit *visit, const xlgc_value *key) {
  char text[XLGC__HOST_NAMES_TEXT_BYTES];
  xlgc_value form;
  int failed = find_form(visit, key, text, &form);
  return failed ? failed : take(visit, &form);
}

int xlgc_visit_remove(xlgc_visit *visit, const xlgc_value *key) {
  if (!visit->behaviour->remove) return xlgc__host_access_complain(visit, "this object has no fields to remove");
  return is_of_forms(key) ? remove_of_forms(visit, key) : take(visit, key);
}

/* Of several results the first ones are received, which may run code, while the others are held by nothing of the visited
 * engine's any more: an object of another engine by a proxy that is gone. So the visit names them. */
static int name_results(xlgc_visit *visit, const xlgc_value *results, size_t count) {
  int failed = 0;
  for (size_t i = 0; i < count && !failed; i++)
    if (results[i].type == XLGC_OBJECT) failed = xlgc__host_visits_name_id(visit->pool, results[i].as.id);
  return failed;
}

int xlgc_visit_call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                    xlgc_value *out) {
  memset(out, 0, sizeof *out);
  if (!visit->behaviour->call) return xlgc__host_access_complain(visit, "this object cannot be called");
  int failed = answered(visit, visit->behaviour->call(visit, self, arguments, count, out));
  if (!failed && out->type == XLGC_SEVERAL) failed = name_results(visit, out->as.values, out->length);
  if (failed) xlgc_value_clear(out);
  return failed;
}

int xlgc_visit_length(xlgc_visit *visit, size_t *out) {
  *out = 0;
  if (!visit->behaviour->length) return xlgc__host_access_complain(visit, "this object has no length");
  return answered(visit, visit->behaviour->length(visit, out));
}

int xlgc_visit_iterate(xlgc_visit *visit, xlgc_value *cursor) {
  memset(cursor, 0, sizeof *cursor);
  if (!visit->behaviour->iterate) return xlgc__host_access_complain(visit, "this object cannot be iterated over");
  return answered(visit, visit->behaviour->iterate(visit, cursor));
}

int xlgc_visit_next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  xlgc_value unwanted[2] = {{.type = XLGC_NIL}, {.type = XLGC_NIL}};
  if (key) memset(key, 0, sizeof *key);
  if (out) memset(out, 0, sizeof *out);
  if (!visit->behaviour->next) return xlgc__host_access_complain(visit, "this object is no cursor");
  int answer = answered(visit, visit->behaviour->next(visit, key ? key : &unwanted[0], out ? out : &unwanted[1]));
  if (!answer && key && out) answer = name_results(visit, (const xlgc_value[]){*key, *out}, 2);
  if (answer < 0 && key) xlgc_value_clear(key);
  if (answer < 0 && out) xlgc_value_clear(out);
  xlgc_value_clear(&unwanted[0]);
  xlgc_value_clear(&unwanted[1]);
  return answer;
}

int xlgc_visit_close(xlgc_visit *visit) {
  if (!visit->behaviour->next) return XLGC_ABSENT;
  return visit->behaviour->close ? answered(visit, visit->behaviour->close(visit)) : 0;
}

int xlgc_visit_compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  *out = order != XLGC_LESS && other->type == XLGC_OBJECT && other->as.id == visit->id;
  if (visit->behaviour->compare) return answered(visit, visit->behaviour->compare(visit, other, order, out));
  return order == XLGC_EQUAL ? 0 : xlgc__host_access_complain(visit, "this object has no order");
}

int xlgc_visit_describe(xlgc_visit *visit, xlgc_value *out) {
  memset(out, 0, sizeof *out);
  if (visit->behaviour->describe) return answered(visit, visit->behaviour->describe(visit, out));
  static const char text[] = "an object of xlgc";
  return xlgc_value_copy(out, XLGC_STRING, text, sizeof text - 1);
}

int xlgc_visit_memory(xlgc_visit *visit, xlgc_memory *out) {
  memset(out, 0, sizeof *out);
  if (!visit->behaviour->memory) return xlgc__host_access_complain(visit, "this object has no memory to be shared");
  return answered(visit, visit->behaviour->memory(visit, out));
}
