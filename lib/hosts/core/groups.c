/* The hosts of one pool. */
#include <config.h>

#include "hosts/core/groups.h"

#include <xlgc/why.h>

#include "hosts/core/engine.h"
#include "hosts/core/objects.h"
#include "hosts/core/settings.h"

static xlgc__host_group *groups;

xlgc__host_group *xlgc__host_groups_find_locked(const xlgc_pool *pool) {
  xlgc__host_group *group;
  DL_SEARCH_SCALAR(groups, group, pool, pool);
  return group;
}

xlgc_pool *xlgc__host_groups_leave_locked(xlgc__host_group *group) {
  if (--group->users) return NULL;
  xlgc_pool *pool = group->pool;
  xlgc__host_object *object, *next;
  DL_FOREACH_SAFE(group->objects, object, next) { xlgc__host_objects_free_locked(object); }
  xlgc__host_started *started, *after;
  DL_FOREACH_SAFE(group->started, started, after) { free(started); } /* ended by others */
  DL_DELETE(groups, group);
  free(group->left_out);
  free(group);
  return pool;
}

/* In the child, with the lock. */
static void leave_to_parent(void) {
  xlgc__host_group *group;
  DL_FOREACH(groups, group) { group->has_forked = true; }
  xlgc__host_engine_forget_waiting_locked();
}

void xlgc__host_groups_watch_forks(void) { xlgc__host_lock_watch_forks(leave_to_parent); }

xlgc__host_group *xlgc__host_groups_use(const xlgc_pool *pool) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  if (group) group->users++;
  xlgc__host_lock_release();
  return group;
}

void xlgc__host_groups_leave(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  xlgc_pool *let_go = xlgc__host_groups_leave_locked(group);
  xlgc__host_lock_release();
  xlgc_pool_release(let_go);
}

xlgc__host_object *xlgc__host_groups_use_object(const xlgc_pool *pool, xlgc_id id) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  xlgc__host_object *object = group ? xlgc__host_objects_find_locked(group, id) : NULL;
  if (object) {
    object->users++;
    group->users++;
  }
  xlgc__host_lock_release();
  return object;
}

void xlgc__host_groups_leave_object(xlgc__host_object *object) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = object->group;
  xlgc__host_objects_leave_locked(object);
  xlgc_pool *let_go = xlgc__host_groups_leave_locked(group);
  xlgc__host_lock_release();
  xlgc_pool_release(let_go);
}

/* -------------------------------------------------------------- configuration */

static void configure(xlgc__host_group *group, const xlgc_hosts_config *config) {
  unsigned step_size = config->mode == XLGC_HOSTS_OFF ? 0 : config->step_size;
  group->config = *config;
  atomic_store_explicit(&group->step_size, step_size, memory_order_relaxed);
  atomic_store_explicit(&group->step_multiplier, config->step_multiplier, memory_order_relaxed);
  atomic_store_explicit(&group->part, config->part, memory_order_relaxed);
  (void)xlgc_sites(group->pool, config->sites);
}

int xlgc_hosts_configure(xlgc_pool *pool, const xlgc_hosts_config *config) {
  if (!pool || !config || !xlgc__host_settings_are_good(config)) return XLGC_E_INVAL;
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  if (group) configure(group, config);
  xlgc__host_lock_release();
  return group ? 0 : XLGC_E_STATE;
}

int xlgc_hosts_configuration(xlgc_pool *pool, xlgc_hosts_config *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  xlgc__host_lock_acquire();
  const xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  if (group) *out = group->config;
  xlgc__host_lock_release();
  if (group) return xlgc_sites_every(pool, &out->sites);
  *out = xlgc__host_settings_begin();
  return XLGC_E_STATE;
}

int xlgc_host_set_mode(xlgc_host *host, unsigned mode) {
  if (!host || mode > XLGC_HOSTS_OFF) return XLGC_E_INVAL;
  atomic_store_explicit(&host->mode, mode, memory_order_relaxed);
  return 0;
}

unsigned xlgc_host_mode(const xlgc_host *host) {
  return host ? atomic_load_explicit(&host->mode, memory_order_relaxed) : XLGC_HOSTS_AUTOMATIC;
}

/* --------------------------------------------------------------------- hosts */

int xlgc__host_groups_join(xlgc_host *host, xlgc_pool *pool) {
  xlgc__host_lock_acquire();
  xlgc__host_group *found = xlgc__host_groups_find_locked(pool);
  if (!found && (found = xlgc__host_memory_zeroed(sizeof *found)) != NULL) {
    (void)xlgc_pool_retain(pool); /* which only counts */
    found->pool = pool;
    xlgc_hosts_config config = xlgc__host_settings_begin();
    (void)xlgc_sites_every(pool, &config.sites);
    configure(found, &config);
    DL_APPEND(groups, found);
  }
  if (found) {
    host->group = found;
    /* It is none of the collection under way, which would not end while engines come faster than they are looked at. */
    host->late.done_for = atomic_load_explicit(&found->serial, memory_order_relaxed);
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
  xlgc_pool *let_go = xlgc__host_groups_leave_locked(group);
  xlgc__host_lock_release();
  xlgc_pool_release(let_go);
}

/* In a frame. */
enum { PORTIONS = 16 };

size_t xlgc__host_groups_portion(const xlgc__host_group *group, size_t whole) {
  bool is_in_frame = atomic_load_explicit(&group->is_in_frame, memory_order_relaxed);
  return is_in_frame && whole > PORTIONS ? whole / PORTIONS : whole;
}
