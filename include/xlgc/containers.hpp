/* Standard containers of refs. Part of xlgc.hpp, which includes it. */
#ifndef XLGC_CONTAINERS_HPP
#define XLGC_CONTAINERS_HPP

#include <xlgc/pointers.hpp>

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <scoped_allocator>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace xlgc {

/* ------------------------------------------------------------ containers */

/* An allocator for a standard container whose elements are refs, or contain some: `std::deque<ref<T>,
 * allocator_for<ref<T>>>`. */
template <class Element> using allocator_for = std::scoped_allocator_adaptor<detail::allocator_in<Element>>;

/* A standard container, with allocator_for, as a member of an object: all that is constructed in it is its holder's. It
 * finds its holder as a ref does. It has the functions of the container, with their guarantees:
 *   push_back, emplace, insert       a link for each new element; from all that a ref can be assigned
 *   erase, clear, pop_back, resize   an unlink for each that goes
 *   growing, rehashing, sorting, reversing, swapping, moving within the holder: none
 *   copying                          a link for each; assigning a copy: then an unlink for each that was there
 *   moving to another holder         a link and an unlink for each; if there were some before, an unlink for each of
 *                                    these, and a pin of the holder meanwhile
 *   swapping between holders         a link and an unlink for each, and the pin if both had some
 * Copying, moving and swapping have the strong guarantee: when one throws, nothing has changed. The source may be in an
 * object that only the elements hold which go. The temporary copies of a library count as well: std::vector::insert of several, emplace of a key that is there.
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
  refs(refs &&other) : Container(take(other, heir(other))) {}
  refs &operator=(const refs &other) {
    Container mine(other, this->get_allocator());
    Container::swap(mine);
    return *this;
  }
  refs &operator=(refs &&other) {
    if (this == &other) return *this;
    if (this->get_allocator() == other.get_allocator()) {
      Container mine(static_cast<Container &&>(other));
      Container::swap(mine);
      return *this;
    }
    /* It may hang on what is taken. */
    const detail::keep meanwhile(this->empty() || other.empty() ? nullptr : holder());
    Container mine(copy(other, this->get_allocator())), theirs(static_cast<Container &&>(other));
    Container::swap(mine);
    return *this;
  }
  ~refs() = default;

  /* Between holders: as copying both; if that throws, nothing has changed. */
  void swap(refs &other) {
    if (this->get_allocator() == other.get_allocator()) {
      Container::swap(other);
      return;
    }
    const detail::keep meanwhile(this->empty() || other.empty() ? nullptr : holder());
    Container mine(copy(other, this->get_allocator())), theirs(copy(*this, other.get_allocator()));
    Container::swap(mine);
    static_cast<Container &>(other).swap(theirs);
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
  detail::header *holder() const noexcept { return this->get_allocator().outer_allocator().holder(); }

  /* The same elements for another holder. What cannot be copied is moved, and lost if that throws. */
  static Container copy(refs &from, const allocator &where) {
    if constexpr (std::is_copy_constructible_v<typename Container::value_type>)
      return Container(static_cast<const Container &>(from), where);
    else
      return Container(static_cast<Container &&>(from), where);
  }
  /* The same, and `from` is empty then. */
  static Container take(refs &from, const allocator &where) {
    if (from.get_allocator() == where) return Container(static_cast<Container &&>(from));
    Container taken(copy(from, where)), theirs(static_cast<Container &&>(from));
    return taken;
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

} // namespace xlgc

#endif
