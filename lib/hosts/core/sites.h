/* Where code of engines was when an object went out for the first time. */
#ifndef XLGC_HOSTS_SITES_H
#define XLGC_HOSTS_SITES_H

#include "hosts/core/tables.h"

/* An export was made: where it was drawn (xlgc_sites), its site is what the engines say, where one does. */
void xlgc__host_sites_note(const xlgc_host *host, xlgc_id export);

#endif
