/* A search, breadth first, from the global object, the stashes and the functions that run; or from exports. It goes
 * through properties, prototypes and scopes, and calls no getter. It does not see what Duktape shows nobody: variables
 * of calls in progress and of coroutines, what is bound to a function, what a Proxy of the program's stands for. An
 * array of the heap's keeps what was met. */
#include <config.h>

#include "hosts/duktape/way.h"

#include <stdio.h>
#include <string.h>

#include "hosts/common/address_map.h"
#include "hosts/common/grow.h"
#include "hosts/common/way.h"
#include "hosts/duktape/proxy.h"
#include "hosts/duktape/scopes.h"

enum { NAME_BYTES = 300, NONE = XLGC__ADDRESS_MAP_NONE };

/* What the search has begun with; the others are met by the number of what led to them. */
enum { BY_ROOT = UINT32_MAX, BY_CALL = UINT32_MAX - 1, BY_EXPORT = UINT32_MAX - 2 /* less the index */ };

/* By which the properties of a thing are named. */
typedef enum sort { OBJECT, GLOBAL, STASH, SCOPE } sort;

typedef enum edge { PROPERTY, GETTER, PROTOTYPE, AROUND } edge;

typedef struct way {
  xlgc__duktape_engine *engine;
  duk_context *ctx;
  void *const *from;
  size_t from_count, budget, scopes;
  const void *to;
  duk_idx_t met;             /* the array of what was met, by number */
  xlgc__address_map numbers; /* by address */
  xlgc__grow_list by, sorts; /* by number */
  uint32_t source, found;    /* the one that is scanned; that of `to`, or NONE */
  const void *wanted;        /* the end of an edge whose name is looked for; NULL while the search goes on */
  char name[NAME_BYTES];     /* that name */
  uint32_t function;         /* whose scopes the way leads through, or NONE */
  void (*step)(void *data, const char *text);
  void *step_data;
  int result;
} way;

/* ---------------------------------------------------------------- what is met */

static uint32_t add(way *way, const void *object, uint32_t by, sort sort) {
  uint32_t number;
  int answer = way->numbers.count < way->budget ? xlgc__address_map_add(&way->numbers, object, &number)
                                                : XLGC__ADDRESS_MAP_KNOWN;
  if (answer == XLGC__ADDRESS_MAP_KNOWN) return NONE;
  if (answer < 0 || xlgc__grow_push(&way->by, by) || xlgc__grow_push(&way->sorts, sort))
    (void)duk_error(way->ctx, DUK_ERR_ERROR, "not enough memory");
  return number;
}

/* Takes a value from the top. */
static void meet(way *way, uint32_t by, sort sort) {
  duk_context *ctx = way->ctx;
  const void *object = duk_is_object(ctx, -1) ? duk_get_heapptr(ctx, -1) : NULL;
  uint32_t number = object && way->found == NONE ? add(way, object, by, sort) : NONE;
  if (number == NONE) {
    duk_pop(ctx);
    return;
  }
  duk_put_prop_index(ctx, way->met, number);
  if (object == way->to) way->found = number;
}

/* ---------------------------------------------------------------- names */

typedef struct label {
  char name[NAME_BYTES / 3], place[NAME_BYTES / 2];
} label;

/* Copies an own property that is text, unless it is empty. */
static bool copy_own(duk_context *ctx, duk_idx_t index, const char *key, char *text, size_t size_bytes) {
  duk_push_string(ctx, key);
  duk_get_prop_desc(ctx, index, 0);
  duk_idx_t top = duk_get_top(ctx);
  const char *found = duk_is_object(ctx, -1) && duk_get_prop_string(ctx, -1, "value") ? duk_get_string(ctx, -1) : NULL;
  bool has = found && *found;
  if (has) snprintf(text, size_bytes, "%s", found);
  duk_set_top(ctx, top - 1);
  return has;
}

/* The line of a function's first instruction, 0 if that is not known. It has a table of lines for its errors, which
 * begins with the count of instructions, and that line. */
static unsigned first_line(duk_context *ctx, duk_idx_t index) {
  uint32_t head[2] = {0, 0};
  duk_size_t size;
  duk_get_prop_string(ctx, index,
                      "\x82"
                      "Pc2line");
  const void *lines = duk_get_buffer_data(ctx, -1, &size);
  if (lines && size >= sizeof head) memcpy(head, lines, sizeof head);
  duk_pop(ctx);
  return head[1];
}

static void label_function(duk_context *ctx, duk_idx_t index, label *label) {
  *label = (struct label){"a function", "?"};
  index = duk_normalize_index(ctx, index);
  (void)copy_own(ctx, index, "name", label->name, sizeof label->name);
  unsigned line = first_line(ctx, index);
  char file[NAME_BYTES / 2 - 12];
  if (copy_own(ctx, index, "fileName", file, sizeof file))
    snprintf(label->place, sizeof label->place, "%s:%u", file, line);
}

static void name_variable(way *way, const char *variable) {
  label around = {"a function", "?"};
  if (way->function != NONE) {
    duk_get_prop_index(way->ctx, way->met, way->function);
    label_function(way->ctx, -1, &around);
    duk_pop(way->ctx);
  }
  snprintf(way->name, sizeof way->name, "(variable '%.80s' around %s, %s)", variable, around.name, around.place);
}

static void name_property(way *way, duk_idx_t key) {
  const char *text = duk_get_string(way->ctx, key);
  sort sort = (enum sort)way->sorts.at[way->source];
  if (duk_is_symbol(way->ctx, key))
    snprintf(way->name, sizeof way->name, "%s", (*text & 0xff) == 0xff ? "(a hidden property)" : "[a symbol]");
  else if (sort == SCOPE)
    name_variable(way, text);
  else
    xlgc__way_name_property(way->name, sizeof way->name,
                            sort == GLOBAL  ? "global "
                            : sort == STASH ? "stash "
                                            : NULL,
                            text);
}

/* key: of a property and a getter; else it is not looked at. */
static void name_edge(way *way, edge edge, duk_idx_t key) {
  switch (edge) {
  case PROPERTY: name_property(way, key); break;
  case GETTER:
    name_property(way, key);
    strncat(way->name, " (its getter or setter)", sizeof way->name - strlen(way->name) - 1);
    break;
  case PROTOTYPE: snprintf(way->name, sizeof way->name, "(its prototype)"); break;
  case AROUND: way->name[0] = 0; break;
  }
}

/* ---------------------------------------------------------------- what a thing leads to */

/* Takes a value from the top, which the one that is scanned leads to. */
static void go(way *way, edge edge, duk_idx_t key, sort sort) {
  if (!way->wanted) {
    meet(way, way->source, sort);
    return;
  }
  if (duk_is_object(way->ctx, -1) && duk_get_heapptr(way->ctx, -1) == way->wanted) {
    name_edge(way, edge, key);
    way->wanted = way; /* no other edge is to be named */
  }
  duk_pop(way->ctx);
}

/* Takes a key from the top. */
static void scan_property(way *way, duk_idx_t object) {
  duk_context *ctx = way->ctx;
  duk_idx_t key = duk_get_top_index(ctx);
  duk_dup(ctx, key);
  duk_get_prop_desc(ctx, object, 0);
  if (duk_is_object(ctx, -1)) {
    duk_get_prop_string(ctx, -1, "value");
    go(way, PROPERTY, key, OBJECT);
    duk_get_prop_string(ctx, -1, "get");
    go(way, GETTER, key, OBJECT);
    duk_get_prop_string(ctx, -1, "set");
    go(way, GETTER, key, OBJECT);
  }
  duk_pop_2(ctx);
}

static void scan_properties(way *way, duk_idx_t object) {
  enum {
    ALL = DUK_ENUM_INCLUDE_NONENUMERABLE | DUK_ENUM_INCLUDE_HIDDEN | DUK_ENUM_INCLUDE_SYMBOLS |
          DUK_ENUM_OWN_PROPERTIES_ONLY | DUK_ENUM_NO_PROXY_BEHAVIOR
  };
  if (duk_is_buffer_data(way->ctx, object)) return;
  duk_enum(way->ctx, object, ALL);
  while (duk_next(way->ctx, -1, 0))
    scan_property(way, object);
  duk_pop(way->ctx);
}

static void scan(way *way, uint32_t number) {
  duk_context *ctx = way->ctx;
  duk_idx_t top = duk_get_top(ctx);
  way->source = number;
  sort sort = (enum sort)way->sorts.at[number];
  if (!duk_get_prop_index(ctx, way->met, number)) { /* it is not to be gone through */
    duk_set_top(ctx, top);
    return;
  }
  scan_properties(way, top);
  duk_get_prototype(ctx, top);
  go(way, sort == SCOPE ? AROUND : PROTOTYPE, 0, sort == SCOPE ? SCOPE : OBJECT);
  if (sort != SCOPE && xlgc__duktape_scopes_push(ctx, top, way->scopes)) go(way, AROUND, 0, SCOPE);
  duk_set_top(ctx, top);
}

/* ---------------------------------------------------------------- the search */

static void pass_over(way *way, const void *object) {
  if (object && object != way->to) (void)add(way, object, BY_ROOT, OBJECT);
}

static void pass_over_own(way *way) {
  const xlgc__duktape_engine *engine = way->engine;
  pass_over(way, engine->self);
  pass_over(way, duk_get_heapptr(way->ctx, way->met));
  for (const xlgc__duktape_proxy *proxy = engine->proxies; proxy; proxy = proxy->next) {
    pass_over(way, proxy->object);
    pass_over(way, proxy->target);
  }
}

static void meet_roots(way *way) {
  duk_context *ctx = way->ctx;
  duk_push_global_object(ctx);
  meet(way, BY_ROOT, GLOBAL);
  duk_push_global_stash(ctx);
  meet(way, BY_ROOT, STASH);
  duk_push_heap_stash(ctx);
  meet(way, BY_ROOT, STASH);
}

static void meet_calls(way *way) {
  duk_context *ctx = way->ctx;
  for (duk_int_t level = -1; duk_inspect_callstack_entry(ctx, level), duk_is_object(ctx, -1); level--) {
    duk_get_prop_string(ctx, -1, "function");
    meet(way, BY_CALL, OBJECT);
    duk_pop(ctx);
  }
  duk_pop(ctx);
}

/* From the end to the beginning, with `by` turned around on the way back: it is the next one's number then. Returns the
 * first one, and what it was met by. */
static uint32_t turn_around(way *way, uint32_t *begun_by) {
  uint32_t number = way->found, next = NONE;
  for (;;) {
    uint32_t by = way->by.at[number];
    way->by.at[number] = next;
    *begun_by = by;
    if (by >= way->numbers.count) return number;
    next = number;
    number = by;
  }
}

static void tell(way *way) {
  uint32_t begun_by, number = turn_around(way, &begun_by);
  if (begun_by == BY_CALL) way->step(way->step_data, "(a function that runs)");
  way->result = begun_by == BY_ROOT   ? XLGC_WAY_ROOT
                : begun_by == BY_CALL ? XLGC_WAY_CALL
                                      : (int)(BY_EXPORT - begun_by) + 1;
  way->function = NONE;
  for (uint32_t next; (next = way->by.at[number]) != NONE; number = next) {
    if (way->sorts.at[next] == SCOPE && way->sorts.at[number] != SCOPE) way->function = number;
    duk_get_prop_index(way->ctx, way->met, next);
    way->wanted = next == way->found ? way->to : duk_get_heapptr(way->ctx, -1);
    duk_pop(way->ctx);
    way->name[0] = 0;
    scan(way, number);
    if (way->name[0]) way->step(way->step_data, way->name);
  }
}

/* From a number on. Returns what it has not been through. */
static uint32_t go_through(way *way, uint32_t next) {
  while (next < way->numbers.count && way->found == NONE)
    scan(way, next++);
  return next;
}

static duk_ret_t run(duk_context *ctx, void *data) {
  way *way = data;
  duk_require_stack(ctx, 64);
  way->scopes = xlgc__duktape_scopes_learn(ctx);
  way->met = duk_get_top(ctx);
  duk_push_bare_array(ctx);
  pass_over_own(way);
  uint32_t next = way->numbers.count;
  for (size_t i = 0; i < way->from_count; i++) {
    duk_push_heapptr(ctx, way->from[i]);
    meet(way, BY_EXPORT - (uint32_t)i, OBJECT);
  }
  if (!way->from_count) meet_roots(way);
  next = go_through(way, next);
  if (!way->from_count && way->found == NONE) {
    way->budget += way->numbers.count;
    meet_calls(way);
    (void)go_through(way, next);
  }
  if (way->found != NONE) tell(way);
  return 0;
}

/* A proxy's handle is its record. */
static const void *object_of(const xlgc__duktape_engine *engine, const void *handle) {
  for (const xlgc__duktape_proxy *proxy = engine->proxies; proxy; proxy = proxy->next)
    if (proxy == handle) return proxy->object;
  return handle;
}

int xlgc__duktape_way_find(void *data, void *const *from, size_t from_count, void *to, size_t budget,
                           void (*step)(void *data, const char *text), void *step_data) {
  xlgc__duktape_engine *engine = data;
  way way = {.engine = engine,
             .ctx = engine->current,
             .from = from,
             .from_count = from_count,
             .budget = budget,
             .to = object_of(engine, to),
             .found = NONE,
             .step = step,
             .step_data = step_data};
  if (!duk_check_stack(way.ctx, 64)) return XLGC_E_NOMEM;
  unsigned before = xlgc__limit_lift(engine->limit, XLGC__LIMIT_NONE);
  if (duk_safe_call(way.ctx, run, &way, 0, 1)) way.result = XLGC_E_NOMEM;
  duk_pop(way.ctx);
  xlgc__limit_restore(engine->limit, before);
  xlgc__address_map_free(&way.numbers);
  xlgc__grow_free(&way.by);
  xlgc__grow_free(&way.sorts);
  return way.result;
}

typedef struct describing {
  void *handle;
  char *text;
  size_t size_bytes;
} describing;

/* The name of the constructor that the prototype has, without calling anything. */
static bool copy_class(duk_context *ctx, const describing *describing) {
  duk_get_prototype(ctx, -1);
  if (!duk_is_object(ctx, -1)) return false;
  duk_push_string(ctx, "constructor");
  duk_get_prop_desc(ctx, -2, 0);
  return duk_is_object(ctx, -1) && duk_get_prop_string(ctx, -1, "value") && duk_is_object(ctx, -1) &&
         copy_own(ctx, duk_get_top_index(ctx), "name", describing->text, describing->size_bytes);
}

static duk_ret_t describe(duk_context *ctx, void *data) {
  const describing *describing = data;
  duk_push_heapptr(ctx, describing->handle);
  if (!duk_is_function(ctx, -1)) return (void)copy_class(ctx, describing), 0;
  label label;
  label_function(ctx, -1, &label);
  snprintf(describing->text, describing->size_bytes, "function %s (%s)", label.name, label.place);
  return 0;
}

void xlgc__duktape_way_describe(void *data, void *handle, char *text, size_t size_bytes) {
  const xlgc__duktape_engine *engine = data;
  describing describing = {handle, text, size_bytes};
  if (!duk_check_stack(engine->current, 16)) return;
  (void)duk_safe_call(engine->current, describe, &describing, 0, 1);
  duk_pop(engine->current);
}

typedef struct placing {
  char *text;
  size_t size_bytes;
} placing;

/* The innermost call of a function that has lines. */
static duk_ret_t find_place(duk_context *ctx, void *data) {
  const placing *placing = data;
  for (duk_int_t level = -1;; level--) {
    char file[NAME_BYTES / 2], name[NAME_BYTES / 2] = "";
    duk_inspect_callstack_entry(ctx, level);
    if (!duk_is_object(ctx, -1)) return 0;
    duk_get_prop_string(ctx, -1, "lineNumber");
    int line = duk_get_int_default(ctx, -1, 0);
    duk_get_prop_string(ctx, -2, "function");
    duk_idx_t function = duk_get_top_index(ctx);
    if (line > 0 && copy_own(ctx, function, "fileName", file, sizeof file)) {
      (void)copy_own(ctx, function, "name", name, sizeof name);
      snprintf(placing->text, placing->size_bytes, "%s:%d%s%s", file, line, *name ? " in " : "", name);
      return 0;
    }
    duk_pop_3(ctx);
  }
}

void xlgc__duktape_way_where(void *data, char *text, size_t size_bytes) {
  const xlgc__duktape_engine *engine = data;
  placing placing = {text, size_bytes};
  *text = 0;
  if (!duk_check_stack(engine->current, 16)) return;
  (void)duk_safe_call(engine->current, find_place, &placing, 0, 1);
  duk_pop(engine->current);
}
