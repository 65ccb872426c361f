/* A search, breadth first, from the global object, modules, calls in progress and the engine's other roots; or from
 * exports. It goes through all that the collector traces, and notes only what has led to what. Of the way that was found,
 * the engine's own analysis of its heap (js/UbiNode.h) has the names of slots; it lists the roots as well.
 *
 * Every object leads to the global object of its realm, by its shape. So that what an export leads to is not explained
 * by way of globals, these are gone through last. */
#include <config.h>

#include "hosts/mozjs/way.h"

#include <cstdio>
#include <cstring>
#include <string>

#include <js/CharacterEncoding.h>
#include <js/MapAndSet.h>
#include <js/TracingAPI.h>
#include <js/UbiNode.h>

#include "hosts/common/address_map.h"
#include "hosts/common/grow.h"
#include "hosts/common/way.h"
#include "hosts/mozjs/engine.h"

namespace {

/* ---------------------------------------------------------------- the search */

constexpr uint32_t NONE = XLGC__ADDRESS_MAP_NONE;
/* What is met by this number and more is not met by a thing: the search begins with it. */
constexpr uint32_t BEGINS = 1U << 31;

class search final : public JS::CallbackTracer {
public:
  bool failed = false;

  search(JSContext *cx, JSObject *to, size_t budget)
      : JS::CallbackTracer(cx, JS::TracerKind::Callback,
                           JS::TraceOptions(JS::WeakMapTraceAction::TraceValues, JS::WeakEdgeTraceAction::Skip)),
        to_(to), budget_(budget < BEGINS ? budget : BEGINS) {}
  search(const search &) = delete;
  ~search() {
    xlgc__address_map_free(&addresses_);
    xlgc__grow_free(&by_);
    xlgc__grow_free(&queue_);
    xlgc__grow_free(&late_);
  }

  /* The number of what was wanted, or NONE. */
  uint32_t found() const { return found_; }
  JS::GCCellPtr thing(uint32_t number) const { return things_[number]; }
  uint32_t by(uint32_t number) const { return by_.at[number]; }

  void pass_over(JSObject *object) {
    uint32_t number;
    if (object && object != to_) (void)add(JS::GCCellPtr(object), BEGINS, &number);
  }
  void meet(JS::GCCellPtr thing, uint32_t by) {
    uint32_t number = 0;
    if (!thing || is_over() || things_.length() >= budget_ || !add(thing, by, &number)) return;
    if (thing.asCell() == JS::GCCellPtr(to_).asCell()) found_ = number;
    JSObject *object = thing.is<JSObject>() ? &thing.as<JSObject>() : nullptr;
    if (object && xlgc__mozjs_engine_proxy_of(object)) return;
    bool is_late = object && JS_IsGlobalObject(object) && by < BEGINS;
    failed = xlgc__grow_push(is_late ? &late_ : &queue_, number) != 0;
  }
  /* As it begins with something else. */
  void extend() { budget_ += things_.length(); }
  void run() {
    while (!is_over() && (at_ < queue_.count || late_at_ < late_.count)) {
      source_ = at_ < queue_.count ? queue_.at[at_++] : late_.at[late_at_++];
      JS::TraceChildren(this, things_[source_]);
    }
  }

private:
  JSObject *to_;
  size_t budget_, at_ = 0, late_at_ = 0;
  xlgc__address_map addresses_ = {};
  mozilla::Vector<JS::GCCellPtr, 0, mozilla::MallocAllocPolicy> things_;
  xlgc__grow_list by_ = {}, queue_ = {}, late_ = {};
  uint32_t source_ = 0, found_ = NONE;

  bool is_over() const { return failed || found_ != NONE; }
  void onChild(JS::GCCellPtr thing) override { meet(thing, source_); }
  /* Returns whether it is new. */
  bool add(JS::GCCellPtr thing, uint32_t by, uint32_t *number) {
    int answer = xlgc__address_map_add(&addresses_, thing.asCell(), number);
    if (answer == XLGC__ADDRESS_MAP_KNOWN) return false;
    failed = answer < 0 || !things_.append(thing) || xlgc__grow_push(&by_, by);
    return !failed;
  }
};

/* ---------------------------------------------------------------- edges of the way */

struct edge {
  enum { SLOT, ELEMENT, OTHER } sort = OTHER;
  size_t index = 0; /* of an element */
  std::string name;
};

/* Finds the first edge to a thing; to any function, where that is NULL. */
class namer final : public JS::CallbackTracer {
public:
  JSObject *function = nullptr;
  edge found;

  namer(JSContext *cx, JS::GCCellPtr to) : JS::CallbackTracer(cx), to_(to) {}

private:
  JS::GCCellPtr to_;

  void onChild(JS::GCCellPtr thing) override {
    if (!function && thing.is<JSObject>() && js::IsFunctionObject(&thing.as<JSObject>()))
      function = &thing.as<JSObject>();
    if (!found.name.empty() || thing != to_) return;
    found.name = context().name();
    found.index = context().index();
    if (found.index == JS::TracingContext::InvalidIndex) return;
    found.sort = found.name == "objectElements" ? edge::ELEMENT : edge::SLOT;
  }
};

/* The engine escapes what is not ASCII. */
std::string narrow(const char16_t *wide) {
  std::string text;
  for (; wide && *wide; wide++)
    text += static_cast<char>(*wide);
  return text;
}

std::string name_of_slot(JSContext *cx, JSObject *holder, JS::GCCellPtr to) {
  std::string name;
  auto edges = JS::ubi::Node(holder).edges(cx, true);
  for (; edges && !edges->empty() && name.empty(); edges->popFront())
    if (edges->front().referent.identifier() == reinterpret_cast<uintptr_t>(to.asCell()))
      name = narrow(edges->front().name.get());
  return name;
}

edge find_edge(JSContext *cx, JS::GCCellPtr from, JS::GCCellPtr to) {
  namer namer(cx, to);
  JS::TraceChildren(&namer, from);
  edge found = namer.found;
  if (found.sort != edge::SLOT) return found;
  found.name = from.is<JSObject>() ? name_of_slot(cx, &from.as<JSObject>(), to) : "";
  if (found.name.empty() || !found.name.compare(0, 9, "**UNKNOWN")) found = {};
  return found;
}

bool has_class(const JSObject *object, const char *name) { return object && !strcmp(JS::GetClass(object)->name, name); }

bool is_scope(const JSObject *object) {
  return has_class(object, "Call") || has_class(object, "LexicalEnvironment") || has_class(object, "Var") ||
         has_class(object, "With") || has_class(object, "ModuleEnvironmentObject");
}

bool is_generator(const JSObject *object) {
  return has_class(object, "Generator") || has_class(object, "AsyncGenerator") ||
         has_class(object, "AsyncFunctionGenerator");
}

constexpr char CALL[] = "(a call that runs)";

/* What the search may begin with. */
struct beginning {
  int result; /* of find_way */
  std::string words;
  JSObject *function; /* of a call, or NULL */
};

/* A way, in a form that stays when the collector relocates objects. */
struct way {
  JS::RootedObjectVector objects;                             /* NULL for other things: first to last */
  JS::RootedObjectVector functions;                           /* of a scope or a generator at the same place, or NULL */
  mozilla::Vector<edge, 0, mozilla::MallocAllocPolicy> edges; /* to the one after it */
  JS::RootedObject caller;
  int result = 0;
  std::string words;
  bool failed = false;

  explicit way(JSContext *cx) : objects(cx), functions(cx), caller(cx) {}

  void add(JSContext *cx, JS::GCCellPtr thing, JS::GCCellPtr next) {
    JSObject *object = thing.is<JSObject>() ? &thing.as<JSObject>() : nullptr;
    namer namer(cx, JS::GCCellPtr());
    if (has_class(object, "Call") || is_generator(object)) JS::TraceChildren(&namer, thing);
    failed = failed || !objects.append(object) || !functions.append(namer.function) ||
             !edges.append(next ? find_edge(cx, thing, next) : edge());
  }
};

/* ---------------------------------------------------------------- from roots */

/* All calls have their functions among the roots. Of each, the roots come after one another. */
class beginnings final {
public:
  mozilla::Vector<beginning, 0, mozilla::MallocAllocPolicy> all;

  void begin(search &search, JS::GCCellPtr thing, int result, const char *words, JSObject *function) {
    if (!all.append(beginning{result, words, function}))
      search.failed = true;
    else
      search.meet(thing, BEGINS + static_cast<uint32_t>(all.length()) - 1);
  }
  void begin_with_root(search &search, const JS::ubi::Edge &root) {
    std::string name = narrow(root.name.get());
    JSObject *object = root.referent.is<JSObject>() ? root.referent.as<JSObject>() : nullptr;
    if (name == "env chain") function_ = nullptr;
    if (name == "fp callee and this[0]") function_ = object;
    if (!object || name == "xlgc export") return;
    bool is_argument = !name.compare(0, 7, "fp argv"), is_local = !name.compare(0, 8, "vm_stack");
    bool is_call = is_argument || is_local || name == "env chain" || !name.compare(0, 9, "fp callee");
    const char *words = is_argument && function_ ? "an argument of "
                        : is_local && function_  ? "a local of "
                        : is_call                ? CALL
                                                 : "(a root of the program's)";
    int result = is_call ? XLGC_WAY_CALL : XLGC_WAY_ROOT;
    begin(search, JS::GCCellPtr(object), result, name == "env chain" ? "" : words, function_);
  }

private:
  JSObject *function_ = nullptr; /* of the call whose roots are met */
};

void begin_with_globals(search &search, beginnings &beginnings, xlgc__mozjs_engine *engine) {
  JSObject *global = engine->global, *lexical = JS_ExtensibleLexicalEnvironment(global);
  JSObject *modules = engine->modules.initialized() ? engine->modules.get() : nullptr;
  for (JSObject *object : {global, lexical, modules})
    if (object) beginnings.begin(search, JS::GCCellPtr(object), XLGC_WAY_ROOT, "", nullptr);
}

void find(search &search, beginnings &beginnings, xlgc__mozjs_engine *engine, const JS::ubi::RootList &roots,
          void *const *from, size_t from_count) {
  search.pass_over(engine->borrowed);
  search.pass_over(engine->guard);
  for (size_t i = 0; i < from_count; i++) {
    JSObject *object = static_cast<xlgc__mozjs_export *>(from[i])->object.unbarrieredGet();
    beginnings.begin(search, JS::GCCellPtr(object), static_cast<int>(i) + 1, "", nullptr);
  }
  if (!from_count) begin_with_globals(search, beginnings, engine);
  search.run();
  if (from_count || search.found() != NONE) return;
  search.extend();
  for (const JS::ubi::Edge &root : roots.edges)
    beginnings.begin_with_root(search, root);
  search.run();
}

void note_way(JSContext *cx, const search &search, const beginnings &beginnings, way &way) {
  mozilla::Vector<uint32_t, 0, mozilla::MallocAllocPolicy> numbers;
  uint32_t number = search.found();
  for (; number < BEGINS && !way.failed; number = search.by(number))
    way.failed = !numbers.append(number);
  for (size_t i = numbers.length(); i-- && !way.failed;)
    way.add(cx, search.thing(numbers[i]), i ? search.thing(numbers[i - 1]) : JS::GCCellPtr());
  if (way.failed) return;
  const beginning &beginning = beginnings.all[number - BEGINS];
  way.result = beginning.result;
  way.words = beginning.words;
  way.caller = beginning.function;
}

/* ---------------------------------------------------------------- words */

/* The name and the place of a function. */
std::string label_function(JSContext *cx, JS::HandleObject object, const char *before, const char *after) {
  JS::RootedFunction function(cx, object ? JS_GetObjectFunction(object) : nullptr);
  JS::RootedString id(cx, function ? JS_GetFunctionDisplayId(function) : nullptr);
  const JS::UniqueChars name = id ? JS_EncodeStringToUTF8(cx, id) : nullptr;
  JSScript *script = function ? JS_GetFunctionScript(cx, function) : nullptr;
  JS_ClearPendingException(cx);
  std::string text = name && *name.get() ? name.get() : "a function";
  if (!script || !JS_GetScriptFilename(script)) return text;
  return text + before + JS_GetScriptFilename(script) + ":" + std::to_string(JS_GetScriptBaseLineNumber(cx, script)) +
         after;
}

struct looking_up {
  JS::RootedObject value;
  JS::RootedValue key;
  bool has_found = false;
  explicit looking_up(JSContext *cx) : value(cx), key(cx) {}
};

bool compare_entry(JSContext *, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  auto *wanted = static_cast<looking_up *>(js::GetFunctionNativeReserved(&arguments.callee(), 0).toPrivate());
  arguments.rval().setUndefined();
  if (wanted->has_found || !arguments[0].isObject() || &arguments[0].toObject() != wanted->value) return true;
  wanted->has_found = true;
  wanted->key = arguments[1];
  return true;
}

/* The key of a value in a Map, as text, if it is text or a number. No code of the program runs. */
std::string find_key(JSContext *cx, JS::HandleObject map, JSObject *value) {
  looking_up wanted(cx);
  wanted.value = value;
  JSFunction *function = js::NewFunctionWithReserved(cx, compare_entry, 2, 0, "compare");
  if (!function) return "";
  JS::RootedObject compare(cx, JS_GetFunctionObject(function));
  js::SetFunctionNativeReserved(compare, 0, JS::PrivateValue(&wanted));
  JS::RootedValue callback(cx, JS::ObjectValue(*compare));
  if (!JS::MapForEach(cx, map, callback, JS::UndefinedHandleValue) || !wanted.has_found) return "";
  if (wanted.key.isInt32()) return std::to_string(wanted.key.toInt32());
  JS::RootedString text(cx, wanted.key.isString() ? wanted.key.toString() : nullptr);
  const JS::UniqueChars chars = text ? JS_EncodeStringToUTF8(cx, text) : nullptr;
  return chars ? "'" + std::string(chars.get()) + "'" : "";
}

/* Says a way, part by part. */
class teller final {
public:
  teller(xlgc__mozjs_engine *engine, const way &way, void (*step)(void *data, const char *text), void *data)
      : engine_(engine), cx_(engine->cx), way_(way), around_(engine->cx), step_(step), data_(data) {}

  void run() {
    bool is_call = way_.words.length() && way_.words[0] != '(';
    std::string call = is_call ? label_function(cx_, way_.caller, ", ", "") : "";
    if (is_call)
      say(call.find(", " XLGC__MOZJS_MODULE_FILE ":") == std::string::npos ? "(" + way_.words + call + ")" : CALL);
    else if (way_.words.length())
      say(way_.words);
    for (size_t i = 0; i + 1 < way_.objects.length(); i++)
      say_edge(i, way_.edges[i]);
  }

private:
  xlgc__mozjs_engine *engine_;
  JSContext *cx_;
  const way &way_;
  JS::RootedObject around_; /* the function whose scopes the way leads through */
  void (*step_)(void *data, const char *text);
  void *data_;
  std::string last_;

  void say(const std::string &words) {
    if (words.length() && (words != last_ || words[0] != '(')) step_(data_, words.c_str());
    last_ = words;
  }
  void say_property(const char *prefix, const std::string &name) {
    char text[300];
    xlgc__way_name_property(text, sizeof text, prefix, name.c_str());
    say(name == "**SYMBOL KEY**" ? "[a symbol]" : text);
  }
  bool is_global(const JSObject *object) const {
    return object && (JS_IsGlobalObject(const_cast<JSObject *>(object)) ||
                      object == JS_ExtensibleLexicalEnvironment(engine_->global));
  }

  void say_variable(size_t at, const std::string &name) {
    JS::HandleObject function = around_ ? JS::HandleObject(around_) : way_.functions[at];
    if (!function && has_class(way_.objects[at], "ModuleEnvironmentObject")) return say_property(nullptr, name);
    std::string label = label_function(cx_, function, ", ", "");
    if (label.find("self-hosted:") != std::string::npos) return say("(bound to it)");
    say((around_ ? "(variable '" : "(local '") + name + (around_ ? "' around " : "' of ") + label + ")");
  }

  void say_edge(size_t at, const edge &edge) {
    JS::HandleObject holder = way_.objects[at];
    JSObject *next = way_.objects[at + 1];
    if (!holder) return say_of_no_object(edge);
    if (js::IsFunctionObject(holder) && is_scope(next)) {
      around_ = holder;
      return;
    }
    bool is_in_scope = is_scope(holder) && !is_global(holder);
    if (is_in_scope && is_scope(next)) return;
    if (is_in_scope && edge.sort == edge::SLOT)
      say_variable(at, edge.name);
    else if (edge.sort == edge::SLOT)
      say_property(is_global(holder) ? "global " : nullptr, edge.name);
    else if (edge.sort == edge::ELEMENT && !(at && is_generator(way_.objects[at - 1])))
      say("[" + std::to_string(edge.index) + "]");
    else if (edge.sort == edge::OTHER)
      say_inside(at, holder, edge, next);
    around_ = nullptr;
  }

  /* What the engine has in it that is no property. */
  void say_inside(size_t at, JS::HandleObject holder, const edge &edge, JSObject *next) {
    bool is_hidden = has_class(holder, "PromiseReactionRecord") || has_class(holder, "Module") || is_global(holder);
    if (is_hidden || !next) return;
    if (holder == (engine_->modules.initialized() ? engine_->modules.get() : nullptr))
      say("module " + find_key(cx_, holder, next));
    else if (has_class(holder, "Map") || has_class(holder, "Set"))
      say_entry(holder, edge, next);
    else if (has_class(holder, "WeakMap"))
      say("(a value of a WeakMap)");
    else if (is_generator(holder))
      is_scope(next) ? void() : say("(a local of " + label_function(cx_, way_.functions[at], ", ", ")"));
    else
      say("(in a " + std::string(JS::GetClass(holder)->name) + ")");
  }
  void say_entry(JS::HandleObject holder, const edge &edge, JSObject *value) {
    bool is_map = has_class(holder, "Map");
    std::string key = is_map && edge.name == "value" ? find_key(cx_, holder, value) : "";
    JS_ClearPendingException(cx_);
    if (edge.name == "key")
      say(is_map ? "(a key)" : "(an element)");
    else
      say(key.empty() ? "(a value of a Map)" : ".get(" + key + ")");
  }
  void say_of_no_object(const edge &edge) {
    if (edge.name == "baseshape_proto") say("(its prototype)");
    if (edge.name == "gettersetter_getter") say("(its getter)");
    if (edge.name == "gettersetter_setter") say("(its setter)");
  }
};

/* What a handle stands for: the address where its object's is, which the collector keeps right; or NULL, and the handle
 * is the object's own address. */
const JS::Heap<JSObject *> *find_object(xlgc__mozjs_engine *engine, void *handle) {
  for (auto pin = engine->exports.iter(); !pin.done(); pin.next())
    if (pin.get() == handle) return &pin.get()->object;
  for (const xlgc__mozjs_proxy *proxy : engine->proxies)
    if (proxy == handle) return &proxy->object;
  return nullptr;
}

} // namespace

int xlgc__mozjs_way_find(void *data, void *const *from, size_t from_count, void *to, size_t budget,
                         void (*step)(void *data, const char *text), void *step_data) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  JSContext *cx = engine->cx;
  const JS::Heap<JSObject *> *address = find_object(engine, to);
  JS::RootedObject own(cx, address ? nullptr : static_cast<JSObject *>(to));
  way way(cx);
  {
    JS::ubi::RootList roots(cx, true);
    auto begun = roots.init();
    if (!begun.first) return XLGC_E_NOMEM;
    search search(cx, address ? address->unbarrieredGet() : own.get(), budget);
    beginnings beginnings;
    find(search, beginnings, engine, roots, from, from_count);
    if (!search.failed && search.found() == NONE) return 0;
    if (search.failed) return XLGC_E_NOMEM;
    note_way(cx, search, beginnings, way);
  }
  if (way.failed) return XLGC_E_NOMEM;
  teller(engine, way, step, step_data).run();
  JS_ClearPendingException(cx);
  return way.result;
}

void xlgc__mozjs_way_describe(void *data, void *handle, char *text, size_t size_bytes) {
  const auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  JS::RootedObject object(engine->cx, static_cast<xlgc__mozjs_export *>(handle)->object);
  if (js::IsFunctionObject(object))
    std::snprintf(text, size_bytes, "function %s", label_function(engine->cx, object, " (", ")").c_str());
  else
    std::snprintf(text, size_bytes, "%s", JS::GetClass(object)->name);
}

void xlgc__mozjs_way_where(void *data, char *text, size_t size_bytes) {
  const auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  JS::AutoFilename file;
  unsigned line = 0;
  *text = 0;
  if (JS::DescribeScriptedCaller(engine->cx, &file, &line) && file.get())
    std::snprintf(text, size_bytes, "%s:%u", file.get(), line);
}
