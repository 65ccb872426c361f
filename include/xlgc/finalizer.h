/* xlgc: finalizers, which are functions of single objects, and heirs. Finalizers are added and removed while the
 * program runs, beside the `release` of the object's kind.
 *
 * Each is called exactly once: when its object is notified, as released or forgotten, or taken back by xlgc_unregister;
 * or by xlgc_pool_shutdown when the object is left. Those of one object are called one after the other, the newest
 * first, before its kind's `release` or `forgotten`, on the thread that calls these (xlgc_kind.delivery). So the object
 * is still there. An object that its `orphaned` keeps has them called when it dies later. Objects without finalizers
 * pay nothing.
 *
 * A finalizer keeps nothing alive by itself. What its data holds, the program pins or links. */
#ifndef XLGC_FINALIZER_H
#define XLGC_FINALIZER_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names a finalizer for as long as its pool is there. 0 is none. */
typedef uint64_t xlgc_finalizer;
#define XLGC_FINALIZER_NONE UINT64_C(0)

/* What is called. context: the one through which it reports; it must not be used after the function has returned. id,
 * object: as for xlgc_kind.release. data: as given. It must return, as any callback. */
typedef void xlgc_finalize(xlgc_context *context, xlgc_id id, void *object, void *data);

/* Adds a finalizer to an object. data: handed to it. out: the finalizer, may be NULL. On error XLGC_E_INVAL,
 * XLGC_E_STALE, XLGC_E_FOREIGN, XLGC_E_NOMEM, XLGC_E_FORK, XLGC_E_RELEASED when the object is notified, or about to be;
 * XLGC_E_SHUTDOWN, also in a callback of xlgc_pool_shutdown, once that has begun to call those of the objects that are
 * left. Ownership: data is the program's, until the finalizer is called or removed. Threads: the context's, which must
 * hold the object; also `orphaned` of the object. Cost: constant, under the pool's lock; some 150 bytes. */
XLGC_API int xlgc_finalizer_add(xlgc_context *context, xlgc_id object, xlgc_finalize *run, void *data,
                                xlgc_finalizer *out);

/* Removes a finalizer, which is not called then. data: what was handed to it, for the caller to free; may be NULL. On
 * error XLGC_E_STALE when it was removed, was called, or has begun to be; XLGC_E_INVAL, XLGC_E_FORK. Threads: any; also
 * callbacks, and other finalizers. Cost: a look at each newer finalizer of the object, under the pool's lock. */
XLGC_API int xlgc_finalizer_remove(xlgc_pool *pool, xlgc_finalizer finalizer, void **data);

/* Names an heir, to which the links of an object go when it dies. For objects whose end takes time, in which they use
 * what they hold: those of script engines, whose finalizers run some time after the pool has told of the end.
 * From the object's death on the heir holds all that the object held, as often, and a drop of one of these links by the
 * object that comes late is one by the heir. So what the object held lives; the program drops the heir's links when the
 * object's end is over. Of a ring of objects with heirs one goes first, that of the lowest slot, which is the oldest as
 * a rule; it leaves the others what it held, so that they die later and one after the other. An object of the ring
 * finds all that it holds but for those that have gone before it: their links to the one that goes are gone with it,
 * and a drop of such a link is ignored until that one's release has returned.
 * object: lives, as after a link that was logged before. heir: pinned; where it is not when the object dies, the links
 * go as usual. Objects of one kind, and of one context where they are delivered to that, have one heir: the first that
 * was named and is there. There is no way back. Links reported by address are not left to it.
 * On error as for a barrier (xlgc.h); XLGC_E_INVAL also where both are the same. A dead object goes to `on_error`.
 * Threads: the context's. Blocks: only at the queue's bound. Cost: an event; then at the death two more operations on
 * the table for each link, and where several objects die at once, two more looks at each of their links. */
XLGC_API int xlgc_bequeath(xlgc_context *context, xlgc_id object, xlgc_id heir);

#ifdef __cplusplus
}
#endif

#endif
