#include <config.h>

#include "rounds/misuse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/codes.h"
#include "base/text.h"

/* How far from the beginning of an object a place is taken to be inside of it, when its size is not known. */
enum { USUAL_BYTES = 4096 };

static uint32_t resolve(const xlgc__misuse *misuse, xlgc_id id) {
  return id ? xlgc__object_resolve(misuse->objects, id & ~((xlgc_id)UINT8_MAX << 56)) : 0;
}

static const xlgc_kind *kind_of(const xlgc__misuse *misuse, uint32_t index) {
  return index ? xlgc__object_kind(misuse->objects, xlgc__object_at(misuse->objects, index)) : NULL;
}

static void describe_place(const void *object, const xlgc_kind *kind, xlgc_error *error) {
  const xlgc_described_kind *described = xlgc__kinds_described(kind);
  size_t offset = (size_t)((uintptr_t)error->place - (uintptr_t)object);
  error->offset_bytes = offset < (described ? described->size_bytes : USUAL_BYTES) ? offset : SIZE_MAX;
  if (error->offset_bytes == SIZE_MAX) return;
  const xlgc_field *field = xlgc__kinds_field(kind, offset);
  if (field) error->field = field->name;
}

void xlgc__misuse_describe(const xlgc__misuse *misuse, xlgc_error *error) {
  uint32_t source = resolve(misuse, error->source), target = resolve(misuse, error->target);
  const xlgc_kind *source_kind = kind_of(misuse, source), *target_kind = kind_of(misuse, target);
  error->source_kind = source_kind ? source_kind->name : NULL;
  error->target_kind = target_kind ? target_kind->name : NULL;
  if (source && error->place) describe_place(xlgc__object_at(misuse->objects, source)->address, source_kind, error);
}

void xlgc__misuse_tell(xlgc__misuse *misuse, const xlgc_error *error) {
  atomic_fetch_add_explicit(&misuse->errors, 1, memory_order_relaxed);
  if (misuse->on_error) {
    misuse->on_error(misuse->data, error);
    return;
  }
  if (!misuse->queue->ledger) return;
  char text[512];
  xlgc__misuse_text(error, text, sizeof text);
  fprintf(stderr, "xlgc: %s\n", text);
}

/* Where was the pointer of this link? Lock taken. */
static void find_place(const xlgc__misuse *misuse, xlgc_error *error) {
  xlgc__entry entry;
  bool known = xlgc__ledger_find(misuse->queue->ledger, error->source, error->target, &entry);
  bool same = known && entry.position == error->position && !strcmp(entry.context, error->context);
  if (same) error->place = (void *)(uintptr_t)entry.place;
}

void xlgc__misuse_report(xlgc__misuse *misuse, const char *context, uint64_t position, xlgc_error *error) {
  error->context = context;
  error->position = position;
  if (misuse->queue->ledger) {
    xlgc__mutex_lock(&misuse->queue->lock);
    find_place(misuse, error);
    xlgc__mutex_unlock(&misuse->queue->lock);
  }
  xlgc__misuse_describe(misuse, error);
  xlgc__misuse_tell(misuse, error);
}

/* -------------------------------------------------------------- as text */

static void put_object(xlgc__text *text, const char *before, const char *kind, xlgc_id id) {
  if (id) xlgc__text_put(text, "%s%s %#" PRIx64, before, kind ? kind : "object", id);
}

static void put_place(xlgc__text *text, const xlgc_error *error) {
  if (!error->place) return;
  const char *kind = error->source_kind ? error->source_kind : "object";
  xlgc__text_put(text, ", at ");
  if (error->field)
    xlgc__text_put(text, "%s.%s", kind, error->field);
  else if (error->offset_bytes != SIZE_MAX)
    xlgc__text_put(text, "%s+%zu", kind, error->offset_bytes);
  else
    xlgc__text_put(text, "%p", error->place);
}

/* What happened, in words. */
static const char *explanation(const xlgc_error *error) {
  if (error->code == XLGC_E_RELEASED && strcmp(error->what, "pointer") == 0)
    return "a destructor begins that may read an object destroyed before it; a ref would read as null";
  return xlgc__codes_text(error->code);
}

size_t xlgc__misuse_text(const xlgc_error *error, char *room, size_t size_bytes) {
  xlgc__text text = {room, size_bytes, 0};
  xlgc__text_put(&text, "%s: %s", error->what, explanation(error));
  put_object(&text, ": ", error->source_kind, error->source);
  put_object(&text, error->source ? " -> " : ": ", error->target_kind, error->target);
  if (error->parent) xlgc__text_put(&text, ": %p -> %p", error->parent, error->child);
  put_place(&text, error);
  if (error->context) xlgc__text_put(&text, ", event %" PRIu64 " of context '%s'", error->position, error->context);
  if (error->other_context)
    xlgc__text_put(&text, "; the place has event %" PRIu64 " of context '%s'", error->other_position, error->other_context);
  put_object(&text, ", for ", NULL, error->other_target);
  return text.length;
}
