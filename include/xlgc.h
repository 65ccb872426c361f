/* xlgc: exact, incremental garbage collection by links, across languages.
 *
 * A program reports each link, "source now holds target", and each loss of one. xlgc keeps the links in a
 * table, keeps every object certified towards the roots, and tells an object that has lost its last way to a
 * root, also one inside a cycle, to clean up. It never looks into an object's memory and never owns it.
 *
 * Words used below
 *   pool     one link table with its log and worker; pools share nothing
 *   object   an entry of a pool: an address or handle of the program's, a kind, a state
 *   link     (source, target), counted: linked twice, it takes two unlinks to go
 *   root     an object that is alive by decree: pinned, or new, that is, never yet pinned nor the target of a link
 *   orphan   an object that no root reaches any more; it is told through its kind's `release`
 *   place    the address of the pointer that makes a link; see xlgc_link_at
 *   context  a mutator's own log of events, and its mailbox: a thread's, a coroutine's, a script engine's
 *   section  a stretch in which a context uses what it reads from live objects without logging it
 *   round    events up to a cut are applied, certificates are repaired, orphans are told
 *   unit     the measure of work: one event applied, one link touched, or one orphan told
 *
 * Errors. Functions return 0 or a negative XLGC_E* code and leave everything as it was when they fail, unless
 * their comment says otherwise. Misuse that can only be seen when an event is applied (an unlink of a link that
 * is not there) goes to the pool's `on_error`.
 *
 * Threads. A pool has as many contexts as the program wants, and each may be used by one thread at a time. The
 * functions that take a pool may be called from any thread, and a worker thread may run beside them. Nothing here is
 * safe in a signal handler.
 *
 * What threads owe each other. An object that another thread may let go at any moment is taken in one of two ways:
 *   under a lock   the program's own lock spans "read the pointer" and "log the add" (xlgc_link or xlgc_pin), and spans
 *                  "change the pointer" and "log the drop", as for any reference count;
 *   in a section   between xlgc_enter and xlgc_leave whatever is read from live objects stays valid without a lock and
 *                  without an event; what is to be kept is linked or pinned before the section ends. Who changes pointers
 *                  that sections read logs an add before storing the pointer, and a drop after overwriting it; several
 *                  who change the same pointer exchange it, so that each old value is dropped once.
 * Events of one context are applied in the order logged. Between contexts an add that was logged before a drop is
 * applied before it, and nothing else is promised; a drop that is found before its add waits for it.
 *
 * Callbacks (`release`, `orphaned`, `forgotten`, `on_error`) run with no lock of the pool held, on the thread
 * that works: the worker, or whoever called a step or flush; unless their kind is delivered elsewhere (xlgc_kind). They
 * may call anything here; on the thread that works a step or flush is answered with XLGC_E_BUSY, a destroy with
 * XLGC_E_DEADLOCK. They must return: no longjmp, no exception, no end of the thread.
 */
#ifndef XLGC_H
#define XLGC_H

#include <stddef.h>
#include <stdint.h>

#include <xlgc/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(XLGC_BUILDING) && defined(__GNUC__)
#define XLGC_API __attribute__((visibility("default")))
#else
#define XLGC_API
#endif

/* ---------------------------------------------------------------- errors */

/* Every code with its value and its sentence: feeds the enum, xlgc_strerror and the manual. */
#define XLGC_ERRORS(X)                                                                                            \
  X(NOMEM, -1, "out of memory; nothing was changed, try again when memory is free")                               \
  X(INVAL, -2, "bad argument; see the function's comment in xlgc.h")                                              \
  X(STALE, -3, "this id's object is gone; drop ids when their object is released")                                \
  X(FOREIGN, -4, "this id belongs to another pool; links cannot cross pools")                                     \
  X(EXISTS, -5, "this address is registered already; use xlgc_lookup to find its id")                             \
  X(UNKNOWN, -6, "no object is registered at this address")                                                       \
  X(NOLINK, -7, "there is no such link to drop; it was dropped before or never added")                            \
  X(NOPIN, -8, "the object is not pinned; every unpin needs a pin before it")                                     \
  X(RELEASED, -9, "the object was already told to clean up; it cannot be linked or pinned again")                 \
  X(FULL, -10, "a limit is reached: ids, kinds, or the count of one link or pin")                                 \
  X(QUEUE, -11, "the event queue is at its bound; step or flush the pool, start its worker, or raise the bound")  \
  X(BUSY, -12, "the pool is at work on this or another thread; call again after it has returned")                 \
  X(DEADLOCK, -13, "a pool cannot be destroyed, nor its worker stopped, from inside its own callbacks")           \
  X(STATE, -14, "not possible now: the worker is running already, or is not running")                             \
  X(FORK, -15, "this pool belongs to the parent process; a child must create its own")                            \
  X(THREAD, -16, "the system could not start a thread")                                                           \
  X(CORRUPT, -17, "an invariant of the pool does not hold; this is a defect in xlgc or overwritten memory")       \
  X(HELD, -18, "a context holds the round up: it must leave its section or dispatch its mailbox; see xlgc_stats") \
  X(SHUTDOWN, -19, "the pool was shut down; it takes no more events and can only be destroyed")                   \
  X(SECTION, -20, "the context is not inside a section; every leave needs an enter before it")                    \
  X(RAISED, -21, "the other language raised an error; xlgc_visit_message has its words")

enum {
#define XLGC_X(name, value, text) XLGC_E_##name = value,
  XLGC_ERRORS(XLGC_X)
#undef XLGC_X
};

/* The sentence for a code. Returns a static string, never NULL, for any value. Threads: any. */
XLGC_API const char *xlgc_strerror(int code);
/* The code's name, such as "XLGC_E_NOMEM". Returns a static string, never NULL. Threads: any. */
XLGC_API const char *xlgc_errname(int code);
/* The version of the library that runs (XLGC_VERSION is the one compiled against). Static string. Threads: any. */
XLGC_API const char *xlgc_version(void);

/* ----------------------------------------------------------------- types */

typedef struct xlgc_pool xlgc_pool;
typedef struct xlgc_context xlgc_context;
typedef struct xlgc_weak xlgc_weak;

/* Names an object for good: slot, generation of the slot, and pool. The id of a released object never
 * names another one. 0 is no object. Do not take ids apart. */
typedef uint64_t xlgc_id;
#define XLGC_ID_NONE ((xlgc_id)0)

/* The number of a distance that is none: the object sees no root. */
#define XLGC_UNREACHABLE UINT64_MAX

/* What `orphaned` may answer: let go, or a reprieve. */
enum { XLGC_LET_GO = 0, XLGC_KEEP = 1 };

enum {
  /* An object of this kind that is new and holds nothing is forgotten at the end of a round, without `release`.
   * For holders that come and go by themselves: stack frames, globals, names. Beside a worker that may happen before
   * the first link is logged. */
  XLGC_KIND_TRANSIENT = 1,
  /* The address is a cookie: it is not indexed, so it can stand for several objects, is not found by
   * xlgc_lookup, and saves the index entry's memory (about 90 bytes an object). */
  XLGC_KIND_UNINDEXED = 2
};

/* On which thread what a kind's objects have to say is delivered: `release`, `orphaned` and `forgotten`. */
enum {
  XLGC_DELIVER_INLINE = 0,  /* whoever works: the worker, the caller of a step or flush, or who helps (help_events):
                                hold no lock while you report that such a callback takes */
  XLGC_DELIVER_WORKER = 1,  /* the worker only; waits until there is one */
  XLGC_DELIVER_CLEANER = 2, /* the pool's clean-up thread, see xlgc_cleaner_start; waits until there is one */
  XLGC_DELIVER_OWNER = 3    /* the context that registered the object, when it calls xlgc_context_dispatch */
};

/* What objects of one sort have in common. The struct belongs to the caller, must not change and must outlive
 * the pool. All functions may be NULL. `context` is the log to use for what the callback wants to report; it
 * must not be used after the callback has returned. */
typedef struct xlgc_kind {
  const char *name; /* for reports */
  unsigned flags;   /* XLGC_KIND_* */
  /* The object is an orphan: clean it up. Its links are gone already; unlinking what it held is ignored. Called
   * once per object, holders before what they held as far as cycles allow, inside a cycle by slot.
   * Its id is dead when this returns. */
  void (*release)(xlgc_context *context, xlgc_id id, void *object, void *data);
  /* Asked before the object would be released: XLGC_LET_GO, or XLGC_KEEP for a reprieve: the object is a root,
   * with all it reaches, until the next flush or round, and is then asked again unless something holds it. */
  int (*orphaned)(xlgc_context *context, xlgc_id id, void *object, void *data);
  /* A transient object of this kind was forgotten; its id is dead. */
  void (*forgotten)(xlgc_context *context, xlgc_id id, void *object, void *data);
  void *data;        /* handed to the functions above */
  unsigned delivery; /* XLGC_DELIVER_* */
} xlgc_kind;

/* One report of misuse or trouble that was found late, to `on_error`. Fields that do not apply are 0. */
typedef struct xlgc_error {
  int code;         /* XLGC_E_* */
  const char *what; /* the operation: "link", "unlink", "pin", "unpin", "add_link", "drop_link" */
  xlgc_id source, target;
  void *parent, *child; /* for events by address */
  const char *context;  /* the name of the context that logged the event */
  uint64_t position;    /* the how-manyeth event of that context it was, from 0 */
} xlgc_error;

/* One object that is still there when its pool is destroyed, to `on_survivor`. */
typedef struct xlgc_survivor {
  xlgc_id id;
  void *object;
  const xlgc_kind *kind;
  uint32_t pins;     /* how often it is pinned */
  uint64_t holders;  /* links into it */
  void *holder;      /* the address of one object that holds it, or NULL */
  xlgc_id holder_id; /* its id, or XLGC_ID_NONE */
} xlgc_survivor;

/* Who holds a round up, to `on_held`. */
typedef struct xlgc_held {
  const char *context; /* its name */
  int in_section;      /* it is inside a section; otherwise its mailbox has questions that wait for an answer */
  uint64_t ns;         /* for how long it has been waited for */
} xlgc_held;

/* The memory functions of a pool. `release` is given the size that was asked for. Must be thread-safe when the
 * pool is used by several threads or has a worker, and must not call the library. */
typedef struct xlgc_allocator {
  void *(*allocate)(void *data, size_t size_bytes); /* NULL when there is none; aligned as malloc's */
  void (*release)(void *data, void *memory, size_t size_bytes);
  void *data;
} xlgc_allocator;

/* How objects are kept certified. Both give the same verdicts. */
enum {
  XLGC_CERTIFIED = 0, /* a rank above its supporter's: most changes touch one or two links */
  XLGC_EXACT = 1      /* the least distance to a root, always in sync: costs more where distances shift */
};

/* What a context does when the queue is at its bound. The worker and callbacks never wait on their own queue, nor
 * does a thread whose own section the round waits for: these go beyond it. */
enum {
  XLGC_FULL_HELP = 0, /* runs a step on the calling thread (default); and earlier, see help_events */
  XLGC_FULL_WAIT = 1, /* waits for the worker; without a worker: XLGC_E_QUEUE */
  XLGC_FULL_FAIL = 2  /* XLGC_E_QUEUE, nothing is logged */
};

/* How a pool is made. Fill it with xlgc_config_init, then change what should differ. */
typedef struct xlgc_config {
  int setting;               /* XLGC_CERTIFIED or XLGC_EXACT */
  int when_full;             /* XLGC_FULL_* */
  size_t queue_events;       /* bound on events logged and not yet applied, in records of 16 bytes, beside
                                524 of each context's own; at least 1020, default 2^20 */
  size_t help_events;        /* with XLGC_FULL_HELP, as long as nobody works: who logs beyond so many of them
                                runs a step now and then, while what they name is in its cache; callbacks
                                may so run inside of whatever call reports; default 2^14. 0: only when the
                                queue is at its bound */
  size_t queue_reserve;      /* of these, how many have their memory from the start; at least 1020,
                                default 1024 */
  uint64_t worker_period_ns; /* how long the worker lets events lie when few come; default 10 ms */
  xlgc_allocator allocator;  /* all NULL: malloc and free, and huge pages of the system for what is large */
  void (*on_error)(void *data, const xlgc_error *error);          /* NULL: only counted, see xlgc_stats */
  void (*on_survivor)(void *data, const xlgc_survivor *survivor); /* NULL: not reported */
  uint64_t watchdog_ns; /* after how long `on_held` is told, and again after as long; default 1 s */
  void (*on_held)(void *data, const xlgc_held *held); /* NULL: only in xlgc_stats */
  void *data;                                         /* handed to the functions above */
} xlgc_config;

/* ------------------------------------------------------------------ pool */

/* Fills `config` with the defaults. */
XLGC_API void xlgc_config_init(xlgc_config *config);

/* Creates a pool. config: how, NULL for the defaults; copied. out: the pool.
 * On error XLGC_E_NOMEM, XLGC_E_INVAL. Ownership: destroy it with xlgc_pool_destroy. Threads: any.
 * Cost: about 40 KiB, and 180 KiB more with the first object and link; the table grows by segments that never move. */
XLGC_API int xlgc_pool_create(const xlgc_config *config, xlgc_pool **out);

/* Ends a pool's life in the program: no more events are taken (XLGC_E_SHUTDOWN), but from callbacks; what is logged is
 * applied, the worker and the clean-up thread end, all mailboxes are dispatched on this thread, and objects that are
 * still there are reported to `on_survivor`, one call each, with one who holds them. Contexts may still be destroyed,
 * and their threads may go on calling; what such a thread logs at the very moment is refused, or applied by
 * xlgc_pool_destroy.
 * On error XLGC_E_SHUTDOWN the second time, XLGC_E_DEADLOCK from inside a callback, XLGC_E_HELD while a context of this
 * thread is inside a section, XLGC_E_FORK, XLGC_E_NOMEM: then call it again, the pool's threads have ended already.
 * Threads: any. Blocks: until sections of other threads have ended and the last release has returned. */
XLGC_API int xlgc_pool_shutdown(xlgc_pool *pool);

/* Shuts a pool down if that was not done, and destroys it with its contexts. Sections that are still open are taken to
 * be left. pool: may be NULL.
 * On error XLGC_E_DEADLOCK from inside a callback of the pool; the pool lives on. In a forked child it frees
 * what the child has a copy of, unless another thread was at work on it when the process forked, and tells nobody.
 * Threads: no other thread may use the pool or its contexts any more. Blocks: until the last release returns. */
XLGC_API int xlgc_pool_destroy(xlgc_pool *pool);

/* -------------------------------------------------------------- contexts */

/* Creates a context, through which one mutator reports. name: for reports, copied up to 31 bytes, may be NULL.
 * On error XLGC_E_NOMEM, XLGC_E_SHUTDOWN, XLGC_E_FORK. Ownership: the pool's, until xlgc_context_destroy or the pool's
 * end. Threads: any; the calling thread becomes its owner. Cost: less than a kilobyte, and 8 KiB more once it has
 * logged some events: thousands are fine, as for coroutines. A round looks at each. */
XLGC_API int xlgc_context_create(xlgc_pool *pool, const char *name, xlgc_context **out);

/* This thread's own context of the pool, created at its first use and destroyed when the thread ends; also inside the
 * destructors of thread-specific data. Do not destroy it by hand. On error as xlgc_context_create.
 * Cost: a thread-local look-up after the first time. */
XLGC_API int xlgc_context_here(xlgc_pool *pool, xlgc_context **out);

/* Ends a context. What it has logged is kept and applied under its name; its pins and links stay, a section it is in is
 * left, what its mailbox holds and what would still come there is delivered inline. context: may be NULL.
 * On error XLGC_E_BUSY from inside its own dispatch. Threads: any, when no other uses the context. */
XLGC_API int xlgc_context_destroy(xlgc_context *context);

/* Ends a context, whose thread may be gone, in favour of another of the same pool: as xlgc_context_destroy, but its
 * mailbox, and the clean-up of the objects it registered, are the heir's from now on.
 * On error XLGC_E_INVAL for two that are the same, XLGC_E_FOREIGN for two pools' contexts, XLGC_E_BUSY. Threads: the
 * heir's. */
XLGC_API int xlgc_context_adopt(xlgc_context *heir, xlgc_context *ended);

/* How many events the context has logged, which is the position of its next one. */
XLGC_API uint64_t xlgc_context_position(const xlgc_context *context);

/* A section: until xlgc_leave, objects that this context reads from live objects stay valid though nothing is logged.
 * What it wants to keep it links or pins before it leaves. Rounds wait with their verdicts for sections that are open;
 * mutators do not. Sections nest; the outermost counts. Inside one, do not wait for another thread that may log: at
 * the queue's bound that waits for the round, and the round for the section.
 * On error XLGC_E_SHUTDOWN, XLGC_E_FORK. Threads: the context's. Cost: a store and a full fence. */
XLGC_API int xlgc_enter(xlgc_context *context);
/* On error XLGC_E_SECTION when it is in none. Cost: a store. */
XLGC_API int xlgc_leave(xlgc_context *context);
/* For long sections, at a point where the context has no object in hand but what it has logged: as leaving, from
 * however deep, and entering again. On error XLGC_E_SECTION when it is in none. */
XLGC_API int xlgc_safepoint(xlgc_context *context);

/* Handles up to `max` messages of the context's mailbox: calls `orphaned`, `release` and `forgotten` of the objects it
 * registered whose kind has XLGC_DELIVER_OWNER. Returns how many were handled. On error XLGC_E_BUSY from inside such a
 * callback, XLGC_E_FORK. Threads: the context's, where no other work on the pool is needed; a callback may step or
 * flush the pool, but a flush waits for nobody's answer that this thread would have to give (XLGC_E_HELD). */
XLGC_API int xlgc_context_dispatch(xlgc_context *context, size_t max);

/* A file descriptor that is readable while the mailbox has messages, for event loops: wait for it, then dispatch, which
 * clears it; neither read nor close it. Created at the first call. Returns it, or XLGC_E_NOMEM when the system gives
 * none, XLGC_E_STATE on systems without eventfd, XLGC_E_FORK. Threads: any. */
XLGC_API int xlgc_context_fd(xlgc_context *context);

/* --------------------------------------------------------------- objects */

/* Makes an object known. object: an address or handle, NULL allowed; indexed unless NULL or the kind says
 * otherwise. kind: see xlgc_kind; NULL for an object without clean-up. out: its id.
 * The object is new, and by that a root, until its first pin or in-link is applied; from then on only pins and
 * links keep it. To take back a new object that nothing will hold, pin and unpin it.
 * On error XLGC_E_EXISTS when the address is indexed already, XLGC_E_NOMEM, XLGC_E_FULL; for a transient kind also
 * XLGC_E_QUEUE.
 * Threads: the context's. Cost: O(1), takes the pool's lock for a moment. */
XLGC_API int xlgc_register(xlgc_context *context, void *object, const xlgc_kind *kind, xlgc_id *out);

/* The id of the object at an indexed address. On error XLGC_E_UNKNOWN. Threads: any. Cost: one hash look-up. */
XLGC_API int xlgc_lookup(xlgc_pool *pool, const void *object, xlgc_id *out);

/* -------------------------------------------------------------- barriers
 * Each logs one event and returns; the worker, a step or a flush applies it later, in the order logged.
 * Returns 0. On error XLGC_E_INVAL for XLGC_ID_NONE, XLGC_E_FOREIGN for another pool's id, XLGC_E_QUEUE at the
 * queue's bound (policy), XLGC_E_NOMEM, XLGC_E_SHUTDOWN, XLGC_E_FORK; the event is then not logged. A stale id, a link
 * that is not there and the like are found when the event is applied and go to `on_error`.
 * A link takes memory for itself when it is logged, so applying it cannot fail for lack of memory; dropping
 * never needs memory beyond the queue.
 * Threads: the context's. Blocks: only at the queue's bound. Cost: an append to the context's chunk, by inline code for
 * all but the _at ones (xlgc/inline.h; XLGC_NO_INLINE defined before this header: by a call). */

/* source now holds target. Linking a pair again counts. A self link is legal and keeps nothing alive. */
XLGC_API int xlgc_link(xlgc_context *context, xlgc_id source, xlgc_id target);
/* source holds target one time less. Ignored when source has been released: its links are gone already. */
XLGC_API int xlgc_unlink(xlgc_context *context, xlgc_id source, xlgc_id target);
/* A pointer in source moved from `old` to `now`: links now, then unlinks old. Either may be XLGC_ID_NONE. Both
 * are logged or neither. */
XLGC_API int xlgc_relink(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now);
/* A counted reference by decree: from a stack, a global, a foreign heap. Pinned objects are roots. */
XLGC_API int xlgc_pin(xlgc_context *context, xlgc_id object);
XLGC_API int xlgc_unpin(xlgc_context *context, xlgc_id object);

/* xlgc_link, saying also where the pointer is and of what type the link is.
 * place: the address of the pointer to target inside source, or NULL. When source and target die together,
 * *place is set to NULL before either is released, if it still holds target's address. It must be readable and
 * writable as long as source is not released.
 * tag: 0 to XLGC_TAG_MAX, the program's own; kept per pair, the last one given counts; xlgc_each_target gives it. */
XLGC_API int xlgc_link_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place, unsigned tag);
/* xlgc_unlink for a link made at `place`. */
XLGC_API int xlgc_unlink_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place);
#define XLGC_TAG_MAX 31u

/* The address that an object was registered with. out: it. For who holds the object, also inside callbacks.
 * On error XLGC_E_STALE, XLGC_E_FOREIGN. Threads: any. Cost: some loads; takes no lock and applies nothing. */
XLGC_API int xlgc_address(xlgc_pool *pool, xlgc_id id, void **out);

/* ------------------------------------------------------- weak references */

/* Makes a reference that does not hold its object. cleared: called once when the object will be released, after every
 * load answers none and before the release, by whoever works; may be NULL; the reference stays the caller's. It may
 * destroy the reference.
 * On error XLGC_E_STALE, XLGC_E_FOREIGN, XLGC_E_NOMEM, XLGC_E_QUEUE, XLGC_E_RELEASED when the object's release is
 * decided.
 * Ownership: destroy it, also after it was cleared, before the pool. Threads: the context's, which must hold the
 * object.
 * Cost: a look-up under the pool's lock. */
XLGC_API int xlgc_weak_create(xlgc_context *context, xlgc_id object, void (*cleared)(void *data, xlgc_weak *weak),
                              void *data, xlgc_weak **out);
/* Loads it. out: the object, pinned: let go with xlgc_unpin; or XLGC_ID_NONE once its release is decided. Never an
 * object that will be released while that pin is there. Returns 0. On error XLGC_E_FORK. Threads: any. Cost: the
 * pool's lock for a moment. */
XLGC_API int xlgc_weak_load(xlgc_weak *weak, xlgc_id *out);
/* Destroys a reference. weak: may be NULL. Threads: any, when no other uses it; `cleared` may be running meanwhile on
 * the thread that works. */
XLGC_API int xlgc_weak_destroy(xlgc_weak *weak);

/* What xlgc_intern shall make when no living object has the key. */
typedef struct xlgc_interned {
  void *object;          /* as for xlgc_register */
  const xlgc_kind *kind; /* may be NULL */
  const void *key;       /* the object's own copy of the key; must stay as it is until the object's release is called */
} xlgc_interned;

/* The one object of the pool with this key, pinned: hash-consing. The table holds nothing alive and needs no finalizer:
 * an object leaves it when its release is decided.
 * key, key_bytes: compared as bytes. hash: of the key, any good 32 bits, the same for the same key.
 * make: called without a lock when there is none; fills `made`, which is then registered and entered; answers 0, or
 * what xlgc_intern shall return. If another thread was faster its object is the answer, and the one made is an orphan
 * at once.
 * Returns 0. On error XLGC_E_INVAL, XLGC_E_NOMEM, XLGC_E_EXISTS, XLGC_E_FULL, XLGC_E_FORK, XLGC_E_SHUTDOWN, or as
 * `make`; the object made, if any, is then not known to the pool and the caller's. Threads: the context's. Cost: a
 * hash look-up under the pool's lock. */
XLGC_API int xlgc_intern(xlgc_context *context, const void *key, size_t key_bytes, uint32_t hash,
                         int (*make)(void *data, const void *key, size_t key_bytes, xlgc_interned *made), void *data,
                         xlgc_id *out);

/* ------------------------------------------------------------------ work */

/* Works for at most `units` units on what was logged, and goes on where the last step stopped: applies events,
 * repairs certificates, tells orphans. Returns 1 when work is left, 0 when there is none.
 * On error XLGC_E_BUSY inside a callback or while another thread works, XLGC_E_NOMEM when an event by address or with
 * a place could not be applied (it is kept and tried again), XLGC_E_HELD when nothing can be done until a context has
 * left its section or answered a question, XLGC_E_FORK. Threads: any. */
XLGC_API int xlgc_step(xlgc_pool *pool, size_t units);
/* The same for at most `ns` nanoseconds of the monotonic clock, looked at every few dozen units. */
XLGC_API int xlgc_step_for(xlgc_pool *pool, uint64_t ns);
/* Works until everything logged before, and everything that callbacks log meanwhile, is applied and all orphans
 * are told, which means for a kind that is delivered elsewhere: in the mailbox. Objects that were reprieved before are
 * asked again. Returns 0, or an error as xlgc_step. XLGC_E_HELD only when it is this thread that holds the round up.
 * Blocks: also while another thread works on the pool, is inside a section, or has a question to answer. */
XLGC_API int xlgc_flush(xlgc_pool *pool);
/* Applies what was logged to the link table, gives no verdict and tells nobody: for reading the table, or for
 * bounding the queue where orphans shall fall only at flushes. Returns 0, or an error as xlgc_flush. */
XLGC_API int xlgc_apply(xlgc_pool *pool);

/* Starts the pool's worker, a thread that does by itself what xlgc_step does by hand.
 * On error XLGC_E_STATE when it runs, XLGC_E_THREAD, XLGC_E_FORK, XLGC_E_SHUTDOWN. */
XLGC_API int xlgc_worker_start(xlgc_pool *pool);
/* Stops it when it has finished its round. What is logged stays logged. On error XLGC_E_STATE when there is
 * none, XLGC_E_DEADLOCK from a callback. Blocks: until the worker has ended. */
XLGC_API int xlgc_worker_stop(xlgc_pool *pool);

/* Starts and stops the pool's clean-up thread, which dispatches what is delivered to XLGC_DELIVER_CLEANER.
 * On error as xlgc_worker_start and xlgc_worker_stop. */
XLGC_API int xlgc_cleaner_start(xlgc_pool *pool);
XLGC_API int xlgc_cleaner_stop(xlgc_pool *pool);

/* --------------------------------------------------------------- reading
 * These see every event logged before the call: they apply what is pending first (as xlgc_apply) and wait for
 * another thread's step to end, and for answers that a verdict under way needs (XLGC_E_HELD when they are this
 * thread's). On error XLGC_E_BUSY inside a callback, unless said otherwise. */

/* The least number of links from a root to the object, by a breadth-first search backwards. out: the distance, or
 * XLGC_UNREACHABLE when no root reaches it. The same in both settings.
 * On error XLGC_E_STALE, XLGC_E_FOREIGN. Cost: in certified setting the links into all that holds it, in the worst
 * case; needs no memory. */
XLGC_API int xlgc_distance(xlgc_pool *pool, xlgc_id object, uint64_t *out);

/* Why is it alive: a shortest chain of holders, nearest first, the root last. holders: room for `capacity` ids.
 * length: how many there are, also when that is more than the capacity (the first ones are stored); 0 for a root.
 * On error XLGC_E_UNKNOWN when no root reaches it, XLGC_E_STALE, XLGC_E_FOREIGN. Cost: as xlgc_distance. */
XLGC_API int xlgc_path(xlgc_pool *pool, xlgc_id object, xlgc_id *holders, size_t capacity, size_t *length);

/* One link as the iterators show it. */
typedef struct xlgc_link_info {
  xlgc_id source, target;
  uint32_t count;
  unsigned tag;
} xlgc_link_info;

/* Calls `each` for every target that the object holds, or every source that holds it, in no stated order; a value
 * other than 0 from `each` stops, and is returned. `each` may log events, and may step, flush or apply: a link that
 * is there all the while is shown at least once, one that comes or goes meanwhile may be shown or not. After
 * the object itself is gone the iteration ends. On error XLGC_E_STALE, XLGC_E_FOREIGN.
 * Cost: one unit a link. */
XLGC_API int xlgc_each_target(xlgc_pool *pool, xlgc_id source, int (*each)(void *data, const xlgc_link_info *link),
                              void *data);
XLGC_API int xlgc_each_source(xlgc_pool *pool, xlgc_id target, int (*each)(void *data, const xlgc_link_info *link),
                              void *data);

/* What is known of one object. */
typedef struct xlgc_object_info {
  void *object;
  const xlgc_kind *kind;
  uint32_t pins;
  int is_root; /* pinned, new, or reprieved */
  int is_new;
} xlgc_object_info;
/* On error XLGC_E_STALE, XLGC_E_FOREIGN. */
XLGC_API int xlgc_info(xlgc_pool *pool, xlgc_id object, xlgc_object_info *out);

/* Counters since the pool was created, and its present size. Deterministic for a given sequence of calls, but for the
 * times of steps. */
enum { XLGC_STEP_TIMES = 36 };
typedef struct xlgc_statistics {
  uint64_t objects;          /* present now */
  uint64_t links;            /* present now, counting a pair once */
  uint64_t events;           /* applied, misuse included */
  uint64_t errors;           /* reported to on_error */
  uint64_t late_drops;       /* unlinks of what a released object held: ignored */
  uint64_t orphans;          /* told */
  uint64_t kept;             /* answers XLGC_KEEP */
  uint64_t forgotten;        /* transient objects */
  uint64_t touched;          /* links looked at, made or removed, by all but reading */
  uint64_t table_operations; /* links entered into or taken out of the table */
  uint64_t repairs;          /* certificates that broke */
  uint64_t searches;         /* of these, the ones no look at a few holders could mend */
  uint64_t rank_renumberings;
  uint64_t rounds;
  uint64_t rounds_held; /* of these, the ones that had to wait for a section or an answer */
  uint64_t cancelled;   /* links that met their unlink before they were entered into the table */
  uint64_t contexts;    /* present now, the pool's own not counted */
  uint64_t weak_saved;  /* objects that a weak load or an interned look-up kept when all else had let go */
  uint64_t mailed;      /* messages that wait in mailboxes */
  uint64_t queued;      /* records logged and not yet applied */
  uint64_t bytes;       /* memory the pool holds */
  uint64_t bytes_peak;
  uint64_t link_bytes;      /* of these, for link records and their directory */
  uint64_t object_bytes;    /* for object records and their directory */
  uint64_t index_bytes;     /* for the index of addresses */
  uint64_t queue_bytes;     /* for event chunks and contexts */
  char held_by[32];         /* the name of the context that holds the present round up, or "" */
  uint64_t longest_step_ns; /* of xlgc_step, the worker's steps included */
  uint64_t
      steps[XLGC_STEP_TIMES]; /* how many took from 2^i ns up to 2^(i+1); the last: and longer; the first: from 0 */
} xlgc_statistics;
/* Does not apply anything first. Waits for another thread's step; inside a callback it answers at once. */
XLGC_API int xlgc_stats(xlgc_pool *pool, xlgc_statistics *out);
/* xlgc_statistics.touched alone. */
XLGC_API uint64_t xlgc_links_touched(xlgc_pool *pool);

/* Checks every invariant of the pool against a search from the roots; for tests and for hunting overwritten memory.
 * why: room for a sentence about the first difference, may be NULL. size_bytes: of it.
 * On error XLGC_E_CORRUPT, XLGC_E_NOMEM. Cost: all objects and links. */
XLGC_API int xlgc_verify(xlgc_pool *pool, char *why, size_t size_bytes);

/* ------------------------------------------------------------ by address
 * The face of the original proposal: objects are plain addresses of the process's default pool, known from their
 * first link, roots until their first in-link. Addresses are resolved when the event is applied. Any thread may call
 * these; each logs to its own context of the pool, see xlgc_context_here. */

/* The process's default pool, created at its first use with the default configuration. NULL without memory. Never
 * destroyed by the library; start its worker, step or flush it as any pool. */
XLGC_API xlgc_pool *xlgc_default_pool(void);

/* parent now holds child. place: where the pointer is, or NULL; see xlgc_link_at. On error XLGC_E_INVAL for NULL,
 * XLGC_E_QUEUE, XLGC_E_NOMEM. */
XLGC_API int xlgc_add_link(void *parent, void *child, void *place);
/* parent holds child one time less. releaser, param: called as releaser(param) when child is an orphan; the last one
 * given for a child counts, NULL changes nothing. With param NULL the child's address is handed over. Given only by the
 * releaser of the child's last holder it comes too late, as both are then told together. */
XLGC_API int xlgc_drop_link(void *parent, void *child, void (*releaser)(void *param), void *param);

/* Where the compiler allows, five barriers are inline from here on. Comes last, as it is code on the types above. */
#include <xlgc/inline.h>

#ifdef __cplusplus
}
#endif

#endif
