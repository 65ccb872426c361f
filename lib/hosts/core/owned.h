/* Objects of a pool whose memory is the hosts' own: managed objects, and cursors over them. */
#ifndef XLGC_HOSTS_OWNED_H
#define XLGC_HOSTS_OWNED_H

#include <xlgc/bridge.h>

typedef struct xlgc__host_owned xlgc__host_owned;

/* What they begin with. */
struct xlgc__host_owned {
  xlgc_pool *pool;
  xlgc_id id;
  void (*free)(xlgc__host_owned *owned);
  xlgc__host_owned *prev, *next; /* of all, under the lock */
};

/* Makes it an object of the pool, used by this behaviour. The pool frees it in the end, and also when this fails. */
int xlgc__host_owned_make(xlgc__host_owned *owned, xlgc_pool *pool, xlgc_context *context,
                          void (*free)(xlgc__host_owned *owned), const xlgc_behaviour *behaviour);
/* A pool that takes no more events releases nothing any more: frees its objects. For the end of its last host. */
void xlgc__host_owned_abandon(const xlgc_pool *pool);

#endif
