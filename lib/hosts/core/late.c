#include <config.h>

#include "hosts/core/late.h"

#include <xlgc/listen.h>

#include "hosts/core/clock.h"
#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/image.h"
#include "hosts/core/install.h"
#include "hosts/core/nodes.h"
#include "hosts/core/refusal.h"
#include "hosts/core/watches.h"

/* A link that stays is looked at in a fraction of the time that one takes which is made or dropped. */
enum { LOOKS_OF_DROP = 8 };

static size_t part_of(const xlgc_host *host) {
  unsigned part = atomic_load_explicit(&host->group->part, memory_order_relaxed);
  return part ? xlgc__host_groups_portion(host->group, part) : SIZE_MAX / LOOKS_OF_DROP;
}

/* -------------------------------------------------------------- finalizers */

void xlgc__host_late_hold_reached(xlgc_host *host) {
  host->image.owes_hold = xlgc__host_install_hold_reached(host) != 0;
}

int xlgc_host_finalizes(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (!host->image.is_taken || host->is_closing) return 0;
  host->image.is_taken = false;
  xlgc__host_late_hold_reached(host);
  return host->image.owes_hold ? XLGC_E_NOMEM : 0;
}

/* ------------------------------------------------------------------ images */

/* In the copy. */
static void look(void *data, void *room) {
  xlgc_host *host = data;
  xlgc__host_image_found *found = room;
  xlgc__host_image_make_room(host, found);
  xlgc_summary summary = {
      .host = host, .is_quick = true, .is_image = true, .facts = &found->facts, .is_weak = &found->is_weak};
  int result = host->adapter->summarise(host->engine, &summary);
  found->result = result < 0 ? result : summary.error;
}

/* The summary begins with the image: what enters from now on is not missing in it. */
static int begin_image(xlgc_host *host) {
  xlgc_summary summary;
  xlgc__host_handover_unpin(host, part_of(host));
  host->busy++;
  xlgc__host_install_begin(host, &summary, true);
  int failed = xlgc__host_image_begin(host, look);
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

static void lose_image(xlgc_host *host) {
  xlgc__host_image_end(host, false);
  host->statistics.images_failed++;
}

static int prepare_entered(xlgc_host *host) {
  if (xlgc__host_image_is_begun(host)) {
    int state = xlgc__host_image_look(host);
    if (state >= 0) return state;
    lose_image(host);
  }
  if (xlgc__host_image_is_wanted(host)) return prepare_image(host);
  if (!host->adapter->prepare) return 0;
  host->busy++;
  int answer = host->adapter->prepare(host->engine);
  host->busy--;
  return answer;
}

/* Is there a part to come before the walk? */
static bool has_to_prepare(const xlgc_host *host) {
  return (host->adapter->prepare || host->adapter->size) && !host->is_prepared && !host->late.phase;
}

int xlgc__host_late_prepare(xlgc_host *host) {
  if (!has_to_prepare(host) || host->busy) return 0;
  int answer = xlgc__host_engine_enter(host);
  if (answer) return answer == XLGC_E_BUSY ? 0 : answer; /* so will the summary be */
  if (host->image.owes_hold) xlgc__host_late_hold_reached(host);
  answer = host->image.owes_hold ? XLGC_E_BUSY : prepare_entered(host);
  host->is_prepared = !answer;
  xlgc__host_engine_leave(host);
  return answer;
}

/* ------------------------------------------------------------------- parts */

void xlgc__host_late_tell(xlgc_host *host, bool ends) {
  if (host->late.is_told != ends) return;
  host->late.is_told = !ends;
  (void)xlgc_tell(host->group->pool, XLGC_WORK_SUMMARY, ends, host->adapter->name, 0);
}

void xlgc__host_late_end(xlgc_host *host) {
  xlgc__host_late_tell(host, true);
  host->late.phase = XLGC__HOST_LATE_NONE;
  host->late.link = NULL;
}

/* The walk, at S. A plain host has nothing to walk through. */
static int note_now(xlgc_host *host) {
  xlgc_summary summary;
  xlgc__host_install_begin(host, &summary, true);
  host->late.facts.count = 0;
  summary.facts = &host->late.facts;
  host->is_weak = xlgc__host_watches_lead(host);
  int failed =
      host->is_plain ? xlgc__host_install_report_plainly(&summary) : host->adapter->summarise(host->engine, &summary);
  return xlgc__host_install_put(&summary, failed < 0 ? failed : summary.error);
}

static bool has_image(xlgc_host *host) {
  return !host->is_plain && xlgc__host_image_is_begun(host) && !xlgc__host_image_look(host);
}

static void begin_adds(xlgc_host *host, bool is_image) {
  host->late.is_image = is_image;
  host->late.next = 0;
  host->late.phase = XLGC__HOST_LATE_ADDS;
}

static int begin(xlgc_host *host) {
  bool is_image = has_image(host);
  if (!is_image && xlgc__host_image_is_begun(host)) {
    lose_image(host);
    host->is_prepared = false;
    return 1;
  }
  xlgc__host_late_tell(host, false);
  host->is_prepared = false;
  host->is_weak = xlgc__host_watches_lead(host);
  uint64_t start_ns = xlgc__host_clock_ns();
  int failed = is_image ? 0 : note_now(host);
  host->late.walk_ns = is_image ? 0 : xlgc__host_clock_ns() - start_ns;
  if (failed || host->is_weak) {
    xlgc__host_late_tell(host, true);
    return failed;
  }
  begin_adds(host, is_image);
  return 1;
}

/* What an export reached that has gone since, or was let go, may be in use by code that came by it: the root holds
 * that. */
static xlgc__host_node *source_of_fact(const xlgc_host *host, const xlgc__host_fact *fact) {
  xlgc__host_node *source = fact->source == XLGC_ID_NONE ? NULL : xlgc__host_nodes_find(host, fact->source);
  bool stands = source && source->is_own && source->let_go < host->number;
  return stands ? source : NULL;
}

/* What has gone since needs no link. */
static int add(xlgc_host *host, const xlgc__host_fact *fact) {
  if (fact->target != host->root && !xlgc__host_nodes_find(host, fact->target)) return 0;
  xlgc_summary summary = {.host = host, .is_quick = true};
  xlgc__host_node *source = source_of_fact(host, fact);
  int failed = xlgc__host_install_report(&summary, source, fact->target);
  /* The source is an orphan to the pool, and the engine reaches it. */
  bool is_beyond = source && source->held_beyond == host->number;
  if (!failed && is_beyond) failed = xlgc__host_install_report(&summary, NULL, fact->target);
  return xlgc__host_install_put(&summary, failed);
}

static const xlgc__host_facts *facts_of(const xlgc_host *host) {
  return host->late.is_image ? xlgc__host_image_facts(host) : &host->late.facts;
}

/* Returns 1 while there are more. */
static int add_some(xlgc_host *host, size_t max) {
  const xlgc__host_facts *facts = facts_of(host);
  size_t end = facts->count - host->late.next > max ? host->late.next + max : facts->count;
  int failed = 0;
  host->busy++;
  while (host->late.next < end && !failed)
    failed = add(host, &facts->at[host->late.next++]);
  host->busy--;
  return failed ? failed : end < facts->count;
}

/* At T. An image that is not right by now cannot be used; it is given up, and what it has added goes with the next
 * summary. */
static int begin_drops(xlgc_host *host) {
  if (host->late.is_image && !xlgc__host_image_is_right(host)) {
    xlgc__host_late_end(host);
    lose_image(host);
    return 0;
  }
  host->image.is_taken = host->late.is_image;
  xlgc__host_image_end(host, false);
  host->image.tries = 0;
  host->late.phase = XLGC__HOST_LATE_DROPS;
  host->late.link = host->links;
  return 0;
}

int xlgc__host_late_install_image(xlgc_host *host) {
  if (!has_image(host) || xlgc__host_watches_lead(host)) return 1;
  host->is_weak = false;
  begin_adds(host, true);
  int failed = add_some(host, SIZE_MAX);
  if (!failed) failed = begin_drops(host);
  return failed ? failed : host->late.phase != XLGC__HOST_LATE_DROPS;
}

static int add_part(xlgc_host *host) {
  int more = add_some(host, part_of(host));
  if (more) return more;
  int failed = begin_drops(host);
  return failed ? failed : 1;
}

/* Values of what open visits name may be on their way, and code that was entered by an export may have stored anything
 * that this reached at S, and have left it before T: such an export is proposed to be let go. */
static bool is_in_use(const xlgc__host_link *link) {
  const xlgc__host_node *target = link->target;
  if (link->source) return false;
  if (atomic_load_explicit(&target->object->named, memory_order_relaxed)) return true;
  return target->is_own && (target->is_outside || atomic_load_explicit(&target->is_proposed, memory_order_relaxed));
}

/* The last link to an object was dropped: the engine has no proxy of it that anything reaches. */
static void tell_unreached(xlgc_host *host, xlgc_id id) {
  const xlgc__host_node *node = xlgc__host_nodes_find(host, id);
  if (!node || node->is_own || node->in || node->said >= host->number) return;
  xlgc__host_lock_acquire();
  void *handle = node->made > node->gone ? node->handle : NULL;
  xlgc__host_lock_release();
  host->busy++;
  if (handle) host->adapter->unreached(host->engine, handle);
  host->busy--;
}

/* Returns 1 when it was dropped. */
static int drop_unless_used(xlgc_host *host, xlgc__host_link *link) {
  if (link->stamp >= host->number) return 0;
  if (!is_in_use(link)) {
    xlgc_id target = link->target->object->id;
    int dropped = xlgc__host_install_drop(host, link);
    if (dropped > 0 && host->adapter->unreached) tell_unreached(host, target);
    return dropped;
  }
  link->stamp = host->number;
  return 0;
}

/* What a drop calls may take links out of the tables: the next one is kept right by that. */
static int drop_some(xlgc_host *host, size_t max, int (*drop)(xlgc_host *host, xlgc__host_link *link)) {
  size_t looks = 0, drops = 0;
  while (host->late.link && looks++ < LOOKS_OF_DROP * max && drops < max) {
    xlgc__host_link *link = host->late.link;
    host->late.link = link->next;
    int dropped = drop(host, link);
    if (dropped < 0) return dropped;
    drops += dropped > 0;
  }
  if (host->late.link) return 1;
  xlgc__host_late_end(host);
  return 0;
}

static int drop_part(xlgc_host *host) { return drop_some(host, part_of(host), drop_unless_used); }

int xlgc__host_late_drop_all(xlgc_host *host) {
  host->late.phase = XLGC__HOST_LATE_DROPS;
  host->late.link = host->links;
  int failed = drop_some(host, SIZE_MAX / LOOKS_OF_DROP, xlgc__host_install_drop);
  if (failed) xlgc__host_late_end(host);
  return failed;
}

static int go_on_once(xlgc_host *host) {
  int (*const parts[])(xlgc_host * host) = {
      [XLGC__HOST_LATE_NONE] = begin, [XLGC__HOST_LATE_ADDS] = add_part, [XLGC__HOST_LATE_DROPS] = drop_part};
  int answer = parts[host->late.phase](host);
  if (answer < 0) xlgc__host_late_end(host);
  return answer;
}

/* What is left of a phase that it would be a waste to come again for. */
static bool is_little(const xlgc_host *host) {
  size_t little = part_of(host) / 4;
  if (host->late.phase == XLGC__HOST_LATE_ADDS) return facts_of(host)->count - host->late.next <= little;
  return host->late.phase == XLGC__HOST_LATE_DROPS && host->link_count <= little;
}

static int go_on(xlgc_host *host) {
  int answer;
  do
    answer = go_on_once(host);
  while (answer == 1 && is_little(host));
  return answer;
}

uint64_t xlgc__host_late_walk_ns(const xlgc_host *host) {
  bool walks = !host->late.phase && !has_to_prepare(host) && !xlgc__host_image_is_begun(host);
  return walks ? host->late.walk_ns : 0;
}

/* In a frame, which may have no time for it, the walk is a part by itself. */
int xlgc__host_late_go_on(xlgc_host *host) {
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  bool is_in_frame = atomic_load_explicit(&host->group->is_in_frame, memory_order_relaxed);
  bool prepares = is_in_frame && has_to_prepare(host);
  int answer = xlgc__host_late_prepare(host);
  if (answer) return answer;
  if (prepares && !has_to_prepare(host)) return 1;
  answer = xlgc__host_engine_enter(host);
  if (answer) return answer;
  xlgc__host_handover_unpin(host, part_of(host));
  answer = host->busy ? xlgc_hosts_refuse(XLGC__HOST_REFUSAL_NESTED) : go_on(host);
  xlgc__host_handover_unpin(host, part_of(host));
  xlgc__host_engine_leave(host);
  return answer;
}
