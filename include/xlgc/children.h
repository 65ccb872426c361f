/* xlgc: trees that are kept in the pool alone. An object's children, their order and the tag of each are in the pool's
 * table; the objects need no pointers to their parents, children or siblings.
 *
 * A parent holds each of its children by one link, which these functions log: a program neither links nor unlinks that
 * by itself. So an object stays as long as a root reaches its parent, and a subtree that is cut off and that nothing
 * else holds is released by the next round, exactly. An object has one parent at most, beside any other links. A child
 * that moves is held all the while. What is taken out is held by nobody: pin it before, to keep it.
 *
 * When an object dies, the children that outlive it have no parent any more. Its `release` can still read them.
 *
 * Costs. A child takes 28 bytes beside its link, in blocks of 256 objects that were registered one after the other; a
 * pool without children pays nothing. Events are those of the links: two for a move from one parent to another, none
 * for a move among siblings. Every function takes the pool's lock. Where a cost is logarithmic, it is in the number of
 * children of one parent, and expected (a treap). Reading sees what every thread has done so far, and applies
 * nothing. */
#ifndef XLGC_CHILDREN_PUBLIC_H
#define XLGC_CHILDREN_PUBLIC_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One object of a tree, as it is read. */
typedef struct xlgc_child {
  xlgc_id id;   /* XLGC_ID_NONE: there is none, and the rest is 0 */
  void *object; /* as it was registered */
  unsigned tag; /* of the link that its parent holds it by */
} xlgc_child;

/* Puts an object behind all children of a parent, out from under the parent that it had. tag: 0 to XLGC_TAG_MAX, the
 * program's own; xlgc_each_target shows it. On error XLGC_E_INVAL: a tag that is too large, or the parent is the child
 * itself or below it; XLGC_E_STALE, XLGC_E_RELEASED, XLGC_E_FOREIGN; XLGC_E_NOMEM, XLGC_E_QUEUE: nothing was changed;
 * XLGC_E_SHUTDOWN, XLGC_E_FORK. Threads: the context's, which holds both objects. Cost: logarithmic; and the depth of
 * the parent, if the child has children. */
XLGC_API int xlgc_child_append(xlgc_context *context, xlgc_id parent, xlgc_id child, unsigned tag);

/* Puts an object before a child, under the same parent. before: the child; if it is the object itself, that stays where
 * it is and gets the tag. On error XLGC_E_STATE: that has no parent; otherwise as xlgc_child_append. Threads and cost:
 * as xlgc_child_append. */
XLGC_API int xlgc_child_insert(xlgc_context *context, xlgc_id before, xlgc_id child, unsigned tag);

/* Takes a child out from under its parent, with all that is below it. On error XLGC_E_UNKNOWN: it has no parent;
 * XLGC_E_INVAL, XLGC_E_STALE, XLGC_E_FOREIGN, XLGC_E_NOMEM, XLGC_E_QUEUE, XLGC_E_SHUTDOWN, XLGC_E_FORK: nothing was
 * changed. Threads: the context's. Cost: logarithmic; the round pays for what is released. */
XLGC_API int xlgc_child_remove(xlgc_context *context, xlgc_id child);

/* The parent of an object. out: it, with the tag of its own link; XLGC_ID_NONE when there is none. On error
 * XLGC_E_INVAL, XLGC_E_STALE, XLGC_E_FOREIGN, XLGC_E_FORK. Threads: any. Cost: constant. */
XLGC_API int xlgc_child_parent(xlgc_pool *pool, xlgc_id child, xlgc_child *out);

/* The first and the last child of a parent. out: it, or XLGC_ID_NONE. On error, and threads, as xlgc_child_parent.
 * Cost: logarithmic. */
XLGC_API int xlgc_child_first(xlgc_pool *pool, xlgc_id parent, xlgc_child *out);
XLGC_API int xlgc_child_last(xlgc_pool *pool, xlgc_id parent, xlgc_child *out);

/* The sibling behind a child, and the one before it. out: it, or XLGC_ID_NONE, also of what has no parent. On error,
 * and threads, as xlgc_child_parent. Cost: logarithmic; over all children of a parent, two records each. */
XLGC_API int xlgc_child_next(xlgc_pool *pool, xlgc_id child, xlgc_child *out);
XLGC_API int xlgc_child_previous(xlgc_pool *pool, xlgc_id child, xlgc_child *out);

/* A child by its position. position: from 0. out: it, or XLGC_ID_NONE when there are not as many. On error, and
 * threads, as xlgc_child_parent. Cost: logarithmic. */
XLGC_API int xlgc_child_nth(xlgc_pool *pool, xlgc_id parent, size_t position, xlgc_child *out);

/* Reads several children in order, under one lock. position: of the first. out: room for `capacity` of them; may be
 * NULL when that is 0. count: how many were stored. On error, and threads, as xlgc_child_parent. Cost: logarithmic, and
 * two records each. */
XLGC_API int xlgc_children(xlgc_pool *pool, xlgc_id parent, size_t position, xlgc_child *out, size_t capacity,
                           size_t *count);

/* The position of a child among its siblings, from 0. On error XLGC_E_UNKNOWN: it has no parent; otherwise, and
 * threads, as xlgc_child_parent. Cost: logarithmic. */
XLGC_API int xlgc_child_position(xlgc_pool *pool, xlgc_id child, size_t *out);

/* How many children an object has. On error, and threads, as xlgc_child_parent. Cost: constant. */
XLGC_API int xlgc_child_count(xlgc_pool *pool, xlgc_id parent, size_t *out);

/* How many objects are above one: its parent, the parent of that, and so on. On error, and threads, as
 * xlgc_child_parent. Cost: a record for each. */
XLGC_API int xlgc_child_depth(xlgc_pool *pool, xlgc_id object, size_t *out);

#ifdef __cplusplus
}
#endif

#endif
