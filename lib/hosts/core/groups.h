#ifndef XLGC_HOSTS_GROUPS_H
#define XLGC_HOSTS_GROUPS_H

#include "hosts/core/tables.h"

/* The group of a pool, or NULL. */
xlgc__host_group *xlgc__host_groups_find_locked(const xlgc_pool *pool);
/* The same, used once more. */
xlgc__host_group *xlgc__host_groups_use(const xlgc_pool *pool);
/* One user less; the group is freed with the last, and its pool is let go. _locked: the caller does that, by
 * xlgc_pool_release of what this returns, without the lock. */
void xlgc__host_groups_leave(xlgc__host_group *group);
xlgc_pool *xlgc__host_groups_leave_locked(xlgc__host_group *group);
/* An object that the caller has used, and its group, as xlgc__host_groups_use_object has it. */
void xlgc__host_groups_leave_object(xlgc__host_object *object);
/* The object of an id in a pool, used once more, as its group; NULL when no host knows it. */
xlgc__host_object *xlgc__host_groups_use_object(const xlgc_pool *pool, xlgc_id id);
/* What a part of what a collection does has of so many: in a frame a sixteenth. */
size_t xlgc__host_groups_portion(const xlgc__host_group *group, size_t whole);

/* From now on a child that is forked knows which groups are its parent's. */
void xlgc__host_groups_watch_forks(void);

/* A host becomes one of a pool's, and is one no more. */
int xlgc__host_groups_join(xlgc_host *host, xlgc_pool *pool);
void xlgc__host_groups_part(xlgc_host *host);

#endif
