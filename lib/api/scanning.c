/* Scanners, and those that are ready-made. */
#include <config.h>

#include <xlgc/scan.h>

#include <string.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/scanners.h"

static int refusal(const xlgc_context *context) {
  if (!context) return XLGC_E_INVAL;
  return context->fork_generation != xlgc__process_generation() ? XLGC_E_FORK : 0;
}

int xlgc_scanner_add(xlgc_context *context, const char *name, xlgc_scan_roots *roots, void *data, xlgc_scanner *out) {
  uint64_t number;
  if (!context || !roots) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (!failed) failed = xlgc__scanners_add(context, name, roots, data, &number);
  if (!failed && out) *out = number;
  return failed;
}

int xlgc_scanner_remove(xlgc_context *context, xlgc_scanner scanner) {
  int refused = scanner == XLGC_SCANNER_NONE ? XLGC_E_INVAL : refusal(context);
  return refused ? refused : xlgc__scanners_remove(context, scanner);
}

int xlgc_report_root(xlgc_report *report, xlgc_id object) {
  return report ? xlgc__scanners_report(report, object) : XLGC_E_INVAL;
}

int xlgc_scan(xlgc_context *context) {
  int refused = refusal(context);
  return refused ? refused : xlgc__scanners_answer(context);
}

int xlgc_scan_now(xlgc_context *context) {
  int refused = refusal(context);
  return refused ? refused : xlgc__scanners_ask(context);
}

/* ---------------------------------------------------------- ready-made ones */

static xlgc_id read_id(const void *slot, void *data) {
  xlgc_id id;
  (void)data;
  memcpy(&id, slot, sizeof id);
  return id;
}

void xlgc_scan_array(xlgc_report *report, void *array) {
  const xlgc_root_array *of = array;
  size_t stride_bytes = of->stride_bytes ? of->stride_bytes : sizeof(xlgc_id);
  xlgc_read_slot *read = of->read ? of->read : read_id;
  for (size_t i = 0; i < of->count; i++)
    xlgc_report_root(report, read((const char *)of->slots + i * stride_bytes, of->data));
}

void xlgc_scan_globals(xlgc_report *report, void *globals) {
  const xlgc_root_globals *of = globals;
  for (size_t i = 0; i < of->count; i++)
    xlgc_report_root(report, *of->variables[i]);
}

void xlgc_scan_stack(xlgc_report *report, void *stack) {
  const xlgc_root_stack *of = stack;
  const char *base, *top;
  memcpy(&base, of->base, sizeof base);
  memcpy(&top, of->top, sizeof top);
  const char *first = base < top ? base : top, *end = base < top ? top : base;
  size_t stride_bytes = of->stride_bytes ? of->stride_bytes : sizeof(xlgc_id);
  xlgc_root_array array = {first, (size_t)(end - first) / stride_bytes, stride_bytes, of->read, of->data};
  xlgc_scan_array(report, &array);
}
