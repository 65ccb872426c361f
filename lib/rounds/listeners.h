/* Listeners (xlgc/listen.h): told of the beginning and the end of what a pool does. */
#ifndef XLGC_LISTENERS_H
#define XLGC_LISTENERS_H

#include <xlgc/listen.h>

#include <stdatomic.h>

#include "base/compiler.h"
#include "base/platform.h"

#if defined(XLGC_PROBES)
#include <sys/sdt.h>
#define XLGC__PROBE(name, work, count) DTRACE_PROBE2(xlgc, name, work, count)
#else
#define XLGC__PROBE(name, work, count) ((void)0)
#endif

enum { XLGC__LISTENERS_MAX = 8 };

/* All zero: none, ever. */
typedef struct xlgc__listeners {
  xlgc__mutex *lock; /* guards the places */
  xlgc__condition *progress;
  uint64_t (*clock_ns)(void);
  struct {
    const xlgc_listener *listener; /* NULL: free */
    unsigned calls;                /* of its functions, under way */
  } places[XLGC__LISTENERS_MAX];
  /* Bits of the sorts of work that a listener has a function for. Relaxed: a thread that works sees a change soon. */
  _Atomic unsigned heard;
} xlgc__listeners;

/* As the public functions. */
int xlgc__listeners_add(xlgc__listeners *listeners, const xlgc_listener *listener);
int xlgc__listeners_remove(xlgc__listeners *listeners, const xlgc_listener *listener);
const char *xlgc__listeners_work_name(int work);

/* Waits for calls that are under way, and tells none any more. */
void xlgc__listeners_end(xlgc__listeners *listeners);

/* The lock is not taken. */
void xlgc__listeners_call(xlgc__listeners *listeners, int work, bool ends, const char *name, uint64_t count);

static inline void xlgc__listeners_tell(xlgc__listeners *listeners, int work, bool ends, const char *name,
                                        uint64_t count) {
  if (ends)
    XLGC__PROBE(end, work, count);
  else
    XLGC__PROBE(begin, work, count);
  if (XLGC__UNLIKELY(atomic_load_explicit(&listeners->heard, memory_order_relaxed) & 1u << work))
    xlgc__listeners_call(listeners, work, ends, name, count);
}

#endif
