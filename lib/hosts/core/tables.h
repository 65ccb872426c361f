/* The records of what the hosts of a process know.
 *
 * A group is the hosts of one pool. A node is an id in one host: an export of its own, or an object that it has proxies
 * of. An object is an id in all hosts of a pool. A link is one that a host has in the pool; its stamp is the number of
 * the summary that it outlives.
 *
 * The lock (lock.h) guards the tables of objects, of serials and of groups, the form of each host's table of nodes, the
 * count of proxies in it and what was handed over from elsewhere. All else of a host belongs to the thread that uses
 * it. Logging an event may run callbacks of the program, which may call anything here. The head of handover.c says
 * where links and nodes may be removed, so that no call in the middle of them loses any.
 *
 * Functions named _locked are called with the lock. */
#ifndef XLGC_HOSTS_TABLES_H
#define XLGC_HOSTS_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <xlgc/bridge.h>

#include "table/tree.h"
#include "hosts/core/copy.h"
#include "hosts/core/facts.h"
#include "hosts/core/lock.h"
#include "hosts/core/memory.h"
#include "hosts/core/pages.h"

#include <utlist.h>

typedef struct xlgc__host_group xlgc__host_group;
typedef struct xlgc__host_object xlgc__host_object;
typedef struct xlgc__host_node xlgc__host_node;
typedef struct xlgc__host_link xlgc__host_link;
typedef struct xlgc__host_started xlgc__host_started;
typedef struct xlgc__host_time xlgc__host_time;
typedef struct xlgc__host_watch xlgc__host_watch;

struct xlgc__host_group {
  xlgc_pool *pool;
  xlgc_host *hosts;
  xlgc__tree objects_by_id;
  xlgc__host_object *objects;    /* all; those that owe pins stand first */
  xlgc__host_started *started;   /* the last one first */
  _Atomic unsigned ends_wanted;  /* of them; changed under the lock; relaxed, as pins_owed */
  unsigned users;                /* hosts, and calls that look at it */
  _Atomic unsigned pins_owed;    /* changed under the lock; relaxed: a look that misses one finds it the next time */
  uintptr_t collector;           /* the thread of the collection in progress, or 0 */
  bool has_forked;               /* it is the parent's: this is the copy in a child */
  xlgc_hosts_config config;      /* under the lock */
  _Atomic size_t exports, young; /* present now; made since the last collection was begun; relaxed: for pacing */
  _Atomic unsigned serial;       /* of that collection; as these */
  _Atomic bool is_in_frame;      /* a thread is in xlgc_hosts_frame; relaxed: for the size of parts */
  _Atomic bool has_frames;       /* work is left to them; relaxed: for the size of what calls do */
  struct {
    size_t threshold;     /* of exports, see pacing.h; under the lock, as the others */
    size_t frame_exports; /* when the last frame began */
    uint64_t last_ns, rests_until_ns, frames_until_ns, part_ns, longest_ns, at_once_ns, walk_ns, collections;
    uint64_t taken_ns;       /* by the parts since the last rest */
    uint64_t walks_until_ns; /* one that is not expected to be over by then is put off; 0: none is */
    bool is_told; /* to the listeners of the pool, that it has begun */
    bool is_begun, is_listed, is_deciding, decides_at_once, has_refused; /* of the collection in progress */
  } pace;
  /* As `config` has them, but that no step is made when the hosts are off; relaxed: from some step on. */
  _Atomic unsigned step_size, step_multiplier, part;
  char *left_out; /* names of the engines that the last collection left out, or NULL */
  xlgc_id shared; /* pinned while there are hosts */
  xlgc__host_group *prev, *next;
};

struct xlgc__host_object {
  xlgc_id id;
  xlgc__host_group *group;
  xlgc_weak *weak;
  xlgc__host_node *own;   /* the export's, until it is released or its host is closed */
  uint64_t serial;        /* of an export that is not released */
  unsigned users;         /* nodes, a closed host's export until it is released, and calls that look at it */
  unsigned pins_owed;     /* of a look-up, whose unpin could not be logged */
  _Atomic unsigned named; /* by so many open visits; changed under the lock; relaxed: raised by the engine's thread */
  bool is_export;
  _Atomic bool is_over; /* an export that was released; changed under the lock; relaxed: see objects.h */
  xlgc__host_object *prev, *next;
  xlgc__tree_node by_id, by_serial;
};

struct xlgc__host_node {
  xlgc_host *host;
  xlgc__host_object *object;
  void *handle; /* the export's, or the last proxy's that may still be given out */
  bool is_own, released, pin_is_kept;
  bool leaves;     /* an export: what it reaches is the root's from the verdict on */
  unsigned weight; /* an export's, in KiB beside what is usual: by it the hosts' collections are paced */
  bool is_queued;
  _Atomic bool is_outside; /* an export that went out outside of visits; as is_proposed */
  _Atomic bool
      is_proposed;        /* an export that may be let go; relaxed: changed under the lock, or by the engine's thread */
  _Atomic bool is_recent; /* it was named since that was last looked at; as is_proposed */
  unsigned born;          /* the collection that was begun before it was exported */
  unsigned made, gone;    /* proxies */
  unsigned making;
  uint64_t said;        /* the last summary that said it, */
  uint64_t held_beyond; /* and that has linked the root to what it reaches */
  uint64_t let_go;      /* the last one begun when the root's link to it was dropped before a summary said so */
  xlgc__host_link *in, *from_root;
  xlgc__tree out; /* links by target */
  xlgc__host_node *prev, *next, *next_queued, *next_released, *prev_listed, *next_listed;
  xlgc__tree_node by_id, by_handle;
};

struct xlgc__host_link {
  xlgc__host_node *source, *target; /* source: NULL for the root */
  uint64_t stamp;
  unsigned count; /* how often it is in the pool */
  bool is_fresh;
  xlgc__host_link *prev, *next, *in_prev, *in_next, *next_fresh;
  xlgc__tree_node by_target;
};

/* An engine that a language has started. */
struct xlgc__host_started {
  const xlgc_language *language;
  void *engine;
  xlgc_host *from; /* that asked for it, and ends after it; NULL for a program */
  xlgc_host *host; /* the engine's; NULL when it is not known, or closed */
  xlgc_id face;    /* its object, pinned until `from` has received it; or XLGC_ID_NONE */
  uint64_t serial;
  unsigned born;             /* the collection that was begun before it was asked for */
  bool is_wanted, is_ending; /* its end: as soon as it is in no call; at this moment */
  xlgc__host_started *prev, *next;
};

struct xlgc_host {
  const xlgc_host_adapter *adapter;
  void *engine;
  xlgc__host_group *group;
  xlgc_context *context;
  xlgc_id root;
  xlgc__host_node *nodes;          /* all, first to last */
  xlgc__tree nodes_by_id, exports; /* exports: by handle */
  xlgc__host_link *links;          /* all, first to last */
  size_t link_count;
  xlgc__host_node *queued, *released; /* handed over, under the lock */
  _Atomic size_t queued_count;        /* changed under the lock; relaxed: for the size of what calls do */
  _Atomic bool has_handed_over;       /* is there any? Changed under the lock; relaxed, as pins_owed */
  xlgc__host_watch *watches;          /* of objects of its engine, under the lock */
  xlgc__host_node *outside;           /* went out outside of visits, under the lock */
  xlgc__host_node *proposed;          /* to be let go, under the lock */
  _Atomic unsigned proposed_count; /* since they were last looked at; changed under the lock; relaxed, as pins_owed */
  unsigned ends;                   /* of visits, since the host last did what waited for a safe point */
  _Atomic unsigned depth;          /* how often it is entered; raised under the lock, lowered by release */
  _Atomic unsigned visiting;       /* in the middle of others' objects; changed by the engine's thread */
  unsigned busy;                   /* in the middle of the tables */
  bool is_shared;                  /* as engine.h has it, with the three that follow */
  unsigned turns;                  /* how often its thread has it */
  _Atomic uintptr_t thread;        /* that has it, or that it belongs to */
  _Atomic unsigned waiting;        /* threads that want it */
  _Atomic unsigned mode;           /* XLGC_HOSTS_*; relaxed: from some visit on */
  _Atomic bool is_asked;           /* for a summary; relaxed: it is looked at again and again */
  _Atomic xlgc_id bell;            /* wakes its thread, or XLGC_ID_NONE; see safepoint.c */
  bool is_draining, is_stepping, is_closing, root_is_unpinned, pool_is_over, is_plain;
  bool is_prepared; /* for a quick summary */
  bool is_weak;     /* the last summary has met weak references to what only exports reach */
  uint64_t number;  /* of the last summary that was begun */
  struct {          /* see image.h */
    xlgc__host_copy copy;
    size_t room;     /* for facts */
    unsigned tries;  /* for the summary to come */
    bool is_taken;   /* the last summary was its, and what it has not seen has had no effect yet */
    bool owes_hold;  /* it has, and not all could be linked that has to be */
    bool is_settled; /* what it has cost is over, or seen to */
    xlgc__host_pages pages;
  } image;
  struct {                  /* see late.h */
    xlgc__host_facts facts; /* noted in this process; the memory is kept */
    enum { XLGC__HOST_LATE_NONE, XLGC__HOST_LATE_ADDS, XLGC__HOST_LATE_DROPS } phase;
    size_t next;           /* fact to be reported */
    xlgc__host_link *link; /* next one to be looked at */
    bool is_image;
    unsigned done_for; /* the collection that it was for */
    uint64_t walk_ns;  /* what the last walk took */
    bool is_told;      /* to the listeners of the pool, that it has begun */
  } late;
  xlgc__host_time *time; /* that calls may take, see stops.h; NULL: any */
  _Atomic uint64_t epoch;
  xlgc_host_statistics statistics; /* all that are counted by the engine's thread; */
  _Atomic uint64_t unpinned;       /* this by any that is in it: relaxed, a collection reads it when it has left */
  _Atomic uint64_t left;           /* of those, the exports that have left the root what they reached; as these */
  xlgc_host *prev, *next;
};

#endif
