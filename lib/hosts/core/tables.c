#include <config.h>

#include "hosts/core/tables.h"

#include <pthread.h>
#include <string.h>

void *(*xlgc__host_memory_allocate)(size_t size_bytes) = malloc;

static pthread_mutex_t tables = PTHREAD_MUTEX_INITIALIZER;
static xlgc__host_group *groups;
static xlgc__host_object *serials;
static uint64_t next_serial;

void xlgc__host_lock_acquire(void) { pthread_mutex_lock(&tables); }
void xlgc__host_lock_release(void) { pthread_mutex_unlock(&tables); }

/* A child has the tables as they were at a moment when nobody was in the middle of them. */
static void watch_forks(void) {
  pthread_atfork(xlgc__host_lock_acquire, xlgc__host_lock_release, xlgc__host_lock_release);
}
void xlgc__host_lock_watch_forks(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
}

void *xlgc__host_memory_zeroed(size_t size_bytes) {
  void *memory = xlgc__host_memory_allocate(size_bytes);
  return memory ? memset(memory, 0, size_bytes) : NULL;
}

int xlgc__host_objects_unless_over(int result) {
  return result == XLGC_E_SHUTDOWN || result == XLGC_E_FORK ? 0 : result;
}

/* ---------------------------------------------------------------- serials */

uint64_t xlgc__host_objects_make_serial(void) {
  xlgc__host_lock_acquire();
  uint64_t serial = ++next_serial;
  xlgc__host_lock_release();
  return serial;
}

xlgc__host_object *xlgc__host_objects_find_serial_locked(uint64_t serial) {
  xlgc__host_object *object;
  HASH_FIND(by_serial, serials, &serial, sizeof serial, object);
  return object;
}

bool xlgc__host_objects_give_serial_locked(xlgc__host_object *object, uint64_t serial) {
  object->serial = serial;
  HASH_ADD(by_serial, serials, serial, sizeof object->serial, object);
  if (object->failed) object->serial = 0;
  return !object->failed;
}

void xlgc__host_objects_take_serial_locked(xlgc__host_object *object) {
  if (object->serial) HASH_DELETE(by_serial, serials, object);
  object->serial = 0;
}

/* --------------------------------------------------------------- objects */

xlgc__host_object *xlgc__host_objects_find_locked(const xlgc__host_group *group, xlgc_id id) {
  xlgc__host_object *object;
  HASH_FIND(hh, group->objects, &id, sizeof id, object);
  return object;
}

/* Lock held. */
static void free_object(xlgc__host_object *object) {
  HASH_DEL(object->group->objects, object);
  xlgc__host_objects_take_serial_locked(object);
  xlgc_weak_destroy(object->weak);
  free(object);
}

void xlgc__host_objects_leave_locked(xlgc__host_object *object) {
  if (--object->users == 0 && !object->pins_owed) free_object(object);
}

void xlgc__host_groups_leave_locked(xlgc__host_group *group) {
  if (--group->users) return;
  xlgc__host_object *object, *next;
  HASH_ITER(hh, group->objects, object, next) { free_object(object); }
  DL_DELETE(groups, group);
  free(group);
}

/* The object of an id that the caller holds, used once more. */
static int use_object(xlgc_host *host, xlgc_id id, bool is_export, xlgc__host_object **out) {
  xlgc__host_lock_acquire();
  xlgc__host_object *found = xlgc__host_objects_find_locked(host->group, id);
  if (found) found->users++;
  xlgc__host_lock_release();
  if (found) {
    *out = found;
    return 0;
  }
  xlgc__host_object *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->id = id;
  made->group = host->group;
  made->is_export = is_export;
  made->users = 1;
  int failed = xlgc_weak_create(host->context, id, NULL, NULL, &made->weak);
  if (failed) {
    free(made);
    return failed == XLGC_E_RELEASED ? XLGC_E_STALE : failed;
  }
  xlgc__host_lock_acquire();
  found = xlgc__host_objects_find_locked(host->group, id);
  if (found)
    found->users++;
  else
    HASH_ADD(hh, host->group->objects, id, sizeof made->id, made);
  xlgc__host_lock_release();
  if (found || made->failed) {
    failed = found ? 0 : XLGC_E_NOMEM;
    xlgc_weak_destroy(made->weak);
    free(made);
    made = found;
  }
  *out = made;
  return failed;
}

void xlgc__host_objects_unpin(xlgc_context *context, xlgc__host_object *object) {
  if (!xlgc__host_objects_unless_over(xlgc_unpin(context, object->id))) return;
  xlgc__host_lock_acquire();
  object->pins_owed++;
  object->group->pins_owed++;
  xlgc__host_lock_release();
}

bool xlgc__host_objects_unpin_owed(xlgc_host *host) {
  xlgc__host_group *group = host->group;
  xlgc__host_object *object, *next;
  xlgc__host_lock_acquire();
  if (group->pins_owed) {
    HASH_ITER(hh, group->objects, object, next) {
      if (object->pins_owed) break;
    }
    object->pins_owed--;
    group->pins_owed--;
    object->users++;
  } else {
    object = NULL;
  }
  xlgc__host_lock_release();
  if (!object) return false;
  int failed = xlgc__host_objects_unless_over(xlgc_unpin(host->context, object->id));
  xlgc__host_lock_acquire();
  object->pins_owed += failed != 0;
  group->pins_owed += failed != 0;
  xlgc__host_objects_leave_locked(object);
  xlgc__host_lock_release();
  return !failed;
}

/* ----------------------------------------------------------------- nodes */

xlgc__host_node *xlgc__host_nodes_find(const xlgc_host *host, xlgc_id id) {
  xlgc__host_node *node;
  HASH_FIND(hh, host->nodes, &id, sizeof id, node);
  return node;
}

xlgc__host_node *xlgc__host_nodes_find_export(const xlgc_host *host, const void *handle) {
  xlgc__host_node *node;
  HASH_FIND(by_handle, host->exports, &handle, sizeof handle, node);
  return node;
}

void xlgc__host_nodes_remove(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  xlgc__host_lock_acquire();
  HASH_DELETE(hh, host->nodes, node);
  if (node->object->own == node) node->object->own = NULL;
  if (!node->object->serial || !node->is_own) xlgc__host_objects_leave_locked(node->object);
  xlgc__host_lock_release();
  if (node->is_own && xlgc__host_nodes_find_export(host, node->handle) == node)
    HASH_DELETE(by_handle, host->exports, node);
  host->statistics.exports -= node->is_own;
  free(node);
}

int xlgc__host_nodes_make(xlgc_host *host, xlgc_id id, bool is_own, xlgc__host_node **out) {
  xlgc__host_node *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->host = host;
  int failed = use_object(host, id, is_own, &made->object);
  if (failed) {
    free(made);
    return failed;
  }
  xlgc__host_lock_acquire();
  HASH_ADD_KEYPTR(hh, host->nodes, &made->object->id, sizeof made->object->id, made);
  if (made->failed) xlgc__host_objects_leave_locked(made->object);
  xlgc__host_lock_release();
  if (made->failed) {
    free(made);
    return XLGC_E_NOMEM;
  }
  *out = made;
  return 0;
}

void xlgc__host_nodes_enqueue_locked(xlgc__host_node *node) {
  if (node->is_queued) return;
  node->is_queued = true;
  LL_PREPEND2(node->host->queued, node, next_queued);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

void xlgc__host_nodes_enqueue_released_locked(xlgc__host_node *node) {
  LL_PREPEND2(node->host->released, node, next_released);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

bool xlgc__host_nodes_is_idle_locked(const xlgc__host_node *node) {
  return !node->is_own && node->made == node->gone && !node->making;
}

bool xlgc__host_nodes_is_idle(const xlgc__host_node *node) {
  xlgc__host_lock_acquire();
  bool idle = xlgc__host_nodes_is_idle_locked(node);
  xlgc__host_lock_release();
  return idle;
}

bool xlgc__host_objects_is_closed_locked(const xlgc__host_object *object) {
  return object->is_export && (!object->own || object->own->released);
}

/* ----------------------------------------------------------------- links */

static xlgc_id source_of(const xlgc_host *host, const xlgc__host_node *source) {
  return source ? source->object->id : host->root;
}

xlgc__host_link *xlgc__host_links_find(const xlgc_host *host, const xlgc__host_node *source,
                                       const xlgc__host_node *target) {
  xlgc__host_link_key key = {source_of(host, source), target->object->id};
  xlgc__host_link *link;
  HASH_FIND(hh, host->links, &key, sizeof key, link);
  return link;
}

xlgc__host_link *xlgc__host_links_make(xlgc_host *host, xlgc__host_node *source, xlgc__host_node *target) {
  xlgc__host_link *link = xlgc__host_memory_zeroed(sizeof *link);
  if (!link) return NULL;
  link->key = (xlgc__host_link_key){source_of(host, source), target->object->id};
  link->source = source;
  link->target = target;
  HASH_ADD(hh, host->links, key, sizeof link->key, link);
  if (link->failed) {
    free(link);
    return NULL;
  }
  DL_APPEND2(target->in, link, in_prev, in_next);
  if (source)
    DL_APPEND2(source->out, link, out_prev, out_next);
  else
    target->from_root = link;
  return link;
}

void xlgc__host_links_remove(xlgc_host *host, xlgc__host_link *link) {
  HASH_DEL(host->links, link);
  DL_DELETE2(link->target->in, link, in_prev, in_next);
  if (link->source)
    DL_DELETE2(link->source->out, link, out_prev, out_next);
  else
    link->target->from_root = NULL;
  free(link);
}

int xlgc__host_links_drop(xlgc_host *host, xlgc__host_link *link) {
  unsigned count = link->count;
  int failed = 0;
  link->count = 0;
  for (; count && !failed; count -= !failed) {
    failed = xlgc__host_objects_unless_over(xlgc_unlink(host->context, link->key.source, link->key.target));
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
  if (!failed) failed = xlgc_link(host->context, link->key.source, link->key.target);
  if (!failed) {
    link->count++;
    host->statistics.links_made++;
  }
  if (source_pinned) xlgc__host_objects_unpin(host->context, link->source->object);
  if (target_pinned) xlgc__host_objects_unpin(host->context, link->target->object);
  return failed;
}

int xlgc__host_links_from_root(xlgc_host *host, xlgc__host_node *node) {
  xlgc__host_link *held = node->from_root;
  if (!held) held = xlgc__host_links_make(host, NULL, node);
  if (!held) return XLGC_E_NOMEM;
  host->busy++;
  int failed = held->count ? 0 : xlgc__host_links_install(host, held);
  host->busy--;
  if (!failed) held->stamp = host->number;
  return failed;
}

/* ----------------------------------------------------------------- groups */

xlgc__host_group *xlgc__host_groups_find_locked(const xlgc_pool *pool) {
  xlgc__host_group *group;
  DL_SEARCH_SCALAR(groups, group, pool, pool);
  return group;
}

int xlgc__host_groups_join(xlgc_host *host, xlgc_pool *pool) {
  xlgc__host_lock_acquire();
  xlgc__host_group *found = xlgc__host_groups_find_locked(pool);
  if (!found && (found = xlgc__host_memory_zeroed(sizeof *found)) != NULL) {
    found->pool = pool;
    DL_APPEND(groups, found);
  }
  if (found) {
    host->group = found;
    found->users++;
    DL_APPEND(found->hosts, host);
  }
  xlgc__host_lock_release();
  return found ? 0 : XLGC_E_NOMEM;
}

void xlgc__host_groups_part(xlgc_host *host) {
  xlgc__host_group *group = host->group;
  xlgc__host_lock_acquire();
  DL_DELETE(group->hosts, host);
  xlgc__host_groups_leave_locked(group);
  xlgc__host_lock_release();
}
