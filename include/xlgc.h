/* xlgc: exact, incremental garbage collection by links, across languages.
 *
 * A program reports each link, "source now holds target", and each loss of one. xlgc keeps the links in a table, and
 * for every object a certificate that a root reaches it. An object that has lost its last path from a root, alone or
 * inside a cycle, is notified, so that it cleans up. xlgc never looks into an object's memory and never owns it.
 *
 * Words used below; all words are in doc/glossary.md of the sources
 *   pool     one link table with its contexts and worker; pools share nothing
 *   object   an entry of a pool: an address or handle of the program's, a kind, a state
 *   link     (source, target), counted: linked twice, it takes two unlinks to go
 *   root     an object that stays without a link: pinned, kept by its `orphaned`, or new, that is, never yet pinned nor
 *            the target of a link
 *   orphan   an object that no root reaches any more; xlgc notifies it by its kind's `release`
 *   place    the address of the pointer that makes a link; see xlgc_link_at
 *   context  the log of events and the mailbox of one thread, coroutine or script engine
 *   section  a stretch in which a context uses what it reads from live objects without logging it
 *   round    applies events up to a cut, repairs certificates, and notifies orphans
 *   unit     the measure of work: one event applied, one link touched, or one orphan notified
 *
 * Errors. Functions return 0 or a negative XLGC_E* code. One that fails changes nothing, unless its comment says
 * otherwise. Misuse that is seen only when an event is applied (an unlink of a link that is not there) goes to the
 * pool's `on_error`.
 *
 * Threads. A pool has as many contexts as the program wants, and each may be used by one thread at a time. Functions
 * that take a pool may be called from any thread, and a worker thread may run beside them. Nothing here is safe in a
 * signal handler. The library stays in memory once it has been loaded: dlclose does not unload it, nor a plug-in that
 * has it inside and has made a pool.
 *
 * Forks. The child of a fork has copies of its parent's pools. It may end in any way. Every function that takes such a
 * pool, a context or a weak reference of it answers XLGC_E_FORK, without a lock; xlgc_pool_destroy frees the copy. The
 * child may create pools of its own, and gets a default pool of its own at its first use. In the child, a callback that
 * has forked must not return. What comes from _Fork or vfork, which run no handlers, may only execute another program
 * or call _exit.
 *
 * Rules between threads. A thread takes an object that another thread may drop at any moment in one of two ways:
 *   under a lock   The program's own lock covers "read the pointer" and "log the add" (xlgc_link or xlgc_pin), and
 *                  covers "change the pointer" and "log the drop", as for any reference count.
 *   in a section   Between xlgc_enter and xlgc_leave, what is read from live objects stays valid without a lock and
 *                  without an event. What the thread keeps, it links or pins before the section ends. A thread that
 *                  changes a pointer which sections read logs the add before it stores the pointer, and the drop after
 *                  it has overwritten it. Threads that change the same pointer exchange it: each value is dropped once.
 * Events of one context are applied in the order logged. Between contexts, an add that was logged before a drop is
 * applied before it; nothing else is promised. A drop that is found before its add waits for it.
 *
 * Callbacks (`release`, `orphaned`, `forgotten`, `cleared`) run while no lock of the pool is taken, on the thread that
 * works on the pool: the worker, or the caller of a step, flush or dispatch. A kind can ask for another thread (see
 * XLGC_DELIVER_INLINE). A call that reports (xlgc_register, a barrier, xlgc_weak_create) never runs them, unless the
 * pool was configured so (help_tells); so a program may take the same lock around what it reports and in its callbacks.
 * Such a call may still find orphans, once many events wait; they are told by the next thread that works. The functions
 * of the configuration, on_error and on_held, run on any thread that calls the pool: they should take no lock that is
 * held while reporting. All of these may call anything here. On the thread that works, a step or flush answers
 * XLGC_E_BUSY and a destroy XLGC_E_DEADLOCK. They must return: no longjmp, no exception, no end of the thread.
 */
#ifndef XLGC_H
#define XLGC_H

#include <stddef.h>
#include <stdint.h>

#include <xlgc/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(XLGC_BUILDING) && defined(__GNUC__) && !defined(_WIN32)
#define XLGC_API __attribute__((visibility("default")))
#else
#define XLGC_API
#endif

/* ---------------------------------------------------------------- errors */

/* Every code with its value and its text, for the enum, xlgc_strerror and the manual. */
#define XLGC_ERRORS(X)                                                                                               \
  X(NOMEM, -1, "out of memory; nothing was changed, try again when memory is free")                                  \
  X(INVAL, -2, "bad argument; see the function's comment in xlgc.h")                                                 \
  X(STALE, -3, "this id's object is gone; drop ids when their object is released")                                   \
  X(FOREIGN, -4, "this id belongs to another pool; links cannot cross pools")                                        \
  X(EXISTS, -5, "this address is registered already; use xlgc_lookup to find its id")                                \
  X(UNKNOWN, -6, "no object is registered at this address")                                                          \
  X(NOLINK, -7, "there is no such link to drop; it was dropped before or never added")                               \
  X(NOPIN, -8, "the object is not pinned; every unpin needs a pin before it")                                        \
  X(RELEASED, -9, "the object was already notified to clean up; it cannot be linked or pinned again")                \
  X(FULL, -10, "a limit is reached: ids, kinds, or the count of one link or pin")                                    \
  X(QUEUE, -11, "the event queue is at its bound; step or flush the pool, start its worker, or raise the bound")     \
  X(BUSY, -12, "the pool is at work on this or another thread; call again after it has returned")                    \
  X(DEADLOCK, -13, "a pool cannot be destroyed, nor its worker stopped, from inside its own callbacks")              \
  X(STATE, -14, "not possible in this state, such as a worker that runs already; see the function in xlgc.h")        \
  X(FORK, -15, "this pool belongs to the parent process; a child must create its own")                               \
  X(THREAD, -16, "the system could not start a thread")                                                              \
  X(CORRUPT, -17, "an invariant of the pool does not hold; this is a defect in xlgc or overwritten memory")          \
  X(HELD, -18, "a context stalls the round: it must leave its section or dispatch its mailbox; see xlgc_stats")      \
  X(SHUTDOWN, -19, "the pool was shut down; it takes no more events and can only be destroyed")                      \
  X(SECTION, -20, "the context is not inside a section; every leave needs an enter before it")                       \
  X(RAISED, -21, "the other language raised an error; xlgc_visit_message has its text")                              \
  X(LAYOUT, -22, "parts of this program were compiled with xlgc.hpp files that differ; compile all with the same")   \
  X(BACKLOG, -23, "many objects wait to be released; step, flush or dispatch, start the worker, or see help_tells")  \
  X(PLACE, -24, "a pointer is not as it was reported; report each change of it, at the place where it is")           \
  X(OTHER_THREAD, -25, "this engine belongs to another thread; use its objects on that thread, or pass it the work") \
  X(WAS_HELD, -26, "the object is or was held, so it stays; drop what holds it, and a round releases it")

enum {
#define XLGC_X(name, value, text) XLGC_E_##name = value,
  XLGC_ERRORS(XLGC_X)
#undef XLGC_X
};

/* The text for a code. Returns a static string, never NULL, for any value. Threads: any. */
XLGC_API const char *xlgc_strerror(int code);
/* The code's name, such as "XLGC_E_NOMEM". Returns a static string, never NULL. Threads: any. */
XLGC_API const char *xlgc_errname(int code);
/* The version of the library that runs (XLGC_VERSION is the one compiled against). Static string. Threads: any. */
XLGC_API const char *xlgc_version(void);

/* ----------------------------------------------------------------- types */

typedef struct xlgc_pool xlgc_pool;
typedef struct xlgc_context xlgc_context;
typedef struct xlgc_weak xlgc_weak;

/* Names an object for ever: its slot, the slot's generation, and its pool. The id of a released object never names
 * another one. 0 is no object. Do not take ids apart. */
typedef uint64_t xlgc_id;
#define XLGC_ID_NONE UINT64_C(0)

/* The distance of an object that no root reaches. */
#define XLGC_UNREACHABLE UINT64_MAX

/* What `orphaned` may answer: release the object, or keep it for now. */
enum { XLGC_LET_GO = 0, XLGC_KEEP = 1 };

enum {
  /* An object of this kind that is new and holds nothing is forgotten at the end of a round, without `release`. For
   * sources that come and go by themselves: stack frames, globals, names. With a worker running, this may happen before
   * the first link is logged. */
  XLGC_KIND_TRANSIENT = 1,
  /* The address is not indexed: several objects can have the same, and xlgc_lookup does not find it. That saves the
   * index entry's memory (56 bytes an object). */
  XLGC_KIND_UNINDEXED = 2,
  /* The kind is the beginning of an xlgc_described_kind. */
  XLGC_KIND_DESCRIBED = 4,
  /* Objects of such kinds are released after all others that the same round has found, and among them those that others
   * hold come first. For a `release` that uses what held its object, as that of a child which signs off at its parent.
   * Costs another unit an object. */
  XLGC_KIND_HELD_FIRST = 8,
  /* The kind is the beginning of an xlgc_labelled_kind (xlgc/why.h). */
  XLGC_KIND_LABELLED = 16
};

/* On which thread a kind's `release`, `orphaned` and `forgotten` are called. */
enum {
  XLGC_DELIVER_INLINE = 0,  /* the thread that works: the worker, or the caller of a step, a flush or a dispatch; a
                               thread that reports only if help_tells says so */
  XLGC_DELIVER_WORKER = 1,  /* the worker only; until it runs, the call waits */
  XLGC_DELIVER_CLEANER = 2, /* the pool's clean-up thread, see xlgc_cleaner_start; until it runs, the call waits */
  XLGC_DELIVER_OWNER = 3    /* the context that registered the object, when it calls xlgc_context_dispatch */
};

/* What objects of one sort have in common. The struct belongs to the caller, must not change and must outlive the pool.
 * All functions may be NULL. `context` is the one through which the callback reports; it must not be used after the
 * callback has returned. */
typedef struct xlgc_kind {
  const char *name; /* for reports */
  unsigned flags;   /* XLGC_KIND_* */
  /* The object is an orphan: clean it up. Its links are gone already; an unlink of what it held is ignored. Called once
   * per object, sources before their targets as far as cycles allow, inside a cycle in the order of slots; with
   * XLGC_KIND_HELD_FIRST in the reverse of that order. That is an order of calls as long as all are delivered alike.
   * When this returns, the id is no longer valid. */
  void (*release)(xlgc_context *context, xlgc_id id, void *object, void *data);
  /* Asked before the object would be released: XLGC_LET_GO, or XLGC_KEEP, which makes it a root until the next flush or
   * round, so that all it reaches stays too. It is then asked again, unless something holds it. What the callback logs
   * is applied after the answers: a pin of an object that is then let go keeps nothing, and is XLGC_E_RELEASED at
   * on_error. What it gets from xlgc_weak_load is kept, also by a weak reference that it has just made. */
  int (*orphaned)(xlgc_context *context, xlgc_id id, void *object, void *data);
  /* A transient object of this kind was forgotten; its id is no longer valid. */
  void (*forgotten)(xlgc_context *context, xlgc_id id, void *object, void *data);
  void *data;        /* handed to the functions above */
  unsigned delivery; /* XLGC_DELIVER_* */
} xlgc_kind;

/* A part of an object that may be the place of a pointer. */
typedef struct xlgc_field {
  const char *name;
  size_t offset_bytes, size_bytes;
} xlgc_field;
#define XLGC_FIELD(type, member) \
  { #member, offsetof(type, member), sizeof(((type *)0)->member) }

/* A kind with XLGC_KIND_DESCRIBED, that says what its objects consist of, so that errors name a place by its field. The
 * fields belong to the caller as the kind does. */
typedef struct xlgc_described_kind {
  xlgc_kind kind;
  size_t size_bytes;
  const xlgc_field *fields; /* in any order; may be NULL */
  size_t field_count;
} xlgc_described_kind;

/* One error that was found when an event was applied, or by a pool that checks, for `on_error`. Fields that do not
 * apply are 0. The text of it: xlgc_error_text. */
typedef struct xlgc_error {
  int code;         /* XLGC_E_* */
  const char *what; /* the operation: "link", "unlink", "pin", "unpin", "add_link", "drop_link", "weak_create"; or what
                       is not as reported: "place", "ref", "pointer" */
  xlgc_id source, target;
  void *parent, *child;                  /* for events by address */
  const char *context;                   /* the name of the context that logged the event */
  uint64_t position;                     /* the number of the event in that context, from 0 */
  const char *source_kind, *target_kind; /* the names of their kinds, while the objects are there */
  void *place;                           /* of the pointer, if it was reported */
  size_t offset_bytes; /* of the place in the source; SIZE_MAX when it is not inside: of an object whose kind is not
                          described, in the first 4096 bytes */
  const char *field;   /* the field of the source's kind that the place is in */
  /* In a pool that checks: what else was logged for the place, if that matters. */
  xlgc_id other_target;
  const char *other_context;
  uint64_t other_position;
} xlgc_error;

/* One object that is still there when its pool is shut down, for `on_survivor`. */
typedef struct xlgc_survivor {
  xlgc_id id;
  void *object;
  const xlgc_kind *kind;
  uint32_t pins;     /* how often it is pinned */
  uint64_t holders;  /* links into it */
  void *holder;      /* the address of one object that holds it, or NULL */
  xlgc_id holder_id; /* its id, or XLGC_ID_NONE */
  /* In a pool that checks: where the newest pin of it was logged that is still there, or else the newest link from
   * `holder`. NULL and 0 otherwise. */
  const char *context;
  uint64_t position;
  void *place;
} xlgc_survivor;

/* A context that stalls a round, for `on_held`. */
typedef struct xlgc_held {
  const char *context; /* its name */
  int in_section;      /* it is inside a section; otherwise its mailbox has a question without an answer, or a scanner
                          of it is to be asked */
  uint64_t ns;         /* for how long the round has waited */
  const char *scanner; /* the name of that scanner (xlgc/scan.h), or NULL */
} xlgc_held;

/* The memory functions of a pool. `release` is given the size that was asked for. They must be thread-safe when several
 * threads use the pool or it has a worker, and must not call the library. */
typedef struct xlgc_allocator {
  void *(*allocate)(void *data, size_t size_bytes); /* NULL without memory; aligned as malloc's */
  void (*release)(void *data, void *memory, size_t size_bytes);
  void *data;
} xlgc_allocator;

/* What an object's rank is. Both settings release the same objects. */
enum {
  XLGC_CERTIFIED = 0, /* any number above its supporter's rank: most changes touch one or two links */
  XLGC_EXACT = 1      /* the least distance from a root: costs more where distances shift */
};

/* What a thread does that logs while the queue is at its bound. The worker, callbacks, and a thread whose own section
 * the round waits for, never wait: they go beyond the bound. So do all while the round waits for a scanner (xlgc/scan.h). What is bounded is events: objects that wait for a
 * callback are not. */
enum {
  XLGC_FULL_HELP = 0, /* runs a step without callbacks (default); and earlier, see help_events and help_tells */
  XLGC_FULL_WAIT = 1, /* waits for the worker; without a worker: XLGC_E_QUEUE */
  XLGC_FULL_FAIL = 2  /* XLGC_E_QUEUE, nothing is logged */
};

/* What becomes of objects that are to be asked or notified inline, when a thread that reports has found them: it works
 * on the pool at the queue's bound, or before that (help_events). */
enum {
  /* The default: the worker, or the next step, flush or dispatch calls them. Those to be notified are a backlog that is
   * not bounded: a record of 56 bytes each, and what the program has not freed yet. Those that would be asked, or whose
   * weak references have a `cleared`, stay alive. With more than 2^16 in the backlog, and no worker, on_error is told
   * once: XLGC_E_BACKLOG. */
  XLGC_HELP_TELLS_LATER = 0,
  /* It calls them itself: while reporting, the program holds no lock that callbacks take. */
  XLGC_HELP_TELLS_NOW = 1,
  /* The clean-up thread calls them, which the pool starts for the first of them; where that fails, as LATER. */
  XLGC_HELP_TELLS_CLEANER = 2
};

/* How a pool is made. Fill it with xlgc_config_init, then change what should differ. */
typedef struct xlgc_config {
  int setting;               /* XLGC_CERTIFIED or XLGC_EXACT */
  int when_full;             /* XLGC_FULL_* */
  size_t queue_events;       /* bound on events logged and not yet applied, in records of 16 bytes; besides, each
                                context has 524 of its own. At least 1020, default 2^20 */
  size_t help_events;        /* with XLGC_FULL_HELP: while more than so many events wait and no thread works on
                                the pool, threads that log also run steps, with what was logged still in
                                their cache. What questions such as xlgc_distance have applied counts too.
                                What these steps find is called as help_tells says. Default 2^14; 0: only
                                at as many as queue_events */
  size_t queue_reserve;      /* of these, how many have their memory from the start. At least 1020,
                                default 1024 */
  uint64_t worker_period_ns; /* how long events wait for the worker when few come; default 10 ms */
  xlgc_allocator allocator;  /* all NULL: malloc and free, and the system's huge pages for large tables */
  void (*on_error)(void *data, const xlgc_error *error);          /* NULL: only counted, see xlgc_stats */
  void (*on_survivor)(void *data, const xlgc_survivor *survivor); /* NULL: not reported */
  uint64_t watchdog_ns; /* after how long `on_held` is called, and how often again; default 1 s */
  void (*on_held)(void *data, const xlgc_held *held); /* NULL: only in xlgc_stats */
  void *data;                                         /* handed to the functions above */
  int help_tells;                                     /* XLGC_HELP_TELLS_* */
  int check; /* 1: a pool that checks what the program reports, for its tests; see xlgc_check. Also where the
                environment has XLGC_CHECK=1 */
} xlgc_config;

/* ------------------------------------------------------------------ pool */

/* Fills `config` with the defaults. */
XLGC_API void xlgc_config_init(xlgc_config *config);

/* Creates a pool. config: how, NULL for the defaults; copied. out: the pool.
 * On error XLGC_E_NOMEM, XLGC_E_INVAL. Ownership: destroy it with xlgc_pool_destroy. Threads: any.
 * Cost: about 40 KiB, and 180 KiB more with the first object and link, of which pages are touched only as they are
 * used; the tables grow by segments that never move. */
XLGC_API int xlgc_pool_create(const xlgc_config *config, xlgc_pool **out);

/* Ends a pool's use: from now on only callbacks can log events, all others get XLGC_E_SHUTDOWN. What is logged is
 * applied, the worker and the clean-up thread end, and all mailboxes are dispatched on this thread. Each object that is
 * left, also one that was kept, is reported to `on_survivor`, with one of the objects that hold it; it is not asked or
 * notified any more. Contexts may still be destroyed, and their threads may go on calling: what they log during this
 * call is refused, or applied by xlgc_pool_destroy, which releases or reports what was registered so late. So each
 * object is notified or reported, and that once.
 * On error XLGC_E_SHUTDOWN the second time, XLGC_E_DEADLOCK from inside a callback, XLGC_E_HELD while a context of this
 * thread is inside a section, XLGC_E_FORK, XLGC_E_NOMEM: then call it again, the pool's threads have ended already.
 * Threads: any. Blocks: until sections of other threads have ended and the last release has returned. */
XLGC_API int xlgc_pool_shutdown(xlgc_pool *pool);

/* Shuts a pool down if that was not done, and destroys it with its contexts. Sections that are still open are left.
 * What xlgc_pool_retain keeps, such as hosts of script engines (xlgc/host.h), may be used and ended afterwards.
 * pool: may be NULL.
 * On error XLGC_E_DEADLOCK from inside a callback of the pool; the pool lives on. XLGC_E_SHUTDOWN the second time, while
 * it is retained. In a forked child it frees the child's copy without a callback; if another thread was working on the
 * pool at the fork, it frees nothing.
 * Threads: no other thread may use the pool or its contexts any more. Blocks: until the last release returns. */
XLGC_API int xlgc_pool_destroy(xlgc_pool *pool);

/* For what may outlast a pool, such as a script engine. From now on xlgc_pool_destroy leaves the memory of the pool and
 * of its contexts in place, until xlgc_pool_release was called as often as this. Meanwhile all functions for them answer
 * as after xlgc_pool_shutdown, xlgc_pool_destroy XLGC_E_SHUTDOWN, and the functions of xlgc_config are not called any
 * more. Its allocator is, to free that memory: it must outlast it. xlgc/host.h does this for its hosts.
 * On error XLGC_E_INVAL. Threads: any. Cost: an atomic addition. */
XLGC_API int xlgc_pool_retain(xlgc_pool *pool);
/* Takes one xlgc_pool_retain back; the last one after xlgc_pool_destroy frees the memory. pool: may be NULL. Threads:
 * any. */
XLGC_API void xlgc_pool_release(xlgc_pool *pool);

/* How often this process was forked off since a pool was made in it or in a parent: a pool that was made at another
 * number belongs to a parent. For code that has locks of its own beside pools. Threads: any. Cost: a load. */
XLGC_API unsigned xlgc_forks(void);

/* -------------------------------------------------------------- contexts */

/* Creates a context, through which one thread at a time reports. name: for reports, copied up to 31 bytes, may be NULL.
 * On error XLGC_E_NOMEM, XLGC_E_SHUTDOWN, XLGC_E_FORK. Ownership: the pool's, until xlgc_context_destroy or the pool's
 * end. Threads: any. The thread that used a context last is its owner, which is told XLGC_E_HELD and XLGC_E_DEADLOCK
 * where it would wait for itself. A use is seen in this call and in those that register, enter, dispatch, adopt or make
 * a weak reference, not in each event; a thread that takes a context over begins with one of them, such as
 * xlgc_context_dispatch(context, 0). Cost: less than a kilobyte, and 8 KiB more once it has logged some events:
 * thousands are fine, as for coroutines. A round looks at each. */
XLGC_API int xlgc_context_create(xlgc_pool *pool, const char *name, xlgc_context **out);

/* This thread's own context of the pool, created at its first use and destroyed when the thread ends. In
 * reports it has the name that the system has for the thread at that time (pthread_setname_np). Destructors of
 * thread-specific data may use it too. Do not destroy it by hand. On error as xlgc_context_create.
 * Cost: a thread-local look-up after the first time. */
XLGC_API int xlgc_context_here(xlgc_pool *pool, xlgc_context **out);

/* Ends a context. What it has logged is applied under its name; its pins and links stay, and an open section is left.
 * What its mailbox holds, and what would still come there, is delivered inline. context: may be NULL.
 * On error XLGC_E_BUSY from inside its own dispatch. Threads: any, when no other uses the context. */
XLGC_API int xlgc_context_destroy(xlgc_context *context);

/* Ends a context, whose thread may be gone, in favour of another of the same pool: as xlgc_context_destroy, but the
 * heir takes over its mailbox and the clean-up of the objects it registered.
 * On error XLGC_E_INVAL for two that are the same, XLGC_E_FOREIGN for two pools' contexts, XLGC_E_BUSY. Threads: the
 * heir's. */
XLGC_API int xlgc_context_adopt(xlgc_context *heir, xlgc_context *ended);

/* Would the context take an event? Returns 0. On error XLGC_E_INVAL; XLGC_E_SHUTDOWN, XLGC_E_FORK when it takes none any
 * more. Threads: the context's. Cost: two loads. */
XLGC_API int xlgc_context_check(const xlgc_context *context);

/* How many events the context has logged, which is the position of its next one. */
XLGC_API uint64_t xlgc_context_position(const xlgc_context *context);

/* Begins a section: until xlgc_leave, objects that this context reads from live objects stay valid though nothing is
 * logged. What is to be kept is linked or pinned before the section ends. Rounds wait for open sections before they
 * release anything; threads that log do not wait. Sections nest; the outermost counts. Inside one, do not wait for
 * another thread that may log: at the queue's bound that thread waits for the round, and the round for the section.
 * On error XLGC_E_SHUTDOWN, XLGC_E_FORK. Threads: the context's. Cost: a store and a full fence. */
XLGC_API int xlgc_enter(xlgc_context *context);
/* The section, or the innermost of several, ends. On error XLGC_E_SECTION when it is in none. Threads: the context's.
 * Cost: a store. */
XLGC_API int xlgc_leave(xlgc_context *context);
/* Leaves all nested sections and enters them again: for long ones, at a point where the thread uses no objects but
 * those that it has linked or pinned. On error XLGC_E_SECTION when it is in none. */
XLGC_API int xlgc_safepoint(xlgc_context *context);

/* Handles up to `max` messages of the context's mailbox: calls `orphaned`, `release` and `forgotten` of the objects it
 * registered whose kind has XLGC_DELIVER_OWNER; after these, if no other thread works on the pool, those of its backlog
 * (XLGC_HELP_TELLS_LATER). Returns how many were handled. On error XLGC_E_INVAL, XLGC_E_BUSY from inside such a
 * callback, XLGC_E_FORK. Threads: the context's, which need not work on the pool otherwise. A callback may step or
 * flush the pool; a flush that would wait for an answer of this thread returns XLGC_E_HELD. */
XLGC_API int xlgc_context_dispatch(xlgc_context *context, size_t max);

/* A file descriptor for event loops, readable while the mailbox has messages: wait for it, then dispatch, which clears
 * it; neither read nor close it. Created at the first call. Returns it, or XLGC_E_NOMEM when the system gives none,
 * XLGC_E_STATE on systems without eventfd, XLGC_E_FORK. Threads: any. */
XLGC_API int xlgc_context_fd(xlgc_context *context);

/* --------------------------------------------------------------- objects */

/* Enters an object into the pool. object: an address or handle, or NULL; indexed unless NULL or the kind says
 * otherwise. kind: see xlgc_kind; NULL for an object without clean-up. out: its id.
 * The object is new, and so a root, until its first pin or the first link to it is applied; from then on only pins and
 * links keep it. To give up a new object that nothing will hold, pin and unpin it.
 * On error XLGC_E_EXISTS when the address is indexed already, XLGC_E_NOMEM, XLGC_E_FULL; for a transient kind also
 * XLGC_E_QUEUE.
 * Threads: the context's. Cost: O(1), takes the pool's lock for a moment. */
XLGC_API int xlgc_register(xlgc_context *context, void *object, const xlgc_kind *kind, xlgc_id *out);

/* Takes an object back that never came to be held: it is new, that is, nothing has pinned it or linked to it, as where
 * what should have been made of it has failed. No callback of its kind is called; its finalizers are, if it has any
 * (xlgc/finalizer.h), on this thread. When this returns its id is stale,
 * its address may be registered anew, and weak references to it load none; their `cleared` is called by the next round.
 * What it held itself is dropped. An event about it that another thread logs meanwhile goes to on_error, as XLGC_E_STALE.
 * On error XLGC_E_WAS_HELD when it is or was held, and XLGC_E_STALE when it is gone, as a transient object that was
 * forgotten; XLGC_E_INVAL, XLGC_E_FOREIGN, XLGC_E_SHUTDOWN, XLGC_E_FORK, XLGC_E_NOMEM; XLGC_E_HELD when a round waits for
 * an answer of this thread; XLGC_E_BUSY inside a callback, or while another thread reports it by address: call again.
 * Threads: the context's. Blocks: while another thread works on the pool. Cost: as xlgc_apply, and one unit for each
 * link of the object. */
XLGC_API int xlgc_unregister(xlgc_context *context, xlgc_id object);

/* Kinds are about to go, as the library whose they are is unloaded: all those of the pool with this `data`. Their
 * objects that are left, and not notified yet, are first reported to `each`, as survivors are; then they are objects
 * without a kind, and are released without a callback. Flush before, so that only what something holds is left.
 * data: as in the kinds, not NULL. each: may be NULL; it must not call the library. context: handed to it.
 * On error XLGC_E_INVAL, XLGC_E_BUSY inside a callback, XLGC_E_FORK.
 * Threads: any, while no other makes objects of these kinds or is inside their callbacks. Blocks: while another thread
 * works on the pool. Cost: a look at each object, under the pool's lock. */
XLGC_API int xlgc_kinds_retire(xlgc_pool *pool, const void *data,
                               void (*each)(void *context, const xlgc_survivor *object), void *context);

/* The id of the object at an indexed address. On error XLGC_E_UNKNOWN. Threads: any.
 * Cost: one look-up under the pool's lock. */
XLGC_API int xlgc_lookup(xlgc_pool *pool, const void *object, xlgc_id *out);

/* -------------------------------------------------------------- barriers
 * Each logs one event and returns; the worker, a step or a flush applies it later, in the order logged.
 * Returns 0. On error XLGC_E_INVAL for XLGC_ID_NONE, XLGC_E_FOREIGN for another pool's id, XLGC_E_QUEUE at the
 * queue's bound (policy), XLGC_E_NOMEM, XLGC_E_SHUTDOWN, XLGC_E_FORK; the event is then not logged. A stale id, a link
 * that is not there and the like are found when the event is applied and go to `on_error`.
 * The memory for a link is reserved when it is logged, so applying it cannot fail for lack of memory. A drop never
 * needs memory beyond the queue.
 * Threads: the context's. Blocks: only at the queue's bound. Cost: an append to the context's chunk. All but the _at
 * ones are inline code (xlgc/inline.h), or calls where XLGC_NO_INLINE is defined before this header. */

/* source now holds target. Linking a pair again counts. A link to itself is legal and keeps nothing alive. */
XLGC_API int xlgc_link(xlgc_context *context, xlgc_id source, xlgc_id target);
/* source holds target one time less. Ignored when source was released: its links are gone already. */
XLGC_API int xlgc_unlink(xlgc_context *context, xlgc_id source, xlgc_id target);
/* A pointer in source changed from `old` to `now`: links now, then unlinks old. Either may be XLGC_ID_NONE. Both are
 * logged or neither. */
XLGC_API int xlgc_relink(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now);
/* A counted reference from outside the table: a stack, a global, a foreign heap. Pinned objects are roots. */
XLGC_API int xlgc_pin(xlgc_context *context, xlgc_id object);
XLGC_API int xlgc_unpin(xlgc_context *context, xlgc_id object);

/* xlgc_link, with the place of the pointer and a tag.
 * place: the address of the pointer to target inside source, or NULL. When source and target are released in the same
 * round, *place is set to NULL before either release, if it still holds target's address. It must be readable and
 * writable as long as source is not released.
 * tag: 0 to XLGC_TAG_MAX, the program's own; one per pair, the last one counts; xlgc_each_target shows it. */
XLGC_API int xlgc_link_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place, unsigned tag);
/* xlgc_unlink for a link made at `place`. */
XLGC_API int xlgc_unlink_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place);
#define XLGC_TAG_MAX 31u

/* The address that an object was registered with. out: it. The caller holds the object; also inside callbacks.
 * On error XLGC_E_STALE, XLGC_E_FOREIGN, XLGC_E_FORK. Threads: any. Cost: some loads; takes no lock and applies
 * nothing. */
XLGC_API int xlgc_address(xlgc_pool *pool, xlgc_id id, void **out);

/* ------------------------------------------------------- weak references */

/* Makes a reference that does not hold its object. cleared: called once, by the thread that works, when the object will
 * be released: after all loads answer none and before the release. It may destroy the reference, and may be NULL.
 * On error XLGC_E_INVAL, XLGC_E_STALE, XLGC_E_FOREIGN, XLGC_E_NOMEM, XLGC_E_QUEUE, XLGC_E_SHUTDOWN, XLGC_E_FORK,
 * XLGC_E_RELEASED when the object's release is decided. If the thread does not hold the object, it may be decided at
 * that moment: then the call succeeds, and the reference is cleared in the same round; on_error may be told. `orphaned`
 * may make one to its object, and to those that this holds.
 * Ownership: the caller's; destroy it before the pool, also after it was cleared. Threads: the context's, which
 * must hold the object. Cost: a look-up under the pool's lock. */
XLGC_API int xlgc_weak_create(xlgc_context *context, xlgc_id object, void (*cleared)(void *data, xlgc_weak *weak),
                              void *data, xlgc_weak **out);
/* Loads a weak reference. out: the object, pinned, for the caller to xlgc_unpin; or XLGC_ID_NONE once its release is
 * decided. An object that was given out is not released while that pin is there. Returns 0. On error XLGC_E_FORK.
 * Threads: any. Cost: the pool's lock for a moment. */
XLGC_API int xlgc_weak_load(xlgc_weak *weak, xlgc_id *out);
/* Destroys a reference. weak: may be NULL. Threads: any, when no other uses it; on the thread that works, `cleared` may
 * be running meanwhile. */
XLGC_API int xlgc_weak_destroy(xlgc_weak *weak);

/* What `make` of xlgc_intern fills in. */
typedef struct xlgc_interned {
  void *object;          /* as for xlgc_register */
  const xlgc_kind *kind; /* may be NULL */
  const void *key;       /* the object's own copy of the key; must stay as it is until the object's release is called */
} xlgc_interned;

/* The one object of the pool with this key, pinned (hash-consing). The table of keys keeps nothing alive and needs no
 * finalizer: an object leaves it when its release is decided.
 * key, key_bytes: compared as bytes. hash: 32 bits of the key, well mixed, the same for the same key.
 * make: called without a lock when no live object has the key; fills `made`, which is then registered and entered.
 * Answers 0, or what xlgc_intern is to return. If another thread was faster, its object is the answer, and the one made
 * is an orphan at once.
 * Returns 0. On error XLGC_E_INVAL, XLGC_E_NOMEM, XLGC_E_EXISTS, XLGC_E_FULL, XLGC_E_FORK, XLGC_E_SHUTDOWN, or as
 * `make`; the object made, if any, is then not registered and stays the caller's. Threads: the context's. Cost: a hash
 * look-up under the pool's lock. */
XLGC_API int xlgc_intern(xlgc_context *context, const void *key, size_t key_bytes, uint32_t hash,
                         int (*make)(void *data, const void *key, size_t key_bytes, xlgc_interned *made), void *data,
                         xlgc_id *out);

/* ------------------------------------------------------------------ work */

/* Works for at most `units` units on what was logged, from where the last step stopped: applies events, repairs
 * certificates, notifies orphans. Giving memory back counts as well: a step calls `release` and free at most once a
 * unit. Returns 1 when work is left; 0 when there is none, or another thread works, such as the worker.
 * On error XLGC_E_INVAL; XLGC_E_BUSY inside a callback; XLGC_E_NOMEM when an event with a
 * place could not be applied (it is kept and tried again); XLGC_E_HELD when nothing can be done until a context has
 * left its section or answered a question; XLGC_E_FORK. Threads: any. */
XLGC_API int xlgc_step(xlgc_pool *pool, size_t units);
/* As xlgc_step, for at most `ns` nanoseconds of the monotonic clock, which is read every few dozen units. */
XLGC_API int xlgc_step_for(xlgc_pool *pool, uint64_t ns);
/* Works until everything logged before, and everything that this thread's callbacks log meanwhile, is applied and all
 * orphans are notified. For a kind that is delivered elsewhere, an object in the mailbox counts as notified. Objects
 * that were kept before are asked again. Returns 0, or an error as xlgc_step; XLGC_E_HELD only when this thread stalls
 * the round. Blocks: also while another thread works on the pool, is inside a section, or has a question to answer. */
XLGC_API int xlgc_flush(xlgc_pool *pool);
/* Applies what was logged to the link table; looks for no orphans and notifies none. For reading the table, or for
 * emptying the queue where objects are to be released only at flushes. Returns 0, or an error as xlgc_flush. */
XLGC_API int xlgc_apply(xlgc_pool *pool);

/* Starts the pool's worker, a thread that runs steps by itself.
 * On error XLGC_E_STATE when it runs, XLGC_E_THREAD, XLGC_E_FORK, XLGC_E_SHUTDOWN. */
XLGC_API int xlgc_worker_start(xlgc_pool *pool);
/* Stops the pool's worker after its present step. What is logged stays logged. On error XLGC_E_STATE when there is
 * none, XLGC_E_DEADLOCK from any callback of the pool's. Blocks: until the worker has ended. */
XLGC_API int xlgc_worker_stop(xlgc_pool *pool);

/* Starts and stops the pool's clean-up thread, which dispatches what is delivered to XLGC_DELIVER_CLEANER.
 * On error as xlgc_worker_start and xlgc_worker_stop. */
XLGC_API int xlgc_cleaner_start(xlgc_pool *pool);
XLGC_API int xlgc_cleaner_stop(xlgc_pool *pool);

/* --------------------------------------------------------------- reading
 * These see every event logged before the call: they first apply what is logged, as xlgc_apply. They wait for another
 * thread's step to end, and for answers that a round under way needs (XLGC_E_HELD when they are this thread's). On
 * error XLGC_E_BUSY inside a callback, unless said otherwise. */

/* The least number of links from a root to the object. out: the distance, or XLGC_UNREACHABLE when no root reaches it.
 * The same in both settings.
 * On error XLGC_E_STALE, XLGC_E_FOREIGN. Cost: in the certified setting a breadth-first search backwards, in the worst
 * case over the links into all objects that lead to it; needs no memory. */
XLGC_API int xlgc_distance(xlgc_pool *pool, xlgc_id object, uint64_t *out);

/* Why an object is alive: a shortest path from a root, as the objects that hold it, the nearest first, the root last.
 * holders: room for `capacity` ids. length: how many there are, also beyond the capacity (the first are stored); 0 for
 * a root. On error XLGC_E_UNKNOWN when no root reaches it, XLGC_E_STALE, XLGC_E_FOREIGN. Cost: as xlgc_distance. */
XLGC_API int xlgc_path(xlgc_pool *pool, xlgc_id object, xlgc_id *holders, size_t capacity, size_t *length);

/* Whether anything but some objects keeps others alive. Looks for a root that reaches one of `objects` by a path that
 * leads through none of `but`, nor begins there. out: the nearest such root, or XLGC_ID_NONE when there is none. Ids
 * that are gone are passed over in both. On error XLGC_E_INVAL, XLGC_E_FOREIGN. Cost: as xlgc_distance, from all
 * `objects` at once; needs no memory. */
XLGC_API int xlgc_find_root(xlgc_pool *pool, const xlgc_id *objects, size_t count, const xlgc_id *but, size_t but_count,
                            xlgc_id *out);

/* One link as the iterators show it. */
typedef struct xlgc_link_info {
  xlgc_id source, target;
  uint32_t count;
  unsigned tag;
} xlgc_link_info;

/* Calls `each` for every target that the object holds, or every source that holds it, in no stated order. A value
 * other than 0 from `each` stops, and is returned. `each` may log events, step, flush or apply: a link that is there
 * all the time is shown at least once; one that comes or goes meanwhile may be shown or not. When the object itself is
 * gone, the iteration ends. On error XLGC_E_STALE, XLGC_E_FOREIGN.
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
  int is_root; /* pinned, new, or kept */
  int is_new;
} xlgc_object_info;
/* The kind, pins and state of one object. out: these. On error XLGC_E_STALE, XLGC_E_FOREIGN. */
XLGC_API int xlgc_info(xlgc_pool *pool, xlgc_id object, xlgc_object_info *out);

/* Counters since the pool was created, and its present size. All but the times of steps are the same for the same
 * sequence of calls. */
enum { XLGC_STEP_TIMES = 36 };
typedef struct xlgc_statistics {
  uint64_t objects;          /* present now */
  uint64_t links;            /* present now, counting a pair once */
  uint64_t events;           /* applied, misuse included */
  uint64_t errors;           /* reported to on_error */
  uint64_t late_drops;       /* unlinks whose source was released: ignored */
  uint64_t orphans;          /* notified */
  uint64_t kept;             /* answers XLGC_KEEP */
  uint64_t forgotten;        /* transient objects */
  uint64_t touched;          /* links looked at, made or removed, other than by reading */
  uint64_t table_operations; /* links entered into or taken out of the table */
  uint64_t repairs;          /* certificates that broke */
  uint64_t searches;         /* of these, the ones that a look at a few sources did not repair */
  uint64_t rank_renumberings;
  uint64_t rounds;
  uint64_t rounds_held; /* of these, the ones that were stalled by a section or a missing answer */
  uint64_t cancelled;   /* links that met their unlink before they entered the table */
  uint64_t contexts;    /* present now, without the pool's own */
  uint64_t weak_saved;  /* objects that only a weak load or an interned look-up kept */
  uint64_t mailed;      /* messages in mailboxes */
  uint64_t queued;      /* records logged and not yet applied */
  uint64_t bytes;       /* memory the pool holds */
  uint64_t bytes_peak;
  uint64_t link_bytes;             /* of these, for link records and their directory */
  uint64_t object_bytes;           /* for object records and their directory */
  uint64_t index_bytes;            /* for the index of addresses */
  uint64_t queue_bytes;            /* for event chunks and contexts */
  char held_by[32];                /* the name of the context, or scanner, that stalls the present round, or "" */
  uint64_t longest_step_ns;        /* of all steps: xlgc_step, xlgc_step_for, the worker's, those of help */
  uint64_t steps[XLGC_STEP_TIMES]; /* how many took 2^i ns up to 2^(i+1); the first: from 0; the last: and longer */
  uint64_t backlog; /* of the mailed, those that any thread calls which works: see XLGC_HELP_TELLS_LATER */
} xlgc_statistics;
/* Fills in the counters of a pool. Does not apply anything first. Waits for another thread's step; inside a callback it
 * answers at once. */
XLGC_API int xlgc_stats(xlgc_pool *pool, xlgc_statistics *out);
/* How many links were looked at, made or removed: xlgc_statistics.touched alone. Returns the number. */
XLGC_API uint64_t xlgc_links_touched(xlgc_pool *pool);

/* Checks every invariant of the pool against a search from the roots; for tests and to find overwritten memory.
 * why: room for a sentence about the first difference, may be NULL. size_bytes: of it.
 * On error XLGC_E_CORRUPT, XLGC_E_NOMEM. Cost: all objects and links. */
XLGC_API int xlgc_verify(xlgc_pool *pool, char *why, size_t size_bytes);

/* ------------------------------------------------------------- checking
 * A pool with config.check finds what a program reports wrongly, where it happens, and goes to on_error with it; where
 * there is no on_error, it prints it on the standard error stream. Nothing else changes. It notes each add until it is
 * dropped, or its source was released. So barriers take the pool's lock, and a link or pin costs some 200 bytes and a
 * few hundred instructions more: a program that does nothing but make and drop objects takes two to five times as long.
 * Pools that do not check pay nothing. Besides what every pool finds when it applies an event (XLGC_E_NOLINK,
 * XLGC_E_NOPIN, XLGC_E_RELEASED, XLGC_E_STALE), it finds, as XLGC_E_PLACE:
 *   "link"    a link at a place (xlgc_link_at, xlgc_add_link) that was not dropped though another replaced it: the
 *             pointer was overwritten. Found with the next link there, as the source is released, and in xlgc_check
 *   "unlink"  xlgc_unlink_at at a place that does not have that link, which is dropped all the same
 *   "place"   a pointer that does not point to what was reported for it, when its source is released, and in xlgc_check
 *   "ref"     of C++ (xlgc.hpp): a ref that was moved out of its object, and is there when the object was destroyed;
 *             or an object was destroyed by a round between the two reports of an assignment to one of its refs.
 *             Or (XLGC_E_RELEASED) something was assigned to a ref while its object was being destroyed, and is lost
 *   "pointer" of C++ (XLGC_E_RELEASED): the destructor of an object begins that has a plain pointer to another which
 *             the same round has destroyed before it: told once a field. Objects go before what they hold; a ref
 *             reads as null there
 * and says in xlgc_survivor what holds a survivor. */

/* Compares each place that was reported, while its link is there, with what it points to. Each difference goes to
 * on_error. Returns how many there are. On error XLGC_E_STATE for a pool that does not check, XLGC_E_FORK. Threads:
 * any, while no other changes pointers at places. Cost: a look at each place, under the pool's lock. */
XLGC_API int xlgc_check(xlgc_pool *pool);

/* Writes an error as a line of text, without its end: what, the code's text, the objects with their kinds, the field,
 * the context and the number of the event. text: room for `size_bytes`; may be NULL when that is 0. Returns the length
 * of the whole text, of which at most size_bytes - 1 bytes are written, and a 0. Threads: any, inside on_error. */
XLGC_API size_t xlgc_error_text(const xlgc_error *error, char *text, size_t size_bytes);

/* ------------------------------------------------------------ by address
 * Objects are plain addresses in the process's default pool. Each is registered by its first link, and is a root until
 * the first link to it. An address may be used anew once its object's releaser has dropped what the object held: a call
 * names the object that has the address at that moment, and its event is never applied to a later one. Any thread may
 * call these; each logs to its own context of the pool, see xlgc_context_here. Cost: the pool's lock for a moment. */

/* The process's default pool, created at its first use with the default configuration. NULL without memory. The library
 * never destroys it, and the program must not; start its worker, step or flush it as any pool. The child of a fork gets
 * a new one, in which nothing of the parent's is known: a drop of a link that was added before the fork goes to
 * on_error. The copy of the parent's stays in the child's memory. Threads: any, also if another thread was in here at
 * the fork. */
XLGC_API xlgc_pool *xlgc_default_pool(void);

/* parent now holds child. place: where the pointer is, or NULL; see xlgc_link_at. On error XLGC_E_INVAL for NULL,
 * XLGC_E_QUEUE, XLGC_E_NOMEM, XLGC_E_FULL. */
XLGC_API int xlgc_add_link(void *parent, void *child, void *place);
/* parent holds child one time less. releaser, param: called as releaser(param) when child is an orphan. The last one
 * given for a child counts, NULL changes nothing. With param NULL the child's address is passed. A releaser that is
 * given only inside the releaser of the child's last parent comes too late: both are notified in the same round. */
XLGC_API int xlgc_drop_link(void *parent, void *child, void (*releaser)(void *param), void *param);

/* Where the compiler allows, five barriers are inline from here on. Included last: its code needs the types above. */
#include <xlgc/inline.h>

#ifdef __cplusplus
}
#endif

#endif
