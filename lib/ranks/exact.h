/* The exact setting (exact.c). */
#ifndef XLGC_EXACT_H
#define XLGC_EXACT_H

#include "ranks/state.h"

/* Takes up the next batch of changes. Returns false when there is none. */
bool xlgc__exact_start(xlgc__repair *repair);
extern const xlgc__repair_part xlgc__exact_parts[XLGC__REPAIR_PHASES];

#endif
