/* What objects of other languages cost.
 *
 *   hosts [--quick]
 *
 * Calls and objects that are held and let go: Lua and Python through xlgc, and through a binding written by hand for this
 * pair, which pins and knows nothing else. Collecting: all three languages with 10^5 live objects each and 1,000 held
 * across, and 1,000 dead rings through all; the peer is each engine's own full collection, which leaks the rings. */
#include <Python.h>

#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <cstring>

#include "peer_pins.h"
extern "C" {
#include "measure.h"
}

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

namespace {

constexpr int calls = 20000, held = 10000, rings = 1000;

lua_State *L;
xlgc_pool *pool;

void collect() { must_be(xlgc_hosts_collect(pool) >= 0, "collect"); }

/* ------------------------------------------------------------ in Lua, in Python */

void run_lua(const char *text) {
  if (luaL_dostring(L, text)) {
    std::fprintf(stderr, "%s\n", lua_tostring(L, -1));
    must_be(false, "run Lua");
  }
}

PyObject *main_dictionary() { return PyModule_GetDict(PyImport_AddModule("__main__")); }

void run_python(const char *text) {
  PyObject *result = PyRun_String(text, Py_file_input, main_dictionary(), main_dictionary());
  if (!result) PyErr_Print();
  must_be(result, "run Python");
  Py_DECREF(result);
}

/* A global of the one as a global of the other, by the bridge. */
void give_to_lua(const char *name) {
  xlgc_value value;
  must(xlgc_python_value(PyDict_GetItemString(main_dictionary(), name), &value), "take from Python");
  must(xlgc_lua_push(L, &value), "give to Lua");
  lua_setglobal(L, name);
  xlgc_value_clear(&value);
}
void give_to_python(const char *name) {
  xlgc_value value;
  lua_getglobal(L, name);
  must(xlgc_lua_value(L, -1, &value), "take from Lua");
  lua_pop(L, 1);
  PyObject *object = xlgc_python_object(&value);
  must_be(object, "give to Python");
  PyDict_SetItemString(main_dictionary(), name, object);
  Py_DECREF(object);
  xlgc_value_clear(&value);
}

/* Runs a function of Lua's, or of Python's, so many times; ns each. */
double time_lua(const char *function, int times) {
  lua_getglobal(L, function);
  lua_pushinteger(L, times);
  const double start = now_ns();
  must_be(xlgc_lua_pcall(L, 1, 0, 0) == LUA_OK, "call Lua");
  return (now_ns() - start) / times;
}
double time_python(const char *function, int times) {
  PyObject *object = PyDict_GetItemString(main_dictionary(), function);
  const double start = now_ns();
  PyObject *result = PyObject_CallFunction(object, "i", times);
  must_be(result, "call Python");
  const double ns = now_ns() - start;
  Py_DECREF(result);
  return ns / times;
}

double calls_from_lua(void *data) { return time_lua(static_cast<const char *>(data), calls); }
double calls_from_python(void *data) { return time_python(static_cast<const char *>(data), calls); }

/* Objects of Python that Lua gets and forgets, until Python has freed them. */
double hold_by_xlgc(void *) {
  const double start = now_ns();
  time_lua("hold_xlgc", held);
  lua_gc(L, LUA_GCCOLLECT);
  collect();
  const double ns = now_ns() - start;
  run_python("assert Thing.alive == 0, Thing.alive");
  return ns / held;
}
double hold_by_pins(void *) {
  const double start = now_ns();
  time_lua("hold_pins", held);
  lua_gc(L, LUA_GCCOLLECT);
  const double ns = now_ns() - start;
  run_python("assert Thing.alive == 0, Thing.alive");
  return ns / held;
}

/* ---------------------------------------------------------------- collecting */

void plainly(bool plain) { must(xlgc_hosts_plain(pool, plain), "choose summaries"); }

double summaries(void *) {
  const double start = now_ns();
  collect();
  return (now_ns() - start) / 1e6;
}
double full_collections(void *) {
  plainly(true);
  collect(); /* drops the links of the last summaries */
  const double start = now_ns();
  collect();
  const double ns = now_ns() - start;
  plainly(false);
  collect();
  return ns / 1e6;
}

double make_rings() {
  const double start = now_ns();
  run_lua("for i = 1, 1000 do make_ring() end");
  return now_ns() - start;
}
void expect_things(int count) {
  char text[80];
  std::snprintf(text, sizeof text, "assert Thing.alive == %d, Thing.alive", count);
  run_python(text);
}
double rings_by_xlgc(void *) {
  const double made = make_rings(), start = now_ns();
  collect();
  const double ns = now_ns() - start;
  expect_things(0);
  return (made + ns) / rings / 1e3;
}
double rings_by_pins(void *) {
  plainly(true);
  const double made = make_rings(), start = now_ns();
  collect();
  const double ns = now_ns() - start;
  expect_things(rings); /* they leak */
  plainly(false);
  collect();
  expect_things(0);
  return (made + ns) / rings / 1e3;
}

void set_up(xlgc::held &globals_of_javascript) {
  run_python("import xlgc\n"
             "class Thing:\n"
             "    alive = 0\n"
             "    def __init__(self): Thing.alive += 1\n"
             "    def __del__(self): Thing.alive -= 1\n"
             "def answer(): return 1\n"
             "def call_xlgc(n):\n"
             "    for _ in range(n): lua_answer()\n"
             "def call_pins(n):\n"
             "    for _ in range(n): pinned_answer()\n"
             "live = [[i] for i in range(100000)]\n"
             "def hold(others): live.append([other for other in others])\n");
  run_lua("function lua_answer() return 1 end\n"
          "function call_xlgc(n) for _ = 1, n do answer() end end\n"
          "function call_pins(n) for _ = 1, n do pinned_answer() end end\n"
          "function hold_xlgc(n) for _ = 1, n do local thing = Thing() end end\n"
          "function hold_pins(n) for _ = 1, n do local thing = pinned_Thing() end end\n"
          "live = {} for i = 1, 100000 do live[i] = { i } end\n");
  give_to_lua("answer");
  give_to_lua("Thing");
  give_to_python("lua_answer");
  pins_into_lua(L, "pinned_answer", PyDict_GetItemString(main_dictionary(), "answer"));
  pins_into_lua(L, "pinned_Thing", PyDict_GetItemString(main_dictionary(), "Thing"));
  PyObject *pinned = pins_into_python(L, "lua_answer");
  must_be(pinned, "pin a function of Lua's");
  PyDict_SetItemString(main_dictionary(), "pinned_answer", pinned);
  Py_DECREF(pinned);
  must(xlgc_lua_push(L, globals_of_javascript.get().native()), "give to Lua");
  lua_setglobal(L, "js");
  run_lua("function make_ring()\n"
          "  local thing, table = Thing(), {}\n"
          "  thing.table = table\n"
          "  table.handler = js.close_over(thing)\n"
          "end\n");
}

/* A thousand objects of each that another one holds. */
void hold_across() {
  run_lua("for i = 1, 1000 do live[i].other = js.make(i) end");
  run_lua("local all = {} for i = 1, 1000 do all[i] = live[i] end js.keep(all)");
  run_python("xlgc.shared.hold = hold");
}

} // namespace

int main(int count, char **arguments) {
  measure_start(count, arguments, "hosts");
  Py_InitializeEx(0);
  L = luaL_newstate();
  must_be(L, "make a state of Lua");
  luaL_openlibs(L);
  {
    xlgc::pool heap;
    pool = heap.native();
    must(xlgc_lua_open(L, pool, 0, nullptr), "open Lua");
    xlgc_host *python;
    must(xlgc_python_open(pool, &python), "open Python");
    {
      xlgc::language javascript(heap, xlgc_language_mozjs);
      javascript.eval("globalThis.live = []; for (let i = 0; i < 100000; i++) live.push({ i });\n"
                      "globalThis.close_over = (thing) => () => thing;\n"
                      "globalThis.make = (i) => ({ i });\n"
                      "globalThis.keep = (all) => { live.push(all); };");
      xlgc::held globals = javascript.globals();
      set_up(globals);
      hold_across();
      char xlgc_name[] = "call_xlgc", pins_name[] = "call_pins";
      subject from_lua[] = {{"", calls_from_lua, xlgc_name, 0, 0, {}},
                            {"pins, by hand", calls_from_lua, pins_name, 0, 0, {}}};
      compare("call Lua>Python", calls, "call", from_lua, 2);
      subject from_python[] = {{"", calls_from_python, xlgc_name, 0, 0, {}},
                               {"pins, by hand", calls_from_python, pins_name, 0, 0, {}}};
      compare("call Python>Lua", calls, "call", from_python, 2);
      subject holding[] = {{"", hold_by_xlgc, nullptr, 0, 0, {}}, {"pins, by hand", hold_by_pins, nullptr, 0, 0, {}}};
      compare("hold, let go", held, "object", holding, 2);
      subject collecting[] = {{"", summaries, nullptr, 0, 0, {}},
                              {"own full GCs", full_collections, nullptr, 0, 0, {}}};
      measure("collect", 100000, collecting, 2);
      report("collect", 100000, "ms", &collecting[0], &collecting[1]);
      subject of_rings[] = {{"", rings_by_xlgc, nullptr, 0, 0, {}}, {"pins (leaks)", rings_by_pins, nullptr, 0, 0, {}}};
      measure("ring", rings, of_rings, 2);
      report("ring", rings, "us/ring", &of_rings[0], &of_rings[1]);
      run_python("del pinned_answer, lua_answer");
      run_lua("js = nil answer = nil Thing = nil live = nil pinned_answer = nil pinned_Thing = nil");
    }
    must(xlgc_python_close(), "close Python");
    lua_close(L);
  }
  Py_FinalizeEx();
  return 0;
}
