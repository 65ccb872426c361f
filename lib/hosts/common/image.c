#include <config.h>

#include "hosts/common/image.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "hosts/common/grow.h"

enum { PIECE_BYTES = 1 << 20, ALIGNMENT = 16 };

/* What is left of the last piece. */
static unsigned char *left;
static size_t left_bytes;

static void *map(size_t size_bytes) {
  void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static void *allocate(size_t size_bytes) {
  if (size_bytes > SIZE_MAX / 2) return NULL;
  size_bytes = (size_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (size_bytes >= PIECE_BYTES / 4) return map(size_bytes);
  if (size_bytes > left_bytes) {
    unsigned char *piece = map(PIECE_BYTES);
    if (!piece) return NULL;
    left = piece;
    left_bytes = PIECE_BYTES;
  }
  left_bytes -= size_bytes;
  left += size_bytes;
  return left - size_bytes;
}

void *xlgc__image_reallocate(void *memory, size_t old_bytes, size_t size_bytes) {
  if (memory && size_bytes <= old_bytes) return memory;
  void *made = allocate(size_bytes);
  if (made && memory) memcpy(made, memory, old_bytes);
  return made;
}

/* Arrays have their size before them. */
static void *reallocate_array(void *memory, size_t size_bytes) {
  size_t old_bytes = 0;
  if (memory) memcpy(&old_bytes, (unsigned char *)memory - ALIGNMENT, sizeof old_bytes);
  if (memory && size_bytes <= old_bytes) return memory;
  unsigned char *made = size_bytes < SIZE_MAX - ALIGNMENT ? allocate(size_bytes + ALIGNMENT) : NULL;
  if (!made) return NULL;
  memcpy(made, &size_bytes, sizeof size_bytes);
  if (memory) memcpy(made + ALIGNMENT, memory, old_bytes);
  return made + ALIGNMENT;
}

static void release_array(void *memory) { (void)memory; }

void xlgc__image_enter(void) {
  xlgc__grow_reallocate = reallocate_array;
  xlgc__grow_release = release_array;
}
