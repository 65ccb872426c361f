#include <config.h>

#include "hosts/core/pacing.h"

#include <time.h>

/* So many exports more are no reason to collect. */
enum { FLOOR = 1000 };

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static size_t grown(size_t estimate, size_t percent) { return estimate + estimate / 100 * percent + FLOOR; }

static bool is_old(const xlgc__host_group *group, size_t count, uint64_t max_age_ns) {
  return max_age_ns && count != group->pace.estimate && now_ns() - group->pace.last_ns >= max_age_ns;
}

bool xlgc__host_pacing_is_due(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  size_t count = atomic_load_explicit(&group->exports, memory_order_relaxed);
  if (!group->pace.last_ns) group->pace.last_ns = now_ns();
  if (!group->pace.threshold) group->pace.threshold = grown(0, 0);
  bool due =
      group->pause && !group->collector && (count >= group->pace.threshold || is_old(group, count, group->max_age_ns));
  xlgc__host_lock_release();
  return due;
}

void xlgc__host_pacing_note(xlgc__host_group *group, int result) {
  xlgc__host_lock_acquire();
  size_t count = atomic_load_explicit(&group->exports, memory_order_relaxed);
  group->pace.last_ns = now_ns();
  group->pace.threshold = result < 0 ? grown(count, group->pause / 2) : grown(count, group->pause);
  group->pace.estimate = count;
  group->pace.collections += result >= 0;
  xlgc__host_lock_release();
}
