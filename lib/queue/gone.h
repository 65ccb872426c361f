/* Where the objects were that a round has destroyed, in a pool that checks: by this a plain pointer to one of them is
 * told in an object that is destroyed after it. The lock of the pool is taken in all functions. Without memory for an
 * object it is not known. */
#ifndef XLGC_GONE_H
#define XLGC_GONE_H

#include "base/memory.h"

typedef struct xlgc__gone_object {
  xlgc_id id;
  const char *kind; /* its name */
  uintptr_t begin, end;
} xlgc__gone_object;

typedef struct xlgc__gone {
  xlgc__memory *memory;
  struct xlgc__gone_page *pages;
  uint64_t round; /* whose objects these are */
  struct xlgc__gone_field *fields;
} xlgc__gone;

void xlgc__gone_init(xlgc__gone *gone, xlgc__memory *memory);
void xlgc__gone_destroy(xlgc__gone *gone);

/* From here on it is about this round: forgets the objects of another one. */
void xlgc__gone_begin(xlgc__gone *gone, uint64_t round);
/* An object is destroyed. Cost: in proportion to its size in pages of 256 bytes. */
void xlgc__gone_add(xlgc__gone *gone, const xlgc__gone_object *object);
/* The object, the newest of them, that was at the address; or NULL. */
const xlgc__gone_object *xlgc__gone_at(const xlgc__gone *gone, uintptr_t address);

/* Is it for the first time that this field of a kind, by name, is found to point to such an object? */
bool xlgc__gone_is_news(xlgc__gone *gone, const char *kind, size_t offset);

#endif
