/* A toy engine beside a language that a process can have one engine of: objects with fields, a mark-sweep collector,
 * and a behaviour that each object can be given. */
#ifndef TOY_H
#define TOY_H

#include "hosts_conformance.h"

#include <xlgc/bridge.h>

typedef struct toy toy;
typedef struct toy_thing toy_thing;

/* For the kit. */
extern const hosts_engine toy_plain;

void *toy_open(xlgc_pool *pool);
void toy_close(void *engine);
xlgc_host *toy_host(void *engine);
/* What the object in a global does when it is visited: visit->handle is `self` then. traits: of its value. */
void toy_behave(void *engine, unsigned global, const xlgc_behaviour *behaviour, void *self, unsigned traits);
/* The value of what the global holds: exports an object. */
xlgc_value toy_value(void *engine, unsigned global);

#endif
