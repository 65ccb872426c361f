#include <config.h>

#include "table/addresses.h"

/* uthash allocates through these; `addresses` is in scope wherever its macros are used. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__memory_allocate(addresses->memory, size_bytes)
#define uthash_free(block, size_bytes) xlgc__memory_release(addresses->memory, block, size_bytes)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>

struct xlgc__address {
  const void *address;
  uint32_t object;
  bool failed, notified;
  uint64_t named; /* how many cuts had been noted when an event last named it */
  xlgc__releaser releaser;
  UT_hash_handle hh;
};

void xlgc__addresses_init(xlgc__addresses *addresses, xlgc__memory *memory) {
  *addresses = (xlgc__addresses){.memory = memory};
}

void xlgc__addresses_destroy(xlgc__addresses *addresses) {
  xlgc__address *entry, *next;
  HASH_ITER(hh, addresses->entries, entry, next) {
    HASH_DEL(addresses->entries, entry);
    xlgc__memory_release(addresses->memory, entry, sizeof *entry);
  }
}

static xlgc__address *find(const xlgc__addresses *addresses, const void *address) {
  xlgc__address *entry;
  HASH_FIND_PTR(addresses->entries, &address, entry);
  return entry;
}

uint32_t xlgc__addresses_find(const xlgc__addresses *addresses, const void *address) {
  const xlgc__address *entry = find(addresses, address);
  return entry && !entry->notified ? entry->object : 0;
}

uint32_t xlgc__addresses_find_notified(const xlgc__addresses *addresses, const void *address) {
  const xlgc__address *entry = find(addresses, address);
  return entry ? entry->object : 0;
}

/* The entry of an object at its address, or NULL. */
static xlgc__address *find_of(const xlgc__addresses *addresses, const void *address, uint32_t object) {
  xlgc__address *entry = find(addresses, address);
  return entry && entry->object == object ? entry : NULL;
}

void xlgc__addresses_notify(xlgc__addresses *addresses, const void *address, uint32_t object) {
  xlgc__address *entry = find_of(addresses, address, object);
  if (entry) entry->notified = true;
}

void xlgc__addresses_name(xlgc__addresses *addresses, const void *address, uint64_t cuts) {
  find(addresses, address)->named = cuts;
}

bool xlgc__addresses_is_named(const xlgc__addresses *addresses, const void *address, uint32_t object, uint64_t cuts) {
  const xlgc__address *entry = find_of(addresses, address, object);
  return entry && entry->named >= cuts;
}

int xlgc__addresses_put(xlgc__addresses *addresses, const void *address, uint32_t object) {
  xlgc__address *entry = find(addresses, address);
  if (entry) {
    entry->object = object;
    entry->notified = false;
    entry->named = 0;
    entry->releaser = (xlgc__releaser){NULL, NULL};
    return 0;
  }
  entry = xlgc__memory_allocate(addresses->memory, sizeof *entry);
  if (!entry) return XLGC_E_NOMEM;
  entry->address = address;
  entry->object = object;
  HASH_ADD_PTR(addresses->entries, address, entry);
  if (entry->failed) {
    xlgc__memory_release(addresses->memory, entry, sizeof *entry);
    return XLGC_E_NOMEM;
  }
  return 0;
}

void xlgc__addresses_remove(xlgc__addresses *addresses, const void *address, uint32_t object) {
  xlgc__address *entry = find_of(addresses, address, object);
  if (!entry) return;
  HASH_DEL(addresses->entries, entry);
  xlgc__memory_release(addresses->memory, entry, sizeof *entry);
}

xlgc__releaser *xlgc__addresses_releaser(const xlgc__addresses *addresses, const void *address, uint32_t object) {
  xlgc__address *entry = find_of(addresses, address, object);
  return entry ? &entry->releaser : NULL;
}

uint64_t xlgc__addresses_bytes(const xlgc__addresses *addresses) {
  return HASH_OVERHEAD(hh, addresses->entries) +
         (uint64_t)HASH_COUNT(addresses->entries) * (sizeof(xlgc__address) - sizeof(UT_hash_handle));
}
