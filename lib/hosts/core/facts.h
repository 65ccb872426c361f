/* What a walk through an engine has found, written down: it is reported to the summary later, when the engine has gone
 * on. Ids, as what they are of may be gone by then. */
#ifndef XLGC_HOSTS_FACTS_H
#define XLGC_HOSTS_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include <xlgc.h>

typedef struct xlgc__host_fact {
  xlgc_id source, target; /* source: XLGC_ID_NONE for the root */
} xlgc__host_fact;

/* All zero: none, in memory that grows. */
typedef struct xlgc__host_facts {
  xlgc__host_fact *at;
  size_t count, room;
  bool is_fixed; /* its room is all there is */
} xlgc__host_facts;

/* Returns 0; XLGC_E_FULL where the room is fixed, or XLGC_E_NOMEM. */
int xlgc__host_facts_note(xlgc__host_facts *facts, xlgc_id source, xlgc_id target);
/* Of those whose memory grows. */
void xlgc__host_facts_free(xlgc__host_facts *facts);

#endif
