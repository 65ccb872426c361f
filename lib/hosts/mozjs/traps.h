/* What scripts do with proxies: each use is a visit. */
#ifndef XLGC_MOZJS_TRAPS_H
#define XLGC_MOZJS_TRAPS_H

#include "hosts/mozjs/engine.h"

/* The handler of all proxies. */
const js::BaseProxyHandler *xlgc__mozjs_traps_handler();

/* A script's visit, which ends with its scope. */
struct xlgc__mozjs_visit {
  xlgc_visit visit;
  xlgc__mozjs_engine *engine = nullptr; /* NULL when it was not begun */

  xlgc__mozjs_visit() = default;
  xlgc__mozjs_visit(const xlgc__mozjs_visit &) = delete;
  ~xlgc__mozjs_visit();
  /* object: a proxy, unwrapped. Leaves an exception pending. */
  bool begin(JSContext *cx, JSObject *object);
  /* Throws what the visit answered; false. */
  bool fail(int code);
};

#endif
