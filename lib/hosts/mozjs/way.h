/* How an object is held inside the engine, for people: the adapter's `describe`, `find_way`
 * and `where`. */
#ifndef XLGC_MOZJS_WAY_H
#define XLGC_MOZJS_WAY_H

#include <cstddef>

void xlgc__mozjs_way_describe(void *engine, void *handle, char *text, size_t size_bytes);
void xlgc__mozjs_way_where(void *engine, char *text, size_t size_bytes);
int xlgc__mozjs_way_find(void *engine, void *const *from, size_t from_count, void *to, size_t budget,
                         void (*step)(void *data, const char *text), void *data);

#endif
