/* Objects of other languages in scripts, and the visits by which scripts use them. */
#ifndef XLGC_HOSTS_MOZJS_PROXY_H
#define XLGC_HOSTS_MOZJS_PROXY_H

#include "hosts/mozjs/engine.h"

/* Makes a proxy that xlgc_host_receive asked for. Returns NULL with an exception. */
xlgc__mozjs_proxy *xlgc__mozjs_proxy_make(xlgc__mozjs_engine *engine, xlgc_id id, unsigned traits);

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
