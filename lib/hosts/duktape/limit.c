/* The memory of a heap that another language has started, and its limit. Duktape does not say how large a block is that
 * it frees, so that stands before each. */
#include <config.h>

#include "hosts/duktape/limit.h"

#include <stdalign.h>
#include <stdlib.h>

typedef struct header {
  alignas(max_align_t) size_t bytes; /* with this */
} header;

static void *reallocate(void *data, void *block, duk_size_t bytes) {
  xlgc__limit *limit = data;
  header *at = block ? (header *)block - 1 : NULL, *made;
  size_t old_bytes = at ? at->bytes : 0, new_bytes = bytes ? bytes + sizeof *made : 0;
  if (new_bytes < bytes) return NULL;
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
static void release(void *data, void *block) {
  if (block) (void)reallocate(data, block, 0);
}

xlgc__limit *xlgc__duktape_limit_of(duk_context *ctx) {
  duk_memory_functions functions;
  duk_get_memory_functions(ctx, &functions);
  return functions.alloc_func == allocate ? functions.udata : NULL;
}

duk_context *xlgc__duktape_limit_begin(void) {
  xlgc__limit *limit = calloc(1, sizeof *limit);
  duk_context *ctx = limit ? duk_create_heap(allocate, reallocate, release, limit, NULL) : NULL;
  if (!ctx) free(limit);
  return ctx;
}

void xlgc__duktape_limit_end(duk_context *ctx) {
  xlgc__limit *limit = xlgc__duktape_limit_of(ctx);
  if (limit) limit->bytes_max = 0;
  duk_destroy_heap(ctx);
  free(limit);
}

int xlgc__duktape_limit_set(void *engine, uint64_t bytes_max, uint64_t *bytes) {
  return xlgc__limit_set(xlgc__duktape_limit_of(engine), bytes_max, bytes);
}
