/* Objects of Python's are watched, not held: the adapter's `watch`, `watched`, `unwatch` and `watched_value`. */
#ifndef XLGC_HOSTS_PYTHON_WATCH_H
#define XLGC_HOSTS_PYTHON_WATCH_H

#include <xlgc/bridge.h>

int xlgc__python_watch_begin(void *engine, void *handle, void **out);
void *xlgc__python_watch_object(void *engine, void *watch);
void xlgc__python_watch_end(void *engine, void *watch);
int xlgc__python_watch_value(void *engine, void *watch, xlgc_value *out);

#endif
