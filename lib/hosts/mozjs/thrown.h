/* What is thrown crosses. What scripts of the engine threw comes home as it was. What another language threw is an Error,
 * whose `cause` is the value itself, with its type as `name`, and `language`, `type`, `message` and `stack`. */
#ifndef XLGC_MOZJS_THROWN_H
#define XLGC_MOZJS_THROWN_H

#include "hosts/common/thrown.h"
#include "hosts/mozjs/engine.h"

/* Throws what a visit has answered. Returns the code. */
int xlgc__mozjs_thrown_throw(xlgc__mozjs_engine *engine, const xlgc_visit *visit, int code);
/* Takes the pending exception into a visit. Returns XLGC_E_RAISED or XLGC_E_NOMEM. */
int xlgc__mozjs_thrown_raise(xlgc__mozjs_engine *engine, xlgc_visit *visit);
/* What is known of a value that was thrown, without the value itself. at: the functions that it came through, or NULL. out:
 * to be cleared. */
void xlgc__mozjs_thrown_note(xlgc__mozjs_engine *engine, JS::HandleValue thrown, JS::HandleObject at,
                             xlgc__thrown *out);

#endif
