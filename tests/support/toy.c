#include <config.h>

#include "toy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size_bytes) ((void)(memory), (void)(size_bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size_bytes) ((void)(memory), (void)(size_bytes))
#endif

#define ALIVE 0x600D600Du
#define FREED 0xDEADBEEFu

toy_thing *toy_good(toy_thing *thing) {
  if (thing) MUST(thing->mark == ALIVE);
  return thing;
}

static void free_thing(toy *toy, toy_thing *thing) {
  toy_good(thing);
  MUST(!thing->pinned);
  toy->objects -= !thing->is_proxy;
  thing->mark = FREED;
  if (toy->flags & TOY_REUSES) {
    thing->next = toy->free;
    toy->free = thing;
    ASAN_POISON_MEMORY_REGION(thing, sizeof *thing);
  } else {
    free(thing);
  }
}

/* ---- its collector */

static void push(toy_thing **stack, toy_thing *thing) {
  if (!toy_good(thing) || thing->marked) return;
  thing->marked = true;
  thing->next_to_mark = *stack;
  *stack = thing;
}

static void mark_all(toy_thing *stack) {
  while (stack) {
    toy_thing *first = stack;
    stack = first->next_to_mark;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      push(&stack, first->fields[i]);
  }
}

static void finalize(toy *toy, toy_thing *thing) {
  if (thing->is_proxy) {
    (void)xlgc_host_proxy_gone(toy->host, thing->id, thing);
    free_thing(toy, thing);
    return;
  }
  toy->finalizes = true;
  (void)xlgc_host_finalizes(toy->host);
  /* From now on it is an object like any other. */
  thing->condemned = false;
  toy->globals[thing->finalizer_to] = toy_good(thing->fields[thing->finalizer_field]);
}

static void finalize_all(toy *toy) {
  toy_thing *first = toy->condemned, *next;
  toy->condemned = NULL;
  for (; first; first = next) {
    next = first->next_condemned;
    finalize(toy, first);
  }
}

static void condemn(toy *toy, toy_thing *thing) {
  thing->condemned = true;
  thing->next_condemned = toy->condemned;
  toy->condemned = thing;
}

void toy_collect(void *engine) {
  toy *toy = engine;
  if (toy->collects) return;
  toy->collects = true;
  if (toy->flags & TOY_LATE) finalize_all(toy);
  toy_thing *stack = NULL;
  for (unsigned i = 0; i < HOSTS_GLOBALS; i++)
    push(&stack, toy->globals[i]);
  for (unsigned i = 0; i < HOSTS_SUSPENDED; i++)
    push(&stack, toy->suspended[i]);
  for (toy_thing *thing = toy->all; thing; thing = thing->next)
    if (thing->pinned) push(&stack, thing);
  mark_all(stack);
  for (toy_thing *thing = toy->all; thing; thing = thing->next) {
    if (thing->marked || !thing->has_finalizer) continue;
    thing->has_finalizer = false;
    condemn(toy, thing);
  }
  stack = NULL;
  for (toy_thing *thing = toy->condemned; thing; thing = thing->next_condemned)
    push(&stack, thing);
  mark_all(stack);
  for (toy_thing **at = &toy->all, *thing; (thing = *at) != NULL;) {
    bool lives = thing->marked;
    thing->marked = false;
    if (lives) {
      at = &thing->next;
      continue;
    }
    *at = thing->next;
    if (thing->is_proxy)
      condemn(toy, thing);
    else
      free_thing(toy, thing);
  }
  if (!(toy->flags & TOY_LATE)) finalize_all(toy);
  toy->collects = false;
}

static toy_thing *new_thing(toy *toy) {
  if (toy->flags & TOY_OFTEN && ++toy->allocated % 5 == 0) toy_collect(toy);
  toy_thing *thing = toy->free;
  if (thing) {
    ASAN_UNPOISON_MEMORY_REGION(thing, sizeof *thing);
    toy->free = thing->next;
  } else {
    thing = malloc(sizeof *thing);
    MUST(thing);
  }
  memset(thing, 0, sizeof *thing);
  thing->mark = ALIVE;
  thing->next = toy->all;
  toy->all = thing;
  return thing;
}

/* ---- its adapter */

typedef struct walk {
  toy *toy;
  xlgc_summary *summary;
  xlgc_id source; /* XLGC_ID_NONE for the roots */
  toy_thing *stack;
} walk;

/* That memory ran out is kept by the summary. */
static void note(int result) { MUST(result == 0 || result == XLGC_E_NOMEM); }

static bool says_others(xlgc_summary *summary) {
  return xlgc_summary_is_quick(summary) && !xlgc_summary_is_image(summary);
}

static void see(walk *walk, toy_thing *thing) {
  toy *toy = walk->toy;
  if (!toy_good(thing) || thing->seen == toy->black || thing->seen == toy->walk) return;
  thing->seen = toy->walk;
  bool known = thing->id != XLGC_ID_NONE;
  if (walk->source == XLGC_ID_NONE) {
    if (known && !(thing->is_proxy && says_others(walk->summary))) note(xlgc_summary_root(walk->summary, thing->id));
  } else if (known && thing->id != walk->source) {
    note(xlgc_summary_edge(walk->summary, walk->source, thing->id));
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
  toy_thing *export = toy_good(handle);
  MUST(export->pinned);
  MUST(export->id == id);
  if (export->seen == walk->toy->black) return 0;
  walk->toy->walk++;
  walk->source = id;
  see(walk, export);
  run(walk);
  return 0;
}

static int toy_summarise(void *engine, xlgc_summary *summary) {
  toy *toy = engine;
  if (toy->fails) return toy->fails;
  if (toy->is_weak) note(xlgc_summary_weak(summary));
  walk walk = {toy, summary, XLGC_ID_NONE, NULL};
  toy->black = ++toy->walk;
  for (unsigned i = 0; i < HOSTS_GLOBALS; i++)
    see(&walk, toy->globals[i]);
  for (unsigned i = 0; i < HOSTS_SUSPENDED; i++)
    see(&walk, toy->suspended[i]);
  for (toy_thing *thing = toy->condemned; thing; thing = thing->next_condemned)
    if (!thing->is_proxy) see(&walk, thing);
  run(&walk);
  bool is_image = xlgc_summary_is_image(summary);
  if (toy->flags & TOY_OFTEN && !is_image) toy_collect(toy); /* in the middle */
  if (toy->before_exports) toy->before_exports(toy);
  int answer = xlgc_summary_each_export(summary, see_export, &walk);
  if (says_others(summary)) note(xlgc_summary_others(summary));
  if (toy->in_summary) toy->in_summary(toy);
  return answer;
}

void toy_unpin(void *engine, void *handle) {
  toy *toy = engine;
  toy_thing *export = toy_good(handle);
  MUST(toy->entered != 0);
  MUST(export->pinned);
  export->pinned = false;
  export->id = XLGC_ID_NONE;
  toy->pins--;
  toy->unpins++;
  if (toy->flags & TOY_OFTEN) toy_collect(toy);
}

static int collect_all(void *engine) {
  toy_collect(engine);
  return 0;
}
static int toy_enter(void *engine) {
  ((toy *)engine)->entered++;
  return 0;
}
static void toy_leave(void *engine) { ((toy *)engine)->entered--; }

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

static int toy_prepare(void *engine) {
  toy *toy = engine;
  if (toy->unready) toy->unready--;
  return toy->unready > 0;
}
static size_t toy_size(void *engine) { return ((toy *)engine)->flags & TOY_IMAGES ? SIZE_MAX : 0; }
static int toy_begin_image(void *engine) {
  ((toy *)engine)->finalizes = false;
  return toy_prepare(engine);
}
static int toy_end_image(void *engine) { return ((toy *)engine)->finalizes ? XLGC_E_STATE : 0; }

/* ---- why an object is alive */

typedef struct search {
  toy_thing **met;
  size_t *by, *field, count, next;
} search;

static void meet(search *search, toy_thing *thing, size_t by, size_t field) {
  if (!toy_good(thing)) return;
  for (size_t i = 0; i < search->count; i++)
    if (search->met[i] == thing) return;
  search->met[search->count] = thing;
  search->by[search->count] = by;
  search->field[search->count++] = field;
}

static size_t count_all(const toy *toy) {
  size_t count = 0;
  for (const toy_thing *thing = toy->all; thing; thing = thing->next)
    count++;
  return count;
}

enum { BEGINS = 1u << 30 };

/* Says the way to the one with this number; returns what it begins at. */
static size_t tell(const search *search, size_t number, void (*step)(void *data, const char *text), void *data) {
  char text[32];
  if (search->by[number] >= BEGINS) return number;
  size_t begins = tell(search, search->by[number], step, data);
  snprintf(text, sizeof text, ".f%zu", search->field[number]);
  step(data, text);
  return begins;
}

static void say_global(void (*step)(void *data, const char *text), void *data, size_t number) {
  char text[32];
  snprintf(text, sizeof text, number < HOSTS_GLOBALS ? "global %zu" : "suspended %zu", number);
  step(data, text);
}

static int toy_find_way(void *engine, void *const *from, size_t from_count, void *to, size_t budget,
                        void (*step)(void *data, const char *text), void *data) {
  toy *toy = engine;
  size_t room = count_all(toy) + from_count + HOSTS_GLOBALS + HOSTS_SUSPENDED + 1;
  search search = {calloc(room, sizeof *search.met), calloc(room, sizeof *search.by),
                   calloc(room, sizeof *search.field), 0, 0};
  MUST(search.met && search.by && search.field);
  for (size_t i = 0; i < from_count; i++)
    meet(&search, from[i], BEGINS + i, 0);
  for (size_t i = 0; i < HOSTS_GLOBALS + HOSTS_SUSPENDED && !from_count; i++)
    meet(&search, i < HOSTS_GLOBALS ? toy->globals[i] : toy->suspended[i - HOSTS_GLOBALS], BEGINS + i, 0);
  size_t found = room;
  for (; search.next < search.count && found == room && search.next < budget; search.next++) {
    if (search.met[search.next] == to) found = search.next;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      meet(&search, search.met[search.next]->fields[i], search.next, i);
  }
  int result = XLGC_WAY_NONE;
  if (found != room) {
    size_t begins = found;
    while (search.by[begins] < BEGINS)
      begins = search.by[begins];
    if (!from_count) say_global(step, data, search.by[begins] - BEGINS);
    (void)tell(&search, found, step, data);
    result = from_count ? (int)(search.by[begins] - BEGINS) + 1 : XLGC_WAY_ROOT;
  }
  free(search.met), free(search.by), free(search.field);
  return result;
}

static void toy_describe(void *engine, void *handle, char *text, size_t size_bytes) {
  (void)engine;
  snprintf(text, size_bytes, "thing %u", toy_good(handle)->number);
}

const xlgc_host_adapter toy_adapter = {.name = "toy",
                                       .summarise = toy_summarise,
                                       .unpin = toy_unpin,
                                       .collect = collect_all,
                                       .enter = toy_enter,
                                       .leave = toy_leave,
                                       .behaviour = &forward,
                                       .prepare = toy_prepare,
                                       .size = toy_size,
                                       .begin_image = toy_begin_image,
                                       .end_image = toy_end_image,
                                       .describe = toy_describe,
                                       .find_way = toy_find_way};
static const xlgc_host_adapter silent = {.name = "silent toy",
                                         .flags = XLGC_HOST_SILENT,
                                         .summarise = toy_summarise,
                                         .unpin = toy_unpin,
                                         .collect = collect_all,
                                         .enter = toy_enter,
                                         .leave = toy_leave};

/* ---- what the kit wants of it */

void *toy_open(xlgc_pool *pool, unsigned flags) {
  toy *made = calloc(1, sizeof *made);
  MUST(made);
  made->flags = flags;
  MUST(xlgc_host_open(pool, flags & TOY_UNREPORTED ? &silent : &toy_adapter, made, &made->host) == 0);
  return made;
}
static void *open_plain(xlgc_pool *pool) { return toy_open(pool, 0); }
static void *open_reusing(xlgc_pool *pool) { return toy_open(pool, TOY_REUSES | TOY_OFTEN); }
static void *open_late(xlgc_pool *pool) { return toy_open(pool, TOY_LATE | TOY_OFTEN); }
static void *open_imaged(xlgc_pool *pool) { return toy_open(pool, TOY_LATE | TOY_OFTEN | TOY_IMAGES); }

void toy_close(void *engine) {
  toy *toy = engine;
  MUST(xlgc_host_close(toy->host) == 0);
  toy->host = NULL;
  MUST(toy->pins == 0);
  memset(toy->globals, 0, sizeof toy->globals);
  memset(toy->suspended, 0, sizeof toy->suspended);
  for (unsigned i = 0; i < 5; i++) {
    toy_collect(toy);
    memset(toy->globals, 0, sizeof toy->globals);
  }
  MUST(!toy->all);
  MUST(toy->objects == 0);
  for (toy_thing *thing; (thing = toy->free) != NULL;) {
    ASAN_UNPOISON_MEMORY_REGION(thing, sizeof *thing);
    toy->free = thing->next;
    free(thing);
  }
  free(toy);
}

xlgc_host *toy_host(void *engine) { return ((toy *)engine)->host; }
toy_thing *toy_at(void *engine, unsigned global) {
  toy *toy = engine;
  MUST(global < HOSTS_GLOBALS);
  return toy_good(toy->globals[global]);
}
static toy_thing *object_at(void *engine, unsigned global) {
  toy_thing *object = toy_at(engine, global);
  MUST(object && !object->is_proxy);
  return object;
}
void toy_put(void *engine, unsigned global, toy_thing *thing) { ((toy *)engine)->globals[global] = toy_good(thing); }

void toy_make(void *engine, unsigned global, unsigned number) {
  toy_thing *made = new_thing(engine);
  made->number = number;
  ((toy *)engine)->objects++;
  toy_put(engine, global, made);
}
static unsigned toy_number(void *engine, unsigned global) { return object_at(engine, global)->number; }
static int toy_holds(void *engine, unsigned global) {
  toy_thing *thing = toy_at(engine, global);
  return !thing ? HOSTS_NOTHING : thing->is_proxy ? HOSTS_PROXY : HOSTS_OBJECT;
}
void toy_set(void *engine, unsigned object, unsigned field, unsigned from) {
  object_at(engine, object)->fields[field] = toy_at(engine, from);
}
static void toy_get(void *engine, unsigned to, unsigned object, unsigned field) {
  toy_put(engine, to, object_at(engine, object)->fields[field]);
}
void toy_copy(void *engine, unsigned to, unsigned from) { toy_put(engine, to, toy_at(engine, from)); }
void toy_drop(void *engine, unsigned global) { toy_put(engine, global, NULL); }
static bool toy_same(void *engine, unsigned one, unsigned other) {
  return toy_at(engine, one) == toy_at(engine, other);
}

int toy_give(void *engine, unsigned global, xlgc_id *id) {
  toy *toy = engine;
  toy_thing *thing = toy_at(engine, global);
  *id = thing ? thing->id : XLGC_ID_NONE;
  if (!thing || thing->is_proxy) return 0;
  if (xlgc_host_exported(toy->host, thing, id) == 0) return 0;
  bool was_pinned = thing->pinned;
  thing->pinned = true;
  toy->pins += !was_pinned;
  int result = xlgc_host_export(toy->host, thing, id);
  if (result < 0) {
    toy->pins -= !was_pinned;
    thing->pinned = was_pinned;
    return result;
  }
  MUST(result == was_pinned);
  thing->id = *id;
  return 0;
}

int toy_take(void *engine, unsigned global, xlgc_id id) {
  toy *toy = engine;
  void *handle;
  int result = xlgc_host_receive(toy->host, id, &handle);
  if (result == XLGC_HOST_FOUND && toy_good(handle)->condemned) result = xlgc_host_proxy_dying(toy->host, id, handle);
  if (result < 0) return result;
  if (result != XLGC_HOST_NEW) {
    MUST(toy_good(handle)->is_proxy == (result == XLGC_HOST_FOUND));
    toy_put(engine, global, handle);
    return 0;
  }
  toy_thing *proxy = new_thing(engine);
  proxy->is_proxy = true;
  proxy->id = id;
  toy_put(engine, global, proxy);
  MUST(xlgc_host_proxy_made(toy->host, id, proxy) == 0);
  return 0;
}

static void toy_land(void *engine, unsigned global, void *handle) {
  MUST(toy_good(handle)->pinned);
  toy_put(engine, global, handle);
}

static void toy_suspend(void *engine, unsigned slot, unsigned global) {
  ((toy *)engine)->suspended[slot] = toy_at(engine, global);
}
static void toy_resume(void *engine, unsigned slot) { ((toy *)engine)->suspended[slot] = NULL; }
static void toy_finalizer(void *engine, unsigned global, unsigned field, unsigned to) {
  toy_thing *object = object_at(engine, global);
  object->has_finalizer = true;
  object->finalizer_field = field;
  object->finalizer_to = to;
}
static uint64_t toy_objects(void *engine) { return ((toy *)engine)->objects; }
static uint64_t toy_pins(void *engine) { return ((toy *)engine)->pins; }
static uint64_t toy_unpins(void *engine) { return ((toy *)engine)->unpins; }

#define TOY(name_, open_)                                                                                            \
  {                                                                                                                  \
    .name = name_, .open = open_, .close = toy_close, .host = toy_host, .make = toy_make, .number = toy_number,      \
    .holds = toy_holds, .set = toy_set, .get = toy_get, .copy = toy_copy, .drop = toy_drop, .same = toy_same,        \
    .give = toy_give, .take = toy_take, .land = toy_land, .collect = toy_collect, .suspend = toy_suspend,            \
    .resume = toy_resume, .finalizer = toy_finalizer, .objects = toy_objects, .pins = toy_pins, .unpins = toy_unpins \
  }

const hosts_engine toy_plain = TOY("plain", open_plain), toy_reusing = TOY("reusing", open_reusing),
                   toy_late = TOY("late", open_late), toy_imaged = TOY("imaged", open_imaged);

void toy_pass(toy *from, unsigned global, toy *to, unsigned to_global) {
  xlgc_id id;
  MUST(toy_give(from, global, &id) == 0);
  MUST(toy_take(to, to_global, id) == 0);
}

void toy_make_in(toy *from, toy *to, unsigned global, unsigned number) {
  toy_make(from, HOSTS_SCRATCH - 1, number);
  toy_pass(from, HOSTS_SCRATCH - 1, to, global);
  toy_drop(from, HOSTS_SCRATCH - 1);
}

void toy_collect_all(toy *at) {
  toy_collect(at);
  MUST(xlgc_host_dispatch(at->host, SIZE_MAX) >= 0);
}

void toy_behave(void *engine, unsigned global, const xlgc_behaviour *behaviour, void *self, unsigned traits) {
  toy_thing *object = object_at(engine, global);
  object->behaviour = behaviour;
  object->self = self;
  object->traits = traits;
}

xlgc_value toy_value(void *engine, unsigned global) {
  xlgc_value value = {.type = XLGC_OBJECT, .traits = toy_at(engine, global)->traits};
  MUST(toy_give(engine, global, &value.as.id) == 0);
  return value;
}
