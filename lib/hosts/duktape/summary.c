/* Summaries. Duktape shows nobody its heap, so its own collector is asked, by trials: the engine's hold on the targets of
 * proxies and on some exports is taken away, a mark-and-sweep marks, and what it found unreachable is taken back. A trial
 * with a set of exports pinned says which proxies the engine's roots and this set reach; so:
 *   a trial with all pins     proxies that are not found are gone
 *   a trial without any       proxies that are not found are justified by exports alone
 *   halves, level by level    exports that reach some of those are split in two halves, and each is tried. Groups that
 *                             reach no proxy in common are tried together: exports with proxies of their own cost two
 *                             trials a level, whatever their number.
 * What an export reaches through other exports is reported as its own, and exports that the engine reaches itself are
 * not reported at all: such an export may be unpinned when nobody else holds it, and is exported anew when it goes out
 * again.
 *
 * How a trial is harmless. The targets of proxies have finalizers, so an unreachable one is only put on Duktape's list of
 * objects to be finalized. The trials run inside a finalizer of our own: Duktape runs no other one meanwhile. A target
 * on that list has one reference more than before, which duk_inspect_value shows; duk_push_heapptr takes it off again.
 * Nothing is freed, as all hangs from a keeper that is on the list itself.
 * Objects of the program that have finalizers get on the list as well, when only exports reach them, and nobody could
 * take them off: so before the trials without pins their finalizers are attempted while another thread of Duktape's
 * runs, where Duktape cannot call them. They fail without having begun, and Duktape takes them for run, until a
 * collection finds the objects reachable again: the last one here, with all pins in place. */
#include <config.h>

#include "engine.h"

#include <string.h>

/* Trials that are spent on being exact about proxies that several exports reach: fewer where each costs more. */
enum { TRIALS_EXACT = 64, TRIALS_SHARED = 1 << 19 };
/* So many proxies are never worth a look for those that are gone. */
enum { SWEEP_MIN = 1000 };

typedef struct group group;
typedef struct walk walk;

/* Exports that follow each other, and which of the proxies they reach. */
struct group {
  size_t first, count;
  size_t *reached, reached_count;
  group *next;
};

struct walk {
  xlgc__duktape_engine *engine;
  xlgc_summary *summary;
  xlgc__duktape_pin **exports;
  xlgc__duktape_proxy **proxies;
  size_t export_count, proxy_count;
  bool *is_found;    /* by the last trial */
  uint64_t *batches; /* the last one that a proxy was in */
  uint64_t batch;
  unsigned trials;
  duk_context *main;
  void *keeper;
  duk_idx_t base;
  bool wants_summary, ran;
  int failed;
};

/* ---------------------------------------------------------------- pins */

/* The slots are there: nothing is allocated, nothing is raised. */
static void put_pin(duk_context *ctx, const walk *walk, const xlgc__duktape_pin *pin, bool pinned) {
  duk_push_heapptr(ctx, walk->engine->pins);
  duk_push_heapptr(ctx, pinned ? pin->object : NULL);
  duk_put_prop_index(ctx, -2, pin->slot);
  duk_pop(ctx);
}

static void put_all_pins(duk_context *ctx, const walk *walk, bool pinned) {
  for (const xlgc__duktape_pin *pin = walk->engine->exports; pin; pin = pin->hh.next)
    put_pin(ctx, walk, pin, pinned);
}

static void put_pins(duk_context *ctx, const walk *walk, size_t first, size_t count, bool pinned) {
  for (size_t i = first; i < first + count; i++)
    put_pin(ctx, walk, walk->exports[i], pinned);
}

/* What the engine holds of targets; the key is there as well. */
static void hold_targets(duk_context *ctx, const walk *walk, bool held) {
  duk_push_heapptr(ctx, walk->engine->self);
  duk_push_heapptr(ctx, held ? walk->engine->held : NULL);
  duk_put_prop_string(ctx, -2, "held");
  duk_pop(ctx);
}

/* -------------------------------------------------------------- a trial */

/* Takes the targets off the list of those to be finalized. */
static void rescue(duk_context *ctx, const walk *walk) {
  for (size_t i = 0; i < walk->proxy_count; i++) {
    duk_push_heapptr(ctx, walk->proxies[i]->target);
    duk_pop(ctx);
  }
}

/* How many references the target has. It must not be pushed by its address, which would take it off the list. */
static duk_int_t count_references(duk_context *ctx, const walk *walk, size_t number) {
  duk_push_heapptr(ctx, walk->engine->held);
  duk_get_prop_index(ctx, -1, walk->proxies[number]->slot);
  duk_inspect_value(ctx, -1);
  duk_get_prop_string(ctx, -1, "refc");
  duk_int_t count = duk_get_int(ctx, -1);
  duk_pop_n(ctx, 4);
  return count;
}

static bool is_found(duk_context *ctx, const walk *walk, size_t number) {
  return count_references(ctx, walk, number) == walk->proxies[number]->references;
}

static void collect(duk_context *ctx, walk *walk) {
  walk->trials++;
  duk_gc(ctx, 0);
}

/* Tries one half of each group. */
static void try_half(duk_context *ctx, walk *walk, const group *groups, bool is_second) {
  for (int pinned = 1; pinned >= 0; pinned--) {
    for (const group *group = groups; group; group = group->next) {
      size_t half = group->count / 2;
      put_pins(ctx, walk, is_second ? group->first + half : group->first, is_second ? group->count - half : half,
               pinned);
    }
    if (pinned) collect(ctx, walk);
  }
  for (const group *group = groups; group; group = group->next)
    for (size_t i = 0; i < group->reached_count; i++)
      walk->is_found[group->reached[i]] = is_found(ctx, walk, group->reached[i]);
  rescue(ctx, walk);
}

/* -------------------------------------------------------------- splitting */

static void free_groups(group *groups) {
  for (group *group; (group = groups) != NULL;) {
    groups = group->next;
    free(group->reached);
    free(group);
  }
}

/* A group whose proxies are still to be filled in, for up to `room` of them. */
static group *make_group(walk *walk, size_t first, size_t count, size_t room) {
  group *made = calloc(1, sizeof *made);
  if (made) made->reached = malloc((room + 1) * sizeof *made->reached);
  if (!made || !made->reached) {
    free(made);
    walk->failed = XLGC_E_NOMEM;
    return NULL;
  }
  made->first = first;
  made->count = count;
  return made;
}

static void report(walk *walk, const group *group) {
  for (size_t i = 0; i < group->reached_count; i++)
    (void)xlgc_summary_edge(walk->summary, walk->exports[group->first]->id, walk->proxies[group->reached[i]]->id);
}

static bool is_apart(const walk *walk, const group *group) {
  for (size_t i = 0; i < group->reached_count; i++)
    if (walk->batches[group->reached[i]] == walk->batch) return false;
  return true;
}

/* Takes out of `groups` those that can be tried together. When too many trials were made, all: a proxy of several is
 * then taken to be reached by each, if it is found at all. */
static group *take_batch(walk *walk, group **groups) {
  group *batch = NULL;
  bool all = walk->trials >= TRIALS_EXACT + TRIALS_SHARED / (walk->export_count + walk->proxy_count);
  walk->batch++;
  for (group **at = groups, *group; (group = *at) != NULL;) {
    bool apart = is_apart(walk, group);
    if (!apart && !all) {
      at = &group->next;
      continue;
    }
    if (!apart) walk->engine->coarse = true;
    for (size_t i = 0; i < group->reached_count; i++)
      walk->batches[group->reached[i]] = walk->batch;
    *at = group->next;
    group->next = batch;
    batch = group;
  }
  return batch;
}

/* Adds the half with what was found; if it is one export, it is reported. found: NULL for all. */
static void add_half(walk *walk, const group *whole, bool is_second, const bool *found, group **groups) {
  size_t half = whole->count / 2;
  group *made = make_group(walk, is_second ? whole->first + half : whole->first, is_second ? whole->count - half : half,
                           whole->reached_count);
  if (!made) return;
  for (size_t i = 0; i < whole->reached_count; i++)
    if (!found || found[whole->reached[i]]) made->reached[made->reached_count++] = whole->reached[i];
  if (made->count > 1 && made->reached_count) {
    made->next = *groups;
    *groups = made;
    return;
  }
  report(walk, made);
  free_groups(made);
}

static bool any_found(const walk *walk, const group *groups) {
  for (const group *group = groups; group; group = group->next)
    for (size_t i = 0; i < group->reached_count; i++)
      if (walk->is_found[group->reached[i]]) return true;
  return false;
}

static void split(duk_context *ctx, walk *walk, const group *batch, group **groups) {
  try_half(ctx, walk, batch, false);
  bool any = any_found(walk, batch);
  for (const group *group = batch; group; group = group->next)
    add_half(walk, group, false, walk->is_found, groups);
  if (any) try_half(ctx, walk, batch, true);
  for (const group *group = batch; group; group = group->next)
    add_half(walk, group, true, any ? walk->is_found : NULL, groups);
}

/* The groups are in the walk, to be freed when Duktape raises an error. */
typedef struct levels {
  walk *walk;
  group *now, *batch, *next;
} levels;

/* Lets go of the proxies that nothing reaches. */
static void sweep(duk_context *ctx, walk *walk) {
  size_t left = 0;
  put_all_pins(ctx, walk, true);
  collect(ctx, walk);
  for (size_t i = 0; i < walk->proxy_count; i++)
    walk->is_found[i] = is_found(ctx, walk, i);
  rescue(ctx, walk);
  for (size_t i = 0; i < walk->proxy_count; i++) {
    if (walk->is_found[i])
      walk->proxies[left++] = walk->proxies[i];
    else
      xlgc__duktape_proxy_gone(walk->engine, ctx, walk->proxies[i]);
  }
  walk->proxy_count = left;
}

/* All exports as one group, which reaches what the engine's roots do not. */
static void begin(duk_context *ctx, levels *levels) {
  walk *walk = levels->walk;
  put_all_pins(ctx, walk, false);
  collect(ctx, walk);
  group *all = levels->now = make_group(walk, 0, walk->export_count, walk->proxy_count);
  for (size_t i = 0; i < walk->proxy_count && all; i++) {
    if (is_found(ctx, walk, i))
      (void)xlgc_summary_root(walk->summary, walk->proxies[i]->id);
    else
      all->reached[all->reached_count++] = i;
  }
  rescue(ctx, walk);
  if (!all || (all->count > 1 && all->reached_count)) return;
  if (all->count) report(walk, all);
  free_groups(all);
  levels->now = NULL;
}

static duk_ret_t run_trials(duk_context *ctx, void *data) {
  levels *levels = data;
  walk *walk = levels->walk;
  duk_require_stack(ctx, 16);
  sweep(ctx, walk);
  if (walk->wants_summary) begin(ctx, levels);
  while (levels->now && !walk->failed) {
    while (levels->now && !walk->failed) {
      levels->batch = take_batch(walk, &levels->now);
      split(ctx, walk, levels->batch, &levels->next);
      free_groups(levels->batch);
      levels->batch = NULL;
    }
    levels->now = levels->next;
    levels->next = NULL;
  }
  return 0;
}

/* ------------------------------------------------------------- the setting */

/* Our own finalizer, in which no other is run. */
static duk_ret_t try_all(duk_context *ctx) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  walk *walk = engine ? engine->walk : NULL;
  if (!walk || walk->ran) return 0;
  levels levels = {walk, NULL, NULL, NULL};
  walk->ran = true;
  hold_targets(ctx, walk, false);
  rescue(ctx, walk);
  if (duk_safe_call(ctx, run_trials, &levels, 0, 0)) walk->failed = XLGC_E_NOMEM;
  free_groups(levels.now);
  free_groups(levels.batch);
  free_groups(levels.next);
  put_all_pins(ctx, walk, true);
  hold_targets(ctx, walk, true);
  rescue(ctx, walk);
  return 0;
}

/* Where these are on the stack, from the walk's base. */
enum { THREAD, KEEPER, TRIGGER, QUIET_KEEPER };

static void clear_place(duk_context *ctx, duk_idx_t at) {
  duk_push_undefined(ctx);
  duk_replace(ctx, at);
}

/* On another thread: the finalizers of what only exports reach are attempted. The keeper is the youngest object that has
 * a finalizer, so that it is attempted last, and keeps all the others until then. From here to the trials nothing is
 * allocated, so that no collection comes between. */
static duk_ret_t quiet(duk_context *ctx, void *data) {
  walk *walk = data;
  put_all_pins(walk->main, walk, false);
  clear_place(walk->main, walk->base + KEEPER);
  clear_place(walk->main, walk->base + QUIET_KEEPER);
  duk_gc(ctx, 0);
  duk_push_heapptr(walk->main, walk->keeper);
  duk_replace(walk->main, walk->base + KEEPER);
  return 0;
}

static void push_keeper(duk_context *ctx, const walk *walk) {
  duk_push_bare_object(ctx);
  duk_dup(ctx, -1);
  duk_put_prop_string(ctx, -2, "itself");
  duk_push_heapptr(ctx, walk->engine->rest);
  duk_set_finalizer(ctx, -2);
}

static void push_exports(duk_context *ctx, const walk *walk) {
  duk_push_bare_array(ctx);
  for (const xlgc__duktape_pin *pin = walk->engine->exports; pin; pin = pin->hh.next) {
    duk_push_heapptr(ctx, pin->object);
    duk_put_prop_index(ctx, -2, pin->slot);
  }
}

static duk_ret_t set_scene(duk_context *ctx, void *data) {
  walk *walk = data;
  duk_require_stack(ctx, 32);
  for (size_t i = 0; i < walk->proxy_count; i++)
    walk->proxies[i]->references = count_references(ctx, walk, i);
  walk->main = ctx;
  walk->base = duk_push_thread(ctx);
  push_keeper(ctx, walk);
  walk->keeper = duk_get_heapptr(ctx, -1);
  push_exports(ctx, walk);
  duk_put_prop_string(ctx, -2, "exports");
  duk_push_heapptr(ctx, walk->engine->held);
  duk_put_prop_string(ctx, -2, "held");
  /* Its finalizer is put back where it was when it is wanted. */
  duk_push_undefined(ctx);
  duk_set_finalizer(ctx, -2);
  duk_push_bare_object(ctx);
  duk_push_c_function(ctx, try_all, 2);
  duk_set_finalizer(ctx, -2);
  push_keeper(ctx, walk);
  duk_dup(ctx, walk->base + KEEPER);
  duk_put_prop_string(ctx, -2, "keeper");

  if (walk->wants_summary && duk_safe_call(duk_get_context(ctx, walk->base), quiet, walk, 0, 0)) {
    walk->failed = XLGC_E_NOMEM;
    walk->wants_summary = false;
  }
  duk_push_heapptr(ctx, walk->engine->rest);
  duk_set_finalizer(ctx, walk->base + KEEPER);
  clear_place(ctx, walk->base + KEEPER);
  clear_place(ctx, walk->base + QUIET_KEEPER);
  clear_place(ctx, walk->base + TRIGGER);
  return 0;
}

/* ---------------------------------------------------------------- adapter */

static int add_export(void *data, xlgc_id id, void *handle) {
  walk *walk = data;
  xlgc__duktape_pin *pin;
  HASH_FIND_PTR(walk->engine->exports, &handle, pin);
  if (!pin) return 0;
  pin->id = id;
  walk->exports[walk->export_count++] = pin;
  return 0;
}

/* When the last summary was too coarse, groups are to be others than before. */
static void rotate(walk *walk) {
  if (!walk->engine->coarse || !walk->export_count) return;
  size_t by = 1 + walk->engine->trials * 7919 % walk->export_count;
  for (; by; by--) {
    xlgc__duktape_pin *first = walk->exports[0];
    memmove(walk->exports, walk->exports + 1, (walk->export_count - 1) * sizeof *walk->exports);
    walk->exports[walk->export_count - 1] = first;
  }
}

static duk_ret_t note_run(duk_context *ctx) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (engine && engine->walk) engine->walk->ran = true;
  return 0;
}

static duk_ret_t make_garbage(duk_context *ctx, void *data) {
  (void)data;
  duk_push_bare_object(ctx);
  duk_push_c_function(ctx, note_run, 2);
  duk_set_finalizer(ctx, -2);
  return 0;
}

/* Inside of one nothing can be tried. */
static int check_finalizers(duk_context *ctx, walk *walk) {
  if (duk_safe_call(ctx, make_garbage, NULL, 0, 0)) return XLGC_E_NOMEM;
  bool ran = walk->ran;
  walk->ran = false;
  return ran ? 0 : XLGC_E_BUSY;
}

static int allocate(walk *walk) {
  size_t exports = HASH_COUNT(walk->engine->exports), proxies = HASH_COUNT(walk->engine->proxies);
  walk->exports = calloc(exports + 1, sizeof *walk->exports);
  walk->proxies = calloc(proxies + 1, sizeof *walk->proxies);
  walk->is_found = calloc(proxies + 1, sizeof *walk->is_found);
  walk->batches = calloc(proxies + 1, sizeof *walk->batches);
  return walk->exports && walk->proxies && walk->is_found && walk->batches ? 0 : XLGC_E_NOMEM;
}

static int take(walk *walk, duk_context *ctx) {
  xlgc__duktape_engine *engine = walk->engine;
  int failed = check_finalizers(ctx, walk);
  if (failed) return failed;
  /* What the engine frees by itself is nobody's; the second time for what finalizers left. */
  duk_gc(ctx, 0);
  duk_gc(ctx, 0);
  failed = allocate(walk);
  if (failed) return failed;
  for (xlgc__duktape_proxy *proxy = engine->proxies; proxy; proxy = proxy->hh.next)
    walk->proxies[walk->proxy_count++] = proxy;
  if (walk->wants_summary) {
    xlgc_summary_each_export(walk->summary, add_export, walk);
    rotate(walk);
    engine->coarse = false;
  }
  bool raised = duk_safe_call(ctx, set_scene, walk, 0, 0) != 0;
  put_all_pins(ctx, walk, true);
  hold_targets(ctx, walk, true);
  /* Finds all reachable again: otherwise finalizers that were attempted would never be called. */
  duk_gc(ctx, 0);
  engine->trials += walk->trials;
  return walk->failed ? walk->failed : raised ? XLGC_E_NOMEM : walk->ran ? 0 : XLGC_E_BUSY;
}

/* summary: NULL to look for proxies that are gone only. */
static int look(xlgc__duktape_engine *engine, duk_context *ctx, xlgc_summary *summary) {
  if (!engine->proxies) return 0;
  if (engine->walk) return XLGC_E_BUSY;
  if (!duk_check_stack(ctx, 64)) return XLGC_E_NOMEM;
  walk walk;
  memset(&walk, 0, sizeof walk);
  walk.engine = engine;
  walk.summary = summary;
  walk.wants_summary = summary != NULL;
  engine->walk = &walk;
  int failed = take(&walk, ctx);
  engine->walk = NULL;
  free(walk.exports);
  free(walk.proxies);
  free(walk.is_found);
  free(walk.batches);
  engine->sweep_at = 2 * HASH_COUNT(engine->proxies) + SWEEP_MIN;
  return failed;
}

int xlgc__duktape_summary_drop_proxies(xlgc__duktape_engine *engine, duk_context *ctx) {
  return look(engine, ctx, NULL);
}

int xlgc__duktape_summary_take(void *data, xlgc_summary *summary) {
  xlgc__duktape_engine *engine = data;
  if (engine->ends) return XLGC_E_SHUTDOWN;
  xlgc__duktape_pins_retry(engine);
  return look(engine, engine->current, summary);
}
