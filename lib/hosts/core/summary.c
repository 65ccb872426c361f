/* Summaries: what an engine holds is said anew, and compared with what is installed. */
#include <config.h>

#include "hosts/core/summary.h"

#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/image.h"
#include "hosts/core/install.h"
#include "hosts/core/late.h"
#include "hosts/core/letting.h"
#include "hosts/core/nodes.h"
#include "hosts/core/refusal.h"
#include "hosts/core/watches.h"

/* Nothing but what is in the copy is known there. */
static int note(xlgc_summary *summary, xlgc_id source, xlgc_id id) {
  if (!summary->is_image && id != summary->host->root) {
    xlgc__host_node *target = xlgc__host_nodes_find(summary->host, id);
    if (!target) return xlgc__host_install_fail(summary, XLGC_E_UNKNOWN);
    target->said = summary->host->number;
  }
  int failed = xlgc__host_facts_note(summary->facts, source, id);
  return failed ? xlgc__host_install_fail(summary, failed) : 0;
}

int xlgc_summary_root(xlgc_summary *summary, xlgc_id id) {
  if (!summary) return XLGC_E_INVAL;
  return summary->facts ? note(summary, XLGC_ID_NONE, id) : xlgc__host_install_report(summary, NULL, id);
}

int xlgc_summary_edge(xlgc_summary *summary, xlgc_id source, xlgc_id id) {
  if (!summary) return XLGC_E_INVAL;
  if (summary->is_image) return note(summary, source, id);
  xlgc__host_node *export = xlgc__host_nodes_find(summary->host, source);
  if (!export || !export->is_own) return xlgc__host_install_fail(summary, XLGC_E_INVAL);
  return summary->facts ? note(summary, source, id) : xlgc__host_install_report(summary, export, id);
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

int xlgc_summary_is_image(const xlgc_summary *summary) { return summary && summary->is_image; }

int xlgc_summary_others(xlgc_summary *summary) {
  if (!summary) return XLGC_E_INVAL;
  if (summary->is_image) return XLGC_E_STATE;
  const xlgc_host *host = summary->host;
  for (xlgc__host_node *node = host->nodes; node; node = node->next)
    if (!node->is_own && node->said != host->number) xlgc_summary_root(summary, node->object->id);
  return summary->error;
}

int xlgc_summary_weak(xlgc_summary *summary) {
  if (!summary) return XLGC_E_INVAL;
  *summary->is_weak = true;
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

static int take_now(xlgc_host *host, bool is_quick) {
  xlgc_summary summary;
  xlgc__host_install_begin(host, &summary, is_quick);
  host->is_weak = xlgc__host_watches_lead(host);
  int failed =
      host->is_plain ? xlgc__host_install_report_plainly(&summary) : host->adapter->summarise(host->engine, &summary);
  return xlgc__host_install_finish(&summary, failed);
}

static int take_entered(xlgc_host *host, bool is_quick) {
  host->busy++;
  xlgc__host_late_end(host);
  xlgc__host_late_tell(host, false);
  bool follows_image = host->image.is_taken;
  host->image.is_taken = false; /* finalizers may run in what follows, and are seen then */
  int failed = is_quick ? xlgc__host_late_install_image(host) : 1;
  if (failed == 1) failed = take_now(host, is_quick);
  if (failed) xlgc__host_late_tell(host, true);
  if (failed && follows_image) xlgc__host_late_hold_reached(host);
  xlgc__host_image_end(host, false);
  host->image.tries = 0;
  host->is_prepared = false;
  host->busy--;
  return failed;
}

int xlgc__host_summary_take(xlgc_host *host, bool is_quick) {
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  int failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  xlgc__host_handover_unpin(host, SIZE_MAX);
  failed = host->busy ? xlgc_hosts_refuse(XLGC__HOST_REFUSAL_NESTED) : take_entered(host, is_quick);
  xlgc__host_engine_leave(host);
  return failed;
}

int xlgc__host_summary_commit(xlgc_host *host) {
  int failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  failed = xlgc__host_late_drop_all(host);
  xlgc__host_handover_unpin(host, SIZE_MAX);
  xlgc__host_engine_leave(host);
  return failed;
}

int xlgc__host_summary_hold_weak(xlgc_host *host) { return host->is_weak ? xlgc__host_install_hold_reached(host) : 0; }

int xlgc_host_summarise(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (host->adapter->flags & XLGC_HOST_SILENT) return XLGC_E_STATE;
  xlgc__host_letting_propose_outside(host);
  int failed = xlgc__host_engine_take_own(host);
  if (failed) return failed;
  failed = xlgc__host_summary_take(host, false);
  if (!failed) failed = xlgc__host_summary_hold_weak(host);
  if (!failed) failed = xlgc__host_summary_commit(host);
  xlgc__host_engine_give(host);
  return failed;
}

int xlgc__host_summary_answer(xlgc_host *host) {
  if (host->adapter->flags & XLGC_HOST_SILENT) return XLGC_E_STATE;
  int answer = xlgc__host_engine_take_own(host);
  if (answer) return answer;
  do
    answer = xlgc__host_late_go_on(host);
  while (answer > 0 && host->late.phase);
  bool is_weak = !answer && host->is_weak;
  if (is_weak) answer = xlgc__host_summary_take(host, true);
  if (is_weak && !answer) answer = xlgc__host_summary_hold_weak(host);
  if (is_weak && !answer) answer = xlgc__host_summary_commit(host);
  xlgc__host_engine_give(host);
  return answer;
}
