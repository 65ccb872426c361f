/* The longest single call while the tables of hosts grow: objects of C++ are made and given to Lua, whose own collector
 * does not run; nothing waits, as the pool is flushed every 256. In time of the core, as others use the machine, too.
 *
 *   manners [--quick] */
#include <xlgc/lua.h>
#include <xlgc/script.hpp>

#include <vector>

extern "C" {
#include <lauxlib.h>

#include "measure.h"
}

namespace {

struct thing : xlgc::scriptable {};

constexpr double bound_ms = 1;
constexpr int flushed = 256;

struct longest {
  double made_ms = 0, pushed_ms = 0;
};

void note(double &longest, double from_ns, double to_ns) {
  const double took = (to_ns - from_ns) / 1e6;
  if (took > longest) longest = took;
}

longest grow(int count) {
  longest most;
  xlgc::pool pool;
  lua_State *L = luaL_newstate();
  must_be(L, "make a state");
  lua_gc(L, LUA_GCSTOP);
  must(xlgc_lua_open(L, pool.native(), 0, nullptr), "open Lua");
  {
    std::vector<xlgc::root<thing>> all;
    all.reserve(std::size_t(count));
    for (int i = 0; i < count; i++) {
      const double begin = cpu_ns();
      all.push_back(xlgc::make<thing>());
      const double made = cpu_ns();
      const int failed = xlgc_lua_push(L, xlgc::value(all.back()).native());
      const double pushed = cpu_ns();
      must(failed, "push to Lua");
      lua_pop(L, 1);
      note(most.made_ms, begin, made);
      note(most.pushed_ms, made, pushed);
      if (i % flushed == flushed - 1) pool.flush();
    }
  }
  lua_close(L);
  return most;
}

longest last;

double run_making(void *count) {
  last = grow(*static_cast<int *>(count));
  return last.made_ms;
}
double run_pushing(void *) { return last.pushed_ms; }
double run_bound(void *) { return bound_ms; }

} // namespace

int main(int argc, char **argv) {
  measure_start(argc, argv, "manners");
  measure_warm = false;
  int count = measure_quick ? 100000 : 1000000;
  subject subjects[3] = {};
  subjects[0].run = run_making;
  subjects[0].data = &count;
  subjects[1].run = run_pushing;
  subjects[2].name = "bound";
  subjects[2].run = run_bound;
  subjects[2].target = 1;
  measure("growing", std::uint64_t(count), subjects, 3);
  report("longest make", std::uint64_t(count), "ms", &subjects[0], &subjects[2]);
  report("longest push to Lua", std::uint64_t(count), "ms", &subjects[1], &subjects[2]);
  return 0;
}
