#include <config.h>

#include "table/addresses.h"

/* uthash allocates through these; `registry` is in scope wherever its macros are used. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__memory_allocate(registry->memory, size_bytes)
#define uthash_free(block, size_bytes) xlgc__memory_release(registry->memory, block, size_bytes)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>
#include <utlist.h>

struct xlgc__entry {
  const void *address;
  uint32_t object;
  bool failed, notified;
  xlgc__releaser releaser;
  UT_hash_handle hh;
};

typedef struct kind_key {
  const xlgc_kind *kind;
  xlgc_context *owner;
} kind_key;

struct xlgc__kind_entry {
  kind_key key;
  uint16_t number;
  bool failed, disowned;
  uint64_t objects;              /* counted for kinds that are delivered to owners */
  xlgc__kind_entry *prev, *next; /* among the disowned; unused: next only */
  UT_hash_handle hh;
};

static const xlgc_kind no_kind = {.name = "object"};

#define KIND_PAGE_BYTES (XLGC__KIND_PAGE * sizeof(xlgc__kind_slot))

/* Gives the next kind a page and a number, without counting it yet. */
static int kind_slot(xlgc__registry *registry, const xlgc_kind *kind, xlgc_context *owner) {
  uint32_t page = registry->kind_count / XLGC__KIND_PAGE;
  if (page == XLGC__KIND_PAGES) return XLGC_E_FULL;
  if (!registry->kind_pages[page])
    registry->kind_pages[page] = xlgc__memory_allocate(registry->memory, KIND_PAGE_BYTES);
  if (!registry->kind_pages[page]) return XLGC_E_NOMEM;
  registry->kind_pages[page][registry->kind_count % XLGC__KIND_PAGE] = (xlgc__kind_slot){kind, owner, NULL};
  return 0;
}

int xlgc__registry_init(xlgc__registry *registry, xlgc__memory *memory) {
  memset(registry, 0, sizeof *registry);
  registry->memory = memory;
  int failed = kind_slot(registry, &no_kind, NULL);
  registry->kind_count = !failed;
  return failed;
}

static void release_all(xlgc__registry *registry, xlgc__kind_entry *entries) {
  xlgc__kind_entry *entry, *next;
  LL_FOREACH_SAFE(entries, entry, next) { xlgc__memory_release(registry->memory, entry, sizeof *entry); }
}

void xlgc__registry_destroy(xlgc__registry *registry) {
  xlgc__entry *entry, *next;
  HASH_ITER(hh, registry->entries, entry, next) {
    HASH_DEL(registry->entries, entry);
    xlgc__memory_release(registry->memory, entry, sizeof *entry);
  }
  xlgc__kind_entry *kind, *next_kind;
  HASH_ITER(hh, registry->kind_entries, kind, next_kind) {
    HASH_DEL(registry->kind_entries, kind);
    xlgc__memory_release(registry->memory, kind, sizeof *kind);
  }
  release_all(registry, registry->disowned);
  release_all(registry, registry->unused);
  for (unsigned page = 0; page < XLGC__KIND_PAGES; page++)
    xlgc__memory_release(registry->memory, registry->kind_pages[page], KIND_PAGE_BYTES);
}

/* An entry with a number: one that is not used any more, or a new one. */
static int take_number(xlgc__registry *registry, kind_key key, xlgc__kind_entry **out) {
  xlgc__kind_entry *entry = registry->unused;
  if (entry) {
    registry->unused = entry->next;
  } else {
    int failed = kind_slot(registry, key.kind, key.owner);
    if (failed) return failed;
    entry = xlgc__memory_allocate(registry->memory, sizeof *entry);
    if (!entry) return XLGC_E_NOMEM;
    entry->number = (uint16_t)registry->kind_count++;
  }
  *entry = (xlgc__kind_entry){.key = key, .number = entry->number};
  *xlgc__registry_slot(registry, entry->number) = (xlgc__kind_slot){key.kind, key.owner, entry};
  *out = entry;
  return 0;
}

static void give_number(xlgc__registry *registry, xlgc__kind_entry *entry) { LL_PREPEND(registry->unused, entry); }

int xlgc__registry_kind(xlgc__registry *registry, const xlgc_kind *kind, xlgc_context *owner, uint16_t *out) {
  *out = 0;
  if (!kind) return 0;
  kind_key key = {kind, kind->delivery == XLGC_DELIVER_OWNER ? owner : NULL};
  xlgc__kind_entry *entry = registry->recent;
  if (entry && entry->key.kind == key.kind && entry->key.owner == key.owner) {
    *out = entry->number;
    return 0;
  }
  HASH_FIND(hh, registry->kind_entries, &key, sizeof key, entry);
  if (!entry) {
    int failed = take_number(registry, key, &entry);
    if (failed) return failed;
    HASH_ADD(hh, registry->kind_entries, key, sizeof key, entry);
    if (entry->failed) {
      give_number(registry, entry);
      return XLGC_E_NOMEM;
    }
  }
  registry->recent = entry;
  *out = entry->number;
  return 0;
}

static xlgc__kind_entry *owned_kind(const xlgc__registry *registry, uint16_t number) {
  const xlgc__kind_slot *slot = xlgc__registry_slot(registry, number);
  return slot->kind->delivery == XLGC_DELIVER_OWNER ? slot->entry : NULL;
}

void xlgc__registry_kind_taken(xlgc__registry *registry, uint16_t number) {
  xlgc__kind_entry *entry = owned_kind(registry, number);
  if (entry) entry->objects++;
}

void xlgc__registry_kind_given(xlgc__registry *registry, uint16_t number) {
  xlgc__kind_entry *entry = owned_kind(registry, number);
  if (!entry || --entry->objects || !entry->disowned) return;
  DL_DELETE(registry->disowned, entry);
  give_number(registry, entry);
}

void xlgc__registry_disown(xlgc__registry *registry, xlgc_context *owner, xlgc_context *heir) {
  xlgc__kind_entry *entry, *next;
  registry->recent = NULL;
  DL_FOREACH(registry->disowned, entry) {
    xlgc__kind_slot *slot = xlgc__registry_slot(registry, entry->number);
    if (slot->owner == owner) slot->owner = heir;
  }
  HASH_ITER(hh, registry->kind_entries, entry, next) {
    if (entry->key.owner != owner) continue;
    HASH_DEL(registry->kind_entries, entry);
    xlgc__registry_slot(registry, entry->number)->owner = heir;
    entry->disowned = entry->objects != 0;
    if (entry->disowned)
      DL_PREPEND(registry->disowned, entry);
    else
      give_number(registry, entry);
  }
}

static xlgc__entry *find(const xlgc__registry *registry, const void *address) {
  xlgc__entry *entry;
  HASH_FIND_PTR(registry->entries, &address, entry);
  return entry;
}

uint32_t xlgc__registry_find(const xlgc__registry *registry, const void *address) {
  const xlgc__entry *entry = find(registry, address);
  return entry && !entry->notified ? entry->object : 0;
}

uint32_t xlgc__registry_find_told(const xlgc__registry *registry, const void *address) {
  const xlgc__entry *entry = find(registry, address);
  return entry ? entry->object : 0;
}

void xlgc__registry_tell(xlgc__registry *registry, const void *address) { find(registry, address)->notified = true; }

int xlgc__registry_put(xlgc__registry *registry, const void *address, uint32_t object) {
  xlgc__entry *entry = find(registry, address);
  if (entry) {
    entry->object = object;
    entry->notified = false;
    entry->releaser = (xlgc__releaser){NULL, NULL};
    return 0;
  }
  entry = xlgc__memory_allocate(registry->memory, sizeof *entry);
  if (!entry) return XLGC_E_NOMEM;
  entry->address = address;
  entry->object = object;
  HASH_ADD_PTR(registry->entries, address, entry);
  if (entry->failed) {
    xlgc__memory_release(registry->memory, entry, sizeof *entry);
    return XLGC_E_NOMEM;
  }
  return 0;
}

void xlgc__registry_remove(xlgc__registry *registry, const void *address, uint32_t object) {
  xlgc__entry *entry = find(registry, address);
  if (!entry || entry->object != object) return;
  HASH_DEL(registry->entries, entry);
  xlgc__memory_release(registry->memory, entry, sizeof *entry);
}

xlgc__releaser *xlgc__registry_releaser(const xlgc__registry *registry, const void *address) {
  return &find(registry, address)->releaser;
}

uint64_t xlgc__registry_bytes(const xlgc__registry *registry) {
  return HASH_OVERHEAD(hh, registry->entries) +
         (uint64_t)HASH_COUNT(registry->entries) * (sizeof(xlgc__entry) - sizeof(UT_hash_handle)) +
         registry->kind_count * (sizeof(xlgc__kind_entry) + sizeof(xlgc__kind_slot));
}
