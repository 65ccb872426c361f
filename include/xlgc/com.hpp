/* For programs with AddRef and Release: the same calls, which also name the parent that holds the object. Interfaces
 * are classes of pure virtual functions that inherit from com::supports; an implementation inherits from
 * com::implements with all its interfaces. Part of xlgc.hpp, which includes it. */
#ifndef XLGC_COM_HPP
#define XLGC_COM_HPP

#include <xlgc/pointers.hpp>

#ifndef __cpp_rtti
#error "xlgc/com.hpp finds interfaces by typeid: compile without -fno-rtti"
#endif

#include <cstddef>
#include <functional>
#include <type_traits>
#include <typeinfo>

namespace xlgc {

namespace com {

class supports {
public:
  /* The object's interface of that type, or NULL. Holds nothing. */
  virtual void *QueryInterface(const std::type_info &type) noexcept = 0;
  /* parent now holds this object; NULL: it is pinned. place: the address of the plain pointer that does, or NULL. When
   * both are released together, *place is set to NULL before, if it holds the address where this object begins
   * (xlgc_link_at). Throws error. */
  virtual void AddRef(const object *parent, void *place) = 0;
  /* With the same arguments. Once parent was notified it does nothing; but this object may be gone then, so do not call
   * it: a com_ptr does not. */
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

/* A ref to an interface. It can also be assigned from a pointer to another interface: it then asks the object for its
 * own, and is empty if there is none. In a class it replaces the calls of AddRef and Release. */
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
  friend void swap(com_ptr &one, com_ptr &other) { one.swap(other); }
};

} // namespace xlgc

template <class T> struct std::hash<xlgc::com_ptr<T>> : std::hash<xlgc::ref<T>> {};

#endif
