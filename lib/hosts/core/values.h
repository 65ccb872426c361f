/* What the core asks about values. */
#ifndef XLGC_HOSTS_CORE_VALUES_H
#define XLGC_HOSTS_CORE_VALUES_H

#include <stdbool.h>

#include <xlgc/bridge.h>

/* Has a value of this type bytes, which a copy of it has to copy? */
bool xlgc__host_values_have_bytes(xlgc_type type);

#endif
