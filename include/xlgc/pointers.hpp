/* Pointers to objects: root, ref, weak and atomic_ref, and how they compare. Part of xlgc.hpp, which includes it. */
#ifndef XLGC_POINTERS_HPP
#define XLGC_POINTERS_HPP

#include <xlgc/object.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace xlgc {

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

/* P points to something that a pointer to T can point to. */
template <class P, class T>
using if_points_to = std::enable_if_t<
    std::is_convertible_v<typename target_of<std::remove_cv_t<std::remove_reference_t<P>>>::type *, T *>>;
} // namespace detail

/* A pointer that pins: for stacks, globals, containers that no object owns, and captures. May outlive its pool. Copying
 * and assigning log a pin, dropping an unpin, moving nothing. Errors: copying throws error, as xlgc_pin, and
 * XLGC_E_RELEASED for an object that was notified. */
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
    assign(other.pointer_);
    return *this;
  }
  root &operator=(root &&other) noexcept {
    root(std::move(other)).swap(*this);
    return *this;
  }
  template <class U, class = detail::if_points_to<U *, T>> root &operator=(root<U> &&other) noexcept {
    root(std::move(other)).swap(*this);
    return *this;
  }
  template <class P, class = detail::if_points_to<const P &, T>> root &operator=(const P &other) {
    assign(detail::raw(other));
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

  void assign(T *target) {
    if (access::head(target) == access::head(pointer_))
      pointer_ = target;
    else
      root(target).swap(*this);
  }

  T *pointer_ = nullptr;
  template <class> friend class root;
  friend struct access;
};

namespace detail {
/* Constructs refs with their holder: the containers of containers.hpp give it to their elements. */
template <class U> class allocator_in {
public:
  using value_type = U;
  using is_always_equal = std::false_type;
  explicit allocator_in(header *holder) noexcept : holder_(holder) {}
  template <class V> allocator_in(const allocator_in<V> &other) noexcept : holder_(other.holder()) {}
  U *allocate(std::size_t count) { return std::allocator<U>().allocate(count); }
  void deallocate(U *memory, std::size_t count) noexcept { std::allocator<U>().deallocate(memory, count); }
  /* A copy of a container that is given no allocator has no holder. */
  allocator_in select_on_container_copy_construction() const noexcept { return allocator_in(nullptr); }
  header *holder() const noexcept { return holder_; }
  template <class V> bool operator==(const allocator_in<V> &other) const noexcept { return holder_ == other.holder(); }
  template <class V> bool operator!=(const allocator_in<V> &other) const noexcept { return holder_ != other.holder(); }

private:
  header *holder_;
};
} // namespace detail

/* A pointer inside an object: a link from its holder to its target. xlgc.hpp says how the holder is found.
 *   construct from a pointer, copy          1 event (link)
 *   assign another target                   2 events by one xlgc_relink; 1 if the old or the new one is null
 *   assign the same target                  none
 *   move, swap, within a holder             none; a move drops what the target of the move had held (unlink)
 *   move between holders                    2 events (link at the one, unlink at the other), 3 if there was one before;
 *                                           swap 4, and a pin of a holder meanwhile if both pointed to something
 *   destroy, reset                          1 event (unlink); none once the holder was notified
 * Errors: an add throws error, as xlgc_relink: XLGC_E_FOREIGN for an object of another pool, XLGC_E_RELEASED; then the
 * ref is unchanged. Once the holder was notified a ref reads as null, and assigning to it does nothing. */
template <class T> class ref {
public:
  using element_type = T;
  using allocator_type = detail::allocator_in<std::byte>;

  /* Empty; its holder is the object in whose memory it is made, if there is one. */
  ref() noexcept : holder_(detail::maker_of(this)) {}
  ref(std::nullptr_t) noexcept : ref() {}
  /* Empty. holder: any pointer to the object that it is a member of. */
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
    if (pointer_) ends(pointer_);
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
    if (T *old = std::exchange(pointer_, nullptr)) ends(old);
  }

  void swap(ref &other) {
    T *mine = take_out(), *theirs = other.take_out();
    pointer_ = theirs;
    other.pointer_ = mine;
    const detail::header *my_head = access::head(mine), *their_head = access::head(theirs);
    if (holder_ == other.holder_ || my_head == their_head) return;
    const detail::drop my_drop(holder_, my_head, this), their_drop(other.holder_, their_head, &other);
    const detail::drop my_add(holder_, their_head, this);
    std::optional<detail::keep> meanwhile;
    detail::rollback pointers([&, mine, theirs] {
      pointer_ = mine;
      other.pointer_ = theirs;
    });
    if (mine && theirs) meanwhile.emplace(other.holder_); /* it may hang on what is dropped first */
    detail::hold(holder_, their_head, this);
    detail::rollback added([&] { my_add.report(); });
    detail::hold(other.holder_, my_head, &other);
    added.all_went_well();
    pointers.all_went_well();
    my_drop.report();
    their_drop.report();
  }
  friend void swap(ref &one, ref &other) { one.swap(other); }

  T *get() const noexcept { return detail::is_told(holder_) ? nullptr : pointer_; }
  T &operator*() const noexcept { return *get(); }
  T *operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return get() != nullptr; }

  /* Has no holder: it pins. */
  bool is_pin() const noexcept { return !holder_; }

private:
  struct in {
    detail::header *holder;
  };
  ref(in where, T *target) : pointer_(target), holder_(where.holder) {
    detail::hold(holder_, access::head(target), this);
  }
  template <class U> ref(in where, ref<U> &&other) : pointer_(nullptr), holder_(where.holder) {
    U *theirs = other.take_out();
    pointer_ = theirs;
    if (holder_ == other.holder_) return;
    const detail::drop there(other.holder_, access::head(pointer_), &other);
    detail::rollback source([&other, theirs] { other.pointer_ = theirs; });
    detail::hold(holder_, access::head(pointer_), this);
    source.all_went_well();
    there.report();
  }
  template <class U> detail::header *heir(const ref<U> &other) noexcept {
    detail::header *made = detail::maker_of(this);
    return made ? made : other.holder_;
  }

  /* It does not point to `old` any more. */
  void ends(T *old) noexcept {
    if (detail::is_told(holder_))
      detail::forget(holder_, this);
    else
      detail::let_go(holder_, access::head(old), this);
  }
  /* What it points to, as get() says. It is empty then; nothing is reported. */
  T *take_out() noexcept {
    T *target = std::exchange(pointer_, nullptr);
    if (!target || !detail::is_told(holder_)) return target;
    detail::forget(holder_, this);
    return nullptr;
  }

  void assign(T *target) {
    if (detail::is_told(holder_)) {
      detail::refuse(holder_, access::head(target), this);
      return reset();
    }
    T *old = std::exchange(pointer_, target);
    if (old == target) return;
    detail::rollback pointer([this, old] { pointer_ = old; });
    detail::change(holder_, access::head(old), access::head(target), this);
    pointer.all_went_well();
  }

  template <class U> void take(ref<U> &other) {
    if (static_cast<const void *>(this) == static_cast<const void *>(&other)) return;
    T *old = take_out();
    U *target = other.take_out();
    const detail::header *old_head = access::head(old), *head = access::head(target);
    const detail::drop mine(holder_, old_head, this);
    pointer_ = target;
    if (holder_ == other.holder_) {
      mine.report();
      return;
    }
    const detail::drop there(other.holder_, head, &other);
    if (head == old_head) {
      there.report();
      return;
    }
    detail::rollback pointers([&, old, target] {
      pointer_ = old;
      other.pointer_ = target;
    });
    detail::hold(holder_, head, this);
    pointers.all_went_well();
    there.report_before(mine);
  }

  T *pointer_ = nullptr;
  detail::header *holder_;
  template <class> friend class ref;
  friend struct access;
};

/* A reference that holds nothing. Making one makes a weak reference of the pool, under the pool's lock; copies share
 * it. lock() throws nothing and costs the pool's lock for a moment. May outlive its pool.
 * Threads: copies may be used by several threads at once, one object of this class by one. */
template <class T> class weak {
public:
  using element_type = T;

  weak() noexcept = default;
  weak(std::nullptr_t) noexcept {}
  /* From any pointer to the object. Throws error, as xlgc_weak_create; XLGC_E_INVAL for an object that was
   * not made by make(); std::bad_alloc. */
  template <class P, class = detail::if_points_to<const P &, T>>
  weak(const P &target) : hidden_(hide(detail::raw(target))) {
    if (!pointer()) return;
    const detail::header *head = access::head(pointer());
    if (!head) detail::fail(XLGC_E_INVAL, "make a weak reference");
    if (head->told()) detail::fail(XLGC_E_RELEASED, "make a weak reference");
    cell_ = std::make_shared<detail::cell>(head->home);
    cell_->of = head;
    detail::check(xlgc_weak_create(head->home->need_context("make a weak reference"), head->id, nullptr, nullptr,
                                   &cell_->reference),
                  "make a weak reference");
  }

  /* The object, or an empty root when its release is decided, its constructor has failed, or the pool is gone. */
  root<T> lock() const noexcept {
    xlgc_id id = XLGC_ID_NONE;
    if (!cell_ || !cell_->reference || xlgc_weak_load(cell_->reference, &id) || id == XLGC_ID_NONE) return root<T>();
    if (!cell_->of->told()) return access::adopt(pointer());
    cell_->home->unpin(id);
    return root<T>();
  }
  void reset() noexcept {
    cell_.reset();
    hidden_ = hide(nullptr);
  }

private:
  /* A pool that checks takes it for no plain pointer. */
  static std::uintptr_t hide(T *target) noexcept { return ~reinterpret_cast<std::uintptr_t>(target); }
  T *pointer() const noexcept { return reinterpret_cast<T *>(~hidden_); }
  std::shared_ptr<detail::cell> cell_;
  std::uintptr_t hidden_ = hide(nullptr);
};

/* A pointer inside an object that sections read while other threads change it. Its holder is found as a ref's, but it
 * is neither copied nor moved. */
template <class T> class atomic_ref {
public:
  template <class H> explicit atomic_ref(H *holder) noexcept : holder_(access::head(holder)) {}
  atomic_ref(const atomic_ref &) = delete;
  atomic_ref &operator=(const atomic_ref &) = delete;
  ~atomic_ref() {
    if (!detail::is_told(holder_)) detail::let_go(holder_, access::head(pointer_.load(std::memory_order_relaxed)));
  }
  /* Valid until the end of the section that it is called in. NULL once the holder was notified. */
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

} // namespace xlgc

/* Hashes: as of the plain pointer. */
template <class T> struct std::hash<xlgc::ref<T>> {
  std::size_t operator()(const xlgc::ref<T> &one) const noexcept { return std::hash<T *>()(one.get()); }
};
template <class T> struct std::hash<xlgc::root<T>> {
  std::size_t operator()(const xlgc::root<T> &one) const noexcept { return std::hash<T *>()(one.get()); }
};

#endif
