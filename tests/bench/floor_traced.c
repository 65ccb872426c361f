/* The code of the link table itself (lib/table/dst.c, lib/table/link.c), compiled once more under other names: each time it asks
 * for a record's address, that is noted. See floor.h. */
#include <config.h>

#include "base/segments.h"

#include <stdlib.h>
#include <string.h>

static void *traced_at(const xlgc__segments *segments, uint32_t index, uint32_t record_bytes);
static uint32_t traced_take(xlgc__segments *segments);
static void traced_give(xlgc__segments *segments, uint32_t index);
static void set_side(unsigned side);

#define xlgc__segments_at_sized traced_at
#define xlgc__segments_take traced_take
#define xlgc__segments_give traced_give
#define TABLE_SIDE set_side

#define xlgc__dst_ask traced_dst_ask
#define xlgc__dst_cursor_start traced_dst_cursor_start
#define xlgc__dst_cursor_next traced_dst_cursor_next
#include "table/dst.c"

#define xlgc__links_init traced_links_init
#define xlgc__links_destroy traced_links_destroy
#define xlgc__link_insert traced_link_insert
#define xlgc__link_remove traced_link_remove
#define xlgc__link_place_add traced_link_place_add
#define xlgc__link_place_drop traced_link_place_drop
#define xlgc__dst_slot(records, shape, root, key) (set_side_of(shape), xlgc__dst_slot(records, shape, root, key))
#define xlgc__dst_remove(records, shape, slot) (set_side_of(shape), xlgc__dst_remove(records, shape, slot))
static void set_side_of(xlgc__dst_shape shape);
#include "table/link.c"

#include "floor.h"
#include "measure.h"

#undef xlgc__segments_at_sized
#undef xlgc__segments_take
#undef xlgc__segments_give

enum { LINES_MOST = 1024, SIDE_FREE = 2 };

static struct {
  trace *trace;
  unsigned search;
  /* Of the operation under way: its lines, and what was in them before. */
  size_t first, count;
  unsigned char before[LINES_MOST][XLGC__CACHE_LINE];
} now;

static void set_side(unsigned side) { now.search = side; }
static void set_side_of(xlgc__dst_shape shape) {
  now.search = shape.children_at == xlgc__link_shape(XLGC__IN).children_at ? XLGC__IN : XLGC__OUT;
}

static unsigned char *line_of(uint64_t touch) { return now.trace->arena->memory + (touch >> TOUCH_BITS << 6); }

static void touch(const void *address, bool depends) {
  const arena *arena = now.trace->arena;
  size_t offset = (size_t)((const unsigned char *)address - arena->memory);
  must_be(offset < arena->used_bytes, "touched what is not in the arena");
  uint64_t line = offset / XLGC__CACHE_LINE;
  for (size_t i = now.first; i < now.trace->count; i++)
    if (now.trace->touches[i] >> TOUCH_BITS == line) return;
  if (now.trace->count == now.trace->room) {
    now.trace->room = now.trace->room ? 2 * now.trace->room : 1 << 16;
    now.trace->touches = realloc(now.trace->touches, now.trace->room * sizeof *now.trace->touches);
    now.trace->grouped = realloc(now.trace->grouped, now.trace->room * sizeof *now.trace->grouped);
    must_be(now.trace->touches && now.trace->grouped, "out of memory");
  }
  must_be(now.count < LINES_MOST, "an operation touched too much");
  uint64_t entry = line << TOUCH_BITS | now.search << TOUCH_SEARCH_AT;
  entry |= (depends ? TOUCH_DEPENDS : 0) | (now.count ? 0 : TOUCH_FIRST);
  memcpy(now.before[now.count++], line_of(entry), XLGC__CACHE_LINE);
  now.trace->touches[now.trace->count++] = entry;
}

/* Objects are named by the event; links by what was read before. */
static void *traced_at(const xlgc__segments *segments, uint32_t index, uint32_t record_bytes) {
  void *record = xlgc__segments_at_sized(segments, index, record_bytes);
  touch(record, record_bytes != sizeof(xlgc__object));
  return record;
}

static uint32_t traced_take(xlgc__segments *segments) {
  const xlgc__segment *segment = segments->with_room ? segments->with_room : segments->empties;
  now.search = SIDE_FREE;
  touch(segment, false);
  touch(&segment->free[__builtin_ctz(segment->with_free)], true);
  return xlgc__segments_take(segments);
}

static void traced_give(xlgc__segments *segments, uint32_t index) {
  const xlgc__segment *segment = xlgc__segments_of(segments, index);
  now.search = SIDE_FREE;
  touch(segment, false);
  touch(&segment->free[(index & (XLGC__SEGMENT_RECORDS - 1)) / 64], false);
  xlgc__segments_give(segments, index);
}

static void begin(trace *trace) {
  now.trace = trace;
  now.first = trace->count;
  now.count = 0;
}

/* Which lines were written is seen by what is in them. */
static void end(void) {
  for (size_t i = 0; i < now.count; i++) {
    uint64_t *entry = &now.trace->touches[now.first + i];
    if (memcmp(now.before[i], line_of(*entry), XLGC__CACHE_LINE)) *entry |= TOUCH_WRITES;
  }
}

/* Where the group ends that begins with a touch. */
static size_t group_end(const trace *trace, size_t first) {
  size_t at = first;
  for (unsigned operations = 0; at < trace->count; at++)
    if (trace->touches[at] & TOUCH_FIRST && operations++ == TOUCH_GROUP) break;
  return at;
}

/* Copies the touches of a group that come so late in their searches; returns how many. */
static size_t copy_depth(trace *trace, size_t first, size_t end, unsigned depth, size_t at) {
  size_t before = at;
  unsigned depths[TOUCH_SEARCHES], operation = 0;
  for (size_t i = first; i < end; i++) {
    uint64_t touch = trace->touches[i];
    if (touch & TOUCH_FIRST) {
      operation = i == first ? 0 : operation + 1;
      memset(depths, 0, sizeof depths);
    }
    unsigned *mine = &depths[touch >> TOUCH_SEARCH_AT & (TOUCH_SEARCHES - 1)];
    *mine = touch & TOUCH_DEPENDS ? *mine + 1 : 0;
    if (*mine == depth) trace->grouped[at++] = touch | (uint64_t)operation << TOUCH_OPERATION_AT;
  }
  return at - before;
}

static void group(trace *trace) {
  for (size_t first = 0, at = 0; first < trace->count;) {
    size_t end = group_end(trace, first);
    for (unsigned depth = 0; at < end; depth++)
      at += copy_depth(trace, first, end, depth, at);
    first = end;
  }
}

void traced_add(own_table *table, trace *trace, const pair *pairs, uint64_t count) {
  trace->count = 0;
  for (uint64_t i = 0; i < count; i++) {
    begin(trace);
    own_add(table, &pairs[i]);
    end();
  }
  group(trace);
}

void traced_drop(own_table *table, trace *trace, const pair *pairs, uint64_t count) {
  trace->count = 0;
  for (uint64_t i = 0; i < count; i++) {
    begin(trace);
    own_drop(table, &pairs[i]);
    end();
  }
  group(trace);
}

void traced_find(own_table *table, trace *trace, const pair *pairs, uint64_t count) {
  trace->count = 0;
  for (uint64_t i = 0; i < count; i++) {
    begin(trace);
    must_be(own_find(table, &pairs[i]), "a link is missing");
    end();
  }
  group(trace);
}
