/* What the hosts of a process know: groups of hosts that share a pool, objects, nodes and links.
 *
 * A node is an id in one host: an export of its own, or an object that it has proxies of. An object is an id in all
 * hosts. A link is one that a host has in the pool; its stamp is the number of the summary that it outlives.
 *
 * The lock guards the tables of objects, of serials and of groups, the form of each host's table of nodes, the count of
 * proxies in it and what was handed over from elsewhere. Everything else of a host is the thread's that uses it.
 * Logging an event may run callbacks of the program, which may call anything here; so links and nodes are removed by
 * xlgc__host_handover_drain only, which waits while `busy` says that somebody is in the middle of them. */
#ifndef XLGC_HOSTS_TABLES_H
#define XLGC_HOSTS_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include <xlgc/bridge.h>

#include "hosts/core/memory.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__host_memory_allocate(size_bytes)
#define uthash_free(memory, size_bytes) free(memory)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>
#include <utlist.h>

typedef struct xlgc__host_group xlgc__host_group;
typedef struct xlgc__host_object xlgc__host_object;
typedef struct xlgc__host_node xlgc__host_node;
typedef struct xlgc__host_link xlgc__host_link;
typedef struct xlgc__host_started xlgc__host_started;

/* The hosts of a pool. */
struct xlgc__host_group {
  xlgc_pool *pool;
  xlgc_host *hosts;
  xlgc__host_object *objects;
  unsigned users;             /* hosts, and who looks at it */
  _Atomic unsigned pins_owed; /* changed under the lock; relaxed: who misses one finds it the next time */
  bool collects;
  xlgc_id shared; /* pinned while there are hosts */
  xlgc__host_group *prev, *next;
};

struct xlgc__host_object {
  xlgc_id id;
  xlgc__host_group *group;
  xlgc_weak *weak;
  xlgc__host_node *own; /* the export's, until it is released or its host is closed */
  uint64_t serial;      /* of an export that is not released */
  unsigned users;       /* nodes, a closed host's export until it is released, and who looks at it */
  unsigned pins_owed;   /* of a look-up, which could not be logged */
  bool is_export, failed;
  UT_hash_handle hh, by_serial;
};

struct xlgc__host_node {
  xlgc_host *host;
  xlgc__host_object *object;
  void *handle; /* the export's, or the last proxy's that may still be given out */
  bool is_own, released, pin_is_kept, failed;
  bool is_queued;
  unsigned made, gone; /* proxies */
  unsigned making;
  xlgc__host_link *in, *out, *from_root;
  xlgc__host_node *next_queued, *next_released;
  UT_hash_handle hh, by_handle;
};

typedef struct xlgc__host_link_key {
  xlgc_id source, target;
} xlgc__host_link_key;

struct xlgc__host_link {
  xlgc__host_link_key key;
  xlgc__host_node *source, *target; /* source: NULL for the root */
  uint64_t stamp;
  unsigned count; /* how often it is in the pool */
  bool is_fresh, failed;
  xlgc__host_link *in_prev, *in_next, *out_prev, *out_next, *next_fresh;
  UT_hash_handle hh;
};

/* An engine that a host has started, and that ends before it. */
struct xlgc__host_started {
  const xlgc_language *language;
  void *engine;
  xlgc__host_started *next;
};

struct xlgc_host {
  const xlgc_host_adapter *adapter;
  void *engine;
  xlgc__host_group *group;
  xlgc_context *context;
  xlgc_id root;
  xlgc__host_node *nodes, *exports; /* by id, and by handle */
  xlgc__host_link *links;
  xlgc__host_node *queued, *released; /* handed over, under the lock */
  _Atomic bool has_handed_over;       /* is there any? Changed under the lock; relaxed, as for pins_owed */
  _Atomic unsigned depth;             /* how often it is entered; changed under the lock, relaxed */
  unsigned busy, visiting;            /* in the middle of the tables, or of others' objects */
  bool is_draining, is_closing, root_is_unpinned, pool_is_over, is_plain;
  uint64_t number; /* of the last summary that was begun */
  _Atomic uint64_t epoch;
  xlgc_host_statistics statistics;
  xlgc__host_started *started; /* the last one first */
  xlgc_host *prev, *next;
};

/* The lock of all hosts. It is taken before a pool's, and is held while the process forks once _watch was called. */
void xlgc__host_lock_acquire(void);
void xlgc__host_lock_release(void);
void xlgc__host_lock_watch_forks(void);

/* Memory that is zero, or NULL. */
void *xlgc__host_memory_zeroed(size_t size_bytes);
/* A pool that takes no more events holds nothing any more: 0 for its answers. */
int xlgc__host_objects_unless_over(int result);

/* Groups: the hosts of one pool. _find and _leave: lock held. */
xlgc__host_group *xlgc__host_groups_find_locked(const xlgc_pool *pool);
void xlgc__host_groups_leave_locked(xlgc__host_group *group);
int xlgc__host_groups_join(xlgc_host *host, xlgc_pool *pool);
void xlgc__host_groups_part(xlgc_host *host);

/* Serial numbers of exports. All but _make: lock held. _give: false without memory. */
uint64_t xlgc__host_objects_make_serial(void);
xlgc__host_object *xlgc__host_objects_find_serial_locked(uint64_t serial);
bool xlgc__host_objects_give_serial_locked(xlgc__host_object *object, uint64_t serial);
void xlgc__host_objects_take_serial_locked(xlgc__host_object *object);

/* Objects. Lock held. _leave: one use less, and away with the last. _is_closed: an export that is there no more. */
xlgc__host_object *xlgc__host_objects_find_locked(const xlgc__host_group *group, xlgc_id id);
void xlgc__host_objects_leave_locked(xlgc__host_object *object);
bool xlgc__host_objects_is_closed_locked(const xlgc__host_object *object);

/* A pin of a look-up goes; when that cannot be logged it is owed. The object is used by the caller. */
void xlgc__host_objects_unpin(xlgc_context *context, xlgc__host_object *object);
/* Tries to log one that is owed. Returns false when there is none or it failed again. */
bool xlgc__host_objects_unpin_owed(xlgc_host *host);

/* Nodes, by id and by the handle of an export, or NULL. */
xlgc__host_node *xlgc__host_nodes_find(const xlgc_host *host, xlgc_id id);
xlgc__host_node *xlgc__host_nodes_find_export(const xlgc_host *host, const void *handle);
/* A node for an id that has none in this host, and that the caller holds. */
int xlgc__host_nodes_make(xlgc_host *host, xlgc_id id, bool is_own, xlgc__host_node **out);
/* An export that is not released yet leaves its object, so that the id goes on being known for one. */
void xlgc__host_nodes_remove(xlgc__host_node *node);
/* To be looked at by xlgc__host_handover_drain: a node with proxies that are gone, and an export with its verdict. Lock held. */
void xlgc__host_nodes_enqueue_locked(xlgc__host_node *node);
void xlgc__host_nodes_enqueue_released_locked(xlgc__host_node *node);
/* Has the engine no more use for it? A proxy or own object that is going counts as gone. _locked: lock held. */
bool xlgc__host_nodes_is_idle(const xlgc__host_node *node);
bool xlgc__host_nodes_is_idle_locked(const xlgc__host_node *node);

/* Links. source: NULL for the root. _make: one that is not in the pool yet, NULL without memory. */
xlgc__host_link *xlgc__host_links_find(const xlgc_host *host, const xlgc__host_node *source,
                                       const xlgc__host_node *target);
xlgc__host_link *xlgc__host_links_make(xlgc_host *host, xlgc__host_node *source, xlgc__host_node *target);
/* Of the tables; the pool has it no more. */
void xlgc__host_links_remove(xlgc_host *host, xlgc__host_link *link);
/* Puts a link into the pool if it and its source are alive. */
int xlgc__host_links_install(xlgc_host *host, xlgc__host_link *link);
/* Takes it out of the pool, and away unless it was made again meanwhile. */
int xlgc__host_links_drop(xlgc_host *host, xlgc__host_link *link);
/* From now until the next summary the root holds it. XLGC_E_STALE when it is gone. */
int xlgc__host_links_from_root(xlgc_host *host, xlgc__host_node *node);

#endif
