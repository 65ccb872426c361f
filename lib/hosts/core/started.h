/* The engines that languages have started, and their ends. An engine in the middle of a call ends when that is over; and
 * one that nothing outside of it reaches ends with the next collection (unreached.h). Engines that are any thread's may
 * have threads of their own, and go on. */
#ifndef XLGC_HOSTS_STARTED_H
#define XLGC_HOSTS_STARTED_H

#include "hosts/core/tables.h"

/* Notes an engine. from: that asked for it; NULL for a program, which ends it itself. object: of the engine; if a host
 * asked, the pin that it has is the record's from then on. serial: out, of the record. */
int xlgc__host_started_add(xlgc_pool *pool, xlgc_host *from, const xlgc_language *language, void *engine,
                           xlgc_id object, uint64_t *serial);
/* Ends it, or notes that its end is wanted. Returns 0 when it has ended, or had before; 1 when it will; or what the
 * language answers. */
int xlgc__host_started_end(xlgc_pool *pool, uint64_t serial);
/* The same for one that a program has started. */
int xlgc__host_started_end_other(xlgc_pool *pool, const xlgc_language *language, void *engine);
/* Ends all that a host has asked for. */
int xlgc__host_started_end_all(xlgc_host *from);

/* This thread has an engine, and it stays, until _leave. out: the record. On error XLGC_E_STALE when it has ended, or as
 * xlgc__host_engine_take. */
int xlgc__host_started_use(xlgc_pool *pool, uint64_t serial, xlgc__host_started *out);
void xlgc__host_started_leave(const xlgc__host_started *used);

/* The host's engine was entered, so it has received what it has asked for. */
void xlgc__host_started_received(const xlgc_host *from);
/* The engine's record, if a host has asked for it, it is not any thread's, and not ending; or 0. */
uint64_t xlgc__host_started_serial(const xlgc_host *host);
/* One of those that a host has asked for, from 0 on, and that are open; or NULL. */
const xlgc_host *xlgc__host_started_by(const xlgc_host *from, unsigned which);
/* Ends it unless it is in a call. */
void xlgc__host_started_end_unreached(xlgc_pool *pool, uint64_t serial);
/* A host is closed. */
void xlgc__host_started_forget_host_locked(const xlgc_host *host);
/* Ends those whose end is wanted, and that are in no call now. */
void xlgc__host_started_end_wanted(xlgc_pool *pool);

#endif
