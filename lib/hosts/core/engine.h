/* How a host calls its engine, and which thread has it. An engine is of one of three sorts:
 *
 *   any thread's   Its adapter's `enter` waits for a lock of the engine's own (XLGC_HOST_ANY_THREAD).
 *   shared         All its code runs between _take and _give, by xlgc_host_share. Its `thread` is the one that has it,
 *   and
 *                  others wait; 0 for none.
 *   bound          All others: their code may run without a word to the host. Its `thread` is the one that used it last
 *                  as its own; other threads are refused.
 *
 * A thread waits for one engine at most. It lists that, so threads and engines are a graph: engine -> the thread that
 * has it -> the engine that this one waits for. The last thread of a circle finds it when it is about to wait, and is
 * refused. Locks of adapters are no part of the graph: a thread that waits gives way, so it has none. */
#ifndef XLGC_HOSTS_ENGINE_H
#define XLGC_HOSTS_ENGINE_H

#include "hosts/core/tables.h"

/* This thread, by an address of its own: it may be that of a thread before, which then is in no engine any more. */
uintptr_t xlgc__host_engine_thread(void);
/* A new host is this thread's. */
void xlgc__host_engine_bind(xlgc_host *host);
/* This thread is the one that uses a host as its own: XLGC_E_OTHER_THREAD when another is in the middle of it, or has
 * it. A bound one belongs to this thread from then on. */
int xlgc__host_engine_claim(xlgc_host *host);
/* Does this thread have it, or does it belong to it? Of an engine that is any thread's: may be. */
bool xlgc__host_engine_is_here(const xlgc_host *host);

/* This thread has the engine, if that is possible at once; each needs a _give. On error XLGC_E_BUSY while another has
 * it, XLGC_E_OTHER_THREAD. */
int xlgc__host_engine_take_locked(xlgc_host *host);
/* The same, and waits while another has it. The host is in use by the caller, so that none closes it. On error
 * XLGC_E_DEADLOCK for what would never end, XLGC_E_OTHER_THREAD, XLGC_E_FORK. */
int xlgc__host_engine_take(xlgc_host *host);
/* The same for a thread that uses the host as its own: it claims one that is bound. _try_own does not wait. */
int xlgc__host_engine_take_own(xlgc_host *host);
int xlgc__host_engine_try_own(xlgc_host *host);
void xlgc__host_engine_give(xlgc_host *host);
/* Gives way until `look_locked` answers other than XLGC_E_BUSY, which is returned; it is called again when another
 * thread has called xlgc__host_lock_wake. Releases the lock meanwhile. The group is in use by the caller. */
int xlgc__host_engine_wait_locked(const xlgc__host_group *group, int (*look_locked)(void *data), void *data);
/* Does this thread have a shared engine of the group, for which others may wait? */
bool xlgc__host_engine_is_in_any_locked(const xlgc__host_group *group);
/* What XLGC_E_DEADLOCK was answered for, last on this thread. */
const char *xlgc__host_engine_circle(void);

/* Takes it if that is possible at once, and calls the adapter's `enter`, if it has one; and back. _enter_taken: the
 * caller has taken it, and has it no more when this fails. */
int xlgc__host_engine_enter(xlgc_host *host);
int xlgc__host_engine_enter_taken(xlgc_host *host);
void xlgc__host_engine_leave(xlgc_host *host);
/* The same to look into one that may end at any time: gives the lock up, and returns whether it has entered. The host
 * is not closed before this thread looks away. */
bool xlgc__host_engine_look_locked(xlgc_host *host);
void xlgc__host_engine_look_away(xlgc_host *host);

/* In a forked child, with the lock: the threads that waited are not in it. */
void xlgc__host_engine_forget_waiting_locked(void);

/* The engine's thread begins to use others' objects, or has ended: change is 1 or -1. */
void xlgc__host_engine_visit(xlgc_host *host, int change);

/* The epoch: something entered the engine, or left it. */
void xlgc__host_engine_touch(xlgc_host *host);
uint64_t xlgc__host_engine_epoch(const xlgc_host *host);

#endif
