/* What other engines do with objects of Lua. Each use is a protected call, with the errors of Lua as the visit's. */
#include <config.h>

#include "hosts/lua/behaviour.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/lua/coroutines.h"
#include "hosts/lua/errors.h"
#include "hosts/lua/interrupt.h"
#include "hosts/lua/tables.h"
#include "hosts/lua/text.h"
#include "hosts/lua/thrown.h"
#include "hosts/lua/values.h"

typedef struct use {
  xlgc__lua_engine *engine;
  void *handle;
  const xlgc_value *key, *value; /* value: arguments of a call */
  size_t count;
  xlgc_value *key_out, *out;
  xlgc_order order;
  size_t length;
  bool is;
  int answer;
} use;

/* --------------------------------------------------------------- protected */

static int do_nothing(lua_State *L) {
  (void)L;
  return 0;
}

/* What a call of a function needs is there from now on, so that one that lets go of something can be called. */
static void make_room_for_a_call(lua_State *L) {
  luaL_checkstack(L, 2 * LUA_MINSTACK, NULL);
  lua_pushcfunction(L, do_nothing);
  lua_call(L, 0, 0);
}

/* The object, at index 2. From here on the limit of memory holds, if there is one. */
static use *begin(lua_State *L) {
  use *use = lua_touserdata(L, 1);
  xlgc__lua_tables_push_pinned(L, use->handle);
  if (use->engine->limit && use->engine->limit->bytes_max) make_room_for_a_call(L);
  xlgc__limit_restore(use->engine->limit, 0);
  return use;
}

static bool has_fields(lua_State *L) {
  if (lua_type(L, 2) == LUA_TTABLE) return true;
  int type = luaL_getmetafield(L, 2, "__index");
  if (type != LUA_TNIL) lua_pop(L, 1);
  return type != LUA_TNIL;
}

static int get(lua_State *L) {
  use *use = begin(L);
  use->answer = XLGC_ABSENT;
  if (!has_fields(L)) return 0;
  xlgc__lua_values_unpack_or_throw(L, use->engine, use->key);
  if (lua_gettable(L, 2) == LUA_TNIL) return 0;
  use->answer = 0;
  xlgc__lua_values_pop(L, use->engine, use->out);
  return 0;
}

static int set(lua_State *L) {
  use *use = begin(L);
  xlgc__lua_values_unpack_or_throw(L, use->engine, use->key);
  xlgc__lua_values_give_or_throw(L, use->engine, use->value);
  lua_settable(L, 2);
  return 0;
}

static int take_away(lua_State *L) {
  use *use = begin(L);
  use->answer = XLGC_ABSENT;
  if (!has_fields(L)) return 0;
  xlgc__lua_values_unpack_or_throw(L, use->engine, use->key);
  lua_pushvalue(L, -1);
  if (lua_gettable(L, 2) == LUA_TNIL) return 0;
  lua_pop(L, 1);
  lua_pushnil(L);
  lua_settable(L, 2);
  use->answer = 0;
  return 0;
}

static void several_results(lua_State *L, use *use, int count) {
  xlgc_value *values;
  if (xlgc_value_several(use->out, (size_t)count, &values)) xlgc__lua_errors_throw(L, NULL, XLGC_E_NOMEM);
  for (int i = count - 1; i >= 0; i--)
    xlgc__lua_values_pop(L, use->engine, &values[i]);
}

static int call(lua_State *L) {
  use *use = begin(L);
  if (use->count > INT32_MAX / 2) return luaL_error(L, "too many arguments");
  luaL_checkstack(L, (int)use->count + 6, "too many arguments");
  for (size_t i = 0; i < use->count; i++)
    xlgc__lua_values_give_or_throw(L, use->engine, &use->value[i]);
  lua_call(L, (int)use->count, LUA_MULTRET);
  int count = lua_gettop(L) - 1;
  luaL_checkstack(L, 6, NULL);
  if (count == 1)
    xlgc__lua_values_pop(L, use->engine, use->out);
  else
    several_results(L, use, count);
  return 0;
}

static int length(lua_State *L) {
  use *use = begin(L);
  lua_Integer is = luaL_len(L, 2);
  if (is < 0) return luaL_error(L, "the length is below zero");
  use->length = (size_t)is;
  return 0;
}

static int compare(lua_State *L) {
  static const int orders[] = {[XLGC_EQUAL] = LUA_OPEQ, [XLGC_LESS] = LUA_OPLT, [XLGC_LESS_OR_EQUAL] = LUA_OPLE};
  use *use = begin(L);
  xlgc__lua_values_give_or_throw(L, use->engine, use->value);
  use->is = lua_compare(L, 2, 3, orders[use->order]);
  return 0;
}

static int describe(lua_State *L) {
  use *use = begin(L);
  luaL_tolstring(L, 2, NULL);
  xlgc__lua_text_note_words(L, use->engine, -1, use->out);
  return 0;
}

/* ---- cursors: a userdata with what pairs() has answered, and the last key */

enum { FUNCTION = 1, STATE, CONTROL, CLOSED_LAST };

static int raw_next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  if (lua_next(L, 1)) return 2;
  lua_pushnil(L);
  return 1;
}

/* Suspended, at its beginning or later. */
static bool is_suspended(lua_State *co) {
  lua_Debug frame;
  return lua_status(co) == LUA_YIELD || (lua_status(co) == LUA_OK && lua_gettop(co) && !lua_getstack(co, 0, &frame));
}

static bool is_dead(lua_State *co) {
  lua_Debug frame;
  return !is_suspended(co) && !lua_getstack(co, 0, &frame);
}

/* What it has not closed is closed, and the error may be another one then. */
static int fail(lua_State *L, lua_State *co) {
  if (lua_status(co) > LUA_YIELD) {
    lua_resetthread(co);
    lua_xmove(co, L, 1);
  }
  return lua_error(L);
}

/* What a coroutine yields, with its position. What it returns is no element. */
static int resume_next(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  lua_Integer position = lua_isnil(L, 2) ? 0 : lua_tointeger(L, 2) + 1;
  lua_settop(L, 1);
  int count = is_dead(co) ? 0 : xlgc__lua_coroutines_resume(L, co, 0);
  if (count < 0) return fail(L, co);
  if (lua_status(co) != LUA_YIELD) {
    lua_pushnil(L);
    return 1;
  }
  if (count > 1) return luaL_error(L, "a coroutine that another language goes through yields one value at a time");
  lua_settop(L, 2);
  lua_pushinteger(L, position);
  lua_insert(L, 2);
  return 2;
}

static void close_coroutine(lua_State *L, lua_State *co) {
  if (!is_suspended(co) || lua_resetthread(co) == LUA_OK) return;
  lua_xmove(co, L, 1);
  lua_error(L);
}

/* Pushes what pairs() answers: a function, a state, a control value and one to be closed last. */
static int push_pairs(lua_State *L) {
  if (luaL_getmetafield(L, 2, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 2);
    lua_call(L, 1, 4);
    return 4;
  }
  int type = lua_type(L, 2);
  if (type != LUA_TTABLE && type != LUA_TTHREAD) return luaL_error(L, XLGC__MESSAGES_NO_ITERATION);
  lua_pushcfunction(L, type == LUA_TTHREAD ? resume_next : raw_next);
  lua_pushvalue(L, 2);
  lua_pushnil(L);
  lua_pushnil(L);
  return 4;
}

static int iterate(lua_State *L) {
  use *use = begin(L);
  if (lua_type(L, 2) == LUA_TTHREAD) use->answer = XLGC_ITERATES_VALUES;
  push_pairs(L);
  bool closes = lua_toboolean(L, -1);
  if (closes && luaL_getmetafield(L, -1, "__close") == LUA_TNIL)
    return luaL_error(L, "what is to be closed after the iteration has no __close");
  lua_settop(L, 2 + CLOSED_LAST);
  lua_newuserdatauv(L, 0, closes ? CLOSED_LAST : CONTROL);
  lua_insert(L, 3);
  if (closes)
    lua_setiuservalue(L, 3, CLOSED_LAST);
  else
    lua_pop(L, 1);
  lua_setiuservalue(L, 3, CONTROL);
  lua_setiuservalue(L, 3, STATE);
  lua_setiuservalue(L, 3, FUNCTION);
  xlgc__lua_engine_push(L, closes ? XLGC__LUA_CLOSING : XLGC__LUA_CURSOR);
  lua_setmetatable(L, 3);
  xlgc__lua_values_pop(L, use->engine, use->out);
  return 0;
}

static bool is_cursor(lua_State *L) {
  if (lua_type(L, 2) != LUA_TUSERDATA || !lua_getmetatable(L, 2)) return false;
  xlgc__lua_engine_push(L, XLGC__LUA_CURSOR);
  xlgc__lua_engine_push(L, XLGC__LUA_CLOSING);
  bool is = lua_rawequal(L, -1, -3) || lua_rawequal(L, -2, -3);
  lua_pop(L, 3);
  return is;
}

/* The cursor at an index is at its end; what is to be closed is closed. */
static void end(lua_State *L, int index) {
  bool is_open = lua_getiuservalue(L, index, FUNCTION) != LUA_TNIL;
  lua_pushnil(L);
  lua_setiuservalue(L, index, FUNCTION);
  if (is_open && lua_getiuservalue(L, index, STATE) == LUA_TTHREAD && lua_tocfunction(L, -2) == resume_next)
    close_coroutine(L, lua_tothread(L, -1));
  if (lua_getiuservalue(L, index, CLOSED_LAST) <= LUA_TNIL) return;
  lua_pushnil(L);
  lua_setiuservalue(L, index, CLOSED_LAST);
  if (luaL_getmetafield(L, -1, "__close") == LUA_TNIL) return;
  lua_insert(L, -2);
  lua_pushnil(L);
  lua_call(L, 2, 0);
}

/* `close` of the table of functions; unistd.h has the name. */
static int close_cursor(lua_State *L) {
  use *use = begin(L);
  use->answer = XLGC_ABSENT;
  if (!is_cursor(L)) return 0;
  use->answer = 0;
  end(L, 2);
  return 0;
}

/* A cursor that nothing has closed. */
static int finalize_cursor(lua_State *L) {
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  lua_settop(L, 1);
  end(L, 1);
  return 0;
}

static int next(lua_State *L) {
  use *use = begin(L);
  if (!is_cursor(L)) return luaL_error(L, XLGC__MESSAGES_NO_CURSOR);
  use->answer = XLGC_ABSENT;
  if (lua_getiuservalue(L, 2, FUNCTION) == LUA_TNIL) return 0;
  lua_getiuservalue(L, 2, STATE);
  lua_getiuservalue(L, 2, CONTROL);
  lua_call(L, 2, 2);
  lua_pushvalue(L, -2);
  bool ends = lua_isnil(L, -1);
  lua_setiuservalue(L, 2, CONTROL);
  if (ends) {
    end(L, 2);
    return 0;
  }
  xlgc__lua_values_pop(L, use->engine, use->out);
  xlgc__lua_values_pop_name(L, use->engine, use->key_out);
  use->answer = 0;
  return 0;
}

/* -------------------------------------------------------------- the answers */

static int run(xlgc_visit *visit, use *use, lua_CFunction function) {
  use->engine = visit->engine;
  use->handle = visit->handle;
  if (!use->engine->main) return XLGC_E_STALE;
  use->engine->visits++;
  int failed = xlgc__lua_thrown_protect(use->engine, function, use, visit);
  use->engine->visits--;
  xlgc__lua_interrupt_end(use->engine);
  if (failed && use->out) xlgc_value_clear(use->out);
  if (failed && use->key_out) xlgc_value_clear(use->key_out);
  return failed ? failed : use->answer;
}

static int answer_get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  use use = {.key = key, .out = out};
  return run(visit, &use, get);
}
static int answer_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  use use = {.key = key, .value = value};
  return run(visit, &use, set);
}
static int answer_remove(xlgc_visit *visit, const xlgc_value *key) {
  use use = {.key = key};
  return run(visit, &use, take_away);
}
static int answer_call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                       xlgc_value *out) {
  (void)self;
  use use = {.value = arguments, .count = count, .out = out};
  return run(visit, &use, call);
}
static int answer_length(xlgc_visit *visit, size_t *out) {
  use use = {0};
  int failed = run(visit, &use, length);
  *out = use.length;
  return failed;
}
static int answer_iterate(xlgc_visit *visit, xlgc_value *cursor) {
  use use = {.out = cursor, .answer = XLGC_ITERATES_PAIRS};
  return run(visit, &use, iterate);
}
static int answer_next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  use use = {.key_out = key, .out = out};
  return run(visit, &use, next);
}
static int answer_close(xlgc_visit *visit) {
  use use = {.answer = 0};
  return run(visit, &use, close_cursor);
}
static int answer_compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  use use = {.value = other, .order = order};
  int failed = run(visit, &use, compare);
  *out = use.is;
  return failed == XLGC_E_RAISED && order == XLGC_EQUAL ? 0 : failed;
}
static int answer_describe(xlgc_visit *visit, xlgc_value *out) {
  use use = {.out = out};
  return run(visit, &use, describe);
}

const xlgc_behaviour xlgc__lua_behaviour = {
    .get = answer_get,
    .set = answer_set,
    .remove = answer_remove,
    .call = answer_call,
    .length = answer_length,
    .iterate = answer_iterate,
    .next = answer_next,
    .compare = answer_compare,
    .describe = answer_describe,
    .close = answer_close,
};

void xlgc__lua_behaviour_equip(lua_State *L) {
  lua_newtable(L);
  xlgc__lua_engine_keep(L, XLGC__LUA_CURSOR);
  lua_newtable(L);
  lua_pushcfunction(L, finalize_cursor);
  lua_setfield(L, -2, "__gc");
  xlgc__lua_engine_keep(L, XLGC__LUA_CLOSING);
}
