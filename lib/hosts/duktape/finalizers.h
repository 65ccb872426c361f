#ifndef XLGC_DUKTAPE_FINALIZERS_H
#define XLGC_DUKTAPE_FINALIZERS_H

#include "hosts/duktape/engine.h"

/* From then on it is noted when a script sets a finalizer. Raises errors. */
void xlgc__duktape_finalizers_equip(duk_context *ctx);
/* An export reaches some proxies. */
void xlgc__duktape_finalizers_tell(const xlgc__duktape_engine *engine, xlgc_summary *summary, xlgc_id export);

#endif
