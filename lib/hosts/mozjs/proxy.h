/* How proxies come and go. */
#ifndef XLGC_MOZJS_PROXY_H
#define XLGC_MOZJS_PROXY_H

#include "hosts/mozjs/engine.h"

/* For xlgc__mozjs_parts: a proxy that xlgc_host_receive asked for, or NULL with an exception. */
xlgc__mozjs_proxy *xlgc__mozjs_proxy_make(xlgc__mozjs_engine *engine, xlgc_id id, unsigned traits);
/* The collector finalizes the object of a proxy. */
void xlgc__mozjs_proxy_finalize(JSObject *object);

#endif
