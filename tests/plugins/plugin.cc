#include "node.hpp"

#include <optional>

static xlgc::root<xlgc::object> kept;

/* Only here, and so named in reports. */
struct gadget : node {
  using node::node;
};

static xlgc::root<xlgc::object> make(int *alive) { return xlgc::make<gadget>(alive); }
static xlgc::root<xlgc::object> make_in(xlgc::pool &pool, int *alive) { return pool.make<gadget>(alive); }
static void join(xlgc::object *from, xlgc::object *to) { static_cast<node *>(from)->next = to; }
static void keep(xlgc::object *one) { kept = one; }
static void forget(xlgc::object *one) { (void)new xlgc::root<xlgc::object>(one); }

static xlgc::held show(xlgc::pool &pool) { return xlgc::held(pool, xlgc::class_in<shown>(pool)).call(); }

/* For a program that does not use xlgc.hpp: a pool in a variable with an object, which a root that stays holds beyond
 * it or not. Returns 0 or what is refused. */
static std::optional<xlgc::pool> own;
static int own_alive;
extern "C" PART int open_own(bool stays);
extern "C" PART void close_own();
int open_own(bool stays) {
  try {
    own.emplace();
    const xlgc::root<xlgc::object> made = make(&own_alive);
    if (stays) forget(made.get());
    return 0;
  } catch (const xlgc::error &error) {
    own.reset();
    return error.code();
  }
}
void close_own() { own.reset(); }

extern "C" PART const plugin functions;
const plugin functions = {make, make_in, join, keep, forget, show};
