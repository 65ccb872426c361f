/* When the hosts of a pool collect by themselves.
 *
 * The estimate is how many exports there are after the last collection: objects that have crossed a border and survived. A collection is due when their number has grown by `pause`
 * percent and by FLOOR more; or when something has crossed and the last one is `max_age_ns` ago. So the work of all
 * collections is in proportion to what crosses. One that was refused is tried again after half of that growth. */
#ifndef XLGC_HOSTS_PACING_H
#define XLGC_HOSTS_PACING_H

#include "hosts/core/tables.h"

bool xlgc__host_pacing_is_due(xlgc__host_group *group);
/* A collection has succeeded (0 or more), or failed. */
void xlgc__host_pacing_note(xlgc__host_group *group, int result);

#endif
