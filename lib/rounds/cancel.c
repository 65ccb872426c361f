#include <config.h>

#include "rounds/cancel.h"

/* The waiting link to this target, or to another one with the same index in `by_target`; NULL: there is none. */
static xlgc__waiting *at(xlgc__cancel *cancel, uint32_t target) {
  uint8_t slot = cancel->by_target[target % XLGC__CANCEL_TARGETS];
  return slot ? &cancel->ring[slot - 1] : NULL;
}

static bool is_between(const xlgc__waiting *waiting, uint32_t source, uint32_t target) {
  return waiting && waiting->source == source && waiting->target == target;
}

/* The oldest, or NULL; slots without a link are freed on the way. */
static xlgc__waiting *oldest(xlgc__cancel *cancel) {
  for (; cancel->count; cancel->count--) {
    xlgc__waiting *waiting = &cancel->ring[cancel->first];
    if (waiting->count) return waiting;
    cancel->first = (cancel->first + 1) % XLGC__CANCEL_LINKS;
  }
  return NULL;
}

/* No link has its target's entry, and the oldest slot is free if the ring is full. */
static void begin_wait(xlgc__cancel *cancel, const xlgc__waiting *waiting) {
  if (cancel->count == XLGC__CANCEL_LINKS) {
    cancel->first = (cancel->first + 1) % XLGC__CANCEL_LINKS;
    cancel->count--;
  }
  uint32_t slot = (cancel->first + cancel->count++) % XLGC__CANCEL_LINKS;
  cancel->ring[slot] = *waiting;
  cancel->ring[slot].count = 1;
  cancel->by_target[waiting->target % XLGC__CANCEL_TARGETS] = (uint8_t)(slot + 1);
}

/* It waits no more. */
static void end_wait(xlgc__cancel *cancel, xlgc__waiting *waiting) {
  cancel->by_target[waiting->target % XLGC__CANCEL_TARGETS] = 0;
  waiting->count = 0;
}

int xlgc__cancel_link_now(xlgc__cancel *cancel, uint32_t source, uint32_t target, unsigned tag, void **place) {
  int failed = place ? xlgc__queue_adopt_places(cancel->queue, &cancel->graph->links.places) : 0;
  if (failed) return failed;
  xlgc__queue_adopt_links(cancel->queue);
  return xlgc__graph_link(cancel->graph, source, target, tag, place);
}

static void report(xlgc__cancel *cancel, const xlgc__waiting *waiting, int failed) {
  const xlgc__objects *objects = &cancel->graph->objects;
  xlgc_error error = {failed, "link", .source = xlgc__object_id(objects, waiting->source)};
  error.target = xlgc__object_id(objects, waiting->target);
  xlgc__misuse_report(cancel->misuse, waiting->context->name, waiting->position, &error);
}

/* If the source is new, the link that waits for that one goes first: an object with a source is easier to certify
 * before it is a source itself. Recurses no deeper than the number of links that wait. */
static void enter(xlgc__cancel *cancel, xlgc__waiting *waits) {
  xlgc__waiting waiting = *waits;
  end_wait(cancel, waits);
  if (xlgc__graph_object(cancel->graph, waiting.source)->flags & XLGC__NEW) {
    xlgc__waiting *before = at(cancel, waiting.source);
    if (before && before->target == waiting.source) enter(cancel, before);
  }
  int failed = 0;
  for (uint32_t i = 0; i < waiting.count && !failed; i++)
    failed = xlgc__cancel_link_now(cancel, waiting.source, waiting.target, XLGC__NO_TAG, NULL);
  if (failed) report(cancel, &waiting, failed);
}

void xlgc__cancel_enter(xlgc__cancel *cancel, uint32_t target) {
  xlgc__waiting *waiting = at(cancel, target);
  if (waiting) enter(cancel, waiting);
}

bool xlgc__cancel_enter_oldest(xlgc__cancel *cancel) {
  xlgc__waiting *waiting = oldest(cancel);
  if (waiting) enter(cancel, waiting);
  return waiting != NULL;
}

int xlgc__cancel_link(xlgc__cancel *cancel, const xlgc__waiting *like) {
  const xlgc__graph *graph = cancel->graph;
  uint32_t source = like->source, target = like->target;
  if ((xlgc__graph_object(graph, source)->flags | xlgc__graph_object(graph, target)->flags) & XLGC__DEAD)
    return XLGC_E_RELEASED;
  xlgc__waiting *waiting = at(cancel, target);
  if (is_between(waiting, source, target)) {
    waiting->count++;
    return 0;
  }
  if (waiting) enter(cancel, waiting);
  waiting = oldest(cancel);
  if (waiting && cancel->count == XLGC__CANCEL_LINKS) enter(cancel, waiting);
  begin_wait(cancel, like);
  return 0;
}

bool xlgc__cancel_unlink(xlgc__cancel *cancel, uint32_t source, uint32_t target) {
  xlgc__waiting *waiting = at(cancel, target);
  if (!is_between(waiting, source, target)) {
    if (waiting) enter(cancel, waiting);
    return false;
  }
  if (--waiting->count == 0) end_wait(cancel, waiting);
  cancel->cancelled++;
  xlgc__graph_cancelled(cancel->graph, source, target);
  return true;
}
