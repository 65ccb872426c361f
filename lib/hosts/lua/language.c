/* A Lua state becomes a host, for the program that has it, or for another language that starts a private one. */
#include <config.h>

#include "hosts/lua/language.h"

#include <dlfcn.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "hosts/common/file.h"
#include "hosts/common/messages.h"
#include "hosts/lua/behaviour.h"
#include "hosts/lua/apart.h"
#include "hosts/lua/big.h"
#include "hosts/lua/calls.h"
#include "hosts/lua/coroutines.h"
#include "hosts/lua/functions.h"
#include "hosts/lua/image.h"
#include "hosts/lua/interrupt.h"
#include "hosts/lua/limit.h"
#include "hosts/lua/metamethods.h"
#include "hosts/lua/module.h"
#include "hosts/lua/proxy.h"
#include "hosts/lua/summary.h"
#include "hosts/lua/tables.h"
#include "hosts/lua/text.h"
#include "hosts/lua/thrown.h"
#include "hosts/lua/watch.h"
#include "hosts/lua/way.h"

/* ------------------------------------------------------------------------ parts */

/* A state may be used by one thread after the other, and needs no enter and leave. */
static const xlgc_host_adapter adapter = {
    .name = "lua",
    .summarise = xlgc__lua_summary_take,
    .unpin = xlgc__lua_tables_unpin_export,
    .collect = xlgc__lua_engine_collect,
    .behaviour = &xlgc__lua_behaviour,
    .poke = xlgc__lua_interrupt_poke,
    .size = xlgc__lua_image_size,
    .begin_image = xlgc__lua_image_begin,
    .end_image = xlgc__lua_image_end,
    .describe = xlgc__lua_way_describe,
    .find_way = xlgc__lua_way_find,
    .watch = xlgc__lua_watch_begin,
    .watched = xlgc__lua_watch_object,
    .unwatch = xlgc__lua_watch_end,
    .watched_value = xlgc__lua_watch_value,
    .where = xlgc__lua_way_where,
    .ending = xlgc__lua_engine_ending,
};

static void equip(lua_State *L) {
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  xlgc__lua_tables_equip(L);
  xlgc__lua_behaviour_equip(L);
  xlgc__lua_thrown_equip(L);
  xlgc__lua_big_equip(L);
  xlgc__lua_apart_equip(L);
  xlgc__lua_metamethods_equip(L);
  xlgc__lua_functions_equip(L);
  xlgc__lua_image_equip(L);
  xlgc__lua_watch_equip(L);
  xlgc__lua_module_push(L);
  xlgc__lua_engine_keep(L, XLGC__LUA_MODULE);
}

const xlgc__lua_parts xlgc__lua_language_parts = {
    .adapter = &adapter,
    .equip = equip,
    .proxy_pack = xlgc__lua_proxy_pack,
    .proxy_find = xlgc__lua_proxy_find,
    .proxy_make = xlgc__lua_proxy_make,
};

/* ----------------------------------------------------------------- for programs */

/* The module becomes a global, and what `require` finds. */
static int install_module(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  xlgc__lua_engine_push(L, XLGC__LUA_MODULE);
  lua_setfield(L, -2, "xlgc");
  lua_pushglobaltable(L);
  lua_pushliteral(L, "xlgc");
  xlgc__lua_engine_push(L, XLGC__LUA_MODULE);
  lua_rawset(L, -3);
  return 0;
}

int xlgc_lua_open(lua_State *L, xlgc_pool *pool, unsigned flags, xlgc_host **out) {
  int failed = xlgc__lua_engine_open(L, pool, flags, &xlgc__lua_language_parts);
  if (failed) return failed;
  lua_pushcfunction(L, install_module);
  if (xlgc__lua_calls_pcall(L, 0, 0, 0)) {
    lua_pop(L, 1);
    (void)xlgc__lua_engine_close(L);
    return XLGC_E_NOMEM;
  }
  if (out) *out = xlgc__lua_engine_find(L)->host;
  return 0;
}

int xlgc_lua_close(lua_State *L) { return L ? xlgc__lua_engine_close(L) : XLGC_E_INVAL; }

/* ------------------------------------------------------------ for other languages */

/* The name of a chunk as Lua wants it: one that is told as it is, if it does not say how. */
static const char *push_chunk_name(lua_State *L, int index) {
  if (lua_isnoneornil(L, index)) return lua_pushliteral(L, "=eval");
  if (lua_type(L, index) != LUA_TSTRING) luaL_error(L, XLGC__MESSAGES_EVAL_NAME);
  const char *name = lua_tostring(L, index);
  return lua_pushfstring(L, *name == '@' || *name == '=' ? "%s" : "=%s", name);
}

/* eval(text, name, ...): as the interactive interpreter: an expression says its value. Called as a method it has the
 * object before the text. */
static int eval(lua_State *L) {
  static const char returns[] = "return ";
  size_t length;
  if (lua_type(L, 1) == LUA_TTABLE) lua_remove(L, 1);
  xlgc__lua_apart_join(L, 1);
  if (lua_gettop(L) > 1) xlgc__lua_apart_join(L, 2);
  if (lua_type(L, 1) != LUA_TSTRING) return luaL_error(L, XLGC__MESSAGES_EVAL);
  int given = lua_gettop(L) > 2 ? lua_gettop(L) - 2 : 0, top = lua_gettop(L);
  const char *text = lua_tolstring(L, 1, &length), *name = push_chunk_name(L, 2);
  lua_pushfstring(L, "%s%s", returns, text);
  if (strlen(text) != length || luaL_loadbuffer(L, lua_tostring(L, -1), length + sizeof returns - 1, name)) {
    lua_settop(L, top + 1);
    if (luaL_loadbuffer(L, text, length, name)) return lua_error(L);
  }
  int base = lua_gettop(L) - 1;
  luaL_checkstack(L, given, "too many arguments");
  for (int i = 0; i < given; i++)
    lua_pushvalue(L, i + 3);
  lua_call(L, given, LUA_MULTRET);
  return lua_gettop(L) - base;
}

/* As luaL_loadfile has it: any first line that begins with # is none, and what was compiled may follow it. */
static size_t start_of(const xlgc__file *file) {
  size_t start = xlgc__file_start(file->text, file->length);
  if (file->text[start] == '#') start += strcspn(file->text + start, "\n");
  return file->text[start] == '\n' && file->text[start + 1] == *LUA_SIGNATURE ? start + 1 : start;
}

/* Pushes the function of a file, or the words that tell why there is none. */
static int load_file(lua_State *L, const char *name) {
  xlgc__file file;
  const char *chunk_name = lua_pushfstring(L, "@%s", name);
  if (!xlgc__file_read(&file, name)) {
    lua_pushstring(L, file.words);
    return LUA_ERRFILE;
  }
  size_t start = start_of(&file);
  int status = luaL_loadbuffer(L, file.text + start, file.length - start, chunk_name);
  xlgc__file_free(&file);
  return status;
}

/* The name of a file, whose bytes are text's whatever the encoding of strings is. */
static const char *to_file_name(lua_State *L, int index) {
  xlgc_value name;
  const xlgc__lua_engine *engine = xlgc__lua_engine_find(L);
  xlgc__lua_apart_join(L, index);
  if (lua_type(L, index) != LUA_TSTRING) return NULL;
  if (engine && xlgc__lua_text_pack(L, engine, index, &name) && xlgc__lua_text_changes(engine))
    xlgc__lua_text_refuse(L, engine, true);
  size_t length;
  const char *bytes = lua_tolstring(L, index, &length);
  return strlen(bytes) == length ? bytes : NULL;
}

/* run(file, ...): as dofile, with arguments. */
static int run(lua_State *L) {
  if (lua_type(L, 1) == LUA_TTABLE) lua_remove(L, 1);
  const char *name = to_file_name(L, 1);
  if (!name) return luaL_error(L, XLGC__MESSAGES_RUN);
  if (load_file(L, name)) return lua_error(L);
  lua_replace(L, 1);
  lua_settop(L, lua_gettop(L) - 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int set_up(lua_State *L) {
  luaL_openlibs(L);
  xlgc__lua_coroutines_install(L);
  lua_createtable(L, 0, 4);
  lua_pushcfunction(L, eval);
  lua_setfield(L, -2, "eval");
  lua_pushcfunction(L, run);
  lua_setfield(L, -2, "run");
  lua_pushcfunction(L, xlgc__lua_text_choose);
  lua_setfield(L, -2, "strings");
  lua_pushglobaltable(L);
  lua_setfield(L, -2, "globals");
  return 1;
}

/* The file that has a function, in its short form. */
static const char *file_of(const void *function, const void **base) {
  Dl_info of;
  *base = NULL;
  if (!dladdr(function, &of) || !of.dli_fname) return "";
  *base = of.dli_fbase;
  const char *name = strrchr(of.dli_fname, '/');
  return name ? name + 1 : of.dli_fname;
}

/* Another Lua that was loaded before, for all, takes the place of some of this one's functions. */
static int check_that_none_is_mixed_in(xlgc_value *out) {
  static _Thread_local char words[256];
#define ADDRESS(function) (const void *)(uintptr_t)(function)
  const void *functions[] = {ADDRESS(lua_newstate), ADDRESS(luaL_newstate), ADDRESS(lua_gettop), ADDRESS(lua_rawgeti)};
#undef ADDRESS
  const void *mine, *other;
  const char *my_file = file_of((const void *)(uintptr_t)lua_pcallk, &mine); /* older ones have none */
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    const char *other_file = file_of(functions[i], &other);
    if (other == mine) continue;
    snprintf(words, sizeof words,
             "two Luas are mixed in this process, %.80s and %.80s: start this one before the other is loaded", my_file,
             other_file);
    return xlgc__messages_refuse_start(XLGC_E_STATE, out, words);
  }
  return 0;
}

static int start(xlgc_pool *pool, void **engine, xlgc_value *out) {
  int mixed = check_that_none_is_mixed_in(out);
  if (mixed) return mixed;
  lua_State *L = luaL_newstate();
  if (!L) return XLGC_E_NOMEM;
  if (xlgc__lua_limit_begin(L)) {
    lua_close(L);
    return XLGC_E_NOMEM;
  }
  lua_pushcfunction(L, set_up);
  int failed = lua_pcall(L, 0, 1, 0) ? XLGC_E_NOMEM : xlgc_lua_open(L, pool, 0, NULL);
  if (!failed) failed = xlgc_lua_value(L, -1, out);
  lua_settop(L, 0); /* it is pinned */
  if (!failed) failed = xlgc_host_share(xlgc__lua_engine_find(L)->host);
  if (failed)
    xlgc__lua_limit_end(L);
  else
    *engine = L;
  return failed;
}

static int end(void *engine) {
  int failed = xlgc__lua_engine_end(engine, xlgc__lua_limit_end);
  if (failed != XLGC_E_STATE) return failed;
  xlgc__lua_limit_end(engine); /* its own code has closed it */
  return 0;
}

const xlgc_language xlgc_language_lua = {
    .name = "lua", .start = start, .end = end, .limit_memory = xlgc__lua_limit_set};
