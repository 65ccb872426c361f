/* The entry of the loadable module, for `require "xlgc"`. The module has the bridge in itself and takes Lua's own
 * functions from the program that loads it: so there is one Lua in the process. */
#include <config.h>

#include <dlfcn.h>

#include "hosts/lua/language.h"

#ifdef __GNUC__
#define VISIBLE __attribute__((visibility("default")))
#else
#define VISIBLE
#endif

VISIBLE int luaopen_xlgc(lua_State *L);

/* It stays: other engines may use the state when Lua lets go of its modules, and xlgc.open("lua") is to find it. */
static void stay(void) {
  Dl_info here;
  if (dladdr((const void *)(uintptr_t)luaopen_xlgc, &here) && here.dli_fname)
    (void)dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}

static int check_version(lua_State *L) {
  luaL_checkversion(L);
  return 0;
}

int luaopen_xlgc(lua_State *L) {
  lua_pushcfunction(L, check_version);
  if (lua_pcall(L, 0, 0, 0)) return luaL_error(L, "this xlgc is built for " LUA_VERSION ": %s", lua_tostring(L, -1));
  luaL_checkstack(L, 4, NULL);
  stay();
  int failed = xlgc__lua_engine_open(L, NULL, XLGC_LUA_BARE, &xlgc__lua_language_parts);
  if (failed && failed != XLGC_E_EXISTS) return luaL_error(L, "xlgc: %s", xlgc_strerror(failed));
  xlgc__lua_engine_push(L, XLGC__LUA_MODULE);
  return 1;
}
