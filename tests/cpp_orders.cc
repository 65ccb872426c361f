/* In which order xlgc.hpp destroys what goes together: what is held first, so that a destructor may use plain pointers to
 * what held its object, but for cycles; all refs read null by then. In steps of any size, beside a worker, by mail, after
 * help, in what roots held beyond the pool's end, and in pools that check. */
#include <config.h>

#include "cpp_support.hh"

#include <algorithm>
#include <random>
#include <set>
#include <thread>
#include <vector>

using xlgc::make;
using xlgc::ref;
using xlgc::root;

/* What is held before its holders, whichever thread works; a ref to what held reads null then. */
struct ordered : xlgc::object, counted {
  static inline std::vector<int> ends;
  int value;
  ref<ordered> up{this};
  xlgc::ref_vector<ordered> down{this};
  explicit ordered(int number) : value(number) {}
  ~ordered() {
    ck_assert(!up);
    ends.push_back(value);
  }
};

START_TEST(what_is_held_is_destroyed_first) {
  for (bool worker : {false, true}) {
    counting_pool pool;
    {
      root<ordered> top = make<ordered>(0);
      for (int i = 2; i > 0; i--) {
        root<ordered> child = make<ordered>(i);
        child->down.push_back(make<ordered>(10 * i));
        child->down.push_back(child->down[0]);
        top->down.push_back(child);
      }
    }
    if (worker) pool.start_worker();
    pool.flush();
    if (worker) pool.stop_worker();
    expect_alive(0);
    ck_assert_uint_eq(ordered::ends.size(), 5);
    auto at = [](int number) { return std::find(ordered::ends.begin(), ordered::ends.end(), number); };
    ck_assert(at(0) > at(1) && at(0) > at(2) && at(1) > at(10) && at(2) > at(20));
    ordered::ends.clear();
  }
}
END_TEST

START_TEST(a_cycle_is_destroyed_in_the_reverse_order_of_its_slots) {
  counting_pool pool;
  {
    root<ordered> top = make<ordered>(0);
    for (int i = 1; i < 5; i++) {
      root<ordered> child = make<ordered>(i);
      child->up = top;
      top->down.emplace(top->down.begin(), child);
    }
  }
  pool.flush();
  ck_assert(ordered::ends == std::vector<int>({4, 3, 2, 1, 0}));
  ordered::ends.clear();
}
END_TEST

/* A child knows its parents by plain pointers, signs off at each and looks at what it can reach through it. */
struct person : xlgc::object, counted {
  static inline int signed_off = 0;
  std::vector<person *> parents;
  std::set<person *> known; /* children that are there */
  xlgc::ref_vector<person> children{this};
  ref<person> eldest{this};
  int magic = 4711;
  ~person() {
    ck_assert(children.empty() || !children[0]);
    ck_assert(!eldest);
    ck_assert_uint_eq(known.size(), 0);
    for (person *parent : parents) {
      ck_assert_int_eq(parent->magic, 4711);
      ck_assert_uint_eq(parent->known.erase(this), 1);
      for (person *sibling : parent->known)
        ck_assert_int_eq(sibling->magic, 4711);
      for (person *above : parent->parents)
        ck_assert(above->known.count(parent));
      for (const ref<person> &one : parent->children)
        ck_assert(!one);
      ck_assert(!parent->eldest);
      parent->eldest = nullptr;
      signed_off++;
    }
    magic = 0;
  }
  void adopt(person *child) {
    if (!known.insert(child).second) return;
    children.push_back(child);
    if (!eldest) eldest = child;
    child->parents.push_back(this);
  }
};

/* Made in random order, into slots that were used before: each below up to three of those with smaller numbers. Returns
 * the first, which holds all, and how many have signed off when it is gone. */
static root<person> make_clan(unsigned seed, int count, int *links) {
  std::mt19937 random(seed);
  std::vector<root<person>> all(static_cast<std::size_t>(count));
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); i++)
    order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  for (std::size_t i : order) {
    all[i] = make<person>();
    if (random() % 4 == 0) make<person>();
  }
  for (std::size_t i = 1; i < all.size(); i++)
    for (unsigned parents = 1 + random() % 3; parents; parents--)
      all[random() % 2 ? i - 1 : random() % i]->adopt(all[i].get());
  *links = 0;
  for (root<person> &one : all)
    *links += int(one->parents.size());
  person::signed_off = 0;
  return all[0];
}
static void expect_signed_off(int links) {
  expect_alive(0);
  ck_assert_int_eq(person::signed_off, links);
}

enum { BY_FLUSH, BY_UNITS, BY_STEPS, BY_WORKER, BY_CLEANER, AFTER_HELP, BY_CHECKING, AT_THE_END, WAYS };

START_TEST(children_sign_off_at_their_parents) {
  const int way = _i % WAYS;
  const unsigned seed = unsigned(_i);
  const int count = way == BY_UNITS ? 60 : 1000;
  int links = 0;
  {
    xlgc_config config = counting_pool::loud();
    config.check = way == BY_CHECKING;
    config.help_events = way == AFTER_HELP ? 256 : 0;
    if (way == BY_CLEANER) config.help_tells = XLGC_HELP_TELLS_CLEANER, config.help_events = 256;
    counting_pool pool(config);
    root<person> first = make_clan(seed, count, &links);
    pool.flush();
    if (way == BY_WORKER) pool.start_worker();
    first = nullptr;
    if (way == AFTER_HELP || way == BY_CLEANER)
      for (int i = 0; i < 5000; i++)
        make<person>();
    while (way == BY_UNITS && pool.step(1)) {
    }
    while (way == BY_STEPS && pool.step(64)) {
    }
    if (way != AT_THE_END) pool.flush();
    while (way == BY_CLEANER && counted::alive) {
      pool.flush();
      std::this_thread::yield();
    }
    if (way == BY_WORKER) pool.stop_worker();
    if (way != AT_THE_END) expect_signed_off(links);
  }
  expect_signed_off(links);
}
END_TEST

/* What a root holds beyond the end of its pool, the parent made last. */
START_TEST(children_sign_off_after_the_end_of_the_pool) {
  for (bool checks : {false, true}) {
    root<person> last;
    int links = 0;
    {
      xlgc_config config = counting_pool::loud();
      config.check = checks;
      counting_pool pool(config);
      for (int i = 0; i < 10; i++)
        make<person>();
      last = make_clan(unsigned(checks) + 1, 300, &links);
      root<person> top = make<person>();
      top->adopt(last.get());
      links++;
      last = top;
      if (checks) pool.flush();
    }
    ck_assert_int_eq(person::signed_off, 0);
    last = nullptr;
    expect_signed_off(links);
  }
}
END_TEST

/* A chain that is longer than a step: each destroys no more than it has units, the end of the chain first. */
struct ring_of_chain : xlgc::object, counted {
  ring_of_chain *before = nullptr;
  ref<ring_of_chain> next{this};
  int number = 0;
  static inline int last = 0;
  ~ring_of_chain() {
    ck_assert(!before || before->number == number - 1);
    ck_assert_int_eq(number, last - 1);
    last = number;
  }
};

START_TEST(long_chains_are_destroyed_in_bounded_steps) {
  enum { LENGTH = 20000, UNITS = 100 };
  counting_pool pool;
  {
    root<ring_of_chain> first = make<ring_of_chain>(), end = first;
    for (int i = 1; i < LENGTH; i++) {
      end->next = make<ring_of_chain>();
      end->next->before = end.get();
      end->next->number = i;
      end = end->next;
    }
  }
  ring_of_chain::last = LENGTH;
  for (int before = LENGTH; pool.step(UNITS); before = counted::alive)
    ck_assert_int_le(before - counted::alive, UNITS + 1);
  pool.flush();
  expect_alive(0);
}
END_TEST

/* It is kept when it is asked first: nothing of it is marked then. */
struct reprieved : person {
  int asked = 0;
  bool xlgc_orphaned() noexcept {
    ck_assert(children[0] && eldest && known.count(children[0].get()));
    ck_assert(children[0]->eldest);
    return asked++ == 0;
  }
};

START_TEST(what_was_kept_is_destroyed_in_order_later) {
  counting_pool pool;
  {
    root<reprieved> top = make<reprieved>();
    top->adopt(make<person>().get());
    top->children[0]->adopt(make<person>().get());
  }
  person::signed_off = 0;
  pool.flush();
  expect_alive(3);
  pool.flush();
  expect_signed_off(2);
}
END_TEST

/* By mail, those of one thread are in order. */
struct mailed : person {};
template <> struct xlgc::traits<mailed> {
  static constexpr unsigned delivery = XLGC_DELIVER_OWNER;
  static constexpr bool indexed = true;
};

START_TEST(mail_is_in_order) {
  counting_pool pool;
  {
    root<mailed> top = make<mailed>();
    for (int i = 0; i < 100; i++) {
      top->adopt(make<mailed>().get());
      top->children[0]->adopt(make<mailed>().get());
    }
  }
  person::signed_off = 0;
  pool.flush();
  expect_alive(201);
  while (pool.dispatch(7)) {
  }
  expect_signed_off(200);
}
END_TEST

/* An object that was never made is destroyed by none, and marked by none. */
struct half_made : xlgc::object {
  person inside;
  explicit half_made(root<person> &parent) {
    parent->eldest = make<person>();
    throw 1;
  }
};

START_TEST(failed_objects_are_not_destroyed) {
  counting_pool pool;
  root<person> parent = make<person>();
  for (int i = 0; i < 3; i++) {
    try {
      make<half_made>(parent);
    } catch (int) {
    }
  }
  pool.flush();
  expect_alive(2);
  parent = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_orders");
  TCase *all = trial_case(suite, "orders");
  tcase_add_test(all, what_is_held_is_destroyed_first);
  tcase_add_test(all, a_cycle_is_destroyed_in_the_reverse_order_of_its_slots);
  tcase_add_loop_test(all, children_sign_off_at_their_parents, 0, 3 * WAYS);
  tcase_add_test(all, children_sign_off_after_the_end_of_the_pool);
  tcase_add_test(all, long_chains_are_destroyed_in_bounded_steps);
  tcase_add_test(all, what_was_kept_is_destroyed_in_order_later);
  tcase_add_test(all, mail_is_in_order);
  tcase_add_test(all, failed_objects_are_not_destroyed);
  return trial_run(suite);
}
