/* Summaries: what an engine holds is said anew, and compared with what is installed. */
#include <config.h>

#include "hosts/core/summary.h"

#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/image.h"
#include "hosts/core/letting.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"

struct xlgc_summary {
  xlgc_host *host;
  bool is_quick;
  int error;
  xlgc__host_link *fresh;
  xlgc__host_facts *facts; /* of an image: what is said is noted there, and nowhere else */
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

int xlgc_summary_root(xlgc_summary *summary, xlgc_id id) {
  if (!summary) return XLGC_E_INVAL;
  return summary->facts ? xlgc__host_image_note(summary->facts, XLGC_ID_NONE, id) : report(summary, NULL, id);
}

int xlgc_summary_edge(xlgc_summary *summary, xlgc_id source, xlgc_id id) {
  if (!summary) return XLGC_E_INVAL;
  if (summary->facts) return xlgc__host_image_note(summary->facts, source, id);
  xlgc__host_node *export = xlgc__host_nodes_find(summary->host, source);
  if (!export || !export->is_own) return fail(summary, XLGC_E_INVAL);
  return report(summary, export, id);
}

int xlgc_summary_each_export(xlgc_summary *summary, int (*each)(void *data, xlgc_id id, void *handle), void *data) {
  if (!summary || !each) return XLGC_E_INVAL;
  int answer = 0;
  /* Also those of which the pool has decided: the walk may end there. One whose object was exported anew is that
   * one's. */
  for (xlgc__host_node *node = summary->host->nodes; node && !answer; node = node->next)
    if (node->is_own && !node->pin_is_kept) answer = each(data, node->object->id, node->handle);
  return answer;
}

int xlgc_summary_is_quick(const xlgc_summary *summary) { return summary && summary->is_quick; }

int xlgc_summary_is_image(const xlgc_summary *summary) { return summary && summary->facts; }

int xlgc_summary_others(xlgc_summary *summary) {
  if (!summary) return XLGC_E_INVAL;
  if (summary->facts) return XLGC_E_STATE;
  const xlgc_host *host = summary->host;
  for (xlgc__host_node *node = host->nodes; node; node = node->next)
    if (!node->is_own && node->said != host->number) report(summary, NULL, node->object->id);
  return summary->error;
}

int xlgc_summary_weak(xlgc_summary *summary) {
  if (!summary) return XLGC_E_INVAL;
  if (summary->facts)
    summary->facts->is_weak = true;
  else
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
 * entered by them may find anything. Of what a visit names the engine may have no proxy any more, and its value is on
 * its way still. */
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
static int install(xlgc_summary *summary, int failed) {
  for (xlgc__host_link *link; (link = summary->fresh) != NULL;) {
    LL_DELETE2(summary->fresh, link, next_fresh);
    link->is_fresh = false;
    if (!failed) failed = install_one(summary, link);
    if (!failed) failed = summary->error;
  }
  return failed;
}

static void begin_summary(xlgc_host *host, xlgc_summary *summary, bool is_quick) {
  *summary = (xlgc_summary){.host = host, .is_quick = is_quick};
  host->number++;
  host->statistics.summaries++;
}

static int finish_summary(xlgc_summary *summary, int failed) {
  hold_named(summary);
  return install(summary, failed < 0 ? failed : summary->error);
}

static int take_now(xlgc_host *host, bool is_quick) {
  xlgc_summary summary;
  begin_summary(host, &summary, is_quick);
  host->is_weak = false;
  int failed = host->is_plain ? summarise_plainly(&summary) : host->adapter->summarise(host->engine, &summary);
  return finish_summary(&summary, failed);
}

/* ------------------------------------------------------------------ images */

/* The root is linked to all that exports are said to reach. */
static int hold_reached(xlgc_host *host) {
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

static void hold_reached_or_owe(xlgc_host *host) { host->image.owes_hold = hold_reached(host) != 0; }

int xlgc_host_finalizes(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (!host->image.is_taken || host->is_closing) return 0;
  host->image.is_taken = false;
  hold_reached_or_owe(host);
  return host->image.owes_hold ? XLGC_E_NOMEM : 0;
}

/* In the copy. */
static void look(void *data, void *room) {
  xlgc_host *host = data;
  xlgc_summary summary = {.host = host, .is_quick = true, .facts = room};
  summary.facts->room = host->image.room;
  summary.facts->result = host->adapter->summarise(host->engine, &summary);
}

/* The summary begins with the image: what enters from now on is not missing in it. What visits name now is held for
 * it. */
static int begin_image(xlgc_host *host) {
  xlgc_summary summary;
  xlgc__host_handover_unpin(host);
  host->busy++;
  begin_summary(host, &summary, true);
  int failed = finish_summary(&summary, 0);
  if (!failed) failed = xlgc__host_image_begin(host, look);
  host->busy--;
  return failed;
}

/* What an export reached that has gone since, or was let go, may be in use by code that came by it: the root holds
 * that. */
static xlgc__host_node *source_of_fact(const xlgc_host *host, const struct xlgc__host_fact *fact) {
  xlgc__host_node *source = fact->source == XLGC_ID_NONE ? NULL : xlgc__host_nodes_find(host, fact->source);
  bool stands = source && source->is_own && source->let_go < host->number;
  return stands ? source : NULL;
}

/* What has gone since needs no link. */
static int take_image(xlgc_host *host, const xlgc__host_facts *facts) {
  xlgc_summary summary = {.host = host, .is_quick = true};
  for (size_t i = 0; i < facts->count; i++)
    if (xlgc__host_nodes_find(host, facts->at[i].target))
      report(&summary, source_of_fact(host, &facts->at[i]), facts->at[i].target);
  host->is_weak = false;
  return finish_summary(&summary, 0);
}

static int take_entered(xlgc_host *host, bool is_quick) {
  host->busy++;
  const xlgc__host_facts *facts = is_quick && !host->is_plain ? xlgc__host_image_facts(host) : NULL;
  bool follows_image = host->image.is_taken;
  host->image.is_taken = false; /* finalizers may run in what follows, and are seen then */
  int failed = facts ? take_image(host, facts) : take_now(host, is_quick);
  if (failed && follows_image) hold_reached_or_owe(host);
  host->image.is_taken = facts && !failed;
  xlgc__host_image_end(host, false);
  host->image.tries = 0;
  host->is_prepared = false;
  host->busy--;
  return failed;
}

/* Without an image the summary is taken at once, as if none had been wanted. */
static int prepare_image(xlgc_host *host) {
  host->busy++;
  int more = host->adapter->begin_image(host->engine);
  host->busy--;
  if (more > 0) return 1;
  host->statistics.images_failed += more < 0;
  return more < 0 || begin_image(host) ? 0 : 1;
}

static int prepare_entered(xlgc_host *host) {
  if (xlgc__host_image_is_begun(host)) {
    int state = xlgc__host_image_look(host);
    if (state >= 0) return state;
    xlgc__host_image_end(host, false);
    host->statistics.images_failed++;
  }
  if (xlgc__host_image_is_wanted(host)) return prepare_image(host);
  if (!host->adapter->prepare) return 0;
  host->busy++;
  int answer = host->adapter->prepare(host->engine);
  host->busy--;
  return answer;
}

int xlgc__host_summary_prepare(xlgc_host *host) {
  bool comes_first = host->adapter->prepare || host->adapter->size;
  if (!comes_first || host->is_prepared || host->busy) return 0;
  int answer = xlgc__host_engine_enter(host);
  if (answer) return answer == XLGC_E_BUSY ? 0 : answer; /* so will the summary be */
  if (host->image.owes_hold) hold_reached_or_owe(host);
  answer = host->image.owes_hold ? XLGC_E_BUSY : prepare_entered(host);
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

int xlgc__host_summary_hold_weak(xlgc_host *host) { return host->is_weak ? hold_reached(host) : 0; }

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
