/* What the visited language has thrown. A visit keeps a copy of it until the visitor has made an error of its own. */
#ifndef XLGC_HOSTS_THROWN_H
#define XLGC_HOSTS_THROWN_H

#include <xlgc/bridge.h>

/* Keeps a copy, in place of what the visit had; its object, if it has one, is named by the innermost visit. Returns 0 or
 * XLGC_E_NOMEM. */
int xlgc__host_thrown_keep(xlgc_visit *visit, const xlgc_thrown *thrown);
/* The visit has no error any more, and no message. */
void xlgc__host_thrown_forget(xlgc_visit *visit);

#endif
