#include <config.h>

#include "hosts/lua/thrown.h"

#include <stdio.h>
#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/common/thrown.h"
#include "hosts/lua/calls.h"
#include "hosts/lua/errors.h"
#include "hosts/lua/proxy.h"
#include "hosts/lua/text.h"
#include "hosts/lua/values.h"

static const char language[] = "lua";

/* An error that another language has thrown is a userdata with this. Its user value is a table with its fields. */
typedef struct error_data {
  unsigned flags; /* XLGC_THROWN_* */
} error_data;

/* ------------------------------------------------------------------- into Lua */

static void put_text(lua_State *L, const xlgc__lua_engine *engine, const char *name, xlgc_text text) {
  xlgc__lua_text_push_words(L, engine, text);
  lua_setfield(L, -2, name);
}

/* With the original on top, which it takes. */
static void push_error(lua_State *L, const xlgc__lua_engine *engine, const xlgc_thrown *thrown, bool has_original) {
  lua_createtable(L, 0, 5);
  lua_insert(L, -2);
  lua_setfield(L, -2, "original");
  put_text(L, engine, "language", thrown->language);
  put_text(L, engine, "type", thrown->type);
  put_text(L, engine, "message", thrown->words);
  put_text(L, engine, "stack", thrown->stack);
  error_data *error = lua_newuserdatauv(L, sizeof *error, 1);
  error->flags = (thrown->flags & ~(unsigned)XLGC_THROWN_VALUE) | (has_original ? XLGC_THROWN_VALUE : 0);
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, 1);
  xlgc__lua_engine_push(L, XLGC__LUA_ERROR);
  lua_setmetatable(L, -2);
}

static void push_thrown(lua_State *L, xlgc__lua_engine *engine, const xlgc_thrown *thrown) {
  luaL_checkstack(L, 8, NULL);
  if (!(thrown->flags & XLGC_THROWN_VALUE)) {
    xlgc__lua_text_push_words(L, engine, thrown->words);
    return;
  }
  bool has_original = !xlgc__lua_values_unpack(L, engine, &thrown->value);
  if (has_original && xlgc__thrown_is_home(thrown, language, !xlgc__lua_proxy_at(L, -1))) return;
  if (!has_original) lua_pushnil(L);
  push_error(L, engine, thrown, has_original);
}

int xlgc__lua_thrown_throw(lua_State *L, xlgc__lua_engine *engine, const xlgc_visit *visit, int code) {
  const xlgc_thrown *thrown = code == XLGC_E_RAISED ? xlgc_visit_thrown(visit) : NULL;
  if (!thrown) return xlgc__lua_errors_throw(L, visit, code);
  push_thrown(L, engine, thrown);
  return lua_error(L);
}

/* ------------------------------------------------------------- such an error in Lua */

static bool is_error(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
  xlgc__lua_engine_push(L, XLGC__LUA_ERROR);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is;
}

/* Of what is such an error. */
static void push_field(lua_State *L, int index, const char *name) {
  lua_getiuservalue(L, index, 1);
  lua_pushstring(L, name);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

static unsigned flags_of(lua_State *L, int index) { return ((const error_data *)lua_touserdata(L, index))->flags; }

static void check_error(lua_State *L) {
  if (!is_error(L, 1)) luaL_argerror(L, 1, "an error of another language expected");
}

/* Its own fields, and behind them those of the original, where that is an object. */
static int error_index(lua_State *L) {
  check_error(L);
  lua_settop(L, 2);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, 3) != LUA_TNIL) return 1;
  push_field(L, 1, "original");
  if (!xlgc__lua_proxy_at(L, -1)) return 0;
  lua_pushvalue(L, 2);
  lua_gettable(L, -2);
  return 1;
}

static int error_newindex(lua_State *L) {
  check_error(L);
  lua_settop(L, 3);
  lua_getiuservalue(L, 1, 1);
  lua_insert(L, 2);
  lua_rawset(L, 2);
  return 0;
}

static int error_next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  return lua_next(L, 1) ? 2 : 0;
}

static int error_pairs(lua_State *L) {
  check_error(L);
  lua_pushcfunction(L, error_next);
  lua_getiuservalue(L, 1, 1);
  return 2;
}

/* The words, with the type before them where that says more. */
static int error_text(lua_State *L) {
  check_error(L);
  lua_settop(L, 1);
  push_field(L, 1, "type");
  push_field(L, 1, "message");
  size_t type = lua_rawlen(L, 2), words = lua_rawlen(L, 3);
  if (!lua_isstring(L, 2) || !type || (words && flags_of(L, 1) & XLGC_THROWN_GENERAL)) {
    luaL_tolstring(L, 3, NULL);
    return 1;
  }
  lua_settop(L, words ? 3 : 2);
  if (!words) return 1;
  lua_pushliteral(L, ": ");
  lua_insert(L, 3);
  lua_concat(L, 3);
  return 1;
}

static int error_concat(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  lua_concat(L, 2);
  return 1;
}

void xlgc__lua_thrown_equip(lua_State *L) {
  static const luaL_Reg functions[] = {{"__tostring", error_text}, {"__concat", error_concat},
                                       {"__index", error_index},   {"__newindex", error_newindex},
                                       {"__pairs", error_pairs},   {NULL, NULL}};
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushliteral(L, "xlgc error");
  lua_setfield(L, -2, "__name");
  xlgc__lua_engine_keep(L, XLGC__LUA_ERROR);
}

/* ----------------------------------------------------------------- out of Lua */

typedef struct noted {
  xlgc__lua_engine *engine;
  xlgc__thrown is;
} noted;

/* Takes it from the top; what is no text gives none. */
static void note_top(lua_State *L, const noted *noted, xlgc_value *out) {
  if (lua_type(L, -1) == LUA_TSTRING) xlgc__lua_text_note_words(L, noted->engine, -1, out);
  lua_pop(L, 1);
}

static void note_value(lua_State *L, noted *noted, int index) {
  if (!xlgc__lua_values_copy(L, noted->engine, index, &noted->is.value)) noted->is.flags |= XLGC_THROWN_VALUE;
}

/* An error that another language has thrown goes on as what it was. */
static void note_carried(lua_State *L, noted *noted) {
  unsigned flags = flags_of(L, 2);
  noted->is.flags = flags & ~(unsigned)XLGC_THROWN_VALUE;
  push_field(L, 2, "original");
  if (flags & XLGC_THROWN_VALUE) note_value(L, noted, -1);
  lua_pop(L, 1);
  push_field(L, 2, "language");
  note_top(L, noted, &noted->is.language);
  push_field(L, 2, "type");
  note_top(L, noted, &noted->is.type);
  push_field(L, 2, "message");
  note_top(L, noted, &noted->is.words);
  push_field(L, 2, "stack");
  note_top(L, noted, &noted->is.stack);
}

/* The name of its metatable, or of its type; a proxy has none. */
static void push_type(lua_State *L, int index) {
  if (xlgc__lua_proxy_at(L, index)) {
    lua_pushliteral(L, "");
    return;
  }
  int type = luaL_getmetafield(L, index, "__name");
  if (type == LUA_TSTRING) return;
  if (type != LUA_TNIL) lua_pop(L, 1);
  lua_pushstring(L, luaL_typename(L, index));
}

/* What Lua threw itself. Its words come last, as asking for them may run code that raises an error. */
static void note_own(lua_State *L, noted *noted) {
  noted->is.flags = XLGC_THROWN_GENERAL;
  note_value(L, noted, 2);
  lua_pushstring(L, language);
  note_top(L, noted, &noted->is.language);
  push_type(L, 2);
  note_top(L, noted, &noted->is.type);
  luaL_tolstring(L, 2, NULL);
  note_top(L, noted, &noted->is.words);
}

static int note(lua_State *L) {
  noted *noted = lua_touserdata(L, 1);
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  if (is_error(L, 2))
    note_carried(L, noted);
  else
    note_own(L, noted);
  return 0;
}

/* What Lua does for lack of memory calls no finalizers, so what waits for them still takes its memory. Proxies wait for
 * two, and are freed by the collection after that. */
static void make_room(xlgc__lua_engine *engine) {
  if (!engine->limit || !engine->limit->has_refused) return;
  if (!xlgc__lua_engine_collect(engine)) lua_gc(engine->current, LUA_GCCOLLECT);
}

static int run_out(xlgc__lua_engine *engine, xlgc_visit *visit) {
  make_room(engine);
  return xlgc__limit_answer(engine->limit, visit);
}

/* The error on top of the stack becomes the visit's. */
static int raise(lua_State *L, int status, xlgc__lua_engine *engine, xlgc_visit *visit) {
  if (status == LUA_ERRMEM) return run_out(engine, visit);
  noted noted = {.engine = engine};
  noted.is.functions = engine->trace; /* code that runs from here on may raise errors of its own */
  engine->trace = (xlgc__trace){.bytes = NULL};
  lua_pushcfunction(L, note);
  lua_pushlightuserdata(L, &noted);
  lua_pushvalue(L, -3);
  (void)xlgc__lua_calls_pcall(L, 2, 0, 0);
  return xlgc__thrown_throw(&noted.is, visit, XLGC__MESSAGES_NO_WORDS);
}

/* ------------------------------------------------------------------ protection */

static void add_function(xlgc__trace *trace, const lua_Debug *frame) {
  char place[LUA_IDSIZE + 32];
  const char *name = frame->name ? frame->name : "main chunk";
  if (!frame->name && *frame->what != 'm') {
    snprintf(place, sizeof place, "function <%s:%d>", frame->short_src, frame->linedefined);
    name = place;
  }
  xlgc__trace_add(trace, language, xlgc__trace_of(frame->short_src), frame->currentline, xlgc__trace_of(name));
}

/* Notes the functions that the error came through, up to the one that answers the visit. The error stays as it is. */
static int note_functions(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_find(L);
  lua_Debug frame;
  unsigned noted = 0;
  for (int level = 1; engine && noted < XLGC__TRACE_FUNCTIONS && lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "fSln", &frame);
    bool is_last = lua_tocfunction(L, -1) == engine->protected;
    lua_pop(L, 1);
    if (is_last) break;
    if (frame.currentline <= 0) continue;
    add_function(&engine->trace, &frame);
    noted++;
  }
  return 1;
}

/* The call itself is the adapter's work. The function restores the limit. */
static int call_protected(lua_State *L, xlgc__lua_engine *engine, lua_CFunction function, void *data, int handler) {
  unsigned before = xlgc__limit_lift(engine->limit, XLGC__LIMIT_NONE);
  lua_CFunction outer = engine->protected;
  engine->protected = function;
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, data);
  int status = xlgc__lua_calls_pcall(L, 1, 0, handler);
  engine->protected = outer;
  xlgc__limit_restore(engine->limit, before); /* an error of Lua's may have left it lifted */
  return status;
}

int xlgc__lua_thrown_protect(xlgc__lua_engine *engine, lua_CFunction function, void *data, xlgc_visit *visit) {
  enum { PLACES = 8 };
  lua_State *L = engine->current;
  int top = lua_gettop(L);
  make_room(engine); /* after an error that the script has caught itself */
  if (engine->limit) engine->limit->has_refused = false;
  if (!lua_checkstack(L, PLACES)) return xlgc__limit_answer(engine->limit, visit);
  lua_pushcfunction(L, note_functions);
  int status = call_protected(L, engine, function, data, top + 1);
  int failed = status == LUA_OK ? 0 : raise(L, status, engine, visit);
  if (failed) xlgc__trace_free(&engine->trace);
  lua_settop(L, top);
  return failed;
}
