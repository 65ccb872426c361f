/* A program, a library that it is linked with, and plug-ins that it loads, with the pool and what a thread makes in
 * common. PROGRAM PLUGIN COPY: two files with the same plug-in. PROGRAM PLUGIN: one that was compiled with another
 * xlgc.hpp. */
#include "expect.hh"

#include "node.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <optional>
#include <string>
#include <thread>

static int alive;
static std::string reported;

static void *load(const char *file, const plugin **out) {
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) std::puts(dlerror());
  EXPECT(library);
  *out = static_cast<const plugin *>(dlsym(library, "functions"));
  EXPECT(*out);
  return library;
}

static xlgc_config reporting() {
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = [](void *, const xlgc_error *error) {
    std::printf("%s: %s\n", error->what, xlgc_strerror(error->code));
    std::exit(1);
  };
  config.on_survivor = [](void *, const xlgc_survivor *one) {
    reported += std::string(one->kind->name) + " " + std::to_string(one->pins) + ", ";
  };
  return config;
}

/* make() in a plug-in uses the program's pool; each part's constructors find what another part's make() fills. */
static void rings(xlgc::pool &pool, const plugin *one, const plugin *other) {
  xlgc::root<node> mine = xlgc::make<node>(&alive);
  xlgc::root<part> linked = xlgc::make<part>(&alive);
  xlgc::root<xlgc::object> first = one->make(&alive), second = other->make_in(pool, &alive);
  mine->next = linked;
  linked->next = first;
  one->join(first.get(), second.get());
  other->join(second.get(), mine.get());
  linked = nullptr;
  first = nullptr;
  second = nullptr;
  pool.flush();
  EXPECT(alive == 4);
  mine = nullptr;
  pool.flush();
  EXPECT(alive == 0);
  EXPECT(pool.statistics().links == 0 && pool.lost_drops() == 0);
}

/* A thread that was told of a pool is so in all parts. */
static void told(xlgc::pool &pool, const plugin *one) {
  xlgc::pool other;
  std::thread([&] {
    const xlgc::pool::use here(other);
    const xlgc::root<xlgc::object> made = one->make(&alive);
    EXPECT(other.statistics().objects == 1);
  }).join();
  other.flush();
  EXPECT(alive == 0 && pool.statistics().objects == 0);
}

/* Objects for scripts are known by type in all parts, and their methods are there until the part is unloaded. */
static void scripts(xlgc::pool &pool, const plugin *one, const plugin *other) {
  const xlgc::held first = one->show(pool), second = other->show(pool), mine = xlgc::held(pool, pool.make<shown>());
  const xlgc::held all[] = {first, second, mine};
  for (const xlgc::held &self : all)
    for (const xlgc::held &given : all) {
      const xlgc::value on(self), argument(given);
      self.set("number", 2);
      EXPECT(xlgc::visit(pool, self.get<xlgc::held>("add")).call({argument}, &on).as<int>() >= 3);
    }
  EXPECT(mine.as<shown *>()->number >= 3);
}

/* What roots hold beyond the pool is destroyed with the last of them, whichever part made it. */
static void beyond(const plugin *one, const plugin *other) {
  xlgc::root<xlgc::object> first, second, mine;
  {
    xlgc::pool pool;
    first = one->make_in(pool, &alive);
    second = other->make_in(pool, &alive);
    mine = pool.make<node>(&alive);
  }
  EXPECT(alive == 3);
  first = nullptr;
  mine = nullptr;
  EXPECT(alive == 3);
  second = nullptr;
  EXPECT(alive == 0);
}

/* Returns whether it is gone: the system may keep one that has symbols which others use. */
static bool unload(void *library, const char *file) {
  EXPECT(dlclose(library) == 0);
  void *there = dlopen(file, RTLD_NOW | RTLD_NOLOAD);
  if (there) dlclose(there);
  return !there;
}

/* What a plug-in's variables held goes with it; what something else holds is reported by name, and is left alone. */
static void unloading(xlgc::pool &pool, const char *file, bool hidden) {
  const plugin *one;
  for (int again = 0; again < 3; again++) {
    void *library = load(file, &one);
    one->keep(one->make(&alive).get());
    one->make(&alive);
    one->show(pool);
    EXPECT(alive == 2);
    const bool gone = unload(library, file);
    EXPECT(gone || !hidden);
    if (!gone) one->keep(nullptr);
    if (!gone) pool.flush();
    EXPECT(alive == 0 && reported == "");
  }
  if (!hidden) return;
  void *library = load(file, &one);
  xlgc::root<xlgc::object> mine = one->make(&alive);
  one->forget(mine.get());
  one->forget(one->make(&alive).get());
  EXPECT(unload(library, file));
  EXPECT(reported == "gadget 2, gadget 1, ");
  reported = "";
  mine = nullptr;
  pool.flush();
  EXPECT(alive == 2);
  EXPECT(xlgc_verify(pool.native(), nullptr, 0) == 0);
  /* Another time the same memory has the same kinds. */
  library = load(file, &one);
  one->make(&alive);
  pool.flush();
  EXPECT(alive == 2);
  EXPECT(unload(library, file));
  alive = 0;
}

static void unloading_later(const char *file, bool hidden) {
  const plugin *one;
  void *library = load(file, &one);
  xlgc::root<xlgc::object> kept, mine;
  {
    xlgc::pool pool;
    kept = one->make_in(pool, &alive);
    mine = pool.make<node>(&alive);
  }
  EXPECT(alive == 2);
  if (hidden) EXPECT(unload(library, file));
  mine = nullptr;
  kept = nullptr;
  EXPECT(alive == (hidden ? 1 : 0));
  alive = 0;
}

/* The modules differ: none makes anything, and the error says so. */
static void differing(const char *file) {
  std::optional<xlgc::pool> before(std::in_place);
  xlgc::root<node> kept = xlgc::make<node>(&alive);
  const plugin *one;
  void *library = load(file, &one);
  int refused = 0;
  auto expect = [&](auto function) {
    try {
      function();
    } catch (const std::exception &thrown) {
      EXPECT(std::strstr(thrown.what(), "xlgc.hpp files that differ"));
      refused++;
    }
  };
  expect([&] { one->make(&alive); });
  expect([&] { xlgc::make<node>(&alive); });
  expect([&] { xlgc::pool another; });
  EXPECT(refused == 3 && alive == 1);
  /* Here the plug-in may be running the program's code, whose symbols it shares. */
  expect([&] { one->keep(kept.get()); });
  one->keep(nullptr);
  kept->next = kept;
  kept = nullptr;
  before->flush();
  EXPECT(alive == 0);
  if (unload(library, file)) xlgc::make<node>(&alive);
}

int main(int count, char **arguments) {
  if (count == 2) {
    differing(arguments[1]);
    return 0;
  }
  const bool hidden = std::getenv("HIDDEN") != nullptr;
  const plugin *one, *other;
  void *library = load(arguments[1], &one), *copy = load(arguments[2], &other);
  {
    xlgc::pool pool(reporting());
    rings(pool, one, other);
    told(pool, one);
    scripts(pool, one, other);
  }
  beyond(one, other);
  {
    xlgc::pool pool(reporting());
    EXPECT(dlclose(copy) == 0);
    unloading(pool, arguments[2], hidden);
    rings(pool, one, one);
    reported = "";
  }
  unloading_later(arguments[2], hidden);
  EXPECT(dlclose(library) == 0);
  return 0;
}
