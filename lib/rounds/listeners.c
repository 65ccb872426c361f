#include <config.h>

#include "rounds/listeners.h"

#include <stddef.h>

/* By number. */
static const struct {
  const char *name;
  size_t offset;
} works[XLGC_WORKS] = {
    [XLGC_WORK_STEP] = {"step", offsetof(xlgc_listener, step)},
    [XLGC_WORK_ROUND] = {"round", offsetof(xlgc_listener, round)},
    [XLGC_WORK_ORPHANS] = {"orphans", offsetof(xlgc_listener, orphans)},
    [XLGC_WORK_STALL] = {"stall", offsetof(xlgc_listener, stall)},
    [XLGC_WORK_SUMMARY] = {"summary", offsetof(xlgc_listener, summary)},
    [XLGC_WORK_STOP] = {"stop", offsetof(xlgc_listener, stop)},
    [XLGC_WORK_COLLECTION] = {"collection", offsetof(xlgc_listener, collection)},
};

/* How many functions of listeners this thread is inside of. */
static _Thread_local unsigned hearing;

const char *xlgc__listeners_work_name(int work) { return work >= 0 && work < XLGC_WORKS ? works[work].name : NULL; }

static xlgc_hear *hear_of(const xlgc_listener *listener, int work) {
  return *(xlgc_hear *const *)((const char *)listener + works[work].offset);
}

/* The place of a listener, or for NULL a free one; XLGC__LISTENERS_MAX: there is none. Lock taken. */
static unsigned find(const xlgc__listeners *listeners, const xlgc_listener *listener) {
  unsigned i = 0;
  while (i < XLGC__LISTENERS_MAX &&
         (listeners->places[i].listener != listener || (!listener && listeners->places[i].calls)))
    i++;
  return i;
}

/* Lock taken. */
static void note_heard(xlgc__listeners *listeners) {
  unsigned heard = 0;
  for (unsigned i = 0; i < XLGC__LISTENERS_MAX; i++)
    for (int work = 0; listeners->places[i].listener && work < XLGC_WORKS; work++)
      heard |= (unsigned)(hear_of(listeners->places[i].listener, work) != NULL) << work;
  atomic_store_explicit(&listeners->heard, heard, memory_order_relaxed);
}

int xlgc__listeners_add(xlgc__listeners *listeners, const xlgc_listener *listener) {
  xlgc__mutex_lock(listeners->lock);
  bool is_there = find(listeners, listener) < XLGC__LISTENERS_MAX;
  unsigned place = find(listeners, NULL);
  int failed = is_there ? XLGC_E_STATE : place == XLGC__LISTENERS_MAX ? XLGC_E_FULL : 0;
  if (!failed) listeners->places[place].listener = listener;
  note_heard(listeners);
  xlgc__mutex_unlock(listeners->lock);
  return failed;
}

/* A thread inside of a listener's function does not wait: that may be its own. Lock taken. */
static void clear(xlgc__listeners *listeners, unsigned place) {
  listeners->places[place].listener = NULL;
  note_heard(listeners);
  while (listeners->places[place].calls && !hearing)
    xlgc__condition_wait(listeners->progress, listeners->lock);
}

void xlgc__listeners_end(xlgc__listeners *listeners) {
  xlgc__mutex_lock(listeners->lock);
  for (unsigned i = 0; i < XLGC__LISTENERS_MAX; i++)
    clear(listeners, i);
  xlgc__mutex_unlock(listeners->lock);
}

int xlgc__listeners_remove(xlgc__listeners *listeners, const xlgc_listener *listener) {
  if (hearing) return XLGC_E_DEADLOCK;
  xlgc__mutex_lock(listeners->lock);
  unsigned place = find(listeners, listener);
  int failed = place == XLGC__LISTENERS_MAX ? XLGC_E_UNKNOWN : 0;
  if (!failed) clear(listeners, place);
  xlgc__mutex_unlock(listeners->lock);
  return failed;
}

/* Without the lock meanwhile. */
static void call(xlgc__listeners *listeners, unsigned place, const xlgc_moment *moment) {
  const xlgc_listener *listener = listeners->places[place].listener;
  xlgc_hear *hear = listener ? hear_of(listener, moment->work) : NULL;
  if (!hear) return;
  listeners->places[place].calls++;
  xlgc__mutex_unlock(listeners->lock);
  hearing++;
  hear(listener->data, moment);
  hearing--;
  xlgc__mutex_lock(listeners->lock);
  if (!--listeners->places[place].calls) xlgc__condition_wake_all(listeners->progress);
}

void xlgc__listeners_call(xlgc__listeners *listeners, int work, bool ends, const char *name, uint64_t count) {
  const xlgc_moment moment = {
      .work = work, .ends = ends, .time_ns = listeners->clock_ns(), .count = count, .name = name ? name : ""};
  xlgc__mutex_lock(listeners->lock);
  for (unsigned i = 0; i < XLGC__LISTENERS_MAX; i++)
    call(listeners, i, &moment);
  xlgc__mutex_unlock(listeners->lock);
}
