/* The oracle of `xlgc replay --check`: what a trace must do, by the plainest means. Links are a map from pairs to
 * counts, liveness is a breadth-first search from the roots, and nothing is kept from one search to the next. It
 * shares no code and no thought with the library. */
#ifndef XLGC_TOOL_MODEL_H
#define XLGC_TOOL_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "trace.h"

#define MODEL_NO_DISTANCE UINT64_MAX

typedef struct model_object model_object;

typedef struct model_link {
  struct model_pair {
    model_object *source, *target;
  } pair;
  uint64_t count;
  struct model_link *next_target, *previous_target; /* in the list of source's targets */
  struct model_link *next_source, *previous_source; /* in the list of target's sources */
  UT_hash_handle hh;
} model_link;

typedef enum model_fate { MODEL_LIVES, MODEL_IS_FORGOTTEN, MODEL_IS_TOLD } model_fate;

struct model_object {
  uint64_t pins;
  int is_new, is_reprieved, keep;
  model_link *targets, *sources;
  uint64_t distance; /* as of the last search */
  /* The verdict of model_judge. */
  model_fate fate;
  int is_asked, answer;
  /* Marks of the caller that compares the verdict with what really happened; all 0 between flushes. */
  struct model_marks {
    int asked, forgotten;
    uint64_t told;           /* its place in the order of telling, from 1 */
    model_object *told_next; /* the one told after it */
    model_object *component; /* the first told of those that reach it and that it reaches */
    uint64_t component_last; /* of a component's first: the place of the one told last */
    int reached;
  } marks;
  model_object *queue_next;
  UT_hash_handle hh;
  char name[];
};

/* First in, first out; an object stands in one queue at most. */
typedef struct model_queue {
  model_object *first, *last;
} model_queue;
void model_put(model_queue *queue, model_object *object);
model_object *model_take(model_queue *queue);

struct model {
  model_object *objects;
  model_link *links;
  int is_measured; /* the distances are those of the present state */
};

typedef enum model_result { MODEL_DONE, MODEL_MISUSE, MODEL_NO_MEMORY } model_result;

/* `model` starts as all zeros. Frees what it holds. */
void model_clear(struct model *model);
/* Does a pin, unpin, link, unlink or keep. */
model_result model_operate(struct model *model, const trace_operation *operation);
/* The object of that name, or NULL. */
model_object *model_find(const struct model *model, const char *name);
/* The link between two objects, or NULL. */
model_link *model_find_link(const struct model *model, model_object *source, model_object *target);
/* Brings all distances up to date. */
void model_measure(struct model *model);
/* The first half of a flush: reprieves end, orphans are asked, and each object gets its fate. */
void model_judge(struct model *model);
/* The second half: what is told or forgotten goes, with its links. */
void model_settle(struct model *model);

#endif
