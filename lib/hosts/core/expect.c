/* Objects are expected to be gone: a function of the pool's own, which collects when it is called. */
#include <config.h>

#include <string.h>

#include <xlgc/bridge.h>

#include <xlgc/why.h>

#include "base/text.h"
#include "hosts/core/engine.h"
#include "hosts/core/owned.h"
#include "hosts/core/watches.h"
#include "hosts/core/why.h"

/* ROUNDS: of collections; what finalizers let go of goes in the next one. */
enum { ROUNDS = 8, WORDS_BYTES = 1 << 16 };

typedef struct expectation {
  xlgc__host_owned owned;
  size_t budget, count;
  xlgc__host_watch *at[];
} expectation;

static void free_expectation(xlgc__host_owned *owned) {
  expectation *expectation = (struct expectation *)owned;
  for (size_t i = 0; i < expectation->count; i++)
    xlgc__host_watches_destroy(expectation->at[i]);
  free(expectation);
}

/* ---------------------------------------------------------------- is it so? */

static int collect(xlgc_pool *pool) {
  int result = 1;
  for (unsigned round = 0; round < ROUNDS && (result > 0 || round < 2) && result >= 0; round++)
    result = xlgc_hosts_collect(pool);
  return result < 0 ? result : 0;
}

static int explain_own(xlgc_host *host, void *engine_part, size_t budget, char *text, size_t size_bytes) {
  void *handle = host->adapter->watched(host->engine, engine_part);
  return handle ? xlgc__host_why_own(NULL, host, handle, budget, text, size_bytes) : 0;
}

/* One of the pool's own, or of an engine that cannot watch. */
static int explain_in_pool(xlgc_pool *pool, const xlgc__host_watch *watch, size_t budget, char *text,
                           size_t size_bytes) {
  xlgc_standing standing;
  int failed = xlgc_why(pool, watch->id, 0, NULL, 0, &standing);
  if (failed == XLGC_E_STALE || (!failed && standing.stands == XLGC_STANDS_DEAD)) return 0;
  return failed ? failed : xlgc_hosts_explain(pool, NULL, watch->id, budget, text, size_bytes);
}

/* Writes why it is there. Returns the length; 0 when it is gone; or a negative code. */
static int explain_one(xlgc_pool *pool, const xlgc__host_watch *watch, size_t budget, char *text, size_t size_bytes) {
  xlgc__host_lock_acquire();
  xlgc_host *host = watch->host;
  if (!host) {
    xlgc__host_lock_release();
    return watch->is_engines ? 0 : explain_in_pool(pool, watch, budget, text, size_bytes);
  }
  xlgc__text words = {text, size_bytes, 0};
  const char *name = host->adapter->name;
  if (xlgc__host_engine_look_locked(host)) {
    int length = explain_own(host, watch->engine_part, budget, text, size_bytes);
    xlgc__host_engine_look_away(host);
    return length;
  }
  xlgc__text_put(&words, "an object of %s, which this thread may not look into", name);
  return (int)words.length;
}

/* Writes what holds those that are still there. Returns how many these are, or a negative code. */
static int explain(const expectation *expectation, xlgc__text *text) {
  int left = 0;
  for (size_t i = 0; i < expectation->count; i++) {
    size_t written = text->length < text->room ? text->length : text->room - 1;
    size_t room = text->room - written - (written + 1 < text->room);
    int length = explain_one(expectation->owned.pool, expectation->at[i], expectation->budget,
                             text->at + text->room - room, room);
    if (length < 0) return length;
    if (!length) continue;
    left++;
    if (written + 1 < text->room) text->at[written] = '\n';
    text->length = written + 1 + (size_t)length;
  }
  return left;
}

static int raise(xlgc_visit *visit, const expectation *expectation, int left, const char *chains) {
  static const char format[] = "%d of the %zu objects that are expected to be gone %s still there:%s";
  const char *is = left == 1 ? "is" : "are";
  int length = snprintf(NULL, 0, format, left, expectation->count, is, chains);
  char *words = length < 0 ? NULL : xlgc__host_memory_allocate((size_t)length + 1);
  if (!words) return XLGC_E_NOMEM;
  snprintf(words, (size_t)length + 1, format, left, expectation->count, is, chains);
  int result = xlgc_visit_raise(visit, words, (size_t)length);
  free(words);
  return result;
}

static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  (void)self;
  (void)arguments;
  (void)count;
  const expectation *expectation = visit->handle;
  memset(out, 0, sizeof *out);
  int result = collect(expectation->owned.pool);
  if (result == XLGC_E_BUSY) return xlgc_visit_raise(visit, xlgc_hosts_why(), strlen(xlgc_hosts_why()));
  char *room = result ? NULL : xlgc__host_memory_zeroed(WORDS_BYTES);
  if (!result && !room) result = XLGC_E_NOMEM;
  xlgc__text chains = {room, WORDS_BYTES, 0};
  if (!result) result = explain(expectation, &chains);
  if (result > 0) result = raise(visit, expectation, result, room);
  free(room);
  return result;
}

static const xlgc_behaviour behaviour = {.call = call};

/* ---------------------------------------------------------------- the function */

int xlgc_hosts_expect_gone(xlgc_host *from, const xlgc_expected *objects, size_t count, size_t budget,
                           xlgc_value *out) {
  if (!from || !out || (count && !objects)) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (from->is_closing) return XLGC_E_SHUTDOWN;
  expectation *made = xlgc__host_memory_zeroed(sizeof *made + count * sizeof *made->at);
  if (!made) return XLGC_E_NOMEM;
  made->budget = budget;
  int failed = 0;
  while (!failed && made->count < count) {
    failed = xlgc__host_watches_make(from, &objects[made->count], false, &made->at[made->count]);
    made->count += !failed;
  }
  if (failed) {
    free_expectation(&made->owned);
    return failed;
  }
  failed = xlgc__host_owned_make(&made->owned, from->group->pool, from->context, free_expectation, &behaviour);
  if (failed) return failed;
  out->type = XLGC_OBJECT;
  out->traits = XLGC_CALLABLE;
  out->as.id = made->owned.id;
  return 0;
}
