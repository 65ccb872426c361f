/* A hash table with open addressing: walks look each address up many times, and nothing is taken out. */
#include <config.h>

#include "seen.h"

#include <stdlib.h>

static size_t place(const xlgc__lua_seen *seen, const void *address) {
  uint64_t mixed = (uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15);
  size_t at = (size_t)(mixed >> 32) & (seen->room - 1);
  while (seen->entries[at].address && seen->entries[at].address != address)
    at = (at + 1) & (seen->room - 1);
  return at;
}

static bool grow(xlgc__lua_seen *seen) {
  xlgc__lua_seen larger = {.room = seen->room ? 2 * seen->room : 1024, .count = seen->count};
  larger.entries = calloc(larger.room, sizeof *larger.entries);
  if (!larger.entries) return false;
  for (size_t i = 0; i < seen->room; i++)
    if (seen->entries[i].address) larger.entries[place(&larger, seen->entries[i].address)] = seen->entries[i];
  free(seen->entries);
  *seen = larger;
  return true;
}

xlgc__lua_entry *xlgc__lua_see(xlgc__lua_seen *seen, const void *address) {
  if (3 * seen->count >= 2 * seen->room && !grow(seen)) return NULL;
  xlgc__lua_entry *entry = &seen->entries[place(seen, address)];
  if (!entry->address) {
    entry->address = address;
    seen->count++;
  }
  return entry;
}

xlgc__lua_entry *xlgc__lua_seen_entry(const xlgc__lua_seen *seen, const void *address) {
  if (!seen->room) return NULL;
  xlgc__lua_entry *entry = &seen->entries[place(seen, address)];
  return entry->address ? entry : NULL;
}

void xlgc__lua_forget(xlgc__lua_seen *seen) {
  free(seen->entries);
  *seen = (xlgc__lua_seen){0};
}
