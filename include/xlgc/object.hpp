/* Collected objects, and the events that are logged for them. Part of xlgc.hpp, which includes it.
 *
 * Destructors run on the thread that works on the pool: the worker, or the caller of flush, step or dispatch; where
 * traits say so, on the worker, the clean-up thread, or the thread that made the object. They never run inside an
 * assignment, a make() or any other change of a pointer, so a lock may be held there that a destructor takes; but they
 * do where help_tells of the pool's configuration says so. A drop that finds no memory, or the queue at its bound,
 * makes room for itself whatever the policy: it works on the pool, and what it finds waits as help_tells says. */
#ifndef XLGC_OBJECT_HPP
#define XLGC_OBJECT_HPP

#include <xlgc/heap.hpp>

namespace xlgc {

namespace detail {

/* ---------------------------------------------------------------- events */

/* A ref at `place` that points to something becomes empty or ends, and its holder was notified. */
inline void forget(const header *holder, const void *place) noexcept {
  if (holder->told_and_checked()) xlgc_cpp_ref_ends(holder->home->native(), holder + 1, place);
}
/* It is given a target instead. */
inline void refuse(const header *holder, const header *target, const void *place) noexcept {
  if (target && holder->told_and_checked())
    xlgc_cpp_ref_lost(holder->home->native(), target->told() ? XLGC_ID_NONE : target->id, place);
}

/* Holder NULL: there is none, so the target is pinned. Target NULL, or of no pool: nothing. place: the ref, for a pool
 * that checks; NULL: of another pointer, which is not moved.
 *
 * What each operation on pointers does: it takes what it needs out of its source; it writes all pointers; it reports
 * what is added, and puts the pointers back if that fails; it reports what is dropped. A drop may be the end of any
 * object, so that after the first one neither a pointer nor a header of an object is used. */

inline bool is_told(const header *holder) noexcept { return holder && holder->told(); }

inline void hold(const header *holder, const header *target, const void *place = nullptr) {
  if (!target) return;
  if (is_told(holder)) return refuse(holder, target, place);
  if (target->told()) fail(XLGC_E_RELEASED, "hold an object");
  if (!holder)
    target->home->pin(target->id);
  else if (!holder->home->closed())
    check(xlgc_cpp_link(holder->home->need_context("link"), holder->id, target->id, place), "link");
}

/* What will be dropped. It reads what it needs when it is made, as holder and target may be gone when it is
 * reported. */
class drop {
public:
  drop(const header *holder, const header *target, const void *place = nullptr) noexcept {
    if (!target || target->told() || is_told(holder) || (holder && holder->home->closed())) return;
    home_ = holder ? holder->home : target->home;
    holder_ = holder ? holder->id : XLGC_ID_NONE;
    target_ = target->id;
    place_ = place;
  }
  void report() const noexcept {
    if (!home_) return;
    if (holder_ == XLGC_ID_NONE)
      home_->unpin(target_);
    else
      home_->drop([this](xlgc_context *context) { return xlgc_cpp_unlink(context, holder_, target_, place_); });
  }
  /* Reports this one and then another one; or the other way round, if this one may let go of the other one's holder. */
  void report_before(const drop &other) const noexcept {
    const bool lets_go = home_ && (holder_ == XLGC_ID_NONE || target_ == other.holder_);
    (lets_go ? other : *this).report();
    (lets_go ? *this : other).report();
  }

private:
  heap *home_ = nullptr; /* NULL: there is nothing to report */
  xlgc_id holder_ = XLGC_ID_NONE, target_ = XLGC_ID_NONE;
  const void *place_ = nullptr;
};

inline void let_go(const header *holder, const header *target, const void *place = nullptr) noexcept {
  drop(holder, target, place).report();
}

inline void change(const header *holder, const header *old, const header *now, const void *place) {
  if (old == now || is_told(holder)) return;
  if (holder && old && now && !old->told() && !now->told()) {
    if (!holder->home->closed())
      check(xlgc_cpp_relink(holder->home->need_context("relink"), holder->id, old->id, now->id, place), "relink");
    return;
  }
  const drop before(holder, old, place);
  hold(holder, now, place);
  before.report();
}

/* Keeps an object meanwhile, if it is one of a pool and was not notified. Throws as hold. */
class keep {
public:
  explicit keep(const header *one) : kept_(is_told(one) ? nullptr : one) { hold(nullptr, kept_); }
  keep(const keep &) = delete;
  keep &operator=(const keep &) = delete;
  ~keep() { let_go(nullptr, kept_); }

private:
  const header *kept_;
};

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
                    "the class needs a public base xlgc::object; if it has two, name one: using xlgc_base = ...");
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
  return head && !head->told() ? head->id : XLGC_ID_NONE;
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

/* Where the object begins, in memory that is aligned as it must be: after its header, which may have 12 bytes. */
template <class T> constexpr std::size_t offset() {
  return (sizeof(header) + alignof(T) - 1) / alignof(T) * alignof(T);
}
template <class T> inline constexpr bool over_aligned = alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__;

/* Has T operators of its own? Alignment: std::align_val_t, or none. */
template <class, class T, class... Alignment> struct has_new : std::false_type {};
template <class T, class... Alignment>
struct has_new<std::void_t<decltype(T::operator new(std::size_t(), Alignment()...))>, T, Alignment...>
    : std::true_type {};
template <class, class T, class... Alignment> struct has_delete : std::false_type {};
template <class T, class... Alignment>
struct has_delete<std::void_t<decltype(T::operator delete(nullptr, Alignment()...))>, T, Alignment...>
    : std::true_type {};
/* May the program write `new T(arguments)`? */
template <class, class T, class... Arguments> struct can_new : std::false_type {};
template <class T, class... Arguments>
struct can_new<std::void_t<decltype(new T(std::declval<Arguments>()...))>, T, Arguments...> : std::true_type {};

/* The operators of T's own where it has them, for its header as well. */
template <class T, class... Alignment> void *allocate_for(Alignment... alignment) {
  void *memory = nullptr;
  if constexpr (has_new<void, T, Alignment...>::value)
    memory = T::operator new(offset<T>() + sizeof(T), alignment...);
  else
    memory = ::operator new(offset<T>() + sizeof(T), alignment...);
  if (!memory) {
#ifdef __cpp_exceptions
    throw std::bad_alloc();
#else
    fail(XLGC_E_NOMEM, "make an object");
#endif
  }
  return static_cast<char *>(memory) + offset<T>();
}
template <class T, class... Alignment> void deallocate_for(void *memory, Alignment... alignment) noexcept {
  if constexpr (!has_new<void, T, Alignment...>::value)
    ::operator delete(memory, alignment...);
  else if constexpr (has_delete<void, T, Alignment...>::value)
    T::operator delete(memory, alignment...);
  else
    T::operator delete(memory, offset<T>() + sizeof(T), alignment...);
}
template <class T> void *allocate() {
  if constexpr (over_aligned<T>)
    return allocate_for<T>(std::align_val_t(alignof(T)));
  else
    return allocate_for<T>();
}
template <class T> void deallocate(void *object) noexcept {
  void *memory = static_cast<char *>(object) - offset<T>();
  if constexpr (over_aligned<T>)
    deallocate_for<T>(memory, std::align_val_t(alignof(T)));
  else
    deallocate_for<T>(memory);
}

template <class T> void destroy(void *object, bool made) {
  if (made) std::launder(static_cast<T *>(object))->T::~T();
  deallocate<T>(object);
}

/* In a pool that checks. If refs were moved out of the object, its memory is not freed, as they have its header for
 * their holder's; and may outlive the pool. */
template <class T> void destroy_and_check(heap *home, xlgc_id id, void *object, bool made) {
  xlgc_cpp_release_begins(home->native(), id, object, made ? sizeof(T) : 0, static_cast<header *>(object) - 1);
  if (made) std::launder(static_cast<T *>(object))->T::~T();
  if (xlgc_cpp_release_ends(home->native(), object))
    (static_cast<header *>(object) - 1)->id = XLGC_ID_NONE;
  else
    deallocate<T>(object);
}

template <class T> void release(xlgc_context *context, xlgc_id id, void *object, void *) {
  header *head = static_cast<header *>(object) - 1;
  heap *home = head->home;
  const use callbacks(home, context);
  const bool made = head->id != XLGC_ID_NONE; /* what it had for an id else is gone already */
  if (home->checks())
    destroy_and_check<T>(home, id, object, made);
  else
    destroy<T>(object, made);
}

template <class T, class = void> struct asks : std::false_type {};
template <class T> struct asks<T, std::void_t<decltype(std::declval<T &>().xlgc_orphaned())>> : std::true_type {};

template <class T> int orphaned(xlgc_context *context, xlgc_id, void *object, void *) {
  header *head = static_cast<header *>(object) - 1;
  if (head->told()) return XLGC_LET_GO;
  if (head->home->take_echo(head)) return XLGC_LET_GO;
  const use callbacks(head->home, context);
  const std::uint64_t before = context ? xlgc_context_position(context) : 0;
  if (std::launder(static_cast<T *>(object))->xlgc_orphaned()) return XLGC_KEEP;
  if (!context || xlgc_context_position(context) == before) return XLGC_LET_GO;
  head->home->leave_echo(context, head);
  return XLGC_KEEP;
}
template <class T> constexpr auto orphaned_or_null() -> int (*)(xlgc_context *, xlgc_id, void *, void *) {
  if constexpr (asks<T>::value) return orphaned<T>;
  return nullptr;
}

template <class T> std::size_t bytes_of(const void *, const void *) noexcept { return offset<T>() + sizeof(T); }

template <class T>
inline constexpr kind kind_of{
    {{{name<T>.data(),
       unsigned(XLGC_KIND_OF_CPP) | unsigned(XLGC_KIND_HELD_FIRST) | unsigned(XLGC_KIND_LABELLED) |
           (traits<T>::indexed ? 0u : unsigned(XLGC_KIND_UNINDEXED)),
       release<T>, orphaned_or_null<T>(), nullptr, &this_module, traits<T>::delivery},
      0,
      nullptr,
      0},
     nullptr,
     bytes_of<T>,
     nullptr,
     0},
    destroy<T>};

/* Registers and pins an object that is about to be made. */
inline void enlist(void *object, heap *home, const kind *of, void (*free)(void *)) {
  rollback memory([=] { free(object); });
  check(xlgc_cpp_agree(), "make an object");
  xlgc_context *context = home->need_context("make an object");
  header *head = ::new (static_cast<header *>(object) - 1) header{XLGC_ID_NONE, home};
  xlgc_id id = XLGC_ID_NONE;
  check(xlgc_register(context, object, of->native(), &id), "make an object");
  /* From here on the releaser frees the memory. If the pin is lost, the object stays new. */
  memory.all_went_well();
  check(home->drop([&](xlgc_context *own) { return xlgc_pin(own, id); }), "make an object");
  head->id = id;
}

template <class T, class... Arguments> T *make(heap *home, Arguments &&...arguments) {
  static_assert(!std::is_array_v<T>, "make() makes one object; for several, make each and put it into a ref_vector");
  static_assert(std::is_base_of_v<object, T>, "what is made must inherit from xlgc::object");
  static_assert(!std::is_const_v<T>,
                "make an object without const, and point to it with root<const T> or ref<const T>");
  static_assert(!std::is_abstract_v<T>, "an abstract class cannot be made; make one of a class that derives from it");
  static_assert(std::is_destructible_v<T>, "the pool destroys objects, so the class needs a public destructor");
  static_assert(std::is_constructible_v<T, Arguments...>, "the class has no public constructor for these arguments");
  static_assert(!over_aligned<T> || !has_new<void, T>::value || has_new<void, T, std::align_val_t>::value,
                "the class's operator new does not know its alignment; add one with std::align_val_t, and its delete");
  static_assert(!std::is_constructible_v<T, Arguments...> || can_new<void, T, Arguments...>::value,
                "make() cannot call the operator new of the class: it must be public, and "
                "take no other arguments than those that new T gives it");
  void *memory = allocate<T>();
  /* What it never sets is not what was there before, which xlgc_cpp_release_begins would take for pointers. */
  if (home->checks()) std::memset(memory, 0, sizeof(T));
  enlist(memory, home, &kind_of<T>, deallocate<T>);
  header *head = static_cast<header *>(memory) - 1;
  const xlgc_id id = head->id;
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(memory);
  xlgc_cpp_thread &thread = here();
  xlgc_cpp_frame making{begin, begin + sizeof(T), head, thread.making};
  const use this_pool(home, thread.pool == home ? thread.context : nullptr);
  struct finish {
    xlgc_cpp_thread &thread;
    ~finish() { thread.making = thread.making->outer; }
  } finish{thread};
  thread.making = &making;
  rollback listed([=] {
    head->id = XLGC_ID_NONE;
    home->unpin(id);
  });
  T *made = ::new (memory) T(std::forward<Arguments>(arguments)...);
  listed.all_went_well();
  return made;
}

} // namespace detail

/* Makes an object in the pool that this thread uses: see pool, and pool::use. The pool destroys it when no root reaches
 * it any more. Throws what the constructor throws: then the object is gone, and its memory goes with the next round. No
 * root or ref to it may be left by then; a weak to it gives none. A class that has an operator new and operator delete
 * of its own gets its memory there, with its header's. Throws what they throw, or std::bad_alloc; error: XLGC_E_STATE
 * when there is no pool, or as xlgc_register and xlgc_pin. Cost: an allocation, the pool's lock for a moment, one
 * event. */
template <class T, class... Arguments> root<T> make(Arguments &&...arguments) {
  return access::adopt(detail::make<T>(detail::need_heap(), std::forward<Arguments>(arguments)...));
}

} // namespace xlgc

#endif
