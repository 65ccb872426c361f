/* The table of safe points in xlgc-host(3), place by place: what runs inside of an operation, at its end, and elsewhere. A
 * program whose main loop is one long call has its mail delivered all the same, in each language. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <xlgc/listen.h>

#include "support/lua_program.h"
#include "support/threads.h"

static void begin_table(void) { begin_program("xlgc.collector{share = 0, step_size = 1}"); }

/* ------------------------------------------------------------------ place by place */

static unsigned released, mailed;
static void note_release(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context, (void)id, (void)data;
  ++*(unsigned *)address;
}
static const xlgc_kind anywhere = {.name = "anywhere", .flags = XLGC_KIND_UNINDEXED, .release = note_release};
static const xlgc_kind by_mail = {
    .name = "by mail", .flags = XLGC_KIND_UNINDEXED, .release = note_release, .delivery = XLGC_DELIVER_OWNER};

/* An object that nothing holds. */
static void make_orphan(const xlgc_kind *kind, unsigned *count) {
  xlgc_context *context = xlgc_host_context(host);
  xlgc_id id;
  *count = 0;
  ok(xlgc_register(context, count, kind, &id));
  ok(xlgc_pin(context, id));
  ok(xlgc_unpin(context, id));
}

/* A call of Lua's from C. */
static void call(xlgc_id function) {
  xlgc_visit visit;
  xlgc_value result, argument = {.type = XLGC_INTEGER, .as.integer = 7};
  ok(xlgc_visit_begin_held(&visit, pool, function));
  ok(xlgc_visit_call(&visit, NULL, &argument, 1, &result));
  ck_assert_int_eq(result.as.integer, 7);
  ok(xlgc_hosts_stopped());
  xlgc_hosts_poke();
  ck_assert_int_eq(xlgc_visit_raise(&visit, "words", 5), XLGC_E_RAISED);
  ck_assert_uint_eq(released, 0);
  ck_assert_uint_eq(mailed, 0);
  xlgc_visit_end(&visit);
}

enum { END_OF_VISIT, DISPATCH, FRAME, COLLECT, PLACES };

static void reach_place(int place, xlgc_id function) {
  switch (place) {
  case END_OF_VISIT: released = mailed = 0, call(function); break;
  case DISPATCH: ck_assert_int_ge(xlgc_host_dispatch(host, SIZE_MAX), 0); break;
  case FRAME: ck_assert_int_ge(xlgc_hosts_frame(pool, 1000000), 0); break;
  default: ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  }
}

/* A function of Lua's, pinned. */
static xlgc_id make_function(void) {
  xlgc_value function;
  ok(luaL_dostring(L, "return function(x) return x end"));
  ok(xlgc_lua_value(L, -1, &function));
  ok(xlgc_pin(xlgc_host_context(host), function.as.id));
  lua_pop(L, 1);
  return function.as.id;
}

/* Nothing runs amid an operation. Afterwards it does, where the table says so. */
START_TEST(what_runs_where) {
  begin_table();
  xlgc_id function = make_function();
  make_orphan(&anywhere, &released);
  make_orphan(&by_mail, &mailed);
  if (_i == DISPATCH) ok(xlgc_flush(pool)); /* it delivers what was found */
  if (_i == DISPATCH) ck_assert_uint_eq(mailed, 0);
  for (int i = 0; i < 1000 && !(released && mailed); i++) {
    unsigned before[] = {released, mailed};
    reach_place(_i, function);
    released |= before[0], mailed |= before[1];
  }
  ck_assert_uint_eq(released, 1);
  ck_assert_uint_eq(mailed, 1);
  ok(xlgc_unpin(xlgc_host_context(host), function));
  end_program();
}
END_TEST

/* ------------------------------------------------------------------ what listeners hear */

static char heard[1 << 16];
static unsigned collections, stops;
static bool is_open[XLGC_WORKS];

/* Each ends before it begins again. */
static void hear(void *data, const xlgc_moment *moment) {
  (void)data;
  ck_assert_int_eq(is_open[moment->work], moment->ends);
  is_open[moment->work] = !moment->ends;
  if (moment->work == XLGC_WORK_SUMMARY) ck_assert_str_eq(moment->name, "lua");
  if (moment->work == XLGC_WORK_STOP) ck_assert(is_open[XLGC_WORK_COLLECTION]);
  size_t length = strlen(heard);
  if (!collections)
    snprintf(heard + length, sizeof heard - length, "%s%c ", xlgc_work_name(moment->work), moment->ends ? ')' : '(');
  collections += moment->work == XLGC_WORK_COLLECTION && moment->ends;
  stops += moment->work == XLGC_WORK_STOP && moment->ends;
}

static const xlgc_listener listener = {.summary = hear, .stop = hear, .collection = hear};

START_TEST(what_listeners_hear) {
  begin_program("xlgc.collector{share = 0, step_size = 1, part = 16, image = 0}");
  ok(xlgc_listen(pool, &listener));
  if (_i) {
    ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
    ck_assert_str_eq(heard, "collection( stop( summary( summary) stop) collection) ");
  } else {
    xlgc_id function = make_function();
    for (int i = 0; i < 100000 && !collections; i++) {
      xlgc_value made;
      ok(luaL_dostring(L, "return {}"));
      ok(xlgc_lua_value(L, -1, &made));
      lua_pop(L, 1);
      call(function);
    }
    ok(xlgc_unpin(xlgc_host_context(host), function));
    ck_assert_uint_eq(collections, 1);
    ck_assert_uint_gt(stops, 1);
    ck_assert_ptr_nonnull(strstr(heard, "collection( stop( summary( stop) stop( "));
    ck_assert_ptr_nonnull(strstr(heard, "summary) "));
  }
  ok(xlgc_unlisten(pool, &listener));
  end_program();
}
END_TEST

/* -------------------------------------------------------------- other engines */

static lua_Integer finalized(void) {
  lua_getglobal(L, "finalized");
  lua_Integer count = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return count;
}

/* A ring through two other engines, with a finalizer that runs as a pin is cut: by collections, which are always due. */
START_TEST(finalizers_of_another_engine) {
  begin_table();
  xlgc_id function = make_function();
  run("finalized = 0\n"
      "local duktape = xlgc.open('duktape')\n"
      "duktape.globals.note = function() finalized = finalized + 1 end\n"
      "make = duktape.eval('(function () { var o = {}; Duktape.fin(o, function () { note(); }); return o; })')\n"
      "hold = xlgc.open('lua').eval('return function(o) o.t = {o = o} end')\n"
      "hold(make()) collectgarbage()");
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.max_age_ns = 1;
  ok(xlgc_hosts_configure(pool, &config));
  for (int i = 0; i < 1000 && !finalized(); i++) {
    ok(xlgc_flush(pool));
    ck_assert_int_eq(finalized(), 0);
    reach_place(_i, function);
    if (_i == DISPATCH) ck_assert_int_eq(finalized(), 0);
  }
  ck_assert_int_eq(finalized(), _i != DISPATCH);
  run("make, hold = nil");
  ok(xlgc_unpin(xlgc_host_context(host), function));
  end_program();
}
END_TEST

static uint64_t summaries(void) {
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(host, &statistics));
  return statistics.summaries;
}
static void collect_elsewhere(void *data) { *(int *)data = xlgc_hosts_collect(pool); }

/* Another thread's collection has asked the engine for one. */
START_TEST(a_summary_that_is_asked_for) {
  begin_table();
  xlgc_id function = make_function();
  int answer = -1;
  run_elsewhere(collect_elsewhere, &answer);
  ck_assert_int_ge(answer, 0);
  ck_assert_int_eq(xlgc_hosts_left_out(pool, NULL, 0), 3);
  uint64_t before = summaries();
  xlgc_visit outer;
  ok(xlgc_visit_begin_held(&outer, pool, function));
  ok(xlgc_hosts_stopped());
  if (_i < FRAME) reach_place(_i, function); /* the others are refused in a call */
  ck_assert_uint_eq(summaries(), before);
  xlgc_visit_end(&outer);
  ck_assert_uint_gt(summaries(), before);
  run_elsewhere(collect_elsewhere, &answer);
  before = summaries();
  reach_place(_i, function);
  if (_i == FRAME)
    ck_assert_uint_eq(summaries(), before);
  else
    ck_assert_uint_gt(summaries(), before);
  ok(xlgc_unpin(xlgc_host_context(host), function));
  end_program();
}
END_TEST

static unsigned ended;
static int end_and_count(void *engine) {
  int failed = xlgc_language_lua.end(engine);
  ended += !failed;
  return failed;
}

/* One that was closed in a call of its own: at no place before that is over. */
START_TEST(the_end_of_a_closed_engine) {
  static xlgc_language counting;
  void *engine;
  xlgc_value face;
  begin_table();
  xlgc_id function = make_function();
  counting = xlgc_language_lua;
  counting.end = end_and_count;
  ok(counting.start(pool, &engine, &face));
  ok(xlgc_pin(xlgc_host_context(host), face.as.id));
  ok(xlgc_language_started(pool, &counting, engine, face.as.id));
  xlgc_visit visit;
  ok(xlgc_visit_begin_held(&visit, pool, face.as.id));
  ck_assert_int_eq(xlgc_language_end(pool, &counting, engine), 1);
  if (_i < FRAME) reach_place(_i, function);
  if (_i == FRAME) ck_assert_int_eq(xlgc_hosts_frame(pool, 1000000), XLGC_E_BUSY);
  if (_i == COLLECT) ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(ended, 0);
  xlgc_visit_end(&visit);
  ck_assert_uint_eq(ended, 1);
  ok(xlgc_unpin(xlgc_host_context(host), face.as.id));
  ok(xlgc_unpin(xlgc_host_context(host), function));
  end_program();
}
END_TEST

/* --------------------------------------------------------------- one long call */

static const struct {
  const char *name, *text;
} loops[] = {{"lua", "for i = 1, 5000 do take({}) end return xlgc.stats().host_exports"},
             {"duktape", "for (var i = 0; i < 5000; i++) take({}); xlgc.stats().host_exports"},
             {"mozjs", "for (let i = 0; i < 5000; i++) take({}); xlgc.stats().host_exports"},
             {"python", "[take(lambda: i) for i in range(5000)] and __import__('xlgc').stats()['host_exports']"}};

/* What goes out and is kept by none is let go by mail to its engine, which is in the same call throughout. */
START_TEST(mail_in_one_long_call) {
  begin_table();
  lua_pushstring(L, loops[_i].name);
  lua_setglobal(L, "name");
  lua_pushstring(L, loops[_i].text);
  lua_setglobal(L, "text");
  run("local engine = xlgc.open(name)\n"
      "local globals, n = engine.globals, 0\n"
      "if name == 'python' then globals['take'] = function(x) n = n + 1 return n end\n"
      "else globals.take = function(x) n = n + 1 return n end end\n"
      "local left = engine.eval(text)\n"
      "assert(n == 5000, n)\n"
      "assert(left < 2500, left)\n"
      "engine.close()");
  end_program();
}
END_TEST

/* The same for the program's own engine, whose loop is its one call. */
START_TEST(mail_in_the_main_loop) {
  begin_table();
  lua_pushstring(L, loops[_i].name);
  lua_setglobal(L, "name");
  run("local engine = xlgc.open(name)\n"
      "local take = engine.eval(({lua = 'return function(x) end', python = 'lambda x: None'})[name] or\n"
      "  '(function (x) {})')\n"
      "for i = 1, 5000 do take({}) end\n"
      "assert(xlgc.stats().host_exports < 2500, xlgc.stats().host_exports)\n"
      "engine.close()");
  end_program();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_safepoints");
  TCase *cases = trial_case(suite, "places");
  tcase_add_loop_test(cases, what_runs_where, 0, PLACES);
  tcase_add_loop_test(cases, what_listeners_hear, 0, 2);
  tcase_add_loop_test(cases, finalizers_of_another_engine, 0, PLACES);
  tcase_add_loop_test(cases, a_summary_that_is_asked_for, 0, PLACES);
  tcase_add_loop_test(cases, the_end_of_a_closed_engine, 0, PLACES);
  tcase_add_loop_test(cases, mail_in_one_long_call, 0, (int)(sizeof loops / sizeof *loops));
  tcase_add_loop_test(cases, mail_in_the_main_loop, 0, (int)(sizeof loops / sizeof *loops));
  return trial_run(suite);
}
