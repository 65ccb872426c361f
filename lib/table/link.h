/* The link table: one record a link, in two digital search trees at once. The out-tree of an object has its links by
 * target, its in-tree the links to it by source. The object's record has both tree tops, so the first digit of each
 * search is the whole id of one end.
 *
 *   (L1) a link is in its source's out-tree <=> it is in its target's in-tree, or the target is being reclaimed
 *   (L2) a pair of objects has one record; count >= 1
 *   (L3) a record's places are chained; number of places <= count
 *
 * Places are rare, so they have records of their own. */
#ifndef XLGC_LINK_H
#define XLGC_LINK_H

#include "table/dst.h"

enum { XLGC__OUT = 0, XLGC__IN = 1 };
enum { XLGC__TAG_BITS = 5, XLGC__NO_TAG = XLGC_TAG_MAX + 1 };
#define XLGC__COUNT_MAX ((UINT32_C(1) << (32 - XLGC__TAG_BITS)) - 1)

typedef struct xlgc__link {
  uint32_t end[2];      /* source, target */
  uint32_t child[2][2]; /* in the out-tree, in the in-tree */
  uint32_t count : 32 - XLGC__TAG_BITS, tag : XLGC__TAG_BITS;
  uint32_t places; /* first place record, or 0 */
} xlgc__link;

typedef struct xlgc__place {
  uint32_t next;
  uint32_t target; /* once the link is gone: whose address the place may still hold */
  void **at;
} xlgc__place;

typedef struct xlgc__links {
  xlgc__segments records, places;
  uint64_t version;    /* changes with every structural change */
  uint64_t operations; /* links entered or taken out */
} xlgc__links;

/* The shape of the trees on side XLGC__OUT or XLGC__IN: each is searched by the other end. */
static inline xlgc__dst_shape xlgc__link_shape(unsigned side) {
  return (xlgc__dst_shape){(uint16_t)(offsetof(xlgc__link, end) + (1 - side) * sizeof(uint32_t)),
                           (uint16_t)(offsetof(xlgc__link, child) + side * 2 * sizeof(uint32_t)), sizeof(xlgc__link)};
}

static inline xlgc__link *xlgc__link_at(const xlgc__links *links, uint32_t link) {
  return xlgc__segments_at_sized(&links->records, link, sizeof(xlgc__link));
}

void xlgc__links_init(xlgc__links *links, xlgc__memory *memory);
void xlgc__links_destroy(xlgc__links *links);

/* The slot of the link to target in the out-tree of its source: what the two functions below want. It is 0 if there
 * is no such link. Valid until a link of this source is entered or taken out. */
static inline uint32_t *xlgc__link_slot(const xlgc__links *links, uint32_t *out_tree, uint32_t target) {
  return xlgc__dst_slot(&links->records, xlgc__link_shape(XLGC__OUT), out_tree, target);
}
/* Enters a link that is not there in its slot, with count 1. in_tree: of the target. Returns it, or 0 without room
 * for a record: adopt a spare segment first. */
uint32_t xlgc__link_insert(xlgc__links *links, uint32_t *slot, uint32_t source, uint32_t target, uint32_t *in_tree);
/* Takes the link in a slot, which has no places, out of both trees and frees it. in_tree NULL: the target's is not used
 * any more. */
void xlgc__link_remove(xlgc__links *links, uint32_t *slot, uint32_t *in_tree);

/* Chains a place to a link. Returns false without room for a record. */
bool xlgc__link_place_add(xlgc__links *links, uint32_t link, void **at);
/* A link is counted down. Frees the record of the place `at`; if there is none and number of places > count (L3),
 * the most recent. */
void xlgc__link_place_drop(xlgc__links *links, uint32_t link, void **at);

/* The next link of a walk over an object's out-tree or in-tree, or 0. */
static inline uint32_t xlgc__link_next(const xlgc__links *links, xlgc__dst_cursor *cursor, unsigned side,
                                       uint32_t tree) {
  return xlgc__dst_cursor_next(cursor, &links->records, xlgc__link_shape(side), tree, links->version);
}

#endif
