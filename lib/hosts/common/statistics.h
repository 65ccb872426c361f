/* What xlgc.stats() answers: one list of names for all languages. */
#ifndef XLGC_HOSTS_COMMON_STATISTICS_H
#define XLGC_HOSTS_COMMON_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

#include <xlgc/bridge.h>

#include "hosts/common/condense.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xlgc__statistics {
  xlgc_statistics pool;
  xlgc_host_statistics host;
  xlgc__condense_counts summary; /* of the engine's last summary */
} xlgc__statistics;

/* What xlgc.left_out() answers: the names of the engines that the pool's last collection left out, as a text, which the
 * caller clears. Returns 0 or XLGC_E_NOMEM. */
int xlgc__statistics_left_out(xlgc_pool *pool, xlgc_value *out);

/* What xlgc.metrics() answers: xlgc_host_metrics, as a text, which the caller clears. Returns 0 or XLGC_E_*. */
int xlgc__statistics_metrics(xlgc_host *host, xlgc_value *out);

/* Reads all of it. summary: may be NULL. Returns 0 or what the pool answers. */
int xlgc__statistics_read(xlgc_pool *pool, const xlgc_host *host, const xlgc__condense_counts *summary,
                          xlgc__statistics *out);
/* The names, from 0 on: NULL behind the last; and the number of a name. */
const char *xlgc__statistics_name(size_t number);
uint64_t xlgc__statistics_value(const xlgc__statistics *statistics, size_t number);

#ifdef __cplusplus
}
#endif

#endif
