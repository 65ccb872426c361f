/* xlgc: scanners, which report roots that no event is logged for: a stack, globals, an array.
 *
 * A scanner belongs to a context. When it is asked, it names all objects that its host holds at that moment. The pool
 * compares that with its last report, pins what is new, and then unpins what is gone. So an interpreter logs nothing as
 * it pushes and pops.
 *
 * The rule: each round, once it has noted which events it applies, asks every scanner, and no object dies in it before all
 * have answered. A scanner is asked on the thread of its context: in xlgc_scan and xlgc_context_dispatch, and in a step,
 * flush or shutdown of that thread, never in a call that reports. Until then the round waits, as for a section (xlgc_enter):
 * calls that work answer XLGC_E_HELD or wait, and on_held, listeners (XLGC_WORK_STALL) and xlgc_stats name the scanner.
 * No thread that logs waits for a scanner: the queue grows beyond its bound meanwhile. So a thread that sleeps for long
 * removes its scanners first. One scan is one unit of a step.
 *
 * What the host takes from an object, from another scanner's host or by a weak reference after it was asked needs no event
 * either. What goes from thread to thread in another way is pinned on its way. A new object is a root until something holds
 * it; one that only the host holds is given to it by xlgc_pin and xlgc_unpin. */
#ifndef XLGC_SCAN_H
#define XLGC_SCAN_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names a scanner for as long as its pool is there. 0 is none. */
typedef uint64_t xlgc_scanner;
#define XLGC_SCANNER_NONE UINT64_C(0)

/* A report under way. Valid during the call. */
typedef struct xlgc_report xlgc_report;

/* What a scanner is: names each root by xlgc_report_root. It calls nothing else of the library, and returns. */
typedef void xlgc_scan_roots(xlgc_report *report, void *data);

/* Adds a scanner to a context. name: for reports, copied up to 31 bytes, may be NULL. data: handed to it. out: the scanner,
 * may be NULL. On error XLGC_E_INVAL, XLGC_E_NOMEM, XLGC_E_SHUTDOWN, XLGC_E_FORK. Ownership: data stays the program's; the
 * scanner is the pool's, and ends with its context. Threads: the context's. Cost: constant; a round asks each scanner, and
 * a root takes some 100 bytes as long as it is one. */
XLGC_API int xlgc_scanner_add(xlgc_context *context, const char *name, xlgc_scan_roots *roots, void *data,
                              xlgc_scanner *out);

/* Removes a scanner of the context, and unpins what it has reported last. On error XLGC_E_STALE when there is none of that
 * number; XLGC_E_BUSY inside a scanner of the context; XLGC_E_INVAL, XLGC_E_FORK; XLGC_E_NOMEM: it is there still, with
 * what could not be unpinned, and is asked again. Threads: the context's. Cost: an event for each root. A context that
 * ends removes its scanners by itself, without any memory. */
XLGC_API int xlgc_scanner_remove(xlgc_context *context, xlgc_scanner scanner);

/* Reports one root, inside a scanner. object: XLGC_ID_NONE is passed over; one that is reported twice counts once. On
 * error XLGC_E_FOREIGN, XLGC_E_NOMEM: the scan then does not count, and the round asks again. A stale id goes to on_error.
 * Cost: a look-up for one that was reported before, else an event. */
XLGC_API int xlgc_report_root(xlgc_report *report, xlgc_id object);

/* Asks the context's scanners if a round waits for that: for each safe point of an interpreter. Returns 0. On error
 * XLGC_E_BUSY inside a scanner of the context, XLGC_E_NOMEM or XLGC_E_FOREIGN of a report, XLGC_E_INVAL, XLGC_E_FORK. Threads:
 * the context's. Cost: two loads when no round waits. */
XLGC_API int xlgc_scan(xlgc_context *context);

/* Asks the context's scanners whether or not a round waits. So what the host has dropped is found though nothing was
 * logged; a flush does that too. Returns 0. On error, and threads, as xlgc_scan. Cost: that of the scanners. */
XLGC_API int xlgc_scan_now(xlgc_context *context);

/* ---------------------------------------------------------- ready-made scanners */

/* Reads the id in a slot, or XLGC_ID_NONE. data: as given. */
typedef xlgc_id xlgc_read_slot(const void *slot, void *data);

/* Slots one behind the other. read: NULL when a slot begins with an xlgc_id. */
typedef struct xlgc_root_array {
  const void *slots;
  size_t count, stride_bytes; /* stride_bytes 0: that of an xlgc_id */
  xlgc_read_slot *read;
  void *data;
} xlgc_root_array;

/* Variables that have ids, anywhere. */
typedef struct xlgc_root_globals {
  const xlgc_id *const *variables;
  size_t count;
} xlgc_root_globals;

/* A stack of slots between two pointers of the interpreter's, which may change: from the lower one up to the other, that
 * one not included. base, top: the addresses of these pointers. The rest as of an array. */
typedef struct xlgc_root_stack {
  const void *base, *top;
  size_t stride_bytes;
  xlgc_read_slot *read;
  void *data;
} xlgc_root_stack;

/* Reports the objects of an array: a scanner whose data is an xlgc_root_array. That stays the program's, and may change
 * between scans; a slot that holds no object reads as XLGC_ID_NONE. Cost: a look at each slot. */
XLGC_API void xlgc_scan_array(xlgc_report *report, void *array);

/* Reports the objects of variables: a scanner whose data is an xlgc_root_globals. The rest as xlgc_scan_array. */
XLGC_API void xlgc_scan_globals(xlgc_report *report, void *globals);

/* Reports the objects of a stack: a scanner whose data is an xlgc_root_stack. The rest as xlgc_scan_array. */
XLGC_API void xlgc_scan_stack(xlgc_report *report, void *stack);

#ifdef __cplusplus
}
#endif

#endif
