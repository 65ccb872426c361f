/* How much memory an engine has, and may have: for engines that allocate by a function of their program.
 *
 * Where the adapter itself works in an engine, an allocation that is refused would do harm: engines answer with a
 * collection in the middle, and what is being undone needs memory too. So the adapter lifts the limit there. Where a
 * finalizer of a script may run meanwhile, the limit is only doubled. What was taken counts all the same. */
#ifndef XLGC_HOSTS_COMMON_LIMIT_H
#define XLGC_HOSTS_COMMON_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xlgc/bridge.h>

/* All zero: it has none, and may have any. Used by the thread that has the engine. */
typedef struct xlgc__limit {
  size_t bytes, bytes_max; /* bytes_max: 0 for any number */
  unsigned times;          /* by how much the limit is lifted; 0 for not at all */
  bool has_refused;        /* since xlgc__limit_answer has said so */
} xlgc__limit;

enum { XLGC__LIMIT_DOUBLED = 2, XLGC__LIMIT_NONE = 1 << 30 };

/* Would so many bytes more be more than `times` the limit? Of a limit that is lifted, and a MiB. */
bool xlgc__limit_refuses(const xlgc__limit *limit, size_t more_bytes, unsigned times);
/* The same, with the limit as it is lifted now. */
bool xlgc__limit_refuses_now(const xlgc__limit *limit, size_t more_bytes);
/* As realloc, or free for 0 bytes, and counts; whether it is too much was asked before. old_bytes: of what is at `at`. */
void *xlgc__limit_allocate(xlgc__limit *limit, void *at, size_t old_bytes, size_t bytes);
/* As `limit_memory` of xlgc_language. */
int xlgc__limit_set(xlgc__limit *limit, uint64_t bytes_max, uint64_t *bytes);

/* Lifts the limit by XLGC__LIMIT_*, if there is one; limit: may be NULL. Returns what _restore wants back. */
unsigned xlgc__limit_lift(xlgc__limit *limit, unsigned times);
void xlgc__limit_restore(xlgc__limit *limit, unsigned before);

/* What a behaviour answers when its engine has said that it has no memory: XLGC_E_RAISED with words about the limit if
 * that is why, else XLGC_E_NOMEM. limit, visit: may be NULL. */
int xlgc__limit_answer(xlgc__limit *limit, xlgc_visit *visit);

#endif
