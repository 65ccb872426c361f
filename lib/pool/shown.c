#include <config.h>

#include "pool/shown.h"

#include <inttypes.h>
#include <stdio.h>

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

xlgc_holder xlgc__shown_object(const xlgc__graph *graph, uint32_t index, const xlgc__link *link) {
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

xlgc_holder xlgc__shown_source(const xlgc__graph *graph, uint32_t source, uint32_t target) {
  uint32_t *slot = xlgc__link_slot(&graph->links, &xlgc__graph_object(graph, source)->top[XLGC__OUT], target);
  return xlgc__shown_object(graph, source, *slot ? xlgc__link_at(&graph->links, *slot) : NULL);
}

size_t xlgc__shown_bytes(xlgc_pool *pool, const xlgc_holder *object) {
  const xlgc_labelled_kind *names = labelled(object->kind);
  xlgc__mutex_lock(&pool->queue.lock);
  size_t noted = xlgc__notes_bytes(&pool->notes, object->id);
  xlgc__mutex_unlock(&pool->queue.lock);
  return noted + (names && names->bytes && object->object ? names->bytes(object->object, object->kind->data) : 0);
}

uint32_t xlgc__shown_next(xlgc_pool *pool, uint64_t index, const xlgc_kind *kind, unsigned flags) {
  const xlgc__objects *objects = &pool->graph.objects;
  for (; index < xlgc__segments_end(&objects->records); index++) {
    const xlgc__object *object = xlgc__segments_find(&objects->records, (uint32_t)index);
    if (!object || (object->flags & (XLGC__LIVE | XLGC__DEAD)) != XLGC__LIVE) continue;
    if (kind && xlgc__object_kind(objects, object) != kind) continue;
    if (!(flags & XLGC_EACH_ROOTS) || xlgc__object_is_root(object)) return (uint32_t)index;
  }
  return 0;
}

/* ---------------------------------------------------------------- as text */

enum { LABEL_BYTES = 128 };

/* What is no text for a line becomes a question mark. */
static void make_printable(char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < ' ' || *text == 0x7f) *text = '?';
}

void xlgc__shown_put(xlgc_pool *pool, xlgc__text *text, const xlgc_holder *holder) {
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
  xlgc__notes_put(&pool->notes, holder->id, ", ", text);
}
