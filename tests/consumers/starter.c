/* A program with no language of its own, which starts each one it is told. Prints why it cannot start one. */
#include <stdio.h>

#include <xlgc/bridge.h>

static int summarise(void *engine, xlgc_summary *summary) {
  (void)engine, (void)summary;
  return 0;
}
static void unpin(void *engine, void *handle) { (void)engine, (void)handle; }

int main(int argc, char **argv) {
  static const xlgc_host_adapter adapter = {.name = "starter", .summarise = summarise, .unpin = unpin};
  xlgc_pool *pool;
  xlgc_host *host;
  int status = 0;
  if (xlgc_pool_create(NULL, &pool) || xlgc_host_open(pool, &adapter, &pool, &host)) return 2;
  for (int i = 1; i < argc; i++) {
    xlgc_value object;
    if (!xlgc_language_start(host, argv[i], &object)) continue;
    printf("%.*s\n", object.type == XLGC_STRING ? (int)object.length : 0, object.as.bytes);
    status = 1;
  }
  if (xlgc_host_close(host) || xlgc_pool_destroy(pool)) return 3;
  return status;
}
