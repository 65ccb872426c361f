/* What is looked up by a key that is not an id: objects by address, kinds by their struct. Running out of memory is
 * an answer here, never the end. */
#ifndef XLGC_REGISTRY_H
#define XLGC_REGISTRY_H

#include "base/segments.h"

typedef struct xlgc__entry xlgc__entry;
typedef struct xlgc__kind_entry xlgc__kind_entry;

enum { XLGC__KIND_PAGES = 256, XLGC__KIND_PAGE = 256 };

/* What an object's number of a kind says: the kind, and to whom its objects are delivered. A kind with
 * XLGC_DELIVER_OWNER has a number for each owner, so that objects need not name theirs. */
typedef struct xlgc__kind_slot {
  const xlgc_kind *kind;
  xlgc_context *owner; /* NULL: nobody's, or nobody's any more. Guarded by the lock */
  xlgc__kind_entry *entry;
} xlgc__kind_slot;

typedef struct xlgc__registry {
  xlgc__memory *memory;
  xlgc__entry *entries;
  xlgc__kind_entry *kind_entries;
  xlgc__kind_entry *recent;   /* of these, the one found last; or NULL */
  xlgc__kind_entry *disowned; /* their owner has ended, but objects are left */
  xlgc__kind_entry *unused;   /* whose numbers can be given anew */
  /* Kinds by number, in pages that never move, as they are read without a lock. 0 is the kind of objects without. */
  xlgc__kind_slot *kind_pages[XLGC__KIND_PAGES];
  uint32_t kind_count;
} xlgc__registry;

/* What drop_link said of an object. */
typedef struct xlgc__releaser {
  void (*run)(void *param);
  void *param;
} xlgc__releaser;

int xlgc__registry_init(xlgc__registry *registry, xlgc__memory *memory);
void xlgc__registry_destroy(xlgc__registry *registry);

static inline xlgc__kind_slot *xlgc__registry_slot(const xlgc__registry *registry, uint16_t number) {
  return &registry->kind_pages[number / XLGC__KIND_PAGE][number % XLGC__KIND_PAGE];
}
static inline const xlgc_kind *xlgc__registry_kind_at(const xlgc__registry *registry, uint16_t number) {
  return xlgc__registry_slot(registry, number)->kind;
}

/* The number for an object of this kind that `owner` makes, entered at its first use. XLGC_E_NOMEM, XLGC_E_FULL. */
int xlgc__registry_kind(xlgc__registry *registry, const xlgc_kind *kind, xlgc_context *owner, uint16_t *out);
/* An object has this number; and has it no more. */
void xlgc__registry_kind_taken(xlgc__registry *registry, uint16_t number);
void xlgc__registry_kind_given(xlgc__registry *registry, uint16_t number);
/* An owner ends; what it owned is the heir's, or nobody's if that is NULL. */
void xlgc__registry_disown(xlgc__registry *registry, xlgc_context *owner, xlgc_context *heir);

/* The object at an address whose releaser has not been called, or 0. */
uint32_t xlgc__registry_find(const xlgc__registry *registry, const void *address);
/* The same, also after its releaser was called, until the entry is removed or put to new use. */
uint32_t xlgc__registry_find_told(const xlgc__registry *registry, const void *address);
/* The object's releaser is about to be called: its address may be put to new use. */
void xlgc__registry_tell(xlgc__registry *registry, const void *address);
/* Enters an object at an address where none is found. XLGC_E_NOMEM. */
int xlgc__registry_put(xlgc__registry *registry, const void *address, uint32_t object);
/* Removes the entry if it still names the object. */
void xlgc__registry_remove(xlgc__registry *registry, const void *address, uint32_t object);
/* The releaser slot of the object at an address that is entered. */
xlgc__releaser *xlgc__registry_releaser(const xlgc__registry *registry, const void *address);
uint64_t xlgc__registry_bytes(const xlgc__registry *registry);

#endif
