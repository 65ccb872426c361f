/* Objects by address. Running out of memory is reported and leaves everything as it was. The caller has taken the
 * pool's lock. */
#ifndef XLGC_ADDRESSES_H
#define XLGC_ADDRESSES_H

#include "base/memory.h"

typedef struct xlgc__address xlgc__address;

typedef struct xlgc__addresses {
  xlgc__memory *memory;
  xlgc__address *entries;
} xlgc__addresses;

/* What xlgc_drop_link said of an object. */
typedef struct xlgc__releaser {
  void (*run)(void *param);
  void *param;
} xlgc__releaser;

void xlgc__addresses_init(xlgc__addresses *addresses, xlgc__memory *memory);
void xlgc__addresses_destroy(xlgc__addresses *addresses);

/* The object at an address whose releaser has not been called, or 0. */
uint32_t xlgc__addresses_find(const xlgc__addresses *addresses, const void *address);
/* The same, also after its releaser was called, until the entry is removed or put to new use. */
uint32_t xlgc__addresses_find_notified(const xlgc__addresses *addresses, const void *address);
/* The object's releaser is about to be called, or it is forgotten: its address may be put to new use. */
void xlgc__addresses_notify(xlgc__addresses *addresses, const void *address, uint32_t object);
/* Enters an object at an address where none is found. XLGC_E_NOMEM. */
int xlgc__addresses_put(xlgc__addresses *addresses, const void *address, uint32_t object);
/* Removes the entry if it still names the object. */
void xlgc__addresses_remove(xlgc__addresses *addresses, const void *address, uint32_t object);
/* An event that is logged after so many cuts names the object that is found at an address. */
void xlgc__addresses_name(xlgc__addresses *addresses, const void *address, uint64_t cuts);
/* Does an event name the object that was logged after so many cuts, or later? */
bool xlgc__addresses_is_named(const xlgc__addresses *addresses, const void *address, uint32_t object, uint64_t cuts);
/* The releaser of the object at an address; NULL when the address was put to new use. */
xlgc__releaser *xlgc__addresses_releaser(const xlgc__addresses *addresses, const void *address, uint32_t object);
/* For statistics. */
uint64_t xlgc__addresses_bytes(const xlgc__addresses *addresses);

#endif
