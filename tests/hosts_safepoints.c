/* The table of safe points in xlgc-host(3), place by place: what runs inside of an operation, at its end, and elsewhere. A
 * program whose main loop is one long call has its mail delivered all the same, in each language. */
#include <config.h>

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>
#include <xlgc/duktape.h>
#include <xlgc/lua.h>
#include <xlgc/python.h>

#include "support/trial.h"

extern const xlgc_language xlgc_language_mozjs; /* its header is for C++ */
const xlgc_language *volatile languages[] = {&xlgc_language_lua, &xlgc_language_duktape, &xlgc_language_mozjs,
                                             &xlgc_language_python};

static xlgc_pool *pool;
static xlgc_host *host;
static lua_State *L;

static void run(const char *text) {
  if (luaL_loadstring(L, text) || xlgc_lua_pcall(L, 0, 0, 0)) ck_abort_msg("%s", lua_tostring(L, -1));
}

static void begin(void) {
  ok(xlgc_pool_create(NULL, &pool));
  L = luaL_newstate();
  luaL_openlibs(L);
  ok(xlgc_lua_open(L, pool, 0, &host));
  run("xlgc.collector{share = 0, step_size = 1}");
}

static void end(void) {
  run("collectgarbage() xlgc.collect()");
  lua_close(L);
  ok(xlgc_pool_destroy(pool));
}

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

static void reach(int place, xlgc_id function) {
  switch (place) {
  case END_OF_VISIT: released = mailed = 0, call(function); break;
  case DISPATCH: ck_assert_int_ge(xlgc_host_dispatch(host, SIZE_MAX), 0); break;
  case FRAME: ck_assert_int_ge(xlgc_hosts_frame(pool, 1000000), 0); break;
  default: ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  }
}

/* Nothing runs amid an operation. Afterwards it does, where the table says so. */
START_TEST(what_runs_where) {
  xlgc_value function;
  begin();
  ok(luaL_dostring(L, "return function(x) return x end"));
  ok(xlgc_lua_value(L, -1, &function));
  ok(xlgc_pin(xlgc_host_context(host), function.as.id));
  lua_pop(L, 1);
  make_orphan(&anywhere, &released);
  make_orphan(&by_mail, &mailed);
  if (_i == DISPATCH) ok(xlgc_flush(pool)); /* it delivers what was found */
  if (_i == DISPATCH) ck_assert_uint_eq(mailed, 0);
  for (int i = 0; i < 1000 && !(released && mailed); i++) {
    unsigned before[] = {released, mailed};
    reach(_i, function.as.id);
    released |= before[0], mailed |= before[1];
  }
  ck_assert_uint_eq(released, 1);
  ck_assert_uint_eq(mailed, 1);
  ok(xlgc_unpin(xlgc_host_context(host), function.as.id));
  end();
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
  begin();
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
  end();
}
END_TEST

/* The same for the program's own engine, whose loop is its one call. */
START_TEST(mail_in_the_main_loop) {
  begin();
  lua_pushstring(L, loops[_i].name);
  lua_setglobal(L, "name");
  run("local engine = xlgc.open(name)\n"
      "local take = engine.eval(({lua = 'return function(x) end', python = 'lambda x: None'})[name] or\n"
      "  '(function (x) {})')\n"
      "for i = 1, 5000 do take({}) end\n"
      "assert(xlgc.stats().host_exports < 2500, xlgc.stats().host_exports)\n"
      "engine.close()");
  end();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_safepoints");
  TCase *cases = trial_case(suite, "places");
  tcase_add_loop_test(cases, what_runs_where, 0, PLACES);
  tcase_add_loop_test(cases, mail_in_one_long_call, 0, (int)(sizeof loops / sizeof *loops));
  tcase_add_loop_test(cases, mail_in_the_main_loop, 0, (int)(sizeof loops / sizeof *loops));
  return trial_run(suite);
}
