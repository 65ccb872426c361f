/* The conformance kit on toy engines, and what no binding can be made to do: memory that runs out, engines that move
 * at the wrong moment, finalizers on other threads, misuse.
 *
 * A toy engine is a heap with a mark-sweep collector of its own. Its sorts: one frees memory to the system; one uses
 * an address again at once; one runs finalizers late, so that it has proxies that are condemned and not gone; and all
 * collect in the middle of allocations. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "hosts_conformance.h"
#include "lib/hosts/host.h"
#include "support/threads.h"
#include "support/trial.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size_bytes) ((void)(memory), (void)(size_bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size_bytes) ((void)(memory), (void)(size_bytes))
#endif

/* ------------------------------------------------------------ a toy engine */

/* ck_assert tells its parent process each time; this only when it fails. */
#define MUST(condition)                               \
  do {                                                \
    if (!(condition)) ck_abort_msg("%s", #condition); \
  } while (0)

enum { REUSES = 1, LATE = 2, OFTEN = 4, UNREPORTED = 8 };
#define ALIVE 0x600D600Du
#define FREED 0xDEADBEEFu

typedef struct thing thing;
struct thing {
  unsigned mark; /* ALIVE */
  bool is_proxy, pinned, condemned, marked;
  bool has_finalizer;
  unsigned finalizer_field, finalizer_to;
  unsigned number;
  uint64_t seen; /* the walk that saw it last */
  xlgc_id id;    /* a proxy's object; an export's */
  thing *fields[HOSTS_FIELDS];
  thing *next, *next_to_mark, *next_condemned;
};

typedef struct toy {
  unsigned flags;
  xlgc_host *host;
  thing *all, *free, *condemned; /* proxies that are to be finalized, and objects that are */
  thing *globals[HOSTS_GLOBALS], *suspended[HOSTS_SUSPENDED], *hand;
  uint64_t walk, allocated, objects, pins, unpins, entered;
  uint64_t black;
  bool collects;
  int fails;
  void (*in_summary)(struct toy *);
} toy;

static thing *good(thing *thing) {
  if (thing) MUST(thing->mark == ALIVE);
  return thing;
}

static void free_thing(toy *toy, thing *thing) {
  good(thing);
  MUST(!thing->pinned);
  toy->objects -= !thing->is_proxy;
  thing->mark = FREED;
  if (toy->flags & REUSES) {
    thing->next = toy->free;
    toy->free = thing;
    ASAN_POISON_MEMORY_REGION(thing, sizeof *thing);
  } else {
    free(thing);
  }
}

/* ---- its collector */

static void push(thing **stack, thing *thing) {
  if (!good(thing) || thing->marked) return;
  thing->marked = true;
  thing->next_to_mark = *stack;
  *stack = thing;
}

static void mark_all(thing *stack) {
  while (stack) {
    thing *first = stack;
    stack = first->next_to_mark;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      push(&stack, first->fields[i]);
  }
}

static void finalize(toy *toy, thing *thing) {
  if (thing->is_proxy) {
    (void)xlgc_host_proxy_gone(toy->host, thing->id, thing);
    free_thing(toy, thing);
    return;
  }
  /* From now on it is an object like any other. */
  thing->condemned = false;
  toy->globals[thing->finalizer_to] = good(thing->fields[thing->finalizer_field]);
}

static void finalize_all(toy *toy) {
  thing *first = toy->condemned, *next;
  toy->condemned = NULL;
  for (; first; first = next) {
    next = first->next_condemned;
    finalize(toy, first);
  }
}

static void condemn(toy *toy, thing *thing) {
  thing->condemned = true;
  thing->next_condemned = toy->condemned;
  toy->condemned = thing;
}

static void collect(toy *toy) {
  if (toy->collects) return;
  toy->collects = true;
  if (toy->flags & LATE) finalize_all(toy);
  thing *stack = NULL;
  for (unsigned i = 0; i < HOSTS_GLOBALS; i++)
    push(&stack, toy->globals[i]);
  for (unsigned i = 0; i < HOSTS_SUSPENDED; i++)
    push(&stack, toy->suspended[i]);
  push(&stack, toy->hand);
  for (thing *thing = toy->all; thing; thing = thing->next)
    if (thing->pinned) push(&stack, thing);
  mark_all(stack);
  for (thing *thing = toy->all; thing; thing = thing->next) {
    if (thing->marked || !thing->has_finalizer) continue;
    thing->has_finalizer = false;
    condemn(toy, thing);
  }
  stack = NULL;
  for (thing *thing = toy->condemned; thing; thing = thing->next_condemned)
    push(&stack, thing);
  mark_all(stack);
  for (thing **at = &toy->all, *thing; (thing = *at) != NULL;) {
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
  if (!(toy->flags & LATE)) finalize_all(toy);
  toy->collects = false;
}

static thing *new_thing(toy *toy) {
  if (toy->flags & OFTEN && ++toy->allocated % 5 == 0) collect(toy);
  thing *thing = toy->free;
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
  thing *stack;
} walk;

/* That memory ran out is kept by the summary. */
static void note(int result) { MUST(result == 0 || result == XLGC_E_NOMEM); }

static void see(walk *walk, thing *thing) {
  toy *toy = walk->toy;
  if (!good(thing) || thing->seen == toy->black || thing->seen == toy->walk) return;
  thing->seen = toy->walk;
  bool known = thing->id != XLGC_ID_NONE;
  if (walk->source == XLGC_ID_NONE) {
    if (known) note(xlgc_summary_root(walk->summary, thing->id));
  } else if (known && thing->id != walk->source) {
    note(xlgc_summary_edge(walk->summary, walk->source, thing->id));
    return;
  }
  thing->next_to_mark = walk->stack;
  walk->stack = thing;
}

static void run(walk *walk) {
  while (walk->stack) {
    thing *first = walk->stack;
    walk->stack = first->next_to_mark;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      see(walk, first->fields[i]);
  }
}

static int see_export(void *data, xlgc_id id, void *handle) {
  walk *walk = data;
  thing *export = good(handle);
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
  walk walk = {toy, summary, XLGC_ID_NONE, NULL};
  toy->black = ++toy->walk;
  for (unsigned i = 0; i < HOSTS_GLOBALS; i++)
    see(&walk, toy->globals[i]);
  for (unsigned i = 0; i < HOSTS_SUSPENDED; i++)
    see(&walk, toy->suspended[i]);
  see(&walk, toy->hand);
  for (thing *thing = toy->condemned; thing; thing = thing->next_condemned)
    if (!thing->is_proxy) see(&walk, thing);
  run(&walk);
  if (toy->flags & OFTEN) collect(toy); /* in the middle */
  int answer = xlgc_summary_each_export(summary, see_export, &walk);
  if (toy->in_summary) toy->in_summary(toy);
  return answer;
}

static void toy_unpin(void *engine, void *handle) {
  toy *toy = engine;
  thing *export = good(handle);
  MUST(toy->entered != 0);
  MUST(export->pinned);
  export->pinned = false;
  export->id = XLGC_ID_NONE;
  toy->pins--;
  toy->unpins++;
  if (toy->flags & OFTEN) collect(toy);
}

static int toy_collect(void *engine) {
  collect(engine);
  return 0;
}
static int toy_enter(void *engine) {
  ((toy *)engine)->entered++;
  return 0;
}
static void toy_leave(void *engine) { ((toy *)engine)->entered--; }

static const xlgc_host_adapter adapter = {.name = "toy",
                                          .summarise = toy_summarise,
                                          .unpin = toy_unpin,
                                          .collect = toy_collect,
                                          .enter = toy_enter,
                                          .leave = toy_leave};
static const xlgc_host_adapter silent = {.name = "silent toy",
                                         .flags = XLGC_HOST_SILENT,
                                         .summarise = toy_summarise,
                                         .unpin = toy_unpin,
                                         .collect = toy_collect,
                                         .enter = toy_enter,
                                         .leave = toy_leave};

/* ---- what the kit wants of it */

static void *toy_open(xlgc_pool *pool, unsigned flags) {
  toy *made = calloc(1, sizeof *made);
  MUST(made);
  made->flags = flags;
  MUST(xlgc_host_open(pool, flags & UNREPORTED ? &silent : &adapter, made, &made->host) == 0);
  return made;
}
static void *open_plain(xlgc_pool *pool) { return toy_open(pool, 0); }
static void *open_reusing(xlgc_pool *pool) { return toy_open(pool, REUSES | OFTEN); }
static void *open_late(xlgc_pool *pool) { return toy_open(pool, LATE | OFTEN); }

static void toy_close(void *engine) {
  toy *toy = engine;
  MUST(xlgc_host_close(toy->host) == 0);
  toy->host = NULL;
  MUST(toy->pins == 0);
  memset(toy->globals, 0, sizeof toy->globals);
  memset(toy->suspended, 0, sizeof toy->suspended);
  for (unsigned i = 0; i < 5; i++) {
    collect(toy);
    memset(toy->globals, 0, sizeof toy->globals);
  }
  MUST(!toy->all);
  MUST(toy->objects == 0);
  for (thing *thing; (thing = toy->free) != NULL;) {
    ASAN_UNPOISON_MEMORY_REGION(thing, sizeof *thing);
    toy->free = thing->next;
    free(thing);
  }
  free(toy);
}

static xlgc_host *toy_host(void *engine) { return ((toy *)engine)->host; }
static thing *at(void *engine, unsigned global) {
  toy *toy = engine;
  MUST(global < HOSTS_GLOBALS);
  return good(toy->globals[global]);
}
static thing *object_at(void *engine, unsigned global) {
  thing *object = at(engine, global);
  MUST(object && !object->is_proxy);
  return object;
}
static void put(void *engine, unsigned global, thing *thing) { ((toy *)engine)->globals[global] = good(thing); }

static void toy_make(void *engine, unsigned global, unsigned number) {
  thing *made = new_thing(engine);
  made->number = number;
  ((toy *)engine)->objects++;
  put(engine, global, made);
}
static unsigned toy_number(void *engine, unsigned global) { return object_at(engine, global)->number; }
static int toy_holds(void *engine, unsigned global) {
  thing *thing = at(engine, global);
  return !thing ? HOSTS_NOTHING : thing->is_proxy ? HOSTS_PROXY : HOSTS_OBJECT;
}
static void toy_set(void *engine, unsigned object, unsigned field, unsigned from) {
  object_at(engine, object)->fields[field] = at(engine, from);
}
static void toy_get(void *engine, unsigned to, unsigned object, unsigned field) {
  put(engine, to, object_at(engine, object)->fields[field]);
}
static void toy_copy(void *engine, unsigned to, unsigned from) { put(engine, to, at(engine, from)); }
static void toy_drop(void *engine, unsigned global) { put(engine, global, NULL); }
static bool toy_same(void *engine, unsigned one, unsigned other) { return at(engine, one) == at(engine, other); }

static int toy_give(void *engine, unsigned global, xlgc_id *id) {
  toy *toy = engine;
  thing *thing = at(engine, global);
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

static int toy_take(void *engine, unsigned global, xlgc_id id) {
  toy *toy = engine;
  void *handle;
  int result = xlgc_host_receive(toy->host, id, &handle);
  if (result == XLGC_HOST_FOUND && good(handle)->condemned) result = xlgc_host_proxy_dying(toy->host, id, handle);
  if (result < 0) return result;
  if (result != XLGC_HOST_NEW) {
    MUST(good(handle)->is_proxy == (result == XLGC_HOST_FOUND));
    put(engine, global, handle);
    return 0;
  }
  thing *proxy = new_thing(engine);
  proxy->is_proxy = true;
  proxy->id = id;
  put(engine, global, proxy);
  MUST(xlgc_host_proxy_made(toy->host, id, proxy) == 0);
  return 0;
}

static void toy_land(void *engine, unsigned global, void *handle) {
  MUST(good(handle)->pinned);
  put(engine, global, handle);
}

static void toy_suspend(void *engine, unsigned slot, unsigned global) {
  ((toy *)engine)->suspended[slot] = at(engine, global);
}
static void toy_resume(void *engine, unsigned slot) { ((toy *)engine)->suspended[slot] = NULL; }
static void toy_finalizer(void *engine, unsigned global, unsigned field, unsigned to) {
  thing *object = object_at(engine, global);
  object->has_finalizer = true;
  object->finalizer_field = field;
  object->finalizer_to = to;
}
static void toy_collect_here(void *engine) { collect(engine); }
static uint64_t toy_objects(void *engine) { return ((toy *)engine)->objects; }
static uint64_t toy_pins(void *engine) { return ((toy *)engine)->pins; }
static uint64_t toy_unpins(void *engine) { return ((toy *)engine)->unpins; }

#define TOY(name_, open_)                                                                                            \
  {                                                                                                                  \
    .name = name_, .open = open_, .close = toy_close, .host = toy_host, .make = toy_make, .number = toy_number,      \
    .holds = toy_holds, .set = toy_set, .get = toy_get, .copy = toy_copy, .drop = toy_drop, .same = toy_same,        \
    .give = toy_give, .take = toy_take, .land = toy_land, .collect = toy_collect_here, .suspend = toy_suspend,       \
    .resume = toy_resume, .finalizer = toy_finalizer, .objects = toy_objects, .pins = toy_pins, .unpins = toy_unpins \
  }

static const hosts_engine toys[] = {TOY("plain", open_plain), TOY("reusing", open_reusing), TOY("late", open_late)};

/* --------------------------------------------------------- tests of its own */

static xlgc_pool *pool;
static uint64_t errors;

static void count_error(void *data, const xlgc_error *error) {
  (void)data;
  (void)error;
  errors++;
}

static void open_pool(void) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = count_error;
  ok(xlgc_pool_create(&config, &pool));
}
static void close_pool(void) {
  ok(xlgc_flush(pool));
  ck_assert_uint_eq(errors, 0);
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}

/* An object in `from`, and a proxy of it in a global of `to`. */
static xlgc_id pass_new(toy *from, toy *to, unsigned global, unsigned number) {
  xlgc_id id;
  toy_make(from, 0, number);
  ok(toy_give(from, 0, &id));
  toy_drop(from, 0);
  ok(toy_take(to, global, id));
  return id;
}

/* Is what the global holds there, and the right one? */
static int use(toy *from, unsigned global, unsigned number) {
  xlgc_host *owner;
  void *handle;
  int failed = xlgc_host_enter(from->host, at(from, global)->id, &owner, &handle);
  if (failed) return failed;
  ck_assert_uint_eq(good(handle)->number, number);
  return xlgc_host_leave(owner);
}

START_TEST(misuse_is_answered) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_host *host;
  xlgc_host_adapter half = adapter;
  half.leave = NULL;
  ck_assert_int_eq(xlgc_host_open(pool, &half, a, &host), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_open(NULL, &adapter, a, &host), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_open(pool, NULL, a, &host), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_open(pool, &adapter, a, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_close(NULL), 0);
  xlgc_id id = pass_new(a, b, 1, 5), other;
  void *handle, *proxy = at(b, 1);
  ck_assert_int_eq(xlgc_host_export(a->host, NULL, &other), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_export(NULL, proxy, &other), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_exported(a->host, proxy, &other), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_host_receive(a->host, XLGC_ID_NONE, &handle), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_receive(b->host, id ^ (UINT64_C(1) << 32), &handle), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_host_receive(b->host, id ^ (UINT64_C(1) << 56), &handle), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_host_proxy_made(b->host, id, proxy), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_proxy_failed(b->host, id), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_proxy_dying(b->host, id, a), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_proxy_gone(b->host, id + 1, proxy), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_host_proxy_gone(NULL, id, proxy), 0);
  ck_assert_int_eq(xlgc_host_leave(a->host), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_enter(b->host, xlgc_host_root(a->host), &host, &handle), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_summary_root(NULL, id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_collect(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_is_alive(pool, XLGC_ID_NONE), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_is_alive(pool, id), 1);
  /* Inside, it cannot end. */
  ok(xlgc_host_enter(b->host, id, &host, &handle));
  ck_assert_ptr_eq(host, a->host);
  ck_assert_int_eq(xlgc_host_close(host), XLGC_E_BUSY);
  ok(xlgc_host_leave(host));
  /* What a summary says of strangers fails it. */
  a->fails = XLGC_E_NOMEM;
  ck_assert_int_eq(xlgc_host_summarise(a->host), XLGC_E_NOMEM);
  ck_assert_int_eq(xlgc_hosts_collect(pool), XLGC_E_NOMEM);
  a->fails = 0;
  ck_assert_int_eq(use(b, 1, 5), 0);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

static int no_summary(void *engine, xlgc_summary *summary) {
  (void)engine;
  (void)summary;
  return 0;
}
static const xlgc_host_adapter no_adapter = {.name = "none", .summarise = no_summary, .unpin = toy_unpin};

static xlgc_id bad_id;
static int bad_kind;
static int bad_summarise(void *engine, xlgc_summary *summary) {
  (void)engine;
  if (bad_kind == 0) ck_assert_int_eq(xlgc_summary_root(summary, bad_id), XLGC_E_UNKNOWN);
  if (bad_kind == 1) ck_assert_int_eq(xlgc_summary_edge(summary, bad_id, bad_id), XLGC_E_INVAL);
  if (bad_kind == 2) ck_assert_int_eq(xlgc_host_summarise(*(xlgc_host **)engine), XLGC_E_BUSY);
  if (bad_kind == 3) ck_assert_int_eq(xlgc_host_close(*(xlgc_host **)engine), XLGC_E_BUSY);
  return 0;
}
static const xlgc_host_adapter bad_adapter = {.name = "bad", .summarise = bad_summarise, .unpin = toy_unpin};

START_TEST(summaries_of_strangers_fail) {
  static const int expected[] = {XLGC_E_UNKNOWN, XLGC_E_INVAL, 0, 0};
  open_pool();
  toy *a = toy_open(pool, 0);
  toy_make(a, 0, 1);
  ok(toy_give(a, 0, &bad_id));
  xlgc_host *host;
  ok(xlgc_host_open(pool, &bad_adapter, &host, &host));
  for (bad_kind = 0; bad_kind < 4; bad_kind++)
    ck_assert_int_eq(xlgc_host_summarise(host), expected[bad_kind]);
  ok(xlgc_host_close(host));
  toy_close(a);
  close_pool();
}
END_TEST

/* ---- other objects of the pool */

static unsigned told;
static void tell(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  told++;
}

START_TEST(other_objects_of_the_pool) {
  static const xlgc_kind kind = {.name = "C++", .release = tell};
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, OFTEN | LATE);
  xlgc_context *context;
  xlgc_id object, id;
  ok(xlgc_context_create(pool, "C++", &context));
  ok(xlgc_register(context, &told, &kind, &object));
  /* A ring: a's object -> the C++ object -> b's object -> a's. */
  toy_make(a, 0, 1);
  ok(toy_take(a, 1, object));
  toy_set(a, 0, 0, 1);
  toy_drop(a, 1);
  toy_make(b, 0, 2);
  ok(toy_give(b, 0, &id));
  ok(xlgc_link(context, object, id));
  ok(toy_give(a, 0, &id));
  ok(toy_take(b, 1, id));
  toy_set(b, 0, 0, 1);
  toy_drop(b, 1), toy_drop(b, 0);
  xlgc_host *owner = a->host;
  void *handle;
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(told, 0);
  ok(xlgc_host_enter(a->host, object, &owner, &handle));
  ck_assert_ptr_null(owner);
  ck_assert_int_eq(xlgc_host_is_alive(pool, object), 1);
  toy_drop(a, 0);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 2);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(told, 1);
  ck_assert_uint_eq(a->objects + b->objects, 0);
  ck_assert_int_eq(xlgc_host_is_alive(pool, object), 0);
  /* A finalizer finds a proxy that no code could find: in time, and too late. */
  ok(xlgc_register(context, &told, &kind, &object));
  ok(toy_take(a, 1, object));
  thing *proxy = at(a, 1);
  for (unsigned late = 0; late < 2; late++) {
    toy_drop(a, 1);
    ok(xlgc_host_summarise(a->host));
    if (late) ok(xlgc_flush(pool));
    put(a, 1, proxy);
    ck_assert_int_eq(xlgc_host_enter(a->host, object, &owner, &handle), late ? XLGC_E_STALE : 0);
    ok(xlgc_flush(pool));
    ck_assert_uint_eq(told, 1 + late);
  }
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* An export that a C++ object goes on holding when its host is closed is known for one as long as there are hosts. */
START_TEST(exports_outlive_their_host) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_context *context;
  xlgc_id holder, id;
  void *handle;
  ok(xlgc_context_create(pool, "C++", &context));
  ok(xlgc_register(context, NULL, NULL, &holder));
  toy_make(a, 0, 1);
  ok(toy_give(a, 0, &id));
  ok(xlgc_link(context, holder, id));
  toy_close(a);
  ck_assert_int_eq(xlgc_host_receive(b->host, id, &handle), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_host_is_alive(pool, id), 0);
  if (_i) ok(xlgc_unlink(context, holder, id));
  ok(xlgc_flush(pool));
  ck_assert_int_eq(xlgc_host_receive(b->host, id, &handle), XLGC_E_STALE);
  toy_close(b);
  if (!_i) ok(xlgc_unlink(context, holder, id));
  close_pool();
}
END_TEST

/* An engine gets hold of an object whose export is condemned, and exports it again: it keeps its one pin. */
START_TEST(condemned_export_is_exported_again) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_id id = pass_new(a, b, 1, 5), again;
  thing *object = a->all;
  ok(xlgc_host_summarise(a->host));
  toy_drop(b, 1);
  collect(b);
  ok(xlgc_host_summarise(b->host));
  ok(xlgc_flush(pool)); /* a has not heard of it */
  ck_assert_uint_eq(a->pins, 1);
  ck_assert_int_eq(xlgc_host_is_alive(pool, id), 0);
  ck_assert_int_eq(toy_take(b, 1, id), XLGC_E_STALE);
  put(a, 2, object); /* by a weak reference of the engine's, say */
  ok(toy_give(a, 2, &again));
  ck_assert_uint_ne(again, id);
  ok(toy_take(b, 1, again));
  ck_assert_int_eq(xlgc_host_dispatch(a->host, 10), 1);
  ck_assert_uint_eq(a->unpins, 0);
  ck_assert_uint_eq(a->pins, 1);
  toy_drop(a, 2);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_int_eq(use(b, 1, 5), 0);
  toy_drop(b, 1);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
  ck_assert_uint_eq(a->unpins, 1);
  ck_assert_uint_eq(a->objects, 0);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* A proxy that no code could find, and that a finalizer has found, of an object that is condemned and not yet
 * unpinned. */
START_TEST(condemned_export_is_not_entered) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_id id = pass_new(a, b, 1, 5);
  thing *proxy = at(b, 1);
  ok(xlgc_host_summarise(a->host));
  toy_drop(b, 1);
  ok(xlgc_host_summarise(b->host));
  if (_i) { /* in time */
    put(b, 1, proxy);
    ck_assert_int_eq(use(b, 1, 5), 0);
  }
  ok(xlgc_flush(pool));
  put(b, 1, proxy);
  ck_assert_int_eq(use(b, 1, 5), _i ? 0 : XLGC_E_STALE);
  ck_assert_int_eq(toy_take(b, 2, id), _i ? 0 : XLGC_E_STALE);
  /* Summaries pass it over. */
  ok(xlgc_host_summarise(b->host));
  ok(xlgc_flush(pool));
  ck_assert_int_eq(xlgc_host_dispatch(a->host, 10), !_i);
  ck_assert_int_eq(use(b, 1, 5), _i ? 0 : XLGC_E_STALE);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* ---- the gate */

static toy *gate[2];
static int gate_moves, gate_reported;

/* While the second engine is being summarised, the holder moves to the first, which has been. */
static void move_in_summary(toy *toy) {
  (void)toy;
  if (gate_moves <= 0) return;
  gate_moves--;
  struct toy *from = gate[1], *to = gate[0];
  unsigned holder = at(from, 1) ? 1 : 0;
  if (!holder) {
    from = gate[0], to = gate[1];
    if (!at(from, 1)) return;
  }
  if (gate_reported)
    ok(toy_take(to, 1, at(from, 1)->id));
  else
    ok(xlgc_host_moved(to->host));
  if (gate_reported) toy_drop(from, 1);
}

START_TEST(collections_are_redone_when_something_moved) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0), *c = toy_open(pool, 0);
  gate[0] = a, gate[1] = b;
  pass_new(c, b, 1, 7);
  b->in_summary = move_in_summary;
  gate_reported = 1;
  for (gate_moves = 1; gate_moves <= 4; gate_moves++) {
    int moves = gate_moves;
    xlgc_host_statistics before, after;
    ok(xlgc_host_stats(c->host, &before));
    ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
    ok(xlgc_host_stats(c->host, &after));
    ck_assert_uint_eq(after.summaries - before.summaries, (unsigned)moves + 1);
    gate_moves = moves;
    ck_assert_int_eq(use(at(a, 1) ? a : b, 1, 7), 0);
  }
  /* All the time. */
  gate_moves = 1000;
  ck_assert_int_eq(xlgc_hosts_collect(pool), XLGC_E_BUSY);
  gate_moves = 0;
  ck_assert_int_eq(use(at(a, 1) ? a : b, 1, 7), 0);
  toy_drop(a, 1), toy_drop(b, 1);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
  toy_close(a), toy_close(b), toy_close(c);
  close_pool();
}
END_TEST

/* What enters after the walk has passed by, and before the summary is installed. */
static xlgc_id late_id;
static void enter_in_summary(toy *toy) {
  if (!late_id) return;
  ok(toy_take(toy, 1, late_id));
  late_id = XLGC_ID_NONE;
}

START_TEST(what_enters_during_a_summary_is_kept) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0), *c = toy_open(pool, 0);
  for (unsigned again = 0; again < 2; again++) {
    late_id = pass_new(c, b, 1, 7);
    if (again) { /* it has been in hand before */
      ok(toy_take(a, 1, late_id));
      toy_drop(a, 1);
    }
    a->in_summary = enter_in_summary;
    ok(xlgc_host_summarise(a->host));
    a->in_summary = NULL;
    toy_drop(b, 1);
    collect(b);
    ok(xlgc_host_summarise(b->host));
    ok(xlgc_host_summarise(c->host));
    ok(xlgc_flush(pool));
    ck_assert_int_eq(xlgc_host_dispatch(c->host, 10), 0);
    ck_assert_int_eq(use(a, 1, 7), 0);
    toy_drop(a, 1);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
  }
  toy_close(a), toy_close(b), toy_close(c);
  close_pool();
}
END_TEST

/* Code of a silent engine takes things from what only exports reach, and nobody is told. */
START_TEST(silent_engines) {
  open_pool();
  toy *a = toy_open(pool, UNREPORTED), *b = toy_open(pool, 0), *c = toy_open(pool, 0);
  ck_assert_int_eq(xlgc_host_summarise(a->host), XLGC_E_STATE);
  for (unsigned i = 0; i < 20; i++) {
    /* b holds a's object, which holds c's. */
    xlgc_id id;
    toy_make(c, 0, 3);
    ok(toy_give(c, 0, &id));
    toy_drop(c, 0);
    toy_make(a, 0, 1);
    ok(toy_take(a, 1, id));
    toy_set(a, 0, 0, 1);
    ok(toy_give(a, 0, &id));
    ok(toy_take(b, 0, id));
    thing *object = at(a, 0);
    toy_drop(a, 0), toy_drop(a, 1);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
    /* A timer of a's. */
    put(a, 5, object->fields[0]);
    toy_drop(b, 0);
    collect(b);
    ok(xlgc_host_summarise(b->host));
    ok(xlgc_host_summarise(c->host));
    ok(xlgc_flush(pool));
    ck_assert_int_eq(xlgc_host_dispatch(a->host, 10), 0);
    ck_assert_int_eq(xlgc_host_dispatch(c->host, 10), 0);
    collect(a);
    ck_assert_int_eq(use(a, 5, 3), 0);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
    ck_assert_int_eq(use(a, 5, 3), 0);
    toy_drop(a, 5);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
    ck_assert_uint_eq(a->objects + c->objects, 0);
  }
  toy_close(a), toy_close(b), toy_close(c);
  close_pool();
}
END_TEST

/* Without summaries what no ring holds goes, and rings stay until there are summaries again. */
START_TEST(plain_hosts) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  ck_assert_int_eq(xlgc_hosts_plain(NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_plain(pool, 2), XLGC_E_INVAL);
  ok(xlgc_hosts_plain(pool, 1));
  for (unsigned ring = 0; ring < 2; ring++) {
    xlgc_id id;
    toy_make(a, 0, 1);
    toy_make(b, 0, 2);
    ok(toy_give(a, 0, &id));
    ok(toy_take(b, 1, id));
    toy_set(b, 0, 0, 1);
    if (ring) {
      ok(toy_give(b, 0, &id));
      ok(toy_take(a, 1, id));
      toy_set(a, 0, 0, 1);
    }
    toy_drop(a, 0), toy_drop(a, 1), toy_drop(b, 0), toy_drop(b, 1);
    for (unsigned tries = 0; tries < 3; tries++)
      ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
    ck_assert_uint_eq(a->objects + b->objects, ring ? 2 : 0);
  }
  ok(xlgc_hosts_plain(pool, 0));
  ck_assert_int_eq(xlgc_hosts_collect(pool), 2);
  ck_assert_uint_eq(a->objects + b->objects, 0);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* Several proxies of an object, of which one is given out: condemned ones, whose finalizers come in any order. */
START_TEST(proxies_overlap) {
  static char proxies[4];
  open_pool();
  toy *a = toy_open(pool, 0);
  xlgc_host *host;
  xlgc_host_statistics statistics;
  xlgc_id id;
  void *handle;
  toy_make(a, 0, 1);
  ok(toy_give(a, 0, &id));
  ok(xlgc_host_open(pool, &no_adapter, NULL, &host));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_NEW);
  ck_assert_ptr_null(handle);
  ok(xlgc_host_proxy_failed(host, id));
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_eq(statistics.proxies, 0);
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_made(host, id, &proxies[1]));
  ck_assert_int_eq(xlgc_host_proxy_dying(host, id, &proxies[1]), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_made(host, id, &proxies[2]));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_FOUND);
  ck_assert_ptr_eq(handle, &proxies[2]);
  ok(xlgc_host_proxy_gone(host, id, &proxies[2]));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_made(host, id, &proxies[3]));
  ok(xlgc_host_proxy_gone(host, id, &proxies[1]));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_FOUND);
  ck_assert_ptr_eq(handle, &proxies[3]);
  ok(xlgc_host_proxy_gone(host, id, &proxies[3]));
  ck_assert_int_eq(xlgc_host_proxy_gone(host, id, &proxies[3]), XLGC_E_UNKNOWN);
  ok(xlgc_host_dispatch(host, 0));
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_eq(statistics.proxies, 0);
  ck_assert_uint_eq(statistics.links, 0);
  ok(xlgc_host_close(host));
  toy_close(a);
  close_pool();
}
END_TEST

/* Logging an event may run the program's callbacks, which may call the very host that logs it. */
enum { NESTED = 3000 };
static struct {
  xlgc_host *host;
  xlgc_id ids[NESTED], again;
  unsigned told, failed;
} nested;

static void tell_nested(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)data;
  unsigned number = (unsigned)((xlgc_id *)object - nested.ids);
  void *handle;
  nested.told++;
  /* Others are gone, this one's proxy too; something else comes in. */
  (void)xlgc_host_proxy_gone(nested.host, nested.ids[number], object);
  unsigned other = number * 7 % NESTED;
  (void)xlgc_host_proxy_gone(nested.host, nested.ids[other], &nested.ids[other]);
  (void)xlgc_host_proxy_gone(nested.host, nested.ids[(other + 1) % NESTED], &nested.ids[(other + 1) % NESTED]);
  nested.failed += xlgc_host_dispatch(nested.host, 0) < 0;
  int result = xlgc_host_receive(nested.host, nested.again, &handle);
  nested.failed += result < 0;
  if (result == XLGC_HOST_NEW) nested.failed += xlgc_host_proxy_made(nested.host, nested.again, &nested.again) != 0;
  if (number % 3 == 0) nested.failed += xlgc_host_proxy_gone(nested.host, nested.again, &nested.again) != 0;
}

START_TEST(callbacks_in_the_middle) {
  static const xlgc_kind kind = {.name = "C++", .flags = XLGC_KIND_UNINDEXED, .release = tell_nested};
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = count_error;
  config.queue_events = 1016;
  ok(xlgc_pool_create(&config, &pool));
  ok(xlgc_host_open(pool, &no_adapter, NULL, &nested.host));
  xlgc_context *context = xlgc_host_context(nested.host);
  ok(xlgc_register(context, NULL, NULL, &nested.again));
  ok(xlgc_pin(context, nested.again));
  for (unsigned i = 0; i < NESTED; i++) {
    void *handle;
    ok(xlgc_register(context, &nested.ids[i], &kind, &nested.ids[i]));
    ck_assert_int_eq(xlgc_host_receive(nested.host, nested.ids[i], &handle), XLGC_HOST_NEW);
    ok(xlgc_host_proxy_made(nested.host, nested.ids[i], &nested.ids[i]));
  }
  /* Its summary is empty: all links go, and help is given meanwhile. */
  ok(xlgc_host_summarise(nested.host));
  ck_assert_uint_gt(nested.told, 0);
  ok(xlgc_flush(pool));
  ck_assert_uint_eq(nested.told, NESTED);
  ck_assert_uint_eq(nested.failed, 0);
  xlgc_host_statistics statistics;
  ok(xlgc_host_summarise(nested.host));
  ok(xlgc_host_stats(nested.host, &statistics));
  ck_assert_uint_eq(statistics.links, 0);
  ok(xlgc_host_close(nested.host));
  close_pool();
}
END_TEST

/* ---- threads */

enum { GONE = 2000 };

typedef struct goner {
  xlgc_host *host;
  xlgc_id ids[GONE];
  stage stage;
  unsigned failed;
} goner;

static void finalize_elsewhere(void *data) {
  goner *goner = data;
  for (unsigned i = 0; i < GONE; i++) {
    if (i % 100 == 0) await(&goner->stage, (int)i / 100);
    goner->failed += xlgc_host_proxy_gone(goner->host, goner->ids[i], &goner->ids[i]) != 0;
    goner->failed += xlgc_host_is_alive(pool, goner->ids[i]) < 0;
  }
}

START_TEST(proxies_are_gone_on_another_thread) {
  static goner goner;
  open_pool();
  toy *a = toy_open(pool, 0);
  ok(xlgc_host_open(pool, &no_adapter, NULL, &goner.host));
  for (unsigned i = 0; i < GONE; i++) {
    void *handle;
    toy_make(a, 0, i);
    ok(toy_give(a, 0, &goner.ids[i]));
    ck_assert_int_eq(xlgc_host_receive(goner.host, goner.ids[i], &handle), XLGC_HOST_NEW);
    ok(xlgc_host_proxy_made(goner.host, goner.ids[i], &goner.ids[i]));
  }
  toy_drop(a, 0);
  ok(xlgc_host_summarise(a->host));
  ok(xlgc_worker_start(pool));
  job job;
  begin(&job, finalize_elsewhere, &goner);
  for (unsigned i = 0; i < GONE / 100; i++) {
    reach(&goner.stage, (int)i);
    ck_assert_int_ge(xlgc_host_dispatch(goner.host, 10), 0);
    ok(xlgc_host_summarise(a->host));
    ck_assert_int_ge(xlgc_host_dispatch(a->host, 100000), 0);
  }
  end(&job);
  ck_assert_uint_eq(goner.failed, 0);
  ok(xlgc_worker_stop(pool));
  ck_assert_int_ge(xlgc_host_dispatch(goner.host, 10), 0);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(a->objects, 0);
  ck_assert_uint_eq(a->unpins, GONE);
  ok(xlgc_host_close(goner.host));
  toy_close(a);
  close_pool();
}
END_TEST

/* Two engines on two threads, with a worker, each of which summarises itself when it likes; holders move between them.
 * */
enum { EXCHANGED = 3000 };
static struct {
  toy *toys[2];
  pthread_mutex_t lock; /* of the program's, for the slot: the pin is the slot's */
  xlgc_id slot;
  _Atomic unsigned lost;
} exchange = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void trade(void *data) {
  toy *toy = data;
  xlgc_context *context = xlgc_host_context(toy->host);
  uint64_t random = (uintptr_t)(toy == exchange.toys[1]) + 1;
  unsigned rounds = trial_work(EXCHANGED);
  for (unsigned i = 0; i < rounds; i++) {
    unsigned global = trial_random(&random, 8);
    pthread_mutex_lock(&exchange.lock);
    xlgc_id id = exchange.slot, given = XLGC_ID_NONE;
    int failed = id ? toy_take(toy, global, id) : 0;
    if (!id) toy_make(toy, global, i);
    if (!failed) failed = toy_give(toy, global, &given);
    if (!failed) failed = xlgc_pin(context, given);
    if (!failed && id) failed = xlgc_unpin(context, id);
    exchange.slot = given;
    if (trial_random(&random, 2)) { /* lets it go, or keeps it as well */
      toy_drop(toy, global);
      if (trial_random(&random, 3) == 0) {
        if (given) xlgc_unpin(context, given);
        exchange.slot = XLGC_ID_NONE;
      }
    }
    exchange.lost += failed != 0;
    pthread_mutex_unlock(&exchange.lock);
    if (trial_random(&random, 4) == 0) collect(toy);
    if (trial_random(&random, 8) == 0) exchange.lost += xlgc_host_summarise(toy->host) != 0;
    exchange.lost += xlgc_host_dispatch(toy->host, 100) < 0;
    for (unsigned j = 0; j < 8; j++) {
      thing *thing = at(toy, j);
      if (thing) exchange.lost += xlgc_host_is_alive(pool, thing->id) != 1 && thing->is_proxy;
    }
  }
}

START_TEST(engines_on_two_threads) {
  open_pool();
  job jobs[2];
  for (unsigned i = 0; i < 2; i++)
    exchange.toys[i] = toy_open(pool, i ? REUSES | OFTEN : LATE | OFTEN);
  ok(xlgc_worker_start(pool));
  for (unsigned i = 0; i < 2; i++)
    begin(&jobs[i], trade, exchange.toys[i]);
  for (unsigned i = 0; i < 2; i++)
    end(&jobs[i]);
  ok(xlgc_worker_stop(pool));
  ck_assert_uint_eq(exchange.lost, 0);
  if (exchange.slot) ok(xlgc_unpin(xlgc_host_context(exchange.toys[0]->host), exchange.slot));
  for (unsigned i = 0; i < 2; i++)
    memset(exchange.toys[i]->globals, 0, sizeof exchange.toys[i]->globals);
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  for (unsigned i = 0; i < 2; i++) {
    ck_assert_uint_eq(exchange.toys[i]->objects, 0);
    toy_close(exchange.toys[i]);
  }
  close_pool();
}
END_TEST

/* ---- memory */

static struct {
  uint64_t asked, fail_at;
  bool sticky;
} memory;

static void *scarce(size_t size_bytes) {
  uint64_t number = memory.asked++;
  bool fails = memory.sticky ? number >= memory.fail_at : number == memory.fail_at;
  return fails ? NULL : malloc(size_bytes);
}

/* A call that may lack memory: then it is made again, with memory. */
#define RETRY(call)                                           \
  do {                                                        \
    int result_ = (call);                                     \
    if (result_ == XLGC_E_NOMEM) {                            \
      memory.fail_at = UINT64_MAX;                            \
      result_ = (call);                                       \
    }                                                         \
    ck_assert_msg(result_ >= 0, "%s", xlgc_errname(result_)); \
  } while (0)

static uint64_t scarcity(uint64_t fail_at, bool sticky) {
  open_pool();
  memory.asked = 0;
  memory.fail_at = fail_at;
  memory.sticky = sticky;
  toy *engines[2];
  for (unsigned i = 0; i < 2; i++) {
    engines[i] = calloc(1, sizeof **engines);
    engines[i]->flags = i ? LATE : REUSES;
    RETRY(xlgc_host_open(pool, &adapter, engines[i], &engines[i]->host));
  }
  xlgc_id id;
  for (unsigned i = 0; i < 24; i++) {
    for (unsigned j = 0; j < 2; j++)
      toy_make(engines[j], 0, i + 1);
    for (unsigned j = 0; j < 2; j++) {
      RETRY(toy_give(engines[j], 0, &id));
      RETRY(toy_take(engines[!j], 1, id));
      toy_set(engines[!j], 0, 0, 1);
      if (i == 3) toy_copy(engines[!j], 2, 1);
    }
    if (i == 10) RETRY(xlgc_hosts_collect(pool));
  }
  for (unsigned j = 0; j < 2; j++)
    RETRY(xlgc_host_summarise(engines[j]->host));
  for (unsigned j = 0; j < 2; j++)
    toy_drop(engines[j], 0), toy_drop(engines[j], 1);
  RETRY(xlgc_hosts_collect(pool));
  RETRY(xlgc_hosts_collect(pool));
  ck_assert_uint_eq(engines[0]->objects + engines[1]->objects, 2);
  for (unsigned j = 0; j < 2; j++)
    RETRY(use(engines[j], 2, 4));
  if (fail_at % 2) {
    toy_drop(engines[0], 2), toy_drop(engines[1], 2);
    RETRY(xlgc_hosts_collect(pool));
    RETRY(xlgc_hosts_collect(pool));
    ck_assert_uint_eq(engines[0]->objects + engines[1]->objects, 0);
  }
  toy_close(engines[0]), toy_close(engines[1]);
  close_pool();
  return memory.asked;
}

START_TEST(every_allocation_fails) {
  xlgc__host_allocate = scarce;
  uint64_t asked = scarcity(UINT64_MAX, _i);
  ck_assert_uint_gt(asked, 100);
  unsigned stride = trial_work(10) < 10 ? 3 : 1;
  for (uint64_t at = 0; at < asked; at += stride)
    scarcity(at, _i);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_model");
  hosts_conformance(suite, toys, sizeof toys / sizeof *toys);
  TCase *cases = trial_case(suite, "toy engines");
  tcase_add_test(cases, misuse_is_answered);
  tcase_add_test(cases, summaries_of_strangers_fail);
  tcase_add_test(cases, other_objects_of_the_pool);
  tcase_add_loop_test(cases, exports_outlive_their_host, 0, 2);
  tcase_add_test(cases, condemned_export_is_exported_again);
  tcase_add_loop_test(cases, condemned_export_is_not_entered, 0, 2);
  tcase_add_test(cases, collections_are_redone_when_something_moved);
  tcase_add_test(cases, what_enters_during_a_summary_is_kept);
  tcase_add_test(cases, silent_engines);
  tcase_add_test(cases, plain_hosts);
  tcase_add_test(cases, proxies_overlap);
  tcase_add_test(cases, callbacks_in_the_middle);
  tcase_add_test(cases, proxies_are_gone_on_another_thread);
  tcase_add_test(cases, engines_on_two_threads);
  tcase_add_loop_test(cases, every_allocation_fails, 0, 2);
  return trial_run(suite);
}
