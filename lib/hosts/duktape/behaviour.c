/* How objects of a heap are used by other engines. Each function runs under duk_safe_call, on the thread that runs. */
#include <config.h>

#include "hosts/duktape/behaviour.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"
#include "hosts/duktape/operation.h"
#include "hosts/duktape/thrown.h"
#include "hosts/duktape/values.h"

/* A cursor has these, hidden: the object, the names to come or nothing for an array, and the position: that of an iterator,
 * whose elements are what `next` answers, is negative. */
#define CURSOR XLGC__DUKTAPE_HIDDEN("cursor")
#define NAMES XLGC__DUKTAPE_HIDDEN("names")
#define POSITION XLGC__DUKTAPE_HIDDEN("position")
enum { OF_ITERATOR = -1, ENDED = -2 };

/* What a visitor wants, and what it is answered. */
typedef struct request {
  xlgc_visit *visit;
  xlgc__duktape_engine *engine;
  const xlgc_value *key, *value, *self, *arguments;
  size_t count;
  xlgc_value *out, *out_key;
  size_t *length;
  xlgc_order order;
  bool *is;
  int answer;
} request;

static int run(duk_safe_call_function body, request *request) {
  xlgc__duktape_engine *engine = request->engine = request->visit->engine;
  duk_context *ctx = engine->current;
  if (!duk_check_stack(ctx, 32)) return xlgc__limit_answer(engine->limit, request->visit);
  duk_idx_t top = duk_get_top(ctx);
  duk_context *before = xlgc__duktape_engine_enter(engine, ctx);
  if (duk_safe_call(ctx, body, request, 0, 1)) {
    if (request->out) xlgc_value_clear(request->out);
    if (request->out_key) xlgc_value_clear(request->out_key);
    request->answer = xlgc__duktape_thrown_raise(request->visit, ctx);
  }
  duk_set_top(ctx, top);
  xlgc__duktape_engine_leave(engine, before);
  return request->answer;
}

static duk_idx_t push_self(duk_context *ctx, const request *request) {
  return duk_push_heapptr(ctx, request->visit->handle);
}

static void push(duk_context *ctx, const request *request, const xlgc_value *value) {
  xlgc__duktape_values_check(ctx, value);
  int failed = xlgc__duktape_values_unpack(request->engine, ctx, value);
  if (failed) xlgc__duktape_operation_fail(ctx, NULL, failed);
}

static void push_key(duk_context *ctx, const request *request) {
  if (!xlgc__numbers_is_name(request->key)) (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "%s", XLGC__MESSAGES_NO_NAME);
  push(ctx, request, request->key);
}

/* What is on the top of the stack. */
static void answer(duk_context *ctx, const request *request, xlgc_value *out) {
  int failed = xlgc__duktape_values_pack(request->engine, ctx, -1, out);
  if (failed) xlgc__duktape_operation_fail(ctx, NULL, failed);
}

/* ------------------------------------------------------------------ fields */

static duk_ret_t do_get(duk_context *ctx, void *data) {
  request *request = data;
  duk_idx_t self = push_self(ctx, request);
  push_key(ctx, request);
  duk_dup(ctx, -1);
  if (!duk_get_prop(ctx, self) && duk_is_undefined(ctx, -1)) {
    request->answer = XLGC_ABSENT;
    return 0;
  }
  answer(ctx, request, request->out);
  return 0;
}

static duk_ret_t do_set(duk_context *ctx, void *data) {
  request *request = data;
  duk_idx_t self = push_self(ctx, request);
  push_key(ctx, request);
  push(ctx, request, request->value);
  duk_put_prop(ctx, self);
  return 0;
}

static duk_ret_t do_remove(duk_context *ctx, void *data) {
  request *request = data;
  duk_idx_t self = push_self(ctx, request);
  push_key(ctx, request);
  duk_dup(ctx, -1);
  if (!duk_has_prop(ctx, self)) {
    request->answer = XLGC_ABSENT;
    return 0;
  }
  if (!duk_del_prop(ctx, self)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "this property cannot be removed");
  return 0;
}

static duk_ret_t do_call(duk_context *ctx, void *data) {
  request *request = data;
  push_self(ctx, request);
  if (request->self && request->self->type == XLGC_OBJECT)
    push(ctx, request, request->self);
  else
    duk_push_undefined(ctx);
  duk_require_stack(ctx, (duk_idx_t)request->count + 8);
  for (size_t i = 0; i < request->count; i++)
    push(ctx, request, &request->arguments[i]);
  duk_call_method(ctx, (duk_idx_t)request->count);
  answer(ctx, request, request->out);
  return 0;
}

static bool push_length(duk_context *ctx, duk_idx_t object) {
  duk_get_prop_string(ctx, object, "length");
  bool is = duk_is_number(ctx, -1) && !duk_is_function(ctx, object);
  if (!is) duk_pop(ctx);
  return is;
}

static duk_ret_t do_length(duk_context *ctx, void *data) {
  request *request = data;
  duk_idx_t self = push_self(ctx, request);
  double length = 0;
  if (push_length(ctx, self)) {
    length = duk_get_number(ctx, -1);
  } else {
    duk_enum(ctx, self, DUK_ENUM_OWN_PROPERTIES_ONLY);
    for (; duk_next(ctx, -1, false); duk_pop(ctx))
      length++;
  }
  *request->length = length >= 0 && length <= 0x1p53 ? (size_t)length : 0;
  return 0;
}

/* -------------------------------------------------------------- iterating */

static bool has_next(duk_context *ctx, duk_idx_t object) {
  duk_get_prop_string(ctx, object, "next");
  bool is = duk_is_function(ctx, -1);
  duk_pop(ctx);
  return is;
}

static void push_names(duk_context *ctx, duk_idx_t object) {
  duk_uarridx_t count = 0;
  duk_idx_t names = duk_push_array(ctx);
  duk_enum(ctx, object, DUK_ENUM_OWN_PROPERTIES_ONLY);
  while (duk_next(ctx, -1, false))
    duk_put_prop_index(ctx, names, count++);
  duk_pop(ctx);
}

static duk_ret_t do_iterate(duk_context *ctx, void *data) {
  request *request = data;
  duk_idx_t self = push_self(ctx, request);
  bool is_array = duk_is_array(ctx, self), is_iterator = !is_array && has_next(ctx, self);
  duk_idx_t cursor = duk_push_object(ctx);
  duk_dup(ctx, self);
  duk_put_prop_string(ctx, cursor, CURSOR);
  duk_push_int(ctx, is_iterator ? OF_ITERATOR : 0);
  duk_put_prop_string(ctx, cursor, POSITION);
  if (!is_array && !is_iterator) {
    push_names(ctx, self);
    duk_put_prop_string(ctx, cursor, NAMES);
  }
  answer(ctx, request, request->out);
  request->answer = is_array || is_iterator ? XLGC_ITERATES_VALUES : XLGC_ITERATES_PAIRS;
  return 0;
}

static void set_position(duk_context *ctx, duk_idx_t cursor, double position) {
  duk_push_number(ctx, position);
  duk_put_prop_string(ctx, cursor, POSITION);
}

/* An iterator that has said that it is done, or has failed, is not told that it is left. */
static duk_ret_t next_of_iterator(duk_context *ctx, request *request, duk_idx_t cursor, duk_idx_t object) {
  set_position(ctx, cursor, ENDED);
  duk_push_string(ctx, "next");
  duk_call_prop(ctx, object, 0);
  duk_get_prop_string(ctx, -1, "done");
  request->answer = duk_to_boolean(ctx, -1) ? XLGC_ABSENT : 0;
  duk_pop(ctx);
  if (request->answer == XLGC_ABSENT) return 0;
  duk_get_prop_string(ctx, -1, "value");
  set_position(ctx, cursor, OF_ITERATOR);
  answer(ctx, request, request->out);
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
  request *request = data;
  duk_idx_t cursor = push_self(ctx, request);
  if (!duk_get_prop_string(ctx, cursor, CURSOR))
    return duk_error(ctx, DUK_ERR_TYPE_ERROR, "%s", XLGC__MESSAGES_NO_CURSOR);
  duk_idx_t object = duk_get_top_index(ctx);
  duk_get_prop_string(ctx, cursor, POSITION);
  double position = duk_get_number(ctx, -1);
  if (position == OF_ITERATOR) return next_of_iterator(ctx, request, cursor, object);
  request->answer = XLGC_ABSENT;
  if (position == ENDED) return 0;
  bool is = push_element(ctx, cursor, object, &position);
  if (is) {
    answer(ctx, request, request->out);
    duk_pop(ctx);
    answer(ctx, request, request->out_key);
  }
  if (is) request->answer = 0;
  set_position(ctx, cursor, position);
  return 0;
}

/* As `break` does it in a loop, in later editions of the language. */
static void leave_iterator(duk_context *ctx, duk_idx_t object) {
  duk_get_prop_string(ctx, object, "return");
  if (duk_is_null_or_undefined(ctx, -1)) return;
  duk_dup(ctx, object);
  duk_call_method(ctx, 0);
}

static duk_ret_t do_close(duk_context *ctx, void *data) {
  request *request = data;
  duk_idx_t cursor = push_self(ctx, request);
  if (!duk_get_prop_string(ctx, cursor, CURSOR)) {
    request->answer = XLGC_ABSENT;
    return 0;
  }
  duk_idx_t object = duk_get_top_index(ctx);
  duk_get_prop_string(ctx, cursor, POSITION);
  bool is_iterator = duk_get_number(ctx, -1) == OF_ITERATOR;
  set_position(ctx, cursor, ENDED);
  if (is_iterator) leave_iterator(ctx, object);
  return 0;
}

/* ------------------------------------------------------- comparing, printing */

static duk_ret_t do_compare(duk_context *ctx, void *data) {
  request *request = data;
  if (request->order != XLGC_EQUAL)
    duk_push_heapptr(ctx, request->order == XLGC_LESS ? request->engine->less : request->engine->less_or_equal);
  push_self(ctx, request);
  push(ctx, request, request->value);
  if (request->order == XLGC_EQUAL) {
    *request->is = duk_strict_equals(ctx, -2, -1);
  } else {
    duk_call(ctx, 2);
    *request->is = duk_to_boolean(ctx, -1);
  }
  return 0;
}

static duk_ret_t do_describe(duk_context *ctx, void *data) {
  request *request = data;
  push_self(ctx, request);
  duk_to_string(ctx, -1);
  request->answer = xlgc__duktape_values_pack_text(ctx, -1, request->out);
  return 0;
}

/* --------------------------------------------------------------- behaviour */

static int get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  request request = {.visit = visit, .key = key, .out = out};
  return run(do_get, &request);
}
static int set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  request request = {.visit = visit, .key = key, .value = value};
  return run(do_set, &request);
}
static int remove_key(xlgc_visit *visit, const xlgc_value *key) {
  request request = {.visit = visit, .key = key};
  return run(do_remove, &request);
}
static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  request request = {.visit = visit, .self = self, .arguments = arguments, .count = count, .out = out};
  return run(do_call, &request);
}
static int length(xlgc_visit *visit, size_t *out) {
  request request = {.visit = visit, .length = out};
  return run(do_length, &request);
}
static int iterate(xlgc_visit *visit, xlgc_value *cursor) {
  request request = {.visit = visit, .out = cursor};
  return run(do_iterate, &request);
}
static int next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  request request = {.visit = visit, .out_key = key, .out = out};
  return run(do_next, &request);
}
static int close_cursor(xlgc_visit *visit) {
  request request = {.visit = visit};
  return run(do_close, &request);
}
static int compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  request request = {.visit = visit, .value = other, .order = order, .is = out};
  return run(do_compare, &request);
}
static int describe(xlgc_visit *visit, xlgc_value *out) {
  request request = {.visit = visit, .out = out};
  return run(do_describe, &request);
}

const xlgc_behaviour xlgc__duktape_behaviour = {.get = get,
                                                .set = set,
                                                .remove = remove_key,
                                                .call = call,
                                                .length = length,
                                                .iterate = iterate,
                                                .next = next,
                                                .compare = compare,
                                                .describe = describe,
                                                .close = close_cursor};
