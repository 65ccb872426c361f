#include "node.hpp"

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

extern "C" PART const plugin functions;
const plugin functions = {make, make_in, join, keep, forget, show};
