/* Putting what summaries say into the pool, and taking out what they do not say any more. */
#include <config.h>

#include "hosts/core/install.h"

#include "hosts/core/links.h"
#include "hosts/core/nodes.h"

int xlgc__host_install_fail(xlgc_summary *summary, int error) {
  if (!summary->error) summary->error = error;
  return error;
}

/* An export reaches what has finalizers: it is to leave them what it reaches. */
static int install_leaves(xlgc_summary *summary, xlgc__host_node *export) {
  int failed = xlgc__host_links_leave(summary->host, export);
  return failed ? xlgc__host_install_fail(summary, failed) : 0;
}

int xlgc__host_install_report(xlgc_summary *summary, xlgc__host_node *source, xlgc_id id) {
  xlgc_host *host = summary->host;
  if (id == host->root) return source ? install_leaves(summary, source) : 0;
  xlgc__host_node *target = xlgc__host_nodes_find(host, id);
  if (!target) return xlgc__host_install_fail(summary, XLGC_E_UNKNOWN);
  target->said = host->number;
  if (source == target || xlgc__host_nodes_is_idle(target)) return 0;
  xlgc__host_link *said = xlgc__host_links_find(source, target);
  if (!said) said = xlgc__host_links_make(host, source, target);
  if (!said) return xlgc__host_install_fail(summary, XLGC_E_NOMEM);
  said->stamp = host->number;
  if (said->count || said->is_fresh) return 0;
  said->is_fresh = true;
  LL_PREPEND2(summary->fresh, said, next_fresh);
  return 0;
}

/* What a bridge that only pins would know. */
int xlgc__host_install_report_plainly(xlgc_summary *summary) {
  for (xlgc__host_node *node = summary->host->nodes; node; node = node->next)
    if (!node->is_own) xlgc__host_install_report(summary, NULL, node->object->id);
  return 0;
}

/* Of exports that open visits name, or that went out outside of visits, values may be on their way, or code that was
 * entered by them may find anything. Of what a visit names the engine may have no proxy any more, and its value is on
 * its way still. */
static void hold_named(xlgc_summary *summary) {
  for (xlgc__host_node *node = summary->host->nodes; node; node = node->next) {
    bool is_named = atomic_load_explicit(&node->object->named, memory_order_relaxed);
    if (node->is_own && (is_named || node->is_outside)) xlgc__host_install_report(summary, NULL, node->object->id);
    if (!node->is_own && is_named && node->from_root) node->from_root->stamp = summary->host->number;
  }
}

/* The root is linked to what the summary says of the links in a tree. */
static void hold_said(xlgc_summary *summary, xlgc__tree_node *top) {
  if (!top) return;
  const xlgc__host_link *link = xlgc__tree_record(top, offsetof(xlgc__host_link, by_target));
  if (link->stamp == summary->host->number) xlgc__host_install_report(summary, NULL, link->target->object->id);
  for (unsigned i = 0; i < XLGC__TREE_WIDTH; i++)
    hold_said(summary, top->children[i]);
}

/* The engine reaches an export that is an orphan to the pool, whose pin is cut soon. The walk ended at it: what it
 * reaches is held by the root, until the next summary finds other ways. */
static void hold_beyond(xlgc_summary *summary, xlgc__host_node *export) {
  if (!export->is_own || export->held_beyond == summary->host->number) return;
  export->held_beyond = summary->host->number;
  hold_said(summary, export->out.top);
}

/* A link that is refused has an orphan as its target. Or as its source: then another link to that is refused, if the
 * engine reaches it. */
static int install_one(xlgc_summary *summary, xlgc__host_link *link) {
  xlgc__host_node *target = link->target;
  if (link->count || xlgc__host_nodes_is_idle(target)) return 0;
  int refused = target->released ? XLGC_E_STALE : xlgc__host_links_install(summary->host, link);
  if (refused != XLGC_E_STALE) return refused;
  hold_beyond(summary, target);
  return 0;
}

/* Puts into the pool what the summary has news of; more may come of that. */
int xlgc__host_install_put(xlgc_summary *summary, int failed) {
  for (xlgc__host_link *link; (link = summary->fresh) != NULL;) {
    LL_DELETE2(summary->fresh, link, next_fresh);
    link->is_fresh = false;
    if (!failed) failed = install_one(summary, link);
    if (!failed) failed = summary->error;
  }
  return failed;
}

void xlgc__host_install_begin(xlgc_host *host, xlgc_summary *summary, bool is_quick) {
  *summary = (xlgc_summary){.host = host, .is_quick = is_quick, .is_weak = &host->is_weak};
  host->number++;
  host->statistics.summaries++;
}

int xlgc__host_install_finish(xlgc_summary *summary, int failed) {
  hold_named(summary);
  return xlgc__host_install_put(summary, failed < 0 ? failed : summary->error);
}

/* The root is linked to all that exports are said to reach. */
int xlgc__host_install_hold_reached(xlgc_host *host) {
  int failed = 0;
  host->busy++;
  for (xlgc__host_link *link = host->links; link && !failed; link = link->next) {
    if (!link->source || !link->count) continue;
    failed = xlgc__host_links_from_root(host, link->target);
    if (failed == XLGC_E_STALE) failed = 0;
  }
  host->busy--;
  return failed;
}

int xlgc__host_install_drop(xlgc_host *host, xlgc__host_link *link) {
  if (link->stamp >= host->number) return 0;
  host->busy++;
  int failed = xlgc__host_links_drop(host, link);
  host->busy--;
  return failed ? failed : 1;
}
