/* The end of a test of a pool, in C and C++. */
#ifndef WHOLE_H
#define WHOLE_H

#include <xlgc.h>

#include "trial.h"

/* Flushes a pool, in which nothing may be wrong then, nor have been. Returns its statistics. */
static inline xlgc_statistics whole_pool(xlgc_pool *pool) {
  char why[200] = "";
  xlgc_statistics statistics;
  ok(xlgc_flush(pool));
  ck_assert_msg(xlgc_verify(pool, why, sizeof why) == 0, "%s", why);
  ok(xlgc_stats(pool, &statistics));
  ck_assert_uint_eq(statistics.errors, 0);
  return statistics;
}

#endif
