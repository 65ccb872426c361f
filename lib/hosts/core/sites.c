#include <config.h>

#include "hosts/core/sites.h"

#include <xlgc/why.h>

#include "base/text.h"
#include "hosts/core/visits.h"

enum { PLACE_BYTES = 200 };

static bool find_place(const xlgc_host *host, char *place) {
  *place = 0;
  if (host->adapter->where) host->adapter->where(host->engine, place, PLACE_BYTES);
  return *place != 0;
}

/* Where its own code is; and where that is that visits it, as it may be the visitor that has asked for the object. */
void xlgc__host_sites_note(const xlgc_host *host, xlgc_id export) {
  if (xlgc_object_site(host->group->pool, export, NULL, 0) <= 0) return;
  char room[2 * PLACE_BYTES + 64] = "", place[PLACE_BYTES];
  xlgc__text site = {room, sizeof room, 0};
  if (find_place(host, place)) xlgc__text_put(&site, "exported at %s", place);
  const xlgc_visit *visit = xlgc__host_visits_innermost();
  if (visit && visit->owner == host && visit->from && find_place(visit->from, place))
    xlgc__text_put(&site, "%s at %s", site.length ? ", visited" : "asked for", place);
  if (site.length) (void)xlgc_object_site_set(host->group->pool, export, room);
}
