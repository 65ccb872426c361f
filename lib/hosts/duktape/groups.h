/* Which export reaches which proxy, by halves: exports that reach some of the proxies are split in two halves, and each
 * half is tried. Groups that reach no proxy in common are tried together, so exports with proxies of their own cost two
 * trials a level, whatever their number. */
#ifndef XLGC_DUKTAPE_GROUPS_H
#define XLGC_DUKTAPE_GROUPS_H

#include "hosts/duktape/trials.h"

typedef struct xlgc__duktape_group xlgc__duktape_group;

typedef struct xlgc__duktape_groups {
  xlgc__duktape_trials *trials;
  xlgc_summary *summary;
  uint64_t *batches; /* by proxy, the last batch that it was in */
  uint64_t batch_count;
  xlgc__duktape_group *now, *next; /* those to be split on this level and the next */
  xlgc__duktape_group *batch;      /* those that are tried together */
  uint64_t told;                   /* edges */
  bool is_coarse;                  /* an export may not reach all that was told of it */
} xlgc__duktape_groups;

/* Returns 0 or XLGC_E_NOMEM. Call _free in either case. */
int xlgc__duktape_groups_begin(xlgc__duktape_groups *groups, xlgc__duktape_trials *trials, xlgc_summary *summary);
/* Tells the summary of each export which of the proxies in `trials->is_found` that are false it reaches. Inside of the
 * trials' body; what goes wrong is in `trials->failed`. */
void xlgc__duktape_groups_tell(duk_context *ctx, xlgc__duktape_groups *groups);
void xlgc__duktape_groups_free(xlgc__duktape_groups *groups);

#endif
