/* A copy of the process, as by fork, that looks at something and ends, while this one goes on. What it says is in
 * memory that both have. No handler of the program's runs in it, of forks, signals or exits; it has this thread only,
 * and no open files. So it must wait for no lock but the hosts', which is free in it, and not call malloc: other
 * threads may have been in the middle of that. */
#ifndef XLGC_HOSTS_COPY_H
#define XLGC_HOSTS_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: there is none. */
typedef struct xlgc__host_copy {
  struct xlgc__host_copy_shared *shared;
  size_t size_bytes;
  pid_t process, parent;
  uint64_t begun_ns;
} xlgc__host_copy;

enum { XLGC__HOST_COPY_DONE = 0, XLGC__HOST_COPY_RUNS = 1, XLGC__HOST_COPY_LOST = -1 };

/* `work` runs in a copy, once, with memory of so many bytes that is zero at first. Returns 0, or a negative code where
 * no copy can be made: the system has none, or refuses. The one before has ended. */
int xlgc__host_copy_start(xlgc__host_copy *copy, size_t size_bytes, void (*work)(void *data, void *shared), void *data);
/* What became of it: XLGC__HOST_COPY_*. It is done when the process has gone, and its memory is this one's alone; lost
 * when it was killed, or takes longer than any would. */
int xlgc__host_copy_look(xlgc__host_copy *copy);
/* The memory; NULL when there is no copy. */
void *xlgc__host_copy_shared(const xlgc__host_copy *copy);
/* It is not needed any more, nor its memory: it is killed if it runs. waits: until the process is gone, which takes a
 * while; else that is seen to later. */
void xlgc__host_copy_end(xlgc__host_copy *copy, bool waits);

/* For tests: when it is not 0, work is done at once in this process, and found to be done with that many looks. */
extern unsigned xlgc__host_copy_looks;

#endif
