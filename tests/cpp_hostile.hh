/* The worst that a worker can do to C++ code: after each report, all that no root reaches by then is destroyed, and its
 * memory is spoilt. Included instead of cpp_support.hh, by programs of one file. */
#ifndef CPP_HOSTILE_HH
#define CPP_HOSTILE_HH

#include <xlgc/cpp.h>

#include <cstdlib>
#include <cstring>
#include <vector>

/* The pool that is flushed after each report of this thread, or NULL. */
inline thread_local xlgc_pool *hostile_pool = nullptr;
inline int hostile_report(int result) {
  if (hostile_pool && !result) xlgc_flush(hostile_pool);
  return result;
}

/* How many adds of this thread are reported until one fails; 0: none does. */
inline thread_local unsigned hostile_failure = 0;
inline bool hostile_fails() { return hostile_failure && !--hostile_failure; }

#undef xlgc_cpp_link
#undef xlgc_cpp_unlink
#undef xlgc_cpp_relink
#undef xlgc_pin
#undef xlgc_unpin
#define xlgc_cpp_link(...) (hostile_fails() ? XLGC_E_NOMEM : hostile_report((xlgc_cpp_link)(__VA_ARGS__)))
#define xlgc_cpp_unlink(...) hostile_report((xlgc_cpp_unlink)(__VA_ARGS__))
#define xlgc_cpp_relink(...) (hostile_fails() ? XLGC_E_NOMEM : hostile_report((xlgc_cpp_relink)(__VA_ARGS__)))
#define xlgc_pin(...) (hostile_fails() ? XLGC_E_NOMEM : hostile_report((xlgc_pin)(__VA_ARGS__)))
#define xlgc_unpin(...) hostile_report((xlgc_unpin)(__VA_ARGS__))

#include "cpp_support.hh"

/* Objects whose memory is of no use once they are gone: the address sanitizer says so; without it, it is filled with
 * what is no pointer, and kept for a while. */
struct spoilt {
  static void *operator new(std::size_t size) { return std::malloc(size); }
  static void operator delete(void *memory, std::size_t size) {
#if !TRIAL_SANITIZED
    static thread_local std::vector<void *> kept;
    std::memset(memory, 0xDB, size);
    kept.push_back(memory);
    if (kept.size() < 4096) return;
    memory = kept.front();
    kept.erase(kept.begin());
#endif
    (void)size;
    std::free(memory);
  }
};

/* While it exists, this thread's reports are followed by a flush of the pool. */
class hostility {
public:
  explicit hostility(xlgc::pool &pool) { hostile_pool = pool.native(); }
  hostility(const hostility &) = delete;
  hostility &operator=(const hostility &) = delete;
  ~hostility() { hostile_pool = nullptr; }
};

#endif
