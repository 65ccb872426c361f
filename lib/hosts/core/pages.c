#include <config.h>

#include "hosts/core/pages.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hosts/core/clock.h"

#ifdef MADV_POPULATE_WRITE

enum { PAGES_AT_ONCE = 256, PART_NS = 1000000, RESERVED_BYTES = 64 << 20 };

static bool add_range(xlgc__host_pages *pages, uintptr_t begin, uintptr_t end) {
  if (pages->count == pages->room) {
    size_t room = pages->room ? 2 * pages->room : 64;
    void *more = realloc(pages->ranges, room * sizeof *pages->ranges);
    if (!more) return false;
    pages->ranges = more;
    pages->room = room;
  }
  pages->ranges[pages->count++] = (struct xlgc__host_pages_range){begin, end};
  return true;
}

/* A range that is far larger than all that the process has in memory was only reserved. */
static uint64_t read_most_bytes(void) {
  unsigned long pages = 0;
  FILE *statm = fopen("/proc/self/statm", "re");
  if (statm && fscanf(statm, "%*u %lu", &pages) != 1) pages = 0;
  if (statm) fclose(statm);
  return UINT64_C(4) * pages * (uint64_t)sysconf(_SC_PAGESIZE) + RESERVED_BYTES;
}

/* Private memory that can be written to, and is that of no file. */
static void read_ranges(xlgc__host_pages *pages, FILE *maps) {
  uint64_t most_bytes = read_most_bytes();
  char line[512], rights[8];
  uintptr_t begin, end;
  unsigned long inode;
  while (fgets(line, sizeof line, maps)) {
    int fields = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %lu", &begin, &end, rights, &inode);
    bool counts =
        fields == 4 && strncmp(rights, "rw", 2) == 0 && strchr(rights, 'p') && !inode && end - begin <= most_bytes;
    if (counts && !add_range(pages, begin, end)) return;
  }
}

void xlgc__host_pages_begin(xlgc__host_pages *pages) {
  FILE *maps = fopen("/proc/self/maps", "re");
  pages->map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (maps && pages->map >= 0) read_ranges(pages, maps);
  if (maps) fclose(maps);
  if (!pages->count) xlgc__host_pages_end(pages);
}

/* Pages that are there, and only these, are made this process's own. The program may have given them back. */
static void settle(uintptr_t begin, size_t count, uintptr_t page_bytes, int map) {
  uint64_t states[PAGES_AT_ONCE];
  const uint64_t is_present = UINT64_C(1) << 63;
  ssize_t length = pread(map, states, count * sizeof *states, (off_t)(begin / page_bytes * sizeof *states));
  size_t known = length < 0 ? 0 : (size_t)length / sizeof *states;
  for (size_t i = 0, first; i < known; i++) {
    if (!(states[i] & is_present)) continue;
    first = i;
    while (i < known && states[i] & is_present)
      i++;
    (void)madvise((void *)(begin + first * page_bytes), (i - first) * page_bytes, MADV_POPULATE_WRITE);
  }
}

static void work_on(struct xlgc__host_pages_range *range, uintptr_t page_bytes, int map) {
  size_t left = (range->end - range->begin) / page_bytes, count = left < PAGES_AT_ONCE ? left : PAGES_AT_ONCE;
  settle(range->begin, count, page_bytes, map);
  range->begin += count * page_bytes;
}

bool xlgc__host_pages_work(xlgc__host_pages *pages) {
  uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
  uint64_t end_ns = xlgc__host_clock_ns() + PART_NS;
  while (pages->at < pages->count && xlgc__host_clock_ns() < end_ns) {
    struct xlgc__host_pages_range *range = &pages->ranges[pages->at];
    if (range->begin < range->end)
      work_on(range, page_bytes, pages->map);
    else
      pages->at++;
  }
  return pages->at < pages->count;
}

void xlgc__host_pages_end(xlgc__host_pages *pages) {
  if (pages->map > 0) close(pages->map);
  free(pages->ranges);
  memset(pages, 0, sizeof *pages);
}

#else

void xlgc__host_pages_begin(xlgc__host_pages *pages) { (void)pages; }
bool xlgc__host_pages_work(xlgc__host_pages *pages) { return (void)pages, false; }
void xlgc__host_pages_end(xlgc__host_pages *pages) { (void)pages; }

#endif
