#include <config.h>

#include "hosts/core/bell.h"

/* A pinned object that is let go to wake the host's thread: its release is a message in the host's mailbox. */
static void awake(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context, (void)id, (void)address, (void)data;
}
static const xlgc_kind bell_kind = {
    .name = "bell", .flags = XLGC_KIND_UNINDEXED, .release = awake, .delivery = XLGC_DELIVER_OWNER};

void xlgc__host_bell_hang(xlgc_host *host) {
  xlgc_id bell;
  if (atomic_load_explicit(&host->bell, memory_order_relaxed) != XLGC_ID_NONE ||
      xlgc_register(host->context, host, &bell_kind, &bell))
    return;
  if (xlgc_pin(host->context, bell)) return;
  atomic_store_explicit(&host->bell, bell, memory_order_release);
}

xlgc_id xlgc__host_bell_ask_locked(xlgc_host *host) {
  atomic_store_explicit(&host->is_asked, true, memory_order_relaxed);
  return atomic_exchange_explicit(&host->bell, XLGC_ID_NONE, memory_order_acquire);
}
