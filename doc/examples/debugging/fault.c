/* A program with a fault, to be found as doc/debugging.md says: a link is dropped twice. `session` has the commands that
 * lead to the line. */
#include <stdio.h>
#include <xlgc.h>

static const xlgc_kind kind = {.name = "node"};

static int forget(xlgc_context *context, xlgc_id parent, xlgc_id child) { return xlgc_unlink(context, parent, child); }

int main(void) {
  static int objects[2];
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id parent, child;
  if (xlgc_pool_create(NULL, &pool) || xlgc_context_create(pool, "main", &context)) return 1;
  if (xlgc_register(context, &objects[0], &kind, &parent) || xlgc_register(context, &objects[1], &kind, &child))
    return 1;
  xlgc_pin(context, parent), xlgc_pin(context, child);
  xlgc_link(context, parent, child);
  forget(context, parent, child);
  forget(context, parent, child); /* the fault */
  xlgc_flush(pool);
  xlgc_unpin(context, parent), xlgc_unpin(context, child);
  return xlgc_pool_destroy(pool);
}
