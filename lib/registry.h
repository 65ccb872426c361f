/* What is looked up by a key that is not an id: objects by address, kinds by their struct. The only file that knows
 * uthash. Running out of memory is an answer here, never the end. */
#ifndef XLGC_REGISTRY_H
#define XLGC_REGISTRY_H

#include "mem.h"

typedef struct xlgc__entry xlgc__entry;
typedef struct xlgc__kind_entry xlgc__kind_entry;

enum { XLGC__KINDS_MAX = UINT16_MAX };

typedef struct xlgc__registry {
  xlgc__mem *mem;
  xlgc__entry *entries;
  xlgc__kind_entry *kind_entries;
  const xlgc_kind **kinds; /* by number; 0 is the kind of objects that have none */
  uint32_t kind_count, kind_room;
} xlgc__registry;

/* What drop_link said of an object. */
typedef struct xlgc__releaser {
  void (*run)(void *param);
  void *param;
} xlgc__releaser;

int xlgc__registry_init(xlgc__registry *registry, xlgc__mem *mem);
void xlgc__registry_destroy(xlgc__registry *registry);

/* The number of a kind, entered at its first use. XLGC_E_NOMEM, XLGC_E_FULL. */
int xlgc__registry_kind(xlgc__registry *registry, const xlgc_kind *kind, uint16_t *out);

/* The object at an address, or 0. */
uint32_t xlgc__registry_find(const xlgc__registry *registry, const void *address);
/* Enters an object, or puts it in the place of one that was there. XLGC_E_NOMEM. */
int xlgc__registry_put(xlgc__registry *registry, const void *address, uint32_t object);
/* Removes the entry if it still names the object. */
void xlgc__registry_remove(xlgc__registry *registry, const void *address, uint32_t object);
/* The releaser slot of the object at an address that is entered. */
xlgc__releaser *xlgc__registry_releaser(const xlgc__registry *registry, const void *address);
uint64_t xlgc__registry_bytes(const xlgc__registry *registry);

#endif
