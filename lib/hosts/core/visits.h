/* The visits that this thread has open, the last one first, and the objects that they name.
 *
 * A visit names an export through which it has entered an engine, and each that was exported, or came home, while it was
 * the innermost one: its value may not be received yet. It also names objects of which it has several results. As long as an object is named its export is not let go
 * (letting.h), and summaries hold it. A visit is ended when all its values were received. What is exported outside of
 * visits is kept as if it were named, until the program itself dispatches or collects. */
#ifndef XLGC_HOSTS_VISITS_H
#define XLGC_HOSTS_VISITS_H

#include "hosts/core/tables.h"

void xlgc__host_visits_push(xlgc_visit *visit);
void xlgc__host_visits_pop(const xlgc_visit *visit);
/* How many are open. */
unsigned xlgc__host_visits_depth(void);
/* The last one that was begun, or NULL. May be called by a handler of signals. */
const xlgc_visit *xlgc__host_visits_innermost(void);

/* Engines that the thread visits have been poked (stops.h). Those that it enters next are poked as well, as not all that
 * has run until now can be. _take_poke returns whether that was so since the last call. Handlers of signals may call
 * both. */
void xlgc__host_visits_note_poke(void);
bool xlgc__host_visits_take_poke(void);

/* Room for one name more, if a visit is open: 0 or XLGC_E_NOMEM. */
int xlgc__host_visits_reserve(void);
/* The innermost visit names an object of a host's, for which there is room. _entered: through which it enters now. */
void xlgc__host_visits_name(const xlgc_host *host, xlgc__host_object *object);
void xlgc__host_visits_name_entered(xlgc__host_object *object);
/* The object with an id, if hosts know it. Returns 0 or XLGC_E_NOMEM. */
int xlgc__host_visits_name_id(const xlgc_pool *pool, xlgc_id id);
/* What a visit names is named by it no more; of what no other names, the exports are proposed to be let go. Before the
 * visited engine is left. */
void xlgc__host_visits_forget(xlgc_visit *visit);

#endif
