#include <config.h>

#include "hosts/duktape/thrown.h"

#include <stdlib.h>
#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/common/thrown.h"
#include "hosts/duktape/values.h"

static const char language[] = "duktape";

/* ------------------------------------------------------------------- functions */

/* Adds a line of Duktape's: "    at NAME (FILE:LINE) ...". Functions of C have no line of a script. */
static bool add_line(xlgc__trace *trace, const char *line, size_t length) {
  static const char at[] = "    at ";
  const size_t start = sizeof at - 1;
  if (length < start || memcmp(line, at, start) != 0) return false;
  const char *close = line + length, *colon, *open;
  while (close > line && *close != ')')
    close--;
  for (colon = close; colon > line && *colon != ':';)
    colon--;
  for (open = colon; open > line && *open != '(';)
    open--;
  bool is_internal = line + length - close > 9 && memcmp(line + length - 9, " internal", 9) == 0;
  if (open <= line + start || is_internal) return false;
  const xlgc_text file = {open + 1, (size_t)(colon - open - 1)},
                  name = {line + start, (size_t)(open - line) - start - 1};
  xlgc__trace_add(trace, language, file, strtol(colon + 1, NULL, 10), name);
  return true;
}

/* Those of an error. */
static void add_lines(xlgc__trace *trace, const char *stack, size_t left) {
  for (unsigned count = 0; stack && count < XLGC__TRACE_FUNCTIONS;) {
    const char *end = memchr(stack, '\n', left);
    size_t length = end ? (size_t)(end - stack) : left;
    count += add_line(trace, stack, length);
    stack = end ? end + 1 : NULL;
    left -= end ? length + 1 : length;
  }
}

static void add_functions(duk_context *ctx, duk_idx_t error, xlgc__trace *trace) {
  size_t left;
  duk_get_prop_string(ctx, error, "stack");
  const char *stack = duk_get_lstring(ctx, -1, &left);
  add_lines(trace, stack, left);
  duk_pop(ctx);
}

/* ---------------------------------------------------------------- into the heap */

/* The value on the top becomes a property, as those of errors are. */
static void put(duk_context *ctx, duk_idx_t object, const char *name) {
  duk_push_string(ctx, name);
  duk_insert(ctx, -2);
  duk_def_prop(ctx, object,
               DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WRITABLE | DUK_DEFPROP_SET_CONFIGURABLE |
                   DUK_DEFPROP_CLEAR_ENUMERABLE);
}

static void put_text(duk_context *ctx, duk_idx_t object, const char *name, xlgc_text text) {
  xlgc__duktape_values_push_text(ctx, text.length ? text.bytes : "", text.length);
  put(ctx, object, name);
}

/* The functions of other languages, and then those of the heap that have called them. Nothing that may throw comes while
 * there is a trace: its memory is not the heap's. */
static void put_stack(duk_context *ctx, duk_idx_t error, const xlgc_thrown *thrown) {
  enum { MORE_BYTES = 64 }; /* that a line gets, at most */
  size_t left;
  duk_get_prop_string(ctx, error, "stack");
  const char *stack = duk_get_lstring(ctx, -1, &left);
  size_t room = thrown->stack.length + (stack ? left : 0) + MORE_BYTES * (XLGC__TRACE_FUNCTIONS + 1);
  char *copy = duk_push_fixed_buffer(ctx, room);
  xlgc__trace trace = {.bytes = NULL};
  xlgc__trace_carry(&trace, thrown->stack.bytes, thrown->stack.length);
  add_lines(&trace, stack, left);
  xlgc_text text = xlgc__trace_text(&trace);
  size_t length = text.length < room ? text.length : room;
  if (length) memcpy(copy, text.bytes, length);
  xlgc__trace_free(&trace);
  put_text(ctx, error, "stack", (xlgc_text){copy, length});
  duk_pop_2(ctx);
}

/* With the original on the top. */
static void push_error(duk_context *ctx, const xlgc_thrown *thrown, bool has_original) {
  duk_idx_t original = duk_get_top_index(ctx), error = duk_push_error_object(ctx, DUK_ERR_ERROR, "%s", "");
  put_text(ctx, error, "message", thrown->words);
  if (thrown->type.length && !(thrown->flags & XLGC_THROWN_GENERAL)) put_text(ctx, error, "name", thrown->type);
  put_text(ctx, error, "language", thrown->language);
  put_text(ctx, error, "type", thrown->type);
  put_stack(ctx, error, thrown);
  duk_dup(ctx, original);
  put(ctx, error, "cause");
  unsigned flags = thrown->flags & ~(unsigned)XLGC_THROWN_VALUE;
  duk_push_uint(ctx, flags | (has_original ? XLGC_THROWN_VALUE : 0));
  duk_put_prop_string(ctx, error, XLGC__DUKTAPE_VALUES_THROWN);
}

static bool is_proxy(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index) {
  xlgc_id id;
  return engine->parts->proxy_id(engine, ctx, index, &id) != XLGC_E_UNKNOWN;
}

static void push_thrown(duk_context *ctx, const xlgc_thrown *thrown) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  duk_require_stack(ctx, 16);
  if (!(thrown->flags & XLGC_THROWN_VALUE)) {
    duk_idx_t error = duk_push_error_object(ctx, DUK_ERR_ERROR, "%s", "");
    put_text(ctx, error, "message", thrown->words);
    return;
  }
  bool has_original = engine && !xlgc__duktape_values_unpack(engine, ctx, &thrown->value);
  if (has_original && xlgc__thrown_is_home(thrown, language, !is_proxy(engine, ctx, -1))) return;
  if (!has_original) duk_push_undefined(ctx);
  push_error(ctx, thrown, has_original);
}

void xlgc__duktape_thrown_throw(duk_context *ctx, const xlgc_visit *visit, int code) {
  static const duk_errcode_t errors[] = {[XLGC__MESSAGES_ERROR] = DUK_ERR_ERROR,
                                         [XLGC__MESSAGES_REFERENCE] = DUK_ERR_REFERENCE_ERROR,
                                         [XLGC__MESSAGES_TYPE] = DUK_ERR_TYPE_ERROR};
  const xlgc_thrown *thrown = code == XLGC_E_RAISED && visit ? xlgc_visit_thrown(visit) : NULL;
  if (thrown) {
    push_thrown(ctx, thrown);
    (void)duk_throw(ctx);
  }
  xlgc__messages_sort sort = xlgc__messages_sort_of(code);
  if (sort == XLGC__MESSAGES_MEMORY) (void)duk_error(ctx, DUK_ERR_ERROR, "alloc failed"); /* as Duktape says it */
  const char *words = xlgc__messages_words(visit, code);
  xlgc__duktape_values_push_text(ctx, words, strlen(words));
  (void)duk_error(ctx, errors[sort], "%s", duk_get_string(ctx, -1));
}

/* -------------------------------------------------------------- out of the heap */

typedef struct noted {
  xlgc__duktape_engine *engine;
  xlgc__thrown is;
} noted;

/* A property that is text; nothing for another one. */
static void note_text(duk_context *ctx, duk_idx_t object, const char *name, xlgc_value *out) {
  duk_get_prop_string(ctx, object, name);
  if (duk_is_string(ctx, -1) && !duk_is_symbol(ctx, -1)) (void)xlgc__duktape_values_pack_text(ctx, -1, out);
  duk_pop(ctx);
}

static void note_value(duk_context *ctx, noted *noted, duk_idx_t index) {
  if (!xlgc__duktape_values_pack(noted->engine, ctx, index, &noted->is.value)) noted->is.flags |= XLGC_THROWN_VALUE;
}

/* Returns whether it is an Error that carries what another language has thrown, which goes on as what it was. */
static bool note_carried(duk_context *ctx, noted *noted, duk_idx_t error) {
  if (!duk_is_error(ctx, error) || !duk_get_prop_string(ctx, error, XLGC__DUKTAPE_VALUES_THROWN)) return false;
  unsigned flags = duk_get_uint(ctx, -1);
  noted->is.flags = flags & ~(unsigned)XLGC_THROWN_VALUE;
  duk_get_prop_string(ctx, error, "cause");
  if (flags & XLGC_THROWN_VALUE) note_value(ctx, noted, duk_get_top_index(ctx));
  duk_pop_2(ctx);
  note_text(ctx, error, "language", &noted->is.language);
  note_text(ctx, error, "type", &noted->is.type);
  note_text(ctx, error, "message", &noted->is.words);
  note_text(ctx, error, "stack", &noted->is.stack);
  return true;
}

/* In a text that is not run, as it is wrong, there are no functions yet. */
static void add_place(duk_context *ctx, duk_idx_t error, xlgc__trace *trace) {
  duk_get_prop_string(ctx, error, "fileName");
  duk_get_prop_string(ctx, error, "lineNumber");
  if (duk_is_string(ctx, -2) && duk_is_number(ctx, -1))
    xlgc__trace_add(trace, language, xlgc__trace_of(duk_get_string(ctx, -2)), duk_get_int(ctx, -1),
                    (xlgc_text){NULL, 0});
  duk_pop_2(ctx);
}

/* Its name, or that of its class where it is no more than one of the language's own. */
static void note_type(duk_context *ctx, noted *noted, duk_idx_t error) {
  xlgc_value class = {.type = XLGC_NIL};
  note_text(ctx, error, "name", &noted->is.type);
  duk_get_prop_string(ctx, error, "constructor");
  bool is_standard = xlgc__messages_is_standard(xlgc__thrown_text(&noted->is.type));
  if (is_standard && duk_is_function(ctx, -1)) note_text(ctx, duk_get_top_index(ctx), "name", &class);
  duk_pop(ctx);
  if (class.length) {
    xlgc_value_clear(&noted->is.type);
    noted->is.type = class;
  }
  if (xlgc__messages_is_general(xlgc__thrown_text(&noted->is.type))) noted->is.flags |= XLGC_THROWN_GENERAL;
}

/* What comes last may run code, and raise an error. */
static void note_own(duk_context *ctx, noted *noted, duk_idx_t thrown) {
  bool is_error = duk_is_error(ctx, thrown);
  note_value(ctx, noted, thrown);
  (void)xlgc_value_copy(&noted->is.language, XLGC_STRING, language, sizeof language - 1);
  if (is_error) {
    add_functions(ctx, thrown, &noted->is.functions);
    if (!noted->is.functions.length) add_place(ctx, thrown, &noted->is.functions);
    note_text(ctx, thrown, "message", &noted->is.words);
    note_type(ctx, noted, thrown);
  } else {
    noted->is.flags |= XLGC_THROWN_GENERAL;
  }
  if (noted->is.words.type == XLGC_STRING) return;
  duk_dup(ctx, thrown);
  (void)duk_safe_to_string(ctx, -1);
  (void)xlgc__duktape_values_pack_text(ctx, -1, &noted->is.words);
}

static duk_ret_t note(duk_context *ctx, void *data) {
  noted *noted = data;
  duk_idx_t thrown = duk_get_top_index(ctx);
  duk_require_stack(ctx, 16);
  if (!note_carried(ctx, noted, thrown)) note_own(ctx, noted, thrown);
  return 0;
}

/* For an error whose own words cannot be asked for: at the limit of calls, Duktape calls nothing for them. */
static const char *words_for(duk_context *ctx) {
  bool is_limit = duk_get_error_code(ctx, -1) == DUK_ERR_RANGE_ERROR;
  return is_limit ? "RangeError: stack overflow: too many calls in Duktape" : XLGC__MESSAGES_NO_WORDS;
}

/* Duktape's own words for lack of memory; the second ones where there was none to make an error of the first. */
static duk_ret_t look_for_lack_of_memory(duk_context *ctx, void *data) {
  bool *is = data;
  if (!duk_is_error(ctx, -1)) return 0;
  duk_get_prop_string(ctx, -1, "message");
  const char *words = duk_get_string(ctx, -1);
  *is = words && (strcmp(words, "alloc failed") == 0 || strcmp(words, "error in error handling") == 0);
  return 0;
}

static bool is_out_of_memory(const xlgc__limit *limit, duk_context *ctx) {
  bool is = false;
  if (!limit || !limit->has_refused) return false;
  duk_dup(ctx, -1);
  (void)duk_safe_call(ctx, look_for_lack_of_memory, &is, 1, 1);
  duk_pop(ctx);
  return is;
}

/* Proxies that scripts have made and left take their memory until they are looked for. */
static int run_out(xlgc__duktape_engine *engine, xlgc_visit *visit, duk_context *ctx) {
  duk_push_undefined(ctx);
  duk_replace(ctx, -2); /* the error, from which scripts may reach what has filled the memory */
  if (!engine->trials) (void)engine->parts->drop_proxies(engine, ctx);
  return xlgc__limit_answer(engine->limit, visit);
}

int xlgc__duktape_thrown_raise(xlgc_visit *visit, duk_context *ctx) {
  xlgc__duktape_engine *engine = visit->engine;
  if (is_out_of_memory(engine->limit, ctx)) return run_out(engine, visit, ctx);
  const char *instead = words_for(ctx);
  noted noted = {.engine = engine};
  (void)duk_safe_call(ctx, note, &noted, 1, 1);
  return xlgc__thrown_throw(&noted.is, visit, instead);
}
