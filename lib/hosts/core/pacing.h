/* When the hosts of a pool collect by themselves.
 *
 * What counts is how many exports there are: objects that have crossed a border. A collection is due when their number
 * has grown by `pause` percent, and by FLOOR more, since the last one; or when that is `max_age_ns` ago. So the work of
 * the first sort is in proportion to what crosses, and garbage of any size goes by the second. One that was refused is
 * tried again after half of that growth. The program's own collections count as well.
 *
 * A collection may go on for many visits. What was exported meanwhile is not known to survive it, and does not count as
 * what grows: else each would let more garbage be than the one before.
 *
 * What a collection costs may have nothing to do with that: walks through Lua and Duktape cost what there is. So after
 * each they rest, until it has taken no more than `share` percent of the time; but no longer than until there are EXTRA
 * exports more than make one due. Without that bound each would have more garbage to free than the one before, take
 * longer for that, and rest longer. A frame bounds its parts itself, so there it is the whole collection that is
 * followed by a rest.
 */
#ifndef XLGC_HOSTS_PACING_H
#define XLGC_HOSTS_PACING_H

#include "hosts/core/tables.h"

bool xlgc__host_pacing_is_due(xlgc__host_group *group);
/* A collection has succeeded (0 or more), by itself or by hand, or was refused. */
void xlgc__host_pacing_note(xlgc__host_group *group, int result);
/* Calls `collect` and notes its result, unless that is above 0: then it has done a part, and is to be called again.
 * They rest after parts as well. Returns the result. */
int xlgc__host_pacing_run(xlgc__host_group *group, int (*collect)(xlgc_pool *pool));
/* The code of engines waits from here to there for a part of a collection, of this result, or for all of one. Tells
 * the listeners of the pool. */
void xlgc__host_pacing_begin_stop(xlgc__host_group *group);
void xlgc__host_pacing_end_stop(xlgc__host_group *group, int result);
/* A collection waits for an image. The program waits a little as well when too much has crossed meanwhile: the more,
 * the longer, up to 10 ms. So what crosses while an image is taken is bounded, by what crosses in between. */
void xlgc__host_pacing_wait(xlgc__host_group *group);
/* What the next part is expected to take. */
uint64_t xlgc__host_pacing_expected_ns(xlgc__host_group *group);

/* A frame of so many ns begins: returns its end, on the monotonic clock. For a second from then on, collections, and
 * most else that waits, are left to frames, unless they can wait no longer. */
uint64_t xlgc__host_pacing_begin_frame(xlgc__host_group *group, uint64_t ns);
void xlgc__host_pacing_end_frame(xlgc__host_group *group);
bool xlgc__host_pacing_is_left_to_frames(xlgc__host_group *group);
/* How many parts are to come in this frame, as the collection can wait no longer. */
unsigned xlgc__host_pacing_urgent_parts(xlgc__host_group *group);
/* May a part begin that is over at the end of a frame? Most end by themselves after a moment; a verdict that comes at
 * once does not, but what the last one took is known. */
bool xlgc__host_pacing_fits(xlgc__host_group *group, uint64_t end_ns);
/* From here on walks that are not expected to be over by then are put off; 0: none is. */
void xlgc__host_pacing_limit_walks(xlgc__host_group *group, uint64_t end_ns);
/* Is one of that length? */
bool xlgc__host_pacing_puts_off(xlgc__host_group *group, uint64_t walk_ns);

#endif
