/* What the engine holds, and what each of its exports reaches. */
#ifndef XLGC_MOZJS_SUMMARY_H
#define XLGC_MOZJS_SUMMARY_H

#include "hosts/mozjs/engine.h"

/* The adapter's `prepare`: a slice of a full collection. */
int xlgc__mozjs_summary_prepare(void *engine);
/* The adapter's `summarise`. */
int xlgc__mozjs_summary_take(void *engine, xlgc_summary *summary);

#endif
