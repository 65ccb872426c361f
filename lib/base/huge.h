/* Blocks of one size in memory that the system is asked to keep in huge pages. In a table of hundreds of megabytes
 * that is read in no order, translating an address takes as long as the access itself. With pages of 2 MiB the
 * processor has all translations at hand.
 *
 * Blocks lie side by side in areas of 32 MiB of addresses; the system gives those pages that were touched. The
 * lowest free block of an area is taken first. A page goes back as soon as no block reaches into it, an area with
 * its last block. The record of an area lies at its beginning, so nothing here asks an allocator. */
#ifndef XLGC_HUGE_H
#define XLGC_HUGE_H

#include <stddef.h>
#include <stdint.h>

enum { XLGC__HUGE_PAGE_BYTES = 1 << 21 };

typedef struct xlgc__huge_area xlgc__huge_area;

typedef struct xlgc__huge {
  size_t block_bytes;         /* a multiple of a cache line, at least 8 KiB and less than 2 MiB */
  xlgc__huge_area *with_room; /* areas with a free block */
  uint64_t bytes;             /* of all pages that blocks reach into */
} xlgc__huge;

/* A block of zeros on a cache line, and the area to give it back to. NULL where the system has no huge pages, or no
 * memory. */
void *xlgc__huge_take(xlgc__huge *huge, xlgc__huge_area **area);
void xlgc__huge_give(xlgc__huge *huge, xlgc__huge_area *area, void *block);

#endif
