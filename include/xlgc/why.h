/* xlgc: why an object is alive. Which chain of links holds it, what else does, what would go with it, and all that is
 * there: to find a leak, and for tests that want none.
 *
 * The functions read as those of xlgc.h do (see "reading" there): they see every event that was logged before the call,
 * and answer XLGC_E_BUSY inside a callback. What they call for names and sizes runs with the pool taken: it must not
 * call the library, nor wait for a thread that does. */
#ifndef XLGC_WHY_H
#define XLGC_WHY_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ----------------------------------------------------------------- names */

/* A kind with XLGC_KIND_LABELLED, that says by what people know its objects. With XLGC_KIND_DESCRIBED as well, it says
 * what they consist of; else those fields are not read. All that it adds may be NULL or 0. */
typedef struct xlgc_labelled_kind {
  xlgc_described_kind described;
  /* Writes a name of the object as text with an ending 0: the title of a page, the key of an entry. Leaves it empty if
   * there is none. Called by any thread that asks, while the object is alive. */
  void (*label)(const void *object, const void *data, char *text, size_t size_bytes);
  /* How many bytes go with the object. Called as label is. */
  size_t (*bytes)(const void *object, const void *data);
  /* What a link from an object of this kind is called, by its tag (xlgc_link_at), where its place is in no field. */
  const char *const *links;
  size_t link_count;
} xlgc_labelled_kind;

/* ------------------------------------------------------------------- why */

/* What makes an object a root; several may. */
enum {
  XLGC_ROOT_PINNED = 1, /* xlgc_pin, also one that a weak load or an interned look-up has made */
  XLGC_ROOT_NEW = 2,    /* nothing was logged of it since it was registered */
  XLGC_ROOT_KEPT = 4    /* its kind's `orphaned` has answered XLGC_KEEP */
};

/* An object, and its link to another. */
typedef struct xlgc_holder {
  xlgc_id id;
  void *object;
  const xlgc_kind *kind;
  unsigned roots;   /* XLGC_ROOT_*; 0: it is none */
  uint32_t pins;    /* how often it is pinned */
  uint32_t count;   /* how often it holds the other; 0: there is no other */
  unsigned tag;     /* of that link */
  const char *link; /* what the link is called: the field that it is in, or the name of its tag; or NULL */
} xlgc_holder;

/* Where an object stands. */
enum {
  XLGC_STANDS_HELD = 0,    /* a root reaches it */
  XLGC_STANDS_GARBAGE = 1, /* none does; the next round finds that: a step, a flush, the worker's turn */
  XLGC_STANDS_ASKED = 2,   /* none does; its round waits for what kinds with `orphaned` answer */
  XLGC_STANDS_DEAD = 3     /* its release is decided; the call of it is on its way, or under way */
};

typedef struct xlgc_standing {
  int stands;         /* XLGC_STANDS_* */
  size_t length;      /* of the chain: the object, and those that hold it; 1 when it is not held */
  uint64_t looked;    /* how many records were looked at */
  char waits_for[32]; /* the context whose section, answer or dispatch the present round waits for; "" if none */
  uint64_t waits_ns;  /* for how long it has */
} xlgc_standing;

enum {
  XLGC_WHY_SHORTEST = 1 /* a chain that is as short as any */
};

/* Says why an object is alive, by the chain from a root to it: chain[0] is the object itself, each further one holds
 * the one before it, and the last is a root. As long as nothing changes the answer is the same.
 * flags: 0, or XLGC_WHY_SHORTEST for a chain that is as short as any; else it is the one that keeps the object's
 * standing. chain: room for `capacity`; what is beyond is left out, and counted. out: where the object stands, also if
 * nothing holds it. On error XLGC_E_INVAL, XLGC_E_STALE for one that was released, XLGC_E_FOREIGN. Cost: a look at each
 * object of the chain; for the shortest, or while a repair of the ranks is due, that of xlgc_distance. Needs no
 * memory. */
XLGC_API int xlgc_why(xlgc_pool *pool, xlgc_id object, unsigned flags, xlgc_holder *chain, size_t capacity,
                      xlgc_standing *out);

/* Says why an object is alive but for some others: by a chain that leads through none of these, nor begins there. It is
 * as short as any. but: ids, of which those that are gone are passed over. When there is none the object is said to be
 * garbage. The rest is as with xlgc_why. On error also XLGC_E_HELD while a question to an object is not answered. Cost: that of xlgc_distance. */
XLGC_API int xlgc_why_but(xlgc_pool *pool, xlgc_id object, const xlgc_id *but, size_t but_count, xlgc_holder *chain,
                          size_t capacity, xlgc_standing *out);

/* Writes the chain of xlgc_why as text, a line for each object, the root first; or where the object stands. Labels are
 * asked for.
 * text: room for `size_bytes` with the ending 0; may be NULL when that is 0; what does not fit is cut off. Returns the
 * length of the whole in bytes. On error as xlgc_why. */
XLGC_API int xlgc_why_text(xlgc_pool *pool, xlgc_id object, unsigned flags, char *text, size_t size_bytes);

/* Writes what an object is, as in a line of xlgc_why_text: its kind, and its label, or its id where it has none.
 * text: as for that. Returns the length of the whole in bytes. On error XLGC_E_INVAL, XLGC_E_STALE, XLGC_E_FOREIGN. */
XLGC_API int xlgc_object_text(xlgc_pool *pool, xlgc_id object, char *text, size_t size_bytes);

/* ------------------------------------------------------------- where it was made */

/* Begins to note of 1 in `every` objects where they are made, each drawn by lot; 0: of none, with which a pool begins
 * unless the environment has XLGC_SITES with a number. What is noted stays until the object's slot is used again. The
 * lines of xlgc_why_text and of xlgc_object_text say it: "made by" the calls that led to xlgc_register, by the names that
 * the system has of functions, and as addr2line wants them; of exports of an engine where its code was when the object
 * went out first. On error XLGC_E_INVAL. Threads: any. Cost: a look for each object that is registered; of one that is
 * drawn a walk of the stack and some 150 bytes. */
XLGC_API int xlgc_sites(xlgc_pool *pool, unsigned every);
/* Tells of 1 in how many objects it is noted where they are made. out: that, or 0. On error XLGC_E_INVAL. Threads: any. */
XLGC_API int xlgc_sites_every(xlgc_pool *pool, unsigned *out);
/* Writes where an object was made; it is empty where that is not known. text: as for xlgc_why_text. Returns the length of
 * the whole in bytes. On error XLGC_E_INVAL, XLGC_E_FOREIGN, XLGC_E_FORK. Threads: any. Cost: a look-up. */
XLGC_API int xlgc_object_site(xlgc_pool *pool, xlgc_id object, char *text, size_t size_bytes);
/* Says where an object was made, in words, which are copied: a file and a line, the name of a level. Needs no drawing.
 * On error XLGC_E_INVAL, XLGC_E_NOMEM, XLGC_E_FOREIGN, XLGC_E_STALE, XLGC_E_FORK. Threads: any. */
XLGC_API int xlgc_object_site_set(xlgc_pool *pool, xlgc_id object, const char *words);

/* ----------------------------------------------------------------- bytes */

/* Says how many bytes go with an object beside what its kind says: an image, a file's buffer. They are counted by
 * xlgc_retained and xlgc_kinds_text, and collectors of engines that have proxies of it from then on (xlgc/host.h) work
 * as if they had allocated them. On error XLGC_E_INVAL, XLGC_E_NOMEM, XLGC_E_FOREIGN, XLGC_E_STALE, XLGC_E_FORK. Threads:
 * any. Cost: a look-up, and some 150 bytes for the first one of an object. */
XLGC_API int xlgc_object_bytes_set(xlgc_pool *pool, xlgc_id object, size_t bytes);
/* Tells how many bytes go with an object, by its kind and as was said. out: that. On error XLGC_E_INVAL, XLGC_E_FOREIGN,
 * XLGC_E_STALE, XLGC_E_FORK. Threads: any that knows that the object stays. Cost: a look-up, and the kind's `bytes`. */
XLGC_API int xlgc_object_bytes(xlgc_pool *pool, xlgc_id object, size_t *out);

/* ----------------------------------------------------------------- holders */

/* Lists what holds an object: all that have a link to it, in no stated order. holders: room for `capacity`, which is
 * also how many are looked at. count: how many there are of them. Returns 0, or 1 when there are more. On error
 * XLGC_E_INVAL, XLGC_E_STALE, XLGC_E_FOREIGN. Cost: a look at each. */
XLGC_API int xlgc_holders(xlgc_pool *pool, xlgc_id object, xlgc_holder *holders, size_t capacity, size_t *count);

/* What would go if an object went. */
typedef struct xlgc_retained_size {
  uint64_t objects; /* with the object itself */
  uint64_t bytes;   /* of those whose kinds say how many they have */
  uint64_t looked;  /* links that were looked at */
} xlgc_retained_size;

/* Counts what would go if nothing held an object any more: what no root reaches but by way of it (its retained size).
 * budget: how many links to look at, at most. out: the answer. Returns 0, or 1 when the budget was too small: then it
 * is at least so many. A root has what it would have if it were none. On error XLGC_E_INVAL, XLGC_E_STALE,
 * XLGC_E_FOREIGN. Cost: each link of what the object reaches, up to three times. Needs no memory. */
XLGC_API int xlgc_retained(xlgc_pool *pool, xlgc_id object, uint64_t budget, xlgc_retained_size *out);

/* ----------------------------------------------------------------- all objects */

enum {
  XLGC_EACH_ROOTS = 1 /* roots only */
};

/* Calls `each` for every object that is alive. kind: only of this one, or NULL. flags: XLGC_EACH_ROOTS for roots only.
 * Another value than 0 from `each` ends it, and is returned. `each` may log events, step, flush or apply: what is there
 * all the time is shown once, what comes or goes meanwhile may be. It gets no link. On error XLGC_E_INVAL, XLGC_E_BUSY,
 * XLGC_E_FORK. Cost: a look at each record of the table. */
XLGC_API int xlgc_each_object(xlgc_pool *pool, const xlgc_kind *kind, unsigned flags,
                              int (*each)(void *data, const xlgc_holder *object), void *data);

/* Writes what there is by kind, the most numerous first: how many objects are alive, how many bytes they are where the
 * kind says so, and for one of them the chain that holds it, as xlgc_why_text has it. After the last flush of a program
 * that is what xlgc_pool_shutdown is going to report as survivors. text: as for xlgc_why_text. Returns the length of the
 * whole in bytes. On error XLGC_E_INVAL, XLGC_E_BUSY, XLGC_E_FORK, XLGC_E_NOMEM. Cost: a look at each record of the table
 * and at each of the kinds there are, and that of xlgc_why for each of them. */
XLGC_API int xlgc_kinds_text(xlgc_pool *pool, char *text, size_t size_bytes);

/* Flushes, and wants objects to be gone: for tests. objects: ids that were taken while the objects were there. text: as
 * for xlgc_why_text; says of each that is still there what holds it, and is empty when all are gone. Returns how many
 * are still there. On error as xlgc_flush, XLGC_E_INVAL, XLGC_E_FOREIGN. */
XLGC_API int xlgc_expect_gone(xlgc_pool *pool, const xlgc_id *objects, size_t count, char *text, size_t size_bytes);

#ifdef __cplusplus
}
#endif

#endif
