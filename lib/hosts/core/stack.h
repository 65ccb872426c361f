#ifndef XLGC_HOSTS_STACK_H
#define XLGC_HOSTS_STACK_H

#include <stdbool.h>

/* Is there room on the C stack for a call into another engine? depth: of such calls on this thread, which decides where
 * the stack is none that the thread was started with. */
bool xlgc__host_stack_has_room(unsigned depth);

#endif
