/* Hosts, exports, proxies and summaries as include/xlgc/host.h has them: which links an engine has in the pool, and
 * why. Uses nothing of the library but what any program could.
 *
 * A node is an id in one host: an export of its own, or an object that it has proxies of. An object is an id in all
 * hosts. A link is one that a host has in the pool; its stamp is the number of the summary that it outlives.
 *
 * The lock guards the tables of objects, of serials and of groups, the form of each host's table of nodes, the count of
 * proxies in it and what was handed over from elsewhere. Everything else of a host is the thread's that uses it.
 * Logging an event may run callbacks of the program, which may call anything here; so links and nodes are removed by
 * `drain` only, which waits while `busy` says that somebody is in the middle of them. */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xlgc/host.h>

#include "host.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__host_allocate(size_bytes)
#define uthash_free(memory, size_bytes) free(memory)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>
#include <utlist.h>

enum { REDONE_MAX = 8 };

typedef struct group group;
typedef struct object object;
typedef struct node node;
typedef struct link link;

/* The hosts of a pool. */
struct group {
  xlgc_pool *pool;
  xlgc_host *hosts;
  object *objects;
  unsigned users; /* hosts, and who looks at it */
  unsigned pins_owed;
  bool collects;
  group *prev, *next;
};

struct object {
  xlgc_id id;
  group *group;
  xlgc_weak *weak;
  node *own;          /* the export's, until it is released or its host is closed */
  uint64_t serial;    /* of an export that is not released */
  unsigned users;     /* nodes, a closed host's export until it is released, and who looks at it */
  unsigned pins_owed; /* of a look-up, which could not be logged */
  bool is_export, failed;
  UT_hash_handle hh, by_serial;
};

struct node {
  xlgc_host *host;
  object *object;
  void *handle; /* the export's, or the last proxy's that may still be given out */
  bool is_own, released, pin_is_kept, failed;
  bool is_queued;
  unsigned made, gone; /* proxies */
  unsigned making;
  link *in, *out, *from_root;
  node *next_queued, *next_released;
  UT_hash_handle hh, by_handle;
};

typedef struct link_key {
  xlgc_id source, target;
} link_key;

struct link {
  link_key key;
  node *source, *target; /* source: NULL for the root */
  uint64_t stamp;
  unsigned count; /* how often it is in the pool */
  bool is_fresh, failed;
  link *in_prev, *in_next, *out_prev, *out_next, *next_fresh;
  UT_hash_handle hh;
};

struct xlgc_host {
  const xlgc_host_adapter *adapter;
  void *engine;
  group *group;
  xlgc_context *context;
  xlgc_id root;
  node *nodes, *exports; /* by id, and by handle */
  link *links;
  node *queued, *released; /* handed over, under the lock */
  unsigned depth;          /* how often it is entered; under the lock */
  unsigned busy;
  bool is_draining, is_closing, root_is_unpinned;
  uint64_t number; /* of the last summary that was begun */
  _Atomic uint64_t epoch;
  xlgc_host_statistics statistics;
  xlgc_host *prev, *next;
};

struct xlgc_summary {
  xlgc_host *host;
  int error;
  link *fresh;
};

void *(*xlgc__host_allocate)(size_t size_bytes) = malloc;

static pthread_mutex_t tables = PTHREAD_MUTEX_INITIALIZER;
static group *groups;
static object *serials;
static uint64_t next_serial;

static void lock(void) { pthread_mutex_lock(&tables); }
static void unlock(void) { pthread_mutex_unlock(&tables); }

/* A child has the tables as they were at a moment when nobody was in the middle of them. */
static void watch_forks(void) { pthread_atfork(lock, unlock, unlock); }

static void *allocate(size_t size_bytes) {
  void *memory = xlgc__host_allocate(size_bytes);
  return memory ? memset(memory, 0, size_bytes) : NULL;
}

static void released(xlgc_context *context, xlgc_id id, void *address, void *data);
static void drain(xlgc_host *host);

/* An export's address is its serial number, which is never used again: so a release that comes when its host is
 * closed, or even its pool's number is in use by another, finds nothing. */
static const xlgc_kind export_kind = {
    .name = "export", .flags = XLGC_KIND_UNINDEXED, .release = released, .delivery = XLGC_DELIVER_OWNER};
static const xlgc_kind root_kind = {.name = "host", .flags = XLGC_KIND_UNINDEXED};

static void *serial_address(uint64_t serial) { return (void *)(uintptr_t)serial; }

/* A pool that takes no more events holds nothing any more. */
static int unless_over(int result) { return result == XLGC_E_SHUTDOWN || result == XLGC_E_FORK ? 0 : result; }

/* --------------------------------------------------------------- objects */

/* Lock held. */
static object *find_object(const group *group, xlgc_id id) {
  object *object;
  HASH_FIND(hh, group->objects, &id, sizeof id, object);
  return object;
}

/* Lock held. */
static void free_object(object *object) {
  HASH_DEL(object->group->objects, object);
  if (object->serial) HASH_DELETE(by_serial, serials, object);
  xlgc_weak_destroy(object->weak);
  free(object);
}

/* Lock held. */
static void leave_object(object *object) {
  if (--object->users == 0 && !object->pins_owed) free_object(object);
}

/* Lock held. */
static void leave_group(group *group) {
  if (--group->users) return;
  object *object, *next;
  HASH_ITER(hh, group->objects, object, next) { free_object(object); }
  DL_DELETE(groups, group);
  free(group);
}

/* The object of an id that the caller holds, used once more. */
static int use_object(xlgc_host *host, xlgc_id id, bool is_export, object **out) {
  lock();
  object *found = find_object(host->group, id);
  if (found) found->users++;
  unlock();
  if (found) {
    *out = found;
    return 0;
  }
  object *made = allocate(sizeof *made);
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
  lock();
  found = find_object(host->group, id);
  if (found)
    found->users++;
  else
    HASH_ADD(hh, host->group->objects, id, sizeof made->id, made);
  unlock();
  if (found || made->failed) {
    failed = found ? 0 : XLGC_E_NOMEM;
    xlgc_weak_destroy(made->weak);
    free(made);
    made = found;
  }
  *out = made;
  return failed;
}

/* A pin of a look-up goes; when that cannot be logged it is owed. The object is used by the caller. */
static void let_go(xlgc_context *context, object *object) {
  if (!unless_over(xlgc_unpin(context, object->id))) return;
  lock();
  object->pins_owed++;
  object->group->pins_owed++;
  unlock();
}

static bool settle_pins(xlgc_host *host) {
  group *group = host->group;
  object *object, *next;
  lock();
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
  unlock();
  if (!object) return false;
  int failed = unless_over(xlgc_unpin(host->context, object->id));
  lock();
  object->pins_owed += failed != 0;
  group->pins_owed += failed != 0;
  leave_object(object);
  unlock();
  return !failed;
}

/* ----------------------------------------------------------------- nodes */

static node *find_node(const xlgc_host *host, xlgc_id id) {
  node *node;
  HASH_FIND(hh, host->nodes, &id, sizeof id, node);
  return node;
}

static node *find_export(const xlgc_host *host, const void *handle) {
  node *node;
  HASH_FIND(by_handle, host->exports, &handle, sizeof handle, node);
  return node;
}

/* An export that is not released yet leaves its object, so that the id goes on being known for one. */
static void remove_node(node *node) {
  xlgc_host *host = node->host;
  lock();
  HASH_DELETE(hh, host->nodes, node);
  if (node->object->own == node) node->object->own = NULL;
  if (!node->object->serial || !node->is_own) leave_object(node->object);
  unlock();
  if (node->is_own && find_export(host, node->handle) == node) HASH_DELETE(by_handle, host->exports, node);
  host->statistics.exports -= node->is_own;
  free(node);
}

/* A node for an id that has none in this host, and that the caller holds. */
static int make_node(xlgc_host *host, xlgc_id id, bool is_own, node **out) {
  node *made = allocate(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->host = host;
  int failed = use_object(host, id, is_own, &made->object);
  if (failed) {
    free(made);
    return failed;
  }
  lock();
  HASH_ADD_KEYPTR(hh, host->nodes, &made->object->id, sizeof made->object->id, made);
  if (made->failed) leave_object(made->object);
  unlock();
  if (made->failed) {
    free(made);
    return XLGC_E_NOMEM;
  }
  *out = made;
  return 0;
}

/* Lock held. */
static void enqueue(node *node) {
  if (node->is_queued) return;
  node->is_queued = true;
  node->next_queued = node->host->queued;
  node->host->queued = node;
}

/* Has the engine no more use for it? A proxy or own object that is going counts as gone. */
static bool is_idle(const node *node) {
  lock();
  bool idle = !node->is_own && node->made == node->gone && !node->making;
  unlock();
  return idle;
}

/* Lock held. */
static bool is_closed(const object *object) { return object->is_export && (!object->own || object->own->released); }

/* ----------------------------------------------------------------- links */

static xlgc_id source_of(const xlgc_host *host, const node *source) { return source ? source->object->id : host->root; }

static link *find_link(const xlgc_host *host, const node *source, const node *target) {
  link_key key = {source_of(host, source), target->object->id};
  link *link;
  HASH_FIND(hh, host->links, &key, sizeof key, link);
  return link;
}

/* One that is not in the pool yet. */
static link *make_link(xlgc_host *host, node *source, node *target) {
  link *link = allocate(sizeof *link);
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

/* Of the tables; the pool has it no more. */
static void remove_link(xlgc_host *host, link *link) {
  HASH_DEL(host->links, link);
  DL_DELETE2(link->target->in, link, in_prev, in_next);
  if (link->source)
    DL_DELETE2(link->source->out, link, out_prev, out_next);
  else
    link->target->from_root = NULL;
  free(link);
}

/* Takes it out of the pool, and away unless it was made again meanwhile. */
static int drop_link(xlgc_host *host, link *link) {
  unsigned count = link->count;
  int failed = 0;
  link->count = 0;
  for (; count && !failed; count -= !failed) {
    failed = unless_over(xlgc_unlink(host->context, link->key.source, link->key.target));
    host->statistics.links_dropped += !failed;
  }
  link->count += count;
  if (!link->count && !link->is_fresh) remove_link(host, link);
  return failed;
}

/* Makes sure that an object stays for the caller's next events, by a pin if need be: *pinned. */
static int secure(node *node, bool *pinned) {
  xlgc_id id = XLGC_ID_NONE;
  *pinned = false;
  if (node->from_root && node->from_root->count) return 0;
  lock();
  bool closed = is_closed(node->object);
  unlock();
  if (closed) return XLGC_E_STALE;
  int failed = xlgc_weak_load(node->object->weak, &id);
  if (failed) return failed;
  *pinned = id != XLGC_ID_NONE;
  return *pinned ? 0 : XLGC_E_STALE;
}

/* Puts a link into the pool if it and its source are alive. */
static int install_link(xlgc_host *host, link *link) {
  bool source_pinned = false, target_pinned = false;
  int failed = link->source ? secure(link->source, &source_pinned) : 0;
  if (!failed) failed = secure(link->target, &target_pinned);
  if (!failed) failed = xlgc_link(host->context, link->key.source, link->key.target);
  if (!failed) {
    link->count++;
    host->statistics.links_made++;
  }
  if (source_pinned) let_go(host->context, link->source->object);
  if (target_pinned) let_go(host->context, link->target->object);
  return failed;
}

/* From now until the next summary the root holds it. XLGC_E_STALE when it is gone. */
static int hold(xlgc_host *host, node *node) {
  link *held = node->from_root;
  if (!held) held = make_link(host, NULL, node);
  if (!held) return XLGC_E_NOMEM;
  host->busy++;
  int failed = held->count ? 0 : install_link(host, held);
  host->busy--;
  if (!failed) held->stamp = host->number;
  return failed;
}

/* ------------------------------------------------------------- the engine */

static int enter(xlgc_host *host) { return host->adapter->enter ? host->adapter->enter(host->engine) : 0; }
static void leave(xlgc_host *host) {
  if (host->adapter->leave) host->adapter->leave(host->engine);
}
static void move(xlgc_host *host) { atomic_fetch_add_explicit(&host->epoch, 1, memory_order_relaxed); }

/* -------------------------------------------------------- what is handed over */

/* The pool's verdict on an export, on the thread that dispatches. */
static void released(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)id;
  (void)data;
  uint64_t serial = (uintptr_t)address;
  object *object;
  node *node = NULL;
  lock();
  HASH_FIND(by_serial, serials, &serial, sizeof serial, object);
  if (object) {
    HASH_DELETE(by_serial, serials, object);
    object->serial = 0;
    node = object->own;
    if (!node) leave_object(object);
  }
  if (node) {
    node->released = true;
    LL_PREPEND2(node->host->released, node, next_released);
  }
  unlock();
  if (node) drain(node->host);
}

/* Proxies are gone: drops what they justified. Returns whether there was memory to say so. */
static bool tidy(node *node) {
  xlgc_host *host = node->host;
  int failed = 0;
  host->busy++;
  while (node->in && !failed && is_idle(node))
    failed = drop_link(host, node->in);
  host->busy--;
  if (!failed && !node->in && is_idle(node)) remove_node(node);
  return !failed;
}

/* Its links went with it, in the pool. Returns whether the engine could be entered. */
static bool finish(node *node) {
  xlgc_host *host = node->host;
  if (!node->pin_is_kept && enter(host)) return false;
  while (node->in)
    remove_link(host, node->in);
  while (node->out)
    remove_link(host, node->out);
  void *handle = node->handle;
  bool unpins = !node->pin_is_kept;
  remove_node(node);
  if (!unpins) return true;
  host->statistics.unpinned++;
  host->adapter->unpin(host->engine, handle);
  leave(host);
  return true;
}

static node *take_queued(xlgc_host *host) {
  lock();
  node *node = host->queued;
  if (node) {
    host->queued = node->next_queued;
    node->is_queued = false;
    node->made -= node->gone;
    node->gone = 0;
  }
  unlock();
  return node;
}

static node *take_released(xlgc_host *host) {
  lock();
  node *node = host->released;
  if (node) host->released = node->next_released;
  unlock();
  return node;
}

static void give_back_released(node *node) {
  lock();
  LL_PREPEND2(node->host->released, node, next_released);
  unlock();
}

static void drain(xlgc_host *host) {
  if (host->busy || host->is_draining) return;
  host->is_draining = true;
  for (bool goes_on = true; goes_on;) {
    node *node = take_queued(host);
    if (node) {
      goes_on = tidy(node);
      if (goes_on) continue;
      lock();
      enqueue(node);
      unlock();
    } else if ((node = take_released(host)) != NULL) {
      goes_on = finish(node);
      if (!goes_on) give_back_released(node);
    } else {
      goes_on = settle_pins(host);
    }
  }
  host->is_draining = false;
}

/* What each function begins with. */
static int admit(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  drain(host);
  return 0;
}

/* ----------------------------------------------------------------- hosts */

/* Lock held. */
static group *find_group(const xlgc_pool *pool) {
  group *group;
  DL_SEARCH_SCALAR(groups, group, pool, pool);
  return group;
}

static int join(xlgc_host *host, xlgc_pool *pool) {
  lock();
  group *found = find_group(pool);
  if (!found && (found = allocate(sizeof *found)) != NULL) {
    found->pool = pool;
    DL_APPEND(groups, found);
  }
  if (found) {
    host->group = found;
    found->users++;
    DL_APPEND(found->hosts, host);
  }
  unlock();
  return found ? 0 : XLGC_E_NOMEM;
}

static void part(xlgc_host *host) {
  group *group = host->group;
  lock();
  DL_DELETE(group->hosts, host);
  leave_group(group);
  unlock();
}

int xlgc_host_open(xlgc_pool *pool, const xlgc_host_adapter *adapter, void *engine, xlgc_host **out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (!pool || !out || !adapter || !adapter->summarise || !adapter->unpin || !adapter->enter != !adapter->leave)
    return XLGC_E_INVAL;
  pthread_once(&once, watch_forks);
  xlgc_host *host = allocate(sizeof *host);
  if (!host) return XLGC_E_NOMEM;
  host->adapter = adapter;
  host->engine = engine;
  int failed = xlgc_context_create(pool, adapter->name, &host->context);
  if (!failed) failed = xlgc_register(host->context, engine, &root_kind, &host->root);
  if (!failed) failed = join(host, pool);
  if (!failed) {
    failed = xlgc_pin(host->context, host->root);
    if (failed) part(host);
  }
  if (failed) {
    /* A new object that nobody holds: the pool gives it up when a pin has come and gone. */
    if (host->root && !xlgc_pin(host->context, host->root)) xlgc_unpin(host->context, host->root);
    xlgc_context_destroy(host->context);
    free(host);
    return failed;
  }
  *out = host;
  return 0;
}

/* Everything that has to be logged when a host ends. */
static int end_links(xlgc_host *host) {
  link *link, *next;
  int failed = 0;
  host->busy++;
  HASH_ITER(hh, host->links, link, next) {
    if (failed) break;
    if (link->source) failed = drop_link(host, link);
  }
  if (!failed && !host->root_is_unpinned) {
    failed = unless_over(xlgc_unpin(host->context, host->root));
    host->root_is_unpinned = !failed;
  }
  host->busy--;
  return failed;
}

int xlgc_host_close(xlgc_host *host) {
  if (!host) return 0;
  drain(host);
  lock();
  bool in_use = host->depth || host->busy || host->is_draining;
  if (!in_use) host->is_closing = true;
  unlock();
  if (in_use) return XLGC_E_BUSY;
  int failed = end_links(host);
  if (!failed) failed = enter(host);
  if (failed) return failed;
  /* From here on nothing can fail; unpinning may run what it likes, and finds the host closed. */
  host->busy++;
  link *link, *next_link;
  HASH_ITER(hh, host->links, link, next_link) { remove_link(host, link); }
  for (node *node; (node = host->nodes) != NULL;) {
    bool unpins = node->is_own && !node->pin_is_kept;
    void *handle = node->handle;
    remove_node(node);
    if (!unpins) continue;
    host->statistics.unpinned++;
    host->adapter->unpin(host->engine, handle);
  }
  leave(host);
  while (settle_pins(host)) {
  }
  xlgc_context *context = host->context;
  part(host);
  xlgc_context_destroy(context);
  free(host);
  return 0;
}

xlgc_context *xlgc_host_context(const xlgc_host *host) { return host->context; }
xlgc_id xlgc_host_root(const xlgc_host *host) { return host->root; }

/* --------------------------------------------------------------- exports */

static void take_back(xlgc_host *host, xlgc_id id) {
  if (!xlgc_pin(host->context, id)) xlgc_unpin(host->context, id);
}

/* An object of the pool, with its node and its serial number, that nobody holds yet. */
static int register_export(xlgc_host *host, node **out) {
  lock();
  uint64_t serial = ++next_serial;
  unlock();
  xlgc_id id;
  int failed = xlgc_register(host->context, serial_address(serial), &export_kind, &id);
  if (failed) return failed;
  failed = make_node(host, id, true, out);
  if (failed) {
    take_back(host, id);
    return failed;
  }
  object *object = (*out)->object;
  object->serial = serial;
  lock();
  HASH_ADD(by_serial, serials, serial, sizeof object->serial, object);
  if (object->failed)
    object->serial = 0;
  else
    object->own = *out;
  unlock();
  return 0;
}

static int make_export(xlgc_host *host, void *handle, node **out) {
  node *made, *old = find_export(host, handle);
  int failed = register_export(host, &made);
  if (failed) return failed;
  xlgc_id id = made->object->id;
  failed = made->object->failed ? XLGC_E_NOMEM : 0;
  made->handle = handle;
  if (!failed && old) HASH_DELETE(by_handle, host->exports, old);
  if (!failed) HASH_ADD(by_handle, host->exports, handle, sizeof made->handle, made);
  if (made->failed) failed = XLGC_E_NOMEM;
  if (!failed) {
    lock();
    made->is_own = true;
    unlock();
    host->statistics.exports++;
    failed = hold(host, made);
  }
  if (!failed) {
    *out = made;
    return 0;
  }
  while (made->in)
    remove_link(host, made->in);
  lock();
  if (made->object->serial) HASH_DELETE(by_serial, serials, made->object);
  made->object->serial = 0;
  unlock();
  remove_node(made);
  take_back(host, id);
  return failed;
}

int xlgc_host_export(xlgc_host *host, void *handle, xlgc_id *out) {
  int failed = admit(host);
  if (failed) return failed;
  if (!handle || !out) return XLGC_E_INVAL;
  node *old = find_export(host, handle), *made = NULL;
  failed = old && !old->released ? hold(host, old) : XLGC_E_STALE;
  if (failed && failed != XLGC_E_STALE) return failed;
  bool is_new = failed;
  if (is_new) {
    host->busy++;
    failed = make_export(host, handle, &made);
    /* The engine has got hold of an object whose export was condemned: its pin is the new one's. */
    if (!failed && old) old->pin_is_kept = true;
    host->busy--;
    if (failed) return failed;
    host->statistics.exported++;
  }
  move(host);
  *out = (made ? made : old)->object->id;
  return old ? 1 : 0;
}

int xlgc_host_exported(xlgc_host *host, void *handle, xlgc_id *out) {
  int failed = admit(host);
  if (failed) return failed;
  if (!handle || !out) return XLGC_E_INVAL;
  node *node = find_export(host, handle);
  failed = node && !node->released ? hold(host, node) : XLGC_E_UNKNOWN;
  if (failed) return failed == XLGC_E_STALE ? XLGC_E_UNKNOWN : failed;
  move(host);
  *out = node->object->id;
  return 0;
}

/* --------------------------------------------------------------- proxies */

int xlgc_host_receive(xlgc_host *host, xlgc_id id, void **handle) {
  int failed = admit(host);
  if (failed) return failed;
  if (id == XLGC_ID_NONE || !handle) return XLGC_E_INVAL;
  node *node = find_node(host, id);
  if (!node) {
    failed = make_node(host, id, false, &node);
    if (failed) return failed;
  }
  lock();
  failed = is_closed(node->object) ? XLGC_E_STALE : 0;
  unlock();
  if (!failed) failed = hold(host, node);
  if (failed) {
    lock();
    enqueue(node);
    unlock();
    return failed;
  }
  move(host);
  lock();
  bool found = node->made > node->gone && node->handle;
  *handle = node->is_own || found ? node->handle : NULL;
  if (!*handle) node->making++;
  unlock();
  return node->is_own ? XLGC_HOST_OWN : found ? XLGC_HOST_FOUND : XLGC_HOST_NEW;
}

int xlgc_host_proxy_made(xlgc_host *host, xlgc_id id, void *handle) {
  int failed = admit(host);
  if (failed) return failed;
  if (!handle) return XLGC_E_INVAL;
  node *node = find_node(host, id);
  if (!node || !node->making) return XLGC_E_STATE;
  lock();
  node->making--;
  node->made++;
  node->handle = handle;
  unlock();
  return 0;
}

int xlgc_host_proxy_failed(xlgc_host *host, xlgc_id id) {
  int failed = admit(host);
  if (failed) return failed;
  node *node = find_node(host, id);
  if (!node || !node->making) return XLGC_E_STATE;
  lock();
  node->making--;
  enqueue(node);
  unlock();
  return 0;
}

int xlgc_host_proxy_dying(xlgc_host *host, xlgc_id id, void *handle) {
  if (!host) return XLGC_E_INVAL;
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  node *node = find_node(host, id);
  if (!node || node->is_own || !handle) return XLGC_E_STATE;
  lock();
  bool is = node->handle == handle;
  if (is) {
    node->handle = NULL;
    node->making++;
  }
  unlock();
  return is ? XLGC_HOST_NEW : XLGC_E_STATE;
}

int xlgc_host_proxy_gone(xlgc_host *host, xlgc_id id, void *handle) {
  if (!host) return 0;
  lock();
  node *node = host->is_closing ? NULL : find_node(host, id);
  bool is = node && node->made > node->gone, closing = host->is_closing;
  if (is) {
    node->gone++;
    if (node->handle == handle) node->handle = NULL;
    enqueue(node);
  }
  unlock();
  return is || closing ? 0 : XLGC_E_UNKNOWN;
}

int xlgc_host_is_alive(xlgc_pool *pool, xlgc_id id) {
  if (!pool || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  xlgc_context *context;
  int failed = xlgc_context_here(pool, &context);
  if (failed) return failed == XLGC_E_SHUTDOWN ? 0 : failed;
  xlgc_id loaded = XLGC_ID_NONE;
  lock();
  group *group = find_group(pool);
  object *object = group ? find_object(group, id) : NULL;
  if (object && !is_closed(object)) {
    failed = xlgc_weak_load(object->weak, &loaded);
    /* Who has it pinned keeps its record. */
    if (loaded != XLGC_ID_NONE) {
      object->users++;
      group->users++;
    }
  }
  unlock();
  if (failed || loaded == XLGC_ID_NONE) return failed;
  let_go(context, object);
  lock();
  leave_object(object);
  leave_group(group);
  unlock();
  return 1;
}

/* ------------------------------------------------------------ being called */

static void count_out(xlgc_host *host) {
  lock();
  host->depth--;
  unlock();
}

int xlgc_host_enter(xlgc_host *from, xlgc_id id, xlgc_host **owner, void **handle) {
  int failed = admit(from);
  if (failed) return failed;
  if (id == XLGC_ID_NONE || !owner || !handle) return XLGC_E_INVAL;
  node *proxy = find_node(from, id);
  if (!proxy || is_idle(proxy)) return XLGC_E_UNKNOWN;
  lock();
  bool closed = is_closed(proxy->object);
  unlock();
  failed = closed ? XLGC_E_STALE : hold(from, proxy);
  if (failed) return failed;
  move(from);
  object *object = proxy->object;
  lock();
  xlgc_host *to = object->own ? object->own->host : NULL;
  if (to && to->is_closing) to = NULL;
  if (to) to->depth++;
  unlock();
  if (!to) {
    *owner = NULL;
    *handle = NULL;
    return object->is_export ? XLGC_E_STALE : 0;
  }
  failed = enter(to);
  if (!failed) {
    drain(to);
    failed = object->own ? hold(to, object->own) : XLGC_E_STALE;
    if (failed) leave(to);
  }
  if (failed) {
    count_out(to);
    return failed;
  }
  move(to);
  *owner = to;
  *handle = object->own->handle;
  return 0;
}

int xlgc_host_leave(xlgc_host *owner) {
  if (!owner) return XLGC_E_INVAL;
  lock();
  bool entered = owner->depth != 0;
  unlock();
  if (!entered) return XLGC_E_STATE;
  move(owner);
  leave(owner);
  count_out(owner);
  return 0;
}

int xlgc_host_moved(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  move(host);
  return 0;
}

/* -------------------------------------------------------------- summaries */

static int fail(xlgc_summary *summary, int error) {
  if (!summary->error) summary->error = error;
  return error;
}

static int report(xlgc_summary *summary, node *source, xlgc_id id) {
  xlgc_host *host = summary->host;
  node *target = find_node(host, id);
  if (!target) return fail(summary, XLGC_E_UNKNOWN);
  if (source == target || target->released || is_idle(target)) return 0;
  link *said = find_link(host, source, target);
  if (!said) said = make_link(host, source, target);
  if (!said) return fail(summary, XLGC_E_NOMEM);
  said->stamp = host->number;
  if (said->count || said->is_fresh) return 0;
  said->is_fresh = true;
  LL_PREPEND2(summary->fresh, said, next_fresh);
  return 0;
}

int xlgc_summary_root(xlgc_summary *summary, xlgc_id id) { return summary ? report(summary, NULL, id) : XLGC_E_INVAL; }

int xlgc_summary_edge(xlgc_summary *summary, xlgc_id source, xlgc_id id) {
  if (!summary) return XLGC_E_INVAL;
  node *export = find_node(summary->host, source);
  if (!export || !export->is_own) return fail(summary, XLGC_E_INVAL);
  return export->released ? 0 : report(summary, export, id);
}

int xlgc_summary_each_export(xlgc_summary *summary, int (*each)(void *data, xlgc_id id, void *handle), void *data) {
  if (!summary || !each) return XLGC_E_INVAL;
  int answer = 0;
  for (node *node = summary->host->nodes; node && !answer; node = node->hh.next)
    if (node->is_own && !node->released) answer = each(data, node->object->id, node->handle);
  return answer;
}

/* Puts into the pool what the summary has news of. */
static int install(xlgc_summary *summary, int failed) {
  xlgc_host *host = summary->host;
  link *link, *next;
  LL_FOREACH_SAFE2(summary->fresh, link, next, next_fresh) {
    link->is_fresh = false;
    bool wanted = !failed && !link->count && !is_idle(link->target) && !link->target->released;
    int refused = wanted ? install_link(host, link) : 0;
    if (refused && refused != XLGC_E_STALE) failed = refused;
    if (!link->count) link->stamp = 0; /* the next summary removes it */
  }
  return failed;
}

/* Takes a summary and installs what is new in it. What is old stays until `commit`. */
static int take(xlgc_host *host) {
  int failed = admit(host);
  if (failed) return failed;
  if (host->busy) return XLGC_E_BUSY;
  failed = enter(host);
  if (failed) return failed;
  host->busy++;
  host->number++;
  host->statistics.summaries++;
  xlgc_summary summary = {host, 0, NULL};
  failed = host->adapter->summarise(host->engine, &summary);
  failed = install(&summary, failed < 0 ? failed : summary.error);
  host->busy--;
  leave(host);
  return failed;
}

/* Drops what neither the last summary nor anything since has justified. */
static int commit(xlgc_host *host) {
  link *link, *next;
  int failed = 0;
  host->busy++;
  HASH_ITER(hh, host->links, link, next) {
    if (!failed && link->stamp < host->number) failed = drop_link(host, link);
  }
  host->busy--;
  drain(host);
  return failed;
}

int xlgc_host_summarise(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (host->adapter->flags & XLGC_HOST_SILENT) return XLGC_E_STATE;
  int failed = take(host);
  return failed ? failed : commit(host);
}

int xlgc_host_dispatch(xlgc_host *host, size_t max) {
  int failed = admit(host);
  if (failed) return failed;
  failed = enter(host);
  if (failed) return failed;
  int count = xlgc_context_dispatch(host->context, max);
  drain(host);
  leave(host);
  return count;
}

/* -------------------------------------------------------------- collecting */

typedef struct crowd {
  group *group;
  unsigned count;
  struct member {
    xlgc_host *host;
    uint64_t epoch, unpinned;
  } members[];
} crowd;

/* All hosts of a pool, none of which can be closed until it disperses. */
static int gather(xlgc_pool *pool, crowd **out) {
  int failed = 0;
  crowd *all = NULL;
  lock();
  group *group = find_group(pool);
  if (group && group->collects) failed = XLGC_E_BUSY;
  if (group && !failed) {
    all = allocate(sizeof *all + group->users * sizeof all->members[0]);
    if (!all) failed = XLGC_E_NOMEM;
  }
  if (all) {
    all->group = group;
    group->collects = true;
    xlgc_host *host;
    DL_FOREACH(group->hosts, host) {
      if (host->is_closing) continue;
      host->depth++;
      all->members[all->count++].host = host;
    }
  }
  unlock();
  *out = all;
  return failed;
}

static void disperse(crowd *all) {
  lock();
  all->group->collects = false;
  for (unsigned i = 0; i < all->count; i++)
    all->members[i].host->depth--;
  unlock();
  free(all);
}

static uint64_t epoch_of(const xlgc_host *host) { return atomic_load_explicit(&host->epoch, memory_order_relaxed); }

/* Summaries of all engines, between the first and the last of which nothing moved. */
static int take_all(crowd *all) {
  int failed = 0;
  bool moved = true;
  for (unsigned tries = 0; moved && !failed && tries <= REDONE_MAX; tries++) {
    moved = false;
    for (unsigned i = 0; i < all->count; i++)
      all->members[i].epoch = epoch_of(all->members[i].host);
    for (unsigned i = 0; i < all->count && !failed; i++)
      failed = take(all->members[i].host);
    for (unsigned i = 0; i < all->count; i++)
      moved |= all->members[i].epoch != epoch_of(all->members[i].host);
  }
  return failed ? failed : moved ? XLGC_E_BUSY : 0;
}

static int commit_all(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++)
    failed = commit(all->members[i].host);
  return failed;
}

/* The root of a silent engine holds all there is in it, from the verdict on. */
static int hold_silent(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count; i++) {
    xlgc_host *host = all->members[i].host;
    if (!(host->adapter->flags & XLGC_HOST_SILENT)) continue;
    host->busy++;
    for (node *node = host->nodes; node && !failed; node = node->hh.next) {
      if (node->released || is_idle(node)) continue;
      failed = hold(host, node);
      if (failed == XLGC_E_STALE) failed = 0;
    }
    host->busy--;
  }
  return failed;
}

static int dispatch_all(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++) {
    int count = xlgc_host_dispatch(all->members[i].host, SIZE_MAX);
    if (count < 0 && count != XLGC_E_BUSY) failed = count;
  }
  return failed;
}

static int collect_engines(crowd *all) {
  int failed = 0;
  for (unsigned i = 0; i < all->count && !failed; i++) {
    xlgc_host *host = all->members[i].host;
    if (!host->adapter->collect) continue;
    failed = enter(host);
    if (failed) break;
    failed = host->adapter->collect(host->engine);
    if (failed > 0) failed = 0;
    drain(host);
    leave(host);
  }
  return failed;
}

static int collect(xlgc_pool *pool, crowd *all) {
  /* Only where a verdict can be given are links dropped for it. */
  int failed = xlgc_flush(pool);
  if (!failed) failed = take_all(all);
  if (!failed) {
    failed = commit_all(all);
    if (!failed) failed = xlgc_flush(pool);
    int held = hold_silent(all);
    if (!failed) failed = held;
  }
  if (!failed) failed = dispatch_all(all);
  if (!failed) failed = collect_engines(all);
  if (!failed) failed = xlgc_flush(pool);
  return failed ? failed : dispatch_all(all);
}

int xlgc_hosts_collect(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  crowd *all;
  int failed = gather(pool, &all);
  if (failed) return failed;
  if (!all) return xlgc_flush(pool);
  for (unsigned i = 0; i < all->count; i++)
    all->members[i].unpinned = all->members[i].host->statistics.unpinned;
  failed = collect(pool, all);
  uint64_t count = 0;
  for (unsigned i = 0; i < all->count; i++)
    count += all->members[i].host->statistics.unpinned - all->members[i].unpinned;
  disperse(all);
  return failed ? failed : count > INT32_MAX ? INT32_MAX : (int)count;
}

/* ---------------------------------------------------------------- reading */

int xlgc_host_stats(const xlgc_host *host, xlgc_host_statistics *out) {
  if (!host || !out) return XLGC_E_INVAL;
  *out = host->statistics;
  out->proxies = 0;
  for (const node *node = host->nodes; node; node = node->hh.next)
    out->proxies += !is_idle(node) && !node->is_own;
  out->links = HASH_COUNT(host->links);
  out->epoch = epoch_of(host);
  return 0;
}
