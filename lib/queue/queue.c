#include <config.h>

#include "queue/queue.h"

#include "base/invariant.h"

int xlgc__queue_init(xlgc__queue *queue, xlgc__memory *memory, uint64_t bound, uint64_t reserve,
                     xlgc__segments *links) {
  *queue = (xlgc__queue){.memory = memory, .links = links, .stray = {.descriptor = -1}};
  if (xlgc__mutex_init(&queue->lock)) return XLGC_E_NOMEM;
  if (xlgc__condition_init(&queue->progress)) {
    xlgc__mutex_destroy(&queue->lock);
    return XLGC_E_NOMEM;
  }
  int failed = xlgc__chunks_init(&queue->chunks, memory, bound, reserve);
  if (!failed) return 0;
  xlgc__condition_destroy(&queue->progress);
  xlgc__mutex_destroy(&queue->lock);
  return failed;
}

void xlgc__queue_destroy(xlgc__queue *queue, bool forked) {
  xlgc__chunks_destroy(&queue->chunks);
  if (forked) return;
  xlgc__condition_destroy(&queue->progress);
  xlgc__mutex_destroy(&queue->lock);
}

int xlgc__queue_reserve_links(xlgc__queue *queue, xlgc__chunk *chunk, uint32_t count) {
  uint64_t reserved = queue->links_reserved + count;
  while (queue->links_room + (uint64_t)queue->links->spare_count * (XLGC__SEGMENT_RECORDS - 1) < reserved) {
    int failed = xlgc__segments_prepare(queue->links);
    if (failed) return failed;
  }
  queue->links_reserved = reserved;
  if (reserved > queue->links_wanted) queue->links_wanted = reserved;
  chunk->credit += count;
  return 0;
}

void xlgc__queue_adopt_links(xlgc__queue *queue) {
  if (XLGC__LIKELY(queue->links->room)) return;
  xlgc__mutex_lock(&queue->lock);
  bool adopted = xlgc__segments_adopt(queue->links);
  XLGC__INVARIANT("K1", adopted);
  (void)adopted;
  xlgc__mutex_unlock(&queue->lock);
}

int xlgc__queue_adopt_places(xlgc__queue *queue, xlgc__segments *places) {
  if (places->room) return 0;
  xlgc__mutex_lock(&queue->lock);
  int failed = xlgc__segments_prepare(places);
  if (!failed) xlgc__segments_adopt(places);
  xlgc__mutex_unlock(&queue->lock);
  return failed;
}
