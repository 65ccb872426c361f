/* How an object is held inside a heap, for people: the adapter's `describe`, `find_way`
 * and `where`. */
#ifndef XLGC_DUKTAPE_WAY_H
#define XLGC_DUKTAPE_WAY_H

#include <stddef.h>

void xlgc__duktape_way_describe(void *engine, void *handle, char *text, size_t size_bytes);
void xlgc__duktape_way_where(void *engine, char *text, size_t size_bytes);
int xlgc__duktape_way_find(void *engine, void *const *from, size_t from_count, void *to, size_t budget,
                           void (*step)(void *data, const char *text), void *data);

#endif
