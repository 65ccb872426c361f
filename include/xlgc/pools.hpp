/* Pools, contexts and sections for programs. Part of xlgc.hpp, which includes it. */
#ifndef XLGC_POOLS_HPP
#define XLGC_POOLS_HPP

#include <xlgc/finalizer.h>
#include <xlgc/object.hpp>
#include <xlgc/why.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace xlgc {

namespace detail {

/* What a finalizer's data is. */
class finalizer_base {
public:
  finalizer_base() = default;
  finalizer_base(const finalizer_base &) = delete;
  finalizer_base &operator=(const finalizer_base &) = delete;
  virtual ~finalizer_base() = default;
  static void run(xlgc_context *, xlgc_id, void *, void *data) noexcept {
    const std::unique_ptr<finalizer_base> one(static_cast<finalizer_base *>(data));
    one->call();
  }

private:
  virtual void call() noexcept = 0;
};

template <class Function> class finalizer final : public finalizer_base {
public:
  template <class Given> explicit finalizer(Given &&function) : function_(std::forward<Given>(function)) {}

private:
  void call() noexcept override { function_(); }
  Function function_;
};

} // namespace detail

/* A pool. The first one of the process, and after its end the next that is created, is that of make() on all threads,
 * in all shared objects.
 * Its destructor releases what no root reaches. What roots still hold, in globals for instance, stays until the last of
 * these roots is gone; then all of it is destroyed at once, in the order that xlgc.hpp says, by what held what when the
 * pool ended, and without events. Weak references then give empty roots. If an object of these would be kept by its
 * xlgc_orphaned(), which is asked once more, none is destroyed any more: it said that something uses it. End what does
 * before the pool.
 * Destroying a pool inside a callback or section of its own ends the process. In the child of a fork it leaves the
 * parent's objects as they are.
 * When a shared object is unloaded, each pool is flushed first. Objects of its classes that something still holds then
 * are reported to on_survivor, with the names of their classes. They are never destroyed, as the code for that is gone.
 * Unload none inside a callback or section.
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
  ~pool() { home_->close(); }

  /* While this exists, make() on this thread uses the pool. They nest, and must end before the pool does. */
  class use : detail::use {
  public:
    explicit use(pool &one) noexcept : detail::use(one.home_, nullptr) {}
  };

  /* As xlgc::make, in this pool. */
  template <class T, class... Arguments> root<T> make(Arguments &&...arguments) {
    return access::adopt(detail::make<T>(home_, std::forward<Arguments>(arguments)...));
  }

  /* The functions of xlgc.h with these names; they throw its errors, but for XLGC_E_BUSY. Inside a callback, so in a
   * destructor, they do nothing: the thread that called it goes on with the work. So does a step, and returns false,
   * while another thread works. */
  void flush() { detail::check(unless_busy(xlgc_flush(native())), "flush"); }
  void apply() { detail::check(unless_busy(xlgc_apply(native())), "apply"); }
  bool step(std::size_t units) { return detail::check(unless_busy(xlgc_step(native(), units)), "step") != 0; }
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
  /* How far an object is from a root, and what holds it: ids from the nearest holder to a root. Throws error, as
   * xlgc_distance and xlgc_path. */
  std::uint64_t distance(xlgc_id object) const {
    std::uint64_t out;
    detail::check(xlgc_distance(native(), object, &out), "measure a distance");
    return out;
  }
  std::vector<xlgc_id> path(xlgc_id object) const {
    std::vector<xlgc_id> holders(8);
    for (std::size_t length;; holders.resize(length)) {
      detail::check(xlgc_path(native(), object, holders.data(), holders.size(), &length), "look for a path");
      const bool fits = length <= holders.size();
      if (fits) holders.resize(length);
      if (fits) return holders;
    }
  }
  /* Why an object is alive, as text: the chain of what holds it, a line for each, the root first; or what it waits for.
   * Throws error, as xlgc_why_text. */
  std::string why(xlgc_id object, unsigned flags = 0) const {
    std::string text(256, '\0');
    for (;;) {
      const auto length = static_cast<std::size_t>(
          detail::check(xlgc_why_text(native(), object, flags, &text[0], text.size()), "say why an object is alive"));
      const bool fits = length < text.size();
      text.resize(fits ? length : length + 256);
      if (fits) return text;
    }
  }
  /* What would go if the object went: how many objects, and bytes of those whose kinds say. budget: links to look at, at
   * most; with more, it is at least so many. Throws error, as xlgc_retained. */
  xlgc_retained_size retained(xlgc_id object, std::uint64_t budget = UINT64_MAX / 4) const {
    xlgc_retained_size size;
    detail::check(xlgc_retained(native(), object, budget, &size), "ask what would go");
    return size;
  }
  /* Notes of 1 in `every` objects where they are made, for why(); 0: of none. Throws error, as xlgc_sites. */
  void sites(unsigned every) { detail::check(xlgc_sites(native(), every), "note where objects are made"); }
  /* Says in words where an object was made, or what it is for, for why(). Throws error, as xlgc_object_site_set. */
  void note(xlgc_id object, const std::string &words) {
    detail::check(xlgc_object_site_set(native(), object, words.c_str()), "note what an object is");
  }
  template <class T> void note(const T *object, const std::string &words) { note(id_of(object), words); }
  /* Says how many bytes go with an object beside its own, for retained() and for collectors of engines that use it. Throws
   * error, as xlgc_object_bytes_set. */
  template <class T> void weigh(const T *object, std::size_t bytes) {
    detail::check(xlgc_object_bytes_set(native(), id_of(object), bytes), "say how many bytes an object has");
  }
  template <class T> std::string why(const T *object, unsigned flags = 0) const { return why(id_of(object), flags); }
  template <class T> xlgc_retained_size retained(const T *object) const { return retained(id_of(object)); }
  template <class T> std::uint64_t distance(const T *object) const { return distance(id_of(object)); }
  template <class T> std::vector<xlgc_id> path(const T *object) const { return path(id_of(object)); }
  /* Adds a finalizer: a function that is called once, without arguments, before the object is destroyed, or as the pool
   * is shut down; see xlgc/finalizer.h. It is moved or copied, and destroyed once it was called or removed. It must not
   * throw, and not keep the object. Throws error, as xlgc_finalizer_add, std::bad_alloc, and what moving it throws. */
  template <class T, class Function> xlgc_finalizer finalize(const T *object, Function &&function) {
    using stored = detail::finalizer<typename std::decay<Function>::type>;
    std::unique_ptr<detail::finalizer_base> made(new stored(std::forward<Function>(function)));
    xlgc_finalizer number = XLGC_FINALIZER_NONE;
    detail::check(xlgc_finalizer_add(home_->need_context("add a finalizer"), id_of(object),
                                     &detail::finalizer_base::run, made.get(), &number),
                  "add a finalizer");
    made.release();
    return number;
  }
  /* Removes it. Returns false when it was called, is being called, or was removed before. */
  bool remove_finalizer(xlgc_finalizer number) {
    void *data = nullptr;
    const int failed = xlgc_finalizer_remove(native(), number, &data);
    delete static_cast<detail::finalizer_base *>(data);
    return failed == XLGC_E_STALE ? false : detail::check(failed, "remove a finalizer") == 0;
  }
  /* Drops that could not be logged; each may leave an object that is never released. */
  std::uint64_t lost_drops() const noexcept { return home_->lost(); }

  /* The pool itself, for xlgc.h. Do not destroy it. */
  xlgc_pool *native() const noexcept { return home_->native(); }

private:
  static int unless_busy(int result) noexcept { return result == XLGC_E_BUSY ? 0 : result; }
  void open(const xlgc_config &config) { home_ = new detail::heap(config); }
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
