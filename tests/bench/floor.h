/* What memory operations of the link table touch, noted from the table's own code, and touched again without it.
 *
 * A touch is a cache line of a record of an object or a link or of a segment's head, once an operation. Its address was
 * known from the event, or came from the touch before it in the same search: by source, by target, or for a free
 * record. The directory of segments is left out, which is small and is a way to find addresses. */
#ifndef FLOOR_H
#define FLOOR_H

#include "table_own.h"

typedef struct arena {
  unsigned char *memory;
  size_t size_bytes, used_bytes;
} arena;

/* Of a touch: the line's offset in its arena, and these. */
enum {
  TOUCH_DEPENDS = 1, /* on the last touch of the same search */
  TOUCH_WRITES = 2,
  TOUCH_FIRST = 4, /* of an operation */
  TOUCH_SEARCH_AT = 3,
  TOUCH_SEARCHES = 4,
  TOUCH_OPERATION_AT = 5, /* in `grouped`: which one of its group */
  TOUCH_GROUP = 64,
  TOUCH_BITS = 11
};

typedef struct trace {
  const arena *arena;
  uint64_t *touches; /* one operation after the other */
  uint64_t *grouped; /* the same, group by group, in each first what depends on nothing, then what depends on that */
  size_t count, room;
} trace;

/* Do the operations, and note what they touch, in place of what was noted before. */
void traced_add(own_table *table, trace *trace, const pair *pairs, uint64_t count);
void traced_drop(own_table *table, trace *trace, const pair *pairs, uint64_t count);
void traced_find(own_table *table, trace *trace, const pair *pairs, uint64_t count);

#endif
