/* What has memory of its own and is released: nodes with room for four pointers and a payload, in the shapes of the row
 * `die`. */
#ifndef PEER_DIE_H
#define PEER_DIE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum shape { LIST, RING, TREE, GRAPH, WEB, SHAPES } shape;
enum { OUT_MOST = 4 };

/* Builds n nodes held by std::shared_ptr and lets go of the one that holds all; returns the ns that letting go took. A
 * list is released by a loop, as its destructor would overflow the stack; a ring, a graph and a web would leak, and
 * are not built. `died`: how many nodes were destroyed. */
double peer_shared_ptr_die(shape shape, uint64_t n, uint64_t *died);

#ifdef __cplusplus
}
#endif

#endif
