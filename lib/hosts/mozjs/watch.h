/* Objects of the engine are watched, not held: the adapter's `watch`, `watched` and `unwatch`. */
#ifndef XLGC_MOZJS_WATCH_H
#define XLGC_MOZJS_WATCH_H

int xlgc__mozjs_watch_begin(void *engine, void *handle, void **out);
void *xlgc__mozjs_watch_object(void *engine, void *watch);
void xlgc__mozjs_watch_end(void *engine, void *watch);

#endif
