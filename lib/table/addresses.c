/* A digital search tree of hashed addresses. Its records grow by segments, so no call is longer than others for the
 * sake of growth. Addresses with the same hash are chained to the one that is in the tree. */
#include <config.h>

#include "table/addresses.h"

#include "table/dst.h"

struct xlgc__address {
  const void *address;
  xlgc__releaser releaser;
  uint64_t named; /* how many cuts had been noted when an event last named it */
  uint32_t key, children[2];
  uint32_t next; /* of the same key */
  uint32_t object;
  bool notified;
};

static const xlgc__dst_shape shape = {offsetof(xlgc__address, key), offsetof(xlgc__address, children),
                                      sizeof(xlgc__address)};

void xlgc__addresses_init(xlgc__addresses *addresses, xlgc__memory *memory) {
  xlgc__segments_init(&addresses->entries, memory, sizeof(xlgc__address));
  addresses->top = 0;
}

void xlgc__addresses_destroy(xlgc__addresses *addresses) { xlgc__segments_destroy(&addresses->entries); }

static xlgc__address *at(const xlgc__addresses *addresses, uint32_t entry) {
  return xlgc__segments_at_sized(&addresses->entries, entry, sizeof(xlgc__address));
}

/* The tree mixes it once more. */
static uint32_t key_of(const void *address) {
  return (uint32_t)((uint64_t)(uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

static xlgc__address *find(const xlgc__addresses *addresses, const void *address) {
  uint32_t entry = xlgc__dst_find(&addresses->entries, shape, addresses->top, key_of(address));
  while (entry && at(addresses, entry)->address != address)
    entry = at(addresses, entry)->next;
  return entry ? at(addresses, entry) : NULL;
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

/* A record with this key and the address, in the tree or chained to one that is. */
static int enter(xlgc__addresses *addresses, const void *address, xlgc__address **out) {
  xlgc__segments *entries = &addresses->entries;
  int failed = entries->room || entries->spares ? 0 : xlgc__segments_prepare(entries);
  if (failed) return failed;
  if (!entries->room) xlgc__segments_adopt(entries);
  uint32_t index = xlgc__segments_take(entries), key = key_of(address);
  uint32_t *slot = xlgc__dst_slot(entries, shape, &addresses->top, key);
  xlgc__address *entry = at(addresses, index);
  entry->address = address;
  entry->key = key;
  entry->next = 0;
  if (*slot) {
    entry->next = at(addresses, *slot)->next;
    at(addresses, *slot)->next = index;
  } else {
    xlgc__dst_put(entries, shape, slot, index);
  }
  *out = entry;
  return 0;
}

int xlgc__addresses_put(xlgc__addresses *addresses, const void *address, uint32_t object) {
  xlgc__address *entry = find(addresses, address);
  int failed = entry ? 0 : enter(addresses, address, &entry);
  if (failed) return failed;
  entry->object = object;
  entry->notified = false;
  entry->named = 0;
  entry->releaser = (xlgc__releaser){NULL, NULL};
  return 0;
}

/* Takes the first of those with a key out; the next one stands in the tree from then on. */
static void remove_first(xlgc__addresses *addresses, uint32_t *slot) {
  const xlgc__address *first = at(addresses, *slot);
  if (!first->next) {
    xlgc__dst_remove(&addresses->entries, shape, slot);
    return;
  }
  xlgc__address *next = at(addresses, first->next);
  next->children[0] = first->children[0];
  next->children[1] = first->children[1];
  *slot = first->next;
}

void xlgc__addresses_remove(xlgc__addresses *addresses, const void *address, uint32_t object) {
  uint32_t *slot = xlgc__dst_slot(&addresses->entries, shape, &addresses->top, key_of(address)), *link = slot;
  while (*link && at(addresses, *link)->address != address)
    link = &at(addresses, *link)->next;
  uint32_t index = *link;
  if (!index || at(addresses, index)->object != object) return;
  if (link == slot)
    remove_first(addresses, slot);
  else
    *link = at(addresses, index)->next;
  xlgc__segments_give(&addresses->entries, index);
}

xlgc__releaser *xlgc__addresses_releaser(const xlgc__addresses *addresses, const void *address, uint32_t object) {
  xlgc__address *entry = find_of(addresses, address, object);
  return entry ? &entry->releaser : NULL;
}

bool xlgc__addresses_trim(xlgc__addresses *addresses) {
  return xlgc__segments_trim(&addresses->entries, XLGC__SEGMENT_RECORDS);
}

uint64_t xlgc__addresses_bytes(const xlgc__addresses *addresses) { return addresses->entries.bytes; }
