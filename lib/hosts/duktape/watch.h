/* Objects of a heap are watched, not held: the adapter's `watch`, `watched`, `unwatch` and `watched_value`.
 *
 * Duktape has no weak references. A watched object has a hidden property: a companion that leads back to it, and that has
 * a finalizer. So both are found unreachable together, by a mark-and-sweep, and Duktape keeps both until the finalizer
 * has been called, which notes that. */
#ifndef XLGC_DUKTAPE_WATCH_H
#define XLGC_DUKTAPE_WATCH_H

#include <xlgc/bridge.h>

int xlgc__duktape_watch_begin(void *engine, void *handle, void **out);
void *xlgc__duktape_watch_object(void *engine, void *watch);
void xlgc__duktape_watch_end(void *engine, void *watch);
int xlgc__duktape_watch_value(void *engine, void *watch, xlgc_value *out);

#endif
