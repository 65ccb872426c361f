/* Objects of engines are watched, not held: an engine says later whether they are there. */
#ifndef XLGC_HOSTS_WATCHES_H
#define XLGC_HOSTS_WATCHES_H

#include "hosts/core/tables.h"

struct xlgc__host_watch {
  xlgc_id id;
  xlgc_host *host; /* whose engine watches it; NULL for one of the pool's own, or when the host has ended */
  void *engine_part;
  bool is_engines, is_dropped, leads; /* leads: code gets the object by it */
  xlgc__host_watch *prev, *next;      /* of the host's, under the lock */
};

/* Watches an object: the host's own one, an export of another in its engine, any other in the pool. leads: code will get
 * the object by it, as by a weak reference of the engine. out: for _destroy.
 * Returns 0 or XLGC_E_*, also what the engine answers. */
int xlgc__host_watches_make(xlgc_host *from, const xlgc_expected *object, bool leads, xlgc__host_watch **out);
/* Does code get objects of the host's engine by watches? Then summaries are as of one with weak references. */
bool xlgc__host_watches_lead(const xlgc_host *host);
/* On any thread: the engine's part of it goes when the engine is entered the next time, or ends. */
void xlgc__host_watches_destroy(xlgc__host_watch *watch);
/* The host ends; its engine is entered. */
void xlgc__host_watches_end(xlgc_host *host);

#endif
