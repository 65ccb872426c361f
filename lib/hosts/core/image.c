#include <config.h>

#include "hosts/core/image.h"

/* Facts are far fewer where links are any measure; that many there is room for. Memory that is not used costs
 * nothing. */
enum { FACTS_PER_LINK = 8, FACTS_MORE = 1 << 20, TRIES = 3 };

bool xlgc__host_image_is_wanted(const xlgc_host *host) {
  const xlgc_host_adapter *adapter = host->adapter;
  if (!adapter->size || host->is_plain || host->image.tries >= TRIES) return false;
  xlgc__host_lock_acquire();
  uint64_t from_kib = host->group->config.image;
  xlgc__host_lock_release();
  return from_kib && adapter->size(host->engine) / 1024 >= from_kib;
}

int xlgc__host_image_begin(xlgc_host *host, void (*look)(void *host, void *found)) {
  size_t room = host->link_count * FACTS_PER_LINK + FACTS_MORE;
  size_t size_bytes = sizeof(xlgc__host_image_found) + room * sizeof(xlgc__host_fact);
  host->image.tries++;
  host->image.room = room;
  host->image.is_settled = false;
  int failed = xlgc__host_copy_start(&host->image.copy, size_bytes, look, host);
  host->statistics.images += !failed;
  host->statistics.images_failed += failed != 0;
  return failed;
}

void xlgc__host_image_make_room(const xlgc_host *host, xlgc__host_image_found *found) {
  found->facts = (xlgc__host_facts){.at = (xlgc__host_fact *)(found + 1), .room = host->image.room, .is_fixed = true};
}

bool xlgc__host_image_is_begun(const xlgc_host *host) { return xlgc__host_copy_shared(&host->image.copy) != NULL; }

/* No image of this engine can be used, as it is: weak references lead to objects without an event, at any time. */
static bool is_useless(const xlgc__host_image_found *found) { return found->result < 0 || found->is_weak; }

bool xlgc__host_image_is_right(const xlgc_host *host) { return !host->adapter->end_image(host->engine); }

static bool can_be_used(xlgc_host *host) {
  if (!is_useless(xlgc__host_copy_shared(&host->image.copy))) return xlgc__host_image_is_right(host);
  host->image.tries = TRIES;
  return false;
}

/* Does a part of what a copy of the process leaves to do. Returns whether there is more. */
static bool settle(xlgc_host *host) {
  if (host->image.is_settled) return false;
  if (!host->image.pages.count) xlgc__host_pages_begin(&host->image.pages);
  if (xlgc__host_pages_work(&host->image.pages)) return true;
  xlgc__host_pages_end(&host->image.pages);
  host->image.is_settled = true;
  return false;
}

int xlgc__host_image_look(xlgc_host *host) {
  int state = xlgc__host_copy_look(&host->image.copy);
  if (state == XLGC__HOST_COPY_DONE && settle(host)) return 1;
  if (state == XLGC__HOST_COPY_RUNS) return XLGC__HOST_IMAGE_RUNS;
  return state == XLGC__HOST_COPY_DONE && can_be_used(host) ? 0 : XLGC_E_STATE;
}

void xlgc__host_image_end(xlgc_host *host, bool waits) {
  xlgc__host_pages_end(&host->image.pages);
  xlgc__host_copy_end(&host->image.copy, waits);
}

const xlgc__host_facts *xlgc__host_image_facts(const xlgc_host *host) {
  const xlgc__host_image_found *found = xlgc__host_copy_shared(&host->image.copy);
  return found ? &found->facts : NULL;
}
