#include <config.h>

#include "pool/audit.h"

#include <string.h>

#include "queue/context.h"

/* The number of the event that a context has logged last, or of the one `before` it. */
static uint64_t position(const xlgc_context *context, unsigned before) {
  return xlgc__log_position(&context->log) - context->extras - 1 - before;
}

static xlgc_error difference(const char *what, const xlgc__entry *at) {
  return (xlgc_error){.code = XLGC_E_PLACE,
                      .what = what,
                      .source = at->source,
                      .target = at->target,
                      .place = (void *)(uintptr_t)at->place,
                      .context = at->context,
                      .position = at->position};
}

static void mention(xlgc_error *error, const xlgc__entry *other) {
  error->other_target = other->target;
  error->other_context = other->context;
  error->other_position = other->position;
}

static void report(xlgc_pool *pool, const char *what, const xlgc__entry *at, const xlgc__entry *other) {
  xlgc_error error = difference(what, at);
  if (other) mention(&error, other);
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__misuse_describe(&pool->round.apply.misuse, &error);
  xlgc__mutex_unlock(&pool->queue.lock);
  xlgc__misuse_tell(&pool->round.apply.misuse, &error);
}

static void add(xlgc_pool *pool, const xlgc__entry *entry) {
  xlgc__entry forgotten;
  xlgc__mutex_lock(&pool->queue.lock);
  bool wrong = xlgc__ledger_add(&pool->ledger, entry, &forgotten);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (wrong) report(pool, "link", &forgotten, entry);
}

static void drop(xlgc_pool *pool, const xlgc__entry *entry) {
  xlgc__entry other;
  xlgc__mutex_lock(&pool->queue.lock);
  bool wrong = xlgc__ledger_drop(&pool->ledger, entry->source, entry->target, entry->place, &other);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (wrong && entry->is_pointer) report(pool, "unlink", entry, &other);
}

/* The name of a context as it is in the ledger. */
static const char *name_of(xlgc_context *context) {
  if (!context->noted_name) {
    xlgc__mutex_lock(&context->queue->lock);
    context->noted_name = xlgc__ledger_name(context->queue->ledger, context->name);
    xlgc__mutex_unlock(&context->queue->lock);
  }
  return context->noted_name;
}

static void logged(xlgc_context *context, xlgc__op op, xlgc__entry entry) {
  entry.context = name_of(context);
  switch (op) {
  case XLGC__OP_PIN: entry.source = XLGC_ID_NONE; /* fall through */
  case XLGC__OP_LINK:
  case XLGC__OP_LINK_AT:
  case XLGC__OP_ADD_LINK: add(context->pool, &entry); break;
  case XLGC__OP_UNPIN: entry.source = XLGC_ID_NONE; /* fall through */
  default: drop(context->pool, &entry);
  }
}

static void relinked(xlgc_context *context, xlgc__entry entry, xlgc_id old) {
  entry.position = position(context, 1);
  logged(context, XLGC__OP_LINK, entry);
  entry.position++;
  entry.target = old;
  logged(context, XLGC__OP_UNLINK, entry);
}

void xlgc__audit_logged(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target, const void *place) {
  if (!context->queue->ledger) return;
  logged(context, op,
         (xlgc__entry){.source = source,
                       .target = target,
                       .place = place,
                       .is_pointer = place != NULL,
                       .position = position(context, 0)});
}

void xlgc__audit_relinked(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now, const void *place) {
  if (context->queue->ledger)
    relinked(context, (xlgc__entry){.source = source, .target = now, .place = place, .is_pointer = place != NULL}, old);
}

void xlgc__audit_logged_ref(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target, const void *place) {
  if (!context->queue->ledger) return;
  logged(context, op,
         (xlgc__entry){.source = source, .target = target, .place = place, .position = position(context, 0)});
}

void xlgc__audit_relinked_ref(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now, const void *place) {
  if (context->queue->ledger) relinked(context, (xlgc__entry){.source = source, .target = now, .place = place}, old);
}

bool xlgc__audit_find(xlgc_pool *pool, xlgc_id source, xlgc_id target, xlgc__entry *out) {
  if (!pool->queue.ledger) return false;
  xlgc__mutex_lock(&pool->queue.lock);
  bool found = xlgc__ledger_find(&pool->ledger, source, target, out);
  xlgc__mutex_unlock(&pool->queue.lock);
  return found;
}

/* ---------------------------------------------------------- all pointers */

/* Does the place hold the address of the target, while that is there? Lock taken. */
static bool is_as_reported(const xlgc_pool *pool, const xlgc__entry *entry) {
  const xlgc__objects *objects = &pool->graph.objects;
  uint32_t target = xlgc__object_resolve(objects, XLGC__BARE(entry->target));
  return !target || *(void *const *)entry->place == xlgc__object_at(objects, target)->address;
}

/* What is wrong at a place? Returns NULL if nothing is; else `at` is the entry. Lock taken. */
static const char *check_place(const xlgc_pool *pool, const void *place, xlgc__entry *at, xlgc__entry *other) {
  xlgc__ledger_at(&pool->ledger, place, other, at);
  if (at->source) return "link";
  *at = *other;
  return is_as_reported(pool, at) ? NULL : "place";
}

int xlgc__audit_pointers(xlgc_pool *pool) {
  int count = 0;
  xlgc__mutex_lock(&pool->queue.lock);
  for (const void *place = NULL; (place = xlgc__ledger_next_place(&pool->ledger, place)) != NULL;) {
    xlgc__entry at, other;
    const char *wrong = check_place(pool, place, &at, &other);
    if (!wrong) continue;
    count++;
    xlgc__mutex_unlock(&pool->queue.lock);
    report(pool, wrong, &at, strcmp(wrong, "link") == 0 ? &other : NULL);
    xlgc__mutex_lock(&pool->queue.lock);
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  return count;
}

/* ------------------------------------------------------------------- C++ */

static const char *kind_of(const xlgc_pool *pool, xlgc_id object) {
  xlgc_error about = {.source = object};
  xlgc__misuse_describe(&pool->round.apply.misuse, &about);
  return about.source_kind;
}

/* The next plain pointer in an object, from `*offset` on, to one that this round has destroyed, in a field of which
 * that was not told before: fills in the error, and moves the offset behind it. False: there is none. Lock taken. */
static bool find_pointer_to_gone(xlgc_pool *pool, const xlgc__audit_object *object, size_t *offset, xlgc_error *error) {
  const char *kind = kind_of(pool, object->id);
  const uintptr_t *words = object->address;
  size_t count = object->size_bytes / sizeof *words;
  for (size_t at = *offset / sizeof *words; at < count; at++) {
    bool is_ref = at + 1 < count && words[at + 1] == (uintptr_t)object->holder;
    const xlgc__gone_object *gone = is_ref ? NULL : xlgc__gone_at(&pool->gone, words[at]);
    if (!gone || !xlgc__gone_is_news(&pool->gone, kind, at * sizeof *words)) continue;
    *offset = (at + 1) * sizeof *words;
    *error = (xlgc_error){.code = XLGC_E_RELEASED,
                          .what = "pointer",
                          .source = object->id,
                          .target = gone->id,
                          .place = (void *)(uintptr_t)(words + at)};
    xlgc__misuse_describe(&pool->round.apply.misuse, error);
    error->target_kind = gone->kind;
    return true;
  }
  return false;
}

static void tell_of_pointers_to_gone(xlgc_pool *pool, const xlgc__audit_object *object) {
  bool found = true;
  for (size_t offset = 0; found;) {
    xlgc_error error;
    xlgc__mutex_lock(&pool->queue.lock);
    found = find_pointer_to_gone(pool, object, &offset, &error);
    xlgc__mutex_unlock(&pool->queue.lock);
    if (found) xlgc__misuse_tell(&pool->round.apply.misuse, &error);
  }
}

void xlgc__audit_release_begins(xlgc_pool *pool, const xlgc__audit_object *object) {
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__gone_begin(&pool->gone, pool->round.rounds);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (!object->size_bytes) return;
  tell_of_pointers_to_gone(pool, object);
  uintptr_t begin = (uintptr_t)object->address, end = begin + object->size_bytes;
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__gone_add(&pool->gone, &(xlgc__gone_object){object->id, kind_of(pool, object->id), begin, end});
  xlgc__mutex_unlock(&pool->queue.lock);
}

void xlgc__audit_ref_ends(xlgc_pool *pool, const void *address, const void *place) {
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__ledger_pointer_ends(&pool->ledger, address, place);
  xlgc__mutex_unlock(&pool->queue.lock);
}

size_t xlgc__audit_release_ends(xlgc_pool *pool, const void *address) {
  xlgc__entry one;
  xlgc__mutex_lock(&pool->queue.lock);
  size_t left = xlgc__ledger_end_ending(&pool->ledger, address, &one);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (left) report(pool, "ref", &one, NULL);
  return left;
}

void xlgc__audit_ref_lost(xlgc_pool *pool, xlgc_id target, const void *place) {
  xlgc_error error = {.code = XLGC_E_RELEASED, .what = "ref", .target = target, .place = (void *)(uintptr_t)place};
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__misuse_describe(&pool->round.apply.misuse, &error);
  xlgc__mutex_unlock(&pool->queue.lock);
  xlgc__misuse_tell(&pool->round.apply.misuse, &error);
}
