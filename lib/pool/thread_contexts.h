/* Each thread's own context of each pool, found by thread-specific data. It ends with its thread or its pool,
 * whichever ends first. So it is on two lists, of its thread and of the whole process. */
#ifndef XLGC_THREAD_CONTEXTS_H
#define XLGC_THREAD_CONTEXTS_H

#include "pool/pool.h"

/* This thread's context, made when there is none. XLGC_E_NOMEM, XLGC_E_SHUTDOWN. */
int xlgc__thread_contexts_here(xlgc_pool *pool, xlgc_context **out);
/* A thread ends that has such contexts; first: what it has set for itself (process.h). */
void xlgc__thread_contexts_end(void *first);
/* A pool is being destroyed: no thread has a context of it any more. */
void xlgc__thread_contexts_forget(const xlgc_pool *pool);

#endif
