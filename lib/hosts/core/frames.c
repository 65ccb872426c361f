/* What is due, in a budget of time: for programs with a main loop. */
#include <config.h>

#include "hosts/core/clock.h"
#include "hosts/core/collect.h"
#include "hosts/core/groups.h"
#include "hosts/core/pacing.h"
#include "hosts/core/visits.h"

/* Collects, if that is due, while there is more to do than to wait and a part is expected to be over at `end_ns`. What
 * can wait no longer gets a part in each frame, or some. Returns 0, or a negative code that is no refusal. */
static int collect(xlgc__host_group *group, uint64_t end_ns) {
  int result = 1;
  unsigned parts = xlgc__host_pacing_urgent_parts(group);
  while (result == 1 && xlgc__host_pacing_is_due(group) && (parts || xlgc__host_pacing_fits(group, end_ns))) {
    xlgc__host_pacing_limit_walks(group, parts ? 0 : end_ns);
    result = xlgc__host_pacing_run(group, xlgc__host_collect_by_itself);
    parts -= parts > 0;
  }
  xlgc__host_pacing_limit_walks(group, 0);
  return result < 0 && result != XLGC_E_BUSY ? result : 0;
}

/* Messages, a few of each engine at a time. Returns 1 when there are more, or a negative code. */
static int dispatch(xlgc__host_group *group, uint64_t end_ns) {
  int more;
  do
    more = xlgc__host_collect_dispatch(group->pool);
  while (more > 0 && xlgc__host_clock_ns() < end_ns);
  return more;
}

static int work(xlgc__host_group *group, uint64_t ns) {
  uint64_t end_ns = xlgc__host_pacing_begin_frame(group, ns);
  int left = xlgc_step_for(group->pool, ns / 2);
  if (left < 0 && left != XLGC_E_HELD) return left;
  int more = dispatch(group, end_ns);
  int failed = more < 0 ? more : collect(group, end_ns);
  return failed ? failed : left > 0 || more || xlgc__host_pacing_is_due(group);
}

int xlgc_hosts_frame(xlgc_pool *pool, uint64_t ns) {
  if (!pool) return XLGC_E_INVAL;
  if (xlgc__host_visits_depth()) return xlgc_hosts_refuse("a visit is open on this thread");
  xlgc__host_group *group = xlgc__host_groups_use(pool);
  if (!group) return xlgc_step_for(pool, ns);
  int result = work(group, ns);
  xlgc__host_pacing_end_frame(group);
  xlgc__host_groups_leave(group);
  return result;
}

int xlgc_hosts_due(xlgc_pool *pool, uint64_t *ns) {
  if (!pool || !ns) return XLGC_E_INVAL;
  *ns = 0;
  xlgc__host_group *group = xlgc__host_groups_use(pool);
  if (!group) return 0;
  bool is_due = xlgc__host_pacing_is_due(group);
  if (is_due) *ns = xlgc__host_pacing_expected_ns(group);
  xlgc__host_groups_leave(group);
  return is_due;
}
