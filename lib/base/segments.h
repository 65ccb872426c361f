/* The pool's memory: the program's allocator with a count of bytes, and segments: arrays of equal records that grow
 * without being relocated. Where the program brings no allocator, segments of large tables lie in huge pages.
 *
 * A record is named by a 32-bit index; 0 is none. An index splits into segment and slot. The directory has the
 * address of each segment; a full directory is replaced by a larger one. A reader may come from an earlier
 * directory, which stays until the end: its entries for segments that are in use all the while are right. A segment
 * has a bit for each free record and gives the lowest first, so records made together lie together. Segments with
 * room are chained. Empty segments are chained apart until _trim gives them back to the system.
 *
 * The first segment of a table is zeroed 64 records at a time, as _take comes to them: a small pool pays only for what
 * it has. All others are zeroed when they are made.
 *
 * Growing is in two halves, so that one thread can pay for what another uses. _prepare gets the memory of a segment
 * onto the list of spares, _adopt puts a spare into use. These two and _trim exclude one another (the pool's lock).
 * _take and _give belong to the table's one user and never need memory. */
#ifndef XLGC_SEGMENTS_H
#define XLGC_SEGMENTS_H

#include "base/compiler.h"
#include "base/huge.h"
#include "base/memory.h"

enum {
  XLGC__SLOT_BITS = 11,
  XLGC__NUMBER_LIMIT = 1 << (32 - XLGC__SLOT_BITS), /* of segments */
  XLGC__SEGMENT_RECORDS = 1 << XLGC__SLOT_BITS,
  XLGC__FREE_WORDS = XLGC__SEGMENT_RECORDS / 64,
  XLGC__MEMO_MAX = (1 << 24) - 1,
  XLGC__TRIM_SEGMENTS = 2, /* that _trim gives back at a time */
  /* What a table has in small pages before it takes a huge one: the page is never more than a fifth of it. */
  XLGC__SMALL_BYTES = 4 * XLGC__HUGE_PAGE_BYTES
};

typedef struct xlgc__segment xlgc__segment;
struct xlgc__segment {
  xlgc__segment *next, *previous; /* among those with room; spares: next only */
  void *memory;                   /* what was allocated */
  xlgc__huge_area *area;          /* it is from there, or NULL */
  uint32_t number;                /* its index in the directory */
  uint32_t used;
  uint32_t with_free; /* bit i: free[i] is not 0 */
  uint32_t memo;      /* the owner's, up to XLGC__MEMO_MAX: outlives the segment and comes back with its number */
  /* Slots from here on were never in use; their bytes are undefined. Only segment 0 has such slots. */
  _Atomic uint32_t touched;
  uint64_t free[XLGC__FREE_WORDS]; /* a bit for each slot */
  _Alignas(XLGC__CACHE_LINE) unsigned char records[];
};

/* An entry is a segment's address or, odd, what is kept of one that is gone. */
typedef struct xlgc__directory xlgc__directory;
struct xlgc__directory {
  xlgc__directory *previous; /* the smaller one that it replaced */
  uint32_t capacity;
  _Atomic uint64_t entries[];
};

typedef struct xlgc__segments {
  xlgc__memory *memory;
  xlgc__huge huge;
  uint32_t record_bytes;
  uint64_t room; /* records that _take can give */
  uint64_t used;
  xlgc__segment *with_room, *empties;
  /* What _prepare, _adopt and _trim share. A reader beside them sees a segment as it was made: it loads `numbers`,
   * the directory and an entry with acquire, which pairs with their release stores. */
  _Atomic uint32_t numbers; /* directory entries ever used; those above are fresh */
  uint32_t free_numbers;    /* chain through the directory, as number + 1 */
  uint32_t spare_count;
  xlgc__segment *spares;
  uint64_t bytes; /* all in: segments, spares and directories, huge pages whole */
  _Atomic(xlgc__directory *) directory;
} xlgc__segments;

void xlgc__segments_init(xlgc__segments *segments, xlgc__memory *memory, uint32_t record_bytes);
void xlgc__segments_destroy(xlgc__segments *segments);

/* Gets memory for one more segment, and for its entry in the directory. XLGC_E_NOMEM, XLGC_E_FULL. */
int xlgc__segments_prepare(xlgc__segments *segments);
/* Puts a spare into use. Returns false when there is none. */
bool xlgc__segments_adopt(xlgc__segments *segments);
/* Gives empty segments back, a few at a time, while that leaves `keep` records of room. Returns whether none is
 * left. Spares go as well while there is too much room, but the call does not return false for their sake: the next
 * burst of events may want them. */
bool xlgc__segments_trim(xlgc__segments *segments, uint64_t keep);

/* A record whose bytes are as _give left them, or zero. 0: no room, adopt a spare first. */
uint32_t xlgc__segments_take(xlgc__segments *segments);
void xlgc__segments_give(xlgc__segments *segments, uint32_t index);

static inline uint64_t xlgc__segments_entry(const xlgc__segments *segments, uint32_t number) {
  const xlgc__directory *directory = atomic_load_explicit(&segments->directory, memory_order_acquire);
  return atomic_load_explicit(&directory->entries[number], memory_order_acquire);
}

/* The segment of an index that is in use. */
static inline xlgc__segment *xlgc__segments_of(const xlgc__segments *segments, uint32_t index) {
  return (xlgc__segment *)(uintptr_t)xlgc__segments_entry(segments, index >> XLGC__SLOT_BITS);
}

/* The record at an index that is in use, for a caller that knows the records' size. */
static inline void *xlgc__segments_at_sized(const xlgc__segments *segments, uint32_t index, uint32_t record_bytes) {
  return xlgc__segments_of(segments, index)->records + (size_t)(index & (XLGC__SEGMENT_RECORDS - 1)) * record_bytes;
}

static inline void *xlgc__segments_at(const xlgc__segments *segments, uint32_t index) {
  return xlgc__segments_at_sized(segments, index, segments->record_bytes);
}

/* The same for any index: NULL, or zeros, where no record was ever in use. */
static inline void *xlgc__segments_find(const xlgc__segments *segments, uint32_t index) {
  uint32_t number = index >> XLGC__SLOT_BITS;
  if (number >= atomic_load_explicit(&segments->numbers, memory_order_acquire)) return NULL;
  uint64_t entry = xlgc__segments_entry(segments, number);
  if (entry & 1) return NULL;
  xlgc__segment *segment = (xlgc__segment *)(uintptr_t)entry;
  uint32_t slot = index & (XLGC__SEGMENT_RECORDS - 1);
  if (number == 0 && slot >= atomic_load_explicit(&segment->touched, memory_order_acquire)) return NULL;
  return segment->records + (size_t)slot * segments->record_bytes;
}
/* One past the highest index for which _find may find a record. */
static inline uint64_t xlgc__segments_end(const xlgc__segments *segments) {
  return (uint64_t)atomic_load_explicit(&segments->numbers, memory_order_acquire) << XLGC__SLOT_BITS;
}

/* Asks for what giving back a record that is in use will need. */
static inline void xlgc__segments_ask_to_give(const xlgc__segments *segments, uint32_t index) {
  const xlgc__segment *segment = xlgc__segments_of(segments, index);
  XLGC__PREFETCH(segment);
  XLGC__PREFETCH(&segment->free[(index & (XLGC__SEGMENT_RECORDS - 1)) / 64]);
}

#endif
