// See peer_shared_ptr.h. In C++ as shared_ptr is inlined where it is used; the fences tell the compiler that the
// variable is seen from outside, so no assignment is left out.
#include "peer_shared_ptr.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define IS_SINGLE_THREADED __libc_single_threaded
#else
#define IS_SINGLE_THREADED 0
#endif

namespace {

struct object {
  long payload[4];
};

std::shared_ptr<object> shared = std::make_shared<object>();

double now_ns() {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline void seen(std::shared_ptr<object> &variable) { asm volatile("" : : "r"(&variable) : "memory"); }

} // namespace

int peer_shared_ptr_start() {
  static std::mutex never;
  never.lock();
  std::thread([] { never.lock(); }).detach();
  return !IS_SINGLE_THREADED;
}

double peer_shared_ptr_assign(uint64_t n) {
  auto one = std::make_shared<object>(), two = std::make_shared<object>();
  std::shared_ptr<object> variable = two;
  double start_ns = now_ns();
  for (uint64_t i = 0; i < n; i += 2) {
    variable = one;
    seen(variable);
    variable = two;
    seen(variable);
  }
  return now_ns() - start_ns;
}

double peer_shared_ptr_contended(uint64_t n) {
  std::shared_ptr<object> variable;
  double start_ns = now_ns();
  for (uint64_t i = 0; i < n; i++) {
    variable = shared;
    seen(variable);
    variable.reset();
    seen(variable);
  }
  return now_ns() - start_ns;
}
