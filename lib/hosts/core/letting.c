#include <config.h>

#include "hosts/core/letting.h"

#include "hosts/core/links.h"
#include "hosts/core/nodes.h"

/* What reaches more waits for the next summary: its links cost more than they bring. */
enum { EDGES_MAX = 16 };

static unsigned collect_targets(xlgc__tree_node *top, xlgc__host_node **targets, unsigned count) {
  if (!top) return count;
  const xlgc__host_link *link = xlgc__tree_record(top, offsetof(xlgc__host_link, by_target));
  targets[count++] = link->target;
  for (unsigned i = 0; i < XLGC__TREE_WIDTH; i++)
    count = collect_targets(top->children[i], targets, count);
  return count;
}

/* The root is linked to all that the export is said to reach. */
static bool hold_targets(xlgc_host *host, const xlgc__host_node *export) {
  xlgc__host_node *targets[EDGES_MAX];
  if (export->out.count > EDGES_MAX) return false;
  unsigned count = collect_targets(export->out.top, targets, 0);
  for (unsigned i = 0; i < count; i++) {
    int failed = xlgc__host_links_from_root(host, targets[i]);
    if (failed && failed != XLGC_E_STALE) return false;
  }
  return true;
}

static void let_go(xlgc_host *host, xlgc__host_node *export) {
  if (export->released || !export->from_root || !export->from_root->count) return;
  if (!hold_targets(host, export)) {
    export->from_root->stamp = host->number; /* a summary that is under way has not seen what code did by it */
    return;
  }
  export->let_go = host->number;
  host->statistics.let_go += !xlgc__host_links_drop(host, export->from_root);
}

/* The next one that was not named since the last look, or NULL. *left: how many there are yet to look at. */
static xlgc__host_node *take(xlgc_host *host, unsigned *left) {
  xlgc__host_node *found = NULL;
  xlgc__host_lock_acquire();
  for (xlgc__host_node *node; *left && !found && (node = host->proposed) != NULL; --*left) {
    xlgc__host_nodes_withdraw_locked(node);
    bool is_recent = node->is_recent;
    node->is_recent = false;
    if (node->object->named) continue; /* proposed again when it is named no more */
    if (!is_recent) found = node;
    node->is_proposed = is_recent;
    if (is_recent) DL_APPEND2(host->proposed, node, prev_listed, next_listed);
  }
  xlgc__host_lock_release();
  return found;
}

static unsigned count_proposed(xlgc_host *host) {
  unsigned count;
  const xlgc__host_node *node;
  xlgc__host_lock_acquire();
  DL_COUNT2(host->proposed, node, count, next_listed);
  atomic_store_explicit(&host->proposed_count, 0, memory_order_relaxed);
  xlgc__host_lock_release();
  return count;
}

void xlgc__host_letting_propose_outside(xlgc_host *host) {
  xlgc__host_lock_acquire();
  for (xlgc__host_node *node; (node = host->outside) != NULL;) {
    xlgc__host_nodes_withdraw_locked(node);
    if (!node->object->named) xlgc__host_nodes_propose_locked(node);
    node->is_recent = false;
  }
  xlgc__host_lock_release();
}

void xlgc__host_letting_look(xlgc_host *host) {
  if (host->busy || host->is_closing) return;
  unsigned left = count_proposed(host);
  host->busy++;
  for (xlgc__host_node *export; (export = take(host, &left)) != NULL;)
    let_go(host, export);
  host->busy--;
}
