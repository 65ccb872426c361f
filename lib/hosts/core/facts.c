#include <config.h>

#include "hosts/core/facts.h"

#include <stdlib.h>
#include <string.h>

#include "hosts/core/memory.h"

enum { ROOM_MIN = 256 };

static int grow(xlgc__host_facts *facts) {
  if (facts->is_fixed) return XLGC_E_FULL;
  size_t room = facts->room ? 2 * facts->room : ROOM_MIN;
  xlgc__host_fact *at = xlgc__host_memory_allocate(room * sizeof *at);
  if (!at) return XLGC_E_NOMEM;
  if (facts->count) memcpy(at, facts->at, facts->count * sizeof *at);
  free(facts->at);
  facts->at = at;
  facts->room = room;
  return 0;
}

int xlgc__host_facts_note(xlgc__host_facts *facts, xlgc_id source, xlgc_id target) {
  int failed = facts->count == facts->room ? grow(facts) : 0;
  if (failed) return failed;
  facts->at[facts->count++] = (xlgc__host_fact){source, target};
  return 0;
}

void xlgc__host_facts_free(xlgc__host_facts *facts) {
  free(facts->at);
  *facts = (xlgc__host_facts){.at = NULL};
}
