#include <config.h>

#include "toy.h"

#include <stdlib.h>
#include <string.h>

#define MUST(condition)                               \
  do {                                                \
    if (!(condition)) ck_abort_msg("%s", #condition); \
  } while (0)

struct toy_thing {
  bool is_proxy, pinned, marked;
  unsigned number, traits;
  uint64_t seen; /* the walk that saw it last */
  xlgc_id id;    /* a proxy's object; an export's */
  const xlgc_behaviour *behaviour;
  void *self;
  toy_thing *fields[HOSTS_FIELDS];
  toy_thing *next, *next_to_mark;
};

struct toy {
  xlgc_host *host;
  toy_thing *all;
  toy_thing *globals[HOSTS_GLOBALS], *suspended[HOSTS_SUSPENDED];
  uint64_t walk, held, objects, pins, unpins;
};

/* -------------------------------------------------------------- its collector */

static void push(toy_thing **stack, toy_thing *thing) {
  if (!thing || thing->marked) return;
  thing->marked = true;
  thing->next_to_mark = *stack;
  *stack = thing;
}

static void sweep(toy *toy) {
  for (toy_thing **at = &toy->all, *thing; (thing = *at) != NULL;) {
    bool lives = thing->marked;
    thing->marked = false;
    if (lives) {
      at = &thing->next;
      continue;
    }
    *at = thing->next;
    if (thing->is_proxy)
      (void)xlgc_host_proxy_gone(toy->host, thing->id, thing);
    else
      toy->objects--;
    free(thing);
  }
}

static void collect(void *engine) {
  toy *toy = engine;
  toy_thing *stack = NULL;
  for (unsigned i = 0; i < HOSTS_GLOBALS; i++)
    push(&stack, toy->globals[i]);
  for (unsigned i = 0; i < HOSTS_SUSPENDED; i++)
    push(&stack, toy->suspended[i]);
  for (toy_thing *thing = toy->all; thing; thing = thing->next)
    if (thing->pinned) push(&stack, thing);
  while (stack) {
    toy_thing *first = stack;
    stack = first->next_to_mark;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      push(&stack, first->fields[i]);
  }
  sweep(toy);
}

static toy_thing *new_thing(toy *toy) {
  toy_thing *thing = calloc(1, sizeof *thing);
  MUST(thing);
  thing->next = toy->all;
  toy->all = thing;
  return thing;
}

/* ---------------------------------------------------------------- its adapter */

typedef struct walk {
  toy *toy;
  xlgc_summary *summary;
  xlgc_id source; /* XLGC_ID_NONE for the roots */
  toy_thing *stack;
} walk;

static void see(walk *walk, toy_thing *thing) {
  toy *toy = walk->toy;
  if (!thing || thing->seen == toy->held || thing->seen == toy->walk) return;
  thing->seen = toy->walk;
  bool known = thing->id != XLGC_ID_NONE;
  if (walk->source == XLGC_ID_NONE) {
    if (known) (void)xlgc_summary_root(walk->summary, thing->id);
  } else if (known && thing->id != walk->source) {
    (void)xlgc_summary_edge(walk->summary, walk->source, thing->id);
    return;
  }
  thing->next_to_mark = walk->stack;
  walk->stack = thing;
}

static void run(walk *walk) {
  while (walk->stack) {
    toy_thing *first = walk->stack;
    walk->stack = first->next_to_mark;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      see(walk, first->fields[i]);
  }
}

static int see_export(void *data, xlgc_id id, void *handle) {
  walk *walk = data;
  if (((toy_thing *)handle)->seen == walk->toy->held) return 0;
  walk->toy->walk++;
  walk->source = id;
  see(walk, handle);
  run(walk);
  return 0;
}

static int summarise(void *engine, xlgc_summary *summary) {
  toy *toy = engine;
  walk walk = {toy, summary, XLGC_ID_NONE, NULL};
  toy->held = ++toy->walk;
  for (unsigned i = 0; i < HOSTS_GLOBALS; i++)
    see(&walk, toy->globals[i]);
  for (unsigned i = 0; i < HOSTS_SUSPENDED; i++)
    see(&walk, toy->suspended[i]);
  run(&walk);
  return xlgc_summary_each_export(summary, see_export, &walk);
}

static void unpin(void *engine, void *handle) {
  toy *toy = engine;
  toy_thing *export = handle;
  MUST(export->pinned);
  export->pinned = false;
  export->id = XLGC_ID_NONE;
  toy->pins--;
  toy->unpins++;
}

static int collect_all(void *engine) {
  collect(engine);
  return 0;
}

/* Each object's own behaviour, or nothing. */
#define FORWARD(name, call)                                                                                  \
  toy_thing *thing = visit->handle;                                                                          \
  if (!thing->behaviour || !thing->behaviour->name) return xlgc_visit_raise(visit, #name "?", sizeof #name); \
  visit->handle = thing->self;                                                                               \
  int answer = thing->behaviour->call;                                                                       \
  visit->handle = thing;                                                                                     \
  return answer

static int get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) { FORWARD(get, get(visit, key, out)); }
static int set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  FORWARD(set, set(visit, key, value));
}
static int take_away(xlgc_visit *visit, const xlgc_value *key) { FORWARD(remove, remove(visit, key)); }
static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  FORWARD(call, call(visit, self, arguments, count, out));
}
static int length(xlgc_visit *visit, size_t *out) { FORWARD(length, length(visit, out)); }
static int iterate(xlgc_visit *visit, xlgc_value *cursor) { FORWARD(iterate, iterate(visit, cursor)); }
static int next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) { FORWARD(next, next(visit, key, out)); }
static int compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  FORWARD(compare, compare(visit, other, order, out));
}
static int describe(xlgc_visit *visit, xlgc_value *out) { FORWARD(describe, describe(visit, out)); }

static const xlgc_behaviour forward = {.get = get,
                                       .set = set,
                                       .remove = take_away,
                                       .call = call,
                                       .length = length,
                                       .iterate = iterate,
                                       .next = next,
                                       .compare = compare,
                                       .describe = describe};
static const xlgc_host_adapter adapter = {
    .name = "toy", .summarise = summarise, .unpin = unpin, .collect = collect_all, .behaviour = &forward};

/* -------------------------------------------------------- what a test wants of it */

void *toy_open(xlgc_pool *pool) {
  toy *made = calloc(1, sizeof *made);
  MUST(made);
  MUST(xlgc_host_open(pool, &adapter, made, &made->host) == 0);
  return made;
}

void toy_close(void *engine) {
  toy *toy = engine;
  MUST(xlgc_host_close(toy->host) == 0);
  toy->host = NULL;
  MUST(toy->pins == 0);
  memset(toy->globals, 0, sizeof toy->globals);
  memset(toy->suspended, 0, sizeof toy->suspended);
  collect(toy);
  MUST(!toy->all);
  free(toy);
}

xlgc_host *toy_host(void *engine) { return ((toy *)engine)->host; }

static toy_thing *at(void *engine, unsigned global) {
  MUST(global < HOSTS_GLOBALS);
  return ((toy *)engine)->globals[global];
}
static toy_thing *object_at(void *engine, unsigned global) {
  toy_thing *object = at(engine, global);
  MUST(object && !object->is_proxy);
  return object;
}
static void put(void *engine, unsigned global, toy_thing *thing) { ((toy *)engine)->globals[global] = thing; }

static void make(void *engine, unsigned global, unsigned number) {
  toy_thing *made = new_thing(engine);
  made->number = number;
  ((toy *)engine)->objects++;
  put(engine, global, made);
}
static unsigned number(void *engine, unsigned global) { return object_at(engine, global)->number; }
static int holds(void *engine, unsigned global) {
  toy_thing *thing = at(engine, global);
  return !thing ? HOSTS_NOTHING : thing->is_proxy ? HOSTS_PROXY : HOSTS_OBJECT;
}
static void set_field(void *engine, unsigned object, unsigned field, unsigned from) {
  object_at(engine, object)->fields[field] = at(engine, from);
}
static void get_field(void *engine, unsigned to, unsigned object, unsigned field) {
  put(engine, to, object_at(engine, object)->fields[field]);
}
static void copy(void *engine, unsigned to, unsigned from) { put(engine, to, at(engine, from)); }
static void drop(void *engine, unsigned global) { put(engine, global, NULL); }
static bool same(void *engine, unsigned one, unsigned other) { return at(engine, one) == at(engine, other); }

static int give(void *engine, unsigned global, xlgc_id *id) {
  toy *toy = engine;
  toy_thing *thing = at(engine, global);
  *id = thing ? thing->id : XLGC_ID_NONE;
  if (!thing || thing->is_proxy) return 0;
  if (xlgc_host_exported(toy->host, thing, id) == 0) return 0;
  bool was_pinned = thing->pinned;
  int result = xlgc_host_export(toy->host, thing, id);
  if (result < 0) return result;
  thing->pinned = true;
  toy->pins += !was_pinned;
  MUST(result == was_pinned);
  thing->id = *id;
  return 0;
}

static int take(void *engine, unsigned global, xlgc_id id) {
  toy *toy = engine;
  void *handle;
  int result = xlgc_host_receive(toy->host, id, &handle);
  if (result < 0) return result;
  if (result == XLGC_HOST_NEW) {
    toy_thing *proxy = new_thing(engine);
    proxy->is_proxy = true;
    proxy->id = id;
    MUST(xlgc_host_proxy_made(toy->host, id, proxy) == 0);
    handle = proxy;
  }
  put(engine, global, handle);
  return 0;
}

static void land(void *engine, unsigned global, void *handle) { put(engine, global, handle); }
static void suspend(void *engine, unsigned slot, unsigned global) {
  ((toy *)engine)->suspended[slot] = at(engine, global);
}
static void resume(void *engine, unsigned slot) { ((toy *)engine)->suspended[slot] = NULL; }
static uint64_t objects(void *engine) { return ((toy *)engine)->objects; }
static uint64_t pins(void *engine) { return ((toy *)engine)->pins; }
static uint64_t unpins(void *engine) { return ((toy *)engine)->unpins; }

const hosts_engine toy_plain = {
    .name = "toy",
    .open = toy_open,
    .close = toy_close,
    .host = toy_host,
    .make = make,
    .number = number,
    .holds = holds,
    .set = set_field,
    .get = get_field,
    .copy = copy,
    .drop = drop,
    .same = same,
    .give = give,
    .take = take,
    .land = land,
    .collect = collect,
    .suspend = suspend,
    .resume = resume,
    .objects = objects,
    .pins = pins,
    .unpins = unpins,
};

void toy_behave(void *engine, unsigned global, const xlgc_behaviour *behaviour, void *self, unsigned traits) {
  toy_thing *object = object_at(engine, global);
  object->behaviour = behaviour;
  object->self = self;
  object->traits = traits;
}

xlgc_value toy_value(void *engine, unsigned global) {
  xlgc_value value = {.type = XLGC_OBJECT, .traits = at(engine, global)->traits};
  MUST(give(engine, global, &value.as.id) == 0);
  return value;
}
