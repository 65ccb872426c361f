#include <config.h>

#include "hosts/duktape/summary.h"

#include <string.h>

#include "hosts/duktape/groups.h"
#include "hosts/duktape/limit.h"

/* So many proxies are never worth a look for those that are gone. */
enum { PROXIES_MIN = 1000 };

typedef struct taking {
  xlgc__duktape_trials trials;
  xlgc__duktape_groups groups;
  xlgc_summary *summary; /* NULL when only proxies are let go */
} taking;

/* ------------------------------------------------------------- the trials */

static void drop_proxies(duk_context *ctx, xlgc__duktape_trials *trials) {
  size_t kept = 0;
  xlgc__duktape_trials_pin_all(ctx, trials, true);
  xlgc__duktape_trials_mark(ctx, trials);
  for (size_t i = 0; i < trials->proxy_count; i++)
    (void)xlgc__duktape_trials_look(ctx, trials, i);
  xlgc__duktape_trials_restore(ctx, trials);
  for (size_t i = 0; i < trials->proxy_count; i++) {
    if (trials->is_found[i])
      trials->proxies[kept++] = trials->proxies[i];
    else if (!trials->is_image)
      xlgc__duktape_proxy_gone(trials->engine, ctx, trials->proxies[i]);
  }
  trials->proxy_count = kept;
}

static void tell_roots(duk_context *ctx, taking *taking) {
  xlgc__duktape_trials *trials = &taking->trials;
  xlgc__duktape_trials_pin_all(ctx, trials, false);
  xlgc__duktape_trials_mark(ctx, trials);
  for (size_t i = 0; i < trials->proxy_count; i++)
    if (xlgc__duktape_trials_look(ctx, trials, i)) (void)xlgc_summary_root(taking->summary, trials->proxies[i]->id);
  xlgc__duktape_trials_restore(ctx, trials);
}

static duk_ret_t try_all(duk_context *ctx, void *data) {
  taking *taking = data;
  duk_require_stack(ctx, 16);
  drop_proxies(ctx, &taking->trials);
  if (!taking->trials.unpins_exports) return 0;
  tell_roots(ctx, taking);
  xlgc__duktape_groups_tell(ctx, &taking->groups);
  return 0;
}

/* ------------------------------------------------------------ before, after */

static int add_export(void *data, xlgc_id id, void *handle) {
  xlgc__duktape_trials *trials = data;
  xlgc__duktape_pin *pin = xlgc__duktape_pins_find(&trials->engine->exports, handle);
  if (!pin) return 0;
  pin->id = id;
  trials->exports[trials->export_count++] = pin;
  return 0;
}

/* When the last summary was too coarse, groups are to be others than before. Of images that is not known. */
static void rotate_exports(xlgc__duktape_trials *trials) {
  size_t count = trials->export_count;
  if (!(trials->engine->is_coarse || trials->is_image) || !count) return;
  size_t by = 1 + (trials->engine->trial_count + trials->engine->image_count) * 7919 % count;
  memcpy(trials->exports + count, trials->exports, by * sizeof *trials->exports);
  memmove(trials->exports, trials->exports + by, count * sizeof *trials->exports);
}

static int prepare(taking *taking) {
  xlgc__duktape_trials *trials = &taking->trials;
  trials->unpins_exports = true;
  xlgc_summary_each_export(taking->summary, add_export, trials);
  rotate_exports(trials);
  return xlgc__duktape_groups_begin(&taking->groups, trials, taking->summary);
}

static void note_counts(const taking *taking) {
  const xlgc__duktape_trials *trials = &taking->trials;
  xlgc__duktape_engine *engine = trials->engine;
  engine->trial_count += trials->count;
  if (!taking->summary) return;
  engine->is_coarse = taking->groups.is_coarse;
  engine->counts = (xlgc__condense_counts){.nodes = trials->export_count + trials->proxy_count,
                                           .visited = trials->looks,
                                           .steps = trials->count,
                                           .told = taking->groups.told};
}

/* summary: NULL to let go of proxies only. */
static int take(xlgc__duktape_engine *engine, duk_context *ctx, xlgc_summary *summary) {
  if (!engine->proxies) return 0;
  if (engine->trials) return xlgc_hosts_refuse("a summary of this heap is being taken");
  if (!duk_check_stack(ctx, 64)) return XLGC_E_NOMEM;
  taking taking;
  memset(&taking, 0, sizeof taking);
  taking.summary = summary;
  bool is_image = summary && xlgc_summary_is_image(summary);
  int failed = xlgc__duktape_trials_begin(&taking.trials, engine, ctx, is_image);
  if (!failed && summary) failed = prepare(&taking);
  if (!failed) failed = xlgc__duktape_trials_run(&taking.trials, ctx, try_all, &taking);
  note_counts(&taking);
  xlgc__duktape_groups_free(&taking.groups);
  xlgc__duktape_trials_end(&taking.trials);
  engine->proxy_limit = 2 * engine->by_object.count + PROXIES_MIN;
  return failed;
}

int xlgc__duktape_summary_drop_proxies(xlgc__duktape_engine *engine, duk_context *ctx) {
  return take(engine, ctx, NULL);
}

int xlgc__duktape_summary_take(void *data, xlgc_summary *summary) {
  xlgc__duktape_engine *engine = data;
  if (engine->is_ending) return XLGC_E_SHUTDOWN;
  if (xlgc_summary_is_image(summary))
    xlgc__duktape_limit_enter_image();
  else
    xlgc__duktape_pins_retry(&engine->exports, engine->current);
  return take(engine, engine->current, summary);
}
