#include <config.h>

#include "hosts/common/grow.h"

#include <stdlib.h>
#include <string.h>

#include <xlgc.h>

enum { FIRST_ROOM = 64 };

void *(*xlgc__grow_reallocate)(void *memory, size_t size_bytes) = realloc;
void (*xlgc__grow_release)(void *memory) = free;

void *xlgc__grow_array(void *array, size_t wanted, size_t *room, size_t element_bytes) {
  size_t more = *room ? *room : FIRST_ROOM;
  if (wanted <= *room) return array;
  while (more < wanted && more <= SIZE_MAX / 2)
    more *= 2;
  if (more < wanted || more > SIZE_MAX / element_bytes) return NULL;
  void *grown = xlgc__grow_reallocate(array, more * element_bytes);
  if (grown) *room = more;
  return grown;
}

void *xlgc__grow_zeroed(size_t count, size_t element_bytes) {
  if (count > SIZE_MAX / element_bytes) return NULL;
  void *memory = xlgc__grow_reallocate(NULL, count * element_bytes);
  return memory ? memset(memory, 0, count * element_bytes) : NULL;
}

int xlgc__grow_push(xlgc__grow_list *list, uint32_t number) {
  uint32_t *at = xlgc__grow_array(list->at, list->count + 1, &list->room, sizeof *at);
  if (!at) return XLGC_E_NOMEM;
  list->at = at;
  list->at[list->count++] = number;
  return 0;
}

void xlgc__grow_free(xlgc__grow_list *list) {
  xlgc__grow_release(list->at);
  memset(list, 0, sizeof *list);
}
