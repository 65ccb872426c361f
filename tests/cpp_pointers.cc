/* xlgc.hpp: what each operation of a pointer reports, whose a ref is, and what happens when holders, pools and
 * constructors end early. */
#include <config.h>

#include "cpp_support.hh"

#include <string>
#include <unordered_set>
#include <variant>

using xlgc::make;
using xlgc::ref;
using xlgc::root;
using xlgc::weak;

/* ---------------------------------------------------------------- events */

START_TEST(roots_pin_and_unpin) {
  counting_pool pool;
  root<node> one = make<node>(1);
  expect_events(pool, 1);
  {
    root<node> copy = one;
    expect_events(pool, 1);
    root<node> moved = std::move(copy);
    ck_assert(!copy && moved == one);
    moved = one;
    moved = moved.get();
    one.swap(moved);
    expect_events(pool, 0);
  }
  expect_events(pool, 1);
  root<const node> reader = one;
  expect_events(pool, 1);
  reader = nullptr;
  reader.reset();
  expect_events(pool, 1);
  one = make<node>(2); /* the pin of the new one, the unpin of the old one */
  expect_events(pool, 2);
  pool.flush();
  expect_alive(1);
  one.reset();
  pool.flush();
  expect_alive(0);
}
END_TEST

START_TEST(refs_link_and_unlink) {
  counting_pool pool;
  root<node> a = make<node>(), b = make<node>(), c = make<node>();
  expect_events(pool, 3);
  pool.touched();
  a->next = b;
  expect_events(pool, 1);
  ck_assert_uint_eq(pool.touched(), 1);
  a->next = b;
  a->next = b.get();
  const ref<node> &same = a->next;
  a->next = same;
  expect_events(pool, 0);
  a->next = c;
  expect_events(pool, 2);
  a->next = nullptr;
  expect_events(pool, 1);
  a->next.reset();
  a->next = nullptr;
  expect_events(pool, 0);
  a->next = b;
  b->next = a->next; /* a self link */
  expect_events(pool, 2);
  {
    ref<node> another{a.get(), c};
    expect_events(pool, 1);
    another = std::move(a->next); /* c is let go, b moves */
    ck_assert(another == b && !a->next);
    expect_events(pool, 1);
    swap(another, a->next);
    ck_assert(!another && a->next == b);
    expect_events(pool, 0);
    another = a->next;
    expect_events(pool, 1);
  }
  expect_events(pool, 1);
  pool.touched();
  pool.flush();
  ck_assert_uint_eq(pool.touched(), 0);
}
END_TEST

START_TEST(refs_of_two_holders_trade) {
  counting_pool pool;
  root<node> a = make<node>(), b = make<node>(), x = make<node>(), y = make<node>();
  a->next = x;
  b->next = y;
  expect_events(pool, 6);
  swap(a->next, b->next);
  ck_assert(a->next == y && b->next == x);
  expect_events(pool, 4 + 2);
  std::swap(a->next, b->next); /* by way of a temporary that is a's */
  ck_assert(a->next == x && b->next == y);
  pool.events();
  a->next = std::move(b->next);
  ck_assert(a->next == y && !b->next);
  expect_events(pool, 3);
  b->next = a->next;
  expect_events(pool, 1);
  swap(a->next, b->next);
  expect_events(pool, 0);
  a->next = std::move(b->next); /* equal: only b's goes */
  expect_events(pool, 1);
}
END_TEST

START_TEST(pools_do_not_mix) {
  counting_pool first, second;
  root<node> a = first.make<node>(), b = second.make<node>(), c = first.make<node>();
  expect_error(XLGC_E_FOREIGN, a->next = b);
  ck_assert(!a->next);
  a->next = c;
  expect_error(XLGC_E_FOREIGN, a->next = b);
  ck_assert(a->next == c);
  expect_error(XLGC_E_FOREIGN, swap(a->next, b->next));
  ck_assert(a->next == c && !b->next);
  expect_events(first, 3);
  expect_events(second, 1);
  {
    xlgc::pool::use use(second);
    b->next = make<node>();
  }
  expect_events(second, 3);
  make<node>();
  expect_events(first, 2);
}
END_TEST

/* --------------------------------------------------------------- holders */

struct copied : xlgc::object, counted {
  ref<node> explicit_one{this};
  ref<node> implicit_one;
  std::array<ref<node>, 2> two;
  std::optional<ref<node>> maybe;
  std::variant<int, ref<node>, std::string> any;
};

START_TEST(default_copies_and_moves_are_right) {
  counting_pool pool;
  root<node> x = make<node>();
  root<copied> a = make<copied>();
  expect_events(pool, 2);
  a->explicit_one = a->implicit_one = a->two[1] = x;
  a->maybe.emplace(a.get(), x);
  a->any.emplace<1>(a.get(), x);
  expect_events(pool, 5);
  root<copied> b = make<copied>(*a);
  ck_assert(!b->explicit_one.is_pin() && !b->implicit_one.is_pin() && !b->maybe->is_pin());
  expect_events(pool, 6);
  pool.flush();
  xlgc_object_info info;
  ck_assert_int_eq(xlgc_info(pool.native(), xlgc::id_of(x.get()), &info), 0);
  ck_assert_uint_eq(info.pins, 1);
  root<copied> c = make<copied>(std::move(*a));
  expect_events(pool, 1 + 2 * 5);
  ck_assert(!a->explicit_one && !*a->maybe && c->two[1] == x && std::get<1>(c->any) == x);
  *c = *b;
  expect_events(pool, 0);
  a->maybe.reset(); /* nothing in it */
  c->maybe.reset();
  c->any = "other";
  expect_events(pool, 2);
  c->any = ref<node>(c.get(), x);
  c->maybe = ref<node>(c.get(), x);
  expect_events(pool, 2);
  a = nullptr, b = nullptr, c = nullptr, x = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

START_TEST(copies_elsewhere_pin) {
  counting_pool pool;
  root<node> a = make<node>();
  a->next = make<node>();
  pool.flush();
  pool.events();
  ref<node> outside = a->next;
  ck_assert(outside.is_pin());
  expect_events(pool, 1);
  a = nullptr;
  pool.flush();
  expect_alive(1);
  ck_assert_int_eq(outside->value, 0);
  ref<node> moved = std::move(outside);
  pool.events();
  ck_assert(moved.is_pin() && !outside);
  root<node> b = make<node>();
  b->next = std::move(moved); /* pin, link, unpin */
  expect_events(pool, 3);
  node plain; /* on the stack: no object of a pool */
  plain.next = b;
  expect_events(pool, 1);
  b->next = &plain; /* holds nothing, drops what it had */
  expect_events(pool, 1);
  b->next = nullptr;
  expect_events(pool, 0);
}
END_TEST

/* ---------------------------------------------------------------- shapes */

struct left_side : virtual xlgc::object {
  virtual ~left_side() = default;
  ref<left_side> l{this};
  int padding = 1;
};
struct right_side : virtual xlgc::object {
  virtual ~right_side() = default;
  ref<right_side> r{this};
  long more = 2;
};
struct diamond : left_side, right_side, counted {
  ref<diamond> d{this};
};
struct deeper : diamond {
  std::string name = "deeper";
};

START_TEST(virtual_bases_are_one_object) {
  counting_pool pool;
  {
    root<deeper> one = make<deeper>();
    root<left_side> l = one;
    root<right_side> r = one;
    ck_assert(l == one && one == r);
    ck_assert_ptr_ne(static_cast<void *>(l.get()), static_cast<void *>(r.get()));
    ck_assert_uint_eq(xlgc::id_of(l.get()), xlgc::id_of(r.get()));
    expect_events(pool, 3);
    l->l = one;
    r->r = one;
    one->d = one;
    expect_events(pool, 3);
    l = nullptr, one = nullptr;
    pool.flush();
    expect_alive(1);
    xlgc_object_info info;
    ck_assert_int_eq(xlgc_info(pool.native(), xlgc::id_of(r.get()), &info), 0);
    ck_assert_ptr_eq(info.object, dynamic_cast<void *>(r.get()));
  }
  pool.flush();
  expect_alive(0);
}
END_TEST

struct twice_a : xlgc::object {
  ref<node> a{this};
};
struct twice_b : xlgc::object {
  ref<node> b{this};
};
struct twice : twice_a, twice_b, counted {
  using xlgc_base = twice_b;
  ref<twice> self{this};
  node inside; /* an object by value: part of this one */
};

START_TEST(two_bases_are_one_object) {
  counting_pool pool;
  root<twice> one = make<twice>();
  root<twice_a> a = one;
  ck_assert_uint_eq(xlgc::id_of(a.get()), xlgc::id_of(one.get()));
  root<node> held = make<node>();
  one->a = one->b = one->inside.next = held;
  one->self = one;
  expect_events(pool, 7);
  root<node> inner(&one->inside);
  one = nullptr, a = nullptr, held = nullptr;
  pool.flush();
  expect_alive(3); /* the pointer to the part holds the whole */
  inner = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

struct alignas(64) wide : xlgc::object, counted {
  char bytes[64];
  ref<wide> next{this};
};

START_TEST(alignment_is_kept) {
  counting_pool pool;
  root<wide> one = make<wide>();
  ck_assert_uint_eq(reinterpret_cast<std::uintptr_t>(one.get()) % 64, 0);
  one->next = make<wide>();
  one->next->next = one;
  one = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

struct unknown;
struct knows_unknown : xlgc::object {
  ref<unknown> one{this};
  xlgc::ref_vector<unknown> many{this};
  weak<unknown> perhaps;
  std::optional<root<unknown>> fixed;
};
struct unknown : knows_unknown, counted {};

START_TEST(types_may_be_incomplete) {
  counting_pool pool;
  root<unknown> one = make<unknown>();
  one->one = one;
  one->many.push_back(one);
  one->perhaps = one;
  ck_assert(one->perhaps.lock() == one);
  one = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

START_TEST(pointers_convert_compare_and_hash) {
  counting_pool pool;
  root<deeper> one = make<deeper>(), other = make<deeper>();
  one->d = other;
  ref<left_side> base{one.get(), one->d};
  ref<const diamond> constant{one.get(), other};
  root<const left_side> reader = base;
  ck_assert(base == one->d && base == other && other == base && base != one && constant == other.get());
  ck_assert(base != nullptr && nullptr != base && !(base == nullptr));
  ck_assert((one < other) != (other < one));
  ck_assert_uint_eq(std::hash<root<deeper>>()(one), std::hash<deeper *>()(one.get()));
  std::unordered_set<root<deeper>> set{one, other, one};
  ck_assert_uint_eq(set.size(), 2);
  static_assert(!std::is_constructible_v<root<deeper>, root<left_side>>);
  static_assert(!std::is_assignable_v<ref<diamond> &, ref<const diamond>>);
  static_assert(!std::is_convertible_v<deeper *, root<deeper>>);
  static_assert(std::is_nothrow_move_constructible_v<ref<node>> && std::is_nothrow_move_constructible_v<root<node>>);
  static_assert(sizeof(void *) != 8 || (sizeof(xlgc::object) == 8 && sizeof(root<node>) == 8 &&
                                        sizeof(ref<node>) == 16 && sizeof(weak<node>) == 24));
  const xlgc::error failed(XLGC_E_NOMEM, "link");
  const std::string said = std::string("xlgc: link: ") + xlgc_strerror(XLGC_E_NOMEM);
  ck_assert_str_eq(failed.what(), said.c_str());
}
END_TEST

START_TEST(kinds_have_names_and_index) {
  counting_pool pool;
  root<node> one = make<node>();
  xlgc_object_info info;
  ck_assert_int_eq(xlgc_info(pool.native(), xlgc::id_of(one.get()), &info), 0);
  ck_assert_str_eq(info.kind->name, "node");
  ck_assert_ptr_eq(info.object, one.get());
  xlgc_id id;
  ck_assert_int_eq(xlgc_lookup(pool.native(), one.get(), &id), XLGC_E_UNKNOWN);
}
END_TEST

/* ---------------------------------------------------------------- cycles */

START_TEST(cycles_are_collected) {
  counting_pool pool;
  {
    root<node> first = make<node>(), last = first;
    for (int i = 1; i < 1000; i++) {
      last->next = make<node>(i);
      last = last->next;
    }
    last->next = first;
    root<node> self = make<node>();
    self->next = self;
    expect_alive(1001);
  }
  pool.flush();
  expect_alive(0);
}
END_TEST

START_TEST(long_chains_do_not_recurse) {
  counting_pool pool;
  root<node> first = make<node>();
  for (unsigned i = 0; i < trial_work(300000); i++) {
    root<node> before = make<node>();
    before->next = std::move(first);
    first = std::move(before);
    if (i % 256 == 0) pool.flush();
  }
  first = nullptr;
  pool.flush();
  expect_alive(0);
}
END_TEST

struct curious : xlgc::object, counted {
  static inline int saw_null = 0, asked = 0, sum = 0;
  ref<curious> peer{this};
  weak<curious> back;
  root<node> friend_of_mine;
  int value = 1;
  ~curious() {
    saw_null += !peer && peer == nullptr && !peer.get();
    ck_assert(!back.lock());
    const ref<curious> &same = peer;
    peer = same; /* nothing */
    ref<curious> copy = peer;
    ck_assert(!copy);
    friend_of_mine->next = nullptr; /* a living object may still be changed */
    bool refused = false;
    try {
      root<curious> back_again(this);
    } catch (const xlgc::error &error) {
      refused = error.code() == XLGC_E_RELEASED;
    }
    ck_assert(refused);
  }
  bool xlgc_orphaned() noexcept {
    asked++;
    sum += peer->value; /* all of the cycle is there */
    return false;
  }
};

START_TEST(refs_are_dead_weight_after_their_holder_was_told) {
  counting_pool pool;
  root<node> outside = make<node>();
  {
    root<curious> a = make<curious>(), b = make<curious>();
    a->peer = b;
    b->peer = a;
    a->back = b;
    b->back = a;
    a->friend_of_mine = b->friend_of_mine = outside;
    outside->next = make<node>();
  }
  pool.flush();
  ck_assert_int_eq(curious::saw_null, 2);
  ck_assert_int_eq(curious::asked, 2);
  ck_assert_int_eq(curious::sum, 2);
  ck_assert(!outside->next);
  pool.flush();
  expect_alive(1);
  ck_assert_uint_eq(pool.statistics().late_drops, 0);
}
END_TEST

struct stubborn : node {
  int times = 2;
  bool xlgc_orphaned() noexcept { return times-- > 0; }
};

START_TEST(reprieves_are_given) {
  counting_pool pool;
  make<stubborn>();
  pool.flush();
  expect_alive(1);
  pool.flush();
  expect_alive(1);
  pool.flush();
  expect_alive(0);
}
END_TEST

/* ------------------------------------------------------------ exceptions */

struct fails : xlgc::object, counted {
  ref<fails> self{this};
  ref<node> held{this};
  std::optional<node> part;
  fails(root<node> target, bool late) {
    held = target;
    self = this;
    root<fails> passing(this);
    root<node> nested = make<node>();
    part.emplace();
    part->next = target;
    ck_assert(!part->next.is_pin());
    if (late) throw 4711;
  }
};

START_TEST(constructors_that_throw_leave_nothing) {
  counting_pool pool;
  root<node> target = make<node>();
  pool.flush();
  const xlgc_statistics before = pool.statistics();
  for (int i = 0; i < 3; i++) {
    int caught = 0;
    try {
      make<fails>(target, true);
    } catch (int number) {
      caught = number;
    }
    ck_assert_int_eq(caught, 4711);
  }
  pool.flush();
  expect_alive(1);
  const xlgc_statistics after = pool.statistics();
  ck_assert_uint_eq(after.objects, before.objects);
  ck_assert_uint_eq(after.links, before.links);
  root<fails> good = make<fails>(target, false);
  pool.flush();
  expect_alive(3);
  good = nullptr;
  pool.flush();
  expect_alive(1);
}
END_TEST

static int allocations_left = -1;
static void *few(void *, size_t size_bytes) {
  if (allocations_left == 0) return nullptr;
  if (allocations_left > 0) allocations_left--;
  return std::malloc(size_bytes);
}
static void few_release(void *, void *memory, size_t) { std::free(memory); }

START_TEST(out_of_memory_is_an_exception) {
  xlgc_config config = counting_pool::loud();
  config.allocator.allocate = few;
  config.allocator.release = few_release;
  for (int room = 0; room < 40; room++) {
    allocations_left = -1;
    counting_pool pool(config);
    std::vector<root<node>> made;
    made.reserve(5000);
    root<node> hub = make<node>();
    allocations_left = room;
    int code = 0;
    try {
      while (made.size() < 5000) {
        root<node> one = make<node>();
        one->next = hub;
        made.push_back(std::move(one));
      }
    } catch (const xlgc::error &error) {
      code = error.code();
    }
    ck_assert_int_eq(code, made.size() == 5000 ? 0 : XLGC_E_NOMEM);
    allocations_left = -1;
    made.clear();
    pool.flush();
    expect_alive(1);
  }
  expect_alive(0);
}
END_TEST

START_TEST(a_full_queue_is_an_exception_for_adds_only) {
  xlgc_config config = counting_pool::loud();
  config.when_full = XLGC_FULL_FAIL;
  config.queue_events = config.queue_reserve = 1016;
  counting_pool pool(config);
  root<node> a = make<node>(), b = make<node>();
  std::vector<root<node>> copies;
  copies.reserve(1 << 20);
  int code = 0;
  try {
    while (copies.size() < 1 << 20)
      copies.push_back(a);
  } catch (const xlgc::error &error) {
    code = error.code();
  }
  ck_assert_int_eq(code, XLGC_E_QUEUE);
  expect_error(XLGC_E_QUEUE, a->next = b);
  ck_assert(!a->next);
  copies.clear(); /* lets the pool work */
  ck_assert_uint_eq(pool.lost_drops(), 0);
  a->next = b;
}
END_TEST

/* An object whose destructor takes the program's lock, which a thread may hold that changes pointers. */
static bool is_locked, tells_now;
struct locking : xlgc::object, counted {
  ~locking() { ck_assert(!is_locked || tells_now); }
};

static bool has_memory;
static void *allocate_or_not(void *, std::size_t bytes) { return has_memory ? std::malloc(bytes) : nullptr; }
static void free_block(void *, void *block, std::size_t) { std::free(block); }

/* _i: does the thread call back itself; is the queue at its bound, or is there no memory for it? */
START_TEST(a_drop_that_makes_room_destroys_nothing) {
  tells_now = _i % 2;
  has_memory = true;
  xlgc_config config = counting_pool::loud();
  config.when_full = XLGC_FULL_FAIL;
  if (_i / 2) config.allocator = {allocate_or_not, free_block, nullptr};
  if (!(_i / 2)) config.queue_events = config.queue_reserve = 1016;
  config.help_tells = tells_now ? XLGC_HELP_TELLS_NOW : XLGC_HELP_TELLS_LATER;
  counting_pool pool(config);
  root<node> a = make<node>();
  std::vector<root<node>> copies;
  copies.reserve(1 << 20);
  for (int i = 0; i < 10; i++)
    make<locking>();
  expect_alive(11);
  has_memory = false;
  int code = 0;
  try {
    while (copies.size() < 1 << 20)
      copies.push_back(a);
  } catch (const xlgc::error &error) {
    code = error.code();
  }
  ck_assert_int_eq(code, _i / 2 ? XLGC_E_NOMEM : XLGC_E_QUEUE);
  is_locked = true;
  copies.clear();
  is_locked = false;
  ck_assert_uint_eq(pool.lost_drops(), 0);
  expect_alive(tells_now ? 1 : 11);
  ck_assert_uint_eq(pool.statistics().backlog, tells_now ? 0 : 10);
  has_memory = true;
  pool.flush();
  expect_alive(1);
}
END_TEST

/* An object whose destructor resets a root, while another reset of that root makes room for its event. */
static root<node> reset_twice;
struct resetting : xlgc::object, counted {
  ~resetting() { reset_twice.reset(); }
};

START_TEST(a_root_is_reset_amid_its_reset) {
  xlgc_config config = counting_pool::loud();
  config.when_full = XLGC_FULL_FAIL;
  config.queue_events = config.queue_reserve = 1016;
  config.help_tells = XLGC_HELP_TELLS_NOW;
  counting_pool pool(config);
  root<node> a = make<node>();
  reset_twice = make<node>();
  make<resetting>();
  pool.step(4); /* begins the round that finds it, and has its cut */
  std::vector<root<node>> copies;
  copies.reserve(1 << 20);
  expect_error(XLGC_E_QUEUE, while (copies.size() < 1 << 20) copies.push_back(a));
  expect_alive(3);
  reset_twice.reset();
  expect_alive(2); /* it has made room, with the rest of that round */
  ck_assert(!reset_twice);
  copies.clear();
  pool.flush();
  expect_alive(1);
}
END_TEST

/* -------------------------------------------------------------- the ends */

static root<node> global;
static weak<node> global_weak;

START_TEST(roots_outlive_their_pool) {
  std::optional<root<node>> copy;
  {
    counting_pool pool;
    global = make<node>(1);
    global->next = make<node>(2);
    global->next->next = global;
    global_weak = global;
    make<node>(3);
  }
  expect_alive(2);
  ck_assert_int_eq(global->next->value, 2);
  ck_assert(!global_weak.lock());
  expect_error(XLGC_E_STATE, make<node>());
  copy = global;
  global->next = nullptr; /* no events any more; both still go together */
  global->next = copy->get();
  global = copy->get();
  global = nullptr;
  expect_alive(2);
  {
    counting_pool another;
    root<node> a = make<node>();
    expect_error(XLGC_E_FOREIGN, a->next = *copy);
  }
  copy.reset();
  expect_alive(0);
}
END_TEST

static root<node> at_exit, at_exit_too;

/* For the destructors after main. */
START_TEST(globals_are_left_behind) {
  counting_pool pool;
  at_exit = make<node>();
  at_exit->next = make<node>();
  at_exit->next->next = at_exit;
  at_exit_too = at_exit->next;
}
END_TEST

START_TEST(a_pool_takes_its_orphans_along) {
  {
    counting_pool pool;
    root<node> a = make<node>();
    a->next = make<node>();
    a->next->next = a;
  }
  expect_alive(0);
  {
    root<node> a;
    ref<node> b;
    counting_pool pool;
    a = make<node>();
    b = a;
  }
  expect_alive(0);
}
END_TEST

/* One that is let go hands its child over to another holder; or itself. */
struct heir : xlgc::object, counted {
  xlgc::ref_vector<xlgc::object> all{this};
};
struct bequeaths : xlgc::object, counted {
  static inline int asked = 0, given = 0;
  ref<bequeaths> child{this}, parent{this};
  heir *to;
  bool itself = false;
  explicit bequeaths(heir *whom) : to(whom) {}
  bool xlgc_orphaned() noexcept {
    asked++;
    if (!child && !itself) return false;
    given++;
    if (itself)
      to->all.emplace_back(this);
    else
      to->all.emplace_back(child);
    if (child) child->parent = nullptr;
    return false;
  }
};

START_TEST(what_is_handed_over_stays) {
  const bool ring = _i & 1, worker = _i & 2;
  counting_pool pool;
  root<heir> to = make<heir>();
  bequeaths::asked = bequeaths::given = 0;
  {
    root<bequeaths> one = make<bequeaths>(to.get());
    one->child = make<bequeaths>(to.get());
    if (ring) one->child->parent = one;
  }
  if (worker) pool.start_worker();
  for (int i = 0; i < 4; i++)
    pool.flush();
  ck_assert_int_eq(bequeaths::given, 1);
  ck_assert_int_eq(bequeaths::asked, 2); /* the child as well, which lets go and stays */
  ck_assert_uint_eq(to->all.size(), 1);
  ck_assert(to->all[0] != nullptr);
  expect_alive(2);
  to->all.clear();
  for (int i = 0; i < 4; i++)
    pool.flush();
  ck_assert_int_eq(bequeaths::given, 1);
  ck_assert_int_eq(bequeaths::asked, 3);
  expect_alive(1);
  if (worker) pool.stop_worker();
  ck_assert_uint_eq(pool.statistics().objects, 1);
}
END_TEST

START_TEST(what_hands_itself_over_comes_back) {
  counting_pool pool;
  root<heir> to = make<heir>();
  bequeaths::given = 0;
  bequeaths *one = make<bequeaths>(to.get()).get();
  one->itself = true;
  for (int i = 1; i < 4; i++) {
    to->all.clear();
    for (int n = 0; n < 4; n++)
      pool.flush();
    ck_assert_int_eq(bequeaths::given, i);
    ck_assert_uint_eq(to->all.size(), 1);
    expect_alive(2);
  }
  one->itself = false;
  to->all.clear();
  pool.flush();
  expect_alive(1);
}
END_TEST

/* In use by something that does not know of the pool, which is not done when that ends. */
struct in_use : xlgc::object, counted {
  static inline bool done = false;
  static inline int asked = 0;
  static inline root<in_use> comes_back;
  ref<in_use> self{this};
  ref<node> part{this, make<node>()};
  bool comes = false;
  bool xlgc_orphaned() noexcept {
    asked++;
    ck_assert_int_eq(part->value, 0);
    if (comes) {
      root<in_use> passing(self);
      comes_back = passing;
    }
    return !done;
  }
};

START_TEST(what_is_in_use_at_the_end_stays) {
  in_use *object = nullptr;
  __lsan_disable();
  {
    counting_pool pool;
    root<in_use> one = make<in_use>();
    one->self = one;
    object = one.get();
  }
  __lsan_enable();
  expect_alive(2);
  ck_assert_int_gt(in_use::asked, 1);
  ck_assert_int_eq(object->part->value, 0);
  in_use::done = true;
  {
    counting_pool another;
    root<in_use> one = make<in_use>();
    one->self = one;
  }
  expect_alive(2);
}
END_TEST

START_TEST(what_comes_back_at_the_end_stays_for_its_root) {
  in_use::done = true;
  {
    root<in_use> one;
    {
      counting_pool pool;
      one = make<in_use>();
      one->self = one;
      one->comes = true;
    }
    expect_alive(2);
    one = nullptr;
  }
  expect_alive(2);
  ck_assert(in_use::comes_back->self == in_use::comes_back);
  in_use::comes_back->comes = false;
  in_use::comes_back = nullptr;
  expect_alive(0);
}
END_TEST

struct flushes : xlgc::object, counted {
  xlgc::pool &pool;
  ref<flushes> next{this};
  explicit flushes(xlgc::pool &its) : pool(its) {}
  ~flushes() {
    pool.flush();
    pool.apply();
    ck_assert(!pool.step(100));
    make<node>();
  }
};

START_TEST(destructors_may_flush) {
  counting_pool pool;
  {
    root<flushes> one = make<flushes>(pool);
    one->next = make<flushes>(pool);
    one->next->next = one;
  }
  pool.flush();
  expect_alive(0);
  make<flushes>(pool);
  pool.start_worker();
  pool.flush();
  pool.stop_worker();
  pool.flush();
  expect_alive(0);
}
END_TEST

START_TEST(weak_references_let_go) {
  counting_pool pool;
  weak<node> none, one;
  ck_assert(!none.lock());
  {
    root<node> a = make<node>(7);
    one = a;
    weak<node> copy = one;
    root<node> locked = copy.lock();
    ck_assert(locked == a && locked->value == 7);
    a = nullptr;
    pool.flush();
    expect_alive(1);
    ck_assert(one.lock() == locked);
  }
  pool.flush();
  expect_alive(0);
  ck_assert(!one.lock());
  node plain;
  expect_error(XLGC_E_INVAL, weak<node> bad(&plain));
}
END_TEST

START_TEST(contexts_and_sections_are_scopes) {
  counting_pool pool;
  std::optional<xlgc::context> script(std::in_place, pool, "script");
  root<node> a = make<node>();
  {
    xlgc::context::use use(*script);
    a->next = make<node>();
    ck_assert_uint_eq(xlgc_context_position(script->native()), 3);
    xlgc::section inside(*script);
    inside.safepoint();
  }
  {
    xlgc::section inside(pool);
    a->next = nullptr;
    ck_assert_uint_eq(xlgc_context_position(script->native()), 3);
  }
  script.reset();
  pool.flush();
  expect_alive(1);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_pointers");
  TCase *events = trial_case(suite, "events");
  tcase_add_test(events, roots_pin_and_unpin);
  tcase_add_test(events, refs_link_and_unlink);
  tcase_add_test(events, refs_of_two_holders_trade);
  tcase_add_test(events, pools_do_not_mix);
  TCase *holders = trial_case(suite, "holders");
  tcase_add_test(holders, default_copies_and_moves_are_right);
  tcase_add_test(holders, copies_elsewhere_pin);
  TCase *shapes = trial_case(suite, "shapes");
  tcase_add_test(shapes, virtual_bases_are_one_object);
  tcase_add_test(shapes, two_bases_are_one_object);
  tcase_add_test(shapes, alignment_is_kept);
  tcase_add_test(shapes, types_may_be_incomplete);
  tcase_add_test(shapes, pointers_convert_compare_and_hash);
  tcase_add_test(shapes, kinds_have_names_and_index);
  TCase *cycles = trial_case(suite, "cycles");
  tcase_add_test(cycles, cycles_are_collected);
  tcase_add_test(cycles, long_chains_do_not_recurse);
  tcase_add_test(cycles, refs_are_dead_weight_after_their_holder_was_told);
  tcase_add_test(cycles, reprieves_are_given);
  TCase *exceptions = trial_case(suite, "exceptions");
  tcase_add_test(exceptions, constructors_that_throw_leave_nothing);
  tcase_add_test(exceptions, out_of_memory_is_an_exception);
  tcase_add_test(exceptions, a_full_queue_is_an_exception_for_adds_only);
  tcase_add_loop_test(exceptions, a_drop_that_makes_room_destroys_nothing, 0, 4);
  tcase_add_test(exceptions, a_root_is_reset_amid_its_reset);
  TCase *ends = trial_case(suite, "ends");
  tcase_add_test(ends, roots_outlive_their_pool);
  tcase_add_test(ends, globals_are_left_behind);
  tcase_add_test(ends, a_pool_takes_its_orphans_along);
  tcase_add_loop_test(ends, what_is_handed_over_stays, 0, 4);
  tcase_add_test(ends, what_hands_itself_over_comes_back);
  tcase_add_test(ends, what_is_in_use_at_the_end_stays);
  tcase_add_test(ends, what_comes_back_at_the_end_stays_for_its_root);
  tcase_add_test(ends, destructors_may_flush);
  tcase_add_test(ends, weak_references_let_go);
  tcase_add_test(ends, contexts_and_sections_are_scopes);
  return trial_run(suite);
}
