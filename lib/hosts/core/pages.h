/* After a copy of the process was made, the first write to each page is a fault; many come together where a program, or
 * a collector, goes through its memory. When the copy has ended, this does the same in small parts. Where the system
 * has no way to do so, it does nothing. */
#ifndef XLGC_HOSTS_PAGES_H
#define XLGC_HOSTS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: nothing is to be done. */
typedef struct xlgc__host_pages {
  struct xlgc__host_pages_range {
    uintptr_t begin, end;
  } * ranges;
  size_t count, room, at;
  int map; /* a file with the state of each page; valid while there are ranges */
} xlgc__host_pages;

/* Notes the memory that the process can write to. The one before was ended. */
void xlgc__host_pages_begin(xlgc__host_pages *pages);
/* Does a part of a millisecond or so. Returns true while there is more to do. */
bool xlgc__host_pages_work(xlgc__host_pages *pages);
void xlgc__host_pages_end(xlgc__host_pages *pages);

#endif
