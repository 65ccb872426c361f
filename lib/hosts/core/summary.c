/* Summaries, which say anew what an engine holds, and collecting, which takes them of all engines of a pool and lets the
 * pool judge. */
#include <config.h>

#include "hosts/core/handover.h"

enum { REDONE_MAX = 8 };

struct xlgc_summary {
  xlgc_host *host;
  int error;
  xlgc__host_link *fresh;
};

/* -------------------------------------------------------------- summaries */

static int fail(xlgc_summary *summary, int error) {
  if (!summary->error) summary->error = error;
  return error;
}

static int report(xlgc_summary *summary, xlgc__host_node *source, xlgc_id id) {
  xlgc_host *host = summary->host;
  xlgc__host_node *target = xlgc__host_nodes_find(host, id);
  if (!target) return fail(summary, XLGC_E_UNKNOWN);
  if (source == target || target->released || xlgc__host_nodes_is_idle(target)) return 0;
  xlgc__host_link *said = xlgc__host_links_find(host, source, target);
  if (!said) said = xlgc__host_links_make(host, source, target);
  if (!said) return fail(summary, XLGC_E_NOMEM);
  said->stamp = host->number;
  if (said->count || said->is_fresh) return 0;
  said->is_fresh = true;
  LL_PREPEND2(summary->fresh, said, next_fresh);
  return 0;
}

int xlgc_summary_root(xlgc_summary *summary, xlgc_id id) { return summary ? report(summary, NULL, id) : XLGC_E_INVAL; }

int xlgc_summary_edge(xlgc_summary *summary, xlgc_id source, xlgc_id id) {
  if (!summary) return XLGC_E_INVAL;
  xlgc__host_node *export = xlgc__host_nodes_find(summary->host, source);
  if (!export || !export->is_own) return fail(summary, XLGC_E_INVAL);
  return export->released ? 0 : report(summary, export, id);
}

int xlgc_summary_each_export(xlgc_summary *summary, int (*each)(void *data, xlgc_id id, void *handle), void *data) {
  if (!summary || !each) return XLGC_E_INVAL;
  int answer = 0;
  for (xlgc__host_node *node = summary->host->nodes; node && !answer; node = node->hh.next)
    if (node->is_own && !node->released) answer = each(data, node->object->id, node->handle);
  return answer;
}

/* What a bridge that only pins would know. */
static int summarise_plainly(xlgc_summary *summary) {
  for (xlgc__host_node *node = summary->host->nodes; node; node = node->hh.next)
    if (!node->is_own) report(summary, NULL, node->object->id);
  return 0;
}

int xlgc_hosts_plain(xlgc_pool *pool, int plain) {
  if (!pool || (plain != 0 && plain != 1)) return XLGC_E_INVAL;
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  xlgc_host *host = group ? group->hosts : NULL;
  for (; host; host = host->next)
    host->is_plain = plain;
  xlgc__host_lock_release();
  return 0;
}

/* Puts into the pool what the summary has news of. */
static int install(xlgc_summary *summary, int failed) {
  xlgc_host *host = summary->host;
  xlgc__host_link *link, *next;
  LL_FOREACH_SAFE2(summary->fresh, link, next, next_fresh) {
    link->is_fresh = false;
    bool wanted = !failed && !link->count && !xlgc__host_nodes_is_idle(link->target) && !link->target->released;
    int refused = wanted ? xlgc__host_links_install(host, link) : 0;
    if (refused && refused != XLGC_E_STALE) failed = refused;
    if (!link->count) link->stamp = 0; /* the next summary removes it */
  }
  return failed;
}

/* Takes a summary and installs what is new in it. What is old stays until `commit`. */
static int take(xlgc_host *host) {
  int failed = xlgc__host_handover_admit(host);
  if (failed) return failed;
  if (host->busy) return XLGC_E_BUSY;
  failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  host->busy++;
  host->number++;
  host->statistics.summaries++;
  xlgc_summary summary = {host, 0, NULL};
  failed = host->is_plain ? summarise_plainly(&summary) : host->adapter->summarise(host->engine, &summary);
  failed = install(&summary, failed < 0 ? failed : summary.error);
  host->busy--;
  xlgc__host_engine_leave(host);
  return failed;
}

/* Drops what neither the last summary nor anything since has justified. */
static int commit(xlgc_host *host) {
  xlgc__host_link *link, *next;
  int failed = 0;
  host->busy++;
  HASH_ITER(hh, host->links, link, next) {
    if (!failed && link->stamp < host->number) failed = xlgc__host_links_drop(host, link);
  }
  host->busy--;
  xlgc__host_handover_drain(host);
  return failed;
}

int xlgc_host_summarise(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (host->adapter->flags & XLGC_HOST_SILENT) return XLGC_E_STATE;
  int failed = take(host);
  return failed ? failed : commit(host);
}

int xlgc_host_dispatch(xlgc_host *host, size_t max) {
  int failed = xlgc__host_handover_admit(host);
  if (failed) return failed;
  failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  int count = xlgc_context_dispatch(host->context, max);
  xlgc__host_handover_drain(host);
  xlgc__host_engine_leave(host);
  return count;
}

/* -------------------------------------------------------------- collecting */

typedef struct crowd {
  xlgc__host_group *group;
  unsigned count;
  struct member {
    xlgc_host *host;
    uint64_t epoch, unpinned;
  } members[];
} crowd;

/* All hosts of a pool, none of which can be closed until it disperses. */
static int gather(xlgc_pool *pool, crowd **out) {
  int failed = 0;
  crowd *all = NULL;
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  if (group && group->collects) failed = XLGC_E_BUSY;
  if (group && !failed) {
    all = xlgc__host_memory_zeroed(sizeof *all + group->users * sizeof all->members[0]);
    if (!all) failed = XLGC_E_NOMEM;
  }
  if (all) {
    all->group = group;
    group->collects = true;
    xlgc_host *host;
    DL_FOREACH(group->hosts, host) {
      if (host->is_closing) continue;
      host->depth++;
      all->members[all->count++].host = host;
    }
  }
  xlgc__host_lock_release();
  *out = all;
  return failed;
}

static void disperse(crowd *all) {
  xlgc__host_lock_acquire();
  all->group->collects = false;
  for (unsigned i = 0; i < all->count; i++)
    all->members[i].host->depth--;
  xlgc__host_lock_release();
  free(all);
}

/* Summaries of all engines, between the first and the last of which nothing moved. */
static int take_all(crowd *all) {
  int failed = 0;
  bool moved = true;
  for (unsigned tries = 0; moved && !failed && tries <= REDONE_MAX; tries++) {
    moved = false;
    for (unsigned i = 0; i < all->count; i++)
      all->members[i].epoch = xlgc__host_engine_epoch(all->members[i].host);
    for (unsigned i = 0; i < all->count && !failed; i++)
      failed = take(all->members[i].host);
    for (unsigned i = 0; i < all->count; i++)
      moved |= all->members[i].epoch != xlgc__host_engine_epoch(all->members[i].host);
  }
  return failed ? failed : moved ? XLGC_E_BUSY : 0;
}

static int commit_all(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++)
    failed = commit(all->members[i].host);
  return failed;
}

/* The root of a silent engine holds all there is in it, from the verdict on. */
static int hold_silent(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count; i++) {
    xlgc_host *host = all->members[i].host;
    if (!(host->adapter->flags & XLGC_HOST_SILENT)) continue;
    host->busy++;
    for (xlgc__host_node *node = host->nodes; node && !failed; node = node->hh.next) {
      if (node->released || xlgc__host_nodes_is_idle(node)) continue;
      failed = xlgc__host_links_from_root(host, node);
      if (failed == XLGC_E_STALE) failed = 0;
    }
    host->busy--;
  }
  return failed;
}

static int dispatch_all(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++) {
    int count = xlgc_host_dispatch(all->members[i].host, SIZE_MAX);
    if (count < 0 && count != XLGC_E_BUSY) failed = count;
  }
  return failed;
}

static int collect_engines(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++) {
    xlgc_host *host = all->members[i].host;
    if (!host->adapter->collect) continue;
    failed = xlgc__host_engine_enter(host);
    if (failed) break;
    failed = host->adapter->collect(host->engine);
    if (failed > 0) failed = 0;
    xlgc__host_handover_drain(host);
    xlgc__host_engine_leave(host);
  }
  return failed;
}

static int collect(xlgc_pool *pool, crowd *all) {
  /* Only where a verdict can be given are links dropped for it. */
  int failed = xlgc_flush(pool);
  if (!failed) failed = take_all(all);
  if (!failed) {
    failed = commit_all(all);
    if (!failed) failed = xlgc_flush(pool);
    int held = hold_silent(all);
    if (!failed) failed = held;
  }
  if (!failed) failed = dispatch_all(all);
  if (!failed) failed = collect_engines(all);
  if (!failed) failed = xlgc_flush(pool);
  return failed ? failed : dispatch_all(all);
}

int xlgc_hosts_collect(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  crowd *all;
  int failed = gather(pool, &all);
  if (failed) return failed;
  if (!all) return xlgc_flush(pool);
  for (unsigned i = 0; i < all->count; i++)
    all->members[i].unpinned = all->members[i].host->statistics.unpinned;
  failed = collect(pool, all);
  uint64_t count = 0;
  for (unsigned i = 0; i < all->count; i++)
    count += all->members[i].host->statistics.unpinned - all->members[i].unpinned;
  disperse(all);
  return failed ? failed : count > INT32_MAX ? INT32_MAX : (int)count;
}
