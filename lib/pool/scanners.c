#include <config.h>

#include "pool/scanners.h"

#include <stdio.h>
#include <utlist.h>

#include "pool/audit.h"
#include "pool/ownership.h"
#include "queue/writer.h"
#include "table/tree.h"

/* An object that a scanner has named. */
typedef struct root {
  uint64_t id;              /* without the pool */
  uint64_t scan;            /* the last that named it */
  struct root *next, *prev; /* of the scanner: those named longest ago come first */
  xlgc__tree_node of_id;
} root;

struct xlgc__scanner {
  xlgc_scan_roots *roots;
  void *data;
  uint64_t number, scans;
  xlgc__tree by_id;
  root *all;
  xlgc__scanner *next, *prev; /* of the context */
  char name[32];
};

struct xlgc_report {
  xlgc_context *context;
  xlgc__scanner *scanner;
  int failed;
};

static xlgc__memory *memory_of(const xlgc_context *context) { return context->queue->memory; }

/* Events of scanners are logged at once, whatever the queue's bound: the round waits for them. */
static int log_event(xlgc_context *context, xlgc__op op, uint64_t id) {
  xlgc__record event = xlgc__event(op, id, id);
  int failed = xlgc__writer_log(context, &event, 1, 0, true);
  xlgc_id with_pool = context->log.prefix | id;
  if (!failed && context->queue->ledger) xlgc__audit_logged(context, op, with_pool, with_pool, NULL);
  return failed;
}

static void free_root(const xlgc_context *context, xlgc__scanner *scanner, root *one) {
  xlgc__tree_remove(&scanner->by_id, &one->of_id);
  DL_DELETE(scanner->all, one);
  xlgc__memory_release(memory_of(context), one, sizeof *one);
}

/* ---------------------------------------------------------------- asking */

static int pin_new(xlgc_context *context, xlgc__scanner *scanner, uint64_t id) {
  root *one = xlgc__memory_allocate(memory_of(context), sizeof *one);
  int failed = one ? log_event(context, XLGC__OP_PIN, id) : XLGC_E_NOMEM;
  if (failed) {
    if (one) xlgc__memory_release(memory_of(context), one, sizeof *one);
    return failed;
  }
  one->id = id;
  one->scan = scanner->scans;
  xlgc__tree_add(&scanner->by_id, id, &one->of_id);
  DL_APPEND(scanner->all, one);
  return 0;
}

/* Named again. */
static void renew(xlgc__scanner *scanner, root *one) {
  if (one->scan == scanner->scans) return;
  one->scan = scanner->scans;
  DL_DELETE(scanner->all, one);
  DL_APPEND(scanner->all, one);
}

int xlgc__scanners_report(xlgc_report *report, xlgc_id object) {
  xlgc_context *context = report->context;
  xlgc__scanner *scanner = report->scanner;
  if (object == XLGC_ID_NONE) return 0;
  int failed = (object ^ context->log.prefix) < XLGC__BARE_LIMIT ? 0 : XLGC_E_FOREIGN;
  uint64_t id = XLGC__BARE(object);
  root *one = failed ? NULL : xlgc__tree_record(xlgc__tree_find(&scanner->by_id, id), offsetof(root, of_id));
  if (one)
    renew(scanner, one);
  else if (!failed)
    failed = pin_new(context, scanner, id);
  if (failed) report->failed = failed;
  return failed;
}

/* Unpins what the scans from `scan` on have not named. */
static int unpin_old(xlgc_context *context, xlgc__scanner *scanner, uint64_t scan) {
  for (root *one; (one = scanner->all) != NULL && one->scan < scan;) {
    int failed = log_event(context, XLGC__OP_UNPIN, one->id);
    if (failed) return failed;
    free_root(context, scanner, one);
  }
  return 0;
}

static int ask_one(xlgc_context *context, xlgc__scanner *scanner) {
  xlgc_report report = {context, scanner, 0};
  scanner->scans++;
  scanner->roots(&report, scanner->data);
  return report.failed ? report.failed : unpin_old(context, scanner, scanner->scans);
}

int xlgc__scanners_ask(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  int failed = 0;
  if (context->scanning) return XLGC_E_BUSY;
  xlgc__context_is_used(context);
  /* Read first: the answer is to a question that was put before. */
  xlgc__mutex_lock(&queue->lock);
  uint64_t asked = atomic_load_explicit(&queue->scan_asked, memory_order_relaxed);
  xlgc__mutex_unlock(&queue->lock);
  context->scanning = true;
  for (xlgc__scanner *scanner = context->scanners; scanner && !failed; scanner = scanner->next)
    failed = ask_one(context, scanner);
  context->scanning = false;
  if (failed) return failed;
  xlgc__mutex_lock(&queue->lock);
  context->scanned = asked;
  xlgc__condition_wake_all(&queue->progress);
  xlgc__mutex_unlock(&queue->lock);
  return 0;
}

int xlgc__scanners_answer(xlgc_context *context) {
  if (!context->scanners) return 0;
  uint64_t asked = atomic_load_explicit(&context->queue->scan_asked, memory_order_relaxed);
  return context->scanned < asked ? xlgc__scanners_ask(context) : 0;
}

int xlgc__scanners_ask_here(xlgc_context *context) {
  return xlgc__ownership_has_context(context) && !context->scanning ? xlgc__scanners_ask(context) : XLGC_E_HELD;
}

/* --------------------------------------------------------- coming and going */

/* The round names the first. Lock taken. */
static void note_name(xlgc_context *context) {
  context->scanner_name = context->scanners ? context->scanners->name : NULL;
}

int xlgc__scanners_add(xlgc_context *context, const char *name, xlgc_scan_roots *roots, void *data, uint64_t *out) {
  xlgc__queue *queue = context->queue;
  xlgc__scanner *made = xlgc__memory_allocate(queue->memory, sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->roots = roots;
  made->data = data;
  snprintf(made->name, sizeof made->name, "%s", name ? name : "scanner");
  xlgc__mutex_lock(&queue->lock);
  made->number = ++queue->scanner_numbers;
  queue->scanner_count++;
  DL_APPEND(context->scanners, made);
  note_name(context);
  xlgc__mutex_unlock(&queue->lock);
  *out = made->number;
  return 0;
}

/* It has no roots any more. Lock taken. */
static void free_scanner(xlgc_context *context, xlgc__scanner *scanner) {
  context->queue->scanner_count--;
  DL_DELETE(context->scanners, scanner);
  note_name(context);
  xlgc__memory_release(memory_of(context), scanner, sizeof *scanner);
}

static int remove_one(xlgc_context *context, xlgc__scanner *scanner) {
  int failed = unpin_old(context, scanner, UINT64_MAX);
  if (failed) return failed;
  xlgc__mutex_lock(&context->queue->lock);
  free_scanner(context, scanner);
  xlgc__condition_wake_all(&context->queue->progress);
  xlgc__mutex_unlock(&context->queue->lock);
  return 0;
}

int xlgc__scanners_remove(xlgc_context *context, uint64_t number) {
  if (context->scanning) return XLGC_E_BUSY;
  xlgc__scanner *scanner = context->scanners;
  while (scanner && scanner->number != number)
    scanner = scanner->next;
  return scanner ? remove_one(context, scanner) : XLGC_E_STALE;
}

/* Takes back the pin of a root that has been applied. Lock taken. */
static void unpin_applied(xlgc_context *context, uint64_t id) {
  xlgc__graph *graph = &context->pool->graph;
  uint32_t index = xlgc__object_resolve(&graph->objects, id);
  xlgc__entry other;
  if (index) xlgc__graph_unpin(graph, index);
  if (index && context->queue->ledger)
    xlgc__ledger_drop(context->queue->ledger, XLGC_ID_NONE, context->log.prefix | id, NULL, &other);
}

bool xlgc__scanners_drop(xlgc_context *context, size_t max) {
  for (xlgc__scanner *scanner; (scanner = context->scanners) != NULL; free_scanner(context, scanner)) {
    for (root *one; (one = scanner->all) != NULL; free_root(context, scanner, one)) {
      if (!max--) return false;
      unpin_applied(context, one->id);
    }
  }
  return true;
}

void xlgc__scanners_remove_all(xlgc_pool *pool) {
  for (xlgc_context *context = pool->queue.contexts; context; context = context->next)
    while (!atomic_load_explicit(&context->closed, memory_order_acquire) && context->scanners &&
           !remove_one(context, context->scanners)) {
    }
}

void xlgc__scanners_free_all(xlgc_pool *pool) {
  for (xlgc_context *context = pool->queue.contexts; context; context = context->next)
    for (xlgc__scanner *scanner; (scanner = context->scanners) != NULL; free_scanner(context, scanner))
      while (scanner->all)
        free_root(context, scanner, scanner->all);
}
