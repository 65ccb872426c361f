/* What a host has in the pool. */
#include <config.h>

#include "hosts/core/links.h"

#include <xlgc/finalizer.h>

#include "hosts/core/objects.h"

/* An export that has died has left its links to the root. */
static xlgc_id source_of(const xlgc_host *host, const xlgc__host_link *link) {
  bool is_roots = !link->source || (link->source->released && link->source->leaves);
  return is_roots ? host->root : link->source->object->id;
}

xlgc__host_link *xlgc__host_links_find(const xlgc__host_node *source, const xlgc__host_node *target) {
  if (!source) return target->from_root;
  return xlgc__tree_record(xlgc__tree_find(&source->out, target->object->id), offsetof(xlgc__host_link, by_target));
}

xlgc__host_link *xlgc__host_links_make(xlgc_host *host, xlgc__host_node *source, xlgc__host_node *target) {
  xlgc__host_link *link = xlgc__host_memory_zeroed(sizeof *link);
  if (!link) return NULL;
  link->source = source;
  link->target = target;
  DL_APPEND(host->links, link);
  host->link_count++;
  DL_APPEND2(target->in, link, in_prev, in_next);
  if (source)
    xlgc__tree_add(&source->out, target->object->id, &link->by_target);
  else
    target->from_root = link;
  return link;
}

void xlgc__host_links_remove(xlgc_host *host, xlgc__host_link *link) {
  if (host->late.link == link) host->late.link = link->next;
  DL_DELETE(host->links, link);
  host->link_count--;
  DL_DELETE2(link->target->in, link, in_prev, in_next);
  if (link->source)
    xlgc__tree_remove(&link->source->out, &link->by_target);
  else
    link->target->from_root = NULL;
  free(link);
}

/* Links of an export go with it, unless it leaves them to the root. A link to one goes with it in a ring. */
static bool is_out_already(const xlgc__host_link *link) {
  return xlgc__host_objects_is_over(link->target->object) ||
         (link->source && link->source->released && !link->source->leaves);
}

int xlgc__host_links_drop(xlgc_host *host, xlgc__host_link *link) {
  bool went = is_out_already(link);
  unsigned count = went ? 0 : link->count;
  int failed = 0;
  link->count = 0;
  for (; count && !failed; count -= !failed) {
    failed =
        xlgc__host_objects_unless_over(xlgc_unlink(host->context, source_of(host, link), link->target->object->id));
    host->statistics.links_dropped += !failed;
  }
  link->count += count;
  if (!link->count && !link->is_fresh) xlgc__host_links_remove(host, link);
  return failed;
}

/* Makes sure that an object stays for the caller's next events, by a pin if need be: *pinned. */
static int secure(xlgc__host_node *node, bool *pinned) {
  xlgc_id id = XLGC_ID_NONE;
  *pinned = false;
  if (node->from_root && node->from_root->count) return 0;
  xlgc__host_lock_acquire();
  bool closed = xlgc__host_objects_is_closed_locked(node->object);
  xlgc__host_lock_release();
  if (closed) return XLGC_E_STALE;
  int failed = xlgc_weak_load(node->object->weak, &id);
  if (failed) return failed;
  *pinned = id != XLGC_ID_NONE;
  return *pinned ? 0 : XLGC_E_STALE;
}

int xlgc__host_links_install(xlgc_host *host, xlgc__host_link *link) {
  bool source_pinned = false, target_pinned = false;
  int failed = link->source ? secure(link->source, &source_pinned) : 0;
  if (!failed) failed = secure(link->target, &target_pinned);
  if (!failed) failed = xlgc_link(host->context, source_of(host, link), link->target->object->id);
  if (!failed) {
    link->count++;
    host->statistics.links_made++;
  }
  if (source_pinned) xlgc__host_objects_unpin(host->context, link->source->object);
  if (target_pinned) xlgc__host_objects_unpin(host->context, link->target->object);
  return failed;
}

int xlgc__host_links_leave(xlgc_host *host, xlgc__host_node *export) {
  bool pinned = false;
  if (export->leaves || export->released) return 0;
  host->busy++;
  int failed = secure(export, &pinned);
  if (!failed) failed = xlgc_bequeath(host->context, export->object->id, host->root);
  if (!failed) export->leaves = true;
  if (pinned) xlgc__host_objects_unpin(host->context, export->object);
  host->busy--;
  return failed == XLGC_E_STALE ? 0 : failed;
}

void xlgc__host_links_pass_to_root(xlgc_host *host, xlgc__host_link *link) {
  xlgc__host_link *from_root = link->target->from_root;
  link->stamp = host->number;
  if (from_root) {
    from_root->count += link->count;
    from_root->stamp = host->number;
    xlgc__host_links_remove(host, link);
  } else {
    xlgc__tree_remove(&link->source->out, &link->by_target);
    link->source = NULL;
    link->target->from_root = link;
  }
}

int xlgc__host_links_from_root(xlgc_host *host, xlgc__host_node *node) {
  xlgc__host_link *link = node->from_root;
  if (!link) link = xlgc__host_links_make(host, NULL, node);
  if (!link) return XLGC_E_NOMEM;
  host->busy++;
  int failed = link->count ? 0 : xlgc__host_links_install(host, link);
  host->busy--;
  if (!failed) link->stamp = host->number;
  return failed;
}
