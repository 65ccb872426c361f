#ifndef XLGC_HOSTS_LINKS_H
#define XLGC_HOSTS_LINKS_H

#include "hosts/core/tables.h"

/* source: NULL for the root. _make: one that is not in the pool yet, NULL without memory. */
xlgc__host_link *xlgc__host_links_find(const xlgc__host_node *source, const xlgc__host_node *target);
xlgc__host_link *xlgc__host_links_make(xlgc_host *host, xlgc__host_node *source, xlgc__host_node *target);
/* Takes it out of the tables, when the pool has it no more. */
void xlgc__host_links_remove(xlgc_host *host, xlgc__host_link *link);
/* Puts a link into the pool if its target and its source are alive. */
int xlgc__host_links_install(xlgc_host *host, xlgc__host_link *link);
/* Takes it out of the pool, and out of the tables unless it was made again meanwhile. */
int xlgc__host_links_drop(xlgc_host *host, xlgc__host_link *link);
/* When the pool has decided of an export, the root is to have its links. Nothing to do when it has. */
int xlgc__host_links_leave(xlgc_host *host, xlgc__host_node *export);
/* The pool has made a link of an export the root's. */
void xlgc__host_links_pass_to_root(xlgc_host *host, xlgc__host_link *link);
/* From now until the next summary the root is linked to it. XLGC_E_STALE when it is gone. */
int xlgc__host_links_from_root(xlgc_host *host, xlgc__host_node *node);

#endif
