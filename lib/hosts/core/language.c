/* Starting one language from another, by the library that has it. */
#include <config.h>

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "hosts/core/objects.h"
#include "hosts/core/owned.h"
#include "hosts/core/started.h"

enum { NAME_MAX_BYTES = 32 };

/* Engines whose names their library leaves open: a stock interpreter has them in its program. */
static const struct { const char *name, *file; } engines[] = {XLGC_ENGINE_LIBRARIES};

/* What is said of a failure, until the thread's next one. */
static _Thread_local char words[512];

static int fail(int code, xlgc_value *out, const char *name, const char *what, const char *why) {
  snprintf(words, sizeof words, "the language '%.*s' %s: %s", NAME_MAX_BYTES, name, what, why);
  *out = (xlgc_value){.type = XLGC_STRING, .as.bytes = words, .length = strlen(words)};
  return code;
}

/* Elsewhere the engine is loaded first, for all, as its extensions want it. What the language's library needs is bound
 * now and shown to nobody, so that a process may have another version of the engine beside it. Nothing is ever
 * unloaded: objects of the language may outlive the engine. */
static void *load_library(const char *name) {
  char library[NAME_MAX_BYTES + 32];
  snprintf(library, sizeof library, "libxlgc-%s.so.0", name);
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  for (size_t i = 0; !handle && i < sizeof engines / sizeof *engines; i++)
    if (strcmp(name, engines[i].name) == 0 && dlopen(engines[i].file, RTLD_NOW | RTLD_GLOBAL))
      handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  return handle;
}

static const xlgc_language *find_language(const char *name) {
  size_t length = strlen(name);
  if (!length || length > NAME_MAX_BYTES) return NULL;
  for (size_t i = 0; i < length; i++)
    if (!isalnum((unsigned char)name[i])) return NULL;
  char symbol[NAME_MAX_BYTES + 32];
  snprintf(symbol, sizeof symbol, "xlgc_language_%s", name);
  const xlgc_language *language = dlsym(RTLD_DEFAULT, symbol);
  if (language) return language;
  void *handle = load_library(name);
  return handle ? dlsym(handle, symbol) : NULL;
}

/* ------------------------------------------------------------------- close */

/* The function `close` of an engine's object. */
typedef struct closer {
  xlgc__host_owned owned;
  uint64_t serial;
} closer;

static int close_engine(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                        xlgc_value *out) {
  (void)self, (void)arguments, (void)count, (void)out;
  int failed = xlgc__host_started_end(visit->pool, ((const closer *)visit->handle)->serial);
  return failed < 0 ? failed : 0;
}
static const xlgc_behaviour closing = {.call = close_engine};

static void free_closer(xlgc__host_owned *owned) { free((closer *)owned); }

static int put_close(xlgc_host *from, const xlgc_value *face, uint64_t serial) {
  static const xlgc_value name = {.type = XLGC_STRING, .as.bytes = "close", .length = 5};
  xlgc_visit visit;
  closer *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->serial = serial;
  int failed = xlgc__host_owned_make(&made->owned, from->group->pool, from->context, free_closer, &closing);
  if (failed) return failed;
  xlgc_value function = {.type = XLGC_OBJECT, .traits = XLGC_CALLABLE, .as.id = made->owned.id};
  failed = xlgc_visit_begin_held(&visit, from->group->pool, face->as.id);
  if (!failed) {
    failed = xlgc_visit_set(&visit, &name, &function);
    xlgc_visit_end(&visit);
  }
  if (failed) xlgc__host_objects_give_up(from->context, function.as.id);
  return failed;
}

static int start_and_equip(xlgc_host *from, const xlgc_language *language, xlgc_value *out) {
  void *engine;
  uint64_t serial;
  int failed = language->start(from->group->pool, &engine, out);
  if (failed) return failed;
  failed = xlgc_pin(from->context, out->as.id);
  if (!failed) {
    failed = xlgc__host_started_add(from->group->pool, from, language, engine, out->as.id, &serial);
    if (failed) (void)xlgc_unpin(from->context, out->as.id);
  }
  if (failed) {
    (void)language->end(engine);
    return failed;
  }
  failed = put_close(from, out, serial);
  if (failed) (void)xlgc__host_started_end(from->group->pool, serial);
  return failed;
}

/* ------------------------------------------------------------------- start */

int xlgc_language_start(xlgc_host *from, const char *name, xlgc_value *out) {
  if (!from || !name || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (from->is_closing) return XLGC_E_SHUTDOWN;
  (void)dlerror();
  const xlgc_language *language = find_language(name);
  if (!language) {
    const char *why = dlerror();
    return fail(XLGC_E_UNKNOWN, out, name, "is not installed", why ? why : "there is none of this name");
  }
  int failed = start_and_equip(from, language, out);
  if (!failed || failed == XLGC_E_NOMEM || out->type == XLGC_STRING) return failed;
  return fail(failed, out, name, "could not be started", xlgc_strerror(failed));
}

int xlgc_language_started(xlgc_pool *pool, const xlgc_language *language, void *engine, xlgc_id object) {
  uint64_t serial;
  if (!pool || !language || !engine) return XLGC_E_INVAL;
  return xlgc__host_started_add(pool, NULL, language, engine, object, &serial);
}

int xlgc_language_end(xlgc_pool *pool, const xlgc_language *language, void *engine) {
  if (!pool || !language || !engine) return XLGC_E_INVAL;
  return xlgc__host_started_end_other(pool, language, engine);
}
