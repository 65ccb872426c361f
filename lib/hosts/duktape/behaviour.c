/* How objects of a heap are used by other engines. Each function runs under duk_safe_call, on the thread that runs. */
#include <config.h>

#include "engine.h"

#include <string.h>

/* A cursor has these, hidden: the object, the names to come or nothing for an array, the position, and whether its
 * elements are what `next` of an iterator answers. */
#define CURSOR XLGC__DUKTAPE_HIDDEN("cursor")
#define NAMES XLGC__DUKTAPE_HIDDEN("names")
#define POSITION XLGC__DUKTAPE_HIDDEN("position")

typedef struct task {
  xlgc_visit *visit;
  xlgc__duktape_engine *engine;
  const xlgc_value *key, *value, *self, *arguments;
  size_t count;
  xlgc_value *out, *out_key;
  size_t *length;
  xlgc_order order;
  bool *is;
  int answer;
} task;

static duk_ret_t text_of_error(duk_context *ctx, void *data) {
  xlgc_value *out = data;
  duk_safe_to_string(ctx, -1);
  (void)xlgc__duktape_values_text(ctx, -1, out);
  return 0;
}

/* The error on the top of the stack is what the visitor hears. */
static int raise_error(xlgc_visit *visit, duk_context *ctx) {
  xlgc_value text;
  memset(&text, 0, sizeof text);
  int failed = duk_safe_call(ctx, text_of_error, &text, 1, 1);
  int answer = failed || text.type != XLGC_STRING ? xlgc_visit_raise(visit, "Error", 5)
                                                  : xlgc_visit_raise(visit, text.as.bytes, text.length);
  xlgc_value_clear(&text);
  return answer;
}

static int run(duk_safe_call_function body, task *task) {
  task->engine = task->visit->engine;
  duk_context *ctx = task->engine->current;
  if (!duk_check_stack(ctx, 32)) return XLGC_E_NOMEM;
  duk_idx_t top = duk_get_top(ctx);
  task->engine->uses++;
  int raised = duk_safe_call(ctx, body, task, 0, 1);
  if (raised) {
    if (task->out) xlgc_value_clear(task->out);
    if (task->out_key) xlgc_value_clear(task->out_key);
    task->answer = raise_error(task->visit, ctx);
  }
  duk_set_top(ctx, top);
  task->engine->uses--;
  return task->answer;
}

static duk_idx_t push_self(duk_context *ctx, const task *task) { return duk_push_heapptr(ctx, task->visit->handle); }

static void push(duk_context *ctx, const task *task, const xlgc_value *value) {
  int failed = xlgc__duktape_values_unpack(task->engine, ctx, value);
  if (failed) (void)duk_error(ctx, DUK_ERR_ERROR, "%s", xlgc_strerror(failed));
}

static void push_key(duk_context *ctx, const task *task) {
  xlgc_type type = task->key->type;
  if (type == XLGC_OBJECT || type == XLGC_BUFFER)
    (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "the name of a property is text or a number");
  push(ctx, task, task->key);
}

/* What is on the top of the stack. */
static void answer(duk_context *ctx, const task *task, xlgc_value *out) {
  int failed = xlgc__duktape_values_pack(task->engine, ctx, -1, out);
  if (failed == XLGC_E_INVAL) (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "this value cannot go to another language");
  if (failed) (void)duk_error(ctx, DUK_ERR_ERROR, "%s", xlgc_strerror(failed));
}

/* ------------------------------------------------------------------ fields */

static duk_ret_t do_get(duk_context *ctx, void *data) {
  task *task = data;
  duk_idx_t self = push_self(ctx, task);
  push_key(ctx, task);
  duk_dup(ctx, -1);
  if (!duk_get_prop(ctx, self) && duk_is_undefined(ctx, -1)) {
    task->answer = XLGC_ABSENT;
    return 0;
  }
  answer(ctx, task, task->out);
  return 0;
}

static duk_ret_t do_set(duk_context *ctx, void *data) {
  task *task = data;
  duk_idx_t self = push_self(ctx, task);
  push_key(ctx, task);
  push(ctx, task, task->value);
  duk_put_prop(ctx, self);
  return 0;
}

static duk_ret_t do_remove(duk_context *ctx, void *data) {
  task *task = data;
  duk_idx_t self = push_self(ctx, task);
  push_key(ctx, task);
  duk_dup(ctx, -1);
  if (!duk_has_prop(ctx, self)) {
    task->answer = XLGC_ABSENT;
    return 0;
  }
  if (!duk_del_prop(ctx, self)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "this property cannot be removed");
  return 0;
}

static duk_ret_t do_call(duk_context *ctx, void *data) {
  task *task = data;
  push_self(ctx, task);
  if (task->self && task->self->type == XLGC_OBJECT)
    push(ctx, task, task->self);
  else
    duk_push_undefined(ctx);
  duk_require_stack(ctx, (duk_idx_t)task->count + 8);
  for (size_t i = 0; i < task->count; i++)
    push(ctx, task, &task->arguments[i]);
  duk_call_method(ctx, (duk_idx_t)task->count);
  answer(ctx, task, task->out);
  return 0;
}

static bool push_length(duk_context *ctx, duk_idx_t object) {
  duk_get_prop_string(ctx, object, "length");
  bool is = duk_is_number(ctx, -1) && !duk_is_function(ctx, object);
  if (!is) duk_pop(ctx);
  return is;
}

static duk_ret_t do_length(duk_context *ctx, void *data) {
  task *task = data;
  duk_idx_t self = push_self(ctx, task);
  double length = 0;
  if (push_length(ctx, self)) {
    length = duk_get_number(ctx, -1);
  } else {
    duk_enum(ctx, self, DUK_ENUM_OWN_PROPERTIES_ONLY);
    for (; duk_next(ctx, -1, false); duk_pop(ctx))
      length++;
  }
  *task->length = length >= 0 && length <= 0x1p53 ? (size_t)length : 0;
  return 0;
}

/* -------------------------------------------------------------- iterating */

static bool has_next(duk_context *ctx, duk_idx_t object) {
  duk_get_prop_string(ctx, object, "next");
  bool is = duk_is_function(ctx, -1);
  duk_pop(ctx);
  return is;
}

static duk_ret_t do_iterate(duk_context *ctx, void *data) {
  task *task = data;
  duk_idx_t self = push_self(ctx, task);
  bool is_array = duk_is_array(ctx, self), is_iterator = !is_array && has_next(ctx, self);
  duk_idx_t cursor = duk_push_object(ctx);
  duk_dup(ctx, self);
  duk_put_prop_string(ctx, cursor, CURSOR);
  duk_push_int(ctx, is_iterator ? -1 : 0);
  duk_put_prop_string(ctx, cursor, POSITION);
  if (!is_array && !is_iterator) {
    duk_uarridx_t count = 0;
    duk_idx_t names = duk_push_array(ctx);
    duk_enum(ctx, self, DUK_ENUM_OWN_PROPERTIES_ONLY);
    while (duk_next(ctx, -1, false))
      duk_put_prop_index(ctx, names, count++);
    duk_pop(ctx);
    duk_put_prop_string(ctx, cursor, NAMES);
  }
  answer(ctx, task, task->out);
  task->answer = is_array || is_iterator ? XLGC_ITERATES_VALUES : XLGC_ITERATES_PAIRS;
  return 0;
}

static duk_ret_t next_of_iterator(duk_context *ctx, task *task, duk_idx_t object) {
  duk_push_string(ctx, "next");
  duk_call_prop(ctx, object, 0);
  duk_get_prop_string(ctx, -1, "done");
  task->answer = duk_to_boolean(ctx, -1) ? XLGC_ABSENT : 0;
  duk_pop(ctx);
  if (task->answer == XLGC_ABSENT) return 0;
  duk_get_prop_string(ctx, -1, "value");
  answer(ctx, task, task->out);
  return 0;
}

/* Leaves the next name and its element on the stack; a name that is gone meanwhile is passed over. */
static bool push_element(duk_context *ctx, duk_idx_t cursor, duk_idx_t object, double *position) {
  bool has_names = duk_get_prop_string(ctx, cursor, NAMES);
  duk_idx_t names = duk_get_top_index(ctx);
  double count = (double)duk_get_length(ctx, has_names ? names : object);
  while (*position < count) {
    if (has_names)
      duk_get_prop_index(ctx, names, (duk_uarridx_t)*position);
    else
      duk_push_number(ctx, *position);
    ++*position;
    duk_dup(ctx, -1);
    if (duk_get_prop(ctx, object) || !has_names) return true;
    duk_pop_2(ctx);
  }
  return false;
}

static duk_ret_t do_next(duk_context *ctx, void *data) {
  task *task = data;
  duk_idx_t cursor = push_self(ctx, task);
  if (!duk_get_prop_string(ctx, cursor, CURSOR)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "this object is no cursor");
  duk_idx_t object = duk_get_top_index(ctx);
  duk_get_prop_string(ctx, cursor, POSITION);
  double position = duk_get_number(ctx, -1);
  if (position < 0) return next_of_iterator(ctx, task, object);
  bool is = push_element(ctx, cursor, object, &position);
  if (is) {
    answer(ctx, task, task->out);
    duk_pop(ctx);
    answer(ctx, task, task->out_key);
  }
  task->answer = is ? 0 : XLGC_ABSENT;
  duk_push_number(ctx, position);
  duk_put_prop_string(ctx, cursor, POSITION);
  return 0;
}

/* ------------------------------------------------------- comparing, printing */

static duk_ret_t do_compare(duk_context *ctx, void *data) {
  task *task = data;
  if (task->order != XLGC_EQUAL)
    duk_push_heapptr(ctx, task->order == XLGC_LESS ? task->engine->less : task->engine->less_or_equal);
  push_self(ctx, task);
  push(ctx, task, task->value);
  if (task->order == XLGC_EQUAL) {
    *task->is = duk_strict_equals(ctx, -2, -1);
  } else {
    duk_call(ctx, 2);
    *task->is = duk_to_boolean(ctx, -1);
  }
  return 0;
}

static duk_ret_t do_describe(duk_context *ctx, void *data) {
  task *task = data;
  push_self(ctx, task);
  duk_to_string(ctx, -1);
  task->answer = xlgc__duktape_values_text(ctx, -1, task->out);
  return 0;
}

/* --------------------------------------------------------------- behaviour */

static int get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  task task = {.visit = visit, .key = key, .out = out};
  return run(do_get, &task);
}
static int set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  task task = {.visit = visit, .key = key, .value = value};
  return run(do_set, &task);
}
static int remove_key(xlgc_visit *visit, const xlgc_value *key) {
  task task = {.visit = visit, .key = key};
  return run(do_remove, &task);
}
static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  task task = {.visit = visit, .self = self, .arguments = arguments, .count = count, .out = out};
  return run(do_call, &task);
}
static int length(xlgc_visit *visit, size_t *out) {
  task task = {.visit = visit, .length = out};
  return run(do_length, &task);
}
static int iterate(xlgc_visit *visit, xlgc_value *cursor) {
  task task = {.visit = visit, .out = cursor};
  return run(do_iterate, &task);
}
static int next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  task task = {.visit = visit, .out_key = key, .out = out};
  return run(do_next, &task);
}
static int compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  task task = {.visit = visit, .value = other, .order = order, .is = out};
  return run(do_compare, &task);
}
static int describe(xlgc_visit *visit, xlgc_value *out) {
  task task = {.visit = visit, .out = out};
  return run(do_describe, &task);
}

const xlgc_behaviour xlgc__duktape_behaviour = {.get = get,
                                                .set = set,
                                                .remove = remove_key,
                                                .call = call,
                                                .length = length,
                                                .iterate = iterate,
                                                .next = next,
                                                .compare = compare,
                                                .describe = describe};
