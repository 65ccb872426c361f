#include <config.h>

#include "hosts/core/pages.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifdef MADV_POPULATE_WRITE

enum { PAGES_AT_ONCE = 256, PART_NS = 1000000 };

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

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

/* Private memory that can be written to, and is that of no file. */
static void read_ranges(xlgc__host_pages *pages, FILE *maps) {
  char line[512], rights[8];
  uintptr_t begin, end;
  unsigned long inode;
  while (fgets(line, sizeof line, maps)) {
    int fields = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %lu", &begin, &end, rights, &inode);
    bool counts = fields == 4 && strncmp(rights, "rw", 2) == 0 && strchr(rights, 'p') && !inode;
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
  uint64_t end_ns = now_ns() + PART_NS;
  while (pages->at < pages->count && now_ns() < end_ns) {
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
