/* Duktape as a language of a pool: what the host, the parts of this folder and engines of other languages call it
 * by. */
#include <config.h>

#include <string.h>

#include "hosts/common/file.h"
#include "hosts/common/messages.h"
#include "hosts/duktape/behaviour.h"
#include "hosts/duktape/boxed.h"
#include "hosts/duktape/finalizers.h"
#include "hosts/duktape/image.h"
#include "hosts/duktape/limit.h"
#include "hosts/duktape/module.h"
#include "hosts/duktape/proxy.h"
#include "hosts/duktape/summary.h"
#include "hosts/duktape/traps.h"
#include "hosts/duktape/values.h"
#include "hosts/duktape/watch.h"
#include "hosts/duktape/way.h"

/* ---------------------------------------------------------------- the host */

static void unpin(void *data, void *handle) {
  xlgc__duktape_engine *engine = data;
  xlgc__duktape_pins_remove(&engine->exports, engine->is_ending ? NULL : engine->current, handle);
}

static int collect(void *data) {
  xlgc__duktape_engine *engine = data;
  xlgc__duktape_pins_retry(&engine->exports, engine->current);
  int failed = xlgc__duktape_summary_drop_proxies(engine, engine->current);
  /* Twice, as the second one frees what finalizers were called for in the first. */
  for (unsigned i = 0; i < 2 && !failed; i++)
    duk_gc(engine->current, 0);
  return failed == XLGC_E_BUSY ? 0 : failed;
}

static void unreached(void *data, void *handle) {
  xlgc__duktape_engine *engine = data;
  if (!engine->is_ending && !engine->trials) xlgc__duktape_proxy_gone(engine, engine->current, handle);
}

/* Its host is closed when the heap has ended with it. */
static int enter(void *data) {
  const xlgc__duktape_engine *engine = data;
  return engine->main || engine->end_heap ? 0 : XLGC_E_SHUTDOWN;
}
static void leave(void *data) { (void)data; }

static const xlgc_host_adapter adapter = {.name = "duktape",
                                          .summarise = xlgc__duktape_summary_take,
                                          .size = xlgc__duktape_image_size,
                                          .begin_image = xlgc__duktape_image_begin,
                                          .end_image = xlgc__duktape_image_end,
                                          .unpin = unpin,
                                          .collect = collect,
                                          .enter = enter,
                                          .leave = leave,
                                          .behaviour = &xlgc__duktape_behaviour,
                                          .describe = xlgc__duktape_way_describe,
                                          .find_way = xlgc__duktape_way_find,
                                          .watch = xlgc__duktape_watch_begin,
                                          .watched = xlgc__duktape_watch_object,
                                          .unwatch = xlgc__duktape_watch_end,
                                          .watched_value = xlgc__duktape_watch_value,
                                          .where = xlgc__duktape_way_where,
                                          .unreached = unreached,
                                          .ending = xlgc__duktape_engine_ending};

/* ------------------------------------------------------------- the program's C */

static duk_ret_t do_nothing(duk_context *ctx) {
  (void)ctx;
  return 0;
}

static void *keep_script(duk_context *ctx, const char *name, const char *text) {
  duk_eval_string(ctx, text);
  return xlgc__duktape_engine_keep(ctx, name);
}

static void *keep_symbol(duk_context *ctx, const char *name) {
  duk_get_global_string(ctx, "Symbol");
  duk_get_prop_string(ctx, -1, name);
  duk_remove(ctx, -2);
  return xlgc__duktape_engine_keep(ctx, name);
}

/* What scripts may change later. */
static void keep_originals(xlgc__duktape_engine *engine, duk_context *ctx) {
  engine->class_of = keep_script(ctx, "class_of", "Object.prototype.toString");
  engine->date = keep_script(ctx, "date", "Date");
  engine->date_prototype = keep_script(ctx, "date_prototype", "Date.prototype");
  engine->get_time = keep_script(ctx, "get_time", "Date.prototype.getTime");
  xlgc__duktape_boxed_equip(engine, ctx);
}

static void equip(xlgc__duktape_engine *engine, duk_context *ctx) {
  xlgc__duktape_traps_push(ctx);
  engine->handler = xlgc__duktape_engine_keep(ctx, "handler");
  duk_push_c_function(ctx, do_nothing, 0);
  engine->no_op = xlgc__duktape_engine_keep(ctx, "no_op");
  engine->less = keep_script(ctx, "less", "(function(a,b){return a<b})");
  engine->less_or_equal = keep_script(ctx, "less_or_equal", "(function(a,b){return a<=b})");
  engine->to_primitive = keep_symbol(ctx, "toPrimitive");
  keep_originals(engine, ctx);
  xlgc__duktape_finalizers_equip(ctx);
  xlgc__duktape_module_push(ctx);
  duk_put_global_string(ctx, "xlgc");
}

static const xlgc__duktape_parts parts = {.adapter = &adapter,
                                          .equip = equip,
                                          .proxy_make = xlgc__duktape_proxy_make,
                                          .proxy_id = xlgc__duktape_proxy_id,
                                          .proxy_traits = xlgc__duktape_proxy_traits,
                                          .proxy_free = xlgc__duktape_proxy_free,
                                          .drop_proxies = xlgc__duktape_summary_drop_proxies};

duk_context *xlgc_duktape_create(void) { return xlgc__duktape_limit_begin(); }

int xlgc_duktape_open(duk_context *ctx, xlgc_pool *pool, xlgc_host **out) {
  xlgc__duktape_engine *engine;
  int failed = ctx ? xlgc__duktape_engine_open(ctx, pool, &parts, &engine) : XLGC_E_INVAL;
  if (!failed && out) *out = engine->host;
  return failed;
}

int xlgc_duktape_close(duk_context *ctx) {
  if (!ctx) return XLGC_E_INVAL;
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  return engine ? xlgc__duktape_engine_close(engine, ctx) : XLGC_E_STATE;
}

int xlgc_duktape_gc(duk_context *ctx) {
  if (!ctx) return XLGC_E_INVAL;
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (!engine) return XLGC_E_STATE;
  duk_context *before = xlgc__duktape_engine_enter(engine, ctx);
  int failed = engine->trials ? XLGC_E_BUSY : collect(engine);
  xlgc__duktape_engine_leave(engine, before);
  return failed;
}

/* ------------------------------------------------------- engines of other languages */

/* The stack: the text, its name, and what follows. */
enum { TEXT, NAME, OTHERS };

/* Makes what follows the name the global `args`. Pushes what that was before, and returns whether it was there. */
static bool swap_arguments(duk_context *ctx, duk_idx_t count) {
  bool had = duk_get_global_string(ctx, "args");
  duk_push_array(ctx);
  for (duk_idx_t i = OTHERS; i < count; i++) {
    duk_dup(ctx, i);
    duk_put_prop_index(ctx, -2, (duk_uarridx_t)(i - OTHERS));
  }
  duk_put_global_string(ctx, "args");
  return had;
}

/* With what it was on the top. */
static void restore_arguments(duk_context *ctx, bool had) {
  if (had) {
    duk_put_global_string(ctx, "args");
    return;
  }
  duk_pop(ctx);
  duk_push_global_object(ctx);
  duk_del_prop_string(ctx, -1, "args");
  duk_pop(ctx);
}

/* Text, also as bytes, which is what a Lua gives whose strings are: these become text. */
static bool is_text(duk_context *ctx, duk_idx_t index) {
  if (duk_is_buffer_data(ctx, index)) {
    size_t length;
    const char *bytes = duk_get_buffer_data(ctx, index, &length);
    xlgc__duktape_values_push_text(ctx, bytes ? bytes : "", length);
    duk_replace(ctx, index);
  }
  return duk_is_string(ctx, index);
}

/* The text runs; what follows the name is the global `args` meanwhile. */
static duk_ret_t run_text(duk_context *ctx) {
  duk_idx_t count = duk_get_top(ctx);
  bool has_others = count > OTHERS, had = has_others && swap_arguments(ctx, count);
  duk_dup(ctx, TEXT);
  duk_dup(ctx, NAME);
  duk_int_t raised = duk_pcompile(ctx, DUK_COMPILE_EVAL);
  if (!raised) raised = duk_pcall(ctx, 0);
  if (has_others) {
    duk_swap(ctx, -1, -2);
    restore_arguments(ctx, had);
  }
  return raised ? duk_throw(ctx) : 1;
}

/* eval(text, name, ...) */
static duk_ret_t eval(duk_context *ctx) {
  if (!is_text(ctx, TEXT)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, XLGC__MESSAGES_EVAL);
  if (duk_get_top(ctx) == NAME) duk_push_undefined(ctx);
  if (duk_is_null_or_undefined(ctx, NAME)) {
    duk_push_string(ctx, "eval");
    duk_replace(ctx, NAME);
  }
  if (!is_text(ctx, NAME)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, XLGC__MESSAGES_EVAL_NAME);
  return run_text(ctx);
}

static duk_ret_t push_file(duk_context *ctx, void *data) {
  const xlgc__file *file = data;
  size_t start = xlgc__file_start(file->text, file->length);
  xlgc__duktape_values_push_text(ctx, file->text + start, file->length - start);
  return 1;
}

/* run(file, ...) */
static duk_ret_t run(duk_context *ctx) {
  size_t length;
  const char *name = duk_get_top(ctx) && is_text(ctx, 0) ? duk_get_lstring(ctx, 0, &length) : NULL;
  if (!name || strlen(name) != length) return duk_error(ctx, DUK_ERR_TYPE_ERROR, XLGC__MESSAGES_RUN);
  if (xlgc__file_is_module(name)) return duk_error(ctx, DUK_ERR_ERROR, "%s: %s", name, XLGC__MESSAGES_NO_MODULES);
  xlgc__file file;
  if (!xlgc__file_read(&file, name)) return duk_error(ctx, DUK_ERR_ERROR, "%s", file.words);
  duk_int_t failed = duk_safe_call(ctx, push_file, &file, 0, 1);
  xlgc__file_free(&file);
  if (failed) return duk_throw(ctx);
  duk_insert(ctx, TEXT);
  return run_text(ctx);
}

static duk_ret_t push_object(duk_context *ctx, void *data) {
  (void)data;
  duk_push_object(ctx);
  duk_push_c_function(ctx, eval, DUK_VARARGS);
  duk_put_prop_string(ctx, -2, "eval");
  duk_push_c_function(ctx, run, DUK_VARARGS);
  duk_put_prop_string(ctx, -2, "run");
  duk_push_global_object(ctx);
  duk_put_prop_string(ctx, -2, "globals");
  return 1;
}

static int start(xlgc_pool *pool, void **made, xlgc_value *out) {
  duk_context *ctx = xlgc__duktape_limit_begin();
  if (!ctx) return XLGC_E_NOMEM;
  xlgc_host *host;
  int failed = xlgc_duktape_open(ctx, pool, &host);
  if (!failed && duk_safe_call(ctx, push_object, NULL, 0, 1)) failed = XLGC_E_NOMEM;
  if (!failed) failed = xlgc_duktape_value(ctx, -1, out);
  if (failed) {
    xlgc__duktape_limit_end(ctx);
    return failed;
  }
  duk_pop(ctx);
  failed = xlgc_host_share(host);
  if (failed) {
    xlgc__duktape_limit_end(ctx);
    return failed;
  }
  *made = ctx;
  return 0;
}

static int end(void *made) {
  int failed = xlgc__duktape_engine_end(made, xlgc__duktape_limit_end);
  if (failed != XLGC_E_STATE) return failed;
  xlgc__duktape_limit_end(made);
  return 0;
}

const xlgc_language xlgc_language_duktape = {
    .name = "duktape", .start = start, .end = end, .limit_memory = xlgc__duktape_limit_set};
