/* After a full collection, what the engine's own roots reach is black, and what only pins reach is gray. So a walk from
 * the exports stops at black: the gray things are the graph that is condensed, and each is walked through once.
 *
 * A quick summary takes the marks as they are. An incremental collection has made them in slices, and the engine has
 * kept them right since: what code gets hold of is gray no more, nor is what that reaches, and what is new never was.
 * Only entries of weak maps are left to look at.
 *
 * A weak map's entry is an ephemeron: the value lives as long as both the map and the key. One export may reach the map
 * and another the key, and no links of the pool say "both". So the summary says more: a gray key leads to the value, or
 * the map does where the key is black. No needed link is missing then. One ring is not found: the value leads to an
 * export, or to another engine, by which alone the map is held. It stays as long as the key does.
 *
 * A key that is a wrapper has a delegate, the object in another compartment that it wraps. The collector keeps the
 * wrapper while the delegate lives, and a script that has the delegate finds the wrapper. So the delegate leads to the
 * key, and a key with a black delegate counts as black. */
#include <config.h>

#include "hosts/mozjs/summary.h"

#include <js/PropertyAndElement.h>
#include <js/RealmIterators.h>
#include <js/TracingAPI.h>
#include <js/Wrapper.h>

#include "hosts/common/address_map.h"

namespace {

bool is_gray(JS::GCCellPtr thing) {
  switch (thing.kind()) {
  case JS::TraceKind::String:
  case JS::TraceKind::Symbol:
  case JS::TraceKind::BigInt:
  case JS::TraceKind::PropMap: return false; /* these never are, and lead to nothing that is */
  default: return thing && JS::GCThingIsMarkedGray(thing);
  }
}

/* The gray things as a graph. The number of a node is that of its address, and its index in the list. */
class gray_graph final {
public:
  xlgc__condense condensed = {};
  bool failed = false;

  gray_graph() = default;
  gray_graph(const gray_graph &) = delete;
  ~gray_graph() {
    xlgc__condense_free(&condensed);
    xlgc__address_map_free(&addresses_);
  }

  size_t count() const { return things_.length(); }
  JS::GCCellPtr thing(size_t number) const { return things_[number]; }
  /* A proxy leads to nothing else. */
  bool is_proxy(size_t number) const {
    return condensed.nodes[number].id != XLGC_ID_NONE && !condensed.nodes[number].is_export;
  }

  /* To be called before any edge leads to it. */
  void add_export(JSObject *object, xlgc_id id) { (void)add(JS::GCCellPtr(object), id); }
  uint32_t find(JS::GCCellPtr thing) { return add(thing, XLGC_ID_NONE); }
  void add_edge(uint32_t source, uint32_t target) {
    if (!failed) failed = xlgc__condense_add_edge(&condensed, source, target) != 0;
  }

private:
  xlgc__address_map addresses_ = {};
  mozilla::Vector<JS::GCCellPtr, 0, mozilla::MallocAllocPolicy> things_;

  /* id: of an export. */
  uint32_t add(JS::GCCellPtr thing, xlgc_id id) {
    uint32_t number = 0;
    if (failed) return number;
    int answer = xlgc__address_map_add(&addresses_, thing.asCell(), &number);
    if (answer == XLGC__ADDRESS_MAP_KNOWN) return number;
    bool is_export = id != XLGC_ID_NONE;
    const xlgc__mozjs_proxy *proxy =
        thing.is<JSObject>() ? xlgc__mozjs_engine_proxy_of(&thing.as<JSObject>()) : nullptr;
    if (proxy) id = proxy->id;
    failed = answer < 0 || xlgc__condense_add_node(&condensed, id, is_export, &number) || !things_.append(thing);
    return number;
  }
};

/* Adds an edge for each entry of a weak map. */
class entry_tracer final : public js::WeakMapTracer {
public:
  entry_tracer(JSContext *cx, gray_graph &graph) : js::WeakMapTracer(JS_GetRuntime(cx)), graph_(graph) {}

  void trace(JSObject *map, JS::GCCellPtr key, JS::GCCellPtr value) override {
    JS::GCCellPtr delegate = key;
    if (key.is<JSObject>()) delegate = JS::GCCellPtr(js::UncheckedUnwrapWithoutExpose(&key.as<JSObject>()));
    bool by_key = is_gray(key) && is_gray(delegate);
    JS::GCCellPtr source = by_key ? key : JS::GCCellPtr(map);
    if (!is_gray(value) || !is_gray(source)) return;
    graph_.add_edge(graph_.find(source), graph_.find(value));
    if (by_key && delegate != key) graph_.add_edge(graph_.find(delegate), graph_.find(key));
  }

private:
  gray_graph &graph_;
};

/* Adds what things in the graph refer to, until nothing new is found. */
class child_tracer final : public JS::CallbackTracer {
public:
  child_tracer(JSContext *cx, gray_graph &graph)
      : JS::CallbackTracer(cx, JS::TracerKind::Callback,
                           JS::TraceOptions(JS::WeakMapTraceAction::Skip, JS::WeakEdgeTraceAction::Skip)),
        graph_(graph) {}

  void run() {
    for (; source_ < graph_.count() && !graph_.failed; source_++)
      if (!graph_.is_proxy(source_)) JS::TraceChildren(this, graph_.thing(source_));
  }

private:
  gray_graph &graph_;
  uint32_t source_ = 0;

  void onChild(JS::GCCellPtr thing) override {
    if (is_gray(thing)) graph_.add_edge(source_, graph_.find(thing));
  }
};

struct exports_seen {
  xlgc_summary *summary;
  gray_graph *graph;
};

int see_export(void *data, xlgc_id id, void *handle) {
  auto *seen = static_cast<exports_seen *>(data);
  JSObject *object = static_cast<xlgc__mozjs_export *>(handle)->object.unbarrieredGet();
  if (!is_gray(JS::GCCellPtr(object))) return xlgc_summary_root(seen->summary, id);
  seen->graph->add_export(object, id);
  return 0;
}

/* Marks anew what is black and what is gray. When memory was short for that, it is tried once more. */
int mark(xlgc__mozjs_engine *engine) {
  for (unsigned tries = 0; tries < 2; tries++) {
    int failed = xlgc__mozjs_engine_collect(engine);
    if (failed) return failed;
    if (js::AreGCGrayBitsValid(JS_GetRuntime(engine->cx))) return 0;
  }
  return XLGC_E_NOMEM;
}

/* A weak map that is gray no more keeps the values whose keys are not gray; and a key whose delegate is not. That is
 * how the engine's own cycle collection puts it right. */
class gray_ender final : public js::WeakMapTracer {
public:
  explicit gray_ender(JSContext *cx) : js::WeakMapTracer(JS_GetRuntime(cx)) {}

  void run() {
    do {
      has_ended_ = false;
      js::TraceWeakMaps(this);
    } while (has_ended_);
  }

  void trace(JSObject *map, JS::GCCellPtr key, JS::GCCellPtr value) override {
    if (is_gray(JS::GCCellPtr(map))) return;
    if (is_gray(key) && key.is<JSObject>() &&
        !is_gray(JS::GCCellPtr(js::UncheckedUnwrapWithoutExpose(&key.as<JSObject>()))))
      end(key);
    if (is_gray(value) && !is_gray(key)) end(value);
  }

private:
  bool has_ended_ = false;
  void end(JS::GCCellPtr thing) { has_ended_ |= JS::UnmarkGrayGCThingRecursively(thing); }
};

/* The marks of the last full collection, if it is over, and none was since that made them worthless. */
int use_marks(JSContext *cx) {
  if (JS::IsIncrementalGCInProgress(cx) || !js::AreGCGrayBitsValid(JS_GetRuntime(cx)))
    return xlgc_hosts_refuse("SpiderMonkey's collector is not ready");
  gray_ender(cx).run();
  return 0;
}

void list_global(JSContext *, void *data, JS::Realm *realm, const JS::AutoRequireNoGC &) {
  auto *globals = static_cast<JS::RootedObjectVector *>(data);
  JSObject *global = JS::GetRealmGlobalOrNull(realm);
  if (global) (void)globals->append(global);
}

/* May a script have made a WeakRef? The engine shows none of them; but a global has its class only after it was asked
 * for the name, unless a program has made all classes at once. */
bool may_have_weak_references(JSContext *cx) {
  JS::RootedObjectVector globals(cx);
  JS::IterateRealms(cx, &globals, list_global);
  bool has = false;
  for (size_t i = 0; i < globals.length() && !has; i++) {
    JSAutoRealm realm(cx, globals[i]);
    if (JS_AlreadyHasOwnProperty(cx, globals[i], "WeakRef", &has)) continue;
    JS_ClearPendingException(cx);
    has = true;
  }
  return has;
}

int tell(xlgc__mozjs_engine *engine, xlgc_summary *summary) {
  gray_graph graph;
  exports_seen seen = {summary, &graph};
  int failed = xlgc_summary_each_export(summary, see_export, &seen);
  if (failed) return failed;
  entry_tracer entries(engine->cx, graph);
  js::TraceWeakMaps(&entries);
  child_tracer(engine->cx, graph).run();
  failed = graph.failed ? XLGC_E_NOMEM : xlgc__condense_report(&graph.condensed, summary);
  if (!failed) engine->counts = graph.condensed.counts;
  return failed;
}

} // namespace

int xlgc__mozjs_summary_take(void *data, xlgc_summary *summary) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  if (may_have_weak_references(engine->cx)) xlgc_summary_weak(summary);
  int failed = xlgc_summary_is_quick(summary) ? use_marks(engine->cx) : mark(engine);
  if (failed) return failed;
  JS::AutoCheckCannotGC stays;
  for (xlgc__mozjs_proxy *proxy : engine->proxies) {
    JSObject *object = proxy->object.unbarrieredGet();
    if (object && !is_gray(JS::GCCellPtr(object))) xlgc_summary_root(summary, proxy->id);
  }
  return tell(engine, summary);
}

/* Incremental collections are allowed until it is over, whatever the program has said. */
static void begin_collection(xlgc__mozjs_engine *engine, const js::SliceBudget &budget) {
  engine->is_preparing = true;
  engine->was_incremental = JS_GetGCParameter(engine->cx, JSGC_INCREMENTAL_GC_ENABLED);
  JS_SetGCParameter(engine->cx, JSGC_INCREMENTAL_GC_ENABLED, 1);
  JS::PrepareForFullGC(engine->cx);
  JS::StartIncrementalGC(engine->cx, JS::GCOptions::Normal, JS::GCReason::API, budget);
}

/* Engines of a context share its marks: those that another one's preparations have made since the engine's own last
 * ones are used. */
static thread_local uint64_t marks;

static bool has_new_marks(const xlgc__mozjs_engine *engine) {
  return !engine->is_preparing && engine->marks != marks && !JS::IsIncrementalGCInProgress(engine->cx) &&
         js::AreGCGrayBitsValid(JS_GetRuntime(engine->cx));
}

int xlgc__mozjs_summary_prepare(void *data) {
  enum { SLICE_MS = 1 };
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  if (has_new_marks(engine)) {
    engine->marks = marks;
    return 0;
  }
  js::SliceBudget budget{js::TimeBudget(SLICE_MS)};
  if (JS::IsIncrementalGCInProgress(engine->cx)) {
    JS::PrepareForIncrementalGC(engine->cx);
    JS::IncrementalGCSlice(engine->cx, JS::GCReason::API, budget);
  } else if (!engine->is_preparing) {
    begin_collection(engine, budget);
  }
  if (!engine->is_preparing || JS::IsIncrementalGCInProgress(engine->cx)) return 1;
  xlgc__mozjs_engine_end_preparing(engine);
  engine->marks = ++marks;
  return 0;
}
