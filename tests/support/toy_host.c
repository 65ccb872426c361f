/* A heap with a mark-sweep collector that runs when it is asked to. tests/hosts_model.c has toys that are harder to
 * please. */
#include <config.h>

#include "toy_host.h"

#include <stdlib.h>

typedef struct thing thing;
struct thing {
  bool is_proxy, pinned;
  unsigned number;
  uint64_t seen;
  xlgc_id id; /* a proxy's object; an export's */
  thing *fields[HOSTS_FIELDS];
  thing *next, *next_to_see;
};

enum { ROOTS = HOSTS_GLOBALS + HOSTS_SUSPENDED };

typedef struct toy {
  xlgc_host *host;
  thing *all, *roots[ROOTS], *stack;
  uint64_t walk, black, objects, pins, unpins;
  xlgc_summary *summary;
  xlgc_id source; /* of the walk; XLGC_ID_NONE for the roots, or none */
} toy;

static void see(toy *toy, thing *thing) {
  if (!thing || thing->seen == toy->walk || thing->seen == toy->black) return;
  thing->seen = toy->walk;
  if (toy->summary && thing->id != XLGC_ID_NONE && thing->id != toy->source) {
    if (toy->source != XLGC_ID_NONE) {
      xlgc_summary_edge(toy->summary, toy->source, thing->id);
      return;
    }
    xlgc_summary_root(toy->summary, thing->id);
  }
  thing->next_to_see = toy->stack;
  toy->stack = thing;
}

static void see_all(toy *toy) {
  for (thing *first; (first = toy->stack) != NULL;) {
    toy->stack = first->next_to_see;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      see(toy, first->fields[i]);
  }
}

static void see_roots(toy *toy) {
  toy->walk++;
  toy->black = toy->walk;
  for (unsigned i = 0; i < ROOTS; i++)
    see(toy, toy->roots[i]);
  see_all(toy);
}

static int collect(void *engine) {
  toy *toy = engine;
  see_roots(toy);
  for (thing *thing = toy->all; thing; thing = thing->next)
    if (thing->pinned) see(toy, thing);
  see_all(toy);
  for (thing **at = &toy->all, *thing; (thing = *at) != NULL;) {
    if (thing->seen == toy->walk) {
      at = &thing->next;
      continue;
    }
    *at = thing->next;
    toy->objects -= !thing->is_proxy;
    if (thing->is_proxy) xlgc_host_proxy_gone(toy->host, thing->id, thing);
    free(thing);
  }
  return 0;
}

static int see_export(void *data, xlgc_id id, void *handle) {
  toy *toy = data;
  toy->walk++;
  toy->source = id;
  see(toy, handle);
  see_all(toy);
  return 0;
}

static int summarise(void *engine, xlgc_summary *summary) {
  toy *toy = engine;
  toy->summary = summary;
  toy->source = XLGC_ID_NONE;
  see_roots(toy);
  toy->black = toy->walk;
  int answer = xlgc_summary_each_export(summary, see_export, toy);
  toy->summary = NULL;
  return answer;
}

static void unpin(void *engine, void *handle) {
  toy *toy = engine;
  thing *thing = handle;
  thing->pinned = false;
  thing->id = XLGC_ID_NONE;
  toy->pins--;
  toy->unpins++;
}

static const xlgc_host_adapter adapter = {.name = "toy", .summarise = summarise, .unpin = unpin, .collect = collect};

static void *open_toy(xlgc_pool *pool) {
  toy *made = calloc(1, sizeof *made);
  ck_assert_ptr_nonnull(made);
  ck_assert_int_eq(xlgc_host_open(pool, &adapter, made, &made->host), 0);
  return made;
}

static void close_toy(void *engine) {
  toy *toy = engine;
  ck_assert_int_eq(xlgc_host_close(toy->host), 0);
  toy->host = NULL;
  for (unsigned i = 0; i < ROOTS; i++)
    toy->roots[i] = NULL;
  collect(toy);
  ck_assert_ptr_null(toy->all);
  free(toy);
}

static xlgc_host *host(void *engine) { return ((toy *)engine)->host; }

static thing *make_thing(toy *toy, unsigned global) {
  thing *made = calloc(1, sizeof *made);
  ck_assert_ptr_nonnull(made);
  made->next = toy->all;
  toy->all = made;
  toy->roots[global] = made;
  return made;
}
static thing *at(void *engine, unsigned global) { return ((toy *)engine)->roots[global]; }

static void make(void *engine, unsigned global, unsigned number) {
  make_thing(engine, global)->number = number;
  ((toy *)engine)->objects++;
}
static unsigned number(void *engine, unsigned global) { return at(engine, global)->number; }
static int holds(void *engine, unsigned global) {
  thing *thing = at(engine, global);
  return !thing ? HOSTS_NOTHING : thing->is_proxy ? HOSTS_PROXY : HOSTS_OBJECT;
}
static void set(void *engine, unsigned object, unsigned field, unsigned from) {
  at(engine, object)->fields[field] = at(engine, from);
}
static void get(void *engine, unsigned to, unsigned object, unsigned field) {
  ((toy *)engine)->roots[to] = at(engine, object)->fields[field];
}
static void copy(void *engine, unsigned to, unsigned from) { ((toy *)engine)->roots[to] = at(engine, from); }
static void drop(void *engine, unsigned global) { ((toy *)engine)->roots[global] = NULL; }
static bool same(void *engine, unsigned one, unsigned other) { return at(engine, one) == at(engine, other); }

static int give(void *engine, unsigned global, xlgc_id *id) {
  toy *toy = engine;
  thing *thing = at(engine, global);
  *id = thing ? thing->id : XLGC_ID_NONE;
  if (!thing || thing->is_proxy) return 0;
  int answer = xlgc_host_export(toy->host, thing, id);
  if (answer < 0) return answer;
  toy->pins += !thing->pinned;
  thing->pinned = true;
  thing->id = *id;
  return 0;
}
static int take(void *engine, unsigned global, xlgc_id id) {
  toy *toy = engine;
  void *handle;
  int answer = xlgc_host_receive(toy->host, id, &handle);
  if (answer < 0) return answer;
  if (answer != XLGC_HOST_NEW) {
    toy->roots[global] = handle;
    return 0;
  }
  thing *proxy = make_thing(toy, global);
  proxy->is_proxy = true;
  proxy->id = id;
  return xlgc_host_proxy_made(toy->host, id, proxy);
}
static void land(void *engine, unsigned global, void *handle) { ((toy *)engine)->roots[global] = handle; }

static void collect_here(void *engine) { collect(engine); }
static void suspend(void *engine, unsigned slot, unsigned global) { copy(engine, HOSTS_GLOBALS + slot, global); }
static void resume(void *engine, unsigned slot) { drop(engine, HOSTS_GLOBALS + slot); }
static uint64_t objects(void *engine) { return ((toy *)engine)->objects; }
static uint64_t pins(void *engine) { return ((toy *)engine)->pins; }
static uint64_t unpins(void *engine) { return ((toy *)engine)->unpins; }

const hosts_engine hosts_toy = {.name = "toy",
                                .open = open_toy,
                                .close = close_toy,
                                .host = host,
                                .make = make,
                                .number = number,
                                .holds = holds,
                                .set = set,
                                .get = get,
                                .copy = copy,
                                .drop = drop,
                                .same = same,
                                .give = give,
                                .take = take,
                                .land = land,
                                .collect = collect_here,
                                .suspend = suspend,
                                .resume = resume,
                                .objects = objects,
                                .pins = pins,
                                .unpins = unpins};
