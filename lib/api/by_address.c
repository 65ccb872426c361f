/* The interface of the original proposal: objects are addresses of the process's default pool, and each thread logs
 * to its own context of it. */
#include <config.h>

#include "base/process.h"
#include "pool/audit.h"
#include "pool/contexts.h"
#include "pool/lifetime.h"
#include "pool/policy.h"
#include "pool/thread_contexts.h"
#include "queue/writer.h"

/* Of an event. */
enum { RECORDS = 3 };

/* Set once a process. Release, and acquire by a thread that reads it: the pool is complete before it is found. The
 * child of a fork has its parent's, until the first of its threads that comes here puts its own there. That takes no
 * lock, as another thread may have had any at the fork. The parent's stays for what still names it, a context or a
 * pointer of the program's, and answers XLGC_E_FORK. */
static _Atomic(xlgc_pool *) shared;

static bool is_parents(const xlgc_pool *pool) { return pool->fork_generation != xlgc__process_generation(); }

xlgc_pool *xlgc_default_pool(void) {
  xlgc_pool *pool = atomic_load_explicit(&shared, memory_order_acquire);
  if (pool && !is_parents(pool)) return pool;
  xlgc_pool *made = NULL;
  if (xlgc__lifetime_create(NULL, &made)) return NULL;
  /* Another thread may have been faster. */
  if (atomic_compare_exchange_strong(&shared, &pool, made)) return made;
  xlgc__lifetime_destroy(made, NULL, NULL);
  return pool;
}

static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)data;
  xlgc_pool *pool = context->pool;
  xlgc__releaser releaser = {NULL, NULL}, *found;
  xlgc__mutex_lock(&pool->queue.lock);
  found = xlgc__addresses_releaser(&pool->graph.objects.addresses, object, (uint32_t)id);
  if (found) releaser = *found;
  xlgc__mutex_unlock(&pool->queue.lock);
  if (releaser.run) releaser.run(releaser.param);
}

static const xlgc_kind by_address = {.name = "object by address", .flags = XLGC_KIND_TRANSIENT, .release = release};

/* Parent and child of an event. */
typedef struct ends {
  void *address[2];
  uint32_t object[2]; /* 0: none is known */
  bool made[2];
} ends;

static void unmake(xlgc__objects *objects, const ends *ends) {
  for (unsigned i = 0; i < 2; i++)
    if (ends->made[i]) xlgc__object_discard(objects, ends->object[i]);
}

/* Finds the objects of an add, and registers those that are not known. All or nothing. */
static int find_or_make(xlgc_pool *pool, ends *ends) {
  xlgc__graph *graph = &pool->graph;
  xlgc__objects *objects = &graph->objects;
  for (unsigned i = 0; i < 2; i++) {
    uint32_t *object = &ends->object[i];
    *object = xlgc__addresses_find(&objects->addresses, ends->address[i]);
    if (*object) continue;
    uint64_t rank = xlgc__graph_birth_rank(graph);
    int failed = xlgc__object_create(objects, ends->address[i], &by_address, NULL, rank, object);
    ends->made[i] = !failed;
    if (failed) {
      unmake(objects, ends);
      return failed;
    }
  }
  return 0;
}

/* Finds those of a drop: of an object that was released, what it held is dropped late, until its address is used
 * anew. */
static void find_both(const xlgc_pool *pool, ends *ends) {
  const xlgc__addresses *addresses = &pool->graph.objects.addresses;
  ends->object[0] = xlgc__addresses_find_notified(addresses, ends->address[0]);
  ends->object[1] = xlgc__addresses_find(addresses, ends->address[1]);
}

static void note_names(xlgc_pool *pool, const ends *ends) {
  for (unsigned i = 0; i < 2; i++)
    if (ends->object[i]) xlgc__addresses_name(&pool->graph.objects.addresses, ends->address[i], pool->queue.cuts);
}

static uint64_t id_of(const xlgc_pool *pool, uint32_t object) {
  return object ? xlgc__object_id(&pool->graph.objects, object) : 0;
}

/* What an address names is decided here, in one section of the lock with the logging: an address that was released and
 * is used anew names another object from then on, and one that a logged event names is not forgotten meanwhile. There
 * is room in the log. Lock taken. */
static int log_locked(xlgc_context *context, xlgc__op op, ends *ends, uint64_t one, uint64_t other) {
  xlgc_pool *pool = context->pool;
  bool adds = op == XLGC__OP_ADD_LINK;
  int failed = 0;
  if (adds)
    failed = find_or_make(pool, ends);
  else
    find_both(pool, ends);
  if (failed) return failed;
  xlgc__record records[] = {xlgc__event(op, id_of(pool, ends->object[0]), id_of(pool, ends->object[1])),
                            {{(uintptr_t)ends->address[0], (uintptr_t)ends->address[1]}},
                            {{one, other}}};
  failed = xlgc__writer_append_locked(context, records, RECORDS, adds);
  if (failed)
    unmake(&pool->graph.objects, ends);
  else
    note_names(pool, ends);
  return failed;
}

static int log_here(xlgc__op op, void *parent, void *child, uint64_t one, uint64_t other) {
  if (!parent || !child) return XLGC_E_INVAL;
  xlgc_pool *pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  xlgc_context *context;
  int failed = xlgc__thread_contexts_here(pool, &context);
  if (!failed) failed = xlgc__contexts_admit(context);
  if (!failed) failed = xlgc__policy_reserve(context, RECORDS);
  if (failed) return failed;
  ends ends = {.address = {parent, child}};
  bool adds = op == XLGC__OP_ADD_LINK;
  xlgc__mutex_lock(&pool->queue.lock);
  failed = log_locked(context, op, &ends, one, other);
  xlgc_id source = failed ? XLGC_ID_NONE : id_of(pool, ends.object[0]);
  xlgc_id target = failed ? XLGC_ID_NONE : id_of(pool, ends.object[1]);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  context->extras += RECORDS - 1;
  if (source && target) xlgc__audit_logged(context, op, source, target, adds ? (void *)(uintptr_t)one : NULL);
  return 0;
}

int xlgc_add_link(void *parent, void *child, void *place) {
  return log_here(XLGC__OP_ADD_LINK, parent, child, (uintptr_t)place, 0);
}

int xlgc_drop_link(void *parent, void *child, void (*releaser)(void *param), void *param) {
  return log_here(XLGC__OP_DROP_LINK, parent, child, (uintptr_t)releaser, (uintptr_t)param);
}
