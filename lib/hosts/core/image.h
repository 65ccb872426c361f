/* Images: what an engine holds is found out in a copy of the process, while the engine goes on. The copy writes facts
 * down, which are reported to a summary when the copy is done. */
#ifndef XLGC_HOSTS_IMAGE_H
#define XLGC_HOSTS_IMAGE_H

#include "hosts/core/tables.h"

/* What the copy has found. */
typedef struct xlgc__host_image_found {
  int result; /* of the walk */
  bool is_weak;
  xlgc__host_facts facts;
} xlgc__host_image_found;

/* Is the engine's heap so large that an image is worth its while, and have not too many been of no use for this
 * summary? */
bool xlgc__host_image_is_wanted(const xlgc_host *host);
/* `look` writes down in a copy what the host's engine holds. The host's number is this summary's. On error no image. */
int xlgc__host_image_begin(xlgc_host *host, void (*look)(void *host, void *found));
/* In the copy, before anything is noted. */
void xlgc__host_image_make_room(const xlgc_host *host, xlgc__host_image_found *found);
/* Is there one, or on its way? */
bool xlgc__host_image_is_begun(const xlgc_host *host);
/* Returns 0 when it can be used, 1 when this call has done a part of what comes before, XLGC__HOST_IMAGE_RUNS while the
 * copy is at work, or a negative code when it was lost, or is wrong by now. */
enum { XLGC__HOST_IMAGE_RUNS = 2 };
int xlgc__host_image_look(xlgc_host *host);
/* Ends it. waits: as xlgc__host_copy_end. */
void xlgc__host_image_end(xlgc_host *host, bool waits);
/* The facts of one that can be used: NULL, when there is none. */
const xlgc__host_facts *xlgc__host_image_facts(const xlgc_host *host);
/* Has nothing happened since that it must not miss? That is so as long as this says so. */
bool xlgc__host_image_is_right(const xlgc_host *host);

#endif
