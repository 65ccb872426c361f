/* Why objects are alive, what would go with them, and which there are. */
#include <config.h>

#include <xlgc/why.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pool/ownership.h"
#include "pool/steps.h"
#include "ranks/nearest.h"
#include "ranks/retained.h"

/* ---------------------------------------------------------------- what is shown of an object */

static const xlgc_labelled_kind *labelled(const xlgc_kind *kind) {
  return kind->flags & XLGC_KIND_LABELLED ? (const xlgc_labelled_kind *)kind : NULL;
}

static unsigned roots_of(const xlgc__object *object) {
  return (object->pins ? XLGC_ROOT_PINNED : 0u) | (object->flags & XLGC__NEW ? XLGC_ROOT_NEW : 0u) |
         (object->flags & XLGC__KEPT ? XLGC_ROOT_KEPT : 0u);
}

/* The field that has one of the link's places, or the name of its tag, or NULL. */
static const char *link_name(const xlgc__graph *graph, const xlgc_holder *holder, const xlgc__link *link) {
  const xlgc__place *place = link->places ? xlgc__segments_at(&graph->links.places, link->places) : NULL;
  const xlgc_field *field =
      place ? xlgc__kinds_field(holder->kind, (size_t)((uintptr_t)place->at - (uintptr_t)holder->object)) : NULL;
  if (field) return field->name;
  const xlgc_labelled_kind *names = labelled(holder->kind);
  return names && names->links && link->tag < names->link_count ? names->links[link->tag] : NULL;
}

/* link: from the object to another, or NULL. */
static xlgc_holder show(const xlgc__graph *graph, uint32_t index, const xlgc__link *link) {
  const xlgc__object *object = xlgc__graph_object(graph, index);
  xlgc_holder holder = {.id = xlgc__object_id(&graph->objects, index),
                        .object = object->address,
                        .kind = xlgc__object_kind(&graph->objects, object),
                        .roots = roots_of(object),
                        .pins = object->pins};
  if (!link) return holder;
  holder.count = link->count;
  holder.tag = link->tag;
  holder.link = link_name(graph, &holder, link);
  return holder;
}

/* The same of a source of an object. */
static xlgc_holder show_source(const xlgc__graph *graph, uint32_t source, uint32_t target) {
  uint32_t *slot = xlgc__link_slot(&graph->links, &xlgc__graph_object(graph, source)->top[XLGC__OUT], target);
  return show(graph, source, *slot ? xlgc__link_at(&graph->links, *slot) : NULL);
}

/* ---------------------------------------------------------------- where an object stands */

/* What the call of a dead object waits for. Lock taken. */
static const char *deliverer(const xlgc__graph *graph, const xlgc__object *object) {
  const xlgc__kind *kind = xlgc__kinds_at(&graph->objects.kinds, object->kind);
  switch (kind->kind->delivery) {
  case XLGC_DELIVER_WORKER: return "worker";
  case XLGC_DELIVER_CLEANER: return "cleaner";
  case XLGC_DELIVER_OWNER: return kind->owner ? kind->owner->name : "";
  default: return "";
  }
}

static void say_what_it_waits_for(xlgc_pool *pool, uint32_t index, xlgc_standing *out) {
  const xlgc__object *object = xlgc__graph_object(&pool->graph, index);
  const char *name = pool->blocked_since_ns ? pool->blocker : "";
  if (pool->blocked_since_ns) out->waits_ns = pool->platform->clock_ns() - pool->blocked_since_ns;
  xlgc__mutex_lock(&pool->queue.lock);
  if (object->flags & XLGC__DEAD) name = deliverer(&pool->graph, object);
  snprintf(out->waits_for, sizeof out->waits_for, "%s", name);
  xlgc__mutex_unlock(&pool->queue.lock);
}

static int standing_of(const xlgc__object *object) {
  if (object->flags & XLGC__DEAD) return XLGC_STANDS_DEAD;
  return object->flags & XLGC__PENDING ? XLGC_STANDS_ASKED : XLGC_STANDS_GARBAGE;
}

/* What is asked. */
typedef struct query {
  unsigned flags;     /* of xlgc_why */
  const xlgc_id *but; /* what no chain may lead through */
  size_t but_count;
} query;

static uint32_t search(const xlgc_pool *pool, uint32_t index, const query *query, uint64_t *links, uint64_t *looked) {
  uint32_t root = 0;
  if (!xlgc__steps_avoid(pool, query->but, query->but_count, true))
    root = xlgc__nearest_root(&pool->graph, index, links, looked);
  (void)xlgc__steps_avoid(pool, query->but, query->but_count, false);
  return root;
}

/* Finds the root at the end of a chain, which stands in `hop` of its objects then; 0: no root reaches the object. held:
 * a round has to wait, and needs what a search would use. */
static uint32_t find_root(const xlgc_pool *pool, uint32_t index, const query *query, bool held, xlgc_standing *out) {
  const xlgc__graph *graph = &pool->graph;
  uint32_t root = 0;
  uint64_t links = 0;
  if (xlgc__graph_object(graph, index)->flags & (XLGC__DEAD | XLGC__PENDING)) return 0;
  if (!query->but_count && (held || !(query->flags & XLGC_WHY_SHORTEST))) {
    root = xlgc__nearest_by_supporters(graph, index, &links);
    out->looked += links + 1;
  }
  if (!root && !held) root = search(pool, index, query, &links, &out->looked);
  out->length = root ? (size_t)links + 1 : 1;
  return root;
}

/* Takes the pool and finds the chain. Returns 0, with the pool taken and the root of the chain, which is 0 if there is
 * none; or an error, without the pool. */
static int begin(xlgc_pool *pool, xlgc_id id, const query *query, uint32_t *index, uint32_t *root, xlgc_standing *out) {
  *out = (xlgc_standing){.length = 1};
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  int applied = xlgc__steps_apply_all(pool);
  bool held = applied == XLGC_E_HELD;
  failed = held ? 0 : applied;
  if (!failed) failed = xlgc__steps_resolve_any(pool, id, index);
  if (!failed) {
    *root = find_root(pool, *index, query, held, out);
    out->stands = *root ? XLGC_STANDS_HELD : standing_of(xlgc__graph_object(&pool->graph, *index));
    /* Then it is not known. */
    if (held && out->stands == XLGC_STANDS_GARBAGE) failed = XLGC_E_HELD;
  }
  if (!failed && !*root) say_what_it_waits_for(pool, *index, out);
  if (failed) xlgc__ownership_give(pool);
  return failed;
}

static int find_chain(xlgc_pool *pool, xlgc_id id, const query *query, xlgc_holder *chain, size_t capacity,
                      xlgc_standing *out) {
  uint32_t index, root;
  int failed = begin(pool, id, query, &index, &root, out);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  size_t place = out->length;
  /* From the root back to the object. */
  for (uint32_t at = root; place > 1; at = xlgc__graph_object(graph, at)->hop)
    if (--place < capacity) chain[place] = show_source(graph, at, xlgc__graph_object(graph, at)->hop);
  if (capacity) chain[0] = show(graph, index, NULL);
  xlgc__ownership_give(pool);
  return 0;
}

int xlgc_why(xlgc_pool *pool, xlgc_id id, unsigned flags, xlgc_holder *chain, size_t capacity, xlgc_standing *out) {
  if (!pool || !out || (capacity && !chain) || flags & ~(unsigned)XLGC_WHY_SHORTEST) return XLGC_E_INVAL;
  return find_chain(pool, id, &(query){.flags = flags}, chain, capacity, out);
}

int xlgc_why_but(xlgc_pool *pool, xlgc_id id, const xlgc_id *but, size_t but_count, xlgc_holder *chain, size_t capacity,
                 xlgc_standing *out) {
  if (!pool || !out || (capacity && !chain) || (but_count && !but)) return XLGC_E_INVAL;
  for (size_t i = 0; i < but_count; i++)
    if (but[i] >> 56 != pool->graph.objects.pool) return XLGC_E_FOREIGN;
  return find_chain(pool, id, &(query){XLGC_WHY_SHORTEST, but, but_count}, chain, capacity, out);
}

/* ---------------------------------------------------------------- as text */

enum { LABEL_BYTES = 128 };

/* What is no text for a line becomes a question mark. */
static void make_printable(char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < ' ' || *text == 0x7f) *text = '?';
}

static void put_object(xlgc__text *text, const xlgc_holder *holder) {
  const xlgc_labelled_kind *names = labelled(holder->kind);
  char label[LABEL_BYTES] = "";
  if (names && names->label && holder->object) names->label(holder->object, holder->kind->data, label, sizeof label);
  label[sizeof label - 1] = 0;
  make_printable(label);
  const char *kind = holder->kind->name ? holder->kind->name : "object";
  if (*label)
    xlgc__text_put(text, "%s \"%s\"", kind, label);
  else
    xlgc__text_put(text, "%s %#" PRIx64, kind, holder->id);
}

int xlgc_object_text(xlgc_pool *pool, xlgc_id id, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room)) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  xlgc__text text = {room, size_bytes, 0};
  xlgc_holder holder = show(&pool->graph, index, NULL);
  put_object(&text, &holder);
  xlgc__ownership_give(pool);
  return (int)text.length;
}

static void put_roots(xlgc__text *text, const xlgc_holder *holder) {
  const char *before = ": ";
  if (holder->roots & XLGC_ROOT_PINNED) {
    xlgc__text_put(text, "%spinned %" PRIu32 " time%s", before, holder->pins, holder->pins == 1 ? "" : "s");
    before = ", ";
  }
  if (holder->roots & XLGC_ROOT_NEW) {
    xlgc__text_put(text, "%snew: nothing has held it yet", before);
    before = ", ";
  }
  if (holder->roots & XLGC_ROOT_KEPT) xlgc__text_put(text, "%skept, as it has asked for", before);
}

static void put_link(xlgc__text *text, const xlgc_holder *holder) {
  xlgc__text_put(text, "\n  ");
  if (holder->link)
    xlgc__text_put(text, ".%s ", holder->link);
  else if (holder->tag)
    xlgc__text_put(text, "[%u] ", holder->tag);
  if (holder->count > 1) xlgc__text_put(text, "%" PRIu32 " times ", holder->count);
  xlgc__text_put(text, "-> ");
}

static void put_chain(const xlgc__graph *graph, uint32_t root, size_t length, xlgc__text *text) {
  xlgc_holder holder = show(graph, root, NULL);
  put_object(text, &holder);
  put_roots(text, &holder);
  for (uint32_t at = root, next; --length; at = next) {
    next = xlgc__graph_object(graph, at)->hop;
    holder = show_source(graph, at, next);
    put_link(text, &holder);
    holder = show(graph, next, NULL);
    put_object(text, &holder);
  }
}

/* Of one that is not held. The label of a dead one is not asked for. */
static void put_standing(const xlgc__graph *graph, uint32_t index, const xlgc_standing *standing, xlgc__text *text) {
  xlgc_holder holder = show(graph, index, NULL);
  if (standing->stands == XLGC_STANDS_DEAD) holder.object = NULL;
  put_object(text, &holder);
  switch (standing->stands) {
  case XLGC_STANDS_DEAD: xlgc__text_put(text, ": dead, its release is decided"); break;
  case XLGC_STANDS_ASKED: xlgc__text_put(text, ": no root reaches it; it was asked whether it is to be kept"); break;
  default: xlgc__text_put(text, ": no root reaches it; the next round will find that");
  }
  if (!standing->waits_for[0]) return;
  xlgc__text_put(text, "; that waits for '%s'", standing->waits_for);
  if (standing->waits_ns) xlgc__text_put(text, ", for %.3f s now", (double)standing->waits_ns / 1e9);
}

static int put_why(xlgc_pool *pool, xlgc_id id, unsigned flags, xlgc__text *text, xlgc_standing *standing) {
  uint32_t index, root;
  int failed = begin(pool, id, &(query){.flags = flags}, &index, &root, standing);
  if (failed) return failed;
  if (root)
    put_chain(&pool->graph, root, standing->length, text);
  else
    put_standing(&pool->graph, index, standing, text);
  xlgc__ownership_give(pool);
  return 0;
}

int xlgc_why_text(xlgc_pool *pool, xlgc_id id, unsigned flags, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room) || flags & ~(unsigned)XLGC_WHY_SHORTEST) return XLGC_E_INVAL;
  xlgc__text text = {room, size_bytes, 0};
  xlgc_standing standing;
  int failed = put_why(pool, id, flags, &text, &standing);
  return failed ? failed : (int)text.length;
}

int xlgc_expect_gone(xlgc_pool *pool, const xlgc_id *objects, size_t count, char *room, size_t size_bytes) {
  if (!pool || (count && !objects) || (size_bytes && !room)) return XLGC_E_INVAL;
  if (size_bytes) room[0] = 0;
  int result = xlgc__ownership_take(pool, true);
  if (result) return result;
  result = xlgc__steps_flush(pool);
  xlgc__ownership_give(pool);
  if (result) return result;
  xlgc__text text = {room, size_bytes, 0};
  int left = 0;
  for (size_t i = 0; i < count; i++) {
    xlgc_standing standing;
    xlgc__text before = text;
    if (text.length) xlgc__text_put(&text, "\n");
    int failed = put_why(pool, objects[i], 0, &text, &standing);
    bool is_gone = failed == XLGC_E_STALE || (!failed && standing.stands == XLGC_STANDS_DEAD);
    if (failed && !is_gone) return failed;
    left += !is_gone;
    if (!is_gone) continue;
    text = before;
    if (text.length < text.room) text.at[text.length] = 0;
  }
  return left;
}

/* ---------------------------------------------------------------- holders, and what would go */

int xlgc_holders(xlgc_pool *pool, xlgc_id id, xlgc_holder *holders, size_t capacity, size_t *count) {
  if (!pool || !count || (capacity && !holders)) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  uint32_t tree = xlgc__graph_object(graph, index)->top[XLGC__IN], at;
  size_t found = 0;
  while ((at = xlgc__link_next(&graph->links, &cursor, XLGC__IN, tree)) != 0 && found < capacity) {
    const xlgc__link *link = xlgc__link_at(&graph->links, at);
    holders[found++] = show(graph, link->end[0], link);
  }
  *count = found;
  xlgc__ownership_give(pool);
  return at != 0;
}

typedef struct counting {
  const xlgc__graph *graph;
  xlgc_retained_size *out;
} counting;

static void count_retained(void *data, const xlgc__object *object) {
  const counting *counting = data;
  const xlgc_labelled_kind *names = labelled(xlgc__object_kind(&counting->graph->objects, object));
  counting->out->objects++;
  if (names && names->bytes && object->address)
    counting->out->bytes += names->bytes(object->address, names->described.kind.data);
}

int xlgc_retained(xlgc_pool *pool, xlgc_id id, uint64_t budget, xlgc_retained_size *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  counting counting = {&pool->graph, out};
  *out = (xlgc_retained_size){0};
  bool is_whole = xlgc__retained_each(&pool->graph, index, budget, &out->looked, count_retained, &counting);
  xlgc__ownership_give(pool);
  return !is_whole;
}

/* ---------------------------------------------------------------- all objects */

/* The next slot from `index` on with an object that is wanted, or 0. Lock taken, as another thread may make one. */
static uint32_t next_object(xlgc_pool *pool, uint64_t index, const xlgc_kind *kind, unsigned flags) {
  const xlgc__objects *objects = &pool->graph.objects;
  for (; index < xlgc__segments_end(&objects->records); index++) {
    const xlgc__object *object = xlgc__segments_find(&objects->records, (uint32_t)index);
    if (!object || (object->flags & (XLGC__LIVE | XLGC__DEAD)) != XLGC__LIVE) continue;
    if (kind && xlgc__object_kind(objects, object) != kind) continue;
    if (!(flags & XLGC_EACH_ROOTS) || xlgc__object_is_root(object)) return (uint32_t)index;
  }
  return 0;
}

int xlgc_each_object(xlgc_pool *pool, const xlgc_kind *kind, unsigned flags,
                     int (*each)(void *data, const xlgc_holder *object), void *data) {
  if (!pool || !each || flags & ~(unsigned)XLGC_EACH_ROOTS) return XLGC_E_INVAL;
  uint32_t index = 0;
  int result = 0;
  do {
    result = xlgc__ownership_take(pool, true);
    if (result) return result;
    if (!index) result = xlgc__steps_apply_all(pool);
    xlgc_holder holder = {0};
    if (!result) {
      xlgc__mutex_lock(&pool->queue.lock);
      index = next_object(pool, (uint64_t)index + 1, kind, flags);
      if (index) holder = show(&pool->graph, index, NULL);
      xlgc__mutex_unlock(&pool->queue.lock);
    }
    xlgc__ownership_give(pool);
    /* The program may do anything now. */
    if (!result && index) result = each(data, &holder);
  } while (!result && index);
  return result;
}

/* ---------------------------------------------------------------- by kind */

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
    index = next_object(pool, (uint64_t)index + 1, NULL, 0);
    const xlgc_holder holder = index ? show(&pool->graph, index, NULL) : (xlgc_holder){0};
    xlgc__mutex_unlock(&pool->queue.lock);
    if (!index) return 0;
    share *one = find_share(pool, all, holder.kind);
    if (!one) return XLGC_E_NOMEM;
    const xlgc_labelled_kind *names = labelled(holder.kind);
    if (!one->objects++) one->example = holder.id;
    if (names && names->bytes && holder.object) one->bytes += names->bytes(holder.object, holder.kind->data);
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
  int failed = put_why(pool, one->example, 0, text, &standing);
  if (failed == XLGC_E_STALE) xlgc__text_put(text, "(gone meanwhile)");
  return failed == XLGC_E_STALE ? 0 : failed;
}

int xlgc_kinds_text(xlgc_pool *pool, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room)) return XLGC_E_INVAL;
  shares all = {0};
  if (size_bytes) room[0] = 0;
  int failed = xlgc__steps_begin_reading_all(pool);
  if (failed) return failed;
  failed = count_by_kind(pool, &all);
  xlgc__ownership_give(pool);
  if (!failed && all.count) qsort(all.at, all.count, sizeof *all.at, compare_shares);
  xlgc__text text = {room, size_bytes, 0};
  for (size_t i = 0; i < all.count && !failed; i++)
    failed = put_share(pool, &all.at[i], &text);
  xlgc__memory_release(&pool->memory, all.at, all.room * sizeof *all.at);
  return failed ? failed : (int)text.length;
}
