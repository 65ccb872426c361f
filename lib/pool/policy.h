/* Logging an event, and the policy for a queue at its bound: help, wait, or fail. */
#ifndef XLGC_POLICY_H
#define XLGC_POLICY_H

#include "pool/pool.h"

/* Sees to it that xlgc__writer_log logs one event of `count` records without links, and without fail, if it is the next
 * that this context logs; makes room as the policy says. Otherwise as xlgc__policy_log. */
int xlgc__policy_reserve(xlgc_context *context, uint32_t count);

/* Runs a step on this thread, which reports; and if what it found is the clean-up thread's, sees to it that there is
 * one. Returns as xlgc__steps_help. */
int xlgc__policy_help(xlgc_pool *pool, const xlgc_context *context, int64_t units);

/* Logs one event of `count` records, or `count` events of one each, of which `links` may make a link; makes room as the
 * policy says. XLGC_E_QUEUE, XLGC_E_NOMEM: nothing was logged. May run a step on this thread, and wait. */
int xlgc__policy_log(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links);

#endif
