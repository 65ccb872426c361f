/* Starts the engine of one language, given the flags of that language's package only. HEADER is its header, LANGUAGE
 * its xlgc_language_NAME. */
#include <stdio.h>

#include HEADER

int main(void) {
  xlgc_pool *pool;
  void *engine;
  xlgc_value object;
  if (xlgc_pool_create(NULL, &pool)) return 1;
  if (LANGUAGE.start(pool, &engine, &object)) return 2;
  if (object.type != XLGC_OBJECT) return 3;
  if (LANGUAGE.end(engine)) return 4;
  if (xlgc_pool_destroy(pool)) return 5;
  printf("%s was here\n", LANGUAGE.name);
  return 0;
}
