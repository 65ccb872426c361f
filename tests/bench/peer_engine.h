/* Script engines as peers: each has the graph of graph.h as its own objects in a process of its own, a script that is
 * told by lines on its standard input what to do. Its cost is the time that its process has had, from the line
 * that says to go on to the one that says it is done. */
#ifndef PEER_ENGINE_H
#define PEER_ENGINE_H

#include "graph.h"

typedef struct engine engine;

/* BENCH_SCRIPTS in the environment is the directory where the script lies. */
engine *engine_start(const char *interpreter, const char *script);
double engine_build(engine *engine, uint32_t groups);
double engine_change(engine *engine, uint32_t groups, const graph_plan *plan);
double engine_cycles(engine *engine, uint64_t count);
void engine_destroy(engine *engine);

#endif
