/* Arrays that grow, for walks over a heap. All memory of hosts/common comes from here. */
#ifndef XLGC_HOSTS_COMMON_GROW_H
#define XLGC_HOSTS_COMMON_GROW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* realloc and free, or what an adapter or a test sets in their place before anything is allocated. */
extern void *(*xlgc__grow_reallocate)(void *memory, size_t size_bytes);
extern void (*xlgc__grow_release)(void *memory);

/* Room for at least `wanted` elements, from 1 on; grows by doubling. *room: how many there is room for, at first 0.
 * Returns the array, which may have moved; NULL without memory, and then the old array is as it was. */
void *xlgc__grow_array(void *array, size_t wanted, size_t *room, size_t element_bytes);
/* Memory that is zero, for `count` elements; NULL without memory. */
void *xlgc__grow_zeroed(size_t count, size_t element_bytes);

/* A list of numbers, such as a stack of what is still to be walked. All zero: empty. */
typedef struct xlgc__grow_list {
  uint32_t *at;
  size_t count, room;
} xlgc__grow_list;

/* Returns 0 or XLGC_E_NOMEM. */
int xlgc__grow_push(xlgc__grow_list *list, uint32_t number);
void xlgc__grow_free(xlgc__grow_list *list);

#ifdef __cplusplus
}
#endif

#endif
