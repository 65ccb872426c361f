/* A context of SpiderMonkey for tests, and scripts in it. A global has thing(), which makes an object that is counted,
 * gc() and drain(), which runs the jobs that wait. */
#ifndef KIT_MOZJS_H
#define KIT_MOZJS_H

#include "lib/hosts/mozjs/engine.h"

#include "kits.h"

struct script {
  JSContext *cx;
  xlgc_host *host;
  xlgc_pool *pool;
  JS::PersistentRootedObject global;
  JS::PersistentRootedObject globals; /* the kit's, and what is suspended */
};

script *open_script(xlgc_pool *pool);
void close_script(void *engine);
/* Without closing the host before. */
void end_context(script *is);
JSObject *make_global(JSContext *cx, bool own_zone);
/* What a text says; the test fails when it throws. */
void evaluate(script *is, const char *text, JS::MutableHandleValue out);
/* What the adapter has noted itself; it is what the host's root stands for. */
const xlgc__mozjs_engine *inside(void *engine);

#endif
