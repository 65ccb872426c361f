/* Exceptions, both ways. Functions of this folder that work for scripts leave an exception pending when they fail; those
 * that answer a visit return XLGC_E_RAISED, and the visit has the words. */
#ifndef XLGC_HOSTS_MOZJS_ERRORS_H
#define XLGC_HOSTS_MOZJS_ERRORS_H

#include "engine.h"

/* Throws what a function of xlgc has answered. visit: may be NULL. Returns the code. */
int xlgc__mozjs_errors_throw(JSContext *cx, const xlgc_visit *visit, int code);
int xlgc__mozjs_errors_throw_text(JSContext *cx, JSExnType type, int code, const char *text);
/* Takes the pending exception into a visit. Returns XLGC_E_RAISED or XLGC_E_NOMEM. */
int xlgc__mozjs_errors_raise(JSContext *cx, xlgc_visit *visit);

#endif
