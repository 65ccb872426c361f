/* The order of telling is right when it is topological on the condensation of the told set: cycles apart, every
 * object comes after all that reach it. To find the components, take the objects as they were told: those not yet
 * taken that reach an object must be its component, so it must reach all of them in turn (this is the second pass
 * of Kosaraju's algorithm, with the order under test in the place of the first). If so, then the last told of each
 * component must come before all that the component holds outside of it. */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

/* Up to ALL live objects each distance is compared after a flush, of more about SAMPLE. */
enum { ALL = 2000, SAMPLE = 300 };

__attribute__((format(printf, 2, 3))) static void differ(struct check *check, const char *format, ...) {
  if (check->status) return;
  check->status = CHECK_DIFFERENCE;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(check->why, sizeof check->why, format, arguments);
  va_end(arguments);
}

static void out_of_memory(struct check *check) {
  check->status = CHECK_TROUBLE;
  snprintf(check->why, sizeof check->why, "out of memory for the check; replay without it, or a shorter trace");
}

void check_clear(struct check *check) {
  model_clear(&check->model);
  free(check->misuse);
}

/* ---------------------------------------------------------------- misuse */

static void expect_misuse(struct check *check, uint64_t line) {
  if (check->misuse_first == check->misuse_end) check->misuse_first = check->misuse_end = 0;
  if (check->misuse_end == check->misuse_capacity) {
    size_t capacity = check->misuse_capacity ? 2 * check->misuse_capacity : 64;
    uint64_t *grown = realloc(check->misuse, capacity * sizeof *grown);
    if (!grown) {
      out_of_memory(check);
      return;
    }
    check->misuse = grown;
    check->misuse_capacity = capacity;
  }
  check->misuse[check->misuse_end++] = line;
}

void check_operation(struct check *check, const trace_operation *operation) {
  if (check->status) return;
  model_result result = model_operate(&check->model, operation);
  if (result == MODEL_NO_MEMORY) out_of_memory(check);
  if (result == MODEL_MISUSE) expect_misuse(check, operation->line);
}

void check_misuse(struct check *check, uint64_t line) {
  if (check->status) return;
  if (check->misuse_first < check->misuse_end && check->misuse[check->misuse_first] == line) {
    check->misuse_first++;
  } else {
    differ(check, "line %" PRIu64 " is called misuse and is none", line);
  }
}

/* ----------------------------------------------------------------- flush */

void check_flush_begins(struct check *check) {
  if (check->status) return;
  model_judge(&check->model);
  check->told = 0;
  check->told_first = check->told_last = NULL;
}

void check_asked(struct check *check, const char *name, int answer) {
  if (check->status) return;
  model_object *object = model_find(&check->model, name);
  if (!object || !object->is_asked) {
    differ(check, "%s is asked and is no orphan", name);
  } else if (object->marks.asked) {
    differ(check, "%s is asked twice", name);
  } else if (object->answer != answer) {
    differ(check, "%s answers %d, not %d", name, answer, object->answer);
  } else {
    object->marks.asked = 1;
  }
}

void check_told(struct check *check, const char *name) {
  if (check->status) return;
  model_object *object = model_find(&check->model, name);
  if (!object || object->fate != MODEL_IS_TOLD) {
    differ(check, "%s is told and is no orphan", name);
  } else if (!object->marks.asked) {
    differ(check, "%s is told without being asked", name);
  } else if (object->marks.told) {
    differ(check, "%s is told twice", name);
  } else {
    object->marks.told = ++check->told;
    if (check->told_last) {
      check->told_last->marks.told_next = object;
    } else {
      check->told_first = object;
    }
    check->told_last = object;
  }
}

void check_forgotten(struct check *check, const char *name) {
  if (check->status) return;
  model_object *object = model_find(&check->model, name);
  if (!object || object->fate != MODEL_IS_FORGOTTEN || object->marks.forgotten) {
    differ(check, "%s is forgotten and should not be", name);
  } else {
    object->marks.forgotten = 1;
  }
}

static void check_fates(struct check *check) {
  for (model_object *object = check->model.objects; object; object = object->hh.next) {
    if (object->is_asked && !object->marks.asked) differ(check, "%s is an orphan and was not asked", object->name);
    if (object->fate == MODEL_IS_TOLD && !object->marks.told) {
      differ(check, "%s is an orphan and was not told", object->name);
    }
    if (object->fate == MODEL_IS_FORGOTTEN && !object->marks.forgotten) {
      differ(check, "%s is new, holds nothing and was not forgotten", object->name);
    }
  }
}

/* Gathers those not yet taken that reach `first`; then they must all be reached from it. */
static void check_component(struct check *check, model_object *first) {
  model_queue queue = {NULL, NULL};
  uint64_t members = 1;
  first->marks.component = first;
  model_put(&queue, first);
  for (model_object *object; (object = model_take(&queue)) != NULL;) {
    if (object->marks.told > first->marks.component_last) first->marks.component_last = object->marks.told;
    for (model_link *link = object->sources; link; link = link->next_source) {
      model_object *source = link->pair.source;
      if (source->marks.component) continue;
      source->marks.component = first;
      members++;
      model_put(&queue, source);
    }
  }
  first->marks.reached = 1;
  model_put(&queue, first);
  for (model_object *object; (object = model_take(&queue)) != NULL;) {
    members--;
    for (model_link *link = object->targets; link; link = link->next_target) {
      model_object *target = link->pair.target;
      if (target->marks.component != first || target->marks.reached) continue;
      target->marks.reached = 1;
      model_put(&queue, target);
    }
  }
  if (members > 0) differ(check, "%s is told before an object that holds it, and no cycle excuses it", first->name);
}

static void check_order(struct check *check) {
  model_object *object;
  for (object = check->told_first; object; object = object->marks.told_next) {
    if (!object->marks.component) check_component(check, object);
  }
  for (object = check->told_first; object; object = object->marks.told_next) {
    for (model_link *link = object->targets; link; link = link->next_target) {
      model_object *target = link->pair.target;
      if (target->fate != MODEL_IS_TOLD || target->marks.component == object->marks.component) continue;
      if (target->marks.told < object->marks.component->marks.component_last) {
        differ(check, "%s is told before all are that hold it; %s does", target->name, object->name);
      }
    }
  }
}

static void check_size(struct check *check, xlgc_pool *pool) {
  xlgc_statistics is;
  int code = xlgc_stats(pool, &is);
  if (code) {
    differ(check, "xlgc_stats: %s", xlgc_strerror(code));
    return;
  }
  uint64_t objects = HASH_COUNT(check->model.objects), links = HASH_COUNT(check->model.links);
  if (is.objects != objects) differ(check, "%" PRIu64 " objects are there, not %" PRIu64, is.objects, objects);
  if (is.links != links) differ(check, "%" PRIu64 " links are there, not %" PRIu64, is.links, links);
}

static void check_distances(struct check *check, xlgc_pool *pool, struct name *names) {
  size_t count = HASH_COUNT(names), stride = count <= ALL ? 1 : count / SAMPLE, i = 0;
  for (struct name *entry = names; entry; entry = entry->hh.next) {
    if (i++ % stride) continue;
    uint64_t distance;
    int code = xlgc_distance(pool, entry->id, &distance);
    if (code) {
      differ(check, "the distance of %s: %s", entry->text, xlgc_strerror(code));
    } else {
      check_distance(check, entry->text, distance);
    }
  }
}

void check_flush_ends(struct check *check, xlgc_pool *pool, struct name *names) {
  if (check->status) return;
  if (check->misuse_first < check->misuse_end) {
    differ(check, "line %" PRIu64 " is misuse and was taken", check->misuse[check->misuse_first]);
  }
  check_fates(check);
  if (check->status) return;
  check_order(check);
  model_settle(&check->model);
  check_size(check, pool);
  if (check->status) return;
  check_distances(check, pool, names);
  char why[200] = "";
  int code = xlgc_verify(pool, why, sizeof why);
  if (code == XLGC_E_NOMEM && !check->status)
    out_of_memory(check);
  else if (code)
    differ(check, "xlgc_verify: %s", why);
}

/* --------------------------------------------------------------- answers */

void check_distance(struct check *check, const char *name, uint64_t distance) {
  if (check->status) return;
  model_measure(&check->model);
  const model_object *object = model_find(&check->model, name);
  uint64_t expected = object ? object->distance : MODEL_NO_DISTANCE;
  if (distance == expected) return;
  if (expected == MODEL_NO_DISTANCE) {
    differ(check, "the distance of %s is %" PRIu64 ", and no root reaches it", name, distance);
  } else if (distance == XLGC_UNREACHABLE) {
    differ(check, "the distance of %s is none, not %" PRIu64, name, expected);
  } else {
    differ(check, "the distance of %s is %" PRIu64 ", not %" PRIu64, name, distance, expected);
  }
}

void check_path(struct check *check, xlgc_pool *pool, const char *name, const xlgc_id *holders, size_t length) {
  if (check->status) return;
  check_distance(check, name, length);
  model_object *object = model_find(&check->model, name);
  for (size_t i = 0; i < length && !check->status; i++) {
    xlgc_object_info info;
    int code = xlgc_info(pool, holders[i], &info);
    const struct name *entry = code ? NULL : info.object;
    model_object *holder = entry ? model_find(&check->model, entry->text) : NULL;
    if (!holder) {
      differ(check, "the path of %s has an unknown holder at %zu", name, i);
    } else if (!model_find_link(&check->model, holder, object)) {
      differ(check, "the path of %s has %s for a holder of %s, and it is none", name, holder->name, object->name);
    }
    object = holder;
  }
  if (length > 0 && !check->status && object->distance != 0) {
    differ(check, "the path of %s ends at %s, which is no root", name, object->name);
  }
}
