/* Promises that are rejected, and that nothing handles. At the end of the outermost call each is told to the function
 * xlgc.onrejection(reason, promise), if the script or another language has set one, else to people, on stderr. One that
 * another language has got has until the end of the next call, as its handler comes from there. */
#ifndef XLGC_MOZJS_REJECTIONS_H
#define XLGC_MOZJS_REJECTIONS_H

#include "hosts/mozjs/engine.h"

#include <js/GCVector.h>

/* Of all engines of a context. */
struct xlgc__mozjs_rejections {
  using list = JS::PersistentRooted<JS::GCVector<JSObject *, 0, js::SystemAllocPolicy>>;
  list fresh, waiting;

  explicit xlgc__mozjs_rejections(JSContext *cx);
};

/* From now on they are noted. */
void xlgc__mozjs_rejections_listen(xlgc__mozjs_rejections *rejections, JSContext *cx);
/* The outermost call has ended. answer: what another language will get. */
void xlgc__mozjs_rejections_tell(xlgc__mozjs_rejections *rejections, JSContext *cx, JS::HandleValue answer);
/* The engine ends: all of its own are told to people. */
void xlgc__mozjs_rejections_end(xlgc__mozjs_rejections *rejections, xlgc__mozjs_engine *engine);

#endif
