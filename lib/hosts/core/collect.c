/* Collecting: summaries of all engines of a pool, the pool's verdict on them, and each engine's own collection. */
#include <config.h>

#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/summary.h"

enum { REDONE_MAX = 8 };

typedef struct participants {
  xlgc__host_group *group;
  unsigned count;
  struct member {
    xlgc_host *host;
    uint64_t epoch, unpinned;
  } members[];
} participants;

/* All hosts of a pool, none of which can be closed until participants_free. *out: NULL when there are none. */
static int participants_find(xlgc_pool *pool, participants **out) {
  int failed = 0;
  participants *all = NULL;
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
      atomic_fetch_add_explicit(&host->depth, 1, memory_order_relaxed);
      all->members[all->count++].host = host;
    }
  }
  xlgc__host_lock_release();
  *out = all;
  return failed;
}

static void participants_free(participants *all) {
  xlgc__host_lock_acquire();
  all->group->collects = false;
  for (unsigned i = 0; i < all->count; i++)
    atomic_fetch_sub_explicit(&all->members[i].host->depth, 1, memory_order_release);
  xlgc__host_lock_release();
  free(all);
}

/* Summaries of all engines, between the first and the last of which no epoch changed. */
static int take_all(participants *all) {
  int failed = 0;
  bool touched = true;
  for (unsigned tries = 0; touched && !failed && tries <= REDONE_MAX; tries++) {
    touched = false;
    for (unsigned i = 0; i < all->count; i++)
      all->members[i].epoch = xlgc__host_engine_epoch(all->members[i].host);
    for (unsigned i = 0; i < all->count && !failed; i++)
      failed = xlgc__host_summary_take(all->members[i].host);
    for (unsigned i = 0; i < all->count; i++)
      touched |= all->members[i].epoch != xlgc__host_engine_epoch(all->members[i].host);
  }
  return failed ? failed : touched ? XLGC_E_BUSY : 0;
}

static int commit_all(participants *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++)
    failed = xlgc__host_summary_commit(all->members[i].host);
  return failed;
}

/* From the verdict on, the root of a silent engine is linked to all there is in it. */
static int link_silent(participants *all) {
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

static int dispatch_all(participants *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++) {
    int count = xlgc_host_dispatch(all->members[i].host, SIZE_MAX);
    if (count < 0 && count != XLGC_E_BUSY) failed = count;
  }
  return failed;
}

static int collect_engines(participants *all) {
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

static int collect(xlgc_pool *pool, participants *all) {
  /* Only where a verdict can be given are links dropped for it. */
  int failed = xlgc_flush(pool);
  if (!failed) failed = take_all(all);
  if (!failed) {
    failed = commit_all(all);
    if (!failed) failed = xlgc_flush(pool);
    int refused = link_silent(all);
    if (!failed) failed = refused;
  }
  if (!failed) failed = dispatch_all(all);
  if (!failed) failed = collect_engines(all);
  if (!failed) failed = xlgc_flush(pool);
  return failed ? failed : dispatch_all(all);
}

int xlgc_hosts_collect(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  participants *all;
  int failed = participants_find(pool, &all);
  if (failed) return failed;
  if (!all) return xlgc_flush(pool);
  for (unsigned i = 0; i < all->count; i++)
    all->members[i].unpinned = all->members[i].host->statistics.unpinned;
  failed = collect(pool, all);
  uint64_t count = 0;
  for (unsigned i = 0; i < all->count; i++)
    count += all->members[i].host->statistics.unpinned - all->members[i].unpinned;
  participants_free(all);
  return failed ? failed : count > INT32_MAX ? INT32_MAX : (int)count;
}
