/* xlgc.hpp: each way to change a pointer or a container of them is right where a release comes at once: for sources
 * that live inside of what goes, destinations that do, sources that are the destination, and what throws. */
#include <config.h>

#include "cpp_hostile.hh"

#include <algorithm>
#include <map>
#include <string>
#include <variant>

using xlgc::com_ptr;
using xlgc::make;
using xlgc::ref;
using xlgc::root;
using xlgc::weak;

/* ------------------------------------------------------------- pointers */

/* A node of a chain, by each sort of pointer. */
struct by_ref : xlgc::object, counted, spoilt {
  ref<by_ref> next{this};
  int value;
  explicit by_ref(int number) : value(number) {}
  by_ref(int number, ref<by_ref> &&rest) : next(std::move(rest)), value(number) {}
};
struct by_com;
struct link_face : xlgc::com::supports {
  virtual by_com *self() noexcept = 0;
};
struct by_com : xlgc::com::implements<link_face>, counted, spoilt {
  com_ptr<by_com> next{this};
  int value;
  explicit by_com(int number) : value(number) {}
  by_com(int number, com_ptr<by_com> &&rest) : next(std::move(rest)), value(number) {}
  by_com *self() noexcept override { return this; }
};
struct by_root : xlgc::object, counted, spoilt {
  root<by_root> next;
  int value;
  explicit by_root(int number) : value(number) {}
  by_root(int number, root<by_root> &&rest) : next(std::move(rest)), value(number) {}
};

/* 0 -> 1 -> ... -> last. */
template <class Node> root<Node> make_chain(int last) {
  root<Node> rest;
  for (int i = last; i >= 0; i--) {
    root<Node> one = make<Node>(i);
    one->next = rest;
    rest = one;
  }
  return rest;
}
template <class Node> void expect_chain(const Node *at, std::initializer_list<int> values) {
  for (int value : values) {
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(at->value, value);
    at = at->next.get();
  }
  ck_assert_ptr_null(at);
}

template <class Node> void pops() {
  counting_pool pool;
  hostility hostile(pool);
  {
    root<Node> a = make_chain<Node>(5);
    a->next = std::move(a->next->next);
    expect_chain(a.get(), {0, 2, 3, 4, 5});
    expect_alive(5);
    a->next = a->next->next;
    expect_chain(a.get(), {0, 3, 4, 5});
    a->next = a->next->next.get();
    expect_chain(a.get(), {0, 4, 5});
    a->next = std::move(a->next->next->next);
    expect_chain(a.get(), {0});
    expect_alive(1);
  }
  expect_alive(0);
}

template <class Node> void walks() {
  counting_pool pool;
  hostility hostile(pool);
  int seen = 0;
  for (root<Node> at = make_chain<Node>(5); at; at = at->next)
    ck_assert_int_eq(at->value, seen++);
  ck_assert_int_eq(seen, 6);
  expect_alive(0);
  for (root<Node> at = make_chain<Node>(5); at; at = at->next.get())
    seen--;
  for (root<const Node> at = make_chain<Node>(5); at; at = at->next)
    seen++;
  ref<Node> stray;
  for (stray = make_chain<Node>(5); stray; stray = stray->next)
    seen--;
  ck_assert_int_eq(seen, 0);
  expect_alive(0);
  for (stray = make_chain<Node>(5); stray; stray = std::move(stray->next))
    seen++;
  ck_assert_int_eq(seen, 6);
  expect_alive(0);
}

template <class Node> void swaps() {
  counting_pool pool;
  hostility hostile(pool);
  using std::swap;
  root<Node> a = make_chain<Node>(3);
  swap(a->next, a->next->next); /* 1 holds itself */
  expect_chain(a.get(), {0, 2, 3});
  a = make_chain<Node>(3);
  swap(a->next->next, a->next);
  expect_chain(a.get(), {0, 2, 3});
  a->next.swap(a->next);
  a->next->next.swap(a->next->next);
  expect_chain(a.get(), {0, 2, 3});
  root<Node> b = make_chain<Node>(1);
  swap(a->next, b->next);
  expect_chain(a.get(), {0, 1});
  expect_chain(b.get(), {0, 2, 3});
  b->next.swap(a->next->next);
  expect_chain(a.get(), {0, 1, 2, 3});
  expect_chain(b.get(), {0});
  b = a;
  swap(a->next, b->next->next);
  expect_chain(a.get(), {0, 2, 3});
}

template <class Node> void sinks() {
  counting_pool pool;
  hostility hostile(pool);
  root<Node> a = make_chain<Node>(3);
  a->next->next = std::move(a->next); /* 1 holds itself */
  expect_chain(a.get(), {0});
  a = make_chain<Node>(3);
  a->next->next = a->next;
  ck_assert(a->next->next == a->next);
  a->next->next = nullptr;
  expect_chain(a.get(), {0, 1});
}

template <class Node> void selves() {
  counting_pool pool;
  hostility hostile(pool);
  {
    root<Node> a = make_chain<Node>(2);
    auto &same = a->next;
    a->next = std::move(same);
    expect_chain(a.get(), {0, 1, 2});
    a->next = same;
    a->next = a->next.get();
    root<Node> &self = a;
    a = self;
    a.swap(self);
    expect_chain(a.get(), {0, 1, 2});
    root<Node> b = make<Node>(9, std::move(a->next)); /* moved into an object that is being made */
    expect_chain(a.get(), {0});
    expect_chain(b.get(), {9, 1, 2});
    a->next = std::move(b->next);
    expect_chain(a.get(), {0, 1, 2});
    a = a->next;
    expect_chain(a.get(), {1, 2});
    a.reset();
    a.reset();
    expect_alive(1);
  }
  expect_alive(0);
}

/* An object of another pool is refused, and then nothing has changed. */
template <class Node> void throws() {
  counting_pool pool, other;
  root<Node> a = make_chain<Node>(2), stranger = other.make<Node>(7), friend_of_stranger = other.make<Node>(8);
  hostility hostile(pool);
  stranger->next = friend_of_stranger;
  expect_error(XLGC_E_FOREIGN, a->next = stranger);
  expect_error(XLGC_E_FOREIGN, a->next = stranger->next);
  expect_error(XLGC_E_FOREIGN, a->next = std::move(stranger->next));
  expect_error(XLGC_E_FOREIGN, swap(a->next, stranger->next));
  expect_error(XLGC_E_FOREIGN, swap(stranger->next, a->next));
  expect_chain(a.get(), {0, 1, 2});
  expect_chain(stranger.get(), {7, 8});
  pool.flush();
  expect_alive(5);
  a->next = nullptr;
  expect_alive(3);
  expect_error(XLGC_E_FOREIGN, swap(stranger->next, a->next));
  expect_chain(a.get(), {0});
  expect_chain(stranger.get(), {7, 8});
}

/* Pointers of other types, and of parts. */
struct whole : by_ref {
  by_ref part{-1};
  ref<by_ref> general{this};
  ref<whole> special{this};
  root<by_ref> kept;
  explicit whole(int number) : by_ref(number) {}
};

START_TEST(pointers_of_two_types) {
  counting_pool pool;
  hostility hostile(pool);
  root<whole> a = make<whole>(0);
  a->special = make<whole>(1);
  a->special->special = make<whole>(2);
  a->general = std::move(a->special->special);
  ck_assert(!a->special->special && a->general->value == 2);
  a->special->special = make<whole>(3);
  a->general = std::move(a->special);
  ck_assert(!a->special && a->general->value == 1);
  a->general = &static_cast<whole *>(a->general.get())->part;
  ck_assert_int_eq(a->general->value, -1);
  expect_alive(2 * 3);
  a->kept = a->general;
  a->general = std::move(a->special);
  ck_assert(!a->general);
  expect_alive(2 * 3);
  a->kept = a;
  expect_alive(2);
  a->kept = make<whole>(4); /* a root of another type is moved */
  ck_assert_int_eq(a->kept->value, 4);
  a->kept = nullptr;
}
END_TEST

struct options : xlgc::object, counted, spoilt {
  std::optional<ref<options>> maybe{std::in_place, this};
  std::variant<int, ref<options>> any{std::in_place_index<1>, this};
  xlgc::atomic_ref<options> atomic{this};
  weak<options> perhaps;
};

START_TEST(members_in_others) {
  counting_pool pool;
  hostility hostile(pool);
  root<options> a = make<options>();
  *a->maybe = make<options>();
  *(*a->maybe)->maybe = make<options>();
  a->maybe = std::move((*a->maybe)->maybe);
  expect_alive(2);
  *(*a->maybe)->maybe = make<options>();
  a->maybe = (*a->maybe)->maybe;
  expect_alive(2);
  ck_assert(!(*a->maybe)->maybe->get());
  std::get<1>(a->any) = std::move(*a->maybe);
  std::get<1>(std::get<1>(a->any)->any) = make<options>();
  a->any = std::move(std::get<1>(a->any)->any);
  expect_alive(2);
  a->perhaps = std::get<1>(a->any);
  const weak<options> &same = a->perhaps;
  a->perhaps = same;
  std::get<1>(a->any)->perhaps = a;
  ck_assert(a->perhaps.lock() == std::get<1>(a->any));
  a->perhaps = std::move(std::get<1>(a->any)->perhaps);
  ck_assert(a->perhaps.lock() == a);
  a->any = 5;
  expect_alive(1);
  a->atomic.store(make<options>());
  a->atomic.load()->atomic.store(make<options>());
  a->atomic.store(a->atomic.load()->atomic.load());
  expect_alive(2);
  a->atomic.store(a->atomic.load()->atomic.load());
  expect_alive(1);
}
END_TEST

/* ----------------------------------------------------------- containers */

/* A tree whose nodes have their children in a container: how one is put into it, and how the first one is found. */
template <template <class> class Container> struct tree : xlgc::object, counted, spoilt {
  using container = Container<tree>;
  container kids{this};
  int value;
  explicit tree(int number = 0) : value(number) {}
  tree(int number, container &&rest) : kids(std::move(rest)), value(number) {}
  tree(int number, const container &rest) : kids(rest), value(number) {}
};

template <class T> using map_of = xlgc::ref_map<std::string, T>;
template <class T> using hash_map_of = xlgc::ref_hash_map<int, T>;
template <class T> struct by_value {
  bool operator()(const ref<T> &one, const ref<T> &other) const {
    if (one->value < 0 || other->value < 0) throw 4711;
    return one->value < other->value;
  }
};
template <class T> using set_of = xlgc::ref_set<T, by_value<T>>;

template <class Refs, class P> auto put(Refs &into, const P &one) -> decltype(into.emplace_back(one), void()) {
  into.emplace_back(one);
}
template <class T, class L, class P> void put(xlgc::ref_set<T, L> &into, const P &one) { into.emplace(one); }
template <class T, class P> void put(map_of<T> &into, const P &one) { into[std::to_string(one->value)] = one; }
template <class T, class P> void put(hash_map_of<T> &into, const P &one) { into[one->value] = one; }

template <class T> T *seen(const ref<T> &each) { return each.get(); }
template <class K, class T> T *seen(const std::pair<K, ref<T>> &each) { return each.second.get(); }

template <class Node> Node *first(const Node &of) { return seen(*of.kids.begin()); }

template <class Node> auto &inner_of(Node &of) { return first(of)->kids; }
template <class Node> bool holds_by_pin(const Node &of) {
  xlgc_object_info info;
  for (const auto &each : of.kids)
    if (xlgc_info(hostile_pool, xlgc::id_of(seen(each)), &info) || info.pins) return true;
  return false;
}

template <class Node> void expect_kids(const Node &of, std::initializer_list<int> values) {
  ck_assert_uint_eq(of.kids.size(), values.size());
  std::vector<int> found, wanted(values);
  for (const auto &each : of.kids) {
    ck_assert_ptr_nonnull(seen(each));
    found.push_back(seen(each)->value);
  }
  std::sort(found.begin(), found.end());
  std::sort(wanted.begin(), wanted.end());
  ck_assert(found == wanted);
}

/* 0 has 1, which has 2, 3 and 4. */
template <class Node> root<Node> make_tree() {
  root<Node> top = make<Node>(0), middle = make<Node>(1);
  put(top->kids, middle);
  for (int i = 2; i < 5; i++)
    put(middle->kids, make<Node>(i));
  return top;
}

template <class Node> void hoists() {
  counting_pool pool;
  hostility hostile(pool);
  root<Node> top = make_tree<Node>();
  expect_alive(5);
  top->kids = std::move(first(*top)->kids);
  expect_kids(*top, {2, 3, 4});
  expect_alive(4);
  top = make_tree<Node>();
  top->kids = first(*top)->kids;
  expect_kids(*top, {2, 3, 4});
  expect_alive(4);
  top = make_tree<Node>();
  swap(top->kids, first(*top)->kids); /* 1 holds itself */
  expect_kids(*top, {2, 3, 4});
  expect_alive(4);
  top = make_tree<Node>();
  first(*top)->kids.swap(top->kids);
  expect_kids(*top, {2, 3, 4});
  expect_alive(4);
  root<Node> other = make<Node>(5, std::move(top->kids)), third = make<Node>(6, other->kids);
  expect_kids(*top, {});
  expect_kids(*other, {2, 3, 4});
  expect_kids(*third, {2, 3, 4});
  other = nullptr;
  third->kids.clear();
  expect_alive(2);
}

template <class Node> void sinks_of_many() {
  counting_pool pool;
  hostility hostile(pool);
  root<Node> top = make_tree<Node>();
  first(*top)->kids = std::move(top->kids); /* 1 holds itself */
  expect_kids(*top, {});
  expect_alive(1);
  top = make_tree<Node>();
  first(*top)->kids = top->kids;
  expect_kids(*top, {1});
  expect_kids(*first(*top), {1});
  expect_alive(2);
  first(*top)->kids.clear();
  put(first(*top)->kids, top);
  top = first(*top); /* a ring of 0 and 1; its parts trade places */
  swap(top->kids, first(*top)->kids);
  expect_kids(*top, {1});
  expect_alive(1);
}

template <class Node> void selves_of_many() {
  counting_pool pool;
  hostility hostile(pool);
  root<Node> top = make_tree<Node>(), middle(first(*top));
  auto &same = middle->kids;
  middle->kids = same;
  expect_kids(*middle, {2, 3, 4});
  middle->kids = std::move(same);
  expect_kids(*middle, {2, 3, 4});
  middle->kids.swap(same);
  expect_kids(*middle, {2, 3, 4});
  root<Node> part(first(*middle));
  typename Node::container mine(middle.get());
  mine = std::move(middle->kids); /* within the holder */
  expect_kids(*middle, {});
  expect_alive(5);
  middle->kids = std::move(mine);
  expect_kids(*middle, {2, 3, 4});
  middle->kids.erase(middle->kids.begin());
  ck_assert_uint_eq(middle->kids.size(), 2);
  expect_alive(5);
  part = nullptr;
  expect_alive(4);
}

/* Half of the source is in another pool: what came is taken back. */
template <class Node> void throws_of_many() {
  counting_pool pool, other;
  root<Node> top = make_tree<Node>(), stranger = other.make<Node>(7);
  {
    typename Node::container mixed;
    put(mixed, make<Node>(5));
    put(mixed, stranger);
    put(mixed, make<Node>(6));
    hostility hostile(pool);
    expect_error(XLGC_E_FOREIGN, top->kids = mixed);
    expect_error(XLGC_E_FOREIGN, top->kids = std::move(mixed));
    expect_error(XLGC_E_FOREIGN, swap(top->kids, mixed));
    expect_error(XLGC_E_FOREIGN, swap(mixed, top->kids));
    expect_error(XLGC_E_FOREIGN, make<Node>(1, mixed));
    expect_error(XLGC_E_FOREIGN, make<Node>(1, std::move(mixed)));
    ck_assert_uint_eq(mixed.size(), 3);
    for (const auto &each : mixed)
      ck_assert(seen(each)->value >= 5);
    expect_kids(*top, {1});
    expect_kids(*first(*top), {2, 3, 4});
    expect_alive(8);
  }
  pool.flush();
  expect_alive(6);
}

template <template <class> class Container> void containers() {
  hoists<tree<Container>>();
  sinks_of_many<tree<Container>>();
  selves_of_many<tree<Container>>();
  throws_of_many<tree<Container>>();
}

START_TEST(vectors) { containers<xlgc::ref_vector>(); }
END_TEST
START_TEST(deques) { containers<xlgc::ref_deque>(); }
END_TEST
START_TEST(lists) { containers<xlgc::ref_list>(); }
END_TEST
START_TEST(sets) { containers<set_of>(); }
END_TEST
START_TEST(maps) { containers<map_of>(); }
END_TEST
START_TEST(hash_maps) { containers<hash_map_of>(); }
END_TEST

/* Nodes change their holder, whose old one may go with the last of them. */
template <class Node> void hands_over() {
  counting_pool pool;
  hostility hostile(pool);
  root<Node> top = make_tree<Node>(), other = make<Node>(7);
  put(other->kids, make<Node>(8));
  auto handle = first(*top)->kids.extract(first(*top)->kids.begin());
  auto inserted = other->kids.insert(std::move(handle));
  ck_assert(inserted.inserted && inserted.node.empty() && !holds_by_pin(*other));
  ck_assert_uint_eq(other->kids.size(), 2);
  ck_assert_uint_eq(first(*top)->kids.size(), 2);
  expect_alive(7);
  other->kids.insert(other->kids.end(), first(*top)->kids.extract(first(*top)->kids.begin()));
  ck_assert_uint_eq(other->kids.size(), 3);
  auto same = other->kids.insert(other->kids.extract(other->kids.begin()));
  ck_assert(same.inserted && other->kids.size() == 3);
  other->kids.merge(top->kids);
  expect_kids(*top, {});
  ck_assert_uint_eq(other->kids.size(), 4);
  expect_alive(7);
  top = nullptr;
  pool.flush();
  expect_alive(6);
  ck_assert(!holds_by_pin(*other));
  other = nullptr;
  expect_alive(0);
  /* What the target has already stays where it is. */
  top = make_tree<Node>(), other = make<Node>(7);
  other->kids = first(*top)->kids;
  put(first(*top)->kids, make<Node>(5));
  other->kids.merge(first(*top)->kids);
  expect_kids(*other, {2, 3, 4, 5});
  expect_kids(*first(*top), {2, 3, 4});
  auto twice = other->kids.insert(first(*top)->kids.extract(first(*top)->kids.begin()));
  ck_assert(!twice.inserted && !twice.node.empty());
  twice.node = {};
  expect_alive(7);
}

START_TEST(nodes_are_handed_over) {
  hands_over<tree<set_of>>();
  hands_over<tree<map_of>>();
  hands_over<tree<hash_map_of>>();
}
END_TEST

START_TEST(lists_are_spliced) {
  using branch = tree<xlgc::ref_list>;
  counting_pool pool;
  hostility hostile(pool);
  root<branch> top = make_tree<branch>(), other = make<branch>(7);
  put(other->kids, make<branch>(8));
  other->kids.splice(other->kids.begin(), first(*top)->kids, first(*top)->kids.begin());
  expect_kids(*other, {2, 8});
  expect_kids(*first(*top), {3, 4});
  other->kids.splice(other->kids.end(), first(*top)->kids, first(*top)->kids.begin(), first(*top)->kids.end());
  expect_kids(*other, {2, 3, 4, 8});
  expect_kids(*first(*top), {});
  top->kids.splice(top->kids.begin(), std::move(other->kids));
  expect_kids(*top, {1, 2, 3, 4, 8});
  expect_kids(*other, {});
  top->kids.splice(top->kids.begin(), top->kids, std::prev(top->kids.end()));
  top->kids.sort(by_value<branch>());
  put(other->kids, make<branch>(5));
  top->kids.merge(other->kids, by_value<branch>());
  expect_kids(*top, {1, 2, 3, 4, 5, 8});
  ck_assert(std::is_sorted(top->kids.begin(), top->kids.end(), by_value<branch>()));
  ck_assert(std::none_of(top->kids.begin(), top->kids.end(), [](const auto &each) { return each.is_pin(); }));
  other = nullptr;
  expect_alive(7);
  /* The source goes with what is spliced out of it, the destination with what it is spliced out of. */
  top = make_tree<branch>();
  auto &inner = first(*top)->kids;
  top->kids.splice(top->kids.end(), inner);
  expect_kids(*top, {1, 2, 3, 4});
  top = make_tree<branch>();
  inner_of(*top).splice(inner_of(*top).begin(), top->kids);
  expect_kids(*top, {});
  expect_alive(1);
}
END_TEST

/* A comparison that throws leaves no pointer too many or too few. */
START_TEST(comparisons_throw) {
  counting_pool pool;
  hostility hostile(pool);
  root<tree<xlgc::ref_vector>> vector = make<tree<xlgc::ref_vector>>();
  root<tree<xlgc::ref_list>> list = make<tree<xlgc::ref_list>>();
  root<tree<set_of>> set = make<tree<set_of>>();
  for (int i = 0; i < 40; i++) {
    put(vector->kids, make<tree<xlgc::ref_vector>>(i * 7 % 40 - (i == 33) * 100));
    put(list->kids, make<tree<xlgc::ref_list>>(i * 7 % 40 - (i == 33) * 100));
    put(set->kids, make<tree<set_of>>(i));
  }
  expect_alive(123);
  int thrown = 0;
  auto fails = [&thrown](auto what) {
    try {
      what();
    } catch (int number) {
      thrown += number == 4711;
    }
  };
  fails([&] { std::sort(vector->kids.begin(), vector->kids.end(), by_value<tree<xlgc::ref_vector>>()); });
  fails([&] { std::stable_sort(vector->kids.begin(), vector->kids.end(), by_value<tree<xlgc::ref_vector>>()); });
  fails([&] { list->kids.sort(by_value<tree<xlgc::ref_list>>()); });
  fails([&] { set->kids.emplace(make<tree<set_of>>(-1)); });
  ck_assert(thrown >= 3);
  ck_assert_uint_eq(set->kids.size(), 40);
  std::size_t there = set->kids.size() + 3;
  for (auto &each : vector->kids)
    there += each.get() != nullptr;
  for (auto &each : list->kids)
    there += each.get() != nullptr;
  pool.flush();
  expect_alive(static_cast<int>(there));
  vector = nullptr, list = nullptr, set = nullptr;
  expect_alive(0);
}
END_TEST

START_TEST(chains_of_refs_pop) { pops<by_ref>(); }
END_TEST
START_TEST(chains_of_refs_are_walked) { walks<by_ref>(); }
END_TEST
START_TEST(chains_of_refs_swap) { swaps<by_ref>(); }
END_TEST
START_TEST(chains_of_refs_sink) { sinks<by_ref>(); }
END_TEST
START_TEST(chains_of_refs_meet_themselves) { selves<by_ref>(); }
END_TEST
START_TEST(chains_of_refs_refuse) { throws<by_ref>(); }
END_TEST
START_TEST(chains_of_interfaces_pop) { pops<by_com>(); }
END_TEST
START_TEST(chains_of_interfaces_are_walked) { walks<by_com>(); }
END_TEST
START_TEST(chains_of_interfaces_swap) { swaps<by_com>(); }
END_TEST
START_TEST(chains_of_interfaces_sink) { sinks<by_com>(); }
END_TEST
START_TEST(chains_of_interfaces_meet_themselves) { selves<by_com>(); }
END_TEST
START_TEST(chains_of_interfaces_refuse) { throws<by_com>(); }
END_TEST
START_TEST(chains_of_roots) {
  pops<by_root>();
  walks<by_root>();
  selves<by_root>();
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_moves");
  TCase *refs = trial_case(suite, "refs");
  tcase_add_test(refs, chains_of_refs_pop);
  tcase_add_test(refs, chains_of_refs_are_walked);
  tcase_add_test(refs, chains_of_refs_swap);
  tcase_add_test(refs, chains_of_refs_sink);
  tcase_add_test(refs, chains_of_refs_meet_themselves);
  tcase_add_test(refs, chains_of_refs_refuse);
  tcase_add_test(refs, pointers_of_two_types);
  tcase_add_test(refs, members_in_others);
  TCase *others = trial_case(suite, "others");
  tcase_add_test(others, chains_of_interfaces_pop);
  tcase_add_test(others, chains_of_interfaces_are_walked);
  tcase_add_test(others, chains_of_interfaces_swap);
  tcase_add_test(others, chains_of_interfaces_sink);
  tcase_add_test(others, chains_of_interfaces_meet_themselves);
  tcase_add_test(others, chains_of_interfaces_refuse);
  tcase_add_test(others, chains_of_roots);
  TCase *many = trial_case(suite, "many");
  tcase_add_test(many, vectors);
  tcase_add_test(many, deques);
  tcase_add_test(many, lists);
  tcase_add_test(many, sets);
  tcase_add_test(many, maps);
  tcase_add_test(many, hash_maps);
  tcase_add_test(many, comparisons_throw);
  tcase_add_test(many, nodes_are_handed_over);
  tcase_add_test(many, lists_are_spliced);
  return trial_run(suite);
}
