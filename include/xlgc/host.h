/* xlgc: language hosts. Script engines that share a pool, each with a heap and a collector of its own, and all used as
 * they are: a ring that runs through several of them is an orphan like any other.
 *
 * Words used below, besides those of xlgc.h
 *   engine   a Lua state, a Python interpreter, a JavaScript context: it has objects, roots and a collector of its own
 *   adapter  the code for one sort of engine: a small table of functions
 *   host     an engine in a pool: it has a context, and one pinned object, its root, which stands for the engine's own
 *            roots
 *   export   an object of an engine that others may hold (a scion): pinned in its engine, and an object of the pool
 *   proxy    an engine's object that stands for an object of the pool (a stub): another engine's export, or any other
 *   handle   the adapter's name for a proxy or an export, never looked into here
 *   enter    An id enters an engine when it is passed to it, returned or read. A call enters an engine through an
 *            export. Either way the root is linked to the object until the next summary, or until it is let go.
 *   let go   The root's link to an export is dropped before a summary: when the visits (xlgc/bridge.h) have ended in
 *            which it was exported, came home or was entered through. What is exported outside of visits stays until
 *            the program itself calls xlgc_host_dispatch, xlgc_host_summarise or xlgc_hosts_collect: link or pin
 *            (xlgc_pin) what is to stay longer.
 *   summary  what an engine's own roots, and each of its exports, reach of proxies and exports inside its heap
 *   epoch    a host's number that changes whenever something enters or leaves its engine
 *
 * What an adapter does
 *   an object goes out         pins it, xlgc_host_export
 *   an id comes in             xlgc_host_receive, and xlgc_host_proxy_made when that asks for a proxy
 *   a proxy is used            xlgc_host_enter, works with what it is given, xlgc_host_leave
 *   a proxy is finalized       xlgc_host_proxy_gone, and nothing else
 *   the host wants a summary   walks the heap from the engine's roots, then from each export: xlgc_summary_root,
 *                              xlgc_summary_edge
 *   the host says `unpin`      cuts the pin; the engine's own collector frees the rest
 *
 * Why nothing is lost. The pool has these links, and a root is pinned:
 *   root -> id       since `id` entered the engine, or a call entered through its export `id`, or it was exported; or
 *                    because the last summary said so
 *   export -> id     because the last summary said so
 * Claim: what an engine can reach is reachable in the pool: from the root if the engine's own roots reach it, and from
 * the root or the export if an export reaches it.
 *   A summary is taken while the engine runs no code, so the claim holds when it is installed. After that only code
 *   that runs changes the heap. It starts with what the engine's roots reach, and with exports through which it was
 *   entered, which the root is linked to. By the claim the root reaches all that the code can find from there, and none
 *   of these links goes before the next summary. Whatever else the code gets has entered, and the root is linked to it.
 *   So the root reaches all that the code uses, wherever the code stores it, and the claim goes on holding.
 * Between engines: the giver of an id reaches the object, so it lives. The receiver's link is logged before the
 * receiver has it. What the giver lets go is dropped by its next summary, or when its proxy is gone, both logged later.
 * An add that was logged before a drop is applied before it, whatever their contexts. So an object is never without a
 * link while an engine reaches it, however often it is passed on between two summaries. Each engine may be summarised
 * at any time.
 * Letting go. An export is let go when no open visit names it: no value of it is on its way, and no code that entered
 * through it runs. First the root is linked to all that the export is said to reach, then root -> export is dropped.
 * What code has found from the export it was said to reach, or it has entered since, so the root reaches that. If the
 * engine's own roots reach the object of the export, the export need not be held for that: when no other engine holds
 * it, its pin is cut, and the object is one like any other. What it reaches the root is linked to, until a summary
 * finds what reaches it. A summary that ends at an export of which the pool has decided already, and whose pin is not
 * cut yet, says of what the export reaches that the root reaches it. A summary says of each export that an open visit
 * names that the root reaches it.
 * No code of an engine can find a proxy that is gone. Another proxy of the same object, made or being made, counts on
 * its own. A link to an object of which the engine has no proxy is not needed.
 * Late summaries. A quick summary is installed in parts, some time after the walk, and the walk may be one in a copy of
 * the process (images, below). What it says was right at the walk; what has entered since is linked already; what an
 * export reached that was let go since, the root is linked to. The root's links to what visits name, or have named
 * since and nothing has looked at yet, are not dropped.
 * A summary is compared with what is installed: what is new is logged first, then what is missing is dropped, and what
 * entered since the summary began is kept. What does not change costs no event.
 *
 * What an adapter must see to
 *   - A summary does not see a value that is only in C variables. An id on its way between engines of different threads
 *     is pinned (xlgc_pin), or its giver is not summarised meanwhile.
 *   - Nor does it see what a call in progress left on a stack that the walk cannot read. `summarise` then answers
 *     XLGC_E_BUSY.
 *   - What finalizers that are yet to run will find is reported as if the engine's roots reached it. Otherwise they
 *     meet proxies that answer XLGC_E_STALE.
 *   - The engine's own weak references lead to objects without an event. Where code may get from one what only exports
 *     reach, the summary says so (xlgc_summary_weak): from the verdict on, the root is linked to all that exports are
 *     said to reach, until the next collection decides.
 *   - An engine is XLGC_HOST_SILENT if its code can start without xlgc_host_enter or xlgc_host_receive (timers,
 *     promises), and with objects that only its exports reach. Its root holds all its exports and proxies except while
 *     a collection decides. That happens only in xlgc_hosts_collect, and only if no engine's epoch changed since the
 *     first summary.
 *
 * Threads. A host is used by one thread at a time: the one that may run its engine's code (for Python, the one that has
 * the interpreter lock). Different hosts of a pool may be on different threads; see "hosts" below for how an engine may
 * be entered by several. xlgc_host_proxy_gone, xlgc_host_moved and xlgc_host_is_alive may be called from any thread.
 * The hosts' one lock is taken for a few instructions, and never while an adapter or the pool is called.
 *
 * Errors are those of xlgc.h. A function that fails changes nothing, unless its comment says otherwise; a negative
 * answer of an adapter's function is passed on.
 */
#ifndef XLGC_HOST_H
#define XLGC_HOST_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct xlgc_host xlgc_host;
typedef struct xlgc_summary xlgc_summary;

enum {
  /* Code of this engine may run and store objects without a report to the host; see above. */
  XLGC_HOST_SILENT = 1,
  /* Any thread may use this engine: the adapter's `enter` waits for a lock of the engine's own, and `leave` lets it go;
   * its thread has that lock while it calls functions here. */
  XLGC_HOST_ANY_THREAD = 2,
  /* The engine can only ever be used by the thread that opened the host. */
  XLGC_HOST_ONE_THREAD = 4,
  /* The engine counts references: it finalizes what nothing refers to at once, but for cycles. So a collection does not
   * call its own again for what other engines' finalizers have let go. */
  XLGC_HOST_FREES_AT_ONCE = 8
};

struct xlgc_value;

/* One sort of engine. Belongs to the caller, must not change, and must outlive its hosts. The functions run on the
 * calling thread, with no lock taken. They may call anything here for hosts of other engines, and what their comments
 * name for their own. */
typedef struct xlgc_host_adapter {
  const char *name;
  unsigned flags; /* XLGC_HOST_* */
  /* Reports through xlgc_summary_root and xlgc_summary_edge. The engine runs no code meanwhile; its collector may run.
   * Returns 0, or a negative code: the summary is not installed. */
  int (*summarise)(void *engine, xlgc_summary *summary);
  /* Cuts the pin of an export; called once for each. The engine may free things, and so run finalizers, at once. */
  void (*unpin)(void *engine, void *handle);
  /* The engine's own full collection. Returns 0 or a negative code. NULL: it has none. */
  int (*collect)(void *engine);
  /* Before and after this thread calls the engine: take its lock, or make something current. They nest. `enter` returns
   * 0, or a negative code: the engine is not called then. Both may be NULL. */
  int (*enter)(void *engine);
  void (*leave)(void *engine);
  /* How other engines use its exports, see xlgc/bridge.h. NULL: not at all. */
  const struct xlgc_behaviour *behaviour;
  /* This thread is about to wait for another engine, and has waited: a lock of the engine's own that the thread has is
   * let go, and taken again. Needed where the thread that is waited for may want that lock. give_way: what come_back
   * wants; NULL when this thread has no such lock, and come_back is not called. Called on any thread, between the
   * engine's instructions. Both may be NULL. */
  void *(*give_way)(void *engine);
  void (*come_back)(void *engine, void *token);
  /* What the engine's code has called is to stop, as for Ctrl-C. Called on the thread that visits others from this
   * engine, while it does. Returns 0 or 1. NULL: never. */
  int (*stops)(void *engine);
  /* The engine's code is to ask xlgc_hosts_stopped soon, and to stop if that says so. Called on the thread that visits
   * this engine, while it does, also by a handler of signals. NULL: it cannot. */
  void (*poke)(void *engine);
  /* A quick summary will be wanted (xlgc_summary_is_quick): does a part of what comes before it, of a few milliseconds.
   * Returns 1 while there is more to do, 0 when the summary can be taken, or a negative code. NULL: nothing comes
   * before it. */
  int (*prepare)(void *engine);
  /* Images. Where the walk for a quick summary would take long, it is done in a copy of the process (an image), and
   * what it says is taken some visits later; meanwhile the engine's code goes on. All three or none are NULL; `prepare`
   * is not called where there is an image. `summarise` is told by xlgc_summary_is_image. No code of the engine, such as
   * a finalizer, may run in an image; no memory may come from malloc, and no lock be waited for, as another thread may
   * have had it. */
  /* How many bytes a walk goes through, about. */
  size_t (*size)(void *engine);
  /* An image is to be taken: does a part of what comes before it, of a few milliseconds where it can stop. Returns 1
   * while there is more to do; 0 when it can be taken, which is done at once; a negative code when it cannot. From then
   * on the engine watches whether anything happens that the image would have to know: code begins to run that reached
   * objects only by ways that no walk sees, such as finalizers of what was garbage in the image. */
  int (*begin_image)(void *engine);
  /* Returns 0 if nothing of that sort has happened since; else the image is of no use. May be called several times. */
  int (*end_image)(void *engine);
  /* For the question why an object is alive (xlgc_hosts_explain). Called on the engine's thread, while it is entered;
   * no code of the program runs, and nothing is left behind that holds anything. Both may be NULL.
   * Writes what an export is, as text with an ending 0: its type; of a function its file and line. */
  void (*describe)(void *engine, void *handle, char *text, size_t size_bytes);
  /* Looks for a way inside the engine, to an object: a handle of an export or a proxy, or of any other object. It
   * begins at one of some exports, or at the engine's own roots where from_count is 0. Looks at `budget` objects, at
   * most. step: called for each part of the way, the first one first, with what people know it by: a variable, a field.
   * Returns XLGC_WAY_*, or one more than the index in `from` of the export that the way begins at; or a negative code.
   * A way that begins in a call is looked for when there is no other. */
  int (*find_way)(void *engine, void *const *from, size_t from_count, void *to, size_t budget,
                  void (*step)(void *data, const char *text), void *data);
  /* Watches an object without holding it, for xlgc_hosts_expect_gone and xlgc_hosts_weak; all four are NULL where the
   * engine cannot. handle: as for find_way. out: for the other two. Returns 0, XLGC_E_NOMEM, or what xlgc_hosts_refuse
   * answers where there is no weak reference to an object of that sort. */
  int (*watch)(void *engine, void *handle, void **out);
  /* The object, as a handle for find_way; NULL when it is gone. */
  void *(*watched)(void *engine, void *watch);
  /* Ends that; also called as the last before the host ends, while `unpin` may be. */
  void (*unwatch)(void *engine, void *watch);
  /* The object as a value for others (xlgc/bridge.h), exported; none when it is gone. Returns 0 or XLGC_E_*. */
  int (*watched_value)(void *engine, void *watch, struct xlgc_value *out);
  /* Writes where the engine's code is on this thread, as text with an ending 0: file and line, and the function; leaves
   * it empty where none runs. Called on the engine's thread, while an object of its crosses. NULL: it is not known. */
  void (*where)(void *engine, char *text, size_t size_bytes);
  /* How many bytes go with an object that becomes an export, where that is more than an object has usually: a buffer's.
   * Called as `where`; calls no code of the program's. NULL: it is not known. */
  size_t (*bytes)(void *engine, void *handle);
  /* For an engine whose collector does not tell which proxies it finds unreachable. A summary that came in parts has
   * not found this one, and its object has not entered the engine since: the engine lets it go, and says so by
   * xlgc_host_proxy_gone. handle: the proxy's. NULL: the engine tells by itself. */
  void (*unreached)(void *engine, void *handle);
  /* The host is about to be closed, is in no call and still open: an engine that ends with it may end now, so that its
   * last finalizers find what their objects hold of others. Called once more when closing it has failed then. No other
   * function of an engine that has ended is called, but unpin and unwatch, which have nothing to do. NULL: it ends
   * later or not at all. */
  void (*ending)(void *engine);
} xlgc_host_adapter;

/* What `find_way` answers from the roots. */
enum {
  XLGC_WAY_NONE = 0, /* it has found none */
  XLGC_WAY_ROOT = 1, /* one from a root that stays: a global name, a module */
  XLGC_WAY_CALL = 2  /* one from a call in progress, with which it ends */
};

/* What this thread's visits (xlgc/bridge.h) have entered is poked, see xlgc_host_adapter: something may want it to
 * stop. Threads: any; may be called by a handler of signals. */
XLGC_API void xlgc_hosts_poke(void);
/* Does one of the engines from which this thread visits others want these to stop? Returns 0 or 1. Threads: any. */
XLGC_API int xlgc_hosts_stopped(void);

/* ----------------------------------------------------------------- hosts */

/* Makes an engine a host of a pool, with a context and a root of its own. out: the host.
 * On error XLGC_E_INVAL, XLGC_E_NOMEM, XLGC_E_SHUTDOWN, XLGC_E_FORK. Ownership: close it before the engine ends. The
 * pool may be destroyed before that, on any thread: the host retains it (xlgc_pool_retain), and from then on lets
 * nothing in or out, with XLGC_E_SHUTDOWN. The memory of the pool goes with its last host. Threads: the engine's. */
XLGC_API int xlgc_host_open(xlgc_pool *pool, const xlgc_host_adapter *adapter, void *engine, xlgc_host **out);

/* Ends a host while its engine can still be called: unpins its exports, whose proxies elsewhere answer XLGC_E_STALE
 * from now on, and drops what its proxies held. Do not report those any more when the engine finalizes them. host: may
 * be NULL. On error XLGC_E_BUSY while it is being called, summarised or collected, or visits (xlgc/bridge.h),
 * XLGC_E_OTHER_THREAD; else XLGC_E_NOMEM or XLGC_E_QUEUE with a part of it done: then the host answers XLGC_E_SHUTDOWN
 * to all but another close. A pool that was shut down is no error. Threads: the engine's. */
XLGC_API int xlgc_host_close(xlgc_host *host);

/* Threads. An engine that is no XLGC_HOST_ANY_THREAD is at first bound: it belongs to the thread that last called a
 * function whose comment says "Threads: the engine's" for it, or that opened it (XLGC_HOST_ONE_THREAD). Other threads
 * cannot enter it: XLGC_E_OTHER_THREAD. */

/* From now on the host belongs to this thread, which goes on with the engine. On error XLGC_E_OTHER_THREAD while
 * another thread is in the middle of it, when the host is shared, or its engine is another thread's for good. Threads:
 * the one that has the engine from now on. */
XLGC_API int xlgc_host_adopt(xlgc_host *host);
/* From now on code of the engine runs only in visits and calls that entered it (xlgc_host_enter); so it may be entered
 * by any thread, one at a time. Others wait. No function here is called for it as its own meanwhile, but by code of the
 * engine. It cannot be taken back. host: one of an engine that may be used by different threads one after the other.
 * On error XLGC_E_INVAL for one of XLGC_HOST_ONE_THREAD, XLGC_E_BUSY while it is in use, XLGC_E_OTHER_THREAD. Threads:
 * the engine's. */
XLGC_API int xlgc_host_share(xlgc_host *host);

/* The context of a host: for xlgc_context_fd, and for other reports of the engine's thread. Ownership: the host's. */
XLGC_API xlgc_context *xlgc_host_context(const xlgc_host *host);
/* The root of a host, an object of the pool: what it links to is what the engine holds. */
XLGC_API xlgc_id xlgc_host_root(const xlgc_host *host);

/* --------------------------------------------------------------- exports */

/* Makes an object of the engine an export. handle: the object, pinned by the caller; the same handle is the same export
 * until it is unpinned. out: its id. The root is linked to it until the next summary, or until it is let go.
 * Returns 0, and the pin is the host's, which `unpin` will cut; or 1 when the host has a pin of it already: then the
 * caller takes back what it has added, if its pins are counted.
 * On error also: XLGC_E_INVAL for NULL, XLGC_E_NOMEM, XLGC_E_FULL, XLGC_E_QUEUE, XLGC_E_SHUTDOWN. Threads: the
 * engine's. Cost: a hash look-up, when it is exported and the root is linked to it already. */
XLGC_API int xlgc_host_export(xlgc_host *host, void *handle, xlgc_id *out);
/* The id of an export, which the root is then linked to as after xlgc_host_export: saves the pin. On error
 * XLGC_E_UNKNOWN when there is none; export it then. Threads: the engine's. */
XLGC_API int xlgc_host_exported(xlgc_host *host, void *handle, xlgc_id *out);

/* --------------------------------------------------------------- proxies */

/* What xlgc_host_receive answers. */
enum {
  XLGC_HOST_NEW = 0,   /* there is no proxy: make one, then call xlgc_host_proxy_made or xlgc_host_proxy_failed */
  XLGC_HOST_FOUND = 1, /* the engine's proxy */
  XLGC_HOST_OWN = 2    /* the engine's own object: it has come home */
};

/* An id enters the engine. id: of an object that its giver holds until this returns; or of a proxy or export of the
 * engine's. handle: the proxy or the object, NULL when a proxy is to be made; a host has one proxy of an object. The
 * root is linked to the object until the next summary; to an export of the engine's own, until it is let go.
 * Returns XLGC_HOST_*. On error XLGC_E_STALE when the object is gone or its engine was closed, XLGC_E_INVAL,
 * XLGC_E_FOREIGN, XLGC_E_NOMEM, XLGC_E_QUEUE, XLGC_E_SHUTDOWN. Threads: the engine's. Cost: a hash look-up when the
 * root is linked to it already; else two events and the pool's lock. */
XLGC_API int xlgc_host_receive(xlgc_host *host, xlgc_id id, void **handle);
/* The proxy that was asked for is there. handle: not NULL; no other proxy's until xlgc_host_proxy_gone was called for
 * it. On error XLGC_E_INVAL, XLGC_E_STATE when none was asked for. Threads: the engine's. */
XLGC_API int xlgc_host_proxy_made(xlgc_host *host, xlgc_id id, void *handle);
/* The proxy that was asked for could not be made. On error XLGC_E_STATE. Threads: the engine's. */
XLGC_API int xlgc_host_proxy_failed(xlgc_host *host, xlgc_id id);
/* The proxy that was found cannot be given out any more: the engine's collector will free it, and its finalizer is yet
 * to run. Answers XLGC_HOST_NEW, as xlgc_host_receive does. On error XLGC_E_STATE when there is no such proxy.
 * Threads: the engine's, before anything else of the engine is called. */
XLGC_API int xlgc_host_proxy_dying(xlgc_host *host, xlgc_id id, void *handle);
/* A proxy was finalized. This is only noted: it needs no memory and calls no engine. The links that the proxy needed
 * are dropped by the host's next call of any other sort. host: NULL for one that is closed. On error XLGC_E_UNKNOWN
 * when there is no such proxy. Threads: any, also inside the engine's collector. */
XLGC_API int xlgc_host_proxy_gone(xlgc_host *host, xlgc_id id, void *handle);

/* Is an object there? Only for telling: to use it, call xlgc_host_enter instead, after which it stays. Returns 1 or 0.
 * id: an export, or an object of which some host has a proxy. On error XLGC_E_NOMEM, XLGC_E_FORK. Threads: any. Cost:
 * the pool's lock and one event. */
XLGC_API int xlgc_host_is_alive(xlgc_pool *pool, xlgc_id id);

/* ------------------------------------------------------------ being called */

/* A proxy of the engine is used: enters the object's engine, if it has one. from: the host with the proxy. owner,
 * handle: the export's host and handle, NULL for an object that is no export. Both roots are linked to it until their
 * next summaries. When owner is not NULL, call xlgc_host_leave for it afterwards.
 * On error XLGC_E_STALE when the object is gone or its engine was closed, XLGC_E_UNKNOWN when `from` has no proxy of
 * it, XLGC_E_OTHER_THREAD when the object's engine belongs to another thread, XLGC_E_DEADLOCK when the thread that has
 * it waits, over whichever others, for an engine that this thread is in; or what the adapter's `enter` answers. Nothing
 * is entered then. Blocks: while another thread has a shared engine; this thread has given way meanwhile. Threads: the
 * engine's; its owner's, from then on until xlgc_host_leave. Cost: two hash look-ups when both roots are linked to it
 * already. */
XLGC_API int xlgc_host_enter(xlgc_host *from, xlgc_id id, xlgc_host **owner, void **handle);
/* What xlgc_host_enter entered is left. On error XLGC_E_STATE when it was not entered. Threads: that which entered. */
XLGC_API int xlgc_host_leave(xlgc_host *owner);
/* Code of the engine ran, or may have: its epoch changes. All functions above that let something in or out do this by
 * themselves. Threads: any. */
XLGC_API int xlgc_host_moved(xlgc_host *host);

/* -------------------------------------------------------------- summaries */

/* For the adapter's `summarise`. id: of a proxy or export of its own; it may be reported twice, and one that is gone
 * meanwhile is passed over. The first error is kept and fails the summary, so answers need not be looked at.
 * On error XLGC_E_UNKNOWN, XLGC_E_INVAL when `source` is no export of the engine's, XLGC_E_NOMEM. */

/* The engine reaches this proxy or this export without going through its pins. */
XLGC_API int xlgc_summary_root(xlgc_summary *summary, xlgc_id id);
/* The export reaches this proxy or this other export. Walks may stop at what is reported to xlgc_summary_root, earlier
 * or later, and at other exports. The host's root (xlgc_host_root) as `id`: the export reaches an object with a
 * finalizer that may look at what it holds, or is one. Then, once the pool has decided of the export, the root is
 * linked to what it reaches until the proxies of that are gone. */
XLGC_API int xlgc_summary_edge(xlgc_summary *summary, xlgc_id source, xlgc_id id);
/* Calls `each` for the engine's exports until it answers other than 0, which is returned. It may call the two above. */
XLGC_API int xlgc_summary_each_export(xlgc_summary *summary, int (*each)(void *data, xlgc_id id, void *handle),
                                      void *data);

/* Code of the engine may get hold of something that only exports reach, without entering through them: by a weak
 * reference that the walk has met. What exports reach is then held, except while a collection decides. Threads: as
 * above. */
XLGC_API int xlgc_summary_weak(xlgc_summary *summary);

/* A collection that comes by itself asks for quick summaries: they cost what exports reach, not what there is. The
 * engine's own collection does not come first, what the walk does not meet counts as held, and so does what the
 * engine's own garbage reaches. An adapter that has no quicker way takes the other one. Returns 1 or 0. Threads: as
 * above. */
XLGC_API int xlgc_summary_is_quick(const xlgc_summary *summary);
/* Finalizers begin to run of objects that may have been garbage when the last image was taken: code that starts with
 * what no walk has met. The root is linked to all that exports are said to reach, until the next summary. Nothing to do
 * if the last summary was not that of an image. May be called by finalizers. On error XLGC_E_INVAL; XLGC_E_NOMEM when
 * not all could be linked, which is tried again with the next collection. Threads: the engine's. */
XLGC_API int xlgc_host_finalizes(xlgc_host *host);
/* Is the summary taken in a copy of the process? See xlgc_host_adapter. Returns 0 or 1. Threads: the engine's. */
XLGC_API int xlgc_summary_is_image(const xlgc_summary *summary);
/* The engine reaches all its proxies that this summary has not reported until now. Threads: as above. Cost: a look at
 * each proxy and export. */
XLGC_API int xlgc_summary_others(xlgc_summary *summary);

/* ------------------------------------------------------------ collections */

/* Takes and installs a summary of one engine; the next round, step or flush then finds the orphans.
 * On error XLGC_E_STATE for a silent engine, XLGC_E_BUSY from inside one, or what the adapter answers, XLGC_E_NOMEM,
 * XLGC_E_QUEUE: what was installed stays, and some of what is new may be held as well. Threads: the engine's.
 * Cost: the engine's walk; a hash look-up for each id reported, and an event for each that changed. */
XLGC_API int xlgc_host_summarise(xlgc_host *host);
/* Handles the host's messages: unpins up to `max` exports that are orphans, and drops the links that gone proxies
 * needed. Returns how many messages there were. On error XLGC_E_BUSY from inside one, XLGC_E_FORK, or what `enter`
 * answers. Threads: the engine's. For the messages alone xlgc_context_dispatch is enough. */
XLGC_API int xlgc_host_dispatch(xlgc_host *host, size_t max);

/* A collection of the engines of a pool: summaries of all; again, up to 8 times, when an epoch changed meanwhile, with
 * nothing dropped before; flush; exports that are orphans are unpinned; each engine's own full collection; flush.
 * An engine that belongs to another thread, or that another has at this moment, is left out, and silent ones with it:
 * all that it may hold stays. It is asked to take a summary by itself: it does so in its thread's next
 * xlgc_host_dispatch, or at the end of its thread's outermost visit or call; xlgc_context_fd becomes readable if its
 * thread has called xlgc_host_dispatch before.
 * Returns how many exports were unpinned. On error XLGC_E_BUSY when epochs of silent engines' pools changed all the
 * time, or from inside a collection or a pool's callback; or as xlgc_host_summarise and xlgc_flush, with a part of it
 * done. After an error, a silent engine's code must not run before a collection has succeeded or the host is closed.
 * Threads: any. */
XLGC_API int xlgc_hosts_collect(xlgc_pool *pool);
/* The names of the engines that the last collection of a pool left out, by xlgc_hosts_collect or by itself, such as
 * "lua, mozjs"; empty if there were none. buffer: for at most size_bytes with the ending zero; what does not fit is cut
 * off. Returns the length of all the names in bytes. On error XLGC_E_INVAL. Threads: any. */
XLGC_API int xlgc_hosts_left_out(xlgc_pool *pool, char *buffer, size_t size_bytes);
/* For an adapter that cannot be summarised, collected or entered now. why: words for users, which stay as long as the
 * process; noted for this thread. Returns XLGC_E_BUSY. Threads: any. */
XLGC_API int xlgc_hosts_refuse(const char *why);
/* Why the last xlgc_hosts_collect of this thread answered XLGC_E_BUSY, never NULL. Threads: any. */
XLGC_API const char *xlgc_hosts_why(void);

/* How much is done by itself. */
enum {
  XLGC_HOSTS_AUTOMATIC = 0, /* all of what follows */
  XLGC_HOSTS_BY_HAND = 1,   /* all but collections: rings wait for xlgc_hosts_collect */
  XLGC_HOSTS_OFF = 2        /* nothing: also what is in no ring waits for the program's own calls */
};

/* How much the hosts of a pool do by themselves, at the ends of visits (xlgc/bridge.h): exports that no visit names any
 * more are let go, the pool is worked on as by xlgc_step, messages are handled as by xlgc_host_dispatch. What no ring
 * holds is freed by that. Rings are by a collection of the engines that this thread can enter, when it is due. */
typedef struct xlgc_hosts_config {
  unsigned step_size;       /* visits to an engine or from it, or exports that can be let go, from one time to the next:
                               1 to 2^20, default 64; 0: nothing is done by itself */
  unsigned step_multiplier; /* units of work on the pool (xlgc_step) for each of these: 0 to 2^20, default 64 */
  unsigned pause;           /* by how many percent the exports that survived the last collection (as xlgc_hosts_collect,
                               without the engines' own) may grow, and by 1000 more, until the
                               next: 1 to 10000, default 100; 0: none is taken by itself. One of a buffer counts
                               as many as it has KiB */
  unsigned share; /* of the time, in percent, that collections by themselves are to take: after each they rest, until
                     there are 16000 exports more than make one due; 1 to 99, default 50; 0: no rest */
  unsigned
      image; /* from so many KiB of an engine's heap on, the walk of a quick summary is done in a copy of the process
                      where the engine's adapter can do that: default 2048; 0: never */
  unsigned part; /* a collection by itself is made of parts, with the engines' code in between: so many links of an
                    engine are looked at in one, at most; default 2048; 0: all */
  uint64_t max_age_ns; /* and when the last collection was so long ago, counted when a visit ends; default one minute;
                               0: never for that */
  unsigned mode;       /* XLGC_HOSTS_AUTOMATIC (default), _BY_HAND or _OFF; the others keep their values meanwhile */
  unsigned sites; /* it is known of 1 in so many objects where they went out first, as xlgc_sites (xlgc/why.h) has it:
                          1 to 2^20, default 0: of none */
} xlgc_hosts_config;

/* Changes how much hosts do by themselves, for those that the pool has now and those to come while it has any. config:
 * copied. On error XLGC_E_INVAL for NULL or what is out of range, XLGC_E_STATE when the pool has no host: open one
 * first. Threads: any. */
XLGC_API int xlgc_hosts_configure(xlgc_pool *pool, const xlgc_hosts_config *config);
/* How much the hosts of a pool do by themselves now. out: that. On error XLGC_E_INVAL; XLGC_E_STATE when the pool has
 * no host, and then out has the defaults. Threads: any. */
XLGC_API int xlgc_hosts_configuration(xlgc_pool *pool, xlgc_hosts_config *out);

/* Changes how much one host does by itself, for engines that are not to be stopped: by hand, no collection that comes
 * by itself looks into its engine, and what that may hold stays; off, nothing is done at the ends of visits to it,
 * either. Otherwise it is as the pool's hosts are. mode: XLGC_HOSTS_*; automatic for a new host. On error XLGC_E_INVAL.
 * Threads: any, while the host is not closed. */
XLGC_API int xlgc_host_set_mode(xlgc_host *host, unsigned mode);
/* Tells how much one host does by itself, as xlgc_host_set_mode has it. Returns XLGC_HOSTS_*. Threads: any, while the
 * host is not closed. */
XLGC_API unsigned xlgc_host_mode(const xlgc_host *host);

/* The settings by name, as scripts and the environment have them: "pause", "share", "image", "part", "max_age"
 * (seconds), "step_size", "step_multiplier", "mode", "sites". The environment's XLGC_PRESET (see
 * xlgc_hosts_config_set_text), XLGC_PAUSE and so on are read when a pool gets its first host. number: from 0 on.
 * Returns NULL behind the last. Threads: any. */
XLGC_API const char *xlgc_hosts_config_name(size_t number);
/* The value of a setting by its name. out: it. On error XLGC_E_UNKNOWN when there is none of that name, XLGC_E_INVAL.
 * Threads: any. */
XLGC_API int xlgc_hosts_config_get(const xlgc_hosts_config *config, const char *name, double *out);
/* Changes a setting by its name. On error as _get, and XLGC_E_INVAL out of its range; why (may be NULL): words for it,
 * valid until the thread's next failure here. Threads: any. */
XLGC_API int xlgc_hosts_config_set(xlgc_hosts_config *config, const char *name, double value, const char **why);
/* Changes a setting to what a text says: a number, or for "mode" a word: "automatic", "by_hand" or "off". A "preset"
 * is no setting, but sets all but the mode: "usual", the defaults; "low_latency", short stops; "throughput", little
 * work in all; "low_memory", little garbage; "debug", collections all the time, which finds what was freed too early
 * sooner. Other arguments, and on error, as xlgc_hosts_config_set; XLGC_E_INVAL also when the text says nothing of
 * these. */
XLGC_API int xlgc_hosts_config_set_text(xlgc_hosts_config *config, const char *name, const char *text,
                                        const char **why);
/* The word for the value of a setting that has words: "mode". Returns a static string, or NULL when the setting has
 * numbers or is none. Threads: any. */
XLGC_API const char *xlgc_hosts_config_word(const xlgc_hosts_config *config, const char *name);

/* For programs with a main loop, once in each round of it: works on the pool as xlgc_step_for, lets exports go and
 * handles messages of the engines that this thread can enter, and does parts of a collection when one is due, as long
 * as the next part is expected to be over in time; parts are a sixteenth of what they are elsewhere. For a second after
 * a frame, the ends of visits leave all of this to frames, unless 16000 exports more than made a collection due have
 * come since the last one. When so many are there, or twice `max_age_ns` has passed, a frame does some parts whatever
 * they take, and more of them the more exports there are. ns: the budget, of the monotonic clock; callbacks and engines
 * are not interrupted. Returns 1 when more is due, else 0. On error XLGC_E_INVAL, XLGC_E_BUSY inside a callback or a
 * visit, and as xlgc_step. Threads: any, at a point where it has no value of an engine in C variables only. */
XLGC_API int xlgc_hosts_frame(xlgc_pool *pool, uint64_t ns);
/* Is a collection due, or under way? Returns 1 or 0. ns: what its next part is expected to take, by what parts and
 * walks took before; 0 when none is due. On error XLGC_E_INVAL. Threads: any. */
XLGC_API int xlgc_hosts_due(xlgc_pool *pool, uint64_t *ns);

/* For comparison, and to find out whether a summary is at fault: adapters are not asked for summaries, and every proxy
 * holds its object, as in bridges that only pin. Rings through several engines leak then. plain: 1, or 0 to end it;
 * takes effect with the next summaries of the pool's present hosts. On error XLGC_E_INVAL. Threads: all the
 * engines'. */
XLGC_API int xlgc_hosts_plain(xlgc_pool *pool, int plain);

/* ---------------------------------------------------------------- reading */

/* The name of a host's sort of engine, its adapter's. Threads: any. */
XLGC_API const char *xlgc_host_name(const xlgc_host *host);

/* Counters since the host was opened, and its present size. */
typedef struct xlgc_host_statistics {
  uint64_t exports;       /* present now */
  uint64_t proxies;       /* ids that have proxies */
  uint64_t links;         /* that the host has in the pool */
  uint64_t exported;      /* in all */
  uint64_t unpinned;      /* in all */
  uint64_t links_made;    /* events */
  uint64_t links_dropped; /* events */
  uint64_t let_go;        /* exports that the root was linked to no more before a summary said so */
  uint64_t summaries;     /* taken, with those taken again */
  uint64_t images;        /* copies of the process that were made for them */
  uint64_t images_failed; /* that could not be made, were lost, or were of no use any more */
  uint64_t collections;   /* that the pool's hosts have made by themselves */
  uint64_t epoch;
} xlgc_host_statistics;
/* Fills in the counters of a host. Threads: the engine's. */
XLGC_API int xlgc_host_stats(const xlgc_host *host, xlgc_host_statistics *out);
/* Writes the counters of the pool and of a host as OpenMetrics text, as xlgc_metrics does (xlgc/listen.h), those of the
 * host with its engine as a label. Returns the length. Threads: the engine's. */
XLGC_API int xlgc_host_metrics(const xlgc_host *host, char *text, size_t size_bytes);

/* ------------------------------------------------------------------- why */

/* Writes why an object is alive, as xlgc_why_text does (xlgc/why.h), and looks into engines: says what exports are, and
 * by which variables and fields an engine's roots, or an export, hold the next object.
 * from: the host that asks, or NULL; where it is not the only one, its own hold is no answer. budget: how many objects
 * to look at in an engine, at most; 0: do not look into them. Engines that other threads have are not looked into,
 * either. text: as for xlgc_why_text. Returns the length of the whole in bytes. On error as that, and XLGC_E_NOMEM.
 * Threads: any; with `from`, the engine's. Cost: that of xlgc_why, and of the walks: some time for a large budget. */
XLGC_API int xlgc_hosts_explain(xlgc_pool *pool, const xlgc_host *from, xlgc_id object, size_t budget, char *text,
                                size_t size_bytes);
/* Does the same for an object of the engine's own. handle: as for xlgc_host_export, or what that would be. */
XLGC_API int xlgc_host_explain(xlgc_host *from, void *handle, size_t budget, char *text, size_t size_bytes);

#ifdef __cplusplus
}
#endif

#endif
