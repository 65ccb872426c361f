/* Short words for tests with one pool: `r` and what they do to it. To be included by the test itself. */
#ifndef ONE_POOL_H
#define ONE_POOL_H

#include "recorder.h"

/* Check forks for each test, so each begins with this being zero. */
static recorder r;

static inline void start(int setting) { recorder_open(&r, setting); }
static inline xlgc_id root(void) { return recorder_root(&r); }
static inline xlgc_id object(void) { return recorder_object(&r, &r.kind); }
static inline xlgc_id held_by(xlgc_id holder) { return recorder_held(&r, holder); }
static inline void hold(xlgc_id source, xlgc_id target) { ok(xlgc_link(r.context, source, target)); }
static inline void drop(xlgc_id source, xlgc_id target) { ok(xlgc_unlink(r.context, source, target)); }
static inline void flush(void) { ok(xlgc_flush(r.pool)); }

/* Nothing wrong was reported that was not expected, and the pool is whole. */
static inline void finish(void) {
  recorder_expect_no_error(&r);
  ok(xlgc_verify(r.pool, NULL, 0));
  recorder_close(&r);
}

#endif
