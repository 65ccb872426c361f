/* An image does not see what finalizers will find that are yet to run. Garbage waits for them until a mark-and-sweep,
 * as Duktape's reference counts find all other garbage at once. So two of them come first, in a part each: the second
 * one for what the finalizers of the first have left. Duktape does not stop in the middle of one, so these parts take
 * as long as its own collection. What becomes garbage after the image was seen by it, with all it reaches. */
#include <config.h>

#include "hosts/duktape/image.h"

#include "hosts/duktape/trials.h"

enum { COLLECTIONS = 2 };

size_t xlgc__duktape_image_size(void *data) {
  const xlgc__duktape_engine *engine = data;
  return engine->limit && !engine->is_ending ? engine->limit->bytes : 0;
}

int xlgc__duktape_image_begin(void *data) {
  xlgc__duktape_engine *engine = data;
  if (engine->is_ending) return XLGC_E_SHUTDOWN;
  if (engine->trials) return xlgc_hosts_refuse("a summary of this heap is being taken");
  int failed = xlgc__duktape_trials_check(engine, engine->current);
  if (failed) {
    engine->image_parts = 0;
    return failed;
  }
  xlgc__duktape_pins_retry(&engine->exports, engine->current);
  duk_gc(engine->current, 0);
  if (++engine->image_parts < COLLECTIONS) return 1;
  engine->image_parts = 0;
  engine->image_count++;
  engine->proxy_limit = SIZE_MAX; /* the summary says which are dead; one that is no image sets it anew */
  return 0;
}

int xlgc__duktape_image_end(void *data) {
  (void)data;
  return 0;
}
