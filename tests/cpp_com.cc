/* xlgc.hpp: AddRef and Release that name the holder, and pointers to interfaces. */
#include <config.h>

#include "cpp_support.hh"

namespace com = xlgc::com;
using xlgc::com_ptr;
using xlgc::make;
using xlgc::root;

struct reader : com::supports {
  virtual int read() const = 0;
};
struct writer : com::supports {
  virtual void write(int) = 0;
};
struct unrelated : com::supports {};

struct file : com::implements<reader, writer>, counted {
  int value = 0;
  com_ptr<reader> source{this};
  com_ptr<writer> sink{this};
  xlgc::ref_vector<writer> all{this};
  int read() const override { return value; }
  void write(int number) override { value = number; }
};

START_TEST(interfaces_are_found_by_type) {
  counting_pool pool;
  root<file> one = make<file>();
  reader *r = one.get();
  writer *w = com::query<writer>(r);
  ck_assert_ptr_eq(w, static_cast<writer *>(one.get()));
  ck_assert_ptr_eq(com::query<reader>(w), r);
  ck_assert_ptr_null(com::query<unrelated>(w));
  ck_assert_ptr_eq(com::query<com::supports>(w), com::query<com::supports>(r));
  ck_assert_uint_eq(xlgc::id_of(r), xlgc::id_of(one.get()));
  expect_events(pool, 1);
}
END_TEST

START_TEST(com_ptrs_report_as_refs_do) {
  counting_pool pool;
  root<file> a = make<file>(), b = make<file>(), c = make<file>();
  pool.events();
  a->source = b;
  a->sink = a->source; /* asks */
  ck_assert(a->sink == static_cast<writer *>(b.get()));
  expect_events(pool, 2);
  a->sink = b;
  a->sink = com::query<writer>(b);
  a->sink = static_cast<reader *>(b.get());
  expect_events(pool, 0);
  a->sink = c;
  expect_events(pool, 2);
  a->all.push_back(a->sink);
  a->all.push_back(c);
  expect_events(pool, 2);
  com_ptr<unrelated> none{a.get(), a->sink};
  ck_assert(!none);
  a->sink = nullptr;
  expect_events(pool, 1);
  root<writer> outside(com::query<writer>(c));
  b->source = a, c->source = a;
  a = nullptr, b = nullptr, c = nullptr;
  pool.flush();
  expect_alive(3);
  outside->write(5);
  outside = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

/* As a class looks that was written for AddRef and Release. */
struct by_hand : com::implements<reader>, counted {
  static inline int nulls = 0;
  by_hand *peer = nullptr;
  void set(by_hand *target) {
    if (target) target->AddRef(this, &peer);
    if (peer) peer->Release(this, &peer);
    peer = target;
  }
  ~by_hand() { nulls += !peer; }
  int read() const override { return 0; }
};

START_TEST(add_ref_and_release_say_who_holds) {
  counting_pool pool;
  {
    root<by_hand> a = make<by_hand>(), b = make<by_hand>(), c = make<by_hand>();
    pool.events();
    a->set(b.get());
    b->set(c.get());
    b->set(a.get());
    expect_events(pool, 4);
    c->AddRef(nullptr, nullptr);
    c->Release(nullptr);
    expect_events(pool, 2);
  }
  pool.flush();
  expect_alive(0);
  ck_assert_int_eq(by_hand::nulls, 3);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_com");
  TCase *com_case = trial_case(suite, "com");
  tcase_add_test(com_case, interfaces_are_found_by_type);
  tcase_add_test(com_case, com_ptrs_report_as_refs_do);
  tcase_add_test(com_case, add_ref_and_release_say_who_holds);
  return trial_run(suite);
}
