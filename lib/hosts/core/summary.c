/* Summaries: what an engine holds is said anew, and compared with what is installed. */
#include <config.h>

#include "hosts/core/summary.h"

#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/letting.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"

struct xlgc_summary {
  xlgc_host *host;
  bool is_quick;
  int error;
  xlgc__host_link *fresh;
};

static _Thread_local const char *refusal;

int xlgc_hosts_refuse(const char *why) {
  refusal = why;
  return XLGC_E_BUSY;
}

const char *xlgc_hosts_why(void) { return refusal ? refusal : "a callback of the pool runs"; }

static int fail(xlgc_summary *summary, int error) {
  if (!summary->error) summary->error = error;
  return error;
}

static int report(xlgc_summary *summary, xlgc__host_node *source, xlgc_id id) {
  xlgc_host *host = summary->host;
  xlgc__host_node *target = xlgc__host_nodes_find(host, id);
  if (!target) return fail(summary, XLGC_E_UNKNOWN);
  target->said = host->number;
  if (source == target || xlgc__host_nodes_is_idle(target)) return 0;
  xlgc__host_link *said = xlgc__host_links_find(source, target);
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
  return report(summary, export, id);
}

int xlgc_summary_each_export(xlgc_summary *summary, int (*each)(void *data, xlgc_id id, void *handle), void *data) {
  if (!summary || !each) return XLGC_E_INVAL;
  int answer = 0;
  /* Also those of which the pool has decided: the walk may end there. One whose object was exported anew is that one's. */
  for (xlgc__host_node *node = summary->host->nodes; node && !answer; node = node->next)
    if (node->is_own && !node->pin_is_kept) answer = each(data, node->object->id, node->handle);
  return answer;
}

int xlgc_summary_is_quick(const xlgc_summary *summary) { return summary && summary->is_quick; }

int xlgc_summary_others(xlgc_summary *summary) {
  if (!summary) return XLGC_E_INVAL;
  const xlgc_host *host = summary->host;
  for (xlgc__host_node *node = host->nodes; node; node = node->next)
    if (!node->is_own && node->said != host->number) report(summary, NULL, node->object->id);
  return summary->error;
}

int xlgc_summary_weak(xlgc_summary *summary) {
  if (!summary) return XLGC_E_INVAL;
  summary->host->is_weak = true;
  return 0;
}

/* What a bridge that only pins would know. */
static int summarise_plainly(xlgc_summary *summary) {
  for (xlgc__host_node *node = summary->host->nodes; node; node = node->next)
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

/* Of exports that open visits name, or that went out outside of visits, values may be on their way, or code that was
 * entered by them may find anything. Of what a visit names the engine may have no proxy any more, and its value is on its
 * way still. */
static void hold_named(xlgc_summary *summary) {
  for (xlgc__host_node *node = summary->host->nodes; node; node = node->next) {
    bool is_named = atomic_load_explicit(&node->object->named, memory_order_relaxed);
    if (node->is_own && (is_named || node->is_outside)) report(summary, NULL, node->object->id);
    if (!node->is_own && is_named && node->from_root) node->from_root->stamp = summary->host->number;
  }
}

/* The root is linked to what the summary says of the links in a tree. */
static void hold_said(xlgc_summary *summary, xlgc__tree_node *top) {
  if (!top) return;
  const xlgc__host_link *link = xlgc__tree_record(top, offsetof(xlgc__host_link, by_target));
  if (link->stamp == summary->host->number) report(summary, NULL, link->target->object->id);
  for (unsigned i = 0; i < XLGC__TREE_WIDTH; i++)
    hold_said(summary, top->children[i]);
}

/* The engine reaches an export that is an orphan to the pool, whose pin is cut soon. The walk ended at it: what it reaches
 * is held by the root, until the next summary finds other ways. */
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
static int install(xlgc_summary *summary, int failed) {
  for (xlgc__host_link *link; (link = summary->fresh) != NULL;) {
    LL_DELETE2(summary->fresh, link, next_fresh);
    link->is_fresh = false;
    if (!failed) failed = install_one(summary, link);
    if (!failed) failed = summary->error;
  }
  return failed;
}

static int take_entered(xlgc_host *host, bool is_quick) {
  host->busy++;
  host->number++;
  host->is_weak = false;
  host->is_prepared = false;
  host->statistics.summaries++;
  xlgc_summary summary = {host, is_quick, 0, NULL};
  int failed = host->is_plain ? summarise_plainly(&summary) : host->adapter->summarise(host->engine, &summary);
  hold_named(&summary);
  failed = install(&summary, failed < 0 ? failed : summary.error);
  host->busy--;
  return failed;
}

int xlgc__host_summary_prepare(xlgc_host *host) {
  if (!host->adapter->prepare || host->is_prepared) return 0;
  int answer = xlgc__host_engine_enter(host);
  if (answer) return answer == XLGC_E_BUSY ? 0 : answer; /* so will the summary be */
  host->busy++;
  answer = host->adapter->prepare(host->engine);
  host->busy--;
  host->is_prepared = !answer;
  xlgc__host_engine_leave(host);
  return answer;
}

int xlgc__host_summary_take(xlgc_host *host, bool is_quick) {
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  int failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  xlgc__host_handover_unpin(host);
  failed = host->busy ? xlgc_hosts_refuse(XLGC__HOST_SUMMARY_NESTED) : take_entered(host, is_quick);
  xlgc__host_engine_leave(host);
  return failed;
}

static int commit_entered(xlgc_host *host) {
  xlgc__host_link *link, *next;
  int failed = 0;
  host->busy++;
  DL_FOREACH_SAFE(host->links, link, next) {
    if (!failed && link->stamp < host->number) failed = xlgc__host_links_drop(host, link);
  }
  host->busy--;
  xlgc__host_handover_unpin(host);
  return failed;
}

int xlgc__host_summary_commit(xlgc_host *host) {
  int failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  failed = commit_entered(host);
  xlgc__host_engine_leave(host);
  return failed;
}

int xlgc__host_summary_hold_weak(xlgc_host *host) {
  int failed = 0;
  host->busy++;
  for (xlgc__host_link *link = host->is_weak ? host->links : NULL; link && !failed; link = link->next) {
    if (!link->source || !link->count) continue;
    failed = xlgc__host_links_from_root(host, link->target);
    if (failed == XLGC_E_STALE) failed = 0;
  }
  host->busy--;
  return failed;
}

int xlgc_host_summarise(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  xlgc__host_letting_propose_outside(host);
  return xlgc__host_summary_alone(host, false);
}

int xlgc__host_summary_alone(xlgc_host *host, bool is_quick) {
  if (host->adapter->flags & XLGC_HOST_SILENT) return XLGC_E_STATE;
  int failed = xlgc__host_engine_take_own(host);
  if (failed) return failed;
  failed = xlgc__host_summary_take(host, is_quick);
  if (!failed) failed = xlgc__host_summary_hold_weak(host);
  if (!failed) failed = xlgc__host_summary_commit(host);
  xlgc__host_engine_give(host);
  return failed;
}
