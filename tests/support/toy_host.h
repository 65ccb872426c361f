/* A toy engine for the conformance kit, for languages of which a process can have only one engine. */
#ifndef TOY_HOST_H
#define TOY_HOST_H

#include "../hosts_conformance.h"

extern const hosts_engine hosts_toy;

#endif
