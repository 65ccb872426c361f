/* What a summary says is compared with what is installed, and what is new in it is put into the pool. What is old stays
 * until it is dropped, which comes after all that is new. */
#ifndef XLGC_HOSTS_INSTALL_H
#define XLGC_HOSTS_INSTALL_H

#include "hosts/core/tables.h"

struct xlgc_summary {
  xlgc_host *host;
  bool is_quick, is_image;
  int error;
  xlgc__host_link *fresh;  /* links that are new */
  xlgc__host_facts *facts; /* what is said is noted there, and nowhere else; or NULL */
  bool *is_weak;
};

/* Returns `error`, which is noted if it is the summary's first. */
int xlgc__host_install_fail(xlgc_summary *summary, int error);
/* From the next summary on: what enters is not missing in it. */
void xlgc__host_install_begin(xlgc_host *host, xlgc_summary *summary, bool is_quick);
/* source: NULL for the root. */
int xlgc__host_install_report(xlgc_summary *summary, xlgc__host_node *source, xlgc_id id);
/* Reports what a bridge that only pins would know. */
int xlgc__host_install_report_plainly(xlgc_summary *summary);
/* Puts into the pool what was reported; more may come of that. failed: of what came before; then nothing is put. */
int xlgc__host_install_put(xlgc_summary *summary, int failed);
/* The same, with what open visits name. */
int xlgc__host_install_finish(xlgc_summary *summary, int failed);
/* The root is linked to all that exports are said to reach. */
int xlgc__host_install_hold_reached(xlgc_host *host);
/* Looks at a link, which is dropped if neither the last summary nor anything since has justified it. Returns 1 when it
 * was, 0 when it stays, or XLGC_E_*. */
int xlgc__host_install_drop(xlgc_host *host, xlgc__host_link *link);

#endif
