/* Each thread's own context of each pool. */
#ifndef XLGC_THREAD_H
#define XLGC_THREAD_H

#include "pool/pool.h"

/* A pool is being destroyed: its contexts are nobody's any more. */
void xlgc__thread_contexts_forget(const xlgc_pool *pool);

#endif
