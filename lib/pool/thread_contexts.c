#include <config.h>

#include "pool/thread_contexts.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/process.h"
#include "pool/contexts.h"

typedef struct own own;
struct own {
  uint64_t serial; /* of the pool */
  xlgc_context *context;
  own *next_of_thread;
  own *next, *prev; /* of the process; guarded by its lock, as is `gone` */
  bool gone;        /* the pool is */
};

static own *all;

/* What this thread found last. The serial is of no other pool; 0: nothing. */
static _Thread_local struct {
  uint64_t serial;
  xlgc_context *context;
} last;

static own *find(const xlgc_pool *pool) {
  own *one = xlgc__process_own();
  while (one && one->serial != pool->serial)
    one = one->next_of_thread;
  return one;
}

void xlgc__thread_contexts_end(void *first) {
  last.serial = 0;
  for (own *one = first, *next; one; one = next) {
    next = one->next_of_thread;
    xlgc__process_lock();
    if (!one->gone) {
      DL_DELETE(all, one);
      /* A child of a fork leaves its copy of a parent's pool alone. */
      if (one->context->pool->fork_generation == xlgc__process_generation()) {
        one->context->dispatching = false;
        xlgc__contexts_close(one->context, NULL);
      }
    }
    xlgc__process_unlock();
    free(one);
  }
}

void xlgc__thread_contexts_forget(const xlgc_pool *pool) {
  own *one, *next;
  xlgc__process_lock();
  DL_FOREACH_SAFE(all, one, next) {
    if (one->serial != pool->serial) continue;
    DL_DELETE(all, one);
    one->gone = true;
  }
  xlgc__process_unlock();
}

/* Frees what this thread has of pools that are gone, and returns the rest. */
static own *sweep(own *first) {
  own **at = &first;
  xlgc__process_lock();
  for (own *one; (one = *at) != NULL;) {
    if (one->gone) {
      *at = one->next_of_thread;
      free(one);
    } else {
      at = &one->next_of_thread;
    }
  }
  xlgc__process_unlock();
  return first;
}

/* Makes one. */
static int make(xlgc_pool *pool, xlgc_context **out) {
  own *one = calloc(1, sizeof *one);
  if (!one) return XLGC_E_NOMEM;
  one->serial = pool->serial;
  one->next_of_thread = sweep(xlgc__process_own());
  int failed = xlgc__process_set_own(one) ? XLGC_E_NOMEM : 0;
  char name[32];
  xlgc__thread_name(name, sizeof name);
  if (!failed) failed = xlgc__contexts_create(pool, name, &one->context);
  if (failed) {
    xlgc__process_set_own(one->next_of_thread);
    free(one);
    return failed;
  }
  xlgc__process_lock();
  DL_APPEND(all, one);
  xlgc__process_unlock();
  *out = one->context;
  return 0;
}

/* Finds or makes it. */
XLGC__COLD static int look(xlgc_pool *pool, xlgc_context **out) {
  const own *one = find(pool);
  int failed = one ? 0 : make(pool, out);
  if (failed) return failed;
  if (one) *out = one->context;
/* Where tests enumerate schedules, threads are coroutines of one. */
#ifndef XLGC_SCHEDULES
  last.serial = pool->serial;
  last.context = *out;
#endif
  return 0;
}

int xlgc__thread_contexts_here(xlgc_pool *pool, xlgc_context **out) {
  if (last.serial != pool->serial) return look(pool, out);
  *out = last.context;
  return 0;
}
