/* A program in Lua that opens the other languages: its pool, its state, and what it runs. To be included by the test
 * itself. */
#ifndef LUA_PROGRAM_H
#define LUA_PROGRAM_H

#include <lauxlib.h>
#include <lualib.h>
#include <xlgc/duktape.h>
#include <xlgc/lua.h>
#include <xlgc/python.h>

#include "trial.h"

extern const xlgc_language xlgc_language_mozjs; /* its header is for C++ */
/* So that they are linked. */
const xlgc_language *volatile languages[] = {&xlgc_language_lua, &xlgc_language_duktape, &xlgc_language_mozjs,
                                             &xlgc_language_python};

static xlgc_pool *pool;
static xlgc_host *host;
static lua_State *L;

static void run(const char *text) {
  if (luaL_loadstring(L, text) || xlgc_lua_pcall(L, 0, 0, 0)) ck_abort_msg("%s", lua_tostring(L, -1));
}

/* text: run first. */
static void begin_program(const char *text) {
  ok(xlgc_pool_create(NULL, &pool));
  L = luaL_newstate();
  luaL_openlibs(L);
  ok(xlgc_lua_open(L, pool, 0, &host));
  run(text);
}

static void end_program(void) {
  run("collectgarbage() xlgc.collect()");
  lua_close(L);
  ok(xlgc_flush(pool));
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}

#endif
