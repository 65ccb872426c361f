/* Scripts and modules from files, for engines of the library's own. A module is a file, once in an engine; one is named
 * by its path, from the folder of what imports it. */
#ifndef XLGC_MOZJS_IMPORTS_H
#define XLGC_MOZJS_IMPORTS_H

#include "hosts/mozjs/engine.h"

/* A context's `import` finds files from now on. */
void xlgc__mozjs_imports_equip(JSContext *cx);
/* Runs a text in the engine's realm, where the caller is; name: what errors call it, and what its own imports start
 * from if that is a path. Returns false with an exception. */
bool xlgc__mozjs_imports_evaluate(xlgc__mozjs_engine *engine, const char *text, size_t length, const char *name,
                                  JS::MutableHandleValue out);
/* Runs a file; out: what it answers, or exports, if it is a module. */
bool xlgc__mozjs_imports_run(xlgc__mozjs_engine *engine, const char *name, JS::MutableHandleValue out);

#endif
