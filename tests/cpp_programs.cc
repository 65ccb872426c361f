/* xlgc.hpp: random programs, each run beside an oracle: a plain graph of what the program means, which never frees.
 * Nothing that the oracle reaches may be destroyed at any time; when all is quiet, all else must be; and the pointers
 * are those of the oracle, whatever failed on the way.
 *
 * A program runs in one of the ways of `enum mode`. Programs are run by child processes, so that one that crashes is
 * known: its instructions are then left out as far as it goes on failing, and what is left is printed. */
#include <config.h>

#include "cpp_hostile.hh"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <variant>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using xlgc::make;
using xlgc::ref;
using xlgc::root;
using xlgc::weak;

/* CALM: on one thread, with a flush now and then. HOSTILE: with a flush after each report. WORKER: beside a worker.
 * THREADS: two threads and a worker; each thread has objects of its own, and changes common ones under a lock. */
enum mode { CALM, HOSTILE, WORKER, THREADS, MODES };
static const char *const mode_names[] = {"calm", "hostile", "worker", "threads"};

#define HOLDS(condition) ((condition) ? void() : fails(#condition, __LINE__))
[[noreturn]] static void fails(const char *what, int line) {
  std::fprintf(stderr, "line %d: %s does not hold\n", line, what);
  std::_Exit(1);
}

/* ---------------------------------------------------------- the two sides */

enum { ONE, TWO, MAYBE, EITHER, OWNED, SINGLES };
enum { VECTOR, LIST, SET, MAP, CONTAINERS };
enum { KEYS = 4, REGISTERS = 4, NOTHING = -1 };

struct item;

/* What an item should be. Targets are indices of shadows, or NOTHING. */
struct shadow {
  item *real = nullptr;
  std::atomic<bool> destroyed{false};
  bool there[SINGLES] = {true, true, true, true, true};
  int single[SINGLES] = {NOTHING, NOTHING, NOTHING, NOTHING, NOTHING};
  std::vector<int> vector, list;
  std::set<int> set;
  std::map<int, int> map;
  int pinned = NOTHING, seen = NOTHING;

  template <class F> void each_link(F f) const {
    for (int i = 0; i < SINGLES; i++)
      if (there[i] && single[i] != NOTHING) f(single[i]);
    for (int to : vector)
      if (to != NOTHING) f(to);
    for (int to : list)
      if (to != NOTHING) f(to);
    for (int to : set)
      f(to);
    for (const auto &[key, to] : map)
      if (to != NOTHING) f(to);
  }
};

struct part {
  ref<item> to;
  explicit part(item *holder) : to(holder) {}
};

struct item : xlgc::object, spoilt {
  enum : unsigned { LIVE = 0x600DF00D, DEAD = 0xDEADBEEF };
  unsigned canary = LIVE;
  int number;
  shadow *mine;
  ref<item> one{this}, two{this};
  std::optional<ref<item>> maybe{std::in_place, this};
  std::variant<int, ref<item>> either{std::in_place_index<1>, this};
  std::unique_ptr<part> owned = std::make_unique<part>(this);
  xlgc::ref_vector<item> vector{this};
  xlgc::ref_list<item> list{this};
  xlgc::ref_set<item> set{this};
  xlgc::ref_map<int, item> map{this};
  std::function<void(item *)> action = [this](item *to) { one = to; };
  root<item> pinned;
  weak<item> seen;

  item(int index, shadow *of) : number(index), mine(of) {}
  /* A copy: of the refs and containers, with an action of its own. */
  item(int index, shadow *of, const item &other)
      : number(index), mine(of), one(other.one), two(other.two), maybe(other.maybe), either(other.either), owned(),
        vector(other.vector), list(other.list), set(other.set), map(other.map) {}
  item(int index, shadow *of, item &&other)
      : number(index), mine(of), one(std::move(other.one)), two(std::move(other.two)), vector(std::move(other.vector)),
        list(std::move(other.list)), set(std::move(other.set)), map(std::move(other.map)) {}
  /* Fails when it holds something already, and has been handed out. */
  item(int index, shadow *of, item *held, weak<item> *handed_out) : number(index), mine(of) {
    one = this;
    two = held;
    vector.push_back(held);
    *handed_out = this;
    HOLDS(handed_out->lock() == this);
    throw 4711;
  }
  ~item() {
    HOLDS(canary == LIVE);
    HOLDS(!one && !two && (!maybe || !*maybe) && (!owned || !owned->to));
    canary = DEAD;
    HOLDS(!mine->destroyed.exchange(true));
  }
};

static ref<item> *single(item &of, int which) {
  switch (which) {
  case ONE: return &of.one;
  case TWO: return &of.two;
  case MAYBE: return of.maybe ? &*of.maybe : nullptr;
  case EITHER: return std::get_if<ref<item>>(&of.either);
  default: return of.owned ? &of.owned->to : nullptr;
  }
}

/* ------------------------------------------------------------ programs */

enum op {
  NEW,
  COPY,
  DROP,
  LOAD,
  STORE,
  RESET,
  CALL,
  PUT,
  ERASE,
  CLEAR,
  SET_COPY,
  SET_MOVE,
  SWAP,
  ALL_COPY,
  ALL_MOVE,
  ALL_SWAP,
  TAKE_OUT,
  PUT_BACK,
  SORT,
  LOOK,
  LOCK,
  BEGIN,
  END,
  PIN,
  UNPIN,
  TRADE_PINS,
  FAIL,
  CLONE,
  GUT,
  GROW,
  STRAY,
  FLUSH,
  OPS
};
static const char *const op_names[] = {
    "new",      "copy",       "drop",     "load",     "store", "reset",    "call",     "put",
    "erase",    "clear",      "set copy", "set move", "swap",  "all copy", "all move", "all swap",
    "take out", "put back",   "sort",     "look",     "lock",  "begin",    "end",      "pin",
    "unpin",    "trade pins", "fail",     "clone",    "gut",   "grow",     "stray",    "flush"};
static_assert(sizeof op_names / sizeof *op_names == OPS);

/* Two objects are named by a register, and by links that are followed from there. fails: adds fail, one after the
 * other. */
struct instruction {
  unsigned char op, from, to, from_hops, to_hops, from_way, to_way, which, other, fails;
};

/* A third of it makes nodes that only other nodes hold. Often both objects lie on one path, one behind the other. */
static std::vector<instruction> random_program(std::uint64_t seed) {
  auto below = [&seed](std::uint32_t limit) { return static_cast<unsigned char>(trial_random(&seed, limit)); };
  std::vector<instruction> program(10 + below(50));
  for (instruction &each : program) {
    each = {below(OPS), below(REGISTERS), below(REGISTERS), below(3),  below(3),
            below(8),   below(8),         below(16),        below(16), 0};
    if (!below(3)) each.op = GROW;
    if (!below(3)) each.op = static_cast<unsigned char>(SET_COPY + below(TAKE_OUT - SET_COPY));
    each.fails = !below(3);
    if (below(2)) continue;
    each.from = each.to;
    each.from_way = each.to_way;
    (below(3) ? each.from_hops : each.to_hops) = static_cast<unsigned char>(1 + below(3));
  }
  return program;
}

static void print(const std::vector<instruction> &program) {
  for (const instruction &i : program)
    std::fprintf(stderr, "  %-10s r%u+%u.%u %u, r%u+%u.%u %u%s\n", op_names[i.op], i.to, i.to_hops, i.to_way, i.which,
                 i.from, i.from_hops, i.from_way, i.other, i.fails ? ", adds fail" : "");
}

/* What all programs of a process did. */
struct counts {
  std::atomic<std::uint64_t> programs, instructions, failures, objects;
};
static counts *total;

/* ------------------------------------------------------------- running */

/* Objects and the registers that hold them, on both sides. */
class world {
public:
  explicit world(xlgc::pool &pool) : pool_(pool) { std::fill_n(at_, REGISTERS, int(NOTHING)); }

  /* Where adds fail: first the first one, then the second one, until all is done. */
  void run(const instruction &now) {
    total->instructions++;
    const bool all = !now.fails || now.op == GUT; /* a ref is moved into a new object without fail */
    for (unsigned failure = all ? 0 : 1; !done(now, failure); failure++) {
    }
  }

  void let_go() {
    for (int i = 0; i < REGISTERS; i++) {
      registers_[i] = nullptr;
      at_[i] = NOTHING;
    }
  }

  /* What must be there: all that is held by the registers, and by pins of what is there. */
  std::vector<bool> reached() const {
    std::vector<bool> there(shadows_.size(), true);
    for (bool fewer = true; fewer;) {
      std::vector<bool> now(shadows_.size(), false);
      std::vector<int> queue;
      auto reach = [&](int one) {
        if (one == NOTHING || now[std::size_t(one)]) return;
        now[std::size_t(one)] = true;
        queue.push_back(one);
      };
      for (int one : at_)
        reach(one);
      for (std::size_t i = 0; i < shadows_.size(); i++)
        if (there[i]) reach(shadows_[i].pinned);
      for (std::size_t i = 0; i < queue.size(); i++)
        shadows_[std::size_t(queue[i])].each_link(reach);
      fewer = now != there;
      there = now;
    }
    return there;
  }

  /* quiet: all that was logged is applied, so that what is not reached is gone. */
  void check(bool quiet) const {
    const std::vector<bool> there = reached();
    for (std::size_t i = 0; i < shadows_.size(); i++) {
      if (there[i]) HOLDS(!shadows_[i].destroyed);
      if (there[i]) compare(shadows_[i]);
      if (quiet && !there[i]) HOLDS(shadows_[i].destroyed);
    }
  }

private:
  bool done(const instruction &now, unsigned failure) {
    bool done = true;
    hostile_failure = failure;
    try {
      execute(now);
    } catch (const xlgc::error &error) {
      HOLDS(error.code() == XLGC_E_NOMEM);
      total->failures++;
      done = false;
    }
    hostile_failure = 0;
    return done;
  }

  shadow &at(int index) { return shadows_[std::size_t(index)]; }
  const shadow &at(int index) const { return shadows_[std::size_t(index)]; }
  item *real(int index) const {
    if (index == NOTHING) return nullptr;
    HOLDS(!at(index).destroyed);
    HOLDS(at(index).real->canary == item::LIVE);
    return at(index).real;
  }

  /* Is it a pointer to that one? */
  template <class P> void same(const P &pointer, int index) const { HOLDS(pointer.get() == real(index)); }
  void compare(const shadow &one) const {
    item &is = *one.real;
    HOLDS(is.canary == item::LIVE);
    for (int i = 0; i < SINGLES; i++) {
      HOLDS((single(is, i) != nullptr) == one.there[i]);
      if (one.there[i]) same(*single(is, i), one.single[i]);
    }
    auto sequence = [this](const auto &refs, const std::vector<int> &wanted) {
      HOLDS(refs.size() == wanted.size());
      auto next = wanted.begin();
      for (const ref<item> &each : refs)
        same(each, *next++);
    };
    sequence(is.vector, one.vector);
    sequence(is.list, one.list);
    HOLDS(is.set.size() == one.set.size());
    for (const ref<item> &each : is.set)
      HOLDS(one.set.count(each->number));
    HOLDS(is.map.size() == one.map.size());
    for (const auto &[key, to] : one.map)
      same(is.map.at(key), to);
    same(is.pinned, one.pinned);
  }

  /* Follows so many links from a register. */
  int walk(unsigned which, unsigned hops, unsigned way) const {
    int one = at_[which];
    for (; one != NOTHING && hops; hops--) {
      std::vector<int> links;
      at(one).each_link([&links](int to) { links.push_back(to); });
      if (links.empty()) break;
      one = links[way % links.size()];
    }
    return one;
  }

  /* Makes an item by one of its constructors. Returns its index; the item is in `made`. */
  template <class... Arguments> int create(root<item> &made, Arguments &&...arguments) {
    const int index = static_cast<int>(shadows_.size());
    shadow &mine = shadows_.emplace_back();
    mine.destroyed = true; /* until it is made */
    total->objects++;
    made = pool_.make<item>(index, &mine, std::forward<Arguments>(arguments)...);
    mine.destroyed = false;
    mine.real = made.get();
    return index;
  }

  /* Calls f with a container of the one item and its shadow's, and the same of the other. */
  template <class F> void containers(int which, int one, int other, F f) {
    item &x = *real(one), &y = *real(other);
    switch (which) {
    case VECTOR: return f(x.vector, at(one).vector, y.vector, at(other).vector);
    case LIST: return f(x.list, at(one).list, y.list, at(other).list);
    case SET: return f(x.set, at(one).set, y.set, at(other).set);
    default: return f(x.map, at(one).map, y.map, at(other).map);
    }
  }

  void execute(const instruction &now);
  void change_single(const instruction &now, int x, int y);
  void put(int into, int which, int key, int one);
  void change_container(const instruction &now, int x, int y);
  void sort(const instruction &now, item &of, shadow &mine);
  void make_another(const instruction &now, int y);

  xlgc::pool &pool_;
  std::deque<shadow> shadows_;
  root<item> registers_[REGISTERS];
  int at_[REGISTERS];
};

/* x: what is changed; y: what it is changed to, or with. Where there is no such thing, nothing happens. */
void world::execute(const instruction &now) {
  const int x = walk(now.to, now.to_hops, now.to_way), y = walk(now.from, now.from_hops, now.from_way);
  root<item> &into = registers_[now.to];
  int &at_into = at_[now.to];
  switch (now.op == GROW && x == NOTHING ? int(NEW) : now.op) {
  case NEW:
  case FAIL:
  case CLONE:
  case GUT: return make_another(now, y);
  case COPY:
    if (y == NOTHING) return;
    if (now.from_hops)
      into = real(y);
    else
      into = registers_[now.from];
    at_into = now.from_hops ? y : at_[now.from];
    return;
  case DROP:
    into = nullptr;
    at_into = NOTHING;
    return;
  case FLUSH: return;
  default: break;
  }
  if (now.op == GROW) return change_single(now, x, x);
  if (y == NOTHING) return;
  if (now.op == LOAD) {
    const ref<item> *source = single(*real(y), now.other % SINGLES);
    if (!source) return;
    const int to = at(y).single[now.other % SINGLES];
    if (to == NOTHING) return;
    into = *source;
    at_into = to;
    return;
  }
  if (now.op == LOCK) {
    const int to = at(y).seen;
    root<item> locked = real(y)->seen.lock();
    if (to == NOTHING) HOLDS(!locked);
    if (to == NOTHING) return;
    if (locked)
      HOLDS(locked.get() == real(to));
    else
      HOLDS(!reached()[std::size_t(to)]);
    into = std::move(locked);
    at_into = into ? to : int(NOTHING);
    return;
  }
  if (x == NOTHING) return;
  switch (now.op) {
  case LOOK:
    real(x)->seen = real(y);
    at(x).seen = y;
    return;
  case PIN:
    real(x)->pinned = real(y);
    at(x).pinned = y;
    return;
  case UNPIN: {
    const int to = at(y).pinned;
    if (to == NOTHING) return;
    if (now.other & 1) {
      into = real(y)->pinned;
    } else {
      at(y).pinned = NOTHING;
      into = std::move(real(y)->pinned);
    }
    at_into = to;
    return;
  }
  case TRADE_PINS:
    real(x)->pinned.swap(real(y)->pinned);
    std::swap(at(x).pinned, at(y).pinned);
    return;
  case PUT:
  case ERASE:
  case CLEAR:
  case ALL_COPY:
  case ALL_MOVE:
  case ALL_SWAP:
  case TAKE_OUT:
  case PUT_BACK:
  case SORT: return change_container(now, x, y);
  default: return change_single(now, x, y);
  }
}

/* One of them may fail half way, one fails by itself. */
void world::make_another(const instruction &now, int y) {
  root<item> made;
  int index = NOTHING;
  if (now.op == NEW || now.op == GROW)
    index = create(made);
  else if (y == NOTHING)
    return;
  if (now.op == FAIL) {
    weak<item> handed_out;
    try {
      create(made, real(y), &handed_out);
      HOLDS(false);
    } catch (int number) {
      HOLDS(number == 4711);
      total->failures++;
    } catch (const xlgc::error &) {
      HOLDS(!handed_out.lock());
      throw;
    }
    HOLDS(!handed_out.lock());
    return;
  }
  if (now.op == CLONE) {
    index = create(made, static_cast<const item &>(*real(y)));
    const shadow &source = at(y);
    shadow &mine = at(index);
    std::copy_n(source.there, SINGLES, mine.there);
    std::copy_n(source.single, SINGLES, mine.single);
    mine.there[OWNED] = false;
    mine.vector = source.vector;
    mine.list = source.list;
    mine.set = source.set;
    mine.map = source.map;
  }
  if (now.op == GUT) {
    index = create(made, std::move(*real(y)));
    shadow &source = at(y), &mine = at(index);
    mine.single[ONE] = std::exchange(source.single[ONE], int(NOTHING));
    mine.single[TWO] = std::exchange(source.single[TWO], int(NOTHING));
    mine.vector.swap(source.vector);
    mine.list.swap(source.list);
    mine.set.swap(source.set);
    mine.map.swap(source.map);
  }
  registers_[now.to] = std::move(made);
  at_[now.to] = index;
}

void world::change_single(const instruction &now, int x, int y) {
  const int which = now.which % SINGLES, other = now.other % SINGLES;
  item &holder = *real(x);
  shadow &mine = at(x), &theirs = at(y);
  if (now.op == CALL) {
    holder.action(real(y));
    mine.single[ONE] = y;
    return;
  }
  if (now.op == BEGIN) {
    if (which < MAYBE) return;
    const root<item> kept(real(y)); /* it may hang on what goes first */
    mine.there[which] = false;
    mine.single[which] = NOTHING;
    if (which == MAYBE) {
      holder.maybe.reset();
      holder.maybe.emplace(&holder, real(y));
    } else if (which == EITHER) {
      holder.either = 5;
      holder.either = ref<item>(&holder, real(y));
    } else {
      holder.owned = nullptr;
      auto fresh = std::make_unique<part>(&holder);
      fresh->to = real(y);
      holder.owned = std::move(fresh);
    }
    mine.there[which] = true;
    mine.single[which] = y;
    return;
  }
  if (now.op == END) {
    if (which < MAYBE) return;
    mine.there[which] = false;
    mine.single[which] = NOTHING;
    if (which == MAYBE)
      holder.maybe.reset();
    else if (which == EITHER)
      holder.either = 6;
    else
      holder.owned = nullptr;
    return;
  }
  ref<item> *to = single(holder, which), *from = single(*real(y), other);
  if (now.op == GROW) {
    root<item> made;
    const int index = create(made);
    if (!to || now.other & 1) return put(x, now.which % CONTAINERS, now.other % KEYS, index);
    *to = made;
    mine.single[which] = index;
    return;
  }
  if (!to) return;
  if (now.op == STORE) {
    if (other & 1)
      *to = real(y);
    else
      *to = root<item>(real(y));
    mine.single[which] = y;
    return;
  }
  if (now.op == RESET) {
    mine.single[which] = NOTHING;
    to->reset();
    return;
  }
  if (!from) return;
  const int value = theirs.single[other];
  switch (now.op) {
  case SET_COPY: *to = *from; break;
  case SET_MOVE: *to = std::move(*from); break;
  case STRAY: {
    ref<item> stray = *from; /* a pin */
    *to = std::move(stray);
    break;
  }
  default: to->swap(*from); break;
  }
  if (now.op == SWAP) {
    std::swap(mine.single[which], theirs.single[other]);
    return;
  }
  if (now.op == SET_MOVE) theirs.single[other] = NOTHING;
  mine.single[which] = value;
}

void world::sort(const instruction &now, item &of, shadow &mine) {
  std::vector<int> before = mine.vector;
  int comparisons = now.other;
  try {
    auto less = [&](const ref<item> &one, const ref<item> &other) {
      if (comparisons && !--comparisons) throw 4711;
      return (one ? one->number : NOTHING) < (other ? other->number : NOTHING);
    };
    if (now.other & 1)
      std::sort(of.vector.begin(), of.vector.end(), less);
    else
      std::stable_sort(of.vector.begin(), of.vector.end(), less);
  } catch (int) {
    total->failures++;
  }
  /* What the standard leaves when it is interrupted is some of these, each at most as often as before. */
  std::size_t i = 0;
  for (const ref<item> &each : of.vector) {
    mine.vector[i] = each ? each->number : int(NOTHING);
    auto found = std::find(before.begin(), before.end(), mine.vector[i]);
    HOLDS(found != before.end() || !each);
    if (found != before.end()) before.erase(found);
    i++;
  }
}

void world::put(int into, int which, int key, int one) {
  item &holder = *real(into);
  shadow &mine = at(into);
  switch (which) {
  case VECTOR: holder.vector.push_back(real(one)), mine.vector.push_back(one); return;
  case LIST: holder.list.push_back(real(one)), mine.list.push_back(one); return;
  case SET: holder.set.emplace(real(one)), mine.set.insert(one); return;
  default: holder.map.insert_or_assign(key, real(one)), mine.map.insert_or_assign(key, one); return;
  }
}

void world::change_container(const instruction &now, int x, int y) {
  const int which = now.which % CONTAINERS, key = now.other % KEYS;
  item &holder = *real(x);
  shadow &mine = at(x);
  const std::size_t count = mine.vector.size(), place = count ? now.other % count : 0;
  ref<item> *one = single(*real(y), now.which % SINGLES);
  int &at_one = at(y).single[now.which % SINGLES];
  auto erase_first = [](auto &refs, auto &shadows) {
    if (refs.empty()) return;
    shadows.erase(shadows.begin());
    refs.erase(refs.begin());
  };
  switch (now.op) {
  case PUT: return put(x, which, key, y);
  case ERASE:
    if (which == VECTOR && count) {
      mine.vector.erase(mine.vector.begin() + std::ptrdiff_t(place));
      holder.vector.erase(holder.vector.begin() + std::ptrdiff_t(place));
    } else if (which == LIST) {
      erase_first(holder.list, mine.list);
    } else if (which == SET) {
      mine.set.erase(y);
      for (auto at = holder.set.begin(); at != holder.set.end(); ++at)
        if (at->get() == real(y)) return void(holder.set.erase(at));
    } else if (which == MAP) {
      mine.map.erase(key);
      holder.map.erase(key);
    }
    return;
  case CLEAR:
    return containers(which, x, x, [](auto &refs, auto &shadows, auto &, auto &) {
      shadows.clear();
      refs.clear();
    });
  case ALL_COPY:
    return containers(which, x, y, [](auto &refs, auto &shadows, auto &others, auto &other_shadows) {
      refs = others;
      shadows = other_shadows;
    });
  case ALL_MOVE:
    return containers(which, x, y, [](auto &refs, auto &shadows, auto &others, auto &other_shadows) {
      refs = std::move(others);
      if (&shadows == &other_shadows) return;
      shadows = other_shadows;
      other_shadows.clear();
    });
  case ALL_SWAP:
    return containers(which, x, y, [](auto &refs, auto &shadows, auto &others, auto &other_shadows) {
      refs.swap(others);
      shadows.swap(other_shadows);
    });
  case TAKE_OUT:
    if (!one || !count) return;
    *one = std::move(holder.vector[place]);
    at_one = std::exchange(mine.vector[place], int(NOTHING));
    return;
  case PUT_BACK:
    if (!one || !count) return;
    holder.vector[place] = std::move(*one);
    mine.vector[place] = std::exchange(at_one, int(NOTHING));
    return;
  default: return sort(now, holder, mine);
  }
}

/* ---------------------------------------------------------------- modes */

static xlgc_config configured(mode how) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.worker_period_ns = 1;
  static mode current;
  current = how;
  /* A holder that its own assignment made garbage may be long gone when that drops: where there are rounds between two
   * reports. A pool that checks finds then, as the holder is destroyed, what is still to be dropped. */
  config.on_error = [](void *, const xlgc_error *error) {
    const bool is_late = error->code == XLGC_E_STALE && !std::strcmp(error->what, "unlink");
    const bool is_early = error->code == XLGC_E_PLACE && !std::strcmp(error->what, "ref");
    HOLDS(current != CALM && (is_late || is_early));
  };
  return config;
}

static void run_alone(xlgc::pool &pool, const std::vector<instruction> &program, bool is_hostile) {
  world mine(pool);
  {
    std::optional<hostility> hostile;
    if (is_hostile) hostile.emplace(pool);
    for (const instruction &each : program) {
      mine.run(each);
      if (each.op == FLUSH) pool.flush();
      if (each.op == FLUSH || is_hostile) mine.check(true);
    }
  }
  pool.flush();
  mine.check(true);
  mine.let_go();
  pool.flush();
  mine.check(true);
}

static void run_threads(xlgc::pool &pool, const std::vector<instruction> &program) {
  std::mutex lock;
  world common(pool);
  auto run = [&](std::size_t begin) {
    world mine(pool);
    for (std::size_t i = 0; i < program.size(); i++) {
      const instruction &each = program[(begin + i) % program.size()];
      mine.run(each);
      std::lock_guard<std::mutex> guard(lock);
      common.run(each);
      if (each.op == FLUSH) common.check(false);
    }
    mine.check(false);
    mine.let_go();
    pool.flush();
    mine.check(true);
  };
  std::thread other(run, program.size() / 2);
  run(0);
  other.join();
  pool.flush();
  common.check(true);
  common.let_go();
  pool.flush();
  common.check(true);
}

static void run(const std::vector<instruction> &program, mode how) {
  xlgc::pool pool(configured(how));
  total->programs++;
  if (how >= WORKER) pool.start_worker();
  if (how == THREADS)
    run_threads(pool, program);
  else
    run_alone(pool, program, how == HOSTILE);
  if (how >= WORKER) pool.stop_worker();
  HOLDS(xlgc_verify(pool.native(), nullptr, 0) == 0);
  HOLDS(pool.lost_drops() == 0);
}

/* ------------------------------------------------------------- children */

template <class F> static bool ends_well(bool quiet, F what) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (quiet && !std::freopen("/dev/null", "w", stderr)) _exit(2);
    what();
    _exit(0);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Beside other threads a program may have to be run some times until it fails. */
static bool goes_on_failing(const std::vector<instruction> &program, mode how) {
  for (int tries = how >= WORKER ? 20 : 1; tries; tries--)
    if (!ends_well(true, [&] { run(program, how); })) return true;
  return false;
}

/* Leaves out what is not needed for the failure: first halves, at last single instructions. */
static void shrink(std::vector<instruction> &program, mode how) {
  for (std::size_t part = program.size() / 2; part; part /= 2)
    for (std::size_t at = 0; at + part <= program.size();) {
      std::vector<instruction> shorter(program);
      shorter.erase(shorter.begin() + std::ptrdiff_t(at), shorter.begin() + std::ptrdiff_t(at + part));
      if (goes_on_failing(shorter, how))
        program = shorter;
      else
        at += part;
    }
}

static mode mode_of(std::uint64_t number) {
  static const mode modes[] = {HOSTILE, WORKER, HOSTILE, CALM, HOSTILE, THREADS, HOSTILE, WORKER};
  return modes[number % 8];
}

static void *shared(std::size_t size) {
  void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert_ptr_ne(memory, MAP_FAILED);
  return memory;
}

START_TEST(programs_agree_with_the_oracle) {
  enum { BATCH = 500 };
  const std::uint64_t seed = trial_seed();
  const std::uint64_t programs = trial_work(std::getenv("XLGC_LONG") ? 100000 : 10000);
  auto program_of = [seed](std::uint64_t number) {
    return random_program(seed + number * UINT64_C(0x9E3779B97F4A7C15));
  };
  total = static_cast<counts *>(shared(sizeof *total));
  auto *at = static_cast<std::atomic<std::uint64_t> *>(shared(sizeof(std::atomic<std::uint64_t>)));
  for (std::uint64_t begin = 0; begin < programs; begin += BATCH) {
    const std::uint64_t end = std::min(programs, begin + BATCH);
    const bool well = ends_well(false, [&] {
      for (*at = begin; *at < end; ++*at)
        run(program_of(*at), mode_of(*at));
    });
    if (well) continue;
    std::vector<instruction> program = program_of(*at);
    const mode how = mode_of(*at);
    std::fprintf(stderr, "program %llu (%s) fails; shrunk:\n", static_cast<unsigned long long>(at->load()),
                 mode_names[how]);
    shrink(program, how);
    print(program);
    ends_well(false, [&] { run(program, how); });
    ck_abort_msg("SEED=%llu", static_cast<unsigned long long>(seed));
  }
  std::printf("%llu programs, %llu instructions, %llu objects, %llu failures inside\n",
              static_cast<unsigned long long>(total->programs), static_cast<unsigned long long>(total->instructions),
              static_cast<unsigned long long>(total->objects), static_cast<unsigned long long>(total->failures));
  ck_assert(total->programs >= programs && total->failures > programs / 10);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_programs");
  TCase *programs = trial_case(suite, "programs");
  tcase_add_test(programs, programs_agree_with_the_oracle);
  return trial_run(suite);
}
