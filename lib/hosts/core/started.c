#include <config.h>

#include "hosts/core/started.h"

#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/objects.h"

/* ------------------------------------------------------------------ records */

static uint64_t next_serial;

/* So many exports may wait as long for a collection as an engine, for what they cost. */
enum { WEIGHT = 16 };

static void count(xlgc__host_group *group, const xlgc__host_started *started, size_t more) {
  if (!started->from) return;
  atomic_fetch_add_explicit(&group->exports, more, memory_order_relaxed);
  if (started->born == atomic_load_explicit(&group->serial, memory_order_relaxed))
    atomic_fetch_add_explicit(&group->young, more, memory_order_relaxed);
}

static xlgc__host_started *add_locked(xlgc__host_group *group, const xlgc_language *language, void *engine) {
  xlgc__host_started *made = group ? xlgc__host_memory_zeroed(sizeof *made) : NULL;
  if (!made) return NULL;
  made->language = language;
  made->engine = engine;
  made->serial = ++next_serial;
  DL_PREPEND(group->started, made);
  return made;
}

static void want_locked(xlgc__host_group *group, xlgc__host_started *started) {
  group->ends_wanted += !started->is_wanted;
  started->is_wanted = true;
}

static void remove_locked(xlgc__host_group *group, xlgc__host_started *started) {
  group->ends_wanted -= started->is_wanted;
  count(group, started, -(size_t)WEIGHT);
  DL_DELETE(group->started, started);
  free(started);
}

int xlgc__host_started_add(xlgc_pool *pool, xlgc_host *from, const xlgc_language *language, void *engine,
                           xlgc_id object, uint64_t *serial) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  xlgc__host_started *made = add_locked(group, language, engine);
  if (made) {
    const xlgc__host_object *found = xlgc__host_objects_find_locked(group, object);
    made->from = from;
    made->face = from ? object : XLGC_ID_NONE; /* a program holds it */
    made->host = found && found->own ? found->own->host : NULL;
    made->born = atomic_load_explicit(&group->serial, memory_order_relaxed);
    count(group, made, WEIGHT);
    *serial = made->serial;
  }
  xlgc__host_lock_release();
  return made ? 0 : XLGC_E_NOMEM;
}

void xlgc__host_started_forget_host_locked(const xlgc_host *host) {
  xlgc__host_started *started;
  DL_FOREACH(host->group->started, started) {
    if (started->host == host) started->host = NULL;
  }
}

/* ------------------------------------------------------------------- faces */

static xlgc_id take_face_locked(xlgc__host_started *started) {
  xlgc_id face = started->face;
  started->face = XLGC_ID_NONE;
  return face;
}

static xlgc_id take_face_of(const xlgc_host *from) {
  xlgc__host_started *started;
  xlgc_id face = XLGC_ID_NONE;
  xlgc__host_lock_acquire();
  DL_FOREACH(from->group->started, started) {
    if (started->from == from && (face = take_face_locked(started)) != XLGC_ID_NONE) break;
  }
  xlgc__host_lock_release();
  return face;
}

void xlgc__host_started_received(const xlgc_host *from) {
  for (xlgc_id face; (face = take_face_of(from)) != XLGC_ID_NONE;)
    (void)xlgc_unpin(from->context, face);
}

static void unpin_here(xlgc_pool *pool, xlgc_id face) {
  xlgc_context *context;
  if (face != XLGC_ID_NONE && !xlgc_context_here(pool, &context)) (void)xlgc_unpin(context, face);
}

/* --------------------------------------------------------------------- ends */

/* The language's function looks into its engine, so this thread has that. What has ended is no host any more. */
static int end_engine(const xlgc__host_started *started, xlgc_host *host) {
  int failed = started->language->end(started->engine);
  if (failed && host) xlgc__host_engine_give(host);
  return failed;
}

/* Ends one that `fits`, and is not ending already. Returns 0 when there was none; 1 when it has ended; XLGC_E_BUSY when
 * it is in a call, and its end is wanted from now on if the caller insists; or what the language answers. */
static int end_one(xlgc_pool *pool, bool (*fits)(const xlgc__host_started *started, void *which), void *which,
                   bool insists) {
  xlgc__host_started *started = NULL;
  xlgc_host *host = NULL;
  int failed = 0;
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  if (group) {
    DL_FOREACH(group->started, started) {
      if (!started->is_ending && fits(started, which)) break;
    }
  }
  if (started) {
    started->is_ending = true;
    group->users++;
    host = started->host;
    failed = host ? xlgc__host_engine_take_locked(host) : 0;
  }
  xlgc__host_lock_release();
  if (!started) return 0;
  if (!failed) failed = end_engine(started, host);
  xlgc__host_lock_acquire();
  started->is_ending = false;
  if (failed == XLGC_E_BUSY && insists) want_locked(group, started);
  xlgc_id face = failed ? XLGC_ID_NONE : take_face_locked(started);
  if (!failed) remove_locked(group, started);
  xlgc_pool *let_go = xlgc__host_groups_leave_locked(group);
  xlgc__host_lock_release();
  unpin_here(pool, face);
  xlgc_pool_release(let_go);
  return failed ? failed : 1;
}

static bool has_serial(const xlgc__host_started *started, void *serial) {
  return started->serial == *(uint64_t *)serial;
}

int xlgc__host_started_end(xlgc_pool *pool, uint64_t serial) {
  int result = end_one(pool, has_serial, &serial, true);
  return result == XLGC_E_BUSY ? 1 : result < 0 ? result : 0;
}

static bool is_engine(const xlgc__host_started *started, void *engine) {
  return !started->from && started->engine == engine;
}

int xlgc__host_started_end_other(xlgc_pool *pool, const xlgc_language *language, void *engine) {
  int result = end_one(pool, is_engine, engine, true);
  if (result) return result == XLGC_E_BUSY ? 1 : result < 0 ? result : 0;
  int failed = language->end(engine);
  if (failed != XLGC_E_BUSY) return failed;
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  xlgc__host_started *made = add_locked(group, language, engine);
  if (made) want_locked(group, made);
  xlgc__host_lock_release();
  return made ? 1 : failed;
}

static bool was_asked_for_by(const xlgc__host_started *started, void *from) { return started->from == from; }

int xlgc__host_started_end_all(xlgc_host *from) {
  int result;
  while ((result = end_one(from->group->pool, was_asked_for_by, from, true)) == 1) {
  }
  return result;
}

/* -------------------------------------------------------------------- uses */

static int find_locked(const xlgc__host_group *group, uint64_t serial, xlgc__host_started *out) {
  const xlgc__host_started *started = group ? group->started : NULL;
  while (started && started->serial != serial)
    started = started->next;
  if (!started || started->is_ending || !started->host || started->host->is_closing) return XLGC_E_STALE;
  *out = *started;
  atomic_fetch_add_explicit(&out->host->depth, 1, memory_order_relaxed);
  return 0;
}

static void count_out(xlgc_host *host) { atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release); }

int xlgc__host_started_use(xlgc_pool *pool, uint64_t serial, xlgc__host_started *out) {
  xlgc__host_lock_acquire();
  int failed = find_locked(xlgc__host_groups_find_locked(pool), serial, out);
  xlgc__host_lock_release();
  if (failed) return failed;
  failed = xlgc__host_engine_take(out->host);
  if (failed) count_out(out->host);
  return failed;
}

void xlgc__host_started_leave(const xlgc__host_started *used) {
  xlgc__host_engine_give(used->host);
  count_out(used->host);
}

/* ---------------------------------------------------------------- unreached */

uint64_t xlgc__host_started_serial(const xlgc_host *host) {
  uint64_t serial = 0;
  if (host->adapter->flags & XLGC_HOST_ANY_THREAD) return serial;
  xlgc__host_lock_acquire();
  const xlgc__host_started *started;
  DL_FOREACH(host->group->started, started) {
    if (started->host == host && started->from && !started->is_ending) serial = started->serial;
  }
  xlgc__host_lock_release();
  return serial;
}

const xlgc_host *xlgc__host_started_by(const xlgc_host *from, unsigned which) {
  const xlgc_host *host = NULL;
  xlgc__host_lock_acquire();
  const xlgc__host_started *started;
  DL_FOREACH(from->group->started, started) {
    if (started->from != from || !started->host || which--) continue;
    host = started->host;
    break;
  }
  xlgc__host_lock_release();
  return host;
}

void xlgc__host_started_end_unreached(xlgc_pool *pool, uint64_t serial) {
  (void)end_one(pool, has_serial, &serial, false);
}

/* ------------------------------------------------------------------- wanted */

/* Older than the one before, *below: so that each is tried once, and those that are busy still, or another thread's,
 * are left for the next time. */
static bool is_wanted_below(const xlgc__host_started *started, void *below) {
  uint64_t *serial = below;
  if (!started->is_wanted || started->serial >= *serial) return false;
  *serial = started->serial;
  return true;
}

void xlgc__host_started_end_wanted(xlgc_pool *pool) {
  uint64_t below = UINT64_MAX;
  while (end_one(pool, is_wanted_below, &below, true)) {
  }
}
