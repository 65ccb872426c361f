/* The certified setting (certified.c). */
#ifndef XLGC_CERTIFIED_H
#define XLGC_CERTIFIED_H

#include "ranks/state.h"

/* Takes up the next broken object, or a renumbering that is due. Returns false when there is neither. */
bool xlgc__certified_start(xlgc__repair *repair);
extern const xlgc__repair_part xlgc__certified_parts[XLGC__REPAIR_PHASES];

#endif
