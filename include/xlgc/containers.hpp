/* Standard containers of refs. Part of xlgc.hpp, which includes it. */
#ifndef XLGC_CONTAINERS_HPP
#define XLGC_CONTAINERS_HPP

#include <xlgc/pointers.hpp>

#include <deque>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <scoped_allocator>
#include <set>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace xlgc {

/* ------------------------------------------------------------ containers */

namespace detail {
/* The node handles of a container, if it has any. */
struct no_node {};
template <class Container, class = void> struct node_of { using type = no_node; };
template <class Container, class = void> struct has_mapped : std::false_type {};
template <class Container>
struct has_mapped<Container, std::void_t<typename Container::mapped_type>> : std::true_type {};
template <class Container, class = void> struct has_unique : std::false_type {};
template <class Container>
struct has_unique<Container, std::void_t<typename Container::insert_return_type>> : std::true_type {};
template <class Container> struct node_of<Container, std::void_t<typename Container::node_type>> {
  using type = typename Container::node_type;
  static constexpr bool is_map = has_mapped<Container>::value, is_unique = has_unique<Container>::value;
};
} // namespace detail

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
 * object that only the elements hold which go. The temporary copies of a library count as well: std::vector::insert of
 * several, emplace of a key that is there. Between holders, where the standard forbids it, splice, merge and insert of
 * a node handle copy the elements and drop those of the source: iterators go on with the source's. A node handle must
 * not outlive the holder it was taken from. Errors and threads: as of a ref. */
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

  using Container::insert;
  /* A node of a container that may be another holder's. Not inserted, it is in what is returned. */
  auto insert(typename detail::node_of<Container>::type &&node) {
    if (node.empty() || node.get_allocator() == this->get_allocator()) return Container::insert(std::move(node));
    auto result = emplace_copy(node);
    if constexpr (detail::node_of<Container>::is_unique) {
      typename Container::insert_return_type answer{result.first, result.second, {}};
      if (!result.second)
        answer.node = std::move(node);
      else
        node = {};
      return answer;
    } else {
      node = {};
      return result;
    }
  }
  auto insert(typename Container::const_iterator hint, typename detail::node_of<Container>::type &&node) {
    if (node.empty() || node.get_allocator() == this->get_allocator()) return Container::insert(hint, std::move(node));
    const std::size_t before = this->size();
    auto at = emplace_copy(hint, node);
    if (this->size() != before) node = {};
    return at;
  }

  template <class C = Container, class = decltype(&C::reverse)>
  void splice(typename C::const_iterator at, Container &other) {
    join(other, [this, at](Container &from) { Container::splice(at, from); });
  }
  template <class C = Container, class = decltype(&C::reverse)>
  void splice(typename C::const_iterator at, Container &other, typename C::const_iterator one) {
    splice(at, other, one, std::next(one));
  }
  template <class C = Container, class = decltype(&C::reverse)>
  void splice(typename C::const_iterator at, Container &other, typename C::const_iterator first,
              typename C::const_iterator end) {
    if (other.get_allocator() == this->get_allocator()) return Container::splice(at, other, first, end);
    Container mine(first, end, this->get_allocator());
    Container::splice(at, mine);
    other.erase(first, end);
  }
  template <class C = Container, class... Range, class = decltype(&C::reverse)>
  void splice(typename C::const_iterator at, Container &&other, Range... range) {
    splice(at, other, range...);
  }
  /* The order: as the container's own merge. */
  template <class... Order> void merge(Container &other, Order... order) {
    join(other, [&](Container &from) { Container::merge(from, order...); });
  }
  template <class... Order> void merge(Container &&other, Order... order) { merge(other, order...); }

private:
  /* Calls f with what is to be joined to this: the other container, or its elements for this holder. What f leaves is
   * what stays in the other one. */
  template <class F> void join(Container &other, F f) {
    if (other.get_allocator() == this->get_allocator()) return f(other);
    const detail::keep meanwhile(holder());
    Container mine(copy(other, this->get_allocator()));
    f(mine);
    Container rest(copy(mine, other.get_allocator()));
    other.swap(rest);
  }
  template <class Node> auto emplace_copy(const Node &node) {
    if constexpr (detail::node_of<Container>::is_map)
      return Container::emplace(node.key(), node.mapped());
    else
      return Container::emplace(node.value());
  }
  template <class Node> auto emplace_copy(typename Container::const_iterator hint, const Node &node) {
    if constexpr (detail::node_of<Container>::is_map)
      return Container::emplace_hint(hint, node.key(), node.mapped());
    else
      return Container::emplace_hint(hint, node.value());
  }

  static allocator in(detail::header *holder) noexcept {
    return allocator(detail::allocator_in<typename Container::value_type>(holder));
  }
  allocator heir(const refs &other) noexcept {
    detail::header *made = detail::maker_of(this);
    return made ? in(made) : other.get_allocator();
  }
  detail::header *holder() const noexcept { return this->get_allocator().outer_allocator().holder(); }

  /* The same elements for another holder. What cannot be copied is moved, and lost if that throws. */
  static Container copy(Container &from, const allocator &where) {
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
