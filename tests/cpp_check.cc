/* xlgc.hpp in a pool that checks: refs that are moved out of their object and outlive it are found, and are safe to
 * use; plain pointers to objects that go first are found; what refs do otherwise is right. */
#include <config.h>

#include "cpp_support.hh"

#include <string>
#include <utility>
#include <vector>

using xlgc::make;
using xlgc::ref;
using xlgc::ref_vector;
using xlgc::root;

static std::vector<std::string> found;

static xlgc_config checking() {
  xlgc_config config;
  xlgc_config_init(&config);
  config.check = 1;
  config.on_error = [](void *, const xlgc_error *error) {
    std::string text(xlgc_error_text(error, nullptr, 0), ' ');
    xlgc_error_text(error, text.data(), text.size() + 1);
    found.push_back(text);
  };
  return config;
}

/* A pool in which nothing else was found than the test has said. */
struct checking_pool : xlgc::pool {
  checking_pool() : pool(checking()) { found.clear(); }
  ~checking_pool() {
    flush();
    ck_assert_msg(found.empty(), "%s", found[0].c_str());
  }
  void expect(std::initializer_list<const char *> parts) {
    ck_assert_uint_eq(found.size(), 1);
    for (const char *part : parts)
      ck_assert_msg(found[0].find(part) != std::string::npos, "no '%s' in: %s", part, found[0].c_str());
    found.clear();
  }
};

struct item : xlgc::object, counted {
  ref<item> left{this}, right{this};
  ref_vector<item> more{this};
};

START_TEST(refs_that_are_right) {
  {
    checking_pool pool;
    root<item> top = make<item>();
    for (int i = 0; i < 100; i++) {
      root<item> one = make<item>();
      one->left = top;
      one->right = std::move(one->left);
      one->more.push_back(make<item>());
      one->more.emplace_back(one);
      one->more.emplace(one->more.begin(), make<item>());
      std::swap(one->more[0], one->more[2]);
      {
        ref<item> aside = std::move(one->right);
        one->left = std::move(aside);
        ref<item> away = std::move(one->more[1]);
      }
      top->more = std::move(one->more);
      top->right = one;
      if (i % 3 == 0) top->more.clear();
      if (i % 5 == 0) pool.flush();
    }
  }
  expect_alive(0);
}
END_TEST

/* The destructor empties, moves and swaps its refs in all ways before they end. */
struct untidy : item {
  ~untidy() {
    left = nullptr;
    right.reset();
    ref<item> aside = std::move(more[0]);
    more[1] = std::move(more[2]);
    swap(more[3], more[4]);
    std::swap(more[5], more[6]);
    more.erase(more.begin() + 7);
    more.resize(9);
  }
};

START_TEST(destructors_may_change_their_refs) {
  checking_pool pool;
  {
    root<untidy> one = make<untidy>();
    one->left = make<item>();
    one->right = one->left;
    for (int i = 0; i < 12; i++)
      one->more.push_back(i % 2 ? one->left : make<item>());
  }
  pool.flush();
  expect_alive(0);
}
END_TEST

/* Moved to a local; to a vector of another object, which is a move between holders and so right. */
START_TEST(refs_that_outlive_their_object) {
  ref<item> *last = nullptr;
  {
    checking_pool pool;
    ref<item> away;
    ck_assert(away.is_pin());
    root<item> other = make<item>();
    __lsan_disable(); /* its memory is kept */
    root<item> one = make<item>();
    __lsan_enable();
    one->left = other;
    one->right = make<item>();
    one->more.push_back(make<item>());
    one->more.push_back(std::move(one->more[0]));
    ref<item> *moved = new ref<item>(std::move(one->right));
    other->more.push_back(std::move(one->left));
    last = new ref<item>(std::move(one->more[1]));
    one = nullptr;
    pool.flush();
    pool.expect({"ref: a pointer is not as it was reported", "item 0x", "-> item 0x", "event"});
    ck_assert(!*moved);
    *moved = other;
    ck_assert_ptr_null(moved->get());
    delete moved;
    ck_assert(other->more[0] == other);
  }
  ck_assert_ptr_null(last->get());
  delete last; /* the pool is gone */
}
END_TEST

START_TEST(assignments_to_the_refs_of_the_dead) {
  checking_pool pool;
  struct late : item {
    ~late() { left = global(); }
    static root<item> &global() {
      static root<item> one;
      return one;
    }
  };
  late::global() = make<item>();
  make<late>();
  pool.flush();
  pool.expect({"ref: the object was already notified", "item 0x"});
  late::global() = nullptr;
}
END_TEST

START_TEST(weak_and_failed_objects) {
  checking_pool pool;
  struct failing : item {
    failing() {
      left = make<item>();
      right = this;
      throw 1;
    }
  };
  for (int i = 0; i < 3; i++) {
    try {
      make<failing>();
    } catch (int) {
    }
    xlgc::weak<item> gone(make<item>());
    pool.flush();
    ck_assert(!gone.lock());
  }
  expect_alive(0);
}
END_TEST

/* A parent that knows its child by a plain pointer too, which its destructor must not read; here it does not. */
struct child_part {
  virtual ~child_part() = default;
  int part = 0;
};
struct parent : item {
  ref<struct child> held{this};
  struct child *whole = nullptr;
  long number = 0;
  child_part *part = nullptr;
};
struct child : item, child_part {
  parent *above = nullptr; /* right: that is there */
};

static root<item> make_families(bool know_whole, bool know_part) {
  root<item> top = make<item>();
  for (int i = 0; i < 50; i++) {
    root<parent> one = make<parent>();
    top->more.push_back(one);
    one->held = make<child>();
    one->held->above = one.get();
    one->number = i;
    if (know_whole) one->whole = one->held.get();
    if (know_part) one->part = one->held.get();
  }
  return top;
}

START_TEST(plain_pointers_to_what_goes_first) {
  checking_pool pool;
  make_families(false, false);
  pool.flush();
  ck_assert_msg(found.empty(), "%s", found[0].c_str());
  /* A parent whose child went before, and one whose child lives. */
  root<parent> last = make<parent>(), other = make<parent>();
  root<child> alive = make<child>();
  last->held = make<child>();
  last->whole = last->held.get();
  last->held = nullptr;
  other->part = alive.get();
  pool.flush();
  expect_alive(3);
  make<item>();
  last = other = nullptr;
  pool.flush();
  ck_assert_msg(found.empty(), "%s", found[0].c_str());
  expect_alive(1);
}
END_TEST

/* Each field is told of once, whatever part of the child it points to. */
START_TEST(plain_pointers_are_told_once_a_field) {
  checking_pool pool;
  make_families(false, true);
  pool.flush();
  root<parent> one = make<parent>();
  const char *begin = reinterpret_cast<char *>(one.get());
  const auto at = [begin](const void *field) {
    return "parent+" + std::to_string(static_cast<const char *>(field) - begin);
  };
  pool.expect({"destroyed before it; a ref would read as null: parent 0x", " -> child 0x", at(&one->part).c_str()});
  make_families(true, true);
  pool.flush();
  pool.expect({"destroyed before it; a ref would read as null: parent 0x", " -> child 0x", at(&one->whole).c_str()});
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_check");
  TCase *all = trial_case(suite, "checks");
  tcase_add_test(all, refs_that_are_right);
  tcase_add_test(all, destructors_may_change_their_refs);
  tcase_add_test(all, refs_that_outlive_their_object);
  tcase_add_test(all, assignments_to_the_refs_of_the_dead);
  tcase_add_test(all, weak_and_failed_objects);
  tcase_add_test(all, plain_pointers_to_what_goes_first);
  tcase_add_test(all, plain_pointers_are_told_once_a_field);
  return trial_run(suite);
}
