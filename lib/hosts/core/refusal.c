#include <config.h>

#include "hosts/core/refusal.h"

#include <stddef.h>

static _Thread_local const char *refusal;

int xlgc_hosts_refuse(const char *why) {
  refusal = why;
  return XLGC_E_BUSY;
}

const char *xlgc_hosts_why(void) { return refusal ? refusal : "a callback of the pool runs"; }
