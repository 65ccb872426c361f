/* Starting one language from another, by the library that has it. */
#include <config.h>

#include <ctype.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts/core/objects.h"
#include "hosts/core/owned.h"
#include "hosts/core/started.h"
#include "hosts/core/stops.h"

enum { NAME_MAX_BYTES = 32 };

/* Engines whose names their library leaves open: a stock interpreter has them in its program. */
static const struct { const char *name, *file; } engines[] = {XLGC_ENGINE_LIBRARIES};

/* What is said of a failure, until the thread's next one. */
static _Thread_local char words[2048];

static int fail(int code, xlgc_value *out, const char *name, const char *what, const char *why) {
  snprintf(words, sizeof words, "the language '%.*s' %s: %s", NAME_MAX_BYTES, name, what, why);
  *out = (xlgc_value){.type = XLGC_STRING, .as.bytes = words, .length = strlen(words)};
  return code;
}

/* -------------------------------------------------------------- libraries */

/* A library that is looked for, and what was said of it. */
typedef struct search {
  char file[NAME_MAX_BYTES + 32];
  const char *what;
  char said[1536]; /* of each place that was looked at */
  size_t length;
} search;

static void say(search *search, const char *where, const char *why) {
  size_t room = sizeof search->said - search->length;
  int bytes = snprintf(search->said + search->length, room, "%s%s%s", search->length ? "; " : "", where, why);
  if (bytes > 0) search->length += (size_t)bytes < room ? (size_t)bytes : room - 1;
}

static void *open_file(search *search, const char *where, const char *file, int flags) {
  void *handle = dlopen(file, RTLD_NOW | flags);
  if (handle) return handle;
  const char *why = dlerror();
  say(search, where, why ? why : file);
  return NULL;
}

/* The file of the same name in the folder in which this library is. Returns whether there is one. */
static bool find_beside(search *search, char *path, size_t size) {
  Dl_info here;
  if (!dladdr((const void *)engines, &here) || !here.dli_fname) return false;
  const char *slash = strrchr(here.dli_fname, '/');
  if (!slash) return false;
  snprintf(path, size, "%.*s/", (int)(slash - here.dli_fname), here.dli_fname);
  char *folder = realpath(path, NULL);
  if (!folder) return false;
  int bytes = snprintf(path, size, "%s/%s", folder, search->file);
  free(folder);
  if (bytes < 0 || (size_t)bytes >= size) return false;
  if (access(path, F_OK) == 0) return true;
  say(search, path, ": there is no such file");
  return false;
}

/* One that lies beside this library is of the same build, and wins over those that the system would find. */
static void *open_library(search *search) {
  char path[4096];
  if (!find_beside(search, path, sizeof path))
    return open_file(search, "where the system looks for libraries: ", search->file, RTLD_LOCAL);
  search->what = "cannot be loaded";
  return open_file(search, "", path, RTLD_LOCAL);
}

/* Elsewhere the engine is loaded first, for all, as its extensions want it. What the language's library needs is bound
 * now and shown to nobody, so that a process may have another version of the engine beside it. Nothing is ever
 * unloaded: objects of the language may outlive the engine. */
static void *load_library(search *search, const char *name) {
  snprintf(search->file, sizeof search->file, "libxlgc-%s.so.%s", name, XLGC_SONAME_NUMBER);
  void *handle = dlopen(search->file, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  if (!handle) handle = open_library(search);
  for (size_t i = 0; !handle && i < sizeof engines / sizeof *engines; i++)
    if (strcmp(name, engines[i].name) == 0 && open_file(search, "", engines[i].file, RTLD_GLOBAL))
      handle = open_library(search);
  return handle;
}

/* A program that has this library linked into itself would have a second one with the language's. */
static bool is_linked_here(search *search, void *handle) {
  Dl_info here, there;
  void *other = dlsym(handle, "xlgc_language_start");
  if (!other || !dladdr((const void *)engines, &here) || !dladdr(other, &there)) return true;
  if (here.dli_fbase == there.dli_fbase) return true;
  search->what = "cannot be started here";
  snprintf(search->said, sizeof search->said,
           "it uses %s, and this program has the library in %s too: link the shared one", there.dli_fname,
           here.dli_fname);
  return false;
}

static bool is_name(const char *name) {
  size_t length = strlen(name);
  if (!length || length > NAME_MAX_BYTES) return false;
  for (size_t i = 0; i < length; i++)
    if (!isalnum((unsigned char)name[i])) return false;
  return true;
}

static const xlgc_language *find_language(search *search, const char *name) {
  search->what = "is not installed";
  if (!is_name(name)) {
    say(search, "", "there is none of this name");
    return NULL;
  }
  char symbol[NAME_MAX_BYTES + 32];
  snprintf(symbol, sizeof symbol, "xlgc_language_%s", name);
  const xlgc_language *language = dlsym(RTLD_DEFAULT, symbol);
  if (language) return language;
  void *handle = load_library(search, name);
  if (!handle || !is_linked_here(search, handle)) return NULL;
  language = dlsym(handle, symbol);
  if (!language) say(search, "", dlerror());
  return language;
}

/* -------------------------------------------------- functions of an engine's object */

typedef struct function {
  xlgc__host_owned owned;
  uint64_t serial; /* the engine's */
} function;

static uint64_t serial_of(const xlgc_visit *visit) { return ((const function *)visit->handle)->serial; }

static int raise(xlgc_visit *visit, const char *text) { return xlgc_visit_raise(visit, text, strlen(text)); }

static int call_close(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                      xlgc_value *out) {
  (void)self, (void)arguments, (void)count, (void)out;
  int failed = xlgc__host_started_end(visit->pool, serial_of(visit));
  return failed < 0 ? failed : 0;
}

/* The number that a function was given, which may have its own object before it, as a method of Lua's. Returns false
 * for what is no number from 0 on, up to the largest that doubles count to. out: below 0 when there is none. */
static bool read_number(const xlgc_value *arguments, size_t count, double *out) {
  enum { COUNTED_BITS = 53 };
  if (count && arguments->type == XLGC_OBJECT) arguments++, count--;
  *out = -1;
  if (!count || arguments->type == XLGC_NIL) return true;
  if (arguments->type == XLGC_INTEGER) *out = (double)arguments->as.integer;
  if (arguments->type == XLGC_NUMBER) *out = arguments->as.number;
  return *out >= 0 && *out <= (double)(UINT64_C(1) << COUNTED_BITS);
}

static int limit_memory(xlgc_visit *visit, const xlgc__host_started *engine, double wanted, xlgc_value *out) {
  uint64_t bytes_max = wanted < 0 ? XLGC_LIMIT_AS_IT_IS : (uint64_t)wanted, bytes = 0;
  int (*limit)(void *engine, uint64_t bytes_max, uint64_t *bytes) = engine->language->limit_memory;
  if (!limit) return raise(visit, "limit_memory: this language has no limit for its memory");
  int failed = limit(engine->engine, bytes_max, &bytes);
  if (failed == XLGC_E_INVAL) return raise(visit, "limit_memory: this is more than the engine can ever have");
  if (!failed) *out = (xlgc_value){.type = XLGC_INTEGER, .as.integer = (int64_t)bytes};
  return failed;
}

static int call_limit_memory(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                             xlgc_value *out) {
  xlgc__host_started engine;
  double bytes;
  (void)self;
  if (!read_number(arguments, count, &bytes))
    return raise(visit, "limit_memory: it wants a number of bytes, or 0 for no limit");
  int failed = xlgc__host_started_use(visit->pool, serial_of(visit), &engine);
  if (failed) return failed;
  failed = limit_memory(visit, &engine, bytes, out);
  xlgc__host_started_leave(&engine);
  return failed;
}

static int call_limit_time(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                           xlgc_value *out) {
  static const double seconds_max = 1e9, ns_in_second = 1e9;
  xlgc__host_started engine;
  double seconds;
  (void)self, (void)out;
  if (!read_number(arguments, count, &seconds) || seconds < 0 || seconds > seconds_max)
    return raise(visit, "limit_time: it wants a number of seconds, up to 1e9, or 0 for no limit");
  int failed = xlgc__host_started_use(visit->pool, serial_of(visit), &engine);
  if (failed) return failed;
  uint64_t ns = (uint64_t)(seconds * ns_in_second);
  failed = xlgc__host_stops_limit(engine.host, seconds > 0 && !ns ? 1 : ns);
  xlgc__host_started_leave(&engine);
  return failed == XLGC_E_UNKNOWN ? raise(visit, "limit_time: code of this language cannot be stopped") : failed;
}

static const struct {
  const char *name;
  xlgc_behaviour behaviour;
} functions[] = {{"close", {.call = call_close}},
                 {"limit_memory", {.call = call_limit_memory}},
                 {"limit_time", {.call = call_limit_time}}};

static void free_function(xlgc__host_owned *owned) { free((function *)owned); }

/* Gives an engine's object one of its functions. */
static int put(xlgc_host *from, const xlgc_value *face, size_t which, uint64_t serial) {
  const char *text = functions[which].name;
  xlgc_value name = {.type = XLGC_STRING, .as.bytes = text, .length = strlen(text)};
  xlgc_visit visit;
  function *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->serial = serial;
  const xlgc_behaviour *behaviour = &functions[which].behaviour;
  int failed = xlgc__host_owned_make(&made->owned, from->group->pool, from->context, free_function, behaviour);
  if (failed) return failed;
  xlgc_value value = {.type = XLGC_OBJECT, .traits = XLGC_CALLABLE, .as.id = made->owned.id};
  failed = xlgc_visit_begin_held(&visit, from->group->pool, face->as.id);
  if (!failed) {
    failed = xlgc_visit_set(&visit, &name, &value);
    xlgc_visit_end(&visit);
  }
  if (failed) xlgc__host_objects_give_up(from->context, value.as.id);
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
  for (size_t i = 0; i < sizeof functions / sizeof *functions && !failed; i++)
    failed = put(from, out, i, serial);
  if (failed) (void)xlgc__host_started_end(from->group->pool, serial);
  return failed;
}

/* ------------------------------------------------------------------- start */

int xlgc_language_start(xlgc_host *from, const char *name, xlgc_value *out) {
  if (!from || !name || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (from->is_closing) return XLGC_E_SHUTDOWN;
  search search = {.length = 0};
  const xlgc_language *language = find_language(&search, name);
  if (!language) return fail(XLGC_E_UNKNOWN, out, name, search.what, search.said);
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
