/* The conformance kit for language hosts: what every adapter must do right, as tests that see an engine through a few
 * functions only. A binding's test describes its engines and runs the kit on them.
 *
 * An engine of a test has numbered globals of its language, and objects of it with a number and HOSTS_FIELDS fields,
 * each of which holds nothing, an object of the engine or a proxy. The functions here work on the engine's own
 * objects; what goes through proxies the kit does itself, by entering the other engine. */
#ifndef HOSTS_CONFORMANCE_H
#define HOSTS_CONFORMANCE_H

#include <check.h>
#include <stdbool.h>
#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Globals from HOSTS_SCRATCH on are the kit's for a moment. */
enum { HOSTS_FIELDS = 3, HOSTS_GLOBALS = 16, HOSTS_SCRATCH = 12, HOSTS_SUSPENDED = 4 };

/* What a global holds. */
enum { HOSTS_NOTHING, HOSTS_OBJECT, HOSTS_PROXY };

/* Functions that can fail answer 0 or XLGC_E_*. */
typedef struct hosts_engine {
  const char *name;
  /* A new engine, as a host of the pool; its end, with all it has. */
  void *(*open)(xlgc_pool *pool);
  void (*close)(void *engine);
  /* The same as a program does that does not think of the host: the language's own end, of whatever is left. */
  void (*end)(void *engine);
  /* Its code calls a function of another, without arguments. Returns whether that has raised an error. */
  bool (*call)(void *engine, xlgc_id function);
  xlgc_host *(*host)(void *engine);

  /* global = a new object with this number; what its number is. */
  void (*make)(void *engine, unsigned global, unsigned number);
  unsigned (*number)(void *engine, unsigned global);
  int (*holds)(void *engine, unsigned global); /* HOSTS_NOTHING, HOSTS_OBJECT, HOSTS_PROXY */
  /* object.field = global; global = object.field; global = global; global = nothing. */
  void (*set)(void *engine, unsigned object, unsigned field, unsigned from);
  void (*get)(void *engine, unsigned to, unsigned object, unsigned field);
  void (*copy)(void *engine, unsigned to, unsigned from);
  void (*drop)(void *engine, unsigned global);
  bool (*same)(void *engine, unsigned one, unsigned other); /* by identity */

  /* The id of what the global holds: exports an object. XLGC_ID_NONE for nothing. */
  int (*give)(void *engine, unsigned global, xlgc_id *id);
  /* global = the proxy, or the engine's own object. */
  int (*take)(void *engine, unsigned global, xlgc_id id);
  /* global = the export of this handle, as xlgc_host_enter answers it. */
  void (*land)(void *engine, unsigned global, void *handle);

  void (*collect)(void *engine); /* the engine's own full collection, as a program asks for it */
  /* A suspended coroutine, generator or closure that alone holds what the global holds now; lets it go. May be NULL. */
  void (*suspend)(void *engine, unsigned slot, unsigned global);
  void (*resume)(void *engine, unsigned slot);
  /* Gives the object in `global` a finalizer: global `to` = its field. May be NULL. */
  void (*finalizer)(void *engine, unsigned global, unsigned field, unsigned to);

  /* Objects made and not freed yet (proxies not counted); pins that are there; calls of `unpin`. */
  uint64_t (*objects)(void *engine);
  uint64_t (*pins)(void *engine);
  uint64_t (*unpins)(void *engine);
  /* A number of xlgc.stats(), HOSTS_NO_STATISTIC when that has no such name. May be NULL. */
  uint64_t (*statistic)(void *engine, const char *name);
} hosts_engine;

#define HOSTS_NO_STATISTIC UINT64_MAX

/* Adds the kit's tests to a suite. Each takes up to three engines, of the sorts given, beginning with each of them in
 * turn: engines[i], engines[i + 1], and so on around. engines: must outlive the suite. */
/* From now on the hosts of a pool collect no rings by themselves. */
int hosts_by_hand(xlgc_pool *pool);

void hosts_conformance(Suite *suite, const hosts_engine *engines, unsigned count);

#ifdef __cplusplus
}
#endif

#endif
