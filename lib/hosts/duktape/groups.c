#include <config.h>

#include "hosts/duktape/groups.h"

#include <string.h>

#include "hosts/common/grow.h"
#include "hosts/duktape/finalizers.h"

/* Trials that are spent on being exact about proxies that several exports reach: fewer where each costs more. */
enum { TRIALS_EXACT = 64, TRIALS_SHARED = 1 << 19 };

/* Exports that follow each other, and which of the proxies they reach. */
struct xlgc__duktape_group {
  size_t first, count;
  size_t *reached, reached_count;
  xlgc__duktape_group *next;
};

typedef struct half {
  size_t first, count;
} half;

static half half_of(const xlgc__duktape_group *group, bool is_second) {
  size_t middle = group->count / 2;
  return is_second ? (half){group->first + middle, group->count - middle} : (half){group->first, middle};
}

/* ----------------------------------------------------------------- groups */

static void free_groups(xlgc__duktape_group *groups) {
  for (xlgc__duktape_group *group; (group = groups) != NULL;) {
    groups = group->next;
    xlgc__grow_release(group->reached);
    xlgc__grow_release(group);
  }
}

/* A group whose proxies are still to be filled in, for up to `room` of them. */
static xlgc__duktape_group *make_group(xlgc__duktape_groups *groups, half exports, size_t room) {
  xlgc__duktape_group *made = xlgc__grow_zeroed(1, sizeof *made);
  if (made) made->reached = xlgc__grow_reallocate(NULL, (room + 1) * sizeof *made->reached);
  if (!made || !made->reached) {
    xlgc__grow_release(made);
    groups->trials->failed = XLGC_E_NOMEM;
    return NULL;
  }
  made->first = exports.first;
  made->count = exports.count;
  return made;
}

static void tell(xlgc__duktape_groups *groups, const xlgc__duktape_group *group) {
  const xlgc__duktape_trials *trials = groups->trials;
  for (size_t i = 0; i < group->reached_count; i++) {
    (void)xlgc_summary_edge(groups->summary, trials->exports[group->first]->id, trials->proxies[group->reached[i]]->id);
    groups->told++;
  }
  if (group->reached_count)
    xlgc__duktape_finalizers_tell(trials->engine, groups->summary, trials->exports[group->first]->id);
}

/* To the groups that are to be split; what one export reaches is told. */
static void add_group(xlgc__duktape_groups *groups, xlgc__duktape_group *group, xlgc__duktape_group **list) {
  if (group->count > 1 && group->reached_count) {
    group->next = *list;
    *list = group;
    return;
  }
  if (group->count) tell(groups, group);
  free_groups(group);
}

/* --------------------------------------------------------------- batches */

static bool is_apart(const xlgc__duktape_groups *groups, const xlgc__duktape_group *group) {
  for (size_t i = 0; i < group->reached_count; i++)
    if (groups->batches[group->reached[i]] == groups->batch_count) return false;
  return true;
}

static bool may_be_exact(const xlgc__duktape_trials *trials) {
  return trials->count < TRIALS_EXACT + TRIALS_SHARED / (trials->export_count + trials->proxy_count);
}

/* Moves from `now` to `batch` the groups that can be tried together. When too many trials were made, all: a proxy of
 * several groups is then taken to be reached by each, if it is found at all. */
static void take_batch(xlgc__duktape_groups *groups) {
  bool is_exact = may_be_exact(groups->trials);
  groups->batch_count++;
  for (xlgc__duktape_group **at = &groups->now, *group; (group = *at) != NULL;) {
    bool apart = is_apart(groups, group);
    if (!apart && is_exact) {
      at = &group->next;
      continue;
    }
    if (!apart) groups->is_coarse = true;
    for (size_t i = 0; i < group->reached_count; i++)
      groups->batches[group->reached[i]] = groups->batch_count;
    *at = group->next;
    group->next = groups->batch;
    groups->batch = group;
  }
}

/* -------------------------------------------------------------- splitting */

static void pin_halves(duk_context *ctx, const xlgc__duktape_groups *groups, bool is_second, bool pinned) {
  for (const xlgc__duktape_group *group = groups->batch; group; group = group->next) {
    half exports = half_of(group, is_second);
    xlgc__duktape_trials_pin(ctx, groups->trials, exports.first, exports.count, pinned);
  }
}

/* Tries one half of each group. Returns whether any proxy was found. */
static bool try_halves(duk_context *ctx, const xlgc__duktape_groups *groups, bool is_second) {
  bool any = false;
  pin_halves(ctx, groups, is_second, true);
  xlgc__duktape_trials_mark(ctx, groups->trials);
  pin_halves(ctx, groups, is_second, false);
  for (const xlgc__duktape_group *group = groups->batch; group; group = group->next)
    for (size_t i = 0; i < group->reached_count; i++)
      any |= xlgc__duktape_trials_look(ctx, groups->trials, group->reached[i]);
  xlgc__duktape_trials_restore(ctx, groups->trials);
  return any;
}

/* Adds one half of each group, with what was found, or with all. */
static void add_halves(xlgc__duktape_groups *groups, bool is_second, bool reach_all) {
  const bool *is_found = groups->trials->is_found;
  for (const xlgc__duktape_group *whole = groups->batch; whole; whole = whole->next) {
    xlgc__duktape_group *made = make_group(groups, half_of(whole, is_second), whole->reached_count);
    if (!made) return;
    for (size_t i = 0; i < whole->reached_count; i++)
      if (reach_all || is_found[whole->reached[i]]) made->reached[made->reached_count++] = whole->reached[i];
    add_group(groups, made, &groups->next);
  }
}

/* When the first halves reach nothing, the second ones reach all. */
static void split_batch(duk_context *ctx, xlgc__duktape_groups *groups) {
  bool any = try_halves(ctx, groups, false);
  add_halves(groups, false, false);
  if (any) (void)try_halves(ctx, groups, true);
  add_halves(groups, true, !any);
  free_groups(groups->batch);
  groups->batch = NULL;
}

static void split_all(duk_context *ctx, xlgc__duktape_groups *groups) {
  while (groups->now && !groups->trials->failed) {
    while (groups->now && !groups->trials->failed) {
      take_batch(groups);
      split_batch(ctx, groups);
    }
    groups->now = groups->next;
    groups->next = NULL;
  }
}

/* -------------------------------------------------------------- the whole */

int xlgc__duktape_groups_begin(xlgc__duktape_groups *groups, xlgc__duktape_trials *trials, xlgc_summary *summary) {
  memset(groups, 0, sizeof *groups);
  groups->trials = trials;
  groups->summary = summary;
  groups->batches = xlgc__grow_zeroed(trials->proxy_count + 1, sizeof *groups->batches);
  return groups->batches ? 0 : XLGC_E_NOMEM;
}

void xlgc__duktape_groups_tell(duk_context *ctx, xlgc__duktape_groups *groups) {
  const xlgc__duktape_trials *trials = groups->trials;
  xlgc__duktape_group *all = make_group(groups, (half){0, trials->export_count}, trials->proxy_count);
  if (!all) return;
  for (size_t i = 0; i < trials->proxy_count; i++)
    if (!trials->is_found[i]) all->reached[all->reached_count++] = i;
  add_group(groups, all, &groups->now);
  split_all(ctx, groups);
}

void xlgc__duktape_groups_free(xlgc__duktape_groups *groups) {
  free_groups(groups->now);
  free_groups(groups->next);
  free_groups(groups->batch);
  xlgc__grow_release(groups->batches);
}
