/* xlgc.hpp: pointers for C++17 that report themselves to xlgc. Header only; link with the library.
 *
 *     struct node : xlgc::object {
 *       xlgc::ref<node> next{this};
 *       xlgc::ref_vector<node> others{this};
 *     };
 *     xlgc::pool pool;
 *     xlgc::root<node> first = xlgc::make<node>();
 *     first->next = xlgc::make<node>();
 *     first->next->next = first;
 *     first = nullptr;
 *     pool.flush(); // both are deleted
 *
 * Which pointer to use
 *   ref        inside an object: a link from the object that it is a member of, its holder
 *   root       on stacks, in globals, in what is no object: a pin
 *   weak       holds nothing; lock() gives a root, or an empty one
 *   T *, T &   for a call that does not keep it, as long as one of the above is there
 * Nobody writes a function that traverses or clears anything.
 *
 * How a ref finds its holder. make() puts a header before each object: its id and its pool. Every xlgc::object in it
 * has a pointer to that header, found while the object is made: make() notes on the thread which memory it is
 * filling, and whatever is constructed there belongs to it. So several bases of type xlgc::object, virtual ones, and
 * members by value that are objects themselves all mean the same header; an object is where its complete object
 * begins; and a ref works within the constructor. A ref has a pointer to the header of its holder as well:
 *   ref<T> r{holder}         says so: `this`, as a rule
 *   ref<T> r; copies, moves  inside the memory of an object that is being made: that object's. So the default copy and
 *                            move constructors of a class are right
 *   in containers            ref_vector and its kin give their holder to what is constructed in them
 *   a copy elsewhere         is nobody's: it pins, like a root. Safe anywhere, but a cycle through it stays. For
 *                            instance `maybe = other->next` where the std::optional was empty: say
 *                            maybe.emplace(this, other->next)
 *   a move elsewhere         stays its holder's, at no cost: this is what std::sort and std::swap do. It must not
 *                            outlive that holder; to take something away from an object use a root
 * An object that was not made by make(), one on the stack, say, has no header: its refs pin, and pointing to it
 * holds nothing.
 *
 * What happens to refs when their holder goes. A releaser first marks the header, then destroys the object, then
 * frees its memory. From the mark on a ref of the object does nothing in its destructor, never looks at what it
 * pointed to, which may be gone if it was in the same cycle, and reads as null. So
 * `~node() { if (next) next->bye(); }` is safe. Places (xlgc_link_at) would serve as well, for a record more an event, and a link and an unlink for
 * each move of a ref; the mark costs a load where a pointer is read, and no event. A class that wants to talk to
 * what it holds before it goes has a member function `bool xlgc_orphaned() noexcept`: called while all of the cycle
 * is whole; true is a reprieve (XLGC_KEEP).
 *
 * Errors. What would add a link, a pin or an object throws xlgc::error, or std::bad_alloc for the memory of the
 * object, and leaves everything as it was. What drops one never throws: at the queue's bound or without memory it
 * lets the pool work and tries again; if that does not help, the drop is counted in pool::lost_drops() and its
 * object stays. One exception: moving a ref into another object that is being made ends the process if the link
 * cannot be logged.
 *
 * Threads. As in xlgc.h: a pointer is changed by one thread at a time, and who reads it while another may change it
 * does so under the program's lock, until it has its root or ref. Each thread reports to its own context, found by
 * itself. These pointers are not atomic, so they are not for being read in a section while they change; atomic_ref
 * is.
 *
 * Sizes on 64 bits: object 8 bytes, and 16 before each complete object; root 8; ref 16; weak 24; a container 8 more.
 */
#ifndef XLGC_HPP
#define XLGC_HPP

#include <xlgc.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <scoped_allocator>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
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

/* What failed, with xlgc.h's code. what() is the operation and the code's sentence. */
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
  /* Can be found by xlgc_lookup, with the address where the complete object begins; about 90 bytes an object. */
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
  xlgc_id id; /* XLGC_ID_NONE from when the object was told, or its constructor has failed */
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

/* What a thread knows: the pool and context it was told to use, NULL for what is found otherwise; what it is making. */
struct thread_state {
  heap *home;
  xlgc_context *context;
  frame *making;
};
inline thread_local thread_state here{nullptr, nullptr, nullptr};

/* Whose memory, of all that is being made on this thread, `at` is in. */
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

/* A kind with what the library need not know. */
struct kind : xlgc_kind {
  void (*destroy)(void *object, bool made); /* its destructor, if it was made, and its memory */
};
/* Tells these kinds from others of the same pool. */
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

/* A pool, and what may outlive it: roots, weak references, and the objects that these roots hold. */
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

  /* Logs something that drops. Returns 0, or why it was lost. */
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

  /* Ends the pool. What roots still hold stays until the last of these is gone. */
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

  /* Roots less, of a pool that is gone. With the last one go its objects: first all are marked, so that none of them
   * looks at another. */
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

/* The pool of make() on threads that were told no other. */
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

/* Holder NULL: nobody, so what is held is pinned. Target NULL, or of no pool: nothing. */

inline void hold(const header *holder, const header *target) {
  if (!target || (holder && holder->told())) return;
  if (target->told()) throw error(XLGC_E_RELEASED, "hold an object");
  if (!holder)
    target->home->pin(target->id);
  else if (!holder->home->closed())
    check(xlgc_link(holder->home->need_context("link"), holder->id, target->id), "link");
}

/* Never looks at the target of a holder that was told. */
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

/* The base of what is collected. Inherit from it, virtually or not, as often as it comes. Copying copies nothing of it.
 * A class with two of them must say which one converts: `using xlgc_base = one_of_its_bases;`. */
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

/* For the parts of this header. */
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

/* The id of an object, for the functions of xlgc.h; XLGC_ID_NONE when it was not made by make() or was told. */
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
  /* From here on the memory is the releaser's. A pin that cannot be logged is one that would have to be taken back. */
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

/* Makes an object in the pool that this thread uses: see pool, and pool::use. The pool destroys it when nothing
 * holds it any more. Throws what the constructor throws: the object is then gone, and its memory at the next round;
 * nothing may hold it by then. Throws std::bad_alloc; error: XLGC_E_STATE when there is no pool, or as xlgc_register
 * and xlgc_pin.
 * Cost: an allocation, the pool's lock for a moment, one event. */
template <class T, class... Arguments> root<T> make(Arguments &&...arguments) {
  return access::adopt(detail::make<T>(detail::need_heap(), std::forward<Arguments>(arguments)...));
}

/* ----------------------------------------------------------------- pools */

/* A pool. The first one of the process, and after its end the next that is created, serves make() on all threads.
 * Destroying: releases what nothing holds. What roots still hold, in globals say, stays until the last of these
 * roots is gone; then it is destroyed, all of it at once, and without events meanwhile. Weak references answer none.
 * Ends the process when it is destroyed inside a callback or section of its own.
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

  /* While it lives, make() on this thread uses the pool. Nests; must end before the pool does. */
  class use : detail::use {
  public:
    explicit use(pool &one) noexcept : detail::use(one.home_, nullptr) {}
  };

  /* As xlgc::make, in this pool. */
  template <class T, class... Arguments> root<T> make(Arguments &&...arguments) {
    return access::adopt(detail::make<T>(home_, std::forward<Arguments>(arguments)...));
  }

  /* The functions of xlgc.h by these names; they throw its errors. */
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
  /* Drops that could not be logged, each of which leaves an object behind for good. */
  std::uint64_t lost_drops() const noexcept { return home_->lost(); }

  /* The pool itself, for xlgc.h. It stays this one's: do not destroy it. */
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

/* A context of its own, for a coroutine or a script engine: what is logged while a context::use lives goes there.
 * Threads need none. Must not be destroyed while a context::use of it lives; may outlive the pool. */
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

/* -------------------------------------------------------------- pointers */

namespace detail {
template <class P> struct target_of {};
template <class T> struct target_of<T *> { using type = T; };
template <class T> struct target_of<ref<T>> { using type = T; };
template <class T> struct target_of<root<T>> { using type = T; };
template <class T> struct target_of<com_ptr<T>> { using type = T; };

template <class T> T *raw(T *plain) noexcept { return plain; }
template <class T> T *raw(const ref<T> &one) noexcept { return one.get(); }
template <class T> T *raw(const root<T> &one) noexcept { return one.get(); }

/* P points to what a pointer to T can point to. */
template <class P, class T>
using if_points_to = std::enable_if_t<
    std::is_convertible_v<typename target_of<std::remove_cv_t<std::remove_reference_t<P>>>::type *, T *>>;
} // namespace detail

/* A pointer that pins: for stacks, globals, containers that no object owns, and captures. May outlive its pool.
 * Copying and assigning log a pin, dropping an unpin, moving nothing. Errors: copying throws error, as xlgc_pin, and
 * XLGC_E_RELEASED for an object that was told. */
template <class T> class root {
public:
  using element_type = T;

  constexpr root() noexcept = default;
  constexpr root(std::nullptr_t) noexcept {}
  /* From a plain pointer to an object that something holds meanwhile. */
  explicit root(T *target) : pointer_(target) { detail::hold(nullptr, access::head(pointer_)); }
  root(const root &other) : root(other.pointer_) {}
  root(root &&other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  template <class U, class = detail::if_points_to<U *, T>>
  root(const root<U> &other) : root(static_cast<T *>(other.get())) {}
  template <class U, class = detail::if_points_to<U *, T>>
  root(root<U> &&other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  template <class U, class = detail::if_points_to<U *, T>>
  root(const ref<U> &other) : root(static_cast<T *>(other.get())) {}
  ~root() { reset(); }

  root &operator=(const root &other) {
    if (access::head(other.pointer_) != access::head(pointer_)) root(other).swap(*this);
    pointer_ = other.pointer_;
    return *this;
  }
  root &operator=(root &&other) noexcept {
    root(std::move(other)).swap(*this);
    return *this;
  }
  template <class P, class = detail::if_points_to<const P &, T>> root &operator=(const P &other) {
    T *target = detail::raw(other);
    if (access::head(target) != access::head(pointer_)) root(target).swap(*this);
    pointer_ = target;
    return *this;
  }
  root &operator=(std::nullptr_t) noexcept {
    reset();
    return *this;
  }

  void reset() noexcept {
    if (T *old = std::exchange(pointer_, nullptr)) detail::let_go(nullptr, access::head(old));
  }
  void swap(root &other) noexcept { std::swap(pointer_, other.pointer_); }
  friend void swap(root &one, root &other) noexcept { one.swap(other); }

  T *get() const noexcept { return pointer_; }
  T &operator*() const noexcept { return *pointer_; }
  T *operator->() const noexcept { return pointer_; }
  explicit operator bool() const noexcept { return pointer_ != nullptr; }

private:
  struct pinned_already {};
  root(T *pinned, pinned_already) noexcept : pointer_(pinned) {}
  T *pointer_ = nullptr;
  template <class> friend class root;
  friend struct access;
};

namespace detail {
/* Constructs refs with their holder: the containers below hand it down to what they hold. */
template <class U> class allocator_in {
public:
  using value_type = U;
  using is_always_equal = std::false_type;
  explicit allocator_in(header *holder) noexcept : holder_(holder) {}
  template <class V> allocator_in(const allocator_in<V> &other) noexcept : holder_(other.holder()) {}
  U *allocate(std::size_t count) { return std::allocator<U>().allocate(count); }
  void deallocate(U *memory, std::size_t count) noexcept { std::allocator<U>().deallocate(memory, count); }
  /* A copy made by whoever does not say where is nobody's. */
  allocator_in select_on_container_copy_construction() const noexcept { return allocator_in(nullptr); }
  header *holder() const noexcept { return holder_; }
  template <class V> bool operator==(const allocator_in<V> &other) const noexcept { return holder_ == other.holder(); }
  template <class V> bool operator!=(const allocator_in<V> &other) const noexcept { return holder_ != other.holder(); }

private:
  header *holder_;
};
} // namespace detail

/* A pointer inside an object: a link from its holder to its target. See above for how the holder is found.
 *   construct from a pointer, copy          1 event (link)
 *   assign another target                   2 events by one xlgc_relink; 1 if the old or the new one is null
 *   assign the same target                  none
 *   move, swap, within a holder             none; a move drops what the target of the move had held (unlink)
 *   move between holders                    2 events (link at the one, unlink at the other); swap 4
 *   destroy, reset                          1 event (unlink); none once the holder was told
 * Errors: what adds throws error, as xlgc_relink: XLGC_E_FOREIGN for an object of another pool, XLGC_E_RELEASED; the
 * ref is as it was. Once the holder was told it reads as null, and assigning to it does nothing. */
template <class T> class ref {
public:
  using element_type = T;
  using allocator_type = detail::allocator_in<std::byte>;

  /* Empty; the object's that is being made here, or nobody's. */
  ref() noexcept : holder_(detail::maker_of(this)) {}
  ref(std::nullptr_t) noexcept : ref() {}
  /* Empty, and holder's: any pointer to the object that it is a member of. */
  template <class H> explicit ref(H *holder) noexcept : holder_(access::head(holder)) {}
  template <class H> ref(H *holder, std::nullptr_t) noexcept : holder_(access::head(holder)) {}
  template <class H, class P, class = detail::if_points_to<const P &, T>>
  ref(H *holder, const P &target) : ref(in{access::head(holder)}, detail::raw(target)) {}
  template <class H, class U, class = detail::if_points_to<U *, T>>
  ref(H *holder, ref<U> &&other) : ref(in{access::head(holder)}, std::move(other)) {}

  ref(const ref &other) : ref(in{detail::maker_of(this)}, other.get()) {}
  template <class U, class = detail::if_points_to<U *, T>>
  ref(const ref<U> &other) : ref(in{detail::maker_of(this)}, static_cast<T *>(other.get())) {}
  ref(ref &&other) noexcept : ref(in{heir(other)}, std::move(other)) {}
  template <class U, class = detail::if_points_to<U *, T>>
  ref(ref<U> &&other) noexcept : ref(in{heir(other)}, std::move(other)) {}

  /* For containers. */
  ref(std::allocator_arg_t, const allocator_type &where) noexcept : holder_(where.holder()) {}
  ref(std::allocator_arg_t, const allocator_type &where, std::nullptr_t) noexcept : holder_(where.holder()) {}
  template <class P, class = detail::if_points_to<const P &, T>>
  ref(std::allocator_arg_t, const allocator_type &where, const P &target)
      : ref(in{where.holder()}, detail::raw(target)) {}
  template <class U, class = detail::if_points_to<U *, T>>
  ref(std::allocator_arg_t, const allocator_type &where, ref<U> &&other) : ref(in{where.holder()}, std::move(other)) {}

  ~ref() {
    if (pointer_ && !detail::is_told(holder_)) detail::let_go(holder_, access::head(pointer_));
  }

  ref &operator=(const ref &other) {
    assign(other.get());
    return *this;
  }
  ref &operator=(ref &&other) {
    take(other);
    return *this;
  }
  template <class U, class = detail::if_points_to<U *, T>> ref &operator=(ref<U> &&other) {
    take(other);
    return *this;
  }
  /* From a ref, a root, or a plain pointer to an object that something holds meanwhile. */
  template <class P, class = detail::if_points_to<const P &, T>> ref &operator=(const P &other) {
    assign(detail::raw(other));
    return *this;
  }
  ref &operator=(std::nullptr_t) noexcept {
    reset();
    return *this;
  }

  void reset() noexcept {
    T *old = std::exchange(pointer_, nullptr);
    if (old && !detail::is_told(holder_)) detail::let_go(holder_, access::head(old));
  }

  void swap(ref &other) {
    if (holder_ != other.holder_) {
      T *mine = get(), *theirs = other.get();
      detail::header *my_head = access::head(mine), *their_head = access::head(theirs);
      if (my_head != their_head) {
        detail::hold(holder_, their_head);
        try {
          detail::hold(other.holder_, my_head);
        } catch (...) {
          if (!detail::is_told(holder_)) detail::let_go(holder_, their_head);
          throw;
        }
        if (!detail::is_told(holder_)) detail::let_go(holder_, my_head);
        if (!detail::is_told(other.holder_)) detail::let_go(other.holder_, their_head);
      }
    }
    std::swap(pointer_, other.pointer_);
  }
  friend void swap(ref &one, ref &other) { one.swap(other); }

  T *get() const noexcept { return detail::is_told(holder_) ? nullptr : pointer_; }
  T &operator*() const noexcept { return *get(); }
  T *operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return get() != nullptr; }

  /* Is nobody's: it pins. */
  bool is_pin() const noexcept { return !holder_; }

private:
  struct in {
    detail::header *holder;
  };
  ref(in where, T *target) : pointer_(target), holder_(where.holder) { detail::hold(holder_, access::head(target)); }
  template <class U> ref(in where, ref<U> &&other) : pointer_(other.get()), holder_(where.holder) {
    if (holder_ != other.holder_) {
      detail::hold(holder_, access::head(pointer_));
      other.reset();
    }
    other.pointer_ = nullptr;
  }
  template <class U> detail::header *heir(const ref<U> &other) noexcept {
    detail::header *made = detail::maker_of(this);
    return made ? made : other.holder_;
  }

  void assign(T *target) {
    if (target == pointer_) return;
    if (detail::is_told(holder_)) {
      pointer_ = nullptr;
      return;
    }
    detail::change(holder_, access::head(pointer_), access::head(target));
    pointer_ = target;
  }

  template <class U> void take(ref<U> &other) {
    if (static_cast<const void *>(this) == static_cast<const void *>(&other)) return;
    if (holder_ != other.holder_) {
      assign(other.get());
      other.reset();
      return;
    }
    reset();
    pointer_ = other.get();
    other.pointer_ = nullptr;
  }

  T *pointer_ = nullptr;
  detail::header *holder_;
  template <class> friend class ref;
  friend struct access;
};

/* A reference that holds nothing. Making one costs a weak reference of the pool and takes the pool's lock; copies share
 * it. lock() throws nothing and costs the pool's lock for a moment. May outlive its pool.
 * Threads: copies may be used by several threads at once, one object of this class by one. */
template <class T> class weak {
public:
  using element_type = T;

  weak() noexcept = default;
  weak(std::nullptr_t) noexcept {}
  /* From anything that points to the object. Throws error, as xlgc_weak_create; XLGC_E_INVAL for an object that was
   * not made by make(); std::bad_alloc. */
  template <class P, class = detail::if_points_to<const P &, T>> weak(const P &target) : pointer_(detail::raw(target)) {
    if (!pointer_) return;
    const detail::header *head = access::head(pointer_);
    if (!head) throw error(XLGC_E_INVAL, "make a weak reference");
    if (head->told()) throw error(XLGC_E_RELEASED, "make a weak reference");
    cell_ = std::make_shared<detail::cell>(head->home);
    detail::check(xlgc_weak_create(head->home->need_context("make a weak reference"), head->id, nullptr, nullptr,
                                   &cell_->reference),
                  "make a weak reference");
  }

  /* The object, or an empty root when its release is decided or the pool is gone. */
  root<T> lock() const noexcept {
    xlgc_id id = XLGC_ID_NONE;
    if (!cell_ || !cell_->reference || xlgc_weak_load(cell_->reference, &id) || id == XLGC_ID_NONE) return root<T>();
    return access::adopt(pointer_);
  }
  void reset() noexcept {
    cell_.reset();
    pointer_ = nullptr;
  }

private:
  std::shared_ptr<detail::cell> cell_;
  T *pointer_ = nullptr;
};

/* A pointer inside an object that sections read while others change it. Its holder: as of a ref, but it is neither
 * copied nor moved. */
template <class T> class atomic_ref {
public:
  template <class H> explicit atomic_ref(H *holder) noexcept : holder_(access::head(holder)) {}
  atomic_ref(const atomic_ref &) = delete;
  atomic_ref &operator=(const atomic_ref &) = delete;
  ~atomic_ref() {
    if (!detail::is_told(holder_)) detail::let_go(holder_, access::head(pointer_.load(std::memory_order_relaxed)));
  }
  /* Valid until the end of the section that it is called in. NULL once the holder was told. */
  T *load() const noexcept { return detail::is_told(holder_) ? nullptr : pointer_.load(std::memory_order_acquire); }
  /* The add is logged before the pointer changes, the drop after it. Throws as ref. Threads: any number. */
  template <class P, class = detail::if_points_to<const P &, T>> void store(const P &target) {
    exchange(detail::raw(target));
  }
  void store(std::nullptr_t) noexcept { exchange(nullptr); }

private:
  void exchange(T *target) {
    if (detail::is_told(holder_)) return;
    detail::hold(holder_, access::head(target));
    T *old = pointer_.exchange(target, std::memory_order_acq_rel);
    detail::let_go(holder_, access::head(old));
  }
  std::atomic<T *> pointer_{nullptr};
  detail::header *holder_;
};

/* Comparing: any two of ref, root and plain pointers, by address; and with nullptr. */
namespace detail {
template <class P> struct is_ours : std::false_type {};
template <class T> struct is_ours<ref<T>> : std::true_type {};
template <class T> struct is_ours<root<T>> : std::true_type {};
template <class T> struct is_ours<com_ptr<T>> : std::true_type {};
template <class P, class Q>
using if_comparable =
    std::enable_if_t<(is_ours<P>::value || is_ours<Q>::value),
                     std::common_type_t<typename target_of<P>::type *, typename target_of<Q>::type *>>;
template <class P> using if_ours = std::enable_if_t<is_ours<P>::value>;
} // namespace detail

template <class P, class Q, class = detail::if_comparable<P, Q>>
bool operator==(const P &one, const Q &other) noexcept {
  return detail::raw(one) == detail::raw(other);
}
template <class P, class Q, class = detail::if_comparable<P, Q>>
bool operator!=(const P &one, const Q &other) noexcept {
  return detail::raw(one) != detail::raw(other);
}
template <class P, class Q, class = detail::if_comparable<P, Q>> bool operator<(const P &one, const Q &other) noexcept {
  using common = std::common_type_t<typename detail::target_of<P>::type *, typename detail::target_of<Q>::type *>;
  return std::less<common>()(detail::raw(one), detail::raw(other));
}
template <class P, class = detail::if_ours<P>> bool operator==(const P &one, std::nullptr_t) noexcept { return !one; }
template <class P, class = detail::if_ours<P>> bool operator==(std::nullptr_t, const P &one) noexcept { return !one; }
template <class P, class = detail::if_ours<P>> bool operator!=(const P &one, std::nullptr_t) noexcept { return !!one; }
template <class P, class = detail::if_ours<P>> bool operator!=(std::nullptr_t, const P &one) noexcept { return !!one; }

/* ------------------------------------------------------------ containers */

/* An allocator for a standard container whose elements are refs, or hold some: `std::deque<ref<T>,
 * allocator_for<ref<T>>>`. */
template <class Element> using allocator_for = std::scoped_allocator_adaptor<detail::allocator_in<Element>>;

/* A standard container, with allocator_for, as a member of an object: all that is constructed in it is its holder's.
 * It finds its holder as a ref does. What the container can do is as it is there, with its guarantees:
 *   push_back, emplace, insert       a link for each new element; from whatever a ref can be assigned
 *   erase, clear, pop_back, resize   an unlink for each that goes
 *   growing, rehashing, sorting, reversing, swapping, moving within the holder: none
 *   copying                          a link for each
 *   moving to another holder         a link and an unlink for each; a map whose keys can throw copies instead
 *   swapping between holders         the same, and the strong guarantee
 * The temporary copies of a library count as well: std::vector::insert of several, emplace of a key that is there.
 * Between containers of different holders do not use splice, merge, or node handles: the standard forbids it for
 * allocators that differ. Errors and threads: as of a ref. */
template <class Container> class refs : public Container {
public:
  using allocator = typename Container::allocator_type;

  refs() : Container(in(detail::maker_of(this))) {}
  /* Holder's: any pointer to the object that it is a member of. */
  template <class H> explicit refs(H *holder) : Container(in(access::head(holder))) {}
  template <class H> refs(H *holder, const Container &other) : Container(other, in(access::head(holder))) {}
  template <class H> refs(H *holder, Container &&other) : Container(std::move(other), in(access::head(holder))) {}
  refs(const refs &other) : Container(static_cast<const Container &>(other), in(detail::maker_of(this))) {}
  refs(refs &&other) : Container(static_cast<Container &&>(other), heir(other)) {}
  refs &operator=(const refs &) = default;
  refs &operator=(refs &&) = default;
  ~refs() = default;

  /* Between holders: as copying both, and nothing has happened if that throws. */
  void swap(refs &other) {
    if (this->get_allocator() == other.get_allocator()) {
      Container::swap(other);
      return;
    }
    Container for_this(static_cast<const Container &>(other), this->get_allocator());
    Container for_other(static_cast<const Container &>(*this), other.get_allocator());
    Container::swap(for_this);
    static_cast<Container &>(other).swap(for_other);
  }
  friend void swap(refs &one, refs &other) { one.swap(other); }

  template <class P, class C = Container>
  auto push_back(P &&target) -> decltype(std::declval<C &>().emplace_back(std::forward<P>(target)), void()) {
    Container::emplace_back(std::forward<P>(target));
  }

private:
  static allocator in(detail::header *holder) noexcept {
    return allocator(detail::allocator_in<typename Container::value_type>(holder));
  }
  allocator heir(const refs &other) noexcept {
    detail::header *made = detail::maker_of(this);
    return made ? in(made) : other.get_allocator();
  }
};

template <class T> using ref_vector = refs<std::vector<ref<T>, allocator_for<ref<T>>>>;
template <class T> using ref_deque = refs<std::deque<ref<T>, allocator_for<ref<T>>>>;
template <class T> using ref_list = refs<std::list<ref<T>, allocator_for<ref<T>>>>;
template <class T, class Less = std::less<ref<T>>> using ref_set = refs<std::set<ref<T>, Less, allocator_for<ref<T>>>>;
template <class K, class T, class Less = std::less<K>>
using ref_map = refs<std::map<K, ref<T>, Less, allocator_for<std::pair<const K, ref<T>>>>>;
template <class K, class T, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
using ref_hash_map = refs<std::unordered_map<K, ref<T>, Hash, Equal, allocator_for<std::pair<const K, ref<T>>>>>;

/* ------------------------------------------------------------------- COM For programs of AddRef and Release: the
 * same calls, saying who holds. Interfaces are classes of pure virtual functions that inherit from com::supports; an
 * implementation inherits from com::implements with all its interfaces. */
namespace com {

class supports {
public:
  /* The object's interface of that type, or NULL. Holds nothing. */
  virtual void *QueryInterface(const std::type_info &type) noexcept = 0;
  /* parent now holds this object; NULL: it is pinned. place: the address of the plain pointer that does, or NULL: it
   * is set to NULL before a common end, if it holds the address where this object begins (xlgc_link_at). Throws
   * error. */
  virtual void AddRef(const object *parent, void *place) = 0;
  /* With the same arguments. Nothing once parent was told; but the caller must not call it then, as this object may be
   * gone: a com_ptr knows. */
  virtual void Release(const object *parent, void *place = nullptr) noexcept = 0;
  virtual const object *identity() const noexcept = 0;

protected:
  ~supports() = default;
};

template <class... Interfaces> class implements : public object, public Interfaces... {
  static_assert(sizeof...(Interfaces) > 0 && (std::is_base_of_v<supports, Interfaces> && ...));
  template <class First, class...> struct first { using type = First; };

public:
  using xlgc_base = implements;
  void *QueryInterface(const std::type_info &type) noexcept override {
    void *found = nullptr;
    if (type == typeid(supports))
      found = static_cast<supports *>(static_cast<typename first<Interfaces...>::type *>(this));
    ((!found && type == typeid(Interfaces) ? void(found = static_cast<Interfaces *>(this)) : void()), ...);
    return found;
  }
  void AddRef(const object *parent, void *place) override {
    const detail::header *holder = access::head(parent), *mine = access::head(*this);
    if (!holder || !place || !mine || mine->told() || holder->told() || holder->home->closed()) {
      detail::hold(holder, mine);
      return;
    }
    detail::check(xlgc_link_at(holder->home->need_context("AddRef"), holder->id, mine->id, place, 0), "AddRef");
  }
  void Release(const object *parent, void *place = nullptr) noexcept override {
    const detail::header *holder = access::head(parent), *mine = access::head(*this);
    if (detail::is_told(holder)) return;
    if (!holder || !place || !mine || mine->told() || holder->home->closed()) {
      detail::let_go(holder, mine);
      return;
    }
    holder->home->drop([&](xlgc_context *context) { return xlgc_unlink_at(context, holder->id, mine->id, place); });
  }
  const object *identity() const noexcept override { return this; }

protected:
  ~implements() = default;
};

/* The interface T of what a ref, root, com_ptr or plain pointer points to, or NULL. Holds nothing. */
template <class T, class P> T *query(const P &pointer) noexcept {
  auto *plain = detail::raw(pointer);
  return plain ? static_cast<T *>(plain->QueryInterface(typeid(T))) : nullptr;
}

} // namespace com

/* A ref to an interface. It can also be assigned from what points to another interface: it then asks the object for its
 * own, and is empty if there is none. Where AddRef and Release stand in a class, it takes the place of both. */
template <class T> class com_ptr : public ref<T> {
  template <class P> static T *mine(const P &other) noexcept {
    auto *plain = detail::raw(other);
    if constexpr (std::is_convertible_v<decltype(plain), T *>)
      return plain;
    else
      return com::query<T>(plain);
  }
  template <class P> using if_pointer = typename detail::target_of<P>::type;

public:
  using ref<T>::ref;
  com_ptr() noexcept = default;
  com_ptr(const com_ptr &) = default;
  com_ptr(com_ptr &&) noexcept = default;
  com_ptr &operator=(const com_ptr &) = default;
  com_ptr &operator=(com_ptr &&) = default;
  template <class H, class P, class = if_pointer<P>> com_ptr(H *holder, const P &other) : ref<T>(holder, mine(other)) {}
  template <class P, class = if_pointer<P>> com_ptr &operator=(const P &other) {
    ref<T>::operator=(mine(other));
    return *this;
  }
  com_ptr &operator=(std::nullptr_t) noexcept {
    this->reset();
    return *this;
  }
};

} // namespace xlgc

/* Hashes: as of the plain pointer. */
template <class T> struct std::hash<xlgc::ref<T>> {
  std::size_t operator()(const xlgc::ref<T> &one) const noexcept { return std::hash<T *>()(one.get()); }
};
template <class T> struct std::hash<xlgc::com_ptr<T>> : std::hash<xlgc::ref<T>> {};
template <class T> struct std::hash<xlgc::root<T>> {
  std::size_t operator()(const xlgc::root<T> &one) const noexcept { return std::hash<T *>()(one.get()); }
};

#endif
