/* Comes before each file of the library that is compiled for tests/schedules (-include): its cheap invariants are on
 * there, whatever configure was told. config.h is included once more afterwards, so its word for it is taken back. */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include <config.h>

#undef XLGC_INVARIANTS
#define XLGC_INVARIANTS 1
#include "base/invariant.h"
#undef XLGC_INVARIANTS

#endif
