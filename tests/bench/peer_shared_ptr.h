/* std::shared_ptr as a peer. Each function returns the ns that it took. */
#ifndef PEER_SHARED_PTR_H
#define PEER_SHARED_PTR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts a thread that does nothing until the process ends: a program without threads is spared the atomics, and would
 * compare with nothing that has any. Returns 0 unless atomics are really used from then on. */
int peer_shared_ptr_start(void);
/* A variable is assigned n times, two objects in turn: each takes one reference and drops one. */
double peer_shared_ptr_assign(uint64_t n);
/* n times an own variable is assigned an object that all threads share, and reset: one reference taken, one dropped. */
double peer_shared_ptr_contended(uint64_t n);

#ifdef __cplusplus
}
#endif

#endif
