/* xlgc.hpp: classes as they are, each made, put into a ring, found by a weak reference and destroyed. Classes that
 * cannot be made are in tests/refused.sh. */
#include <config.h>

#include "cpp_support.hh"

#include <cstdint>
#include <memory>
#include <string>

using xlgc::make;
using xlgc::ref;
using xlgc::root;
using xlgc::weak;

/* What operators new of classes gave and operators delete did not get back. */
static int blocks;
static std::size_t bytes;
static void *given(void *memory, std::size_t size) {
  blocks++;
  bytes += size;
  return memory;
}
static void taken(void *memory, std::size_t size) {
  blocks--;
  bytes -= size;
  std::free(memory);
}
#define expect_blocks(count) ck_assert_int_eq(blocks, (count))

/* ------------------------------------------------------------- the table */

struct plain : xlgc::object, counted {
  ref<plain> peer{this};
};
struct last final : xlgc::object, counted {
  ref<last> peer{this};
};
struct polymorphic : xlgc::object, counted {
  ref<polymorphic> peer{this};
  virtual ~polymorphic() = default;
};
struct not_first : private std::string, polymorphic {
  ref<not_first> peer{this};
};
struct by_virtual : virtual xlgc::object, counted {
  ref<by_virtual> peer{this};
};
struct left : virtual xlgc::object {
  int l = 1;
};
struct right : virtual xlgc::object {
  virtual ~right() = default;
  int r = 2;
};
struct diamond : left, right, counted {
  ref<diamond> peer{this};
};
struct one_side : xlgc::object {
  int o = 3;
};
struct other_side : xlgc::object {
  int o = 4;
};
struct two_bases : one_side, other_side, counted {
  using xlgc_base = other_side;
  ref<two_bases> peer{this};
};
struct fixed : xlgc::object, counted {
  const int number = 5;
  int &alias;
  ref<fixed> peer{this};
  std::unique_ptr<int> only;
  fixed() : alias(const_cast<int &>(number)) {}
  fixed(const fixed &) = delete;
  fixed &operator=(const fixed &) = delete;
};
template <std::size_t Alignment> struct alignas(Alignment) aligned : xlgc::object, counted {
  char byte = 1;
  ref<aligned> peer{this};
};
struct throwing_end : xlgc::object, counted {
  ref<throwing_end> peer{this};
  ~throwing_end() noexcept(false) {}
};
struct own_memory : xlgc::object, counted {
  ref<own_memory> peer{this};
  static void *operator new(std::size_t size) { return given(std::malloc(size), 0); }
  static void operator delete(void *memory) { taken(memory, 0); }
};
struct own_sized : xlgc::object, counted {
  ref<own_sized> peer{this};
  static void *operator new(std::size_t size) { return given(std::malloc(size), size); }
  static void operator delete(void *memory, std::size_t size) { taken(memory, size); }
};
struct own_by_base : own_sized {
  ref<own_by_base> peer{this};
  long more = 1;
};
struct alignas(64) own_aligned : xlgc::object, counted {
  ref<own_aligned> peer{this};
  static void *operator new(std::size_t size, std::align_val_t to) {
    return given(std::aligned_alloc(std::size_t(to), size), size);
  }
  static void operator delete(void *memory, std::size_t size, std::align_val_t) { taken(memory, size); }
};
struct own_null : xlgc::object, counted {
  ref<own_null> peer{this};
  static inline bool empty = false;
  static void *operator new(std::size_t size) noexcept { return empty ? nullptr : given(std::malloc(size), 0); }
  static void operator delete(void *memory) { taken(memory, 0); }
};

template <class T> void works(counting_pool &pool) {
  {
    root<T> one = make<T>(), other = make<T>();
    ck_assert_uint_eq(reinterpret_cast<std::uintptr_t>(one.get()) % alignof(T), 0);
    one->peer = other;
    other->peer = one;
    weak<T> seen = one;
    ck_assert(seen.lock() == one);
    xlgc_object_info info;
    ck_assert_int_eq(xlgc_info(pool.native(), xlgc::id_of(one.get()), &info), 0);
    ck_assert_ptr_eq(info.object, one.get());
    expect_alive(2);
    one = nullptr, other = nullptr;
    pool.flush();
    ck_assert(!seen.lock());
  }
  expect_alive(0);
  expect_blocks(0);
  ck_assert_uint_eq(bytes, 0);
  ck_assert_uint_eq(pool.statistics().objects, 0);
}

START_TEST(classes_work) {
  counting_pool pool;
  works<plain>(pool);
  works<last>(pool);
  works<polymorphic>(pool);
  works<not_first>(pool);
  works<by_virtual>(pool);
  works<diamond>(pool);
  works<two_bases>(pool);
  works<fixed>(pool);
  works<aligned<8>>(pool);
  works<aligned<16>>(pool);
  works<aligned<32>>(pool);
  works<aligned<64>>(pool);
  works<aligned<4096>>(pool);
  works<throwing_end>(pool);
  works<own_memory>(pool);
  works<own_sized>(pool);
  works<own_by_base>(pool);
  works<own_aligned>(pool);
  works<own_null>(pool);
}
END_TEST

START_TEST(memory_of_the_class_runs_out) {
  counting_pool pool;
  own_null::empty = true;
  bool thrown = false;
  try {
    make<own_null>();
  } catch (const std::bad_alloc &) {
    thrown = true;
  }
  own_null::empty = false;
  ck_assert(thrown);
  works<own_null>(pool);
}
END_TEST

START_TEST(memory_of_the_class_without_a_pool) {
  expect_error(XLGC_E_STATE, make<own_sized>());
  expect_blocks(0);
  expect_alive(0);
}
END_TEST

/* ------------------------------------------------- constructors that throw */

enum where { NOWHERE, IN_BASE, IN_MEMBER, IN_BODY, IN_DELEGATE };

struct fails_in_member {
  explicit fails_in_member(bool now) {
    if (now) throw 4711;
  }
};

/* Whatever points to the object meanwhile is gone when the exception leaves, but for weak references. */
struct base_of_failing : xlgc::object {
  base_of_failing(where place) {
    weak<base_of_failing> mine(this);
    ck_assert(mine.lock() == this);
    if (place == IN_BASE) throw 4711;
  }
};
struct failing : base_of_failing, counted {
  static inline weak<failing> first, second, third;
  ref<failing> self{this, this};
  root<node> outside;
  xlgc::ref_vector<failing> selves{this};
  fails_in_member part;
  std::optional<root<failing>> passing;

  explicit failing(where place, const root<node> &target)
      : base_of_failing(place), outside(target), part(place == IN_MEMBER) {
    second = this;
    first = second;
    passing.emplace(this);
    selves.push_back(this);
    selves.push_back(*passing);
    passing.reset();
    if (place == IN_BODY) throw 4711;
  }
  failing(const root<node> &target, where place) : failing(NOWHERE, target) {
    third = this;
    ck_assert(third.lock()->self == this);
    if (place == IN_DELEGATE) throw 4711;
  }
  static void *operator new(std::size_t size) { return given(std::malloc(size), size); }
  static void operator delete(void *memory, std::size_t size) { taken(memory, size); }
};

START_TEST(what_was_never_made_is_not_found) {
  counting_pool pool;
  root<node> target = make<node>();
  const where place = static_cast<where>(_i);
  int caught = 0;
  try {
    if (place == IN_DELEGATE)
      make<failing>(target, place);
    else
      make<failing>(place, target);
  } catch (int number) {
    caught = number;
  }
  ck_assert_int_eq(caught, place == NOWHERE ? 0 : 4711);
  expect_blocks(1);
  if (place != NOWHERE) /* at once, and often */
    for (int i = 0; i < 3; i++)
      ck_assert(!failing::first.lock() && !failing::second.lock() && !failing::third.lock());
  pool.flush();
  ck_assert(!failing::first.lock() && !failing::second.lock() && !failing::third.lock());
  expect_alive(1);
  expect_blocks(0);
  ck_assert_uint_eq(pool.statistics().objects, 1);
  ck_assert_uint_eq(pool.statistics().links, 0);
  failing::first.reset(), failing::second.reset(), failing::third.reset();
}
END_TEST

/* An object that makes others, which fail, and is made after all. */
struct nested : xlgc::object, counted {
  ref<node> kept{this};
  nested() {
    for (int i = 0; i < 3; i++)
      try {
        make<failing>(IN_BODY, make<node>());
      } catch (int) {
        kept = make<node>(i);
      }
  }
};

START_TEST(failures_inside_of_constructors) {
  counting_pool pool;
  {
    root<nested> one = make<nested>();
    ck_assert(!one->kept.is_pin() && one->kept->value == 2);
    pool.flush();
    expect_alive(2);
    expect_blocks(0);
  }
  pool.flush();
  expect_alive(0);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_classes");
  TCase *classes = trial_case(suite, "classes");
  tcase_add_test(classes, classes_work);
  tcase_add_test(classes, memory_of_the_class_runs_out);
  tcase_add_test(classes, memory_of_the_class_without_a_pool);
  TCase *constructors = trial_case(suite, "constructors");
  tcase_add_loop_test(constructors, what_was_never_made_is_not_found, NOWHERE, IN_DELEGATE + 1);
  tcase_add_test(constructors, failures_inside_of_constructors);
  return trial_run(suite);
}
