/* An object of an engine goes out: its pin, and what takes that back when the export fails. */
#ifndef XLGC_HOSTS_COMMON_EXPORT_H
#define XLGC_HOSTS_COMMON_EXPORT_H

#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { XLGC__EXPORT_PINNED = 0, XLGC__EXPORT_HAD_PIN = 1 };

typedef struct xlgc__export_pins {
  /* Pins the object with this handle. Returns XLGC__EXPORT_PINNED; XLGC__EXPORT_HAD_PIN when it has a pin and none was
   * added; or XLGC_E_*. */
  int (*pin)(void *data, void *handle);
  /* Takes back the pin that `pin` has added. */
  void (*undo)(void *data, void *handle);
} xlgc__export_pins;

/* The id of an object, which is pinned and exported when the host does not know it. data: for the two functions.
 * Returns 0 or XLGC_E_*, and then there is no more pinned than before. */
int xlgc__export_handle(xlgc_host *host, void *handle, const xlgc__export_pins *pins, void *data, xlgc_id *id);

#ifdef __cplusplus
}
#endif

#endif
