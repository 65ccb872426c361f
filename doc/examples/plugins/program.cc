// Loads a plug-in, uses what it makes, lets go of it, and unloads the plug-in, three times, as a program does that takes a
// new version without being started anew. The plug-in's objects hold each other; they are gone before its code is.
#include "shape.hpp"

#include <cstdio>
#include <dlfcn.h>

int main(int, char **arguments) {
  xlgc::pool pool;
  for (int i = 1; i <= 3; i++) {
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    auto make = plugin ? reinterpret_cast<void (*)(xlgc::root<shape> *)>(dlsym(plugin, "make")) : nullptr;
    if (!make) {
      std::puts(dlerror());
      return 1;
    }
    xlgc::root<shape> one;
    make(&one);
    std::printf("load %d: %d corners and %d, ", i, one->corners(), one->next->corners());
    one = nullptr;
    pool.flush();
    dlclose(plugin);
    std::puts(dlopen(arguments[1], RTLD_NOW | RTLD_NOLOAD) ? "which stays" : "unloaded");
  }
}
