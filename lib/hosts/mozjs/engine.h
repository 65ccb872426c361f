/* A JSContext as a host: what the adapter knows of the engine, its exports' pins and its proxies. A handle is the
 * address of a record that holds the object's: the collector relocates objects. */
#ifndef XLGC_MOZJS_ENGINE_H
#define XLGC_MOZJS_ENGINE_H

/* With DEBUG, the engine's headers need functions that its library does not have. */
#undef DEBUG
/* Rooted objects are a list that leads through the stack, which gcc warns of. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif

#include <jsapi.h>
#include <jsfriendapi.h>
#include <js/GCAPI.h>
#include <js/HeapAPI.h>
#include <js/Proxy.h>
#include <mozilla/HashTable.h>
#include <mozilla/LinkedList.h>
#include <mozilla/Vector.h>

#include <xlgc/mozjs.h>

#include "hosts/common/condense.h"

/* The file name of the library's own scripts. */
#define XLGC__MOZJS_MODULE_FILE "xlgc"

struct xlgc__mozjs_engine;
struct xlgc__mozjs_proxy;

/* What files call of files that stand on them; language.cc has the table of all. */
struct xlgc__mozjs_parts {
  const xlgc_host_adapter *adapter;
  const js::BaseProxyHandler *(*handler)(); /* of proxies */
  xlgc__mozjs_proxy *(*proxy_make)(xlgc__mozjs_engine *engine, xlgc_id id, unsigned traits);
};

/* A pin, which the tracer of gray roots traces. */
struct xlgc__mozjs_export {
  JS::Heap<JSObject *> object;
};

/* Finds the pin of an object wherever the collector has relocated that to. */
struct xlgc__mozjs_hasher {
  using Key = xlgc__mozjs_export *;
  using Lookup = JSObject *;
  static mozilla::HashNumber hash(JSObject *object) { return js::MovableCellHasher<JSObject *>::hash(object); }
  static bool match(const xlgc__mozjs_export *pin, JSObject *object) { return pin->object.unbarrieredGet() == object; }
};

/* A proxy's data, in its private slot. */
struct xlgc__mozjs_proxy : mozilla::LinkedListElement<xlgc__mozjs_proxy> {
  xlgc__mozjs_engine *engine;
  xlgc_id id;
  unsigned traits;
  size_t bytes;                /* that the collector was told to hang on it */
  JS::Heap<JSObject *> object; /* weak; NULL when the collector is about to finalize it */
  xlgc_memory memory = {};     /* what was borrowed from the object */
};

/* See watch.h. */
struct xlgc__mozjs_watch : mozilla::LinkedListElement<xlgc__mozjs_watch> {
  JS::Heap<JSObject *> object; /* weak; NULL when the collector has freed it, or is about to */
};

/* What the module's script makes for the other parts. */
enum xlgc__mozjs_made {
  XLGC__MOZJS_MADE_MODULE,
  XLGC__MOZJS_MADE_PROTOTYPE,
  XLGC__MOZJS_MADE_CALLABLE_PROTOTYPE,
  XLGC__MOZJS_MADE_LIST_PROTOTYPE,
  XLGC__MOZJS_MADE_AWAITED_PROTOTYPE,
  XLGC__MOZJS_MADE_LESS,
  XLGC__MOZJS_MADE_LESS_OR_EQUAL,
  XLGC__MOZJS_MADE_NUMBER_OF, /* what an object of the class holds */
  XLGC__MOZJS_MADE_TEXT_OF,
  XLGC__MOZJS_MADE_BOOLEAN_OF,
  XLGC__MOZJS_MADE_BIG_OF,
  XLGC__MOZJS_MADE_COUNT
};

struct xlgc__mozjs_engine {
  JSContext *cx = nullptr;
  const xlgc__mozjs_parts *parts = nullptr;
  xlgc_pool *pool = nullptr;
  xlgc_host *host = nullptr; /* NULL when it is closed */
  xlgc__mozjs_engine *next = nullptr;
  unsigned users = 1;           /* itself while it is open, its guard and its proxies */
  unsigned visiting = 0;        /* visits in progress from here */
  bool context_ends = false;    /* its last collection has begun */
  bool is_limited = false;      /* in its memory, by the language that has started it */
  bool is_preparing = false;    /* a collection has begun, for a quick summary */
  uint32_t was_incremental = 0; /* did the program allow incremental ones before it? */
  uint64_t marks = 0;           /* that its last quick summary has used: see summary.cc */
  /* After an outermost call, in a context that is the library's own. result: what it answers. */
  void (*run_jobs)(JSContext *cx, JS::HandleValue result) = nullptr;
  uint64_t pins = 0, unpins = 0;      /* present now; in all */
  xlgc__condense_counts counts = {};  /* of the last summary */
  JS::PersistentRootedObject modules; /* by path; made when the first is imported */
  JS::PersistentRootedObject global, guard, made[XLGC__MOZJS_MADE_COUNT];
  mozilla::HashSet<xlgc__mozjs_export *, xlgc__mozjs_hasher, mozilla::MallocAllocPolicy> exports;
  mozilla::LinkedList<xlgc__mozjs_proxy> proxies;
  mozilla::LinkedList<xlgc__mozjs_watch> watches;
  JS::PersistentRootedObject borrowed;                                 /* a weak map: memory.h */
  size_t borrowed_count = 0;                                           /* proxies that have memory */
  mozilla::Vector<JS::Realm *, 8, mozilla::MallocAllocPolicy> entered; /* the realms to go back to */
};

/* Makes a realm of a context, which is none yet, a host. Returns 0 or XLGC_E_*. */
int xlgc__mozjs_engine_open(JSContext *cx, JS::HandleObject global, xlgc_pool *pool, const xlgc__mozjs_parts *parts,
                            xlgc__mozjs_engine **out);
/* Returns 0, and the engine is not to be used any more; or XLGC_E_*, and all is as it was. */
int xlgc__mozjs_engine_close(xlgc__mozjs_engine *engine);
/* The collection for a quick summary is over, or given up: what the program has said of incremental ones holds
 * again. */
void xlgc__mozjs_engine_end_preparing(xlgc__mozjs_engine *engine);
void xlgc__mozjs_engine_release(xlgc__mozjs_engine *engine);
/* The memory that a proxy has, if any. */
void xlgc__mozjs_engine_give_back(xlgc__mozjs_proxy *proxy);

/* The host of a context on this thread, or NULL; of several, that of the realm which the context is in. */
xlgc__mozjs_engine *xlgc__mozjs_engine_find(JSContext *cx);
/* Does this thread have a host, of this context? cx: NULL for any. */
bool xlgc__mozjs_engine_exists(const JSContext *cx);
/* Is the call that has entered this host the only one that its context is in? Then the context runs no other code. */
bool xlgc__mozjs_engine_is_outermost(const xlgc__mozjs_engine *called);

/* The handlers of all proxies are of this family. */
extern const char xlgc__mozjs_engine_family;
/* The data of a proxy of any host, or NULL. */
xlgc__mozjs_proxy *xlgc__mozjs_engine_proxy_of(JSObject *object);

/* The adapter's functions. */
int xlgc__mozjs_engine_enter(void *engine);
void xlgc__mozjs_engine_leave(void *engine);
void xlgc__mozjs_engine_unpin(void *engine, void *handle);
/* A full collection, whole when it returns. Returns 0 or XLGC_E_BUSY. */
int xlgc__mozjs_engine_collect(void *engine);

#endif
