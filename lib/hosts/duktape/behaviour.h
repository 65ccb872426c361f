/* How objects of a heap answer engines of other languages. */
#ifndef XLGC_DUKTAPE_BEHAVIOUR_H
#define XLGC_DUKTAPE_BEHAVIOUR_H

#include "hosts/duktape/engine.h"

extern const xlgc_behaviour xlgc__duktape_behaviour;

#endif
