/* Open addressing, at most two slots of three in use: walks look each address up many times. */
#include <config.h>

#include "hosts/common/addresses.h"

#include <string.h>

#include <xlgc.h>

#include "hosts/common/grow.h"

enum { FIRST_ROOM = 1024 };

/* The address's slot, or the free one where it would be. */
static xlgc__addresses_slot *slot_of(const xlgc__addresses *table, const void *address) {
  uint64_t mixed = (uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15);
  size_t at = (size_t)(mixed >> 32) & (table->room - 1);
  while (table->slots[at].address && table->slots[at].address != address)
    at = (at + 1) & (table->room - 1);
  return &table->slots[at];
}

static int rehash(xlgc__addresses *table, size_t room) {
  xlgc__addresses larger = {.room = room, .count = table->count};
  larger.slots = xlgc__grow_zeroed(room, sizeof *larger.slots);
  if (!larger.slots) return XLGC_E_NOMEM;
  for (size_t i = 0; i < table->room; i++)
    if (table->slots[i].address) *slot_of(&larger, table->slots[i].address) = table->slots[i];
  xlgc__grow_release(table->slots);
  *table = larger;
  return 0;
}

int xlgc__addresses_reserve(xlgc__addresses *table, size_t count) {
  size_t room = table->room ? table->room : FIRST_ROOM;
  if (count > SIZE_MAX / 8) return XLGC_E_NOMEM;
  while (3 * count > 2 * room)
    room *= 2;
  return room > table->room ? rehash(table, room) : 0;
}

int xlgc__addresses_add(xlgc__addresses *table, const void *address, uint32_t *number) {
  int failed = xlgc__addresses_reserve(table, (size_t)table->count + 1);
  if (failed) return failed;
  xlgc__addresses_slot *slot = slot_of(table, address);
  if (!slot->address) {
    if (table->count == XLGC__ADDRESSES_NONE) return XLGC_E_NOMEM;
    *slot = (xlgc__addresses_slot){address, table->count++};
    *number = slot->number;
    return XLGC__ADDRESSES_NEW;
  }
  *number = slot->number;
  return XLGC__ADDRESSES_KNOWN;
}

uint32_t xlgc__addresses_find(const xlgc__addresses *table, const void *address) {
  if (!table->room) return XLGC__ADDRESSES_NONE;
  const xlgc__addresses_slot *slot = slot_of(table, address);
  return slot->address ? slot->number : XLGC__ADDRESSES_NONE;
}

void xlgc__addresses_clear(xlgc__addresses *table) {
  if (table->room) memset(table->slots, 0, table->room * sizeof *table->slots);
  table->count = 0;
}

void xlgc__addresses_free(xlgc__addresses *table) {
  xlgc__grow_release(table->slots);
  memset(table, 0, sizeof *table);
}
