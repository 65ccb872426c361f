/* What a pool is made of in C++: the header before each object, what is kept of a pool while objects and pointers of it
 * are there, and the kinds of objects. Part of xlgc.hpp, which includes it. */
#ifndef XLGC_HEAP_HPP
#define XLGC_HEAP_HPP

#include <xlgc.h>
#include <xlgc/bridge.h>
#include <xlgc/cpp.h>
#include <xlgc/why.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace xlgc {

class object;
class pool;
class context;
template <class T> class root;
template <class T> class ref;
template <class T> class weak;
template <class T> class atomic_ref;
template <class T> class com_ptr;
namespace com {
class supports;
}

/* What failed, with xlgc.h's code. what() is the operation and the code's text. */
class error : public std::runtime_error {
public:
  error(int code, const char *operation)
      : std::runtime_error(std::string("xlgc: ") + operation + ": " + xlgc_strerror(code)), code_(code) {}
  /* XLGC_E_*. */
  int code() const noexcept { return code_; }

private:
  int code_;
};

/* How objects of a class are treated; specialise it for a class, before its first make(). */
template <class T> struct traits {
  /* On which thread the object is destroyed: XLGC_DELIVER_*. */
  static constexpr unsigned delivery = XLGC_DELIVER_INLINE;
  /* xlgc_lookup finds the object by the address where the complete object begins; 56 bytes an object. */
  static constexpr bool indexed = false;
};

namespace detail {

class heap;

/* Throws; where exceptions are switched off, says what failed and ends the process. */
[[noreturn]] inline void fail(int code, const char *operation) {
#ifdef __cpp_exceptions
  throw error(code, operation);
#else
  std::fprintf(stderr, "%s\n", error(code, operation).what());
  std::abort();
#endif
}

inline int check(int result, const char *operation) {
  if (result < 0) fail(result, operation);
  return result;
}

/* Takes back at its end what was done in advance, unless all went well. */
template <class Undo> class rollback {
public:
  explicit rollback(Undo undo) noexcept : undo_(undo) {}
  rollback(const rollback &) = delete;
  rollback &operator=(const rollback &) = delete;
  ~rollback() {
    if (!all_well_) undo_();
  }
  void all_went_well() noexcept { all_well_ = true; }

private:
  Undo undo_;
  bool all_well_ = false;
};

/* Stands right before each complete object. From the moment that the object is dead the id is none, see cpp.h. */
struct header {
  xlgc_id id;
  heap *home;
  bool told() const noexcept { return id <= XLGC_CPP_TOLD; }
  bool told_and_checked() const noexcept { return id == XLGC_CPP_TOLD_AND_CHECKED; }
};
static_assert(sizeof(header) == sizeof(xlgc_cpp_header) && alignof(header) == alignof(xlgc_cpp_header), "as in cpp.h");
static_assert(sizeof(header) == 16 || sizeof(void *) != 8, "no padding");

/* Each shared object has its own of what is declared so; what the whole process has is in the library, see cpp.h. */
#ifdef __GNUC__
#define XLGC_OF_MODULE __attribute__((visibility("hidden"))) inline
#else
#define XLGC_OF_MODULE inline
#endif

/* This thread's state, which it has once for all modules. */
XLGC_OF_MODULE thread_local xlgc_cpp_thread *known_here = nullptr;
inline xlgc_cpp_thread &here() noexcept {
  if (!known_here) known_here = xlgc_cpp_here();
  return *known_here;
}

/* The header of the object, among those that this thread is making, whose memory contains `at`; or NULL. */
inline header *maker_of(void *at) noexcept {
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(at);
  for (const xlgc_cpp_frame *making = here().making; making; making = making->outer)
    if (address - making->begin < making->end - making->begin) return static_cast<header *>(making->made);
  return nullptr;
}

/* Uses a pool, and a context of it if given, on this thread for a while. */
class use {
public:
  use(heap *home, xlgc_context *context) noexcept : pool_(here().pool), context_(here().context) {
    here().pool = home;
    here().context = context;
  }
  use(const use &) = delete;
  use &operator=(const use &) = delete;
  ~use() {
    here().pool = pool_;
    here().context = context_;
  }

private:
  void *pool_;
  xlgc_context *context_;
};

/* A kind with a function that the library does not know. */
struct kind {
  xlgc_labelled_kind of;
  void (*destroy)(void *object, bool made); /* its destructor, if it was made, and its memory */
  const xlgc_kind *native() const noexcept { return &of.described.kind; }
};

/* A module of the program, see cpp.h. It is the `data` of its kinds, by which they are told from others of a pool. When
 * it is unloaded, what is left of their objects is given up: see pool. */
class module : public xlgc_cpp_module {
public:
  XLGC_OF_MODULE module() noexcept; /* what it says of itself is not what another's would */
  module(const module &) = delete;
  module &operator=(const module &) = delete;
  inline ~module();
  /* How its objects are used by scripts; see script.hpp. */
  bool uses(const void *behaviour) noexcept { return (natives = behaviour) != nullptr; }
  /* Does its header agree with those of the modules that were there before, or have they gone, and their pools? Before
   * that it has used nothing of what modules share; from then on it is others that are refused. */
  bool agrees() noexcept {
    if (agrees_.load(std::memory_order_relaxed)) return true;
    if (xlgc_cpp_agree()) return false;
    agrees_.store(true, std::memory_order_relaxed);
    return true;
  }
  /* Its destructor is called because it is unloaded, and not because the process ends. */
  void unloads() noexcept { unloads_ = true; }

private:
  std::atomic<bool> agrees_{false};
  bool unloads_ = false;
};
XLGC_OF_MODULE module this_module;

#ifdef __GNUC__
/* At an unloading such functions run before the destructors of a module's variables, at the end of a process after
 * them. */
__attribute__((destructor)) XLGC_OF_MODULE void unload_this_module() noexcept { this_module.unloads(); }
#endif
#undef XLGC_OF_MODULE

/* What modules share has the same layout in those with the same text. */
#ifdef _LIBCPP_VERSION
#define XLGC_LIBRARY "libc++"
#else
#define XLGC_LIBRARY "libstdc++"
#endif
/* A weak reference, shared by the copies of a weak. */
struct cell {
  heap *home;
  const header *of = nullptr; /* the object's; there while the reference gives it */
  xlgc_weak *reference = nullptr;
  cell *next = nullptr, **at = nullptr;
  inline explicit cell(heap *pool) noexcept;
  cell(const cell &) = delete;
  cell &operator=(const cell &) = delete;
  inline ~cell();
};

/* What an object leaves that let go when it was asked, but had handed something over. It is kept until that is applied,
 * and let go then without being asked once more. The echo is an object of the pool itself: it is released one round
 * after that, so that an object which has come back meanwhile is asked again later. */
struct echo {
  heap *home;
  const header *of; /* NULL once the object is let go */
  bool asked = false;
  echo *next = nullptr;
};

/* What other parts of this header have of a pool, by key; it ends with the pool, or with its module. */
struct extra {
  const void *key;
  const module *of;
  extra *next = nullptr;
  extra(const void *name, const module *whose) noexcept : key(name), of(whose) {}
  virtual ~extra() = default;
};

/* A pool with what may outlive it: roots, weak references, and the objects that these roots hold. */
class heap : public xlgc_cpp_pool {
public:
  explicit heap(const xlgc_config &config) : xlgc_cpp_pool(), config_(config) {
    check(this_module.agrees() ? xlgc_cpp_agree() : XLGC_E_LAYOUT, "create a pool");
    xlgc_config mine = config;
    mine.on_survivor = survivor;
    if (config.on_error)
      mine.on_error = [](void *data, const xlgc_error *late) {
        const xlgc_config &theirs = static_cast<heap *>(data)->config_;
        theirs.on_error(theirs.data, late);
      };
    if (config.on_held)
      mine.on_held = [](void *data, const xlgc_held *held) {
        const xlgc_config &theirs = static_cast<heap *>(data)->config_;
        theirs.on_held(theirs.data, held);
      };
    mine.data = this;
    check(xlgc_pool_create(&mine, &pool_), "create a pool");
    checks_ = xlgc_cpp_checks(pool_) != 0;
    forks_ = xlgc_forks();
    xlgc_cpp_pool_opens(this);
  }
  heap(const heap &) = delete;
  heap &operator=(const heap &) = delete;

  xlgc_pool *native() const noexcept { return pool_; }
  bool checks() const noexcept { return checks_; }
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  /* The context to log to. */
  int find_context(xlgc_context **out) const noexcept {
    const xlgc_cpp_thread &thread = here();
    if (thread.pool != this || !thread.context) return xlgc_context_here(pool_, out);
    *out = thread.context;
    return 0;
  }
  xlgc_context *need_context(const char *operation) const {
    xlgc_context *context = nullptr;
    check(!this_module.agrees() ? XLGC_E_LAYOUT : closed() ? XLGC_E_SHUTDOWN : find_context(&context), operation);
    return context;
  }

  /* Logs a drop, which makes room for itself. Returns 0, or why it was lost. */
  template <class Log> int drop(Log log) noexcept {
    xlgc_context *context;
    int result = find_context(&context);
    if (!result) result = log(context);
    for (int tries = 0; tries < 1000 && (result == XLGC_E_QUEUE || result == XLGC_E_NOMEM); tries++) {
      if (xlgc_cpp_make_room(pool_, 256) < 0) std::this_thread::yield();
      result = find_context(&context);
      if (!result) result = log(context);
    }
    if (result && result != XLGC_E_SHUTDOWN) lost_.fetch_add(1, std::memory_order_relaxed);
    return result;
  }

  /* The extra with this key, or NULL. */
  extra *find_extra(const void *key) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    return extra_locked(key);
  }
  /* Adds one, unless another thread was faster. Returns the one that is there. */
  extra *add_extra(std::unique_ptr<extra> &made) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    if (extra *there = extra_locked(made->key)) return there;
    made->next = extras_;
    return extras_ = made.release();
  }

  void pin(xlgc_id id) {
    if (closed())
      remaining_.fetch_add(1, std::memory_order_relaxed);
    else
      check(xlgc_pin(need_context("pin"), id), "pin");
  }
  void unpin(xlgc_id id) noexcept {
    if (closed() || drop([&](xlgc_context *context) { return xlgc_unpin(context, id); }) == XLGC_E_SHUTDOWN) let_go(1);
  }

  void watch(cell *one) noexcept {
    if (is_parents()) return;
    std::lock_guard<std::mutex> lock(mutex_);
    one->next = cells_;
    one->at = &cells_;
    if (one->next) one->next->at = &one->next;
    cells_ = one;
  }
  void unwatch(cell *one) noexcept {
    if (is_parents()) return;
    std::lock_guard<std::mutex> lock(mutex_);
    *one->at = one->next;
    if (one->next) one->next->at = one->at;
    xlgc_weak_destroy(one->reference);
  }

  /* Leaves an echo. Returns whether it could. */
  inline bool leave_echo(xlgc_context *context, const header *of) noexcept;
  /* Has the object left one? Then this ends it. */
  bool take_echo(const header *of) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    for (echo *one = echoes_; one; one = one->next)
      if (one->of == of) {
        one->of = nullptr;
        return true;
      }
    return false;
  }
  void end_echo(echo *gone) noexcept {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      echo **place = &echoes_;
      while (*place != gone)
        place = &(*place)->next;
      *place = gone->next;
    }
    delete gone;
  }

  /* Ends the pool. What roots still hold stays until the last of these roots is gone; in the child of a fork, for good,
   * as the objects are the parent's. */
  void close() noexcept {
    xlgc_cpp_pool_closes(this);
    if (is_parents()) return closed_.store(true, std::memory_order_release);
    end_extras(nullptr);
    const int result = xlgc_pool_shutdown(pool_);
    if (result == XLGC_E_DEADLOCK || result == XLGC_E_HELD) std::terminate();
    {
      std::lock_guard<std::mutex> lock(mutex_);
      for (cell *one = cells_; one; one = one->next) {
        xlgc_weak_destroy(one->reference);
        one->reference = nullptr;
      }
    }
    put_in_order();
    remaining_.fetch_add(pins_, std::memory_order_relaxed);
    closed_.store(true, std::memory_order_release);
    let_go(not_closed);
  }

  /* Retains it and chains it to others, unless it is being deleted already. For one thread at a time: modules are
   * unloaded under the loader's lock. */
  void chain(heap **first) noexcept {
    std::uint64_t count = references_.load(std::memory_order_relaxed);
    while (count && !references_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
    }
    if (count) chained_ = std::exchange(*first, this);
  }
  /* A module is unloaded: what is left of its classes is reported, and never destroyed. Returns the next of the
   * chain. */
  heap *forget(const module *gone) noexcept {
    if (is_parents()) return std::exchange(chained_, nullptr);
    if (!closed()) {
      end_extras(gone);
      xlgc_flush(pool_);
      xlgc_kinds_retire(pool_, gone, forget_one, this);
    }
    std::lock_guard<std::mutex> lock(mutex_);
    for (survivor_of &one : survivors_)
      if (one.of && one.of->native()->data == gone) one.of = nullptr;
    return std::exchange(chained_, nullptr);
  }

private:
  ~heap() {
    xlgc_cpp_pool_ends(this);
    while (echo *one = echoes_) {
      echoes_ = one->next;
      delete one;
    }
  }

  /* Is this the child of a fork, and the pool one of before? Then another thread may have had any lock. */
  bool is_parents() const noexcept { return xlgc_forks() != forks_; }

  struct survivor_of {
    void *object;
    const kind *of; /* NULL once its module is unloaded */
    bool made = false;
    std::size_t place = 0; /* in the order in which they are destroyed */
  };

  extra *extra_locked(const void *key) const noexcept {
    extra *one = extras_;
    while (one && one->key != key)
      one = one->next;
    return one;
  }
  /* of: those of a module, or NULL for all. */
  void end_extras(const module *of) noexcept {
    extra *gone = nullptr;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      for (extra **place = &extras_; extra *one = *place;)
        if (of && one->of != of)
          place = &one->next;
        else
          *place = std::exchange(one->next, std::exchange(gone, one));
    }
    while (extra *one = gone) {
      gone = one->next;
      delete one;
    }
  }

  static void forget_one(void *data, const xlgc_survivor *one) {
    heap *self = static_cast<heap *>(data);
    if (self->is_echo(one->object)) return;
    if (self->config_.on_survivor) self->config_.on_survivor(self->config_.data, one);
    xlgc_native_retire(self->pool_, one->id);
  }

  static void survivor(void *data, const xlgc_survivor *one) {
    heap *self = static_cast<heap *>(data);
    if (self->is_echo(one->object)) return;
    if (self->config_.on_survivor) self->config_.on_survivor(self->config_.data, one);
    if (!xlgc_cpp_has(one->kind->data)) return;
    self->pins_ += one->pins;
#ifdef __cpp_exceptions
    try {
      self->survivors_.push_back({one->object, reinterpret_cast<const kind *>(one->kind)});
    } catch (...) {
      self->lost_.fetch_add(1, std::memory_order_relaxed);
    }
#else
    self->survivors_.push_back({one->object, reinterpret_cast<const kind *>(one->kind)});
#endif
  }

  /* Destroys the pool, which knows what holds what of those that are left. */
  void put_in_order() noexcept {
    const auto by_object = [](const survivor_of &one, const survivor_of &other) {
      return std::less<void *>()(one.object, other.object);
    };
    std::sort(survivors_.begin(), survivors_.end(), by_object);
    struct {
      std::vector<survivor_of> *all;
      decltype(by_object) before;
      std::size_t count;
    } order{&survivors_, by_object, 0};
    xlgc_cpp_pool_destroy(
        pool_,
        [](void *data, void *object) {
          auto &told = *static_cast<decltype(order) *>(data);
          const auto end = told.all->end();
          const auto one = std::lower_bound(told.all->begin(), end, survivor_of{object, nullptr}, told.before);
          if (one != end && one->object == object) one->place = told.count++;
        },
        &order);
    std::sort(survivors_.begin(), survivors_.end(),
              [](const survivor_of &one, const survivor_of &other) { return one.place < other.place; });
  }

  /* So many roots less, of a pool that is gone. With the last one its objects are destroyed: all are marked first, so
   * that none of them uses another. If one would be kept, or is rooted again as it is asked, all stay. */
  void let_go(std::int64_t count) noexcept {
    if (remaining_.fetch_sub(count, std::memory_order_acq_rel) != count) return;
    remaining_.fetch_add(not_closed, std::memory_order_relaxed);
    if (any_is_kept() || remaining_.fetch_sub(not_closed, std::memory_order_acq_rel) != not_closed) return;
    std::vector<survivor_of> survivors;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      survivors.swap(survivors_);
    }
    for (survivor_of &one : survivors) {
      header *head = static_cast<header *>(one.object) - 1;
      one.made = !head->told();
      head->id = XLGC_ID_NONE;
    }
    for (const survivor_of &one : survivors)
      if (one.of) one.of->destroy(one.object, one.made);
    release();
  }

  bool is_echo(const void *object) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    const echo *one = echoes_;
    while (one && one != object)
      one = one->next;
    return one != nullptr;
  }

  /* Asks the objects that are left, one after the other. */
  bool any_is_kept() noexcept {
    for (std::size_t i = 0;; i++) {
      survivor_of one{};
      {
        std::lock_guard<std::mutex> lock(mutex_);
        if (i == survivors_.size()) return false;
        one = survivors_[i];
      }
      if (one.of && one.of->native()->orphaned &&
          one.of->native()->orphaned(nullptr, XLGC_ID_NONE, one.object, one.of->native()->data) == XLGC_KEEP)
        return true;
    }
  }

  static constexpr std::int64_t not_closed = INT64_C(1) << 48;

  xlgc_config config_;
  unsigned forks_ = 0;
  bool checks_ = false;
  xlgc_pool *pool_ = nullptr;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> references_{1}, lost_{0};
  std::atomic<std::int64_t> remaining_{not_closed}; /* pins, once it is closed */
  std::int64_t pins_ = 0;
  std::vector<survivor_of> survivors_;
  std::mutex mutex_; /* for the cells and extras, and for survivors_ once it is closed */
  echo *echoes_ = nullptr;
  cell *cells_ = nullptr;
  extra *extras_ = nullptr;
  heap *chained_ = nullptr;
};

/* The pool of make() on this thread. */
inline heap *need_heap() {
  void *told = here().pool;
  heap *home = told ? static_cast<heap *>(told) : static_cast<heap *>(xlgc_cpp_common());
  if (!home) fail(XLGC_E_STATE, "make an object without a pool");
  return home;
}

inline module::module() noexcept : xlgc_cpp_module() {
  layout = "xlgc.hpp 3, " XLGC_LIBRARY;
  bytes = sizeof(heap);
  agrees_ = xlgc_cpp_join(this) == 0;
}
#undef XLGC_LIBRARY

inline module::~module() {
  if (!unloads_) return;
  heap *homes = nullptr;
  /* One that differs has used no pool, and the pools are none that it can read. */
  if (agrees_.load(std::memory_order_relaxed))
    xlgc_cpp_each_pool(
        [](void *data, xlgc_cpp_pool *one) { static_cast<heap *>(one)->chain(static_cast<heap **>(data)); }, &homes);
  while (heap *home = homes) {
    homes = home->forget(this);
    home->release();
  }
  xlgc_cpp_leave(this);
}

inline int echo_orphaned(xlgc_context *, xlgc_id, void *object, void *) noexcept {
  return std::exchange(static_cast<echo *>(object)->asked, true) ? XLGC_LET_GO : XLGC_KEEP;
}
inline void echo_release(xlgc_context *, xlgc_id, void *object, void *) noexcept {
  echo *one = static_cast<echo *>(object);
  one->home->end_echo(one);
}
inline constexpr xlgc_kind echo_kind{"what an object left", XLGC_KIND_UNINDEXED, echo_release, echo_orphaned, nullptr,
                                     &this_module,          XLGC_DELIVER_INLINE};

inline bool heap::leave_echo(xlgc_context *context, const header *of) noexcept {
  echo *one = new (std::nothrow) echo{this, of};
  if (!one) return false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    one->next = echoes_;
    echoes_ = one;
  }
  xlgc_id id = XLGC_ID_NONE;
  if (xlgc_register(context, one, &echo_kind, &id)) {
    end_echo(one);
    return false;
  }
  if (!xlgc_pin(context, id)) drop([id](xlgc_context *found) { return xlgc_unpin(found, id); });
  return true;
}

inline cell::cell(heap *pool) noexcept : home(pool) {
  home->retain();
  home->watch(this);
}
inline cell::~cell() {
  home->unwatch(this);
  home->release();
}

} // namespace detail

} // namespace xlgc

#endif
