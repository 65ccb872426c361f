/* Open addressing, at most two slots of three in use: walks look each address up many times. */
#include <config.h>

#include "hosts/common/address_map.h"

#include <string.h>

#include <xlgc.h>

#include "hosts/common/grow.h"

enum { FIRST_ROOM = 1024, SPARSE = 32 };

/* The address's slot, or the free one where it would be. */
static xlgc__address_map_slot *slot_of(const xlgc__address_map *table, const void *address) {
  uint64_t mixed = (uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15);
  size_t at = (size_t)(mixed >> 32) & (table->room - 1);
  while (table->slots[at].address && table->slots[at].address != address)
    at = (at + 1) & (table->room - 1);
  return &table->slots[at];
}

static int rehash(xlgc__address_map *table, size_t room) {
  xlgc__address_map larger = {.room = room, .count = table->count};
  larger.slots = xlgc__grow_zeroed(room, sizeof *larger.slots);
  if (!larger.slots) return XLGC_E_NOMEM;
  for (size_t i = 0; i < table->room; i++)
    if (table->slots[i].address) *slot_of(&larger, table->slots[i].address) = table->slots[i];
  xlgc__grow_release(table->slots);
  *table = larger;
  return 0;
}

int xlgc__address_map_reserve(xlgc__address_map *table, size_t count) {
  size_t room = table->room ? table->room : FIRST_ROOM;
  if (count > SIZE_MAX / 8) return XLGC_E_NOMEM;
  while (3 * count > 2 * room)
    room *= 2;
  return room > table->room ? rehash(table, room) : 0;
}

int xlgc__address_map_add(xlgc__address_map *table, const void *address, uint32_t *number) {
  int failed = xlgc__address_map_reserve(table, (size_t)table->count + 1);
  if (failed) return failed;
  xlgc__address_map_slot *slot = slot_of(table, address);
  if (!slot->address) {
    if (table->count == XLGC__ADDRESS_MAP_NONE) return XLGC_E_NOMEM;
    *slot = (xlgc__address_map_slot){address, table->count++};
    *number = slot->number;
    return XLGC__ADDRESS_MAP_NEW;
  }
  *number = slot->number;
  return XLGC__ADDRESS_MAP_KNOWN;
}

uint32_t xlgc__address_map_find(const xlgc__address_map *table, const void *address) {
  if (!table->room) return XLGC__ADDRESS_MAP_NONE;
  const xlgc__address_map_slot *slot = slot_of(table, address);
  return slot->address ? slot->number : XLGC__ADDRESS_MAP_NONE;
}

void xlgc__address_map_free(xlgc__address_map *table) {
  xlgc__grow_release(table->slots);
  memset(table, 0, sizeof *table);
}

/* To empty a table that was much larger once would cost more than a new one. */
void xlgc__address_map_clear(xlgc__address_map *table) {
  if (table->room > FIRST_ROOM && table->room / SPARSE > table->count) {
    xlgc__address_map_free(table);
  } else if (table->room) {
    memset(table->slots, 0, table->room * sizeof *table->slots);
    table->count = 0;
  }
}
