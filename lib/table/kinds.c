#include <config.h>

#include "table/kinds.h"

/* uthash allocates through these; `kinds` is in scope wherever its macros are used. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__memory_allocate(kinds->memory, size_bytes)
#define uthash_free(block, size_bytes) xlgc__memory_release(kinds->memory, block, size_bytes)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>
#include <utlist.h>

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

#define KIND_PAGE_BYTES (XLGC__KIND_PAGE * sizeof(xlgc__kind))

/* Gives the next kind a page and a number, without counting it yet. */
static int kind_slot(xlgc__kinds *kinds, const xlgc_kind *kind, xlgc_context *owner) {
  uint32_t page = kinds->count / XLGC__KIND_PAGE;
  if (page == XLGC__KIND_PAGES) return XLGC_E_FULL;
  if (!kinds->pages[page]) kinds->pages[page] = xlgc__memory_allocate(kinds->memory, KIND_PAGE_BYTES);
  if (!kinds->pages[page]) return XLGC_E_NOMEM;
  kinds->pages[page][kinds->count % XLGC__KIND_PAGE] = (xlgc__kind){kind, owner, NULL, 0};
  return 0;
}

int xlgc__kinds_init(xlgc__kinds *kinds, xlgc__memory *memory) {
  memset(kinds, 0, sizeof *kinds);
  kinds->memory = memory;
  int failed = kind_slot(kinds, &no_kind, NULL);
  kinds->count = !failed;
  return failed;
}

static void release_all(xlgc__kinds *kinds, xlgc__kind_entry *entries) {
  xlgc__kind_entry *entry, *next;
  LL_FOREACH_SAFE(entries, entry, next) { xlgc__memory_release(kinds->memory, entry, sizeof *entry); }
}

void xlgc__kinds_destroy(xlgc__kinds *kinds) {
  xlgc__kind_entry *kind, *next_kind;
  HASH_ITER(hh, kinds->entries, kind, next_kind) {
    HASH_DEL(kinds->entries, kind);
    xlgc__memory_release(kinds->memory, kind, sizeof *kind);
  }
  release_all(kinds, kinds->disowned);
  release_all(kinds, kinds->unused);
  for (unsigned page = 0; page < XLGC__KIND_PAGES; page++)
    xlgc__memory_release(kinds->memory, kinds->pages[page], KIND_PAGE_BYTES);
}

/* An entry with a number: one that is not used any more, or a new one. */
static int take_number(xlgc__kinds *kinds, kind_key key, xlgc__kind_entry **out) {
  xlgc__kind_entry *entry = kinds->unused;
  if (entry) {
    kinds->unused = entry->next;
  } else {
    int failed = kind_slot(kinds, key.kind, key.owner);
    if (failed) return failed;
    entry = xlgc__memory_allocate(kinds->memory, sizeof *entry);
    if (!entry) return XLGC_E_NOMEM;
    entry->number = (uint16_t)kinds->count++;
  }
  *entry = (xlgc__kind_entry){.key = key, .number = entry->number};
  *xlgc__kinds_at(kinds, entry->number) = (xlgc__kind){key.kind, key.owner, entry, 0};
  *out = entry;
  return 0;
}

static void give_number(xlgc__kinds *kinds, xlgc__kind_entry *entry) { LL_PREPEND(kinds->unused, entry); }

int xlgc__kinds_number(xlgc__kinds *kinds, const xlgc_kind *kind, xlgc_context *owner, uint16_t *out) {
  *out = 0;
  if (!kind) return 0;
  kind_key key = {kind, kind->delivery == XLGC_DELIVER_OWNER ? owner : NULL};
  xlgc__kind_entry *entry = kinds->recent;
  if (entry && entry->key.kind == key.kind && entry->key.owner == key.owner) {
    *out = entry->number;
    return 0;
  }
  HASH_FIND(hh, kinds->entries, &key, sizeof key, entry);
  if (!entry) {
    int failed = take_number(kinds, key, &entry);
    if (failed) return failed;
    HASH_ADD(hh, kinds->entries, key, sizeof key, entry);
    if (entry->failed) {
      give_number(kinds, entry);
      return XLGC_E_NOMEM;
    }
  }
  kinds->recent = entry;
  *out = entry->number;
  return 0;
}

static xlgc__kind_entry *owned_kind(const xlgc__kinds *kinds, uint16_t number) {
  const xlgc__kind *slot = xlgc__kinds_at(kinds, number);
  return slot->kind->delivery == XLGC_DELIVER_OWNER ? slot->entry : NULL;
}

void xlgc__kinds_count_in(xlgc__kinds *kinds, uint16_t number) {
  xlgc__kind_entry *entry = owned_kind(kinds, number);
  if (entry) entry->objects++;
}

void xlgc__kinds_count_out(xlgc__kinds *kinds, uint16_t number) {
  xlgc__kind_entry *entry = owned_kind(kinds, number);
  if (!entry || --entry->objects || !entry->disowned) return;
  DL_DELETE(kinds->disowned, entry);
  give_number(kinds, entry);
}

void xlgc__kinds_disown(xlgc__kinds *kinds, xlgc_context *owner, xlgc_context *heir) {
  xlgc__kind_entry *entry, *next;
  kinds->recent = NULL;
  DL_FOREACH(kinds->disowned, entry) {
    xlgc__kind *slot = xlgc__kinds_at(kinds, entry->number);
    if (slot->owner == owner) slot->owner = heir;
  }
  HASH_ITER(hh, kinds->entries, entry, next) {
    if (entry->key.owner != owner) continue;
    HASH_DEL(kinds->entries, entry);
    xlgc__kinds_at(kinds, entry->number)->owner = heir;
    entry->disowned = entry->objects != 0;
    if (entry->disowned)
      DL_PREPEND(kinds->disowned, entry);
    else
      give_number(kinds, entry);
  }
}

static void retire(xlgc__kinds *kinds, xlgc__kind_entry *entry) {
  *xlgc__kinds_at(kinds, entry->number) = (xlgc__kind){&no_kind, NULL, NULL, 0};
  give_number(kinds, entry);
}

void xlgc__kinds_retire(xlgc__kinds *kinds, const void *data) {
  xlgc__kind_entry *entry, *next;
  kinds->recent = NULL;
  HASH_ITER(hh, kinds->entries, entry, next) {
    if (entry->key.kind->data != data) continue;
    HASH_DEL(kinds->entries, entry);
    retire(kinds, entry);
  }
  DL_FOREACH_SAFE(kinds->disowned, entry, next) {
    if (entry->key.kind->data != data) continue;
    DL_DELETE(kinds->disowned, entry);
    retire(kinds, entry);
  }
  LL_FOREACH(kinds->unused, entry) {
    if (xlgc__kinds_have(kinds, entry->number, data))
      *xlgc__kinds_at(kinds, entry->number) = (xlgc__kind){&no_kind, NULL, NULL, 0};
  }
}

const xlgc_field *xlgc__kinds_field(const xlgc_kind *kind, size_t offset_bytes) {
  const xlgc_described_kind *described = xlgc__kinds_described(kind);
  for (size_t i = described && described->fields ? described->field_count : 0; i--;) {
    const xlgc_field *field = &described->fields[i];
    if (offset_bytes - field->offset_bytes < field->size_bytes) return field;
  }
  return NULL;
}

uint64_t xlgc__kinds_bytes(const xlgc__kinds *kinds) {
  return kinds->count * (sizeof(xlgc__kind_entry) + sizeof(xlgc__kind));
}
