/* Why a call of the hosts' was refused with XLGC_E_BUSY: words that xlgc_hosts_refuse keeps for the thread. */
#ifndef XLGC_HOSTS_REFUSAL_H
#define XLGC_HOSTS_REFUSAL_H

#include <xlgc/host.h>

#define XLGC__HOST_REFUSAL_NESTED "a collection runs already"

#endif
