#ifndef XLGC_HOSTS_COLLECT_H
#define XLGC_HOSTS_COLLECT_H

#include "hosts/core/tables.h"

/* A collection at a safe point of one of a pool's engines, without the engines' own. It waits for no other thread, and
 * ends no engine. Returns 0; 1 when engines have done a part of what comes before their summaries, and it is to be called
 * again at the next safe point; or as xlgc_hosts_collect. */
int xlgc__host_collect_by_itself(xlgc_pool *pool);
/* Each engine that this thread can enter lets exports go and handles some of its messages. Returns 1 while there are
 * more, 0, or XLGC_E_*. */
int xlgc__host_collect_dispatch(xlgc_pool *pool);

#endif
