#include <config.h>

#include "hosts/mozjs/imports.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <js/CharacterEncoding.h>
#include <js/CompilationAndEvaluation.h>
#include <js/CompileOptions.h>
#include <js/MapAndSet.h>
#include <js/Modules.h>
#include <js/Promise.h>
#include <js/ScriptPrivate.h>
#include <js/SourceText.h>

#include "hosts/common/file.h"
#include "hosts/common/messages.h"
#include "hosts/mozjs/errors.h"

namespace {

/* ------------------------------------------------------------------------ paths */

void refuse(JSContext *cx, const char *what, const char *why) {
  char words[1024];
  std::snprintf(words, sizeof words, "%.500s: %.500s", what, why);
  xlgc__mozjs_errors_throw_text(cx, JSEXN_ERR, words);
}

/* Both together. */
JS::UniqueChars concatenate(const char *one, size_t length, const char *other) {
  const size_t size = length + std::strlen(other) + 1;
  JS::UniqueChars made(static_cast<char *>(js_malloc(size)));
  if (made) std::snprintf(made.get(), size, "%.*s%s", static_cast<int>(length), one, other);
  return made;
}

bool begins(const char *text, const char *with) { return std::strncmp(text, with, std::strlen(with)) == 0; }

/* The path that a name means in what `from` is the path of, or NULL with an exception. */
JS::UniqueChars join(JSContext *cx, const char *name, const char *from) {
  static const char scheme[] = "file://";
  if (begins(name, scheme)) name += sizeof scheme - 1;
  if (*name == '/') return concatenate("", 0, name);
  if (!begins(name, "./") && !begins(name, "../")) {
    refuse(cx, name, "a module is named by the path of its file, which begins with ./, ../ or /");
    return nullptr;
  }
  const char *slash = from ? std::strrchr(from, '/') : nullptr;
  return concatenate(from ? from : "", slash ? static_cast<size_t>(slash + 1 - from) : 0, name);
}

/* The one path of a file, or NULL with an exception. */
JS::UniqueChars find(JSContext *cx, const char *path) {
  char *found = realpath(path, nullptr);
  if (!found) {
    refuse(cx, path, std::strerror(errno));
    return nullptr;
  }
  JS::UniqueChars result = concatenate("", 0, found);
  std::free(found);
  if (!result) JS_ReportOutOfMemory(cx);
  return result;
}

JS::UniqueChars text_of(JSContext *cx, JS::HandleValue value) {
  if (!value.isString()) return nullptr;
  JS::RootedString string(cx, value.toString());
  return JS_EncodeStringToUTF8(cx, string);
}

/* ------------------------------------------------------------------------- texts */

/* What is read of a file. */
class file_text {
public:
  file_text() = default;
  file_text(const file_text &) = delete;
  ~file_text() { xlgc__file_free(&file_); }
  bool read(JSContext *cx, const char *name) {
    if (xlgc__file_read(&file_, name)) return true;
    xlgc__mozjs_errors_throw_text(cx, JSEXN_ERR, file_.words);
    return false;
  }
  const char *begin() const { return file_.text + start(); }
  size_t length() const { return file_.length - start(); }

private:
  xlgc__file file_ = {};
  size_t start() const { return xlgc__file_start(file_.text, file_.length); }
};

bool set_source(JSContext *cx, const char *text, size_t length, JS::CompileOptions &options, const char *name,
                JS::SourceText<mozilla::Utf8Unit> &source) {
  options.setFileAndLine(name, 1);
  return source.init(cx, text, length, JS::SourceOwnership::Borrowed);
}

/* ----------------------------------------------------------------------- modules */

/* The engine's modules by path. */
JSObject *modules_of(xlgc__mozjs_engine *engine) {
  if (!engine->modules.initialized()) engine->modules.init(engine->cx);
  if (!engine->modules) engine->modules = JS::NewMapObject(engine->cx);
  return engine->modules;
}

JSObject *compile(JSContext *cx, const char *path, JS::HandleValue key) {
  file_text file;
  JS::CompileOptions options(cx);
  JS::SourceText<mozilla::Utf8Unit> source;
  if (!file.read(cx, path) || !set_source(cx, file.begin(), file.length(), options, path, source)) return nullptr;
  JSObject *module = JS::CompileModule(cx, options, source);
  if (module) JS::SetModulePrivate(module, key);
  return module;
}

/* Of the file with this path, which is in the table before what it imports is looked for: that may import it again. */
JSObject *load(JSContext *cx, const char *path) {
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  if (!engine) {
    (void)xlgc__mozjs_errors_throw_closed(cx);
    return nullptr;
  }
  JS::RootedObject modules(cx, modules_of(engine));
  JS::RootedString name(cx, JS_NewStringCopyUTF8Z(cx, JS::ConstUTF8CharsZ(path, std::strlen(path))));
  if (!modules || !name) return nullptr;
  JS::RootedValue key(cx, JS::StringValue(name)), known(cx);
  if (!JS::MapGet(cx, modules, key, &known)) return nullptr;
  if (known.isObject()) return &known.toObject();
  JS::RootedObject module(cx, compile(cx, path, key));
  if (!module) return nullptr;
  known.setObject(*module);
  return JS::MapSet(cx, modules, key, known) ? module.get() : nullptr;
}

/* A module that cannot be linked is looked for anew the next time: its files may be mended by then. */
bool link_module(JSContext *cx, JS::HandleObject module) {
  if (JS::ModuleInstantiate(cx, module)) return true;
  JS::AutoSaveExceptionState exception(cx);
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  JS::RootedObject modules(cx, engine ? modules_of(engine) : nullptr);
  JS::RootedValue key(cx, JS::GetModulePrivate(module));
  bool was = false;
  if (modules) (void)JS::MapDelete(cx, modules, key, &was);
  JS_ClearPendingException(cx);
  exception.restore();
  return false;
}

/* from: the path of what imports it, or undefined. */
JSObject *resolve(JSContext *cx, JS::HandleValue from, JS::HandleObject request) {
  JS::RootedValue specifier(cx, JS::StringValue(JS::GetModuleRequestSpecifier(cx, request)));
  JS::UniqueChars name = text_of(cx, specifier), importer = text_of(cx, from);
  JS::UniqueChars path = name ? join(cx, name.get(), importer.get()) : nullptr;
  JS::UniqueChars found = path ? find(cx, path.get()) : nullptr;
  if (!found && !JS_IsExceptionPending(cx)) JS_ReportOutOfMemory(cx);
  return found ? load(cx, found.get()) : nullptr;
}

bool describe(JSContext *cx, JS::HandleValue path, JS::HandleObject meta) {
  JS::UniqueChars text = text_of(cx, path);
  JS::RootedString url(cx, JS_NewStringCopyZ(cx, "file://")), rest(cx, path.isString() ? path.toString() : nullptr);
  if (rest) url = JS_ConcatStrings(cx, url, rest);
  return url && JS_DefineProperty(cx, meta, "url", url, JSPROP_ENUMERATE);
}

bool import_now(JSContext *cx, JS::HandleValue from, JS::HandleObject request, JS::MutableHandleValue evaluation) {
  JS::RootedObject module(cx, resolve(cx, from, request));
  return module && link_module(cx, module) && JS::ModuleEvaluate(cx, module, evaluation);
}

/* An exception rejects the promise. */
bool import(JSContext *cx, JS::HandleValue from, JS::HandleObject request, JS::HandleObject promise) {
  JS::RootedValue evaluation(cx);
  const bool works = import_now(cx, from, request, &evaluation) && evaluation.isObject();
  JS::RootedObject object(cx, works ? &evaluation.toObject() : nullptr);
  return JS::FinishDynamicModuleImport(cx, object, from, request, promise);
}

/* The namespace of a module that has run. */
bool run_module(JSContext *cx, const char *path, JS::MutableHandleValue out) {
  JS::RootedObject module(cx, load(cx, path));
  JS::RootedValue evaluation(cx);
  if (!module || !link_module(cx, module) || !JS::ModuleEvaluate(cx, module, &evaluation)) return false;
  JS::RootedObject promise(cx, evaluation.isObject() ? &evaluation.toObject() : nullptr);
  if (promise && JS::GetPromiseState(promise) == JS::PromiseState::Pending) {
    refuse(cx, path, "this module awaits something while it is run: use import(), whose promise waits for that");
    return false;
  }
  if (promise && !JS::ThrowOnModuleEvaluationFailure(cx, promise, JS::ThrowModuleErrorsSync)) return false;
  JS::RootedObject names(cx, JS::GetModuleNamespace(cx, module));
  if (names) out.setObject(*names);
  return names;
}

} // namespace

void xlgc__mozjs_imports_equip(JSContext *cx) {
  JSRuntime *runtime = JS_GetRuntime(cx);
  JS::SetModuleResolveHook(runtime, resolve);
  JS::SetModuleMetadataHook(runtime, describe);
  JS::SetModuleDynamicImportHook(runtime, import);
}

bool xlgc__mozjs_imports_evaluate(xlgc__mozjs_engine *engine, const char *text, size_t length, const char *name,
                                  JS::MutableHandleValue out) {
  JSContext *cx = engine->cx;
  JS::CompileOptions options(cx);
  JS::SourceText<mozilla::Utf8Unit> source;
  if (!set_source(cx, text, length, options, name, source)) return false;
  JS::RootedScript script(cx, JS::Compile(cx, options, source));
  JS::RootedString path(cx, script ? JS_NewStringCopyUTF8Z(cx, JS::ConstUTF8CharsZ(name, std::strlen(name))) : nullptr);
  if (!path) return false;
  JS::SetScriptPrivate(script, JS::StringValue(path));
  return JS_ExecuteScript(cx, script, out);
}

bool xlgc__mozjs_imports_run(xlgc__mozjs_engine *engine, const char *name, JS::MutableHandleValue out) {
  JSContext *cx = engine->cx;
  if (xlgc__file_is_module(name)) {
    JS::UniqueChars path = find(cx, name);
    return path && run_module(cx, path.get(), out);
  }
  file_text file;
  return file.read(cx, name) && xlgc__mozjs_imports_evaluate(engine, file.begin(), file.length(), name, out);
}
