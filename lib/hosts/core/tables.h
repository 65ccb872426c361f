/* What the hosts of a process know: groups of hosts that share a pool, objects, nodes and links.
 *
 * A node is an id in one host: an export of its own, or an object that it has proxies of. An object is an id in all
 * hosts. A link is one that a host has in the pool; its stamp is the number of the summary that it outlives.
 *
 * The lock guards the tables of objects, of serials and of groups, the form of each host's table of nodes, the count of
 * proxies in it and what was handed over from elsewhere. Everything else of a host is the thread's that uses it.
 * Logging an event may run callbacks of the program, which may call anything here; so links and nodes are removed by
 * xlgc__host_drain only, which waits while `busy` says that somebody is in the middle of them. */
#ifndef XLGC_HOSTS_TABLES_H
#define XLGC_HOSTS_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include <xlgc/bridge.h>

#include "hosts/core/memory.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__host_allocate(size_bytes)
#define uthash_free(memory, size_bytes) free(memory)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>
#include <utlist.h>

typedef struct group group;
typedef struct object object;
typedef struct node node;
typedef struct link link;
typedef struct started started;

/* The hosts of a pool. */
struct group {
  xlgc_pool *pool;
  xlgc_host *hosts;
  object *objects;
  unsigned users;             /* hosts, and who looks at it */
  _Atomic unsigned pins_owed; /* changed under the lock; relaxed: who misses one finds it the next time */
  bool collects;
  xlgc_id shared; /* pinned while there are hosts */
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

/* An engine that a host has started, and that ends before it. */
struct started {
  const xlgc_language *language;
  void *engine;
  started *next;
};

struct xlgc_host {
  const xlgc_host_adapter *adapter;
  void *engine;
  group *group;
  xlgc_context *context;
  xlgc_id root;
  node *nodes, *exports; /* by id, and by handle */
  link *links;
  node *queued, *released;      /* handed over, under the lock */
  _Atomic bool has_handed_over; /* is there any? Changed under the lock; relaxed, as for pins_owed */
  _Atomic unsigned depth;       /* how often it is entered; changed under the lock, relaxed */
  unsigned busy, visiting;      /* in the middle of the tables, or of others' objects */
  bool is_draining, is_closing, root_is_unpinned, pool_is_over, is_plain;
  uint64_t number; /* of the last summary that was begun */
  _Atomic uint64_t epoch;
  xlgc_host_statistics statistics;
  started *started; /* the last one first */
  xlgc_host *prev, *next;
};

/* The lock of all hosts. It is taken before a pool's, and is held while the process forks once _watch was called. */
void xlgc__host_lock(void);
void xlgc__host_unlock(void);
void xlgc__host_watch(void);

/* Memory that is zero, or NULL. */
void *xlgc__host_zeroed(size_t size_bytes);
/* A pool that takes no more events holds nothing any more: 0 for its answers. */
int xlgc__host_unless_over(int result);

/* Groups: the hosts of one pool. _find and _leave: lock held. */
group *xlgc__host_find_group(const xlgc_pool *pool);
void xlgc__host_leave_group(group *group);
int xlgc__host_join(xlgc_host *host, xlgc_pool *pool);
void xlgc__host_part(xlgc_host *host);

/* Serial numbers of exports. All but _make: lock held. _give: false without memory. */
uint64_t xlgc__host_make_serial(void);
object *xlgc__host_find_serial(uint64_t serial);
bool xlgc__host_give_serial(object *object, uint64_t serial);
void xlgc__host_take_serial(object *object);

/* Objects. Lock held. _leave: one use less, and away with the last. _is_closed: an export that is there no more. */
object *xlgc__host_find_object(const group *group, xlgc_id id);
void xlgc__host_leave_object(object *object);
bool xlgc__host_is_closed(const object *object);

/* A pin of a look-up goes; when that cannot be logged it is owed. The object is used by the caller. */
void xlgc__host_let_go(xlgc_context *context, object *object);
/* Tries to log one that is owed. Returns false when there is none or it failed again. */
bool xlgc__host_settle_pins(xlgc_host *host);

/* Nodes, by id and by the handle of an export, or NULL. */
node *xlgc__host_find_node(const xlgc_host *host, xlgc_id id);
node *xlgc__host_find_export(const xlgc_host *host, const void *handle);
/* A node for an id that has none in this host, and that the caller holds. */
int xlgc__host_make_node(xlgc_host *host, xlgc_id id, bool is_own, node **out);
/* An export that is not released yet leaves its object, so that the id goes on being known for one. */
void xlgc__host_remove_node(node *node);
/* To be looked at by xlgc__host_drain: a node with proxies that are gone, and an export with its verdict. Lock held. */
void xlgc__host_enqueue(node *node);
void xlgc__host_enqueue_released(node *node);
/* Has the engine no more use for it? A proxy or own object that is going counts as gone. _locked: lock held. */
bool xlgc__host_is_idle(const node *node);
bool xlgc__host_is_idle_locked(const node *node);

/* Links. source: NULL for the root. _make: one that is not in the pool yet, NULL without memory. */
link *xlgc__host_find_link(const xlgc_host *host, const node *source, const node *target);
link *xlgc__host_make_link(xlgc_host *host, node *source, node *target);
/* Of the tables; the pool has it no more. */
void xlgc__host_remove_link(xlgc_host *host, link *link);
/* Puts a link into the pool if it and its source are alive. */
int xlgc__host_install_link(xlgc_host *host, link *link);
/* Takes it out of the pool, and away unless it was made again meanwhile. */
int xlgc__host_drop_link(xlgc_host *host, link *link);
/* From now until the next summary the root holds it. XLGC_E_STALE when it is gone. */
int xlgc__host_hold(xlgc_host *host, node *node);

#endif
