/* Collected objects, the header before each, the events logged for them, and pools. Part of xlgc.hpp, which includes
 * it.
 *
 * Destructors run on the thread that works on the pool: the worker, or the caller of flush, step or dispatch; where
 * traits say so, on the worker, the clean-up thread, or the thread that made the object. They never run inside an
 * assignment, a make() or any other change of a pointer, so a lock may be held there that a destructor takes; but they do
 * where help_tells of the pool's configuration says so, or where a drop finds no memory, or the queue at a bound where
 * the thread may not help: then it steps. */
#ifndef XLGC_OBJECT_HPP
#define XLGC_OBJECT_HPP

#include <xlgc.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
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
  /* xlgc_lookup finds the object by the address where the complete object begins; about 90 bytes an object. */
  static constexpr bool indexed = false;
};

namespace detail {

class heap;

inline int check(int result, const char *operation) {
  if (result < 0) throw error(result, operation);
  return result;
}

/* Stands right before each complete object. */
struct header {
  xlgc_id id; /* XLGC_ID_NONE once the object was notified, or its constructor has failed */
  heap *home;
  bool told() const noexcept { return id == XLGC_ID_NONE; }
};
static_assert(sizeof(header) == 16 || sizeof(void *) != 8, "no padding");

/* Memory that make() is filling. */
struct frame {
  std::uintptr_t begin, end;
  header *made;
  frame *outer;
};

/* Of a thread: the pool and context that it was told to use, NULL to find them otherwise; what it is making. */
struct thread_state {
  heap *home;
  xlgc_context *context;
  frame *making;
};
inline thread_local thread_state here{nullptr, nullptr, nullptr};

/* The header of the object, among those that this thread is making, whose memory contains `at`; or NULL. */
inline header *maker_of(void *at) noexcept {
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(at);
  for (const frame *making = here.making; making; making = making->outer)
    if (address - making->begin < making->end - making->begin) return making->made;
  return nullptr;
}

/* Uses a pool, and a context of it if given, on this thread for a while. */
class use {
public:
  use(heap *home, xlgc_context *context) noexcept : home_(here.home), context_(here.context) {
    here.home = home;
    here.context = context;
  }
  use(const use &) = delete;
  use &operator=(const use &) = delete;
  ~use() {
    here.home = home_;
    here.context = context_;
  }

private:
  heap *home_;
  xlgc_context *context_;
};

/* A kind with a function that the library does not know. */
struct kind : xlgc_kind {
  void (*destroy)(void *object, bool made); /* its destructor, if it was made, and its memory */
};
/* Distinguishes these kinds from others of the same pool. */
inline char brand;

/* A weak reference, shared by the copies of a weak. */
struct cell {
  heap *home;
  xlgc_weak *reference = nullptr;
  cell *next = nullptr, **at = nullptr;
  inline explicit cell(heap *pool) noexcept;
  cell(const cell &) = delete;
  cell &operator=(const cell &) = delete;
  inline ~cell();
};

/* A pool with what may outlive it: roots, weak references, and the objects that these roots hold. */
class heap {
public:
  explicit heap(const xlgc_config &config) : config_(config) {
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
  }
  heap(const heap &) = delete;
  heap &operator=(const heap &) = delete;

  xlgc_pool *native() const noexcept { return pool_; }
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  /* The context to log to. */
  int find_context(xlgc_context **out) const noexcept {
    if (here.home != this || !here.context) return xlgc_context_here(pool_, out);
    *out = here.context;
    return 0;
  }
  xlgc_context *need_context(const char *operation) const {
    xlgc_context *context = nullptr;
    check(closed() ? XLGC_E_SHUTDOWN : find_context(&context), operation);
    return context;
  }

  /* Logs a drop. Returns 0, or why it was lost. */
  template <class Log> int drop(Log log) noexcept {
    xlgc_context *context;
    int result = find_context(&context);
    if (!result) result = log(context);
    for (int tries = 0; tries < 1000 && (result == XLGC_E_QUEUE || result == XLGC_E_NOMEM); tries++) {
      if (xlgc_step(pool_, 256) < 0) std::this_thread::yield();
      result = find_context(&context);
      if (!result) result = log(context);
    }
    if (result && result != XLGC_E_SHUTDOWN) lost_.fetch_add(1, std::memory_order_relaxed);
    return result;
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
    std::lock_guard<std::mutex> lock(mutex_);
    one->next = cells_;
    one->at = &cells_;
    if (one->next) one->next->at = &one->next;
    cells_ = one;
  }
  void unwatch(cell *one) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    *one->at = one->next;
    if (one->next) one->next->at = one->at;
    xlgc_weak_destroy(one->reference);
  }

  /* Ends the pool. What roots still hold stays until the last of these roots is gone. */
  void close() noexcept {
    const int result = xlgc_pool_shutdown(pool_);
    if (result == XLGC_E_DEADLOCK || result == XLGC_E_HELD) std::terminate();
    {
      std::lock_guard<std::mutex> lock(mutex_);
      for (cell *one = cells_; one; one = one->next) {
        xlgc_weak_destroy(one->reference);
        one->reference = nullptr;
      }
    }
    xlgc_pool_destroy(pool_);
    remaining_.fetch_add(pins_, std::memory_order_relaxed);
    closed_.store(true, std::memory_order_release);
    let_go(not_closed);
  }

private:
  ~heap() = default;

  struct survivor_of {
    void *object;
    const kind *of;
    bool made;
  };

  static void survivor(void *data, const xlgc_survivor *one) {
    heap *self = static_cast<heap *>(data);
    if (self->config_.on_survivor) self->config_.on_survivor(self->config_.data, one);
    if (one->kind->data != &brand) return;
    self->pins_ += one->pins;
    try {
      self->survivors_.push_back({one->object, static_cast<const kind *>(one->kind), false});
    } catch (...) {
      self->lost_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  /* So many roots less, of a pool that is gone. With the last one its objects are destroyed: all are marked first, so
   * that none of them uses another. */
  void let_go(std::int64_t count) noexcept {
    if (remaining_.fetch_sub(count, std::memory_order_acq_rel) != count) return;
    for (survivor_of &one : survivors_) {
      header *head = static_cast<header *>(one.object) - 1;
      one.made = !head->told();
      head->id = XLGC_ID_NONE;
    }
    for (const survivor_of &one : survivors_)
      one.of->destroy(one.object, one.made);
    survivors_.clear();
    release();
  }

  static constexpr std::int64_t not_closed = INT64_C(1) << 48;

  xlgc_config config_;
  xlgc_pool *pool_ = nullptr;
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> references_{1}, lost_{0};
  std::atomic<std::int64_t> remaining_{not_closed}; /* pins, once it is closed */
  std::int64_t pins_ = 0;
  std::vector<survivor_of> survivors_;
  std::mutex mutex_; /* for the cells */
  cell *cells_ = nullptr;
};

/* The pool of make() on threads that use no other. */
inline std::atomic<heap *> common{nullptr};

inline heap *need_heap() {
  heap *home = here.home ? here.home : common.load(std::memory_order_acquire);
  if (!home) throw error(XLGC_E_STATE, "make an object without a pool");
  return home;
}

inline cell::cell(heap *pool) noexcept : home(pool) {
  home->retain();
  home->watch(this);
}
inline cell::~cell() {
  home->unwatch(this);
  home->release();
}

/* ---------------------------------------------------------------- events */

/* Holder NULL: there is none, so the target is pinned. Target NULL, or of no pool: nothing. */

inline void hold(const header *holder, const header *target) {
  if (!target || (holder && holder->told())) return;
  if (target->told()) throw error(XLGC_E_RELEASED, "hold an object");
  if (!holder)
    target->home->pin(target->id);
  else if (!holder->home->closed())
    check(xlgc_link(holder->home->need_context("link"), holder->id, target->id), "link");
}

/* The target of a holder that was notified must not be given. */
inline void let_go(const header *holder, const header *target) noexcept {
  if (!target || target->told()) return;
  if (!holder)
    target->home->unpin(target->id);
  else if (!holder->home->closed())
    holder->home->drop([&](xlgc_context *context) { return xlgc_unlink(context, holder->id, target->id); });
}

inline bool is_told(const header *holder) noexcept { return holder && holder->told(); }

inline void change(const header *holder, const header *old, const header *now) {
  if (old == now || is_told(holder)) return;
  if (holder && old && now && !old->told() && !now->told()) {
    if (!holder->home->closed())
      check(xlgc_relink(holder->home->need_context("relink"), holder->id, old->id, now->id), "relink");
    return;
  }
  hold(holder, now);
  let_go(holder, old);
}

} // namespace detail

/* --------------------------------------------------------------- objects */

/* The base of collected objects. Inherit from it, virtually or not, also several times. Copying copies nothing of it. A
 * class with two of them must name the one to convert to: `using xlgc_base = one_of_its_bases;`. */
class object {
protected:
  object() noexcept : header_(detail::maker_of(this)) {}
  object(const object &) noexcept : object() {}
  object &operator=(const object &) noexcept { return *this; }
  ~object() = default;

private:
  detail::header *header_;
  friend struct access;
};

/* For the other parts of this header. */
struct access {
  static detail::header *head(const object &one) noexcept { return one.header_; }

  template <class T, class = void> struct has_base : std::false_type {};
  template <class T> struct has_base<T, std::void_t<typename T::xlgc_base>> : std::true_type {};

  template <class T> static detail::header *head(const T *one) noexcept {
    static_assert(sizeof(T) > 0, "the class must be complete here");
    if (!one) return nullptr;
    if constexpr (std::is_convertible_v<const T *, const object *>)
      return head(*static_cast<const object *>(one));
    else if constexpr (has_base<T>::value)
      return head(static_cast<const typename T::xlgc_base *>(one));
    else if constexpr (std::is_base_of_v<com::supports, T>)
      return head(one->identity());
    else
      static_assert(std::is_base_of_v<object, T> && !std::is_base_of_v<object, T>,
                    "no xlgc::object; or two, then name the one to use: using xlgc_base = ...");
  }

  template <class P> static auto adopt(P *pinned) noexcept {
    return root<P>(pinned, typename root<P>::pinned_already());
  }
  template <class T> static detail::header *holder(const ref<T> &one) noexcept { return one.holder_; }
  static detail::heap *home(const pool &one) noexcept;
};

/* The id of an object, for the functions of xlgc.h; XLGC_ID_NONE when it was not made by make() or was notified. */
template <class T> xlgc_id id_of(const T *one) noexcept {
  const detail::header *head = access::head(one);
  return head ? head->id : XLGC_ID_NONE;
}

namespace detail {

template <class T> constexpr auto name_of() {
#ifdef __GNUC__
  constexpr std::string_view all = __PRETTY_FUNCTION__;
  constexpr std::size_t begin = all.find("T = ") + 4, length = all.find_first_of(";]", begin) - begin;
#else
  constexpr std::string_view all = "object";
  constexpr std::size_t begin = 0, length = all.size();
#endif
  std::array<char, length + 1> name{};
  for (std::size_t i = 0; i < length; i++)
    name[i] = all[begin + i];
  return name;
}

template <class T> inline constexpr auto name = name_of<T>();

template <class T> constexpr std::size_t offset() { return alignof(T) > sizeof(header) ? alignof(T) : sizeof(header); }
template <class T> void *allocate() {
  void *memory = nullptr;
  if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
    memory = ::operator new(offset<T>() + sizeof(T), std::align_val_t(alignof(T)));
  else
    memory = ::operator new(offset<T>() + sizeof(T));
  return static_cast<char *>(memory) + offset<T>();
}
template <class T> void deallocate(void *object) noexcept {
  void *memory = static_cast<char *>(object) - offset<T>();
  if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
    ::operator delete(memory, std::align_val_t(alignof(T)));
  else
    ::operator delete(memory);
}

template <class T> void destroy(void *object, bool made) {
  if (made) std::launder(static_cast<T *>(object))->T::~T();
  deallocate<T>(object);
}

template <class T> void release(xlgc_context *context, xlgc_id, void *object, void *) {
  header *head = static_cast<header *>(object) - 1;
  const use callbacks(head->home, context);
  const bool made = !head->told();
  head->id = XLGC_ID_NONE;
  destroy<T>(object, made);
}

template <class T, class = void> struct asks : std::false_type {};
template <class T> struct asks<T, std::void_t<decltype(std::declval<T &>().xlgc_orphaned())>> : std::true_type {};

template <class T> int orphaned(xlgc_context *context, xlgc_id, void *object, void *) {
  header *head = static_cast<header *>(object) - 1;
  if (head->told()) return XLGC_LET_GO;
  const use callbacks(head->home, context);
  return std::launder(static_cast<T *>(object))->xlgc_orphaned() ? XLGC_KEEP : XLGC_LET_GO;
}
template <class T> constexpr auto orphaned_or_null() -> int (*)(xlgc_context *, xlgc_id, void *, void *) {
  if constexpr (asks<T>::value) return orphaned<T>;
  return nullptr;
}

template <class T>
inline constexpr kind kind_of{{name<T>.data(), traits<T>::indexed ? 0u : unsigned(XLGC_KIND_UNINDEXED), release<T>,
                               orphaned_or_null<T>(), nullptr, &brand, traits<T>::delivery},
                              destroy<T>};

/* Registers and pins an object that is about to be made. */
inline void enlist(void *object, heap *home, const kind *of, void (*free)(void *)) {
  header *head = nullptr;
  int result;
  xlgc_id id = XLGC_ID_NONE;
  try {
    xlgc_context *context = home->need_context("make an object");
    head = ::new (static_cast<header *>(object) - 1) header{XLGC_ID_NONE, home};
    result = xlgc_register(context, object, of, &id);
  } catch (...) {
    free(object);
    throw;
  }
  if (result) {
    free(object);
    throw error(result, "make an object");
  }
  /* From here on the releaser frees the memory. If the pin is lost, the object stays new. */
  result = home->drop([&](xlgc_context *context) { return xlgc_pin(context, id); });
  if (result) throw error(result, "make an object");
  head->id = id;
}

template <class T, class... Arguments> T *make(heap *home, Arguments &&...arguments) {
  static_assert(std::is_base_of_v<object, T>, "what is made must inherit from xlgc::object");
  static_assert(!std::is_const_v<T> && !std::is_abstract_v<T>);
  void *memory = allocate<T>();
  enlist(memory, home, &kind_of<T>, deallocate<T>);
  header *head = static_cast<header *>(memory) - 1;
  const xlgc_id id = head->id;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory);
  frame making{begin, begin + sizeof(T), head, here.making};
  const use this_pool(home, here.home == home ? here.context : nullptr);
  struct finish {
    frame *making;
    ~finish() { here.making = making->outer; }
  } finish{&making};
  here.making = &making;
  try {
    return ::new (memory) T(std::forward<Arguments>(arguments)...);
  } catch (...) {
    head->id = XLGC_ID_NONE;
    home->unpin(id);
    throw;
  }
}

} // namespace detail

/* Makes an object in the pool that this thread uses: see pool, and pool::use. The pool destroys it when no root reaches
 * it any more. Throws what the constructor throws: then the object is gone, its memory goes with the next round, and
 * nothing may hold it by then. Throws std::bad_alloc; error: XLGC_E_STATE when there is no pool, or as xlgc_register
 * and xlgc_pin. Cost: an allocation, the pool's lock for a moment, one event. */
template <class T, class... Arguments> root<T> make(Arguments &&...arguments) {
  return access::adopt(detail::make<T>(detail::need_heap(), std::forward<Arguments>(arguments)...));
}

/* ----------------------------------------------------------------- pools */

/* A pool. The first one of the process, and after its end the next that is created, is that of make() on all threads.
 * Its destructor releases what no root reaches. What roots still hold, in globals for instance, stays until the last of
 * these roots is gone; then all of it is destroyed at once, without events. Weak references then give empty roots.
 * Destroying a pool inside a callback or section of its own ends the process.
 * Threads: as xlgc_pool; the destructor as xlgc_pool_destroy. */
class pool {
public:
  /* Throws error: XLGC_E_NOMEM, XLGC_E_INVAL. */
  pool() : home_(nullptr) {
    xlgc_config config;
    xlgc_config_init(&config);
    open(config);
  }
  explicit pool(const xlgc_config &config) : home_(nullptr) { open(config); }
  pool(const pool &) = delete;
  pool &operator=(const pool &) = delete;
  ~pool() {
    detail::heap *expected = home_;
    detail::common.compare_exchange_strong(expected, nullptr);
    home_->close();
  }

  /* While this exists, make() on this thread uses the pool. They nest, and must end before the pool does. */
  class use : detail::use {
  public:
    explicit use(pool &one) noexcept : detail::use(one.home_, nullptr) {}
  };

  /* As xlgc::make, in this pool. */
  template <class T, class... Arguments> root<T> make(Arguments &&...arguments) {
    return access::adopt(detail::make<T>(home_, std::forward<Arguments>(arguments)...));
  }

  /* The functions of xlgc.h with these names; they throw its errors. */
  void flush() { detail::check(xlgc_flush(native()), "flush"); }
  void apply() { detail::check(xlgc_apply(native()), "apply"); }
  bool step(std::size_t units) { return detail::check(xlgc_step(native(), units), "step") != 0; }
  void start_worker() { detail::check(xlgc_worker_start(native()), "start the worker"); }
  void stop_worker() { detail::check(xlgc_worker_stop(native()), "stop the worker"); }
  void start_cleaner() { detail::check(xlgc_cleaner_start(native()), "start the clean-up thread"); }
  void stop_cleaner() { detail::check(xlgc_cleaner_stop(native()), "stop the clean-up thread"); }
  xlgc_statistics statistics() const {
    xlgc_statistics statistics;
    detail::check(xlgc_stats(native(), &statistics), "read statistics");
    return statistics;
  }
  /* Handles messages of this thread's context; see xlgc_context_dispatch. Returns how many. */
  std::size_t dispatch(std::size_t max = SIZE_MAX) {
    return static_cast<std::size_t>(
        detail::check(xlgc_context_dispatch(home_->need_context("dispatch"), max), "dispatch"));
  }
  /* Drops that could not be logged; each may leave an object that is never released. */
  std::uint64_t lost_drops() const noexcept { return home_->lost(); }

  /* The pool itself, for xlgc.h. Do not destroy it. */
  xlgc_pool *native() const noexcept { return home_->native(); }

private:
  void open(const xlgc_config &config) {
    home_ = new detail::heap(config);
    detail::heap *none = nullptr;
    detail::common.compare_exchange_strong(none, home_);
  }
  detail::heap *home_;
  friend struct access;
};

inline detail::heap *access::home(const pool &one) noexcept { return one.home_; }

/* A context for a coroutine or a script engine: while a context::use exists, its thread logs there. Threads need none.
 * Must not be destroyed while a context::use of it exists; may outlive the pool. */
class context {
public:
  /* Throws error, as xlgc_context_create. */
  explicit context(pool &one, const char *name = nullptr) : home_(access::home(one)), native_(nullptr) {
    detail::check(xlgc_context_create(one.native(), name, &native_), "create a context");
    home_->retain();
  }
  context(const context &) = delete;
  context &operator=(const context &) = delete;
  ~context() {
    if (!home_->closed()) xlgc_context_destroy(native_);
    home_->release();
  }
  xlgc_context *native() const noexcept { return native_; }

  class use : detail::use {
  public:
    explicit use(context &one) noexcept : detail::use(one.home_, one.native_) {}
  };

private:
  detail::heap *home_;
  xlgc_context *native_;
};

/* A section of this thread, or of a context: see xlgc_enter. It must end on the same thread, and before its pool
 * does. */
class section {
public:
  /* Throws error, as xlgc_enter. */
  explicit section(pool &one) : section(access::home(one)->need_context("enter a section")) {}
  explicit section(context &one) : section(one.native()) {}
  section(const section &) = delete;
  section &operator=(const section &) = delete;
  ~section() { xlgc_leave(native_); }
  /* See xlgc_safepoint. */
  void safepoint() { detail::check(xlgc_safepoint(native_), "pass a safepoint"); }

private:
  explicit section(xlgc_context *native) : native_(native) { detail::check(xlgc_enter(native), "enter a section"); }
  xlgc_context *native_;
};

} // namespace xlgc

#endif
