/* What the engine holds, and what each export reaches. After a full collection, what the engine's own roots reach is
 * black, and what only pins reach is gray; so an export's walk stops at black, and gray is all it sees. Weak maps are
 * ephemerons: what reaches the map and the key reaches the value. */
#include <config.h>

#include "engine.h"

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

/* An entry of a weak map whose value is gray. */
struct entry {
  cell map, key; /* NULL when it is black */
  JS::GCCellPtr value;
  int next_of_map, next_of_key;
};

struct chains {
  int of_map = NO_ENTRY, of_key = NO_ENTRY;
};

class entries final : public js::WeakMapTracer {
public:
  list<entry> all;
  cells<chains> by_cell;
  bool failed = false, some_have_both = false; /* map and key gray */

  explicit entries(JSContext *cx) : js::WeakMapTracer(JS_GetRuntime(cx)) {}
  void trace(JSObject *map, JS::GCCellPtr key, JS::GCCellPtr value) override {
    if (failed || !is_gray(value)) return;
    entry made = {map && is_gray(JS::GCCellPtr(map)) ? JS::GCCellPtr(map).asCell() : nullptr,
                  is_gray(key) ? key.asCell() : nullptr, value, NO_ENTRY, NO_ENTRY};
    some_have_both |= made.map && made.key;
    int number = static_cast<int>(all.length());
    failed = !chain(made.map, number, &chains::of_map, &made.next_of_map) ||
             !chain(made.key, number, &chains::of_key, &made.next_of_key) || !all.append(made);
  }

private:
  bool chain(cell at, int number, int chains::*first, int *next) {
    if (!at) return true;
    auto found = by_cell.lookupForAdd(at);
    if (!found && !by_cell.add(found, at, chains())) return false;
    *next = found->value().*first;
    found->value().*first = number;
    return true;
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

  /* Reports it, if it is known outside. Is there more to see behind it? Another export has a walk of its own; but one
   * that has reached a map must not miss the key that the other has reached. */
  bool goes_on(JS::GCCellPtr thing) {
    if (!thing.is<JSObject>()) return true;
    if (const xlgc__mozjs_proxy *proxy = xlgc__mozjs_proxy_of(&thing.as<JSObject>())) {
      xlgc_summary_edge(summary_, source_, proxy->id);
      return false;
    }
    auto other = exports_.lookup(thing.asCell());
    if (!other || other->value() == source_) return true;
    xlgc_summary_edge(summary_, source_, other->value());
    return weak_.some_have_both;
  }

  bool is_reached(cell wanted) const {
    if (!wanted) return true;
    auto found = seen_.lookup(wanted);
    return found && found->value() == walk_;
  }

  void follow_entries(cell at) {
    auto found = weak_.by_cell.lookup(at);
    if (!found) return;
    for (int i = found->value().of_key; i != NO_ENTRY; i = weak_.all[i].next_of_key)
      if (is_reached(weak_.all[i].map)) onChild(weak_.all[i].value);
    for (int i = found->value().of_map; i != NO_ENTRY; i = weak_.all[i].next_of_map)
      if (is_reached(weak_.all[i].key)) onChild(weak_.all[i].value);
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
    int failed = xlgc__mozjs_full_gc(engine);
    if (failed) return failed;
    if (js::AreGCGrayBitsValid(JS_GetRuntime(engine->cx))) return 0;
  }
  return XLGC_E_NOMEM;
}

} // namespace

int xlgc__mozjs_summarise(void *data, xlgc_summary *summary) {
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
