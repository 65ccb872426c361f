/* The arguments of a call on their way to another engine: a few lie on the caller's stack, more in memory. */
#ifndef XLGC_HOSTS_COMMON_ARGUMENTS_H
#define XLGC_HOSTS_COMMON_ARGUMENTS_H

#include <stddef.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { XLGC__ARGUMENTS_FEW = 8 };

typedef struct xlgc__arguments {
  xlgc_value few[XLGC__ARGUMENTS_FEW];
  xlgc_value *all;
  size_t count; /* how many are filled in: the adapter counts */
} xlgc__arguments;

/* Room for `room` values, of which none is filled in. Returns 0, or XLGC_E_NOMEM and there is nothing to clear. */
int xlgc__arguments_begin(xlgc__arguments *arguments, size_t room);
/* Clears those that are filled in. */
void xlgc__arguments_clear(xlgc__arguments *arguments);

#ifdef __cplusplus
}
#endif

#endif
