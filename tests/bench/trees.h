/* Two well-known programs that make trees and let them go, once for each way of managing memory: trees_program.h, which
 * each way includes with its own definitions. */
#ifndef TREES_H
#define TREES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct trees_size {
  int stretch, lived, most; /* depths: of the tree that is made first, of the one that lives all the while, and the
                               greatest of the others; the least is 4 */
  uint64_t objects;         /* so many, about, are made in trees of each depth */
  uint32_t array;           /* GCBench: doubles in an array that lives as well */
} trees_size;

typedef struct trees_way {
  const char *name;
  uint64_t (*binary_trees)(const trees_size *size); /* both return how many objects they made and counted */
  uint64_t (*gcbench)(const trees_size *size);
} trees_way;

extern const trees_way trees_own, trees_own_pins, trees_malloc, trees_shared_ptr, trees_boehm;

#ifdef __cplusplus
}
#endif

#endif
