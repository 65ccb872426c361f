#include <config.h>

#include "table/link.h"

void xlgc__links_init(xlgc__links *links, xlgc__memory *memory) {
  xlgc__segments_init(&links->records, memory, sizeof(xlgc__link));
  xlgc__segments_init(&links->places, memory, sizeof(xlgc__place));
  links->version = links->operations = 0;
}

void xlgc__links_destroy(xlgc__links *links) {
  xlgc__segments_destroy(&links->records);
  xlgc__segments_destroy(&links->places);
}

uint32_t xlgc__link_insert(xlgc__links *links, uint32_t *slot, uint32_t source, uint32_t target, uint32_t *in_tree) {
  uint32_t index = xlgc__segments_take(&links->records);
  if (!index) return 0;
  xlgc__link *link = xlgc__link_at(links, index);
  xlgc__dst_shape in = xlgc__link_shape(XLGC__IN);
  *link = (xlgc__link){.end = {source, target}, .count = 1};
  xlgc__dst_put(&links->records, xlgc__link_shape(XLGC__OUT), slot, index);
  xlgc__dst_put(&links->records, in, xlgc__dst_slot(&links->records, in, in_tree, source), index);
  links->version++;
  links->operations++;
  return index;
}

void xlgc__link_remove(xlgc__links *links, uint32_t *slot, uint32_t *in_tree) {
  uint32_t index = *slot;
  const xlgc__link *link = xlgc__link_at(links, index);
  xlgc__dst_shape in = xlgc__link_shape(XLGC__IN);
  if (in_tree) xlgc__dst_remove(&links->records, in, xlgc__dst_slot(&links->records, in, in_tree, link->end[0]));
  xlgc__dst_remove(&links->records, xlgc__link_shape(XLGC__OUT), slot);
  xlgc__segments_give(&links->records, index);
  links->version++;
  links->operations++;
}

bool xlgc__link_place_add(xlgc__links *links, uint32_t index, void **at) {
  uint32_t place = xlgc__segments_take(&links->places);
  if (!place) return false;
  xlgc__link *link = xlgc__link_at(links, index);
  *(xlgc__place *)xlgc__segments_at(&links->places, place) = (xlgc__place){.next = link->places, .at = at};
  link->places = place;
  return true;
}

void xlgc__link_place_drop(xlgc__links *links, uint32_t index, void **at) {
  xlgc__link *link = xlgc__link_at(links, index);
  uint32_t *found = NULL;
  uint32_t places = 0;
  for (uint32_t *slot = &link->places; *slot; places++) {
    xlgc__place *place = xlgc__segments_at(&links->places, *slot);
    if (!found && place->at == at) found = slot;
    slot = &place->next;
  }
  if (!found && places > link->count) found = &link->places;
  if (!found) return;
  uint32_t place = *found;
  *found = ((xlgc__place *)xlgc__segments_at(&links->places, place))->next;
  xlgc__segments_give(&links->places, place);
}
