#include <config.h>

#include "queue/gone.h"

/* uthash allocates through these; `gone` is in scope wherever its macros are used. */
#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__memory_allocate(gone->memory, size_bytes)
#define uthash_free(block, size_bytes) xlgc__memory_release(gone->memory, block, size_bytes)
#define uthash_nonfatal_oom(added) ((added)->failed = true)
#include <uthash.h>
#include <utlist.h>

enum { PAGE_BYTES = 256 };

/* A part of an object in a page of the address space. */
typedef struct part {
  xlgc__gone_object object;
  struct part *next;
} part;

/* Such a page; has at least one part, the newest first. */
typedef struct xlgc__gone_page {
  uintptr_t number;
  part *parts, first;
  bool failed;
  UT_hash_handle hh;
} page;

/* A field that points to objects that are gone. */
typedef struct xlgc__gone_field {
  struct field_of {
    const char *kind;
    size_t offset;
  } of;
  bool failed;
  UT_hash_handle hh;
} field;

void xlgc__gone_init(xlgc__gone *gone, xlgc__memory *memory) { *gone = (xlgc__gone){.memory = memory}; }

static void forget_objects(xlgc__gone *gone) {
  page *one, *next;
  HASH_ITER(hh, gone->pages, one, next) {
    HASH_DELETE(hh, gone->pages, one);
    for (part *of = one->parts, *after; of; of = after) {
      after = of->next;
      if (of != &one->first) xlgc__memory_release(gone->memory, of, sizeof *of);
    }
    xlgc__memory_release(gone->memory, one, sizeof *one);
  }
}

void xlgc__gone_destroy(xlgc__gone *gone) {
  forget_objects(gone);
  field *one, *next;
  HASH_ITER(hh, gone->fields, one, next) {
    HASH_DELETE(hh, gone->fields, one);
    xlgc__memory_release(gone->memory, one, sizeof *one);
  }
}

void xlgc__gone_begin(xlgc__gone *gone, uint64_t round) {
  if (gone->round != round) forget_objects(gone);
  gone->round = round;
}

static page *find_page(const xlgc__gone *gone, uintptr_t number) {
  page *found;
  HASH_FIND(hh, gone->pages, &number, sizeof number, found);
  return found;
}

static void add_page(xlgc__gone *gone, uintptr_t number, const xlgc__gone_object *object) {
  page *made = xlgc__memory_allocate(gone->memory, sizeof *made);
  if (!made) return;
  *made = (page){.number = number, .first.object = *object};
  made->parts = &made->first;
  HASH_ADD(hh, gone->pages, number, sizeof made->number, made);
  if (made->failed) xlgc__memory_release(gone->memory, made, sizeof *made);
}

void xlgc__gone_add(xlgc__gone *gone, const xlgc__gone_object *object) {
  for (uintptr_t number = object->begin / PAGE_BYTES; number <= (object->end - 1) / PAGE_BYTES; number++) {
    page *there = find_page(gone, number);
    if (!there) {
      add_page(gone, number, object);
      continue;
    }
    part *one = xlgc__memory_allocate(gone->memory, sizeof *one);
    if (!one) return;
    one->object = *object;
    LL_PREPEND(there->parts, one);
  }
}

const xlgc__gone_object *xlgc__gone_at(const xlgc__gone *gone, uintptr_t address) {
  const page *there = find_page(gone, address / PAGE_BYTES);
  for (const part *one = there ? there->parts : NULL; one; one = one->next)
    if (address - one->object.begin < one->object.end - one->object.begin) return &one->object;
  return NULL;
}

bool xlgc__gone_is_news(xlgc__gone *gone, const char *kind, size_t offset) {
  struct field_of of = {kind, offset};
  field *found;
  HASH_FIND(hh, gone->fields, &of, sizeof of, found);
  if (found) return false;
  field *made = xlgc__memory_allocate(gone->memory, sizeof *made);
  if (!made) return true;
  *made = (field){.of = of};
  HASH_ADD(hh, gone->fields, of, sizeof made->of, made);
  if (made->failed) xlgc__memory_release(gone->memory, made, sizeof *made);
  return true;
}
