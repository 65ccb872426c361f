#include <config.h>

#include "hosts/core/pacing.h"

#include <xlgc/listen.h>

#include "hosts/core/clock.h"

/* So many exports more are no reason to collect. A rest ends with EXTRA more than are one. */
enum { FLOOR = 1000, EXTRA = 16000 };
/* The average of a part's length is of the last 2^AVERAGED. */
enum { AVERAGED = 3 };

static size_t grown(size_t count, size_t percent) { return count + count / 100 * percent + FLOOR; }

static size_t count_exports(const xlgc__host_group *group) {
  return atomic_load_explicit(&group->exports, memory_order_relaxed);
}

/* What took so long is to be no more than a share of the time. Frames say themselves how long parts may take: there it
 * is the whole collection that is followed by a rest. */
static void rest(xlgc__host_group *group, uint64_t taken_ns, bool is_last) {
  unsigned share = group->config.share;
  bool is_in_frame = atomic_load_explicit(&group->is_in_frame, memory_order_relaxed);
  group->pace.taken_ns += taken_ns;
  if (!share || (is_in_frame && !is_last)) return;
  group->pace.rests_until_ns = xlgc__host_clock_ns() + group->pace.taken_ns / share * (100 - share);
  group->pace.taken_ns = 0;
}

static bool rests(const xlgc__host_group *group) {
  return group->config.share && xlgc__host_clock_ns() < group->pace.rests_until_ns;
}

static bool is_old(const xlgc__host_group *group) {
  return group->config.max_age_ns && xlgc__host_clock_ns() - group->pace.last_ns >= group->config.max_age_ns;
}

/* By how many times EXTRA exports it is late. */
static size_t late_by(const xlgc__host_group *group) {
  size_t count = count_exports(group);
  return count > group->pace.threshold ? (count - group->pace.threshold) / EXTRA : 0;
}

/* It can wait no longer for a frame that has the time: so many parts are to come in this one, whatever that takes. */
static unsigned urgent_parts(const xlgc__host_group *group) {
  bool is_too_old =
      group->config.max_age_ns && xlgc__host_clock_ns() - group->pace.last_ns >= 2 * group->config.max_age_ns;
  size_t late = late_by(group);
  if (late > UINT8_MAX) late = UINT8_MAX;
  return late ? (unsigned)(late * late) : is_too_old;
}

bool xlgc__host_pacing_is_due(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  if (!group->pace.threshold) {
    group->pace.last_ns = xlgc__host_clock_ns();
    group->pace.threshold = grown(0, 0);
  }
  bool has_grown = count_exports(group) >= group->pace.threshold;
  bool rests_now = rests(group) && count_exports(group) < group->pace.threshold + EXTRA;
  bool is_wanted = group->config.pause && group->config.mode == XLGC_HOSTS_AUTOMATIC;
  bool due = is_wanted && !group->collector && (has_grown || is_old(group) || group->pace.is_begun) && !rests_now;
  xlgc__host_lock_release();
  return due;
}

/* Of what was exported since the collection was begun nothing is known yet. */
static size_t count_survivors(const xlgc__host_group *group) {
  size_t count = count_exports(group), young = atomic_load_explicit(&group->young, memory_order_relaxed);
  return !group->pace.is_begun ? count : young < count ? count - young : 0;
}

/* A collection that goes on is told once. */
static void tell_of_collection(xlgc__host_group *group, bool ends) {
  xlgc__host_lock_acquire();
  bool changes = group->pace.is_told == ends;
  group->pace.is_told = !ends;
  xlgc__host_lock_release();
  if (changes) (void)xlgc_tell(group->pool, XLGC_WORK_COLLECTION, ends, NULL, 0);
}

void xlgc__host_pacing_begin_stop(xlgc__host_group *group) {
  tell_of_collection(group, false);
  (void)xlgc_tell(group->pool, XLGC_WORK_STOP, false, NULL, 0);
}

void xlgc__host_pacing_end_stop(xlgc__host_group *group, int result) {
  (void)xlgc_tell(group->pool, XLGC_WORK_STOP, true, NULL, 0);
  if (result <= 0) tell_of_collection(group, true);
}

void xlgc__host_pacing_note(xlgc__host_group *group, int result) {
  xlgc__host_lock_acquire();
  group->pace.last_ns = xlgc__host_clock_ns();
  group->pace.threshold = grown(count_survivors(group), result < 0 ? group->config.pause / 2 : group->config.pause);
  group->pace.is_begun = false;
  xlgc__host_lock_release();
}

/* Unless this is another part of it. */
static void begin_collection(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  if (!group->pace.is_begun) {
    group->pace.is_begun = true;
    group->pace.is_listed = group->pace.is_deciding = group->pace.has_refused = group->pace.decides_at_once = false;
    atomic_fetch_add_explicit(&group->serial, 1, memory_order_relaxed);
    atomic_store_explicit(&group->young, 0, memory_order_relaxed);
  }
  xlgc__host_lock_release();
}

/* Parts are of much the same length, unless a verdict had to come at once. */
static void note_part(xlgc__host_group *group, uint64_t taken_ns, bool is_last) {
  group->pace.part_ns += (taken_ns >> AVERAGED) - (group->pace.part_ns >> AVERAGED);
  if (group->pace.longest_ns < taken_ns) group->pace.longest_ns = taken_ns;
  if (!is_last) return;
  group->pace.at_once_ns = group->pace.decides_at_once ? group->pace.longest_ns : 0;
  group->pace.longest_ns = 0;
}

/* Of the next part, on the long side. */
static uint64_t expected_ns(const xlgc__host_group *group) {
  if (group->pace.at_once_ns) return group->pace.at_once_ns;
  return group->pace.walk_ns > 2 * group->pace.part_ns ? group->pace.walk_ns : 2 * group->pace.part_ns;
}

int xlgc__host_pacing_run(xlgc__host_group *group, int (*collect)(xlgc_pool *pool)) {
  uint64_t start_ns = xlgc__host_clock_ns();
  xlgc__host_pacing_begin_stop(group);
  begin_collection(group);
  int result = collect(group->pool);
  if (result <= 0) xlgc__host_pacing_note(group, result);
  xlgc__host_lock_acquire();
  uint64_t taken_ns = xlgc__host_clock_ns() - start_ns;
  rest(group, taken_ns, result <= 0);
  note_part(group, taken_ns, result <= 0);
  xlgc__host_lock_release();
  xlgc__host_pacing_end_stop(group, result);
  return result;
}

void xlgc__host_pacing_wait(xlgc__host_group *group) {
  enum { MOST_MS = 10, MS_NS = 1000000 };
  xlgc__host_lock_acquire();
  size_t late = late_by(group);
  xlgc__host_lock_release();
  size_t ms = late > MOST_MS ? MOST_MS : late * late;
  if (ms) xlgc__host_clock_sleep_ns((ms > MOST_MS ? MOST_MS : ms) * MS_NS);
}

/* ---------------------------------------------------------------- frames */

/* A program whose last frame is so long ago has no more of them. What is late by so many times EXTRA exports is not
 * left to frames, though they come. */
enum { FRAME_MAX_NS = 1000000000, LATE_MAX = 4 };

uint64_t xlgc__host_pacing_begin_frame(xlgc__host_group *group, uint64_t ns) {
  uint64_t start_ns = xlgc__host_clock_ns();
  xlgc__host_lock_acquire();
  group->pace.frames_until_ns = start_ns + FRAME_MAX_NS;
  group->pace.frame_exports = count_exports(group);
  xlgc__host_lock_release();
  atomic_store_explicit(&group->is_in_frame, true, memory_order_relaxed);
  atomic_store_explicit(&group->has_frames, true, memory_order_relaxed);
  return ns < UINT64_MAX - start_ns ? start_ns + ns : UINT64_MAX;
}

void xlgc__host_pacing_end_frame(xlgc__host_group *group) {
  atomic_store_explicit(&group->is_in_frame, false, memory_order_relaxed);
}

unsigned xlgc__host_pacing_urgent_parts(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  unsigned parts = urgent_parts(group);
  xlgc__host_lock_release();
  return parts;
}

bool xlgc__host_pacing_fits(xlgc__host_group *group, uint64_t end_ns) {
  uint64_t now = xlgc__host_clock_ns();
  xlgc__host_lock_acquire();
  bool fits = now < end_ns && end_ns - now >= group->pace.at_once_ns;
  xlgc__host_lock_release();
  return fits;
}

void xlgc__host_pacing_limit_walks(xlgc__host_group *group, uint64_t end_ns) {
  xlgc__host_lock_acquire();
  group->pace.walks_until_ns = end_ns;
  xlgc__host_lock_release();
}

bool xlgc__host_pacing_puts_off(xlgc__host_group *group, uint64_t walk_ns) {
  uint64_t now = walk_ns ? xlgc__host_clock_ns() : 0;
  xlgc__host_lock_acquire();
  uint64_t end_ns = group->pace.walks_until_ns;
  xlgc__host_lock_release();
  return walk_ns && end_ns && (now >= end_ns || end_ns - now < walk_ns);
}

bool xlgc__host_pacing_is_left_to_frames(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  /* What has become urgent since the last frame, which knew of no more than so many. */
  bool is_new = late_by(group) && count_exports(group) >= group->pace.frame_exports + EXTRA;
  bool is_left = xlgc__host_clock_ns() < group->pace.frames_until_ns && !is_new && late_by(group) < LATE_MAX;
  xlgc__host_lock_release();
  atomic_store_explicit(&group->has_frames, is_left, memory_order_relaxed);
  return is_left;
}

uint64_t xlgc__host_pacing_expected_ns(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  uint64_t ns = expected_ns(group);
  xlgc__host_lock_release();
  return ns;
}
