#include <config.h>

#include "base/segments.h"

#include <string.h>

enum { FIRST_CAPACITY = 32 }; /* of the directory: for 65,536 records */

/* What the directory keeps of a segment that is gone: 1, the next free number + 1 (31 bits), the memo (24 bits). */
static uint64_t gone_entry(uint32_t free_numbers, uint32_t memo) {
  return (uint64_t)memo << 32 | (uint64_t)free_numbers << 1 | 1;
}
static bool is_gone(uint64_t entry) { return (entry & 1) != 0; }
static uint32_t gone_next(uint64_t entry) { return (uint32_t)entry >> 1; }
static uint32_t gone_memo(uint64_t entry) { return (uint32_t)(entry >> 32); }

static xlgc__directory *directory_of(const xlgc__segments *segments) {
  return atomic_load_explicit(&segments->directory, memory_order_relaxed);
}

static size_t directory_bytes(uint32_t capacity) {
  return sizeof(xlgc__directory) + (size_t)capacity * sizeof(uint64_t);
}

static void set_entry(const xlgc__segments *segments, uint32_t number, uint64_t entry) {
  atomic_store_explicit(&directory_of(segments)->entries[number], entry, memory_order_release);
}

/* Sees to it that the directory has an entry for this number, and for some more. */
static int ensure_entry(xlgc__segments *segments, uint32_t number) {
  xlgc__directory *before = directory_of(segments);
  if (before && number < before->capacity) return 0;
  uint32_t capacity = before ? 2 * before->capacity : FIRST_CAPACITY;
  xlgc__directory *directory = xlgc__memory_allocate(segments->memory, directory_bytes(capacity));
  if (!directory) return XLGC_E_NOMEM;
  directory->previous = before;
  directory->capacity = capacity;
  for (uint32_t i = 0; i < segments->numbers; i++)
    atomic_store_explicit(&directory->entries[i], xlgc__segments_entry(segments, i), memory_order_relaxed);
  atomic_store_explicit(&segments->directory, directory, memory_order_release);
  segments->bytes += directory_bytes(capacity);
  return 0;
}

static size_t segment_bytes(const xlgc__segments *segments) {
  return sizeof(xlgc__segment) + (size_t)segments->record_bytes * XLGC__SEGMENT_RECORDS;
}
/* With room to align the header to a cache line inside what the allocator gives. */
static size_t allocated_bytes(const xlgc__segments *segments) { return segment_bytes(segments) + XLGC__CACHE_LINE; }

static void chain_insert(xlgc__segment **chain, xlgc__segment *segment) {
  segment->previous = NULL;
  segment->next = *chain;
  if (segment->next) segment->next->previous = segment;
  *chain = segment;
}

static void chain_remove(xlgc__segment **chain, xlgc__segment *segment) {
  if (segment->next) segment->next->previous = segment->previous;
  if (segment->previous)
    segment->previous->next = segment->next;
  else
    *chain = segment->next;
}

/* Index 0 names no record. */
static uint32_t first_slot(uint32_t number) { return number == 0; }

_Static_assert(XLGC__FREE_WORDS == 32, "with_free has a bit for each word");

static void free_all(xlgc__segment *segment) {
  memset(segment->free, 0xFF, sizeof segment->free);
  segment->with_free = UINT32_MAX;
  segment->free[0] -= first_slot(segment->number);
}

static uint32_t first_free(const xlgc__segment *segment) {
  unsigned word = (unsigned)__builtin_ctz(segment->with_free);
  return word * 64 + (unsigned)__builtin_ctzll(segment->free[word]);
}

/* From huge pages, or NULL. */
static xlgc__segment *take_huge(xlgc__segments *segments) {
  if (segments->memory->is_users || (segments->bytes < XLGC__SMALL_BYTES && !segments->huge.with_room)) return NULL;
  uint64_t before_bytes = segments->huge.bytes;
  xlgc__huge_area *area;
  xlgc__segment *segment = xlgc__huge_take(&segments->huge, &area);
  if (!segment) return NULL;
  segments->bytes += segments->huge.bytes - before_bytes;
  xlgc__memory_count_in(segments->memory, segments->huge.bytes - before_bytes);
  segment->area = area;
  atomic_init(&segment->touched, XLGC__SEGMENT_RECORDS);
  return segment;
}

/* From the allocator, all of it zero or only the header. */
static xlgc__segment *take_small(xlgc__segments *segments, bool untouched) {
  size_t size_bytes = allocated_bytes(segments);
  unsigned char *memory = untouched ? xlgc__memory_allocate_untouched(segments->memory, size_bytes)
                                    : xlgc__memory_allocate(segments->memory, size_bytes);
  if (!memory) return NULL;
  segments->bytes += size_bytes;
  size_t misfit = (uintptr_t)memory & (XLGC__CACHE_LINE - 1);
  xlgc__segment *segment = (void *)(memory + (misfit ? XLGC__CACHE_LINE - misfit : 0));
  if (untouched) memset(segment, 0, sizeof *segment);
  segment->memory = memory;
  atomic_init(&segment->touched, untouched ? 0 : XLGC__SEGMENT_RECORDS);
  return segment;
}

static xlgc__segment *segment_allocate(xlgc__segments *segments) {
  xlgc__segment *segment = take_huge(segments);
  return segment ? segment : take_small(segments, !segments->numbers && !segments->spares);
}

static void segment_release(xlgc__segments *segments, xlgc__segment *segment) {
  if (segment->area) {
    uint64_t before_bytes = segments->huge.bytes;
    xlgc__huge_give(&segments->huge, segment->area, segment);
    segments->bytes -= before_bytes - segments->huge.bytes;
    xlgc__memory_count_out(segments->memory, before_bytes - segments->huge.bytes);
  } else {
    segments->bytes -= allocated_bytes(segments);
    xlgc__memory_release(segments->memory, segment->memory, allocated_bytes(segments));
  }
}

/* A spare that is not all zero yet stays the first, so that it gets number 0. */
static void keep_spare(xlgc__segments *segments, xlgc__segment *segment) {
  xlgc__segment *first = segments->spares;
  xlgc__segment **place = first && first->touched < XLGC__SEGMENT_RECORDS ? &first->next : &segments->spares;
  segment->next = *place;
  *place = segment;
  segments->spare_count++;
}

static xlgc__segment *take_spare(xlgc__segments *segments) {
  xlgc__segment *segment = segments->spares;
  if (!segment) return NULL;
  segments->spares = segment->next;
  segments->spare_count--;
  return segment;
}

void xlgc__segments_init(xlgc__segments *segments, xlgc__memory *memory, uint32_t record_bytes) {
  memset(segments, 0, sizeof *segments);
  segments->memory = memory;
  segments->record_bytes = record_bytes;
  segments->huge.block_bytes = segment_bytes(segments);
}

void xlgc__segments_destroy(xlgc__segments *segments) {
  for (uint32_t number = 0; number < segments->numbers; number++) {
    uint64_t entry = xlgc__segments_entry(segments, number);
    if (!is_gone(entry)) segment_release(segments, (xlgc__segment *)(uintptr_t)entry);
  }
  for (xlgc__segment *spare; (spare = take_spare(segments)) != NULL;)
    segment_release(segments, spare);
  for (xlgc__directory *directory = directory_of(segments), *previous; directory; directory = previous) {
    previous = directory->previous;
    xlgc__memory_release(segments->memory, directory, directory_bytes(directory->capacity));
  }
}

int xlgc__segments_prepare(xlgc__segments *segments) {
  uint32_t next = segments->numbers + segments->spare_count;
  if (!segments->free_numbers && next >= XLGC__NUMBER_LIMIT) return XLGC_E_FULL;
  if (next < XLGC__NUMBER_LIMIT && ensure_entry(segments, next)) return XLGC_E_NOMEM;
  xlgc__segment *segment = segment_allocate(segments);
  if (!segment) return XLGC_E_NOMEM;
  keep_spare(segments, segment);
  return 0;
}

bool xlgc__segments_adopt(xlgc__segments *segments) {
  xlgc__segment *segment = take_spare(segments);
  if (!segment) return false;
  if (segments->free_numbers) {
    segment->number = segments->free_numbers - 1;
    uint64_t entry = xlgc__segments_entry(segments, segment->number);
    segments->free_numbers = gone_next(entry);
    segment->memo = gone_memo(entry);
  } else {
    segment->number = segments->numbers;
  }
  set_entry(segments, segment->number, (uintptr_t)segment);
  if (segment->number == segments->numbers)
    atomic_store_explicit(&segments->numbers, segment->number + 1, memory_order_release);
  free_all(segment);
  segments->room += XLGC__SEGMENT_RECORDS - first_slot(segment->number);
  chain_insert(&segments->with_room, segment);
  return true;
}

bool xlgc__segments_trim(xlgc__segments *segments, uint64_t keep) {
  int given = 0;
  for (; segments->spares && given < XLGC__TRIM_SEGMENTS; given++) {
    uint64_t spare_records = (uint64_t)segments->spare_count * (XLGC__SEGMENT_RECORDS - 1);
    if (segments->room + spare_records < keep + XLGC__SEGMENT_RECORDS) break;
    segment_release(segments, take_spare(segments));
  }
  for (; segments->empties && segments->room >= keep + XLGC__SEGMENT_RECORDS; given++) {
    if (given == XLGC__TRIM_SEGMENTS) return false;
    xlgc__segment *segment = segments->empties;
    chain_remove(&segments->empties, segment);
    segments->room -= XLGC__SEGMENT_RECORDS - first_slot(segment->number);
    set_entry(segments, segment->number, gone_entry(segments->free_numbers, segment->memo));
    segments->free_numbers = segment->number + 1;
    segment_release(segments, segment);
  }
  return true;
}

/* Zeroes the records that share a word of `free` with the slot: the lowest free slot is never further. */
static void touch(const xlgc__segments *segments, xlgc__segment *segment, uint32_t slot) {
  uint32_t from = slot / 64 * 64;
  memset(segment->records + (size_t)from * segments->record_bytes, 0, (size_t)64 * segments->record_bytes);
  atomic_store_explicit(&segment->touched, from + 64, memory_order_release);
}

uint32_t xlgc__segments_take(xlgc__segments *segments) {
  xlgc__segment *segment = segments->with_room;
  if (!segment) {
    segment = segments->empties;
    if (!segment) return 0;
    chain_remove(&segments->empties, segment);
    chain_insert(&segments->with_room, segment);
  }
  uint32_t slot = first_free(segment), word = slot / 64;
  if (XLGC__UNLIKELY(slot >= atomic_load_explicit(&segment->touched, memory_order_relaxed)))
    touch(segments, segment, slot);
  segment->free[word] &= segment->free[word] - 1;
  if (!segment->free[word]) segment->with_free &= segment->with_free - 1;
  segment->used++;
  segments->used++;
  segments->room--;
  if (segment->with_free) /* may have been given back long ago */
    XLGC__PREFETCH(segment->records + (size_t)first_free(segment) * segments->record_bytes);
  else
    chain_remove(&segments->with_room, segment);
  return segment->number << XLGC__SLOT_BITS | slot;
}

void xlgc__segments_give(xlgc__segments *segments, uint32_t index) {
  xlgc__segment *segment = xlgc__segments_of(segments, index);
  uint32_t slot = index & (XLGC__SEGMENT_RECORDS - 1);
  if (!segment->with_free) chain_insert(&segments->with_room, segment);
  segment->free[slot / 64] |= UINT64_C(1) << slot % 64;
  segment->with_free |= UINT32_C(1) << slot / 64;
  segment->used--;
  segments->used--;
  segments->room++;
  if (segment->used == 0) {
    chain_remove(&segments->with_room, segment);
    chain_insert(&segments->empties, segment);
  }
}
