#include <config.h>

#include "coroutine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { GUARD_BYTES = 1 << 16, STACK_BYTES = 1 << 18 };

/* makecontext hands over no pointers. */
static coroutine *entered;

static void enter(void) {
  entered->run(entered->data);
  abort();
}

static void *stack_create(void) {
  char *stack = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED || mprotect(stack, GUARD_BYTES, PROT_NONE)) {
    perror("a coroutine's stack");
    exit(EXIT_FAILURE);
  }
  return stack + GUARD_BYTES;
}

void coroutine_prepare(coroutine *coroutine, void (*run)(void *data), void *data) {
  if (!coroutine->stack) coroutine->stack = stack_create();
  coroutine->run = run;
  coroutine->data = data;
  getcontext(&coroutine->context);
  coroutine->context.uc_stack.ss_sp = coroutine->stack;
  coroutine->context.uc_stack.ss_size = STACK_BYTES;
  coroutine->context.uc_link = NULL;
  makecontext(&coroutine->context, enter, 0);
}

void coroutine_switch(coroutine *from, coroutine *to) {
  entered = to;
  swapcontext(&from->context, &to->context);
}
