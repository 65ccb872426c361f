/* xlgc.hpp: many threads and a worker. */
#include <config.h>

#include "cpp_support.hh"

#include <mutex>
#include <thread>
#include <vector>

using xlgc::make;
using xlgc::ref;
using xlgc::root;
using xlgc::weak;

START_TEST(each_thread_reports_to_its_own_context) {
  counting_pool pool;
  pool.start_worker();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++)
    threads.emplace_back([] {
      for (unsigned i = 0; i < trial_work(5000); i++) {
        root<node> a = make<node>(1), b = make<node>(2);
        a->next = b;
        b->next = a;
        root<node> c = std::move(a);
        ck_assert_int_eq(c->next->next->value, 1);
      }
    });
  for (std::thread &each : threads)
    each.join();
  pool.flush();
  expect_alive(0);
  pool.stop_worker();
}
END_TEST

/* One pointer that all change under the program's lock. */
START_TEST(a_shared_pointer_under_a_lock) {
  counting_pool pool;
  pool.start_worker();
  root<node> shared = make<node>();
  std::mutex lock;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; t++)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < trial_work(10000); i++) {
        root<node> mine = make<node>(t);
        mine->next = mine;
        root<node> seen;
        {
          std::lock_guard<std::mutex> guard(lock);
          seen = shared->next;
          shared->next = mine;
        }
        if (seen) ck_assert(seen->value >= 0 && seen->value < 3 && seen->next == seen);
      }
    });
  for (std::thread &each : threads)
    each.join();
  shared = nullptr;
  pool.flush();
  expect_alive(0);
  pool.stop_worker();
}
END_TEST

START_TEST(weak_locks_race_with_release) {
  counting_pool pool;
  pool.start_worker();
  std::atomic<unsigned> found{0}, missed{0};
  for (unsigned i = 0; i < trial_work(2000); i++) {
    root<node> strong = make<node>(4711);
    strong->next = strong;
    const weak<node> shared = strong;
    std::thread other([&found, &missed, mine = shared] {
      for (int n = 0; n < 20; n++) {
        root<node> locked = mine.lock();
        if (locked)
          ck_assert_int_eq(locked->value, 4711);
        else
          missed++;
        found += !!locked;
      }
    });
    strong = nullptr;
    if (i % 2) pool.flush();
    root<node> again = shared.lock();
    if (again) ck_assert_int_eq(again->next->value, 4711);
    again = nullptr;
    other.join();
    if (i % 100 == 0) {
      pool.flush();
      ck_assert(!shared.lock());
    }
  }
  pool.flush();
  expect_alive(0);
  printf("found %u, missed %u\n", found.load(), missed.load());
  pool.stop_worker();
}
END_TEST

struct published : xlgc::object, counted {
  xlgc::atomic_ref<node> current{this};
};

START_TEST(sections_read_atomic_refs_without_events) {
  counting_pool pool;
  pool.start_worker();
  root<published> top = make<published>();
  top->current.store(make<node>(1));
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; t++)
    readers.emplace_back([&] {
      while (!done.load()) {
        xlgc::section inside(pool);
        const node *seen = top->current.load();
        ck_assert(seen && seen->value > 0);
      }
    });
  for (unsigned i = 2; i < trial_work(5000); i++)
    top->current.store(make<node>(static_cast<int>(i)));
  done = true;
  for (std::thread &each : readers)
    each.join();
  pool.flush();
  expect_alive(2);
  top->current.store(nullptr);
  pool.flush();
  expect_alive(1);
  top = nullptr;
  pool.flush();
  expect_alive(0);
  pool.stop_worker();
}
END_TEST

struct owned : xlgc::object, counted {
  std::thread::id maker = std::this_thread::get_id();
  ref<owned> next{this};
  ~owned() { ck_assert(maker == std::this_thread::get_id()); }
};
template <> struct xlgc::traits<owned> {
  static constexpr unsigned delivery = XLGC_DELIVER_OWNER;
  static constexpr bool indexed = true;
};

START_TEST(objects_can_be_destroyed_where_they_were_made) {
  counting_pool pool;
  pool.start_worker();
  std::thread other([&pool] {
    root<owned> one = make<owned>();
    xlgc_id id;
    ck_assert_int_eq(xlgc_lookup(pool.native(), one.get(), &id), 0);
    ck_assert_uint_eq(id, xlgc::id_of(one.get()));
    one->next = make<owned>();
    one->next->next = one;
    one = nullptr;
    pool.flush();
    ck_assert_uint_eq(pool.dispatch(), 2);
    expect_alive(0);
  });
  other.join();
  pool.stop_worker();
}
END_TEST

/* A root in a variable of a thread's goes with the thread. */
START_TEST(thread_locals_let_go) {
  counting_pool pool;
  std::thread other([] {
    static thread_local root<node> mine;
    mine = make<node>();
    mine->next = mine;
  });
  other.join();
  pool.flush();
  expect_alive(0);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_threads");
  TCase *threads = trial_case(suite, "threads");
  tcase_add_test(threads, each_thread_reports_to_its_own_context);
  tcase_add_test(threads, a_shared_pointer_under_a_lock);
  tcase_add_test(threads, weak_locks_race_with_release);
  tcase_add_test(threads, sections_read_atomic_refs_without_events);
  tcase_add_test(threads, objects_can_be_destroyed_where_they_were_made);
  tcase_add_test(threads, thread_locals_let_go);
  return trial_run(suite);
}
