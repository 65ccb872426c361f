/* The global `xlgc` as scripts see it. */
#ifndef XLGC_MOZJS_MODULE_H
#define XLGC_MOZJS_MODULE_H

#include "hosts/mozjs/engine.h"

/* Makes what a host has in the realm of its global, and defines `xlgc` there. Leaves an exception pending. */
bool xlgc__mozjs_module_make(xlgc__mozjs_engine *engine);

#endif
