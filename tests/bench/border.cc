/* What one use of another language's object costs, each against a binding by hand that pins (peer_border.h).
 *
 *   border [--quick]
 *   border --counted       the same, once each, for callgrind, which is told where each begins
 *
 * Besides times, which are of the processor's: how often a lock was taken. Instructions are counted by callgrind. */
#include <Python.h>

#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <atomic>
#include <cstring>
#include <dlfcn.h>
#include <pthread.h>
#include <valgrind/callgrind.h>

#include "peer_border.h"
extern "C" {
#include "measure.h"
}

/* All locks of the process that are taken through the C library: the library's, and what the languages take. */
static std::atomic<unsigned long> locks;
extern "C" int pthread_mutex_lock(pthread_mutex_t *mutex) {
  using lock = int (*)(pthread_mutex_t *);
  static const lock next = reinterpret_cast<lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  locks.fetch_add(1, std::memory_order_relaxed);
  return next(mutex);
}

namespace {

lua_State *L;
xlgc_pool *pool;
xlgc_host *host_of_lua;

class counter : public xlgc::scripted<counter> {
public:
  long long add(long long more) { return value_ += more; }
  static void script(xlgc::members<counter> &of) { of.constructor<>().method("add", &counter::add); }

private:
  long long value_ = 0;
};

/* A use: which language does it, so often a time; a function xlgc_NAME and one pins_NAME, to which the number is given.
 * most: how many times what the binding by hand costs it may cost. */
const struct use {
  const char *name, *function;
  bool is_lua;
  int times;
  double most;
} uses[] = {{"call Python>Lua", "call", false, 20000, 1.5},
            {"call back Lua>Python", "back", true, 20000, 1.2},
            {"read a field", "read", false, 20000, 1.5},
            {"write a field", "write", false, 20000, 1.5},
            {"go through 100", "iterate", false, 200, 1.5},
            {"1000 bytes of text", "text", false, 20000, 1.5},
            {"a new object", "fresh", false, 5000, 3},
            {"the same object", "same", false, 20000, 1},
            {"a method of C++", "method", true, 20000, 1.5},
            {"a new object of C++", "make", true, 5000, 3},
            {"four threads on one", "threads", false, 20000, 1.5}};

void run_lua(const std::string &text) {
  if (!luaL_dostring(L, text.c_str())) return;
  std::fprintf(stderr, "%s\n", lua_tostring(L, -1));
  must_be(false, "run Lua");
}
PyObject *main_dictionary() { return PyModule_GetDict(PyImport_AddModule("__main__")); }
void run_python(const std::string &text) {
  PyObject *result = PyRun_String(text.c_str(), Py_file_input, main_dictionary(), main_dictionary());
  if (!result) PyErr_Print();
  must_be(result, "run Python");
  Py_DECREF(result);
}

void give_to_lua(const char *name, const char *as) {
  xlgc_value value;
  must(xlgc_python_value(PyDict_GetItemString(main_dictionary(), name), &value), "take from Python");
  must(xlgc_lua_push(L, &value), "give to Lua");
  lua_setglobal(L, as);
  xlgc_value_clear(&value);
}
void give_to_python(const char *name, const std::string &as) {
  xlgc_value value;
  lua_getglobal(L, name);
  must(xlgc_lua_value(L, -1, &value), "take from Lua");
  lua_pop(L, 1);
  PyObject *object = xlgc_python_object(&value);
  must_be(object, "give to Python");
  PyDict_SetItemString(main_dictionary(), as.c_str(), object);
  Py_DECREF(object);
  xlgc_value_clear(&value);
}
void pin_in_python(const char *name, const std::string &as) {
  PyObject *object = border_into_python(L, name);
  must_be(object, "pin an object of Lua's");
  PyDict_SetItemString(main_dictionary(), as.c_str(), object);
  Py_DECREF(object);
}

void run(const use &use, const char *which, int times) {
  const std::string function = std::string(which) + "_" + use.function;
  if (use.is_lua) {
    lua_getglobal(L, function.c_str());
    lua_pushinteger(L, times);
    must_be(xlgc_lua_pcall(L, 1, 0, 0) == LUA_OK, "call Lua");
    return;
  }
  PyObject *result = PyObject_CallFunction(PyDict_GetItemString(main_dictionary(), function.c_str()), "i", times);
  if (!result) PyErr_Print();
  must_be(result, "call Python");
  Py_DECREF(result);
}

/* What is let go is part of the cost, and so are the collections that come by themselves. */
struct subject_of {
  const use *of;
  const char *which;
};
double take_time(void *data) {
  const subject_of *subject = static_cast<const subject_of *>(data);
  timespec before, after;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  run(*subject->of, subject->which, subject->of->times);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  return ((after.tv_sec - before.tv_sec) * 1e9 + (after.tv_nsec - before.tv_nsec)) / subject->of->times;
}

void make_all() {
  run_lua("function answer(x) return x end\n"
          "object = {value = 1, list = {}}\n"
          "list = {} for i = 1, 100 do list[i] = i end\n"
          "function fresh() return {} end\n"
          "function same() return object end\n");
  run_python("import threading\ndef answer(): return 1\n");
  give_to_lua("answer", "xlgc_answer");
  border_into_lua(L, "pins_answer", PyDict_GetItemString(main_dictionary(), "answer"));
  border_class_into_lua(L, "pins_counter");
  for (const char *name : {"answer", "object", "list", "fresh", "same"}) {
    give_to_python(name, std::string("xlgc_") + name + "_");
    pin_in_python(name, std::string("pins_") + name + "_");
  }
  for (const char *which : {"xlgc", "pins"}) {
    const auto named = [&](std::string text) {
      for (std::size_t at; (at = text.find('$')) != std::string::npos;)
        text.replace(at, 1, std::string(which) + "_");
      return text;
    };
    run_lua(named("function $back(n) for _ = 1, n do $answer() end end\n"
                  "function $method(n) local c = $counter() for _ = 1, n do c:add(1) end end\n"
                  "function $make(n) for _ = 1, n do local c = $counter() end end\n"));
    run_python(named("text = 'x' * 1000\n"
                     "def $call(n):\n"
                     "    for _ in range(n): $answer_(1)\n"
                     "def $read(n):\n"
                     "    for _ in range(n): $object_.value\n"
                     "def $write(n):\n"
                     "    for i in range(n): $object_.value = i\n"
                     "def $iterate(n):\n"
                     "    for _ in range(n):\n"
                     "        for _ in $list_: pass\n"
                     "def $text(n):\n"
                     "    for _ in range(n): $answer_(text)\n"
                     "def $fresh(n):\n"
                     "    for _ in range(n): $fresh_()\n"
                     "def $same(n):\n"
                     "    for _ in range(n): $same_()\n"
                     "def $threads(n):\n"
                     "    all = [threading.Thread(target=$call, args=(n // 4,)) for _ in range(4)]\n"
                     "    for one in all: one.start()\n"
                     "    for one in all: one.join()\n"));
  }
}

/* Before the last use, as it costs all. */
void share_if_needed(const use &use) {
  if (!std::strcmp(use.function, "threads")) must(xlgc_host_share(host_of_lua), "share Lua among threads");
}

void compare_all() {
  for (const use &use : uses) {
    share_if_needed(use);
    subject_of of[] = {{&use, "xlgc"}, {&use, "pins"}};
    subject subjects[] = {{"", take_time, &of[0], 0, 0, {}}, {"pins, by hand", take_time, &of[1], 1 / use.most, 0, {}}};
    const uint64_t n = static_cast<uint64_t>(use.times);
    compare(use.name, n, "use", subjects, 2);
    const unsigned long before = locks;
    run(use, "xlgc", use.times);
    const unsigned long between = locks;
    run(use, "pins", use.times);
    report_count((std::string(use.name) + ", locks").c_str(), n, "locks/use",
                 static_cast<double>(between - before) / use.times, "pins, by hand",
                 static_cast<double>(locks - between) / use.times, 0, 0);
  }
}

/* A line for each use and binding, in the order of callgrind's parts, which have their instructions. */
void count_all() {
  for (const use &use : uses) {
    share_if_needed(use);
    for (const char *which : {"xlgc", "pins"}) {
      const int times = use.times / 20;
      run(use, which, times);
      CALLGRIND_ZERO_STATS;
      CALLGRIND_START_INSTRUMENTATION;
      run(use, which, times);
      CALLGRIND_STOP_INSTRUMENTATION;
      CALLGRIND_DUMP_STATS;
      std::printf("%s\t%s\t%d\n", use.name, which, times);
      std::fflush(stdout);
    }
  }
}

} // namespace

int main(int count, char **arguments) {
  const bool is_counted = count == 2 && !std::strcmp(arguments[1], "--counted");
  if (!is_counted) measure_start(count, arguments, "border");
  Py_InitializeEx(0);
  L = luaL_newstate();
  must_be(L, "make a state of Lua");
  luaL_openlibs(L);
  {
    xlgc::pool heap;
    pool = heap.native();
    must(xlgc_lua_open(L, pool, 0, &host_of_lua), "open Lua");
    must(xlgc_python_open(pool, nullptr), "open Python");
    {
      const xlgc::value made = xlgc::class_in<counter>(heap);
      must(xlgc_lua_push(L, made.native()), "give a class to Lua");
      lua_setglobal(L, "xlgc_counter");
    }
    make_all();
    if (is_counted)
      count_all();
    else
      compare_all();
    run_python("for name in [n for n in globals() if n.startswith(('xlgc_', 'pins_'))]: del globals()[name]\n");
    must(xlgc_python_close(), "close Python");
    lua_close(L);
  }
  Py_FinalizeEx();
  return 0;
}
