/* The rules of traces, word for word; see model.h. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include "model.h"
#include <utlist.h>

void model_put(model_queue *queue, model_object *object) {
  object->queue_next = NULL;
  if (queue->first) {
    queue->last->queue_next = object;
  } else {
    queue->first = object;
  }
  queue->last = object;
}

model_object *model_take(model_queue *queue) {
  model_object *object = queue->first;
  if (object) queue->first = object->queue_next;
  return object;
}

model_object *model_find(const struct model *model, const char *name) {
  model_object *found;
  HASH_FIND(hh, model->objects, name, strlen(name), found);
  return found;
}

/* The object of that name, a new one if there is none, or NULL without memory. */
static model_object *find_or_add(struct model *model, const char *name) {
  model_object *object = model_find(model, name);
  if (object) return object;
  size_t length = strlen(name);
  object = calloc(1, sizeof *object + length + 1);
  if (!object) return NULL;
  object->is_new = 1;
  memcpy(object->name, name, length);
  HASH_ADD_KEYPTR(hh, model->objects, object->name, length, object);
  if (object->hh.tbl) return object;
  free(object);
  return NULL;
}

model_link *model_find_link(const struct model *model, model_object *source, model_object *target) {
  struct model_pair pair = {source, target};
  model_link *found;
  HASH_FIND(hh, model->links, &pair, sizeof pair, found);
  return found;
}

static void remove_link(struct model *model, model_link *link) {
  DL_DELETE2(link->pair.source->targets, link, previous_target, next_target);
  DL_DELETE2(link->pair.target->sources, link, previous_source, next_source);
  HASH_DEL(model->links, link);
  free(link);
}

static void remove_object(struct model *model, model_object *object) {
  while (object->targets)
    remove_link(model, object->targets);
  while (object->sources)
    remove_link(model, object->sources);
  HASH_DEL(model->objects, object);
  free(object);
}

void model_clear(struct model *model) {
  model_object *object, *next;
  HASH_ITER(hh, model->objects, object, next) remove_object(model, object);
}

static model_result link_objects(struct model *model, const char *source_name, const char *target_name) {
  model_object *source = find_or_add(model, source_name);
  model_object *target = find_or_add(model, target_name);
  if (!source || !target) return MODEL_NO_MEMORY;
  model_link *link = model_find_link(model, source, target);
  if (!link) {
    link = calloc(1, sizeof *link);
    if (!link) return MODEL_NO_MEMORY;
    link->pair.source = source;
    link->pair.target = target;
    HASH_ADD(hh, model->links, pair, sizeof link->pair, link);
    if (!link->hh.tbl) {
      free(link);
      return MODEL_NO_MEMORY;
    }
    DL_APPEND2(source->targets, link, previous_target, next_target);
    DL_APPEND2(target->sources, link, previous_source, next_source);
  }
  link->count++;
  target->is_new = 0;
  return MODEL_DONE;
}

static model_result unlink_objects(struct model *model, const char *source_name, const char *target_name) {
  model_object *source = model_find(model, source_name);
  model_object *target = model_find(model, target_name);
  if (!source || !target) return MODEL_MISUSE;
  model_link *link = model_find_link(model, source, target);
  if (!link) return MODEL_MISUSE;
  if (--link->count == 0) remove_link(model, link);
  return MODEL_DONE;
}

static model_result pin(struct model *model, const char *name) {
  model_object *object = find_or_add(model, name);
  if (!object) return MODEL_NO_MEMORY;
  object->pins++;
  object->is_new = 0;
  return MODEL_DONE;
}

static model_result unpin(struct model *model, const char *name) {
  model_object *object = model_find(model, name);
  if (!object || object->pins == 0) return MODEL_MISUSE;
  object->pins--;
  return MODEL_DONE;
}

static model_result keep(struct model *model, const char *name) {
  model_object *object = find_or_add(model, name);
  if (!object) return MODEL_NO_MEMORY;
  object->keep = 1;
  return MODEL_DONE;
}

model_result model_operate(struct model *model, const trace_operation *operation) {
  const char *first = operation->names[0], *second = operation->names[1];
  model->is_measured = 0;
  switch (operation->verb) {
  case TRACE_PIN: return pin(model, first);
  case TRACE_UNPIN: return unpin(model, first);
  case TRACE_LINK: return link_objects(model, first, second);
  case TRACE_UNLINK: return unlink_objects(model, first, second);
  case TRACE_KEEP: return keep(model, first);
  default: return MODEL_DONE;
  }
}

void model_measure(struct model *model) {
  if (model->is_measured) return;
  model_queue queue = {NULL, NULL};
  for (model_object *object = model->objects; object; object = object->hh.next) {
    int is_root = object->pins || object->is_new || object->is_reprieved;
    object->distance = is_root ? 0 : MODEL_NO_DISTANCE;
    if (is_root) model_put(&queue, object);
  }
  for (model_object *object; (object = model_take(&queue)) != NULL;) {
    for (model_link *link = object->targets; link; link = link->next_target) {
      model_object *target = link->pair.target;
      if (target->distance != MODEL_NO_DISTANCE) continue;
      target->distance = object->distance + 1;
      model_put(&queue, target);
    }
  }
  model->is_measured = 1;
}

void model_judge(struct model *model) {
  model_object *object;
  for (object = model->objects; object; object = object->hh.next)
    object->is_reprieved = 0;
  model->is_measured = 0;
  model_measure(model);
  for (object = model->objects; object; object = object->hh.next) {
    object->is_asked = object->distance == MODEL_NO_DISTANCE;
    object->answer = object->is_asked && object->keep;
    if (!object->answer) continue;
    object->keep = 0;
    object->is_reprieved = 1;
  }
  model->is_measured = 0;
  model_measure(model);
  for (object = model->objects; object; object = object->hh.next) {
    object->fate = object->distance == MODEL_NO_DISTANCE       ? MODEL_IS_TOLD
                   : object->is_new && object->targets == NULL ? MODEL_IS_FORGOTTEN
                                                               : MODEL_LIVES;
  }
}

void model_settle(struct model *model) {
  model_object *object, *next;
  HASH_ITER(hh, model->objects, object, next) {
    memset(&object->marks, 0, sizeof object->marks);
    if (object->fate != MODEL_LIVES) remove_object(model, object);
  }
}
