#include <config.h>

#include "registry.h"

/* uthash allocates through these; `registry` is in scope wherever its macros are used. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__mem_allocate(registry->mem, size_bytes)
#define uthash_free(memory, size_bytes) xlgc__mem_release(registry->mem, memory, size_bytes)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>

struct xlgc__entry {
  const void *address;
  uint32_t object;
  bool failed, told;
  xlgc__releaser releaser;
  UT_hash_handle hh;
};

struct xlgc__kind_entry {
  const xlgc_kind *kind;
  uint16_t number;
  bool failed;
  UT_hash_handle hh;
};

static const xlgc_kind no_kind = {.name = "object"};

#define KIND_PAGE_BYTES (XLGC__KIND_PAGE * sizeof(const xlgc_kind *))

/* Gives the next kind a page and a number, without counting it yet. */
static int kind_slot(xlgc__registry *registry, const xlgc_kind *kind) {
  uint32_t page = registry->kind_count / XLGC__KIND_PAGE;
  if (page == XLGC__KIND_PAGES) return XLGC_E_FULL;
  if (!registry->kind_pages[page]) registry->kind_pages[page] = xlgc__mem_allocate(registry->mem, KIND_PAGE_BYTES);
  if (!registry->kind_pages[page]) return XLGC_E_NOMEM;
  registry->kind_pages[page][registry->kind_count % XLGC__KIND_PAGE] = kind;
  return 0;
}

int xlgc__registry_init(xlgc__registry *registry, xlgc__mem *mem) {
  memset(registry, 0, sizeof *registry);
  registry->mem = mem;
  int failed = kind_slot(registry, &no_kind);
  registry->kind_count = !failed;
  return failed;
}

void xlgc__registry_destroy(xlgc__registry *registry) {
  xlgc__entry *entry, *next;
  HASH_ITER(hh, registry->entries, entry, next) {
    HASH_DEL(registry->entries, entry);
    xlgc__mem_release(registry->mem, entry, sizeof *entry);
  }
  xlgc__kind_entry *kind, *next_kind;
  HASH_ITER(hh, registry->kind_entries, kind, next_kind) {
    HASH_DEL(registry->kind_entries, kind);
    xlgc__mem_release(registry->mem, kind, sizeof *kind);
  }
  for (unsigned page = 0; page < XLGC__KIND_PAGES; page++)
    xlgc__mem_release(registry->mem, registry->kind_pages[page], KIND_PAGE_BYTES);
}

int xlgc__registry_kind(xlgc__registry *registry, const xlgc_kind *kind, uint16_t *out) {
  *out = 0;
  if (!kind) return 0;
  xlgc__kind_entry *entry;
  HASH_FIND_PTR(registry->kind_entries, &kind, entry);
  if (entry) {
    *out = entry->number;
    return 0;
  }
  int failed = kind_slot(registry, kind);
  if (failed) return failed;
  entry = xlgc__mem_allocate(registry->mem, sizeof *entry);
  if (!entry) return XLGC_E_NOMEM;
  entry->kind = kind;
  entry->number = (uint16_t)registry->kind_count;
  HASH_ADD_PTR(registry->kind_entries, kind, entry);
  if (entry->failed) {
    xlgc__mem_release(registry->mem, entry, sizeof *entry);
    return XLGC_E_NOMEM;
  }
  registry->kind_count++;
  *out = entry->number;
  return 0;
}

static xlgc__entry *find(const xlgc__registry *registry, const void *address) {
  xlgc__entry *entry;
  HASH_FIND_PTR(registry->entries, &address, entry);
  return entry;
}

uint32_t xlgc__registry_find(const xlgc__registry *registry, const void *address) {
  const xlgc__entry *entry = find(registry, address);
  return entry && !entry->told ? entry->object : 0;
}

uint32_t xlgc__registry_find_told(const xlgc__registry *registry, const void *address) {
  const xlgc__entry *entry = find(registry, address);
  return entry ? entry->object : 0;
}

void xlgc__registry_tell(xlgc__registry *registry, const void *address) { find(registry, address)->told = true; }

int xlgc__registry_put(xlgc__registry *registry, const void *address, uint32_t object) {
  xlgc__entry *entry = find(registry, address);
  if (entry) {
    entry->object = object;
    entry->told = false;
    entry->releaser = (xlgc__releaser){NULL, NULL};
    return 0;
  }
  entry = xlgc__mem_allocate(registry->mem, sizeof *entry);
  if (!entry) return XLGC_E_NOMEM;
  entry->address = address;
  entry->object = object;
  HASH_ADD_PTR(registry->entries, address, entry);
  if (entry->failed) {
    xlgc__mem_release(registry->mem, entry, sizeof *entry);
    return XLGC_E_NOMEM;
  }
  return 0;
}

void xlgc__registry_remove(xlgc__registry *registry, const void *address, uint32_t object) {
  xlgc__entry *entry = find(registry, address);
  if (!entry || entry->object != object) return;
  HASH_DEL(registry->entries, entry);
  xlgc__mem_release(registry->mem, entry, sizeof *entry);
}

xlgc__releaser *xlgc__registry_releaser(const xlgc__registry *registry, const void *address) {
  return &find(registry, address)->releaser;
}

uint64_t xlgc__registry_bytes(const xlgc__registry *registry) {
  return HASH_OVERHEAD(hh, registry->entries) +
         (uint64_t)HASH_COUNT(registry->entries) * (sizeof(xlgc__entry) - sizeof(UT_hash_handle)) +
         registry->kind_count * (sizeof(xlgc__kind_entry) + sizeof(const xlgc_kind *));
}
