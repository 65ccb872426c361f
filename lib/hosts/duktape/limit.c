/* The memory of a heap that the library has made, and its limit. Duktape does not say how large a block is that
 * it frees, so that stands before each. */
#include <config.h>

#include "hosts/duktape/limit.h"

#include <stdalign.h>
#include <stdlib.h>

#include "hosts/common/image.h"

typedef struct header {
  alignas(max_align_t) size_t bytes; /* with this */
} header;

typedef struct memory {
  xlgc__limit limit;
  bool is_made; /* the heap is there, and ends this with itself */
} memory;

static bool is_image;

void xlgc__duktape_limit_enter_image(void) {
  xlgc__image_enter();
  is_image = true;
}

/* Nothing is given back. */
static void *reallocate_in_image(header *at, size_t new_bytes) {
  header *made = new_bytes ? xlgc__image_reallocate(at, at ? at->bytes : 0, new_bytes) : NULL;
  if (!made) return NULL;
  made->bytes = new_bytes;
  return made + 1;
}

static void *reallocate(void *data, void *block, duk_size_t bytes) {
  xlgc__limit *limit = &((memory *)data)->limit;
  header *at = block ? (header *)block - 1 : NULL, *made;
  size_t old_bytes = at ? at->bytes : 0, new_bytes = bytes ? bytes + sizeof *made : 0;
  if (new_bytes < bytes) return NULL;
  if (is_image) return reallocate_in_image(at, new_bytes);
  if (new_bytes > old_bytes && xlgc__limit_refuses_now(limit, new_bytes - old_bytes)) {
    limit->has_refused = true;
    return NULL;
  }
  made = xlgc__limit_allocate(limit, at, old_bytes, new_bytes);
  if (!made) return NULL;
  made->bytes = new_bytes;
  return made + 1;
}
static void *allocate(void *data, duk_size_t bytes) { return reallocate(data, NULL, bytes); }
/* The heap itself is the last block. */
static void release(void *data, void *block) {
  memory *memory = data;
  if (!block) return;
  (void)reallocate(data, block, 0);
  if (memory->is_made && !memory->limit.bytes && !is_image) free(memory);
}

xlgc__limit *xlgc__duktape_limit_of(duk_context *ctx) {
  duk_memory_functions functions;
  duk_get_memory_functions(ctx, &functions);
  return functions.alloc_func == allocate ? &((memory *)functions.udata)->limit : NULL;
}

duk_context *xlgc__duktape_limit_begin(void) {
  memory *made = calloc(1, sizeof *made);
  duk_context *ctx = made ? duk_create_heap(allocate, reallocate, release, made, NULL) : NULL;
  if (ctx)
    made->is_made = true;
  else
    free(made);
  return ctx;
}

void xlgc__duktape_limit_end(duk_context *ctx) {
  xlgc__limit *limit = xlgc__duktape_limit_of(ctx);
  if (limit) limit->bytes_max = 0;
  duk_destroy_heap(ctx);
}

int xlgc__duktape_limit_set(void *engine, uint64_t bytes_max, uint64_t *bytes) {
  return xlgc__limit_set(xlgc__duktape_limit_of(engine), bytes_max, bytes);
}
