/* The languages' engines for the conformance kit. The thread that makes one of SpiderMonkey or Python can have no other
 * of that sort at the same time. */
#ifndef KITS_H
#define KITS_H

#include "../hosts_conformance.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Objects are tables. */
extern const hosts_engine kit_lua, kit_lua_generational;
extern const hosts_engine kit_python;
extern const hosts_engine kit_mozjs;
/* Objects are plain ones, or closures, whose fields nobody sees from outside. */
extern const hosts_engine kit_duktape, kit_duktape_closures;

#ifdef __cplusplus
}
#endif

#endif
