/* How other languages use objects of scripts. */
#ifndef XLGC_MOZJS_BEHAVIOUR_H
#define XLGC_MOZJS_BEHAVIOUR_H

#include "hosts/mozjs/engine.h"

extern const xlgc_behaviour xlgc__mozjs_behaviour;
/* The behaviour's length of an object of this engine; leaves an exception pending. */
bool xlgc__mozjs_behaviour_length(JSContext *cx, JS::HandleObject object, size_t *out);

#endif
