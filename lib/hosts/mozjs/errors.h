/* Exceptions for codes. Functions of this folder that work for scripts leave an exception pending when they fail; those
 * that answer a visit return XLGC_E_RAISED, and the visit has what was thrown (thrown.h). */
#ifndef XLGC_MOZJS_ERRORS_H
#define XLGC_MOZJS_ERRORS_H

#include "hosts/mozjs/engine.h"

/* Throws what a function of xlgc has answered. visit: may be NULL. Returns the code. */
int xlgc__mozjs_errors_throw(JSContext *cx, const xlgc_visit *visit, int code);
/* Throws an error with these words. */
void xlgc__mozjs_errors_throw_text(JSContext *cx, JSExnType type, const char *text);
/* Throws a TypeError with these words; false. */
bool xlgc__mozjs_errors_refuse(JSContext *cx, const char *text);
/* Throws what a script reads that uses xlgc, or a proxy, after the host was closed; false. */
bool xlgc__mozjs_errors_throw_closed(JSContext *cx);

/* The symbol under which an Error keeps something of the library's; false with an exception. */
bool xlgc__mozjs_errors_hidden(JSContext *cx, const char *name, JS::MutableHandleId out);
/* Such a name: the flags of what an Error carries, whose value is its `cause`. */
#define XLGC__MOZJS_ERRORS_FLAGS "xlgc.thrown"

#endif
