/* Misuse that is found when an event is applied: counted, and reported to the program's on_error. */
#ifndef XLGC_MISUSE_H
#define XLGC_MISUSE_H

#include "base/memory.h"

typedef struct xlgc__misuse {
  void (*on_error)(void *data, const xlgc_error *error); /* NULL: only counted */
  void *data;
  uint64_t errors;
} xlgc__misuse;

/* Fills in the context's name and the event's position in its log, and reports. */
static inline void xlgc__misuse_report(xlgc__misuse *misuse, const char *context, uint64_t position,
                                       xlgc_error *error) {
  misuse->errors++;
  error->context = context;
  error->position = position;
  if (misuse->on_error) misuse->on_error(misuse->data, error);
}

#endif
