#include <config.h>

#include "pool/inventory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool/chains.h"
#include "pool/ownership.h"
#include "pool/shown.h"
#include "pool/steps.h"

typedef struct share {
  const xlgc_kind *kind;
  uint64_t objects, bytes;
  xlgc_id example;
} share;

typedef struct shares {
  share *at;
  size_t count, room;
} shares;

/* Of this kind; NULL without memory. */
static share *find_share(xlgc_pool *pool, shares *all, const xlgc_kind *kind) {
  size_t i = 0;
  while (i < all->count && all->at[i].kind != kind)
    i++;
  if (i == all->room) {
    size_t room = 2 * all->room + 8;
    share *at = xlgc__memory_allocate(&pool->memory, room * sizeof *at);
    if (!at) return NULL;
    if (i) memcpy(at, all->at, i * sizeof *at);
    xlgc__memory_release(&pool->memory, all->at, all->room * sizeof *at);
    all->at = at;
    all->room = room;
  }
  if (i == all->count) all->at[all->count++] = (share){.kind = kind};
  return &all->at[i];
}

static int count_by_kind(xlgc_pool *pool, shares *all) {
  for (uint32_t index = 0;;) {
    xlgc__mutex_lock(&pool->queue.lock);
    index = xlgc__shown_next(pool, (uint64_t)index + 1, NULL, 0);
    const xlgc_holder holder = index ? xlgc__shown_object(&pool->graph, index, NULL) : (xlgc_holder){0};
    xlgc__mutex_unlock(&pool->queue.lock);
    if (!index) return 0;
    share *one = find_share(pool, all, holder.kind);
    if (!one) return XLGC_E_NOMEM;
    if (!one->objects++) one->example = holder.id;
    one->bytes += xlgc__shown_bytes(pool, &holder);
  }
}

static int compare_shares(const void *left, const void *right) {
  const share *a = left, *b = right;
  return (a->objects < b->objects) - (a->objects > b->objects);
}

static int put_share(xlgc_pool *pool, const share *one, xlgc__text *text) {
  const char *name = one->kind->name ? one->kind->name : "object";
  xlgc__text_put(text, "%s%" PRIu64 " %s", text->length ? "\n" : "", one->objects, name);
  if (one->bytes) xlgc__text_put(text, ", %" PRIu64 " bytes", one->bytes);
  xlgc__text_put(text, "; one of them:\n");
  xlgc_standing standing;
  int failed = xlgc__chains_put(pool, one->example, 0, text, &standing);
  if (failed == XLGC_E_STALE) xlgc__text_put(text, "(gone meanwhile)");
  return failed == XLGC_E_STALE ? 0 : failed;
}

int xlgc__inventory_put(xlgc_pool *pool, xlgc__text *text) {
  shares all = {0};
  int failed = xlgc__steps_begin_reading_all(pool);
  if (failed) return failed;
  failed = count_by_kind(pool, &all);
  xlgc__ownership_give(pool);
  if (!failed && all.count) qsort(all.at, all.count, sizeof *all.at, compare_shares);
  for (size_t i = 0; i < all.count && !failed; i++)
    failed = put_share(pool, &all.at[i], text);
  xlgc__memory_release(&pool->memory, all.at, all.room * sizeof *all.at);
  return failed;
}

void xlgc__inventory_print(xlgc_pool *pool) {
  xlgc__text text = {0};
  if (xlgc__inventory_put(pool, &text) || !text.length) return;
  size_t room = 2 * text.length + 1; /* labels may have grown meanwhile */
  text = (xlgc__text){xlgc__memory_allocate(&pool->memory, room), room, 0};
  if (!text.at) return;
  if (!xlgc__inventory_put(pool, &text)) fprintf(stderr, "xlgc: left at the end:\n%s\n", text.at);
  xlgc__memory_release(&pool->memory, text.at, room);
}
