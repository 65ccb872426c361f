#include <config.h>

#include "hosts/core/safepoint.h"

#include "hosts/core/bell.h"
#include "hosts/core/collect.h"
#include "hosts/core/engine.h"
#include "hosts/core/handover.h"
#include "hosts/core/image.h"
#include "hosts/core/letting.h"
#include "hosts/core/pacing.h"
#include "hosts/core/summary.h"

/* ---------------------------------------------------------------- answering */

/* Silent engines are summarised with all others only. */
void xlgc__host_safepoint_reach(xlgc_host *host) {
  if (!atomic_load_explicit(&host->is_asked, memory_order_relaxed) || host->is_closing || host->busy) return;
  int answer = xlgc__host_summary_answer(host);
  bool is_over = !answer || answer == XLGC_E_STATE || answer == XLGC_E_SHUTDOWN;
  atomic_store_explicit(&host->is_asked, !is_over, memory_order_relaxed);
}

/* ------------------------------------------------------------------- steps */

static unsigned load(const _Atomic unsigned *number) { return atomic_load_explicit(number, memory_order_relaxed); }

static void step(xlgc_host *host, unsigned visits) {
  xlgc__host_group *group = host->group;
  xlgc__host_letting_look(host);
  if (xlgc__host_pacing_is_left_to_frames(group)) return;
  (void)xlgc_step(group->pool, (uint64_t)visits * load(&group->step_multiplier));
  if (xlgc__host_engine_enter(host)) return;
  (void)xlgc__host_handover_dispatch_entered(host, XLGC__HOST_HANDOVER_SOME);
  xlgc__host_engine_leave(host);
  if (!xlgc__host_pacing_is_due(group)) return;
  int result = xlgc__host_pacing_run(group, xlgc__host_collect_by_itself);
  if (result == XLGC__HOST_IMAGE_RUNS) xlgc__host_pacing_wait(group);
}

void xlgc__host_safepoint_pass(xlgc_host *host) {
  unsigned size = load(&host->group->step_size), proposed = load(&host->proposed_count), visits = ++host->ends;
  if (!size || (visits < size && proposed < size) || host->busy || host->is_closing || host->is_stepping) return;
  if (xlgc_host_mode(host) == XLGC_HOSTS_OFF) return;
  host->ends = 0;
  host->is_stepping = true;
  step(host, visits > proposed ? visits : proposed);
  host->is_stepping = false;
}

static int dispatch_entered(xlgc_host *host, size_t max) {
  xlgc__host_letting_propose_outside(host);
  xlgc__host_letting_look(host);
  int count = xlgc__host_handover_dispatch_entered(host, max);
  if (count < 0 || atomic_load_explicit(&host->depth, memory_order_relaxed)) return count;
  xlgc__host_safepoint_reach(host);
  xlgc__host_bell_hang(host);
  return count;
}

int xlgc_host_dispatch(xlgc_host *host, size_t max) {
  if (!host) return XLGC_E_INVAL;
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  int failed = xlgc__host_engine_take_own(host);
  if (!failed) failed = xlgc__host_engine_enter_taken(host);
  if (failed) return failed;
  int count = dispatch_entered(host, max);
  xlgc__host_engine_leave(host);
  return count;
}
