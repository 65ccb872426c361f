/* Engines call each other on one C stack, and each has a limit for its own calls only. Such a call is refused where less
 * is left than an engine may need until it makes the next one. From engine to engine and back takes 2 to 10 KiB. */
#include <config.h>

#include "hosts/core/stack.h"

#include <pthread.h>
#include <stdint.h>

/* On a stack that is not the thread's own, as a program's coroutines have. */
enum { DEPTH_MAX = 128 };
/* What stays free: a quarter, and of a large stack so much. */
enum { RESERVE_MAX_BYTES = 1024 * 1024 };

/* Of the calling thread; asked for once. All 0 where it is not known. */
static _Thread_local struct {
  bool is_known;
  uintptr_t lowest, reserved, end;
} stack;

static void find_stack(void) {
  stack.is_known = true;
#ifdef __linux__
  pthread_attr_t attributes;
  void *lowest;
  size_t size, guard;
  if (pthread_getattr_np(pthread_self(), &attributes)) return;
  if (!pthread_attr_getstack(&attributes, &lowest, &size) && !pthread_attr_getguardsize(&attributes, &guard)) {
    size_t reserve = size / 4 < RESERVE_MAX_BYTES ? size / 4 : RESERVE_MAX_BYTES;
    stack.lowest = (uintptr_t)lowest;
    stack.reserved = stack.lowest + guard + reserve;
    stack.end = stack.lowest + size;
  }
  pthread_attr_destroy(&attributes);
#endif
}

bool xlgc__host_stack_has_room(unsigned depth) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  if (!stack.is_known) find_stack();
  bool is_own = here >= stack.lowest && here < stack.end;
  return is_own ? here >= stack.reserved : depth < DEPTH_MAX;
}
