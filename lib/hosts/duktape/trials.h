/* Trials: what some exports reach. Duktape shows nobody its heap, so its own collector is asked: the engine's hold on
 * the targets of proxies and on some exports is taken away, a mark-and-sweep marks, and what it found unreachable is
 * taken back. A trial says which proxies the engine's roots and the exports that are pinned reach.
 *
 * How a trial is harmless. The targets of proxies have finalizers, so an unreachable one is only put on Duktape's list
 * of objects to be finalized. The trials run inside a finalizer of our own: Duktape runs no other one meanwhile. A
 * target on that list has one reference more than before, which duk_inspect_value shows; duk_push_heapptr takes it off
 * again. Nothing is freed, as all hangs from a keeper that is on the list itself.
 *
 * An allocation that failed would start a collection in the middle, so a limit of the heap's memory is lifted.
 *
 * Objects of the program that have finalizers get on the list as well, when only exports reach them, and nothing could
 * take them off. So before the trials that unpin exports their finalizers are attempted while another thread of
 * Duktape's runs, where Duktape cannot call them. They fail without having begun, and Duktape takes them for run, until
 * a collection finds the objects reachable again: the last one here, with all exports pinned. */
#ifndef XLGC_DUKTAPE_TRIALS_H
#define XLGC_DUKTAPE_TRIALS_H

#include "hosts/duktape/proxy.h"

typedef struct xlgc__duktape_trials {
  xlgc__duktape_engine *engine;
  xlgc__duktape_pin **exports; /* those of the summary; room for each twice */
  xlgc__duktape_proxy **proxies;
  size_t export_count, proxy_count;
  bool *is_found;      /* by proxy, what the last trial found */
  uint64_t count;      /* of trials: each costs a full mark-and-sweep of the heap */
  uint64_t looks;      /* exports pinned or unpinned, and proxies looked for, one by one */
  bool unpins_exports; /* the body does */
  bool is_image;       /* in which no finalizer of the program's may run, and which ends after the trials */
  bool ran;            /* Duktape has called a finalizer of ours */
  int failed;
  duk_safe_call_function body;
  void *data;
  duk_context *main;
  duk_idx_t base; /* on main's stack, of what _run has there */
  void *keeper;
} xlgc__duktape_trials;

/* Does Duktape run finalizers here? Returns 0, XLGC_E_NOMEM, or XLGC_E_BUSY where it runs none: inside of another, or
 * on a coroutine. */
int xlgc__duktape_trials_check(xlgc__duktape_engine *engine, duk_context *ctx);
/* Collects garbage, unless this is an image, and lists the proxies. On error as _check. Call _end in either case. */
int xlgc__duktape_trials_begin(xlgc__duktape_trials *trials, xlgc__duktape_engine *engine, duk_context *ctx,
                               bool is_image);
/* Runs `body` where trials can be made; afterwards all is pinned as before. Returns 0, or the body's `failed`, which is
 * XLGC_E_NOMEM when the body raises an error, or as _begin. */
int xlgc__duktape_trials_run(xlgc__duktape_trials *trials, duk_context *ctx, duk_safe_call_function body, void *data);
void xlgc__duktape_trials_end(xlgc__duktape_trials *trials);

/* For the body. Nothing is allocated, no error raised. */

void xlgc__duktape_trials_pin_all(duk_context *ctx, xlgc__duktape_trials *trials, bool pinned);
/* The exports with the numbers from `first` on. */
void xlgc__duktape_trials_pin(duk_context *ctx, xlgc__duktape_trials *trials, size_t first, size_t count, bool pinned);
/* A trial: marks. Then _look for each proxy that matters, then _restore, then the next trial. */
void xlgc__duktape_trials_mark(duk_context *ctx, xlgc__duktape_trials *trials);
/* Was the proxy with this number reached? It is noted in `is_found` too. */
bool xlgc__duktape_trials_look(duk_context *ctx, xlgc__duktape_trials *trials, size_t number);
/* Takes the targets off the list of objects to be finalized. */
void xlgc__duktape_trials_restore(duk_context *ctx, const xlgc__duktape_trials *trials);

#endif
