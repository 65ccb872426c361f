/* Starting one language from another, by the library that has it. */
#include <config.h>

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "hosts/core/tables.h"

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

/* Elsewhere the engine is loaded first. Nothing is ever unloaded: objects of the language may outlive the engine. */
static void *load_library(const char *name) {
  char library[NAME_MAX_BYTES + 32];
  snprintf(library, sizeof library, "libxlgc-%s.so.0", name);
  void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  for (size_t i = 0; !handle && i < sizeof engines / sizeof *engines; i++)
    if (strcmp(name, engines[i].name) == 0 && dlopen(engines[i].file, RTLD_NOW | RTLD_GLOBAL))
      handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
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
  xlgc__host_started *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->language = language;
  int failed = language->start(from->group->pool, &made->engine, out);
  if (failed) {
    free(made);
    if (failed == XLGC_E_NOMEM || out->type == XLGC_STRING) return failed;
    return fail(failed, out, name, "could not be started", xlgc_strerror(failed));
  }
  LL_PREPEND(from->started, made);
  return 0;
}
