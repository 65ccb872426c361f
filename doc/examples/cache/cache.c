/* A cache that keeps nothing alive: the one image of each name, for as long as something holds it. No code takes an
 * entry out; it is gone when the image is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlgc.h>

typedef struct image {
  xlgc_id id;
  char name[32];
} image;

static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)data;
  printf("%s is freed\n", ((image *)object)->name);
  free(object);
}
static const xlgc_kind kind = {.name = "image", .release = release};

/* Called when no live image has the name. */
static int load(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  (void)data;
  image *loaded = calloc(1, sizeof *loaded);
  if (!loaded) return XLGC_E_NOMEM;
  memcpy(loaded->name, key, key_bytes);
  printf("%s is loaded\n", loaded->name);
  *made = (xlgc_interned){.object = loaded, .kind = &kind, .key = loaded->name};
  return 0;
}

static uint32_t hash(const char *text) { /* FNV-1a */
  uint32_t value = 2166136261;
  while (*text)
    value = (value ^ (unsigned char)*text++) * 16777619;
  return value;
}

/* Pinned: the caller unpins it, or links it to what holds it from then on. */
static xlgc_id get(xlgc_context *context, const char *name) {
  xlgc_id id = XLGC_ID_NONE;
  int failed = xlgc_intern(context, name, strlen(name), hash(name), load, NULL, &id);
  if (failed) fprintf(stderr, "%s: %s\n", name, xlgc_strerror(failed));
  return id;
}

int main(void) {
  xlgc_pool *pool;
  xlgc_context *context;
  if (xlgc_pool_create(NULL, &pool) || xlgc_context_create(pool, "main", &context)) return 1;
  xlgc_id one = get(context, "rose.png"), same = get(context, "rose.png"), other = get(context, "tulip.png");
  printf("%s\n", one == same ? "the same image" : "two images");
  xlgc_unpin(context, one), xlgc_unpin(context, other);
  xlgc_flush(pool); /* the tulip goes; the rose is held still */
  xlgc_unpin(context, same);
  xlgc_flush(pool);
  xlgc_unpin(context, get(context, "rose.png"));
  return xlgc_pool_destroy(pool);
}
