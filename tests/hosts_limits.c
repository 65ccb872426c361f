/* The limits of engines that another language has started: of memory, and of time. Lua starts them, as it is the one that
 * sanitizers know best. What runs out is an error that scripts can catch, and the engine goes on; what is in rings is
 * freed while an engine is at its limit; the time that a call may take ends whatever a script does. */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/lua_program.h"

static const char *const names[] = {"lua", "duktape", "mozjs"};
enum { NAMES = sizeof names / sizeof *names, LUA = 0, DUKTAPE, MOZJS };

/* What the scripts below say to each: fill(kind) makes things of a kind until there is no memory, and keeps none; keep()
 * keeps them; forget() forgets all; caught(kind) is whether the script itself can catch that; ring(x) makes an object
 * that holds x and keeps none; store(x) keeps it; two() is 2. */
static const char prelude[] =
    "xlgc.collector{share = 0}\n"
    "code = {\n"
    "lua = [[\n"
    "  kept = {}\n"
    "  local kinds = {tables = function() return {} end, texts = function(i) return ('x'):rep(100) .. i end,\n"
    "    functions = function(i) return function() return i end end, coroutines = function() return "
    "coroutine.create(print) end,\n"
    "    proxies = function() return other() end}\n"
    "  function fill(kind) local t = {} for i = 1, math.huge do t[i] = kinds[kind](i) end end\n"
    "  function keep() kept = {} pcall(function() local i = #kept while true do i = i + 1 kept[i] = {i} end end) end\n"
    "  function forget() kept = nil end\n"
    "  function caught(kind) local good, words = pcall(fill, kind) return not good end\n"
    "  function ring(x) return {x = x} end\n"
    "  function store(x) kept = kept or {} kept[#kept + 1] = {x} return {x, {}} end\n"
    "  function two() return 2 end]],\n"
    "js = [=[\n"
    "  var kept = [], kinds = {tables: function () { return {}; }, texts: function (i) { return new "
    "Array(20).join('x') + "
    "i; },\n"
    "    functions: function (i) { return function () { return i; }; }, coroutines: function () { return [[]]; },\n"
    "    proxies: function () { return other(); }};\n"
    "  function fill(kind) { var t = []; for (var i = 0;; i++) t.push([kinds[kind](i)]); }\n"
    "  function keep() { kept = []; try { for (;;) kept.push({x: kept.length}); } catch (e) {} }\n"
    "  function forget() { kept = null; }\n"
    "  function caught(kind) { try { fill(kind); } catch (e) { return true; } }\n"
    "  function ring(x) { return {x: x}; }\n"
    "  function store(x) { kept = kept || []; kept.push([x]); return [x, {}]; }\n"
    "  function two() { return 2; }]=]}\n"
    "code.duktape, code.mozjs = code.js, code.js\n"
    "function open(name)\n"
    "  local engine = xlgc.open(name)\n"
    "  engine.eval(code[name])\n"
    "  engine.globals.other = function() return {} end\n"
    "  return engine, engine.globals\n"
    "end\n"
    "function fails(words, f, ...)\n"
    "  local good, text = pcall(f, ...)\n"
    "  if good then error('no error, but ' .. tostring(text), 2) end\n"
    "  if not tostring(text):find(words, 1, true) then error('not these words: ' .. tostring(text), 2) end\n"
    "end\n"
    "alive = setmetatable({}, {__mode = 'k'})\n"
    "function thing() local t = {} alive[t] = true return t end\n"
    "function count_alive() xlgc.collect() collectgarbage() local n = 0 for _ in pairs(alive) do n = n + 1 end return "
    "n "
    "end\n";

static void begin(void) { begin_program(prelude); }
static void end(void) { end_program(); }

static void begin_engine(int language) {
  begin();
  lua_pushstring(L, names[language]);
  lua_setglobal(L, "name");
  lua_pushinteger(L, 1 + trial_work(10) / 4);
  lua_setglobal(L, "work");
  run("engine, globals = open(name)");
}
static void end_engine(void) {
  run("globals = nil engine.close() engine = nil");
  end();
}

/* ---------------------------------------------------------------------- memory */

START_TEST(what_is_too_much_is_an_error) {
  begin_engine(_i);
  run("local before = engine.limit_memory()\n"
      "assert(before > 0 and before < 1 << 20)\n"
      "assert(engine.limit_memory(2 << 20) == before)\n"
      "for _ = 1, work do\n"
      "  for _, kind in ipairs{'tables', 'texts', 'functions', 'coroutines', 'proxies'} do\n"
      "    if name ~= 'mozjs' or kind ~= 'texts' then\n" /* its elements and texts are not its collector's */
      "      fails('out of memory', globals.fill, kind)\n"
      "      assert(globals.two() == 2)\n"
      "      assert(globals.caught(kind) == true)\n"
      "      assert(engine.eval('1 + 1') == 2)\n"
      "      if name ~= 'mozjs' then assert(engine.limit_memory() <= 2 << 20) end\n"
      "    end\n"
      "  end\n"
      "end\n"
      "engine.limit_memory(0)\n"
      "xlgc.collect()\n"
      "assert(engine.limit_memory() < 2 << 20)");
  end_engine();
}
END_TEST

/* The engine keeps what fills it, so each new thing is where memory runs out. Summaries work: what is in rings goes. */
START_TEST(rings_go_at_the_limit) {
  begin_engine(_i);
  run("local made, failed = 0, 0\n"
      "engine.limit_memory(2 << 20)\n"
      "for round = 1, 4 * work do\n"
      "  globals.forget()\n"
      "  if round % 2 == 0 then globals.keep() end\n"
      "  for i = 1, 40 do\n"
      "    local x = thing()\n"
      "    local good, o = pcall(globals.ring, x)\n"
      "    if good then x.o, made = o, made + 1 else failed = failed + 1 end\n"
      "  end\n"
      "  xlgc.collect()\n"
      "  assert(xlgc.left_out() == '' , xlgc.left_out())\n"
      "end\n"
      "assert(made > 0)\n"
      "local all = xlgc.stats().exports\n"
      "globals.forget()\n"
      "assert(count_alive() == 0, count_alive())");
  end_engine();
}
END_TEST

/* Wherever memory runs out on the way of a value, it is an error, and nothing is lost. */
START_TEST(memory_runs_out_anywhere) {
  begin_engine(_i);
  run("local store, failed = globals.store, 0\n"
      "for i = 1, 100 * work do\n"
      "  local x = thing()\n"
      "  engine.limit_memory(engine.limit_memory() + 40 * (i % 60))\n"
      "  local good, answer = pcall(store, x)\n"
      "  if good and pcall(function() assert(answer[name == 'lua' and 1 or 0] == x) end) then x.o = answer\n"
      "  else failed = failed + 1 end\n"
      "  if i % 50 == 0 then xlgc.collect() end\n"
      "  engine.limit_memory(0)\n"
      "end\n"
      "assert(failed > 2 * work or name == 'mozjs', failed)\n" /* which counts large parts of its heap */
      "store = nil\n"
      "globals.forget()\n"
      "assert(count_alive() == 0, count_alive())\n"
      "assert(engine.eval('1 + 1') == 2)");
  end_engine();
}
END_TEST

/* A limit below what there is: everything fails but what takes away, and a collection, and the end. */
START_TEST(a_limit_below_all) {
  begin_engine(_i);
  run("globals.x = thing()\n"
      "engine.limit_memory(1)\n"
      "fails('', globals.fill, 'tables')\n"
      "xlgc.collect()\n"
      "assert(xlgc.left_out() == '')\n"
      "assert(engine.limit_memory() > 1)");
  if (_i % 2) run("engine.limit_memory(0) assert(globals.two() == 2) assert(globals.x ~= nil)");
  end_engine();
}
END_TEST

/* Its finalizers make what they like, and those of proxies run all the same. */
START_TEST(finalizers_at_the_limit) {
  begin_engine(LUA);
  run("engine.eval[[greedy = setmetatable({}, {__gc = function(t) if not stopped then pcall(fill, 'tables') "
      "setmetatable({}, "
      "getmetatable(t)) end end})\n"
      "  greedy = nil]]\n"
      "engine.limit_memory(1 << 20)\n"
      "for round = 1, work do\n"
      "  for i = 1, 10 do pcall(globals.ring, thing()) end\n"
      "  pcall(globals.fill, 'tables')\n"
      "  assert(engine.limit_memory() <= 4 << 20)\n"
      "end\n"
      "globals.stopped = true\n"
      "engine.limit_memory(0)\n"
      "assert(count_alive() == 0, count_alive())");
  end_engine();
}
END_TEST

START_TEST(words) {
  begin();
  run("for name in pairs{lua = 1, duktape = 1, mozjs = 1} do\n"
      "  local engine = open(name)\n"
      "  for _, bad in ipairs{-1, 0 / 0, math.huge, 1e300, 'many', true} do\n"
      "    fails('limit_memory: it wants a number of bytes', engine.limit_memory, bad)\n"
      "    fails('limit_time: it wants a number of seconds', engine.limit_time, bad)\n"
      "  end\n"
      "  fails('limit_time: it wants a number of seconds', engine.limit_time)\n"
      "  fails('limit_time: it wants a number of seconds', engine.limit_time, 2e9)\n"
      "  engine:limit_memory(1 << 30)\n"
      "  if name == 'mozjs' then fails('more than the engine can ever have', engine.limit_memory, 1 << 40) end\n"
      "  if name == 'duktape' then fails('cannot be stopped', engine.limit_time, 1) else engine:limit_time(1) end\n"
      "  local limit = engine.limit_memory\n"
      "  engine.close()\n"
      "  fails('gone', limit, 0)\n"
      "end\n"
      "local python = xlgc.open('python')\n"
      "fails('this language has no limit', python.limit_memory, 1 << 20)\n"
      "fails('cannot be stopped', python.limit_time, 1)\n"
      "python.close()");
  end();
}
END_TEST

/* ---------------------------------------------------------------------- time */

static const struct {
  int language;
  const char *text;
} endless[] = {{LUA, "while true do end"},
               {LUA, "while true do other() end"},
               {LUA, "while true do pcall(function() while true do end end) end"},
               {LUA, "while true do pcall(other) end"},
               {LUA, "coroutine.wrap(function() while true do end end)()"},
               {LUA, "coroutine.resume(coroutine.create(function() coroutine.wrap(function() while true do end end)() "
                     "end)) while true do end"},
               {LUA, "debug.sethook() while true do end"},
               {LUA, "local n = 0 debug.sethook(function() n = n + 1 end, 'l') while true do\n end"},
               {LUA, "table.sort({3, 2, 1}, function() while true do end end)"},
               {MOZJS, "for (;;);"},
               {MOZJS, "for (;;) other()"},
               {MOZJS, "for (;;) try { for (;;); } catch (e) {} finally {}"},
               {MOZJS, "[3, 2, 1].sort(() => { for (;;); })"}};

START_TEST(what_has_no_end_ends) {
  begin_engine(endless[_i].language);
  lua_pushstring(L, endless[_i].text);
  lua_setglobal(L, "text");
  run("engine.limit_time(0.02)\n"
      "for _ = 1, 3 do\n"
      "  fails('limit_time', engine.eval, text)\n"
      "  assert(pcall(globals.two))\n"
      "end\n"
      "engine.limit_time(0)\n"
      "assert(globals.two() == 2)");
  end_engine();
}
END_TEST

/* What is short is not stopped, however long its caller takes, and a limit is one engine's. */
START_TEST(what_is_short_is_not_stopped) {
  begin_engine(_i ? MOZJS : LUA);
  run("engine.limit_time(3600)\n"
      "local other = xlgc.open('lua')\n"
      "other.limit_time(0.01)\n"
      "for i = 1, 100 * work do\n"
      "  assert(globals.two() == 2)\n"
      "  if i % (10 * work) == 0 then fails('limit_time', other.eval, 'while true do end') end\n"
      "end\n"
      "other.close()");
  end_engine();
}
END_TEST

/* An engine with a limit calls one without, which has no end: both end. The other way round the outer one goes on. */
START_TEST(one_inside_the_other) {
  begin();
  run("local inner, outer = open('lua'), open('mozjs')\n"
      "outer.globals.loop = inner.eval('return function() while true do end end')\n"
      "outer.limit_time(0.02)\n"
      "fails('limit_time', outer.eval, 'for (;;) try { loop() } catch (e) {}')\n"
      "assert(inner.globals.two() == 2)\n"
      "outer.limit_time(0)\n"
      "inner.limit_time(0.02)\n"
      "assert(outer.eval('let words; try { loop() } catch (e) { words = String(e) } words'):find('limit_time', 1, "
      "true))\n"
      /* and back into the first one */
      "inner.globals.eval = outer.eval\n"
      "fails('limit_time', inner.eval, 'while true do pcall(eval, \"loop()\") end')\n"
      "inner.close() outer.close()");
  end();
}
END_TEST

/* What was stopped and goes on is stopped again at once, and not by the next signal only. */
START_TEST(what_catches_it_is_stopped_again) {
  begin_engine(LUA);
  run("engine.limit_time(0.02)\n"
      "fails('limit_time', engine.eval, 'n = 0 while true do pcall(function() while true do end end) n = n + 1 end')\n"
      "assert(globals.n <= 2, globals.n)");
  end_engine();
}
END_TEST

static volatile sig_atomic_t signals, hooks;
static void note_signal(int number) {
  (void)number;
  signals++;
}
static void note_hook(lua_State *state, lua_Debug *unused) {
  (void)state, (void)unused;
  hooks++;
}

/* A program's own handler of the signal is called, and its own hook of its own state stays. */
START_TEST(a_programs_own_handler_and_hook) {
  struct sigaction action = {.sa_handler = note_signal};
  sigset_t blocked, now;
  begin_engine(LUA);
  run("engine.limit_time(0.02)");
  sigemptyset(&action.sa_mask);
  ok(sigaction(SIGURG, &action, NULL));
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGURG);
  ok(pthread_sigmask(SIG_BLOCK, &blocked, NULL));
  lua_sethook(L, note_hook, LUA_MASKCOUNT, 100);
  run("for _ = 1, 3 do fails('limit_time', engine.eval, 'while true do end') end");
  ck_assert_int_gt(signals, 0);
  ck_assert_ptr_eq((void *)(uintptr_t)lua_gethook(L), (void *)(uintptr_t)note_hook);
  int before = hooks;
  run("for i = 1, 1000 do end");
  ck_assert_int_gt(hooks, before);
  ok(pthread_sigmask(SIG_SETMASK, NULL, &now));
  ck_assert_int_eq(sigismember(&now, SIGURG), 1);
  end_engine();
}
END_TEST

/* One that calls the handler it has replaced, which is the library's; and that is set anew while the library's stands
 * above it. Each is called once for a signal. */
static struct sigaction replaced;
static volatile sig_atomic_t passed_on;
static void pass_on(int number, siginfo_t *info, void *context) {
  passed_on++;
  if (replaced.sa_flags & SA_SIGINFO) replaced.sa_sigaction(number, info, context);
}
START_TEST(handlers_that_call_each_other) {
  struct sigaction first = {.sa_handler = note_signal}, second = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO};
  begin_engine(LUA);
  sigemptyset(&first.sa_mask);
  sigemptyset(&second.sa_mask);
  ok(sigaction(SIGURG, &first, NULL));
  run("engine.limit_time(0.02)");
  run("fails('limit_time', engine.eval, 'while true do end')");
  ck_assert_int_gt(signals, 0);
  for (unsigned i = 0; i < 3; i++) {
    ok(sigaction(SIGURG, &second, i ? NULL : &replaced));
    run("fails('limit_time', engine.eval, 'while true do end')");
    signals = passed_on = 0;
    ok(raise(SIGURG));
    ck_assert_int_eq(passed_on, 1);
    ck_assert_int_eq(signals, 1);
  }
  ok(sigaction(SIGURG, &first, NULL));
  run("fails('limit_time', engine.eval, 'while true do end')");
  signals = passed_on = 0;
  ok(raise(SIGURG));
  ck_assert_int_eq(signals, 1);
  ck_assert_int_eq(passed_on, 0);
  end_engine();
}
END_TEST

/* A child has no watch of its parent's. */
START_TEST(in_a_forked_child) {
  static const char *const inside[] = {"engine.eval('return 1')",
                                       "fails('limit_time', engine.eval, 'while true do end')"};
  begin_engine(LUA);
  run("engine.limit_time(0.02)");
  run(inside[_i % 2]);
  pid_t child = fork();
  if (!child) {
    alarm(trial_timeout_s());
    L = luaL_newstate();
    luaL_openlibs(L);
    ok(xlgc_pool_create(NULL, &pool));
    ok(xlgc_lua_open(L, pool, 0, NULL));
    run(prelude);
    run("local own = xlgc.open('lua') own.limit_time(0.02) fails('limit_time', own.eval, 'while true do end')");
    _exit(0);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  run("fails('limit_time', engine.eval, 'while true do end')");
  end_engine();
}
END_TEST

/* Many threads, each with an engine of its own, all stopped at about the same time. */
static void *be_stopped(void *unused) {
  lua_State *state = luaL_newstate();
  luaL_openlibs(state);
  ok(xlgc_lua_open(state, pool, 0, NULL));
  if (luaL_dostring(state, "local engine = xlgc.open('lua') engine.limit_time(0.01)\n"
                           "for i = 1, 10 do assert(not pcall(engine.eval, 'while true do end')) end\n"
                           "engine.close()"))
    ck_abort_msg("%s", lua_tostring(state, -1));
  ok(xlgc_lua_close(state));
  lua_close(state);
  return unused;
}

START_TEST(on_many_threads) {
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  begin();
  for (int i = 0; i < THREADS; i++)
    ok(pthread_create(&threads[i], NULL, be_stopped, NULL));
  for (int i = 0; i < THREADS; i++)
    ok(pthread_join(threads[i], NULL));
  end();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_limits");
  TCase *memory = trial_case(suite, "memory"), *time = trial_case(suite, "time");
  tcase_add_loop_test(memory, what_is_too_much_is_an_error, 0, NAMES);
  tcase_add_loop_test(memory, rings_go_at_the_limit, 0, NAMES);
  tcase_add_loop_test(memory, memory_runs_out_anywhere, 0, NAMES);
  tcase_add_loop_test(memory, a_limit_below_all, 0, NAMES);
  tcase_add_test(memory, finalizers_at_the_limit);
  tcase_add_test(memory, words);
  tcase_add_loop_test(time, what_has_no_end_ends, 0, (int)(sizeof endless / sizeof *endless));
  tcase_add_loop_test(time, what_is_short_is_not_stopped, 0, 2);
  tcase_add_test(time, one_inside_the_other);
  tcase_add_test(time, what_catches_it_is_stopped_again);
  tcase_add_test(time, a_programs_own_handler_and_hook);
  tcase_add_test(time, handlers_that_call_each_other);
  tcase_add_loop_test(time, in_a_forked_child, 0, 2);
  tcase_add_test(time, on_many_threads);
  return trial_run(suite);
}
