/* What there is by kind, in words. */
#ifndef XLGC_INVENTORY_H
#define XLGC_INVENTORY_H

#include "base/text.h"
#include "pool/pool.h"

/* As xlgc_kinds_text. The pool is not taken. */
int xlgc__inventory_put(xlgc_pool *pool, xlgc__text *text);
/* Prints that for people, as far as memory goes; nothing where nothing is left. */
void xlgc__inventory_print(xlgc_pool *pool);

#endif
