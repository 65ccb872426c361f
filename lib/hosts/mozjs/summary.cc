/* What the engine holds, and what each export reaches. After a full collection, what the engine's own roots reach is
 * black, and what only pins reach is gray; so an export's walk stops at black, and gray is all it sees. Weak maps are
 * ephemerons: what reaches the map and the key reaches the value. */
#include <config.h>

#include "hosts/mozjs/summary.h"

#include <js/TracingAPI.h>

namespace {

using cell = js::gc::Cell *;
template <typename To>
using cells = mozilla::HashMap<cell, To, mozilla::DefaultHasher<cell>, mozilla::MallocAllocPolicy>;
template <typename Of> using list = mozilla::Vector<Of, 0, mozilla::MallocAllocPolicy>;

bool is_gray(JS::GCCellPtr thing) {
  switch (thing.kind()) {
  case JS::TraceKind::String:
  case JS::TraceKind::Symbol:
  case JS::TraceKind::BigInt:
  case JS::TraceKind::PropMap: return false; /* these never are, and lead to nothing that is */
  default: return thing && JS::GCThingIsMarkedGray(thing);
  }
}

enum { NO_ENTRY = -1 };

/* An entry of a weak map whose value is gray, found by its key, or by the map where the key is black. One export may reach
 * the map and another the key; so who reaches a gray key counts as who reaches the value. */
struct entry {
  JS::GCCellPtr value;
  int next;
};

class entries final : public js::WeakMapTracer {
public:
  list<entry> all;
  cells<int> first;
  bool failed = false;

  explicit entries(JSContext *cx) : js::WeakMapTracer(JS_GetRuntime(cx)) {}
  void trace(JSObject *map, JS::GCCellPtr key, JS::GCCellPtr value) override {
    const JS::GCCellPtr at = is_gray(key) ? key : JS::GCCellPtr(map);
    if (failed || !is_gray(value) || !is_gray(at)) return;
    auto found = first.lookupForAdd(at.asCell());
    failed = (!found && !first.add(found, at.asCell(), NO_ENTRY)) || !all.append(entry{value, found->value()});
    if (!failed) found->value() = static_cast<int>(all.length()) - 1;
  }
};

class walker final : public JS::CallbackTracer {
public:
  bool failed = false;

  walker(JSContext *cx, xlgc_summary *summary, const entries &weak)
      : JS::CallbackTracer(cx, JS::TracerKind::Callback,
                           JS::TraceOptions(JS::WeakMapTraceAction::Skip, JS::WeakEdgeTraceAction::Skip)),
        summary_(summary), weak_(weak) {}

  bool add_export(xlgc_id id, JSObject *object) {
    return sources_.append(id) && exports_.put(JS::GCCellPtr(object).asCell(), id) && objects_.append(object);
  }

  void run() {
    for (size_t i = 0; i < sources_.length() && !failed; i++) {
      walk_++;
      source_ = sources_[i];
      onChild(JS::GCCellPtr(objects_[i]));
      while (!stack_.empty() && !failed) {
        JS::GCCellPtr thing = stack_.popCopy();
        follow_entries(thing.asCell());
        if (goes_on(thing)) JS::TraceChildren(this, thing);
      }
    }
  }

private:
  xlgc_summary *summary_;
  const entries &weak_;
  list<xlgc_id> sources_;
  list<JSObject *> objects_;
  cells<xlgc_id> exports_; /* the gray ones */
  cells<uint32_t> seen_;   /* the last walk that met it */
  uint32_t walk_ = 0;
  xlgc_id source_ = XLGC_ID_NONE;
  list<JS::GCCellPtr> stack_;

  void onChild(JS::GCCellPtr thing) override {
    if (failed || !is_gray(thing)) return;
    auto found = seen_.lookupForAdd(thing.asCell());
    if (found && found->value() == walk_) return;
    if (found)
      found->value() = walk_;
    else
      failed = !seen_.add(found, thing.asCell(), walk_);
    if (!failed) failed = !stack_.append(thing);
  }

  /* Reports it, if it is known outside. Is there more to see behind it? Another export has a walk of its own. */
  bool goes_on(JS::GCCellPtr thing) {
    if (!thing.is<JSObject>()) return true;
    if (const xlgc__mozjs_proxy *proxy = xlgc__mozjs_engine_proxy_of(&thing.as<JSObject>())) {
      xlgc_summary_edge(summary_, source_, proxy->id);
      return false;
    }
    auto other = exports_.lookup(thing.asCell());
    if (!other || other->value() == source_) return true;
    xlgc_summary_edge(summary_, source_, other->value());
    return false;
  }

  void follow_entries(cell at) {
    auto found = weak_.first.lookup(at);
    for (int i = found ? found->value() : NO_ENTRY; i != NO_ENTRY; i = weak_.all[i].next)
      onChild(weak_.all[i].value);
  }
};

struct exports_seen {
  xlgc_summary *summary;
  walker *walk;
};

int see_export(void *data, xlgc_id id, void *handle) {
  auto *seen = static_cast<exports_seen *>(data);
  JSObject *object = static_cast<xlgc__mozjs_export *>(handle)->object.unbarrieredGet();
  if (!is_gray(JS::GCCellPtr(object))) return xlgc_summary_root(seen->summary, id);
  return seen->walk->add_export(id, object) ? 0 : XLGC_E_NOMEM;
}

/* Marks anew what is black and what is gray. When memory was short for that, once more, and then no more. */
int mark(xlgc__mozjs_engine *engine) {
  for (unsigned tries = 0; tries < 2; tries++) {
    int failed = xlgc__mozjs_engine_collect(engine);
    if (failed) return failed;
    if (js::AreGCGrayBitsValid(JS_GetRuntime(engine->cx))) return 0;
  }
  return XLGC_E_NOMEM;
}

} // namespace

int xlgc__mozjs_summary_take(void *data, xlgc_summary *summary) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  int failed = mark(engine);
  if (failed) return failed;
  JS::AutoCheckCannotGC stays;
  for (xlgc__mozjs_proxy *proxy : engine->proxies) {
    JSObject *object = proxy->object.unbarrieredGet();
    if (object && !is_gray(JS::GCCellPtr(object))) xlgc_summary_root(summary, proxy->id);
  }
  entries weak(engine->cx);
  js::TraceWeakMaps(&weak);
  walker walk(engine->cx, summary, weak);
  exports_seen seen = {summary, &walk};
  failed = xlgc_summary_each_export(summary, see_export, &seen);
  if (!failed) walk.run();
  return failed ? failed : weak.failed || walk.failed ? XLGC_E_NOMEM : 0;
}
