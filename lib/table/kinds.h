/* Kinds, and the numbers by which objects name them. A number stands for a kind and, where the kind's objects are
 * delivered to their owners, an owner: so an object need not name its owner. Running out of memory is reported and
 * leaves everything as it was. */
#ifndef XLGC_KINDS_H
#define XLGC_KINDS_H

#include "base/memory.h"

typedef struct xlgc__kind_entry xlgc__kind_entry;

enum { XLGC__KIND_PAGES = 256, XLGC__KIND_PAGE = 256 };

/* What a number stands for. */
typedef struct xlgc__kind {
  const xlgc_kind *kind;
  xlgc_context *owner; /* NULL: the objects have none, or it has ended. Guarded by the lock */
  xlgc__kind_entry *entry;
  uint64_t heir; /* of those objects that leave their links: an id without its pool, or 0. The pool's owner's */
} xlgc__kind;

typedef struct xlgc__kinds {
  xlgc__memory *memory;
  xlgc__kind_entry *entries;  /* by kind and owner */
  xlgc__kind_entry *recent;   /* of these, the one found last; or NULL */
  xlgc__kind_entry *disowned; /* their owner has ended, but objects are left */
  xlgc__kind_entry *unused;   /* whose numbers can be given anew */
  /* By number, in pages that never move, as they are read without a lock. 0 is the kind of objects without one. */
  xlgc__kind *pages[XLGC__KIND_PAGES];
  uint32_t count;
} xlgc__kinds;

int xlgc__kinds_init(xlgc__kinds *kinds, xlgc__memory *memory);
void xlgc__kinds_destroy(xlgc__kinds *kinds);

static inline xlgc__kind *xlgc__kinds_at(const xlgc__kinds *kinds, uint16_t number) {
  return &kinds->pages[number / XLGC__KIND_PAGE][number % XLGC__KIND_PAGE];
}

/* The number for an object of this kind that `owner` makes, entered at its first use. XLGC_E_NOMEM, XLGC_E_FULL. */
int xlgc__kinds_number(xlgc__kinds *kinds, const xlgc_kind *kind, xlgc_context *owner, uint16_t *out);
/* Counts an object in that has this number, and out again. */
void xlgc__kinds_count_in(xlgc__kinds *kinds, uint16_t number);
void xlgc__kinds_count_out(xlgc__kinds *kinds, uint16_t number);
/* An owner ends. Its objects go to the heir, or have no owner if that is NULL. */
void xlgc__kinds_disown(xlgc__kinds *kinds, xlgc_context *owner, xlgc_context *heir);
/* Does a number stand for a kind with this `data`? */
static inline bool xlgc__kinds_have(const xlgc__kinds *kinds, uint16_t number, const void *data) {
  return xlgc__kinds_at(kinds, number)->kind->data == data;
}
/* The kinds with this `data` go, which have no objects any more. */
void xlgc__kinds_retire(xlgc__kinds *kinds, const void *data);
/* What a kind says of its objects, or NULL. kind: may be NULL. */
static inline const xlgc_described_kind *xlgc__kinds_described(const xlgc_kind *kind) {
  return kind && kind->flags & XLGC_KIND_DESCRIBED ? (const xlgc_described_kind *)kind : NULL;
}
/* The field so many bytes into an object of a kind, or NULL. */
const xlgc_field *xlgc__kinds_field(const xlgc_kind *kind, size_t offset_bytes);
/* For statistics. */
uint64_t xlgc__kinds_bytes(const xlgc__kinds *kinds);

#endif
