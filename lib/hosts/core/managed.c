/* Managed objects: a hash table of fields under a lock, each object in one a link of the pool. A field is changed by
 * logging the link to what is new, exchanging the value, and logging the drop of what was there: so each old value is
 * dropped once, whichever threads change it, and a reader in a section finds it alive. A drop that cannot be logged
 * is owed and tried again when the object is used next. */
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hosts/core/access.h"
#include "hosts/core/objects.h"
#include "hosts/core/owned.h"
#include "hosts/core/values.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size_bytes) xlgc__host_memory_allocate(size_bytes)
#define uthash_free(memory, size_bytes) free(memory)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>

typedef struct field field;
typedef struct managed managed;

struct field {
  xlgc_value value;
  bool failed;
  field *next_owed;
  UT_hash_handle hh;
  size_t key_bytes;
  char key[]; /* the type's byte, then the value's */
};

struct managed {
  xlgc__host_owned owned;
  field *fields; /* under the lock of all hosts, as owed */
  field *owed;
};

/* The names that an object had when the cursor was made. */
typedef struct cursor {
  xlgc__host_owned owned;
  managed *object;
  size_t count, position;
  struct name {
    size_t bytes;
    char *key;
  } names[];
} cursor;

/* ------------------------------------------------------------------ names */

/* The bytes of a name behind its type: in `number`, or the value's own. NULL when it cannot be one. */
static const char *name_of(const xlgc_value *key, char *type, int64_t *number, size_t *bytes) {
  *type = (char)key->type;
  *bytes = sizeof *number;
  switch (key->type) {
  case XLGC_BOOLEAN: *number = key->as.boolean; return (const char *)number;
  case XLGC_INTEGER: *number = key->as.integer; return (const char *)number;
  case XLGC_NUMBER:
    if (isnan(key->as.number)) return NULL;
    if (key->as.number >= -0x1p63 && key->as.number < 0x1p63 && (double)(int64_t)key->as.number == key->as.number) {
      *type = XLGC_INTEGER;
      *number = (int64_t)key->as.number;
    } else {
      memcpy(number, &key->as.number, sizeof *number);
    }
    return (const char *)number;
  case XLGC_STRING:
  case XLGC_BIG:
  case XLGC_BUFFER: *bytes = key->length; return key->as.bytes ? key->as.bytes : "";
  default: return NULL;
  }
}

static int value_of_name(const char *key, size_t bytes, xlgc_value *out) {
  xlgc_type type = (xlgc_type)key[0];
  if (xlgc__host_values_have_bytes(type)) return xlgc_value_copy(out, type, key + 1, bytes - 1);
  out->type = type;
  memcpy(&out->as.integer, key + 1, sizeof out->as.integer);
  if (type == XLGC_BOOLEAN) out->as.boolean = out->as.integer != 0;
  return 0;
}

/* A field that is in no table yet. NULL without memory; *is_name: false when it cannot be one. */
static field *make_field(const xlgc_value *key, bool *is_name) {
  char type;
  int64_t number;
  size_t bytes;
  const char *name = name_of(key, &type, &number, &bytes);
  *is_name = name != NULL;
  if (!name || bytes > SIZE_MAX / 2) return NULL;
  field *field = xlgc__host_memory_zeroed(sizeof *field + bytes + 1);
  if (!field) return NULL;
  field->key_bytes = bytes + 1;
  field->key[0] = type;
  if (bytes) memcpy(field->key + 1, name, bytes);
  return field;
}

static field *find_locked(const managed *object, const field *like) {
  field *field;
  HASH_FIND(hh, object->fields, like->key, like->key_bytes, field);
  return field;
}

static int copy_value(const xlgc_value *value, xlgc_value *out) {
  if (xlgc__host_values_have_bytes(value->type)) {
    int failed = xlgc_value_copy(out, value->type, value->as.bytes, value->length);
    if (!failed) out->traits = value->traits;
    return failed;
  }
  *out = *value;
  out->memory = NULL;
  return 0;
}

/* ----------------------------------------------------------------- fields */

static void free_field(field *field) {
  if (!field) return;
  xlgc_value_clear(&field->value);
  free(field);
}

/* A field that is in no table any more lets go of its value. */
static void discard(managed *object, xlgc_context *context, field *field) {
  if (field->value.type == XLGC_OBJECT &&
      xlgc__host_objects_unless_over(xlgc_unlink(context, object->owned.id, field->value.as.id))) {
    xlgc__host_lock_acquire();
    LL_PREPEND2(object->owed, field, next_owed);
    xlgc__host_lock_release();
    return;
  }
  free_field(field);
}

static void drop_owed(managed *object, xlgc_context *context) {
  xlgc__host_lock_acquire();
  field *owed = object->owed, *next;
  object->owed = NULL;
  xlgc__host_lock_release();
  for (; owed; owed = next) {
    next = owed->next_owed;
    discard(object, context, owed);
  }
}

static int no_name(xlgc_visit *visit, bool is_name) {
  return is_name ? XLGC_E_NOMEM
                 : xlgc__host_access_complain(visit, "a field's name is text, bytes, a number or a boolean");
}

static int managed_get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  managed *object = visit->handle;
  bool is_name;
  field *like = make_field(key, &is_name);
  if (!like) return is_name ? XLGC_E_NOMEM : XLGC_ABSENT;
  int failed = xlgc_visit_section(visit);
  if (!failed) {
    xlgc__host_lock_acquire();
    field *field = find_locked(object, like);
    failed = field ? copy_value(&field->value, out) : XLGC_ABSENT;
    xlgc__host_lock_release();
  }
  free(like);
  return failed;
}

/* A field with a value, to which the object is linked already. */
static int make_linked(const managed *object, xlgc_context *context, field *made, const xlgc_value *value) {
  int failed = copy_value(value, &made->value);
  if (!failed && value->type == XLGC_OBJECT) failed = xlgc_link(context, object->owned.id, value->as.id);
  if (!failed) return 0;
  made->value.type = XLGC_NIL;
  free_field(made);
  return failed;
}

/* The field gets the value of `made`, which gets the old one; or `made` becomes the field, and from then on belongs to the
 * call that next takes it out. *added: which of the two. */
static int exchange(managed *object, field *made, bool *added) {
  xlgc__host_lock_acquire();
  field *old = find_locked(object, made);
  if (old) {
    xlgc_value was = old->value;
    old->value = made->value;
    made->value = was;
  } else {
    HASH_ADD_KEYPTR(hh, object->fields, made->key, made->key_bytes, made);
  }
  *added = !old && !made->failed;
  xlgc__host_lock_release();
  return old || *added ? 0 : XLGC_E_NOMEM;
}

static int managed_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  managed *object = visit->handle;
  xlgc_context *context;
  if (value->type == XLGC_SEVERAL) return xlgc__host_access_complain(visit, "a field has one value: set one of these");
  int failed = xlgc__host_access_context(visit, &context);
  if (failed) return failed;
  drop_owed(object, context);
  bool is_name, added;
  field *made = make_field(key, &is_name);
  if (!made) return no_name(visit, is_name);
  failed = make_linked(object, context, made, value);
  if (failed) return failed;
  failed = exchange(object, made, &added);
  if (!added) discard(object, context, made);
  return failed;
}

static int managed_remove(xlgc_visit *visit, const xlgc_value *key) {
  managed *object = visit->handle;
  xlgc_context *context;
  int failed = xlgc__host_access_context(visit, &context);
  if (failed) return failed;
  drop_owed(object, context);
  bool is_name;
  field *like = make_field(key, &is_name);
  if (!like) return is_name ? XLGC_E_NOMEM : XLGC_ABSENT;
  xlgc__host_lock_acquire();
  field *field = find_locked(object, like);
  if (field) HASH_DEL(object->fields, field);
  xlgc__host_lock_release();
  free(like);
  if (!field) return XLGC_ABSENT;
  discard(object, context, field);
  return 0;
}

static int managed_length(xlgc_visit *visit, size_t *out) {
  managed *object = visit->handle;
  xlgc__host_lock_acquire();
  *out = HASH_COUNT(object->fields);
  xlgc__host_lock_release();
  return 0;
}

static int managed_describe(xlgc_visit *visit, xlgc_value *out) {
  char text[64];
  size_t count;
  managed_length(visit, &count);
  int length = snprintf(text, sizeof text, "managed object, %zu %s", count, count == 1 ? "field" : "fields");
  return xlgc_value_copy(out, XLGC_STRING, text, (size_t)length);
}

/* ---------------------------------------------------------------- cursors */

static void free_cursor(xlgc__host_owned *owned) {
  cursor *cursor = (struct cursor *)owned;
  for (size_t i = 0; i < cursor->count; i++)
    free(cursor->names[i].key);
  free(cursor);
}

static int cursor_next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  cursor *cursor = visit->handle;
  int failed = xlgc_visit_section(visit);
  if (failed) return failed;
  for (bool more = true; more;) {
    xlgc__host_lock_acquire();
    field *field = NULL;
    const struct name *name = cursor->position < cursor->count ? &cursor->names[cursor->position++] : NULL;
    if (name) HASH_FIND(hh, cursor->object->fields, name->key, name->bytes, field);
    if (field) failed = copy_value(&field->value, out);
    xlgc__host_lock_release();
    if (field && !failed) failed = value_of_name(name->key, name->bytes, key);
    more = name && !field;
    if (!name) return XLGC_ABSENT;
  }
  return failed;
}

static const xlgc_behaviour cursor_behaviour = {.next = cursor_next};

static cursor *note_names(managed *object) {
  xlgc__host_lock_acquire();
  size_t count = HASH_COUNT(object->fields);
  cursor *made = xlgc__host_memory_zeroed(sizeof *made + count * sizeof made->names[0]);
  if (made) made->object = object;
  for (field *field = object->fields; made && field; field = field->hh.next) {
    struct name *name = &made->names[made->count];
    name->key = xlgc__host_memory_allocate(field->key_bytes);
    if (!name->key) break;
    memcpy(name->key, field->key, field->key_bytes);
    name->bytes = field->key_bytes;
    made->count++;
  }
  xlgc__host_lock_release();
  if (!made || made->count == count) return made;
  free_cursor(&made->owned);
  return NULL;
}

static int managed_iterate(xlgc_visit *visit, xlgc_value *out) {
  managed *object = visit->handle;
  xlgc_context *context;
  int failed = xlgc__host_access_context(visit, &context);
  if (failed) return failed;
  cursor *made = note_names(object);
  if (!made) return XLGC_E_NOMEM;
  failed = xlgc__host_owned_make(&made->owned, visit->pool, context, free_cursor, &cursor_behaviour);
  if (failed) return failed;
  failed = xlgc_link(context, made->owned.id, object->owned.id);
  if (failed) {
    xlgc__host_objects_give_up(context, made->owned.id);
    return failed;
  }
  out->type = XLGC_OBJECT;
  out->as.id = made->owned.id;
  return XLGC_ITERATES_PAIRS;
}

/* ---------------------------------------------------------------- objects */

static const xlgc_behaviour managed_behaviour = {
    .get = managed_get,
    .set = managed_set,
    .remove = managed_remove,
    .length = managed_length,
    .iterate = managed_iterate,
    .describe = managed_describe,
};

static void free_managed(xlgc__host_owned *owned) {
  managed *object = (managed *)owned;
  field *field, *next;
  HASH_ITER(hh, object->fields, field, next) {
    HASH_DEL(object->fields, field);
    free_field(field);
  }
  LL_FOREACH_SAFE2(object->owed, field, next, next_owed) { free_field(field); }
  free(object);
}

int xlgc_managed_create(xlgc_pool *pool, xlgc_context *context, xlgc_value *out) {
  if (!pool || !context || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  managed *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  int failed = xlgc__host_owned_make(&made->owned, pool, context, free_managed, &managed_behaviour);
  if (failed) return failed;
  out->type = XLGC_OBJECT;
  out->as.id = made->owned.id;
  return 0;
}

int xlgc_host_shared(xlgc_host *host, xlgc_value *out) {
  if (!host || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  xlgc__host_group *group = host->group;
  xlgc__host_lock_acquire();
  xlgc_id shared = group->shared;
  xlgc__host_lock_release();
  if (shared == XLGC_ID_NONE) {
    xlgc_value made;
    int failed = xlgc_managed_create(group->pool, host->context, &made);
    if (!failed) failed = xlgc_pin(host->context, made.as.id);
    if (failed) return failed;
    xlgc__host_lock_acquire();
    if (group->shared == XLGC_ID_NONE) group->shared = made.as.id;
    shared = group->shared;
    xlgc__host_lock_release();
    if (shared != made.as.id) xlgc_unpin(host->context, made.as.id);
  }
  out->type = XLGC_OBJECT;
  out->as.id = shared;
  return 0;
}
