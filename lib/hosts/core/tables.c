#include <config.h>

#include "hosts/core/tables.h"

#include <pthread.h>
#include <string.h>

void *(*xlgc__host_allocate)(size_t size_bytes) = malloc;

static pthread_mutex_t tables = PTHREAD_MUTEX_INITIALIZER;
static group *groups;
static object *serials;
static uint64_t next_serial;

void xlgc__host_lock(void) { pthread_mutex_lock(&tables); }
void xlgc__host_unlock(void) { pthread_mutex_unlock(&tables); }

/* A child has the tables as they were at a moment when nobody was in the middle of them. */
static void watch_forks(void) { pthread_atfork(xlgc__host_lock, xlgc__host_unlock, xlgc__host_unlock); }
void xlgc__host_watch(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
}

void *xlgc__host_zeroed(size_t size_bytes) {
  void *memory = xlgc__host_allocate(size_bytes);
  return memory ? memset(memory, 0, size_bytes) : NULL;
}

int xlgc__host_unless_over(int result) { return result == XLGC_E_SHUTDOWN || result == XLGC_E_FORK ? 0 : result; }

/* ---------------------------------------------------------------- serials */

uint64_t xlgc__host_make_serial(void) {
  xlgc__host_lock();
  uint64_t serial = ++next_serial;
  xlgc__host_unlock();
  return serial;
}

object *xlgc__host_find_serial(uint64_t serial) {
  object *object;
  HASH_FIND(by_serial, serials, &serial, sizeof serial, object);
  return object;
}

bool xlgc__host_give_serial(object *object, uint64_t serial) {
  object->serial = serial;
  HASH_ADD(by_serial, serials, serial, sizeof object->serial, object);
  if (object->failed) object->serial = 0;
  return !object->failed;
}

void xlgc__host_take_serial(object *object) {
  if (object->serial) HASH_DELETE(by_serial, serials, object);
  object->serial = 0;
}

/* --------------------------------------------------------------- objects */

object *xlgc__host_find_object(const group *group, xlgc_id id) {
  object *object;
  HASH_FIND(hh, group->objects, &id, sizeof id, object);
  return object;
}

/* Lock held. */
static void free_object(object *object) {
  HASH_DEL(object->group->objects, object);
  xlgc__host_take_serial(object);
  xlgc_weak_destroy(object->weak);
  free(object);
}

void xlgc__host_leave_object(object *object) {
  if (--object->users == 0 && !object->pins_owed) free_object(object);
}

void xlgc__host_leave_group(group *group) {
  if (--group->users) return;
  object *object, *next;
  HASH_ITER(hh, group->objects, object, next) { free_object(object); }
  DL_DELETE(groups, group);
  free(group);
}

/* The object of an id that the caller holds, used once more. */
static int use_object(xlgc_host *host, xlgc_id id, bool is_export, object **out) {
  xlgc__host_lock();
  object *found = xlgc__host_find_object(host->group, id);
  if (found) found->users++;
  xlgc__host_unlock();
  if (found) {
    *out = found;
    return 0;
  }
  object *made = xlgc__host_zeroed(sizeof *made);
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
  xlgc__host_lock();
  found = xlgc__host_find_object(host->group, id);
  if (found)
    found->users++;
  else
    HASH_ADD(hh, host->group->objects, id, sizeof made->id, made);
  xlgc__host_unlock();
  if (found || made->failed) {
    failed = found ? 0 : XLGC_E_NOMEM;
    xlgc_weak_destroy(made->weak);
    free(made);
    made = found;
  }
  *out = made;
  return failed;
}

void xlgc__host_let_go(xlgc_context *context, object *object) {
  if (!xlgc__host_unless_over(xlgc_unpin(context, object->id))) return;
  xlgc__host_lock();
  object->pins_owed++;
  object->group->pins_owed++;
  xlgc__host_unlock();
}

bool xlgc__host_settle_pins(xlgc_host *host) {
  group *group = host->group;
  object *object, *next;
  xlgc__host_lock();
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
  xlgc__host_unlock();
  if (!object) return false;
  int failed = xlgc__host_unless_over(xlgc_unpin(host->context, object->id));
  xlgc__host_lock();
  object->pins_owed += failed != 0;
  group->pins_owed += failed != 0;
  xlgc__host_leave_object(object);
  xlgc__host_unlock();
  return !failed;
}

/* ----------------------------------------------------------------- nodes */

node *xlgc__host_find_node(const xlgc_host *host, xlgc_id id) {
  node *node;
  HASH_FIND(hh, host->nodes, &id, sizeof id, node);
  return node;
}

node *xlgc__host_find_export(const xlgc_host *host, const void *handle) {
  node *node;
  HASH_FIND(by_handle, host->exports, &handle, sizeof handle, node);
  return node;
}

void xlgc__host_remove_node(node *node) {
  xlgc_host *host = node->host;
  xlgc__host_lock();
  HASH_DELETE(hh, host->nodes, node);
  if (node->object->own == node) node->object->own = NULL;
  if (!node->object->serial || !node->is_own) xlgc__host_leave_object(node->object);
  xlgc__host_unlock();
  if (node->is_own && xlgc__host_find_export(host, node->handle) == node) HASH_DELETE(by_handle, host->exports, node);
  host->statistics.exports -= node->is_own;
  free(node);
}

int xlgc__host_make_node(xlgc_host *host, xlgc_id id, bool is_own, node **out) {
  node *made = xlgc__host_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->host = host;
  int failed = use_object(host, id, is_own, &made->object);
  if (failed) {
    free(made);
    return failed;
  }
  xlgc__host_lock();
  HASH_ADD_KEYPTR(hh, host->nodes, &made->object->id, sizeof made->object->id, made);
  if (made->failed) xlgc__host_leave_object(made->object);
  xlgc__host_unlock();
  if (made->failed) {
    free(made);
    return XLGC_E_NOMEM;
  }
  *out = made;
  return 0;
}

void xlgc__host_enqueue(node *node) {
  if (node->is_queued) return;
  node->is_queued = true;
  LL_PREPEND2(node->host->queued, node, next_queued);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

void xlgc__host_enqueue_released(node *node) {
  LL_PREPEND2(node->host->released, node, next_released);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

bool xlgc__host_is_idle_locked(const node *node) { return !node->is_own && node->made == node->gone && !node->making; }

bool xlgc__host_is_idle(const node *node) {
  xlgc__host_lock();
  bool idle = xlgc__host_is_idle_locked(node);
  xlgc__host_unlock();
  return idle;
}

bool xlgc__host_is_closed(const object *object) { return object->is_export && (!object->own || object->own->released); }

/* ----------------------------------------------------------------- links */

static xlgc_id source_of(const xlgc_host *host, const node *source) { return source ? source->object->id : host->root; }

link *xlgc__host_find_link(const xlgc_host *host, const node *source, const node *target) {
  link_key key = {source_of(host, source), target->object->id};
  link *link;
  HASH_FIND(hh, host->links, &key, sizeof key, link);
  return link;
}

link *xlgc__host_make_link(xlgc_host *host, node *source, node *target) {
  link *link = xlgc__host_zeroed(sizeof *link);
  if (!link) return NULL;
  link->key = (link_key){source_of(host, source), target->object->id};
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

void xlgc__host_remove_link(xlgc_host *host, link *link) {
  HASH_DEL(host->links, link);
  DL_DELETE2(link->target->in, link, in_prev, in_next);
  if (link->source)
    DL_DELETE2(link->source->out, link, out_prev, out_next);
  else
    link->target->from_root = NULL;
  free(link);
}

int xlgc__host_drop_link(xlgc_host *host, link *link) {
  unsigned count = link->count;
  int failed = 0;
  link->count = 0;
  for (; count && !failed; count -= !failed) {
    failed = xlgc__host_unless_over(xlgc_unlink(host->context, link->key.source, link->key.target));
    host->statistics.links_dropped += !failed;
  }
  link->count += count;
  if (!link->count && !link->is_fresh) xlgc__host_remove_link(host, link);
  return failed;
}

/* Makes sure that an object stays for the caller's next events, by a pin if need be: *pinned. */
static int secure(node *node, bool *pinned) {
  xlgc_id id = XLGC_ID_NONE;
  *pinned = false;
  if (node->from_root && node->from_root->count) return 0;
  xlgc__host_lock();
  bool closed = xlgc__host_is_closed(node->object);
  xlgc__host_unlock();
  if (closed) return XLGC_E_STALE;
  int failed = xlgc_weak_load(node->object->weak, &id);
  if (failed) return failed;
  *pinned = id != XLGC_ID_NONE;
  return *pinned ? 0 : XLGC_E_STALE;
}

int xlgc__host_install_link(xlgc_host *host, link *link) {
  bool source_pinned = false, target_pinned = false;
  int failed = link->source ? secure(link->source, &source_pinned) : 0;
  if (!failed) failed = secure(link->target, &target_pinned);
  if (!failed) failed = xlgc_link(host->context, link->key.source, link->key.target);
  if (!failed) {
    link->count++;
    host->statistics.links_made++;
  }
  if (source_pinned) xlgc__host_let_go(host->context, link->source->object);
  if (target_pinned) xlgc__host_let_go(host->context, link->target->object);
  return failed;
}

int xlgc__host_hold(xlgc_host *host, node *node) {
  link *held = node->from_root;
  if (!held) held = xlgc__host_make_link(host, NULL, node);
  if (!held) return XLGC_E_NOMEM;
  host->busy++;
  int failed = held->count ? 0 : xlgc__host_install_link(host, held);
  host->busy--;
  if (!failed) held->stamp = host->number;
  return failed;
}

/* ----------------------------------------------------------------- groups */

group *xlgc__host_find_group(const xlgc_pool *pool) {
  group *group;
  DL_SEARCH_SCALAR(groups, group, pool, pool);
  return group;
}

int xlgc__host_join(xlgc_host *host, xlgc_pool *pool) {
  xlgc__host_lock();
  group *found = xlgc__host_find_group(pool);
  if (!found && (found = xlgc__host_zeroed(sizeof *found)) != NULL) {
    found->pool = pool;
    DL_APPEND(groups, found);
  }
  if (found) {
    host->group = found;
    found->users++;
    DL_APPEND(found->hosts, host);
  }
  xlgc__host_unlock();
  return found ? 0 : XLGC_E_NOMEM;
}

void xlgc__host_part(xlgc_host *host) {
  group *group = host->group;
  xlgc__host_lock();
  DL_DELETE(group->hosts, host);
  xlgc__host_leave_group(group);
  xlgc__host_unlock();
}
