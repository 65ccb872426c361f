/* What a walk over a heap has met: a hash table of addresses, which gives each a number. The numbers follow one another
 * from 0 on, so that records of the objects lie in an array beside it. Nothing is taken out. */
#ifndef XLGC_HOSTS_COMMON_ADDRESSES_H
#define XLGC_HOSTS_COMMON_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XLGC__ADDRESS_MAP_NONE UINT32_MAX

typedef struct xlgc__address_map_slot {
  const void *address; /* NULL: free */
  uint32_t number;
} xlgc__address_map_slot;

/* All zero: empty. */
typedef struct xlgc__address_map {
  xlgc__address_map_slot *slots;
  size_t room; /* a power of two, or 0 */
  uint32_t count;
} xlgc__address_map;

enum { XLGC__ADDRESS_MAP_KNOWN = 0, XLGC__ADDRESS_MAP_NEW = 1 };

/* The number of an address, other than NULL. Returns XLGC__ADDRESS_MAP_KNOWN; XLGC__ADDRESS_MAP_NEW when it was given one
 * by this call, which is the count before; or XLGC_E_NOMEM. */
int xlgc__address_map_add(xlgc__address_map *table, const void *address, uint32_t *number);
/* The number, or XLGC__ADDRESS_MAP_NONE. */
uint32_t xlgc__address_map_find(const xlgc__address_map *table, const void *address);
/* Room for that many addresses in all. Returns 0 or XLGC_E_NOMEM. */
int xlgc__address_map_reserve(xlgc__address_map *table, size_t count);
/* Empties the table, and keeps its memory if it was well used. */
void xlgc__address_map_clear(xlgc__address_map *table);
void xlgc__address_map_free(xlgc__address_map *table);

#ifdef __cplusplus
}
#endif

#endif
