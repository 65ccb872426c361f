/* xlgc.hpp: containers of refs do what the standard's do, and report what changed and no more. */
#include <config.h>

#include "cpp_support.hh"

#include <algorithm>
#include <string>

using xlgc::make;
using xlgc::ref;
using xlgc::root;

struct bag : xlgc::object, counted {
  xlgc::ref_vector<node> many{this};
  xlgc::ref_list<node> list{this};
  xlgc::ref_deque<node> deque{this};
  xlgc::ref_set<node> set{this};
  xlgc::ref_map<std::string, node> names{this};
  xlgc::ref_hash_map<int, node> numbers{this};
};

static bool by_value(const ref<node> &one, const ref<node> &other) { return one->value < other->value; }

/* A bag with `count` nodes in its vector, which is what holds them. */
static root<bag> full_bag(int count) {
  root<bag> one = make<bag>();
  for (int i = 0; i < count; i++)
    one->many.push_back(make<node>(i * 7919 % count));
  return one;
}

static std::uint64_t pins_of(const counting_pool &pool, const node *one) {
  xlgc_object_info info;
  ck_assert_int_eq(xlgc_info(pool.native(), xlgc::id_of(one), &info), 0);
  return info.pins;
}

/* Where the standard leaves a choice to its library: libstdc++ makes this one, another may make that one as well. */
static void expect_events_by_library(counting_pool &pool, std::uint64_t libstdcxx, std::uint64_t others) {
  const std::uint64_t events = pool.events();
#ifdef __GLIBCXX__
  (void)others;
  ck_assert_uint_eq(events, libstdcxx);
#else
  ck_assert(events == libstdcxx || events == others);
#endif
}

START_TEST(vectors_report_elements_only) {
  counting_pool pool;
  root<bag> one = make<bag>();
  root<node> a = make<node>(1), b = make<node>(2);
  expect_events(pool, 3);
  for (int i = 0; i < 100; i++) /* growing */
    one->many.push_back(i % 2 ? a : b);
  expect_events(pool, 100);
  one->many.shrink_to_fit();
  one->many.reserve(1000);
  one->many.resize(110);
  expect_events(pool, 0);
  one->many.resize(100);
  one->many.erase(one->many.begin() + 10);
  expect_events(pool, 1);
  one->many.insert(one->many.begin(), one->many[20]);
  expect_events(pool, 1);
  one->many.insert(one->many.begin() + 50, 3, one->many.back());
  /* The value is an element that will move, so a library may copy it first: one link comes and goes. */
  expect_events_by_library(pool, 3 + 2, 3);
  one->many.emplace(one->many.begin() + 5, a);
  one->many.emplace_back(b.get());
  one->many.push_back(one->many.front());
  expect_events(pool, 3);
  one->many.pop_back();
  expect_events(pool, 1);
  one->many.erase(one->many.begin() + 3, one->many.begin() + 13);
  expect_events(pool, 10);
  const std::size_t size = one->many.size();
  one->many.clear();
  expect_events(pool, size);
}
END_TEST

START_TEST(algorithms_within_a_holder_report_nothing) {
  counting_pool pool;
  root<bag> one = full_bag(500);
  pool.events();
  std::sort(one->many.begin(), one->many.end(), by_value);
  ck_assert(std::is_sorted(one->many.begin(), one->many.end(), by_value));
  std::stable_sort(one->many.begin(), one->many.end());
  std::reverse(one->many.begin(), one->many.end());
  std::rotate(one->many.begin(), one->many.begin() + 123, one->many.end());
  std::swap(one->many[1], one->many[2]);
  std::iter_swap(one->many.begin(), one->many.end() - 1);
  one->list.swap(one->list);
  expect_events(pool, 0);
  auto end =
      std::remove_if(one->many.begin(), one->many.end(), [](const ref<node> &each) { return each->value < 100; });
  one->many.erase(end, one->many.end());
  expect_events(pool, 100);
  pool.flush();
  expect_alive(401);
  one->list.push_back(one->many[0]);
  one->list.push_front(one->many[1]);
  one->deque.push_back(one->many[2]);
  expect_events(pool, 3);
  one->list.reverse();
  one->list.sort();
  expect_events(pool, 0);
  one = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

START_TEST(maps_report_values_and_keys) {
  counting_pool pool;
  root<bag> one = make<bag>();
  root<node> a = make<node>(1), b = make<node>(2);
  pool.events();
  one->names["a"] = a;
  one->names["a"] = a;
  expect_events(pool, 1);
  one->names["a"] = b;
  expect_events(pool, 2);
  ck_assert(one->names.try_emplace("b", b).second && !one->names.try_emplace("b", a).second);
  expect_events(pool, 1);
  one->names.insert(std::make_pair("c", a.get()));
  one->names.insert_or_assign("b", a);
  one->names.erase("a");
  expect_events(pool, 4);
  for (int i = 0; i < 100; i++) /* rehashing */
    one->numbers[i] = a;
  expect_events(pool, 100);
  one->numbers.erase(5);
  one->set.emplace(a);
  one->set.emplace(b);
  expect_events(pool, 3);
  ck_assert_uint_eq(one->set.size(), 2);
  ck_assert_uint_eq(pins_of(pool, a.get()), 1);
  auto taken = one->names.extract("b");
  taken.key() = "d";
  one->names.insert(std::move(taken));
  expect_events(pool, 0);
  ck_assert(one->names.at("d") == a);
}
END_TEST

START_TEST(containers_between_holders) {
  counting_pool pool;
  root<bag> one = full_bag(10), other = full_bag(20);
  one->names["x"] = one->many[0];
  pool.events();
  root<bag> copy = make<bag>(*one);
  expect_events(pool, 1 + 11);
  ck_assert(!copy->many[0].is_pin() && !copy->names.at("x").is_pin());
  root<bag> moved = make<bag>(std::move(*copy));
  expect_events(pool, 1 + 22);
  ck_assert_uint_eq(moved->many.size(), 10);
  ck_assert(moved->names.at("x") == moved->many[0]);
  swap(one->many, other->many);
  expect_events(pool, 2 * 30 + 2); /* and a pin */
  ck_assert_uint_eq(one->many.size(), 20);
  ck_assert(!one->many[19].is_pin());
  one->many = moved->many; /* ten come, twenty go */
  expect_events(pool, 10 + 20);
  other->many = std::move(one->many); /* ten come, ten go at either side */
  expect_events(pool, 3 * 10 + 2);
  one->many = std::move(other->many); /* onto none */
  expect_events(pool, 2 * 10);
  other->many = one->many;
  expect_events(pool, 10);
  std::vector<root<node>> outside(other->many.begin(), other->many.end());
  expect_events(pool, 10);
  other->many.assign(outside.begin() + 5, outside.end());
  ck_assert_uint_eq(other->many.size(), 5);
  pool.events();
  xlgc::ref_vector<node> stray = other->many; /* nobody's: pins */
  ck_assert(stray[0].is_pin());
  expect_events(pool, 5);
  ck_assert_uint_eq(pins_of(pool, stray[0].get()), 2);
}
END_TEST

using row = std::vector<ref<node>, xlgc::allocator_for<ref<node>>>;
struct nested : xlgc::object {
  xlgc::refs<std::map<int, row, std::less<int>, xlgc::allocator_for<std::pair<const int, row>>>> groups{this};
  xlgc::refs<std::vector<row, xlgc::allocator_for<row>>> rows{this};
};

START_TEST(containers_nest) {
  counting_pool pool;
  root<nested> one = make<nested>();
  root<node> a = make<node>();
  pool.events();
  for (int i = 0; i < 20; i++) {
    one->rows.emplace_back();
    one->rows[0].emplace_back(a);
    one->groups[i % 3].emplace_back(a);
  }
  expect_events(pool, 40);
  ck_assert(!one->rows[0][7].is_pin() && !one->groups[1][2].is_pin());
  a = nullptr;
  pool.flush();
  expect_alive(1);
  one = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

START_TEST(rings_through_containers_are_collected) {
  counting_pool pool;
  struct knot : xlgc::object, counted {
    xlgc::ref_vector<knot> many{this};
    xlgc::ref_hash_map<int, knot> numbers{this};
  };
  {
    std::vector<root<knot>> all;
    for (int i = 0; i < 30; i++)
      all.push_back(make<knot>());
    for (auto &one : all)
      for (auto &other : all) {
        one->many.push_back(other);
        one->numbers[static_cast<int>(one->numbers.size())] = other;
      }
  }
  pool.flush();
  expect_alive(0);
  ck_assert_uint_eq(pool.statistics().links, 0);
}
END_TEST

/* A queue that is soon full; everything the standard promises then holds. */
START_TEST(what_throws_leaves_the_container_as_it_was) {
  xlgc_config config = counting_pool::loud();
  config.when_full = XLGC_FULL_FAIL;
  config.queue_events = config.queue_reserve = 1016;
  counting_pool pool(config);
  root<bag> one = full_bag(100);
  pool.flush();
  root<bag> other = full_bag(60);
  pool.flush();
  const root<node> first = one->many[0];
  unsigned pushes = 0, swaps = 0, copies = 0;
  for (int trial = 0; trial < 60; trial++) {
    const std::size_t size = one->many.size(), others = other->many.size();
    try {
      for (;;)
        one->many.push_back(first);
    } catch (const xlgc::error &error) {
      ck_assert_int_eq(error.code(), XLGC_E_QUEUE);
      pushes++;
    }
    ck_assert(std::all_of(one->many.begin(), one->many.end(), [](const ref<node> &each) { return !!each; }));
    const std::size_t grown = one->many.size();
    if (trial % 3 == 1) pool.flush();
    if (trial % 3 == 2) one->many.resize(size); /* room for a part */
    const std::size_t before = one->many.size();
    bool swapped = false;
    try {
      swap(one->many, other->many);
      swapped = true;
      swap(one->many, other->many);
      swapped = false;
    } catch (const xlgc::error &) {
      swaps++;
    }
    ck_assert_uint_eq(one->many.size(), swapped ? others : before);
    ck_assert_uint_eq(other->many.size(), swapped ? before : others);
    if (swapped) {
      pool.flush();
      for (;;) {
        try {
          swap(one->many, other->many);
          break;
        } catch (const xlgc::error &) {
          pool.flush();
          other->many.resize(size);
        }
      }
    }
    ck_assert(grown >= size);
    try {
      make<bag>(*one);
      make<bag>(*one);
      make<bag>(*one);
      make<bag>(*one);
    } catch (const xlgc::error &) {
      copies++;
    }
    one->many.resize(size);
    pool.flush();
    expect_alive(162);
  }
  ck_assert(pushes == 60 && swaps && copies);
  one = nullptr, other = nullptr;
  pool.flush();
  expect_alive(1);
}
END_TEST

/* Random operations on many bags; what is alive is what can be reached by following the refs. */
START_TEST(random_operations_agree_with_a_search) {
  std::uint64_t seed = trial_seed();
  counting_pool pool;
  struct vertex : xlgc::object, counted {
    xlgc::ref_vector<vertex> out{this};
    ref<vertex> one{this};
    unsigned seen = 0;
  };
  constexpr std::uint32_t roots = 8;
  std::array<root<vertex>, roots> tops;
  for (root<vertex> &each : tops)
    each = make<vertex>();
  auto walk = [&](std::uint32_t steps) {
    vertex *at = tops[trial_random(&seed, roots)].get();
    for (; steps; steps--) {
      vertex *to = at->out.empty() ? at->one.get() : at->out[trial_random(&seed, std::uint32_t(at->out.size()))].get();
      if (!to) break;
      at = to;
    }
    return root<vertex>(at);
  };
  for (unsigned i = 1; i <= trial_work(20000); i++) {
    root<vertex> a = walk(trial_random(&seed, 6)), b = walk(trial_random(&seed, 6));
    switch (trial_random(&seed, 14)) {
    case 0:
    case 1:
    case 2: a->out.push_back(make<vertex>()); break;
    case 3: a->out.push_back(b); break;
    case 4: a->one = b; break;
    case 5: swap(a->one, b->one); break;
    case 6: a->one = std::move(b->one); break;
    case 7: swap(a->out, b->out); break;
    case 8: a->out = std::move(b->out); break;
    case 9: a->out = b->out; break;
    case 10:
      if (!a->out.empty()) a->out.erase(a->out.begin());
      break;
    case 11: std::sort(a->out.begin(), a->out.end()); break;
    case 12: tops[trial_random(&seed, roots)] = b->out.size() > 20 ? make<vertex>() : make<vertex>(*b); break;
    case 13: a->out.clear(); break;
    }
    if (a->out.size() > 20) a->out.resize(20);
    if (i % 50) continue;
    a = b = nullptr;
    pool.flush();
    std::vector<vertex *> queue;
    auto reach = [&](vertex *at) {
      if (!at || at->seen == i) return;
      at->seen = i;
      queue.push_back(at);
    };
    for (root<vertex> &each : tops)
      reach(each.get());
    for (std::size_t at = 0; at < queue.size(); at++) {
      for (ref<vertex> &each : queue[at]->out)
        reach(each.get());
      reach(queue[at]->one.get());
    }
    expect_alive(static_cast<int>(queue.size()));
  }
  for (root<vertex> &each : tops)
    each = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_containers");
  TCase *events = trial_case(suite, "events");
  tcase_add_test(events, vectors_report_elements_only);
  tcase_add_test(events, algorithms_within_a_holder_report_nothing);
  tcase_add_test(events, maps_report_values_and_keys);
  tcase_add_test(events, containers_between_holders);
  TCase *life = trial_case(suite, "life");
  tcase_add_test(life, containers_nest);
  tcase_add_test(life, rings_through_containers_are_collected);
  tcase_add_test(life, what_throws_leaves_the_container_as_it_was);
  tcase_add_test(life, random_operations_agree_with_a_search);
  return trial_run(suite);
}
