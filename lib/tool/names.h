/* The names that a trace has in use, each with the object that it stands for now. An entry is what the pool is given
 * as the object's address. */
#ifndef XLGC_TOOL_NAMES_H
#define XLGC_TOOL_NAMES_H

#include <uthash.h>

#include <xlgc.h>

struct name {
  xlgc_id id;
  int keep; /* what the object answers when it is asked next: 1 for XLGC_KEEP */
  UT_hash_handle hh;
  char text[];
};

/* All functions take the set by its first entry; the empty set is NULL. */

/* The entry of `text`, or NULL. */
struct name *names_find(struct name *names, const char *text);
/* Enters `text`, which must not be there yet. Returns its entry, or NULL without memory. */
struct name *names_add(struct name **names, const char *text);
/* Takes an entry out and frees it. */
void names_remove(struct name **names, struct name *entry);
/* Frees all entries. */
void names_clear(struct name **names);

#endif
