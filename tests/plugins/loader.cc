/* A program that does not use xlgc.hpp, with two plug-ins that differ. LOADER PLUGIN DIFFERS: the one that is refused
 * may go on when the other one is unloaded, unless a pool of that is left. */
#include "expect.hh"

#include <xlgc.h>

#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

class part {
public:
  explicit part(const char *file) : file_(file), library_(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
    if (!library_) std::puts(dlerror());
    EXPECT(library_);
    open_ = reinterpret_cast<int (*)(bool)>(dlsym(library_, "open_own"));
    close_ = reinterpret_cast<void (*)()>(dlsym(library_, "close_own"));
    EXPECT(open_ && close_);
  }
  part(const part &) = delete;
  part &operator=(const part &) = delete;
  ~part() {
    EXPECT(dlclose(library_) == 0);
    EXPECT(!dlopen(file_, RTLD_NOW | RTLD_NOLOAD));
  }
  int open(bool stays = false) const { return open_(stays); }
  void close() const { close_(); }

private:
  const char *file_;
  void *library_;
  int (*open_)(bool stays);
  void (*close_)();
};

int main(int, char **arguments) {
  const char *const plugin = arguments[1], *const differs = arguments[2];
  {
    auto *first = new part(plugin);
    EXPECT(first->open() == 0);
    auto *refused = new part(differs);
    EXPECT(refused->open() == XLGC_E_LAYOUT);
    first->close();
    EXPECT(refused->open() == XLGC_E_LAYOUT && first->open() == XLGC_E_LAYOUT);
    delete first;
    EXPECT(refused->open() == 0);
    refused->close();
    EXPECT(refused->open() == 0);
    /* Now it is the other one that comes too late. */
    first = new part(plugin);
    EXPECT(first->open() == XLGC_E_LAYOUT);
    delete refused;
    EXPECT(first->open() == 0);
    delete first;
  }
  const part last(differs);
  {
    const part leaving(plugin);
    EXPECT(leaving.open() == XLGC_E_LAYOUT);
  }
  EXPECT(last.open() == 0);
  EXPECT(last.open(true) == 0);
  last.close();
  const part refused(plugin);
  EXPECT(refused.open() == XLGC_E_LAYOUT);
  return 0;
}
