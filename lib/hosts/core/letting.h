/* Exports are let go before a summary says so: what is in no ring is then freed as soon as its last proxy is gone.
 *
 * The root is linked to an export since its object was exported or entered through. When no visit names it any more,
 * that link is needed only for what code has found from the export, and has stored elsewhere. So first the root is
 * linked to all that the export is said to reach, and then the root's link to the export is dropped. If nobody else
 * holds it, it is an orphan, its pin is cut, and the engine's own collector decides. If somebody does, nothing has
 * changed but some more links of the root's, which the next summary takes away.
 *
 * Each of these links gets the number of the last summary, also when it is there already: a summary that is being
 * installed does not drop it. If one of them cannot be logged, the export is not let go. An export that is named again
 * and again, such as a function that is called in a loop, stays until a look finds that it was not named since the one
 * before. */
#ifndef XLGC_HOSTS_LETTING_H
#define XLGC_HOSTS_LETTING_H

#include "hosts/core/tables.h"

/* The program says that no value is on its way: what went out outside of visits is proposed too. */
void xlgc__host_letting_propose_outside(xlgc_host *host);
/* Looks at the exports that were proposed, unless the host is in the middle of its tables. For the engine's thread. */
void xlgc__host_letting_look(xlgc_host *host);

#endif
