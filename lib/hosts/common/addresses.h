/* What a walk over a heap has met: a hash table of addresses, which gives each a number. The numbers follow one another
 * from 0 on, so that records of the objects lie in an array beside it. Nothing is taken out. */
#ifndef XLGC_HOSTS_COMMON_ADDRESSES_H
#define XLGC_HOSTS_COMMON_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XLGC__ADDRESSES_NONE UINT32_MAX

typedef struct xlgc__addresses_slot {
  const void *address; /* NULL: free */
  uint32_t number;
} xlgc__addresses_slot;

/* All zero: empty. */
typedef struct xlgc__addresses {
  xlgc__addresses_slot *slots;
  size_t room; /* a power of two, or 0 */
  uint32_t count;
} xlgc__addresses;

enum { XLGC__ADDRESSES_KNOWN = 0, XLGC__ADDRESSES_NEW = 1 };

/* The number of an address, other than NULL. Returns XLGC__ADDRESSES_KNOWN; XLGC__ADDRESSES_NEW when it was given one
 * by this call, which is the count before; or XLGC_E_NOMEM. */
int xlgc__addresses_add(xlgc__addresses *table, const void *address, uint32_t *number);
/* The number, or XLGC__ADDRESSES_NONE. */
uint32_t xlgc__addresses_find(const xlgc__addresses *table, const void *address);
/* Room for that many addresses in all. Returns 0 or XLGC_E_NOMEM. */
int xlgc__addresses_reserve(xlgc__addresses *table, size_t count);
/* Empties the table, and keeps its memory. */
void xlgc__addresses_clear(xlgc__addresses *table);
void xlgc__addresses_free(xlgc__addresses *table);

#ifdef __cplusplus
}
#endif

#endif
