/* The counters of a pool, read together. */
#ifndef XLGC_COUNTERS_H
#define XLGC_COUNTERS_H

#include "pool/pool.h"

/* As xlgc_stats. */
int xlgc__counters_read(xlgc_pool *pool, xlgc_statistics *out);

#endif
