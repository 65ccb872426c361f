/* Events: one to three records of 16 bytes. */
#ifndef XLGC_EVENT_H
#define XLGC_EVENT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum xlgc__op {
  XLGC__OP_LINK = 1,
  XLGC__OP_UNLINK,
  XLGC__OP_PIN,
  XLGC__OP_UNPIN,
  XLGC__OP_BORN,      /* a transient object was registered; no event of the program's */
  XLGC__OP_WEAK,      /* the object has a cell; no event of the program's */
  XLGC__OP_BEQUEATH,  /* the links of the first go to the other when it dies; no event of the program's */
  XLGC__OP_LINK_AT,   /* second record: the place */
  XLGC__OP_UNLINK_AT, /* second record: the place */
  XLGC__OP_ADD_LINK,  /* by address; second record: parent and child; third: the place */
  XLGC__OP_DROP_LINK, /* by address; second record: parent and child; third: releaser and its parameter */
  XLGC__OP_SYNC       /* how far the log of another context had come; no event of the program's */
} xlgc__op;

/* word[0]: op in the top byte, below it the source's (or only) id without its pool, or a spare bit pattern;
 * word[1]: tag in the top byte, below it the target's id. Further records are two plain words. */
typedef struct xlgc__record {
  uint64_t word[2];
} xlgc__record;

/* An id without its pool, and what it is less than. */
#define XLGC__BARE_LIMIT (UINT64_C(1) << 56)
#define XLGC__BARE(id) ((id) & (XLGC__BARE_LIMIT - 1))

static inline xlgc__record xlgc__event(xlgc__op op, uint64_t one, uint64_t other) {
  return (xlgc__record){{(uint64_t)op << 56 | XLGC__BARE(one), XLGC__BARE(other)}};
}

static inline xlgc__op xlgc__event_op(const xlgc__record *event) { return (xlgc__op)(event->word[0] >> 56); }

static inline uint32_t xlgc__event_records(const xlgc__record *event) {
  switch (xlgc__event_op(event)) {
  case XLGC__OP_LINK_AT:
  case XLGC__OP_UNLINK_AT: return 2;
  case XLGC__OP_ADD_LINK:
  case XLGC__OP_DROP_LINK: return 3;
  default: return 1;
  }
}

/* Is it a drop? All other events only ever keep an object alive. */
static inline bool xlgc__event_is_drop(const xlgc__record *event) {
  xlgc__op op = xlgc__event_op(event);
  return op == XLGC__OP_UNLINK || op == XLGC__OP_UNPIN || op == XLGC__OP_UNLINK_AT || op == XLGC__OP_DROP_LINK;
}

static inline bool xlgc__event_is_programs(const xlgc__record *event) {
  xlgc__op op = xlgc__event_op(event);
  return op != XLGC__OP_BORN && op != XLGC__OP_WEAK && op != XLGC__OP_BEQUEATH && op != XLGC__OP_SYNC;
}

#endif
