#include <config.h>

#include "hosts/common/export.h"

int xlgc__export_handle(xlgc_host *host, void *handle, const xlgc__export_pins *pins, void *data, xlgc_id *id) {
  int known = xlgc_host_exported(host, handle, id);
  if (known != XLGC_E_UNKNOWN) return known;
  int pinned = pins->pin(data, handle);
  if (pinned < 0) return pinned;
  int result = xlgc_host_export(host, handle, id);
  /* Above 0, the host has a pin of it already. */
  if (result && pinned == XLGC__EXPORT_PINNED) pins->undo(data, handle);
  return result < 0 ? result : 0;
}
