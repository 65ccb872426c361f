/* xlgc/children.hpp: the children of an object (xlgc/children.h) as a range that goes both ways, and what changes trees
 * of objects of xlgc.hpp.
 *
 *     for (const xlgc_child &child : xlgc::children(pool, &*parent)) use(xlgc::as<node>(child));
 *
 * An iterator has the id of a child. It stays valid while others come, go and move; ++ and -- go on from where the
 * child is then. One whose child has moved goes on among its new siblings, and one whose child has no parent any more
 * is at the end after that. C++17 and later; from C++20 on it is a std::bidirectional_iterator. */
#ifndef XLGC_CHILDREN_HPP
#define XLGC_CHILDREN_HPP

#include <xlgc.hpp>

#include <xlgc/children.h>

#include <iterator>

namespace xlgc {

/* The object that a child is, which was made as a T. */
template <class T> T &as(const xlgc_child &child) noexcept { return *static_cast<T *>(child.object); }

/* Functions throw error, as those of xlgc/children.h; only copying does not. Threads and costs: as these. */
class children {
public:
  class iterator {
  public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = xlgc_child;
    using difference_type = std::ptrdiff_t;
    using pointer = const xlgc_child *;
    using reference = xlgc_child;

    iterator() noexcept = default;
    /* By value: it does not change with the iterator. */
    xlgc_child operator*() const noexcept { return at_; }
    const xlgc_child *operator->() const noexcept { return &at_; }
    iterator &operator++() {
      detail::check(xlgc_child_next(pool_, at_.id, &at_), "go to the next child");
      return *this;
    }
    /* Of the end: to the last child. */
    iterator &operator--() {
      detail::check(at_.id ? xlgc_child_previous(pool_, at_.id, &at_) : xlgc_child_last(pool_, parent_, &at_),
                    "go to the child before");
      return *this;
    }
    iterator operator++(int) {
      const iterator before = *this;
      ++*this;
      return before;
    }
    iterator operator--(int) {
      const iterator before = *this;
      --*this;
      return before;
    }
    friend bool operator==(const iterator &one, const iterator &other) noexcept { return one.at_.id == other.at_.id; }
    friend bool operator!=(const iterator &one, const iterator &other) noexcept { return one.at_.id != other.at_.id; }

  private:
    friend class children;
    iterator(xlgc_pool *pool, xlgc_id parent, const xlgc_child &at) noexcept : pool_(pool), parent_(parent), at_(at) {}
    xlgc_pool *pool_ = nullptr;
    xlgc_id parent_ = XLGC_ID_NONE;
    xlgc_child at_ = {XLGC_ID_NONE, nullptr, 0};
  };
  using const_iterator = iterator;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using value_type = xlgc_child;

  children(xlgc_pool *pool, xlgc_id parent) noexcept : pool_(pool), parent_(parent) {}
  template <class T> children(const pool &pool, const T *parent) noexcept : children(pool.native(), id_of(parent)) {}

  iterator begin() const { return {pool_, parent_, first()}; }
  iterator end() const noexcept { return {pool_, parent_, {XLGC_ID_NONE, nullptr, 0}}; }
  reverse_iterator rbegin() const { return reverse_iterator(end()); }
  reverse_iterator rend() const { return reverse_iterator(begin()); }
  std::size_t size() const {
    std::size_t count;
    detail::check(xlgc_child_count(pool_, parent_, &count), "count children");
    return count;
  }
  bool empty() const { return size() == 0; }
  /* The child at a position; its id is XLGC_ID_NONE when there are not as many. */
  xlgc_child operator[](std::size_t position) const {
    xlgc_child child;
    detail::check(xlgc_child_nth(pool_, parent_, position, &child), "read a child");
    return child;
  }

private:
  xlgc_child first() const { return (*this)[0]; }
  xlgc_pool *pool_;
  xlgc_id parent_;
};

namespace detail {
inline xlgc_context *context_of(const pool &pool) {
  xlgc_context *context;
  check(xlgc_context_here(pool.native(), &context), "find this thread's context");
  return context;
}
} // namespace detail

/* Puts an object behind all children of a parent; before a child; or takes it out. They throw error, as
 * xlgc_child_append, xlgc_child_insert and xlgc_child_remove. */
template <class P, class C> void append_child(const pool &pool, const P *parent, const C *child, unsigned tag = 0) {
  detail::check(xlgc_child_append(detail::context_of(pool), id_of(parent), id_of(child), tag), "append a child");
}
template <class B, class C> void insert_child(const pool &pool, const B *before, const C *child, unsigned tag = 0) {
  detail::check(xlgc_child_insert(detail::context_of(pool), id_of(before), id_of(child), tag), "insert a child");
}
template <class C> void remove_child(const pool &pool, const C *child) {
  detail::check(xlgc_child_remove(detail::context_of(pool), id_of(child)), "take a child out");
}

} // namespace xlgc

#endif
