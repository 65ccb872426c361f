/* What the parts of SpiderMonkey's bridge share: the engine as a host, its exports' pins and its proxies.
 *
 * Functions that work for scripts leave an exception pending when they fail; those for visits answer XLGC_E_RAISED with
 * its words. A handle is the address of a cell that holds the object's: the collector moves objects. */
#ifndef MOZJS_ENGINE_H
#define MOZJS_ENGINE_H

/* With it, the engine's headers ask for what its library does not have. */
#undef DEBUG
/* Rooted is a list of what is on the stack, which gcc takes for a mistake. */
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

struct xlgc__mozjs_engine;

/* A pin, which the tracer of gray roots traces. */
struct xlgc__mozjs_export {
  JS::Heap<JSObject *> object;
};

/* Finds the pin of an object wherever the collector has moved that to. */
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
  JS::Heap<JSObject *> object; /* weak; NULL when it is condemned */
};

/* What the script of module.cc makes. */
enum xlgc__mozjs_made { MADE_MODULE, MADE_PROTO, MADE_CALLABLE_PROTO, MADE_LESS, MADE_LESS_OR_EQUAL, MADE_COUNT };

struct xlgc__mozjs_engine {
  JSContext *cx;
  xlgc_pool *pool;
  xlgc_host *host; /* NULL when it is closed */
  xlgc__mozjs_engine *next;
  unsigned users;                  /* itself while it is open, its guard and its proxies */
  unsigned visiting;               /* visits in progress from here */
  bool context_ends;               /* its last collection has begun */
  void (*run_jobs)(JSContext *cx); /* of a context that is the library's; after an outermost call */
  uint64_t pins, unpins;           /* present now; in all */
  JS::PersistentRootedObject global, guard, made[MADE_COUNT];
  mozilla::HashSet<xlgc__mozjs_export *, xlgc__mozjs_hasher, mozilla::MallocAllocPolicy> exports;
  mozilla::LinkedList<xlgc__mozjs_proxy> proxies;
  mozilla::Vector<JS::Realm *, 8, mozilla::MallocAllocPolicy> entered; /* the realms to go back to */

  explicit xlgc__mozjs_engine(JSContext *context);
};

/* engine.cc */

/* The host of a context on this thread, or NULL. */
xlgc__mozjs_engine *xlgc__mozjs_engine_find(JSContext *cx);
void xlgc__mozjs_engine_release(xlgc__mozjs_engine *engine);
/* Has this thread one, of any context? */
bool xlgc__mozjs_engine_exists();
/* A full collection, which leaves nothing half done. Returns 0 or XLGC_E_BUSY. */
int xlgc__mozjs_engine_collect(void *engine);

/* summary.cc, behaviour.cc */

int xlgc__mozjs_summary_take(void *engine, xlgc_summary *summary);
extern const xlgc_behaviour xlgc__mozjs_behaviour;
/* The behaviour's length of an object of this engine; leaves an exception pending. */
bool xlgc__mozjs_behaviour_length(JSContext *cx, JS::HandleObject object, size_t *out);

/* values.cc: the exception is pending after an error, and its code is returned. */

int xlgc__mozjs_values_pack(xlgc__mozjs_engine *engine, JS::HandleValue from, xlgc_value *out);
/* The result is the current realm's. */
int xlgc__mozjs_values_unpack(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out);
/* A property's name as a key. A name that is a symbol is none: returns 0 with XLGC_NIL. */
int xlgc__mozjs_values_pack_key(JSContext *cx, JS::HandleId id, xlgc_value *out);
/* Throws what a function of xlgc has answered. visit: may be NULL. Returns the code. */
int xlgc__mozjs_errors_throw(JSContext *cx, const xlgc_visit *visit, int code);
int xlgc__mozjs_errors_throw_text(JSContext *cx, JSExnType type, int code, const char *text);
/* Takes the pending exception into a visit. Returns XLGC_E_RAISED, or XLGC_E_NOMEM. */
int xlgc__mozjs_errors_raise(JSContext *cx, xlgc_visit *visit);

/* proxy.cc */

/* The data of a proxy of any host, or NULL. */
xlgc__mozjs_proxy *xlgc__mozjs_proxy_of(JSObject *object);
/* Makes a proxy that xlgc_host_receive asked for. Returns NULL with an exception. */
JSObject *xlgc__mozjs_proxy_make(xlgc__mozjs_engine *engine, xlgc_id id, unsigned traits);

/* A visit of a script's. */
struct xlgc__mozjs_visit {
  xlgc_visit visit;
  xlgc__mozjs_engine *engine = nullptr; /* NULL when it was not begun */

  xlgc__mozjs_visit() = default;
  xlgc__mozjs_visit(const xlgc__mozjs_visit &) = delete;
  ~xlgc__mozjs_visit();
  /* object: a proxy, unwrapped. Leaves an exception pending. */
  bool begin(JSContext *cx, JSObject *object);
  /* Throws what the visit answered; false. */
  bool fail(int code);
};

/* A value that is cleared. */
struct xlgc__mozjs_scoped_value {
  xlgc_value value = {};

  xlgc__mozjs_scoped_value() = default;
  xlgc__mozjs_scoped_value(const xlgc__mozjs_scoped_value &) = delete;
  ~xlgc__mozjs_scoped_value() { xlgc_value_clear(&value); }
};

/* module.cc */

/* Makes what a host has in the realm of its global, and defines `xlgc` there. Leaves an exception pending. */
bool xlgc__mozjs_module_make(xlgc__mozjs_engine *engine);

#endif
