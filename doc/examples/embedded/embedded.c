/* A program with a small interpreter: Lua scripts, and an object of the program's pool that they share. A script makes a
 * ring of a table of its own and a managed object, which Lua's collector cannot free by itself. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <xlgc/lua.h>

static const char script[] =
    "local entry = { name = 'first' }\n"
    "entry.shared = xlgc.new { back = entry }     -- a ring: table -> managed object -> table\n"
    "assert(entry.shared.back == entry)\n"
    "return entry.shared.back.name\n";

int main(void) {
  xlgc_pool *pool;
  lua_State *L = luaL_newstate();
  if (!L || xlgc_pool_create(NULL, &pool)) return 1;
  luaL_openlibs(L);
  if (xlgc_lua_open(L, pool, 0, NULL)) return 1;
  if (luaL_loadstring(L, script) || xlgc_lua_pcall(L, 0, 1, 0)) {
    fprintf(stderr, "%s\n", lua_tostring(L, -1));
    return 1;
  }
  printf("the script returned %s\n", lua_tostring(L, -1));
  lua_pop(L, 1);
  int count = xlgc_hosts_collect(pool);
  if (count < 0)
    fprintf(stderr, "%s\n", xlgc_strerror(count));
  else
    printf("a collection let go of %d exported object\n", count);
  lua_close(L);
  return xlgc_pool_destroy(pool);
}
