/* Coroutines: what stands for threads where a test decides who runs. POSIX ucontext, as in its manual page; each has a
 * stack of its own with a page below it that may not be touched, and both are kept for the next use. */
#ifndef COROUTINE_H
#define COROUTINE_H

#include <ucontext.h>

typedef struct coroutine {
  ucontext_t context;
  void *stack;
  void (*run)(void *data);
  void *data;
} coroutine;

/* The next switch to it calls run(data), whatever it was in the middle of. run must not return, but switch away for
 * good. Begin with a coroutine that is zero. */
void coroutine_prepare(coroutine *coroutine, void (*run)(void *data), void *data);
/* Leaves `from`, which goes on from here when something switches to it. */
void coroutine_switch(coroutine *from, coroutine *to);

#endif
