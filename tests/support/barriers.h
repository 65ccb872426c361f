/* The barriers as functions of one program: as its own compiler has them inline. C or C++, see barriers.c. */
#ifndef BARRIERS_H
#define BARRIERS_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct barriers {
  int (*link)(xlgc_context *context, xlgc_id source, xlgc_id target);
  int (*unlink)(xlgc_context *context, xlgc_id source, xlgc_id target);
  int (*relink)(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now);
  int (*pin)(xlgc_context *context, xlgc_id object);
  int (*unpin)(xlgc_context *context, xlgc_id object);
} barriers;

extern const barriers barriers_inline;

#ifdef __cplusplus
}
#endif

#endif
