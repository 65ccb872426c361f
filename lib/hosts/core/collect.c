/* Collecting: summaries of all engines of a pool that this thread may enter, the pool's verdict on them, and each
 * engine's own collection. An engine that another thread has, or that belongs to one, is left out: what the pool has of
 * it stays, so all that it may hold is held. It is asked to say anew what that is, at its next safe point. */
#include <config.h>

#include "hosts/core/collect.h"

#include <stdio.h>
#include <string.h>

#include "hosts/core/bell.h"
#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/image.h"
#include "hosts/core/late.h"
#include "hosts/core/letting.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/pacing.h"
#include "hosts/core/refusal.h"
#include "hosts/core/started.h"
#include "hosts/core/summary.h"
#include "hosts/core/unreached.h"

enum { REDONE_MAX = 8, WAVES_MAX = 64, PART_UNITS = 1 << 15, PART_MESSAGES = 1024 };

typedef struct participants {
  xlgc__host_group *group;
  unsigned count;          /* whose engines were taken */
  unsigned left_out_count; /* the last ones of `members` */
  unsigned room;
  bool are_taken;
  bool is_quick;     /* the summaries are to be */
  bool names;        /* those that are left out */
  unsigned serial;   /* of the collection that comes by itself */
  uint64_t unpinned; /* by those that are participants no more */
  struct member {
    xlgc_host *host;
    uint64_t epoch;
    bool is_refused; /* it has no summary now, and what the pool has of it stays */
    bool is_late;    /* its summary is that of an image, and is not taken again */
    xlgc_id bell;    /* of one that was left out, which has no host here */
    uint64_t ends;   /* the record of its engine, if that is to end */
  } members[];
} participants;

static bool is_silent(const xlgc_host *host) { return host->adapter->flags & XLGC_HOST_SILENT; }

/* "lua, mozjs" becomes longer by a name. Without memory it stays as it is. */
static void name_left_out_locked(xlgc__host_group *group, const char *name) {
  const char *before = group->left_out ? group->left_out : "";
  size_t size_bytes = strlen(before) + strlen(name) + sizeof ", ";
  char *names = xlgc__host_memory_zeroed(size_bytes);
  if (!names) return;
  snprintf(names, size_bytes, "%s%s%s", before, *before ? ", " : "", name);
  free(group->left_out);
  group->left_out = names;
}

/* It is not to be looked into by a collection that comes by itself, and is not asked for a summary. */
static void leave_out_locked(participants *all, const xlgc_host *host) {
  if (all->names) name_left_out_locked(all->group, host->adapter->name);
  all->members[all->room - ++all->left_out_count].bell = XLGC_ID_NONE;
}

/* Those that are taken cannot be closed until participants_free. Others can: a thread may end its engine at any
 * time. */
static void add_locked(participants *all, xlgc_host *host) {
  if (!xlgc__host_engine_take_locked(host)) {
    atomic_fetch_add_explicit(&host->depth, 1, memory_order_relaxed);
    all->members[all->count++].host = host;
  } else {
    if (all->names) name_left_out_locked(all->group, host->adapter->name);
    all->members[all->room - ++all->left_out_count].bell = xlgc__host_bell_ask_locked(host);
  }
}

/* It is a participant no more. */
static void part_with(participants *all, unsigned which) {
  xlgc_host *host = all->members[which].host;
  all->unpinned += atomic_load_explicit(&host->unpinned, memory_order_relaxed);
  if (all->are_taken) xlgc__host_engine_give(host);
  atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release);
  for (unsigned i = which + 1; i < all->count; i++)
    all->members[i - 1] = all->members[i];
  all->members[--all->count].host = NULL;
}

/* What code of a silent engine has done is known only when no engine runs. */
static void leave_silent_out_locked(participants *all) {
  for (unsigned i = all->count; i-- > 0;)
    if (is_silent(all->members[i].host)) part_with(all, i);
}

static int look_at_collection_locked(void *group) { return ((xlgc__host_group *)group)->collector ? XLGC_E_BUSY : 0; }

/* How participants are found. */
enum {
  WAITS = 1,    /* for another thread's collection, instead of being refused */
  NAMES = 2,    /* it is a collection: those that are left out are named */
  BY_ITSELF = 4 /* without those that are to be collected by hand */
};

/* Another thread's collection is waited for, unless it may wait for this thread. *let_go: a pool to be released. */
static int await_collection_locked(xlgc__host_group *group, unsigned how, xlgc_pool **let_go) {
  if (!group->collector) return 0;
  if (!(how & WAITS) || group->collector == xlgc__host_engine_thread() || xlgc__host_engine_is_in_any_locked(group))
    return xlgc_hosts_refuse(XLGC__HOST_REFUSAL_NESTED);
  group->users++;
  int failed = xlgc__host_engine_wait_locked(group, look_at_collection_locked, group);
  *let_go = xlgc__host_groups_leave_locked(group);
  return failed;
}

/* All hosts of a pool. *out: NULL when there are none. */
static int participants_find(xlgc_pool *pool, unsigned how, participants **out) {
  int failed = 0;
  participants *all = NULL;
  xlgc_pool *let_go = NULL;
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  if (group) failed = await_collection_locked(group, how, &let_go);
  group = xlgc__host_groups_find_locked(pool);
  if (group && !failed) {
    all = xlgc__host_memory_zeroed(sizeof *all + group->users * sizeof all->members[0]);
    if (!all) failed = XLGC_E_NOMEM;
  }
  if (all) {
    all->group = group;
    all->room = group->users;
    all->names = how & NAMES;
    all->serial = atomic_load_explicit(&group->serial, memory_order_relaxed);
    if (all->names) free(group->left_out), group->left_out = NULL;
    all->are_taken = true;
    group->collector = xlgc__host_engine_thread();
    group->users++; /* its hosts may all be other threads', and be closed meanwhile */
    xlgc_host *host;
    DL_FOREACH(group->hosts, host) {
      if (host->is_closing) continue;
      if ((how & BY_ITSELF) && xlgc_host_mode(host) != XLGC_HOSTS_AUTOMATIC)
        leave_out_locked(all, host);
      else
        add_locked(all, host);
    }
    if (all->left_out_count) leave_silent_out_locked(all);
  }
  xlgc__host_lock_release();
  xlgc_pool_release(let_go);
  *out = all;
  return failed;
}

/* From then on other threads may have the engines. */
static void give_all(participants *all) {
  for (unsigned i = 0; all->are_taken && i < all->count; i++)
    xlgc__host_engine_give(all->members[i].host);
  all->are_taken = false;
}

static void participants_free(participants *all) {
  give_all(all);
  xlgc__host_lock_acquire();
  all->group->collector = 0;
  xlgc__host_lock_wake();
  for (unsigned i = 0; i < all->room; i++)
    if (all->members[i].host) atomic_fetch_sub_explicit(&all->members[i].host->depth, 1, memory_order_release);
  xlgc_pool *let_go = xlgc__host_groups_leave_locked(all->group);
  xlgc__host_lock_release();
  xlgc_pool_release(let_go);
  free(all);
}

/* ------------------------------------------------------------- left out */

/* Wakes the threads that wait for their mail. A bell that cannot be rung for lack of memory is made anew. */
static int wake_left_out(const participants *all, xlgc_pool *pool) {
  xlgc_context *context;
  if (!all->left_out_count) return 0;
  int failed = xlgc_context_here(pool, &context);
  for (unsigned i = all->room - all->left_out_count; !failed && i < all->room; i++)
    if (all->members[i].bell != XLGC_ID_NONE) (void)xlgc_unpin(context, all->members[i].bell);
  return failed;
}

int xlgc_hosts_left_out(xlgc_pool *pool, char *buffer, size_t size_bytes) {
  if (!pool || (size_bytes && !buffer)) return XLGC_E_INVAL;
  xlgc__host_lock_acquire();
  const xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  const char *names = group && group->left_out ? group->left_out : "";
  size_t length = strlen(names), copied = length < size_bytes ? length : size_bytes ? size_bytes - 1 : 0;
  if (size_bytes) {
    memcpy(buffer, names, copied);
    buffer[copied] = 0;
  }
  xlgc__host_lock_release();
  return (int)length;
}

/* ------------------------------------------------------------- summaries */

static bool has_silent(const participants *all) {
  unsigned i = 0;
  while (i < all->count && !is_silent(all->members[i].host))
    i++;
  return i < all->count;
}

/* A collection that comes by itself goes on without an engine that cannot be summarised now, unless silent ones need
 * it. */
static int take_one(const participants *all, struct member *member) {
  if (member->is_late) return 0;
  int failed = xlgc__host_summary_take(member->host, all->is_quick);
  member->is_refused = failed == XLGC_E_BUSY && all->is_quick && !has_silent(all);
  member->is_late = !failed && member->host->late.phase;
  return member->is_refused ? 0 : failed;
}

/* Summaries of all engines. When an epoch changed between the first and the last of them, a ring may be missed; and
 * summaries of silent engines are wrong. */
static int take_all(participants *all) {
  int failed = 0;
  bool touched = true;
  for (unsigned tries = 0; touched && !failed && tries <= REDONE_MAX; tries++) {
    touched = false;
    for (unsigned i = 0; i < all->count; i++)
      all->members[i].epoch = xlgc__host_engine_epoch(all->members[i].host);
    for (unsigned i = 0; i < all->count && !failed; i++)
      failed = take_one(all, &all->members[i]);
    for (unsigned i = 0; i < all->count; i++)
      touched |= all->members[i].epoch != xlgc__host_engine_epoch(all->members[i].host);
  }
  if (failed || !touched || !has_silent(all)) return failed;
  return xlgc_hosts_refuse("objects go from engine to engine all the time");
}

static int commit_all(participants *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++)
    if (!all->members[i].is_refused) failed = xlgc__host_summary_commit(all->members[i].host);
  return failed;
}

/* From the verdict on, the root of a silent engine is linked to all there is in it. */
static int link_silent(participants *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count; i++) {
    xlgc_host *host = all->members[i].host;
    if (!is_silent(host)) continue;
    host->busy++;
    for (xlgc__host_node *node = host->nodes; node && !failed; node = node->next) {
      if (node->released || xlgc__host_nodes_is_idle(node)) continue;
      failed = xlgc__host_links_from_root(host, node);
      if (failed == XLGC_E_STALE) failed = 0;
    }
    host->busy--;
  }
  return failed;
}

/* What exports of an engine with weak references reach is held until the next collection. */
static int hold_weak(participants *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++)
    if (!all->members[i].is_refused) failed = xlgc__host_summary_hold_weak(all->members[i].host);
  return failed;
}

/* ------------------------------------------------------------- engines */

/* Calls what works on an engine that was entered, for each that this thread can have at once. */
static int each_engine(participants *all, int (*work)(xlgc_host *host)) {
  int result = 0;
  for (unsigned i = 0; i < all->count && result >= 0; i++) {
    xlgc_host *host = all->members[i].host;
    int answer = xlgc__host_engine_enter(host);
    if (answer == XLGC_E_BUSY && !all->are_taken) continue; /* another thread has it */
    if (!answer) {
      answer = work(host);
      xlgc__host_engine_leave(host);
    }
    if (answer < 0 || answer > result) result = answer;
  }
  return result;
}

/* An engine in the middle of something handles its messages later. */
static int unless_busy(int count) { return count < 0 && count != XLGC_E_BUSY ? count : 0; }

static int dispatch(xlgc_host *host) {
  int count = xlgc__host_handover_dispatch_entered(host, SIZE_MAX);
  return unless_busy(count);
}

static int collect_engine(xlgc_host *host) {
  int failed = host->adapter->collect ? host->adapter->collect(host->engine) : 0;
  xlgc__host_handover_unpin(host, SIZE_MAX);
  return failed > 0 ? 0 : failed;
}

/* What engines have asked for, they have received by now. */
static int receive(xlgc_host *host) {
  xlgc__host_started_received(host);
  return 0;
}

/* Only where a verdict can be given are links dropped for it. */
static int summarise_all(xlgc_pool *pool, participants *all) {
  int failed = xlgc_flush(pool);
  return failed ? failed : take_all(all);
}

static int drop_all(xlgc_pool *pool, participants *all) {
  int failed = each_engine(all, receive);
  if (!failed) failed = commit_all(all);
  return failed ? failed : wake_left_out(all, pool);
}

/* Finds the engines that languages have started, and that nothing reaches any more. They are to end before any code
 * runs. */
static void find_unreached(participants *all) {
  xlgc__host_unreached *engines = xlgc__host_memory_zeroed(all->count * sizeof *engines);
  for (unsigned i = 0; engines && i < all->count; i++)
    engines[i].host = all->members[i].host;
  if (engines && xlgc__host_unreached_find(engines, all->count))
    for (unsigned i = 0; i < all->count; i++) {
      all->members[i].ends = engines[i].ends;
      all->members[i].epoch = xlgc__host_engine_epoch(all->members[i].host);
    }
  free(engines);
}

/* One that was used by a finalizer of another stays until it is found anew. What they held is found by the next rounds:
 * returns 1 when there is any. */
static int end_unreached(xlgc_pool *pool, participants *all) {
  int ended = 0;
  for (unsigned i = all->count; i-- > 0;) {
    uint64_t serial = all->members[i].ends;
    if (!serial || all->members[i].epoch != xlgc__host_engine_epoch(all->members[i].host)) continue;
    part_with(all, i);
    xlgc__host_started_end_unreached(pool, serial);
    ended = 1;
  }
  return ended;
}

/* No engine runs code between its summary and the verdict. */
static int decide_now(xlgc_pool *pool, participants *all) {
  int failed = drop_all(pool, all);
  if (!failed) failed = xlgc_flush(pool);
  if (!failed) find_unreached(all);
  int refused = link_silent(all);
  if (!refused) refused = hold_weak(all);
  if (!failed) failed = refused;
  if (failed || !end_unreached(pool, all)) return failed;
  return xlgc_flush(pool);
}

/* Of orphans the pins are cut. */
static int release_orphans(xlgc_pool *pool, participants *all) {
  int failed = decide_now(pool, all);
  return failed ? failed : each_engine(all, dispatch);
}

static uint64_t count_ended(xlgc_host *host) {
  return host->statistics.let_go + atomic_load_explicit(&host->unpinned, memory_order_relaxed);
}

/* Returns 1 when there was anything to let go, or to unpin. */
static int let_go(xlgc_host *host) {
  uint64_t before = count_ended(host);
  /* What finalizers have used since the last look waits for another one. */
  xlgc__host_letting_look(host);
  xlgc__host_letting_look(host);
  int failed = dispatch(host);
  return failed ? failed : before != count_ended(host);
}

/* What the ends of exports have left, and what follows from that. */
static int work_off_left(xlgc_pool *pool, participants *all) {
  int more;
  do {
    more = xlgc_flush(pool);
    if (!more) more = each_engine(all, let_go);
  } while (more > 0);
  return more;
}

static uint64_t count_unpinned(const participants *all) {
  uint64_t count = all->unpinned;
  for (unsigned i = 0; i < all->count; i++)
    count += atomic_load_explicit(&all->members[i].host->unpinned, memory_order_relaxed);
  return count;
}

/* The collection of an engine that finds out by that alone what has become garbage. */
static int collect_again(xlgc_host *host) {
  return host->adapter->flags & XLGC_HOST_FREES_AT_ONCE ? 0 : collect_engine(host);
}

/* Exports with finalizers have left the root what they reached, and what finalizers have used counts as reached by
 * their engine. That goes once the engines have finalized what holds it, one after the other in a chain: each that lies
 * in an engine which frees nothing at once takes a collection of that engine's. Chains that are longer than this are
 * gone through further by later collections. */
static int finalize_on(xlgc_pool *pool, participants *all) {
  uint64_t before;
  int failed, waves = WAVES_MAX;
  do {
    before = count_unpinned(all);
    failed = work_off_left(pool, all);
    if (!failed && before != count_unpinned(all)) failed = each_engine(all, collect_again);
  } while (!failed && before != count_unpinned(all) && --waves);
  return failed;
}

static uint64_t count_left(const participants *all) {
  uint64_t count = 0;
  for (unsigned i = 0; i < all->count; i++)
    count += atomic_load_explicit(&all->members[i].host->left, memory_order_relaxed);
  return count;
}

/* left_before: when the collection began. */
static int collect_engines(xlgc_pool *pool, participants *all, uint64_t left_before) {
  int failed = each_engine(all, collect_engine);
  if (!failed && left_before != count_left(all)) return finalize_on(pool, all);
  if (!failed) failed = xlgc_flush(pool);
  return failed ? failed : each_engine(all, dispatch);
}

int xlgc_hosts_collect(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  (void)xlgc_hosts_refuse(NULL);
  participants *all;
  int failed = participants_find(pool, WAITS | NAMES, &all);
  if (failed) return failed;
  if (!all) return xlgc_flush(pool);
  for (unsigned i = 0; i < all->count; i++)
    xlgc__host_letting_propose_outside(all->members[i].host);
  uint64_t before = count_unpinned(all), left_before = count_left(all);
  xlgc__host_pacing_begin_stop(all->group);
  failed = summarise_all(pool, all);
  if (!failed) failed = release_orphans(pool, all);
  give_all(all);
  if (!failed) failed = collect_engines(pool, all, left_before);
  if (!failed) xlgc__host_pacing_note(all->group, 0);
  xlgc__host_pacing_end_stop(all->group, failed < 0 ? failed : 0);
  uint64_t count = count_unpinned(all) - before;
  participants_free(all);
  xlgc__host_started_end_wanted(pool);
  return failed ? failed : count > INT32_MAX ? INT32_MAX : (int)count;
}

/* Returns 1 while there is more. */
static int dispatch_part(xlgc_host *host) {
  size_t max = xlgc__host_groups_portion(host->group, PART_MESSAGES);
  int count = xlgc__host_handover_dispatch_entered(host, max);
  bool has_more = xlgc__host_handover_unpin(host, max) || count == (int)max;
  return has_more ? 1 : unless_busy(count);
}

static int let_go_and_dispatch(xlgc_host *host) {
  xlgc__host_letting_propose_outside(host);
  xlgc__host_letting_look(host);
  return dispatch_part(host);
}

int xlgc__host_collect_dispatch(xlgc_pool *pool) {
  participants *all;
  int failed = participants_find(pool, 0, &all);
  if (failed == XLGC_E_BUSY) return 0; /* another thread collects, which does this too */
  if (failed || !all) return failed;
  failed = each_engine(all, let_go_and_dispatch);
  participants_free(all);
  return failed;
}

/* Engines with weak references run no code before the verdict, and silent ones neither. */
static bool must_decide_at_once(const participants *all) {
  unsigned i = 0;
  while (i < all->count && !all->members[i].host->is_weak && !is_silent(all->members[i].host))
    i++;
  return i < all->count;
}

/* Returns 0 when the quick summaries can be taken; else as the one that takes longest. */
static int prepare_all(const participants *all) {
  int more = 0;
  for (unsigned i = 0; i < all->count && more >= 0; i++) {
    int answer = xlgc__host_late_prepare(all->members[i].host);
    more = answer < 0 || answer > more ? answer : more;
  }
  return more;
}

static void name_refused(const participants *all, const xlgc_host *host) {
  xlgc__host_lock_acquire();
  all->group->pace.has_refused = true;
  name_left_out_locked(all->group, host->adapter->name);
  xlgc__host_lock_release();
}

/* The summaries and the verdict in one stop. */
static int collect_at_once(xlgc_pool *pool, participants *all) {
  all->group->pace.decides_at_once = true;
  int failed = prepare_all(all);
  if (!failed) failed = summarise_all(pool, all);
  if (failed) return failed;
  for (unsigned i = 0; i < all->count; i++)
    if (all->members[i].is_refused) name_refused(all, all->members[i].host);
  return release_orphans(pool, all);
}

/* A part of one host's summary. An engine that cannot be summarised now is left out. */
static int go_on_with(const participants *all, xlgc_host *host) {
  int answer = xlgc__host_late_go_on(host);
  if (answer > 0 || (answer < 0 && answer != XLGC_E_BUSY)) return answer;
  if (answer) name_refused(all, host);
  host->late.done_for = all->serial;
  return 0;
}

/* A part of a summary that is not over: as below. */
static int go_on_or_wait(const participants *all, xlgc_host *host) {
  bool waits = xlgc__host_pacing_puts_off(all->group, xlgc__host_late_walk_ns(host));
  return waits ? XLGC__HOST_IMAGE_RUNS : go_on_with(all, host);
}

/* A part of one of the summaries. Each is right by itself, whatever becomes of the others. Returns 0 when all are over,
 * 1 when there is more, XLGC__HOST_IMAGE_RUNS when all that are left wait. */
static int go_on_summarising(const participants *all) {
  int result = 0;
  for (unsigned i = 0; i < all->count && (!result || result == XLGC__HOST_IMAGE_RUNS); i++) {
    xlgc_host *host = all->members[i].host;
    int answer = host->late.done_for == all->serial ? 0 : go_on_or_wait(all, host);
    if (answer) result = answer;
  }
  return result;
}

/* Returns 1 when the verdict is to come with the pool's next rounds, or there is more to do before it; 0 when all is
 * done. */
static int collect_in_parts(xlgc_pool *pool, participants *all) {
  int more = go_on_summarising(all);
  if (more) return more;
  if (must_decide_at_once(all)) return collect_at_once(pool, all);
  int failed = each_engine(all, receive);
  if (!failed) failed = wake_left_out(all, pool);
  if (failed) return failed;
  all->group->pace.is_deciding = true;
  return 1;
}

static int collect_quickly(xlgc_pool *pool, participants *all) {
  return must_decide_at_once(all) ? collect_at_once(pool, all) : collect_in_parts(pool, all);
}

/* A part of the verdict, and of what follows; by units, so that what crosses meanwhile is bounded on slow machines,
 * too. Returns 1 while there is more. */
static int go_on_deciding(xlgc_pool *pool, participants *all) {
  int more = xlgc_step(pool, xlgc__host_groups_portion(all->group, PART_UNITS));
  if (more < 0) return more;
  int answer = each_engine(all, dispatch_part);
  return answer < 0 || answer > more ? answer : more;
}

/* The first part of a collection says whom it leaves out. */
static bool begin_listing(xlgc_pool *pool) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  bool is_first = group && !group->pace.is_listed;
  if (group) group->pace.is_listed = true;
  xlgc__host_lock_release();
  return is_first;
}

/* The next part may be the longest of the walks that are left to do, or that begin the next collection. */
static void expect_walks(const participants *all, bool is_last) {
  uint64_t longest_ns = 0;
  for (unsigned i = 0; i < all->count; i++) {
    const xlgc_host *host = all->members[i].host;
    bool is_to_come = is_last || (!host->late.phase && host->late.done_for != all->serial);
    if (is_to_come && longest_ns < host->late.walk_ns) longest_ns = host->late.walk_ns;
  }
  xlgc__host_lock_acquire();
  all->group->pace.walk_ns = longest_ns;
  xlgc__host_lock_release();
}

/* Of engines that nothing visits any more, too: until that was done, what was named last counts as held. */
static void look_at_exports(const participants *all) {
  for (unsigned i = 0; i < all->count; i++)
    xlgc__host_letting_look(all->members[i].host);
}

int xlgc__host_collect_by_itself(xlgc_pool *pool) {
  participants *all;
  bool is_first = begin_listing(pool);
  int failed = participants_find(pool, BY_ITSELF | (is_first ? NAMES : 0), &all);
  if (failed || !all) return failed;
  all->is_quick = true;
  if (is_first) look_at_exports(all);
  failed = all->group->pace.is_deciding ? go_on_deciding(pool, all) : collect_quickly(pool, all);
  if (!failed && all->group->pace.is_deciding) {
    find_unreached(all);
    (void)end_unreached(pool, all);
  }
  expect_walks(all, failed <= 0);
  xlgc__host_lock_acquire();
  if (!failed && all->group->pace.has_refused) failed = XLGC_E_BUSY;
  all->group->pace.collections += !failed;
  xlgc__host_lock_release();
  participants_free(all);
  return failed;
}
