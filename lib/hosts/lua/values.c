#include <config.h>

#include "hosts/lua/values.h"

#include <limits.h>
#include <string.h>

#include "hosts/common/export.h"
#include "hosts/common/memory.h"
#include "hosts/common/messages.h"
#include "hosts/common/receive.h"
#include "hosts/lua/apart.h"
#include "hosts/lua/big.h"
#include "hosts/lua/calls.h"
#include "hosts/lua/errors.h"
#include "hosts/lua/tables.h"
#include "hosts/lua/text.h"

/* -------------------------------------------------------------------- exports */

typedef struct exporting {
  lua_State *L;
  xlgc__lua_engine *engine;
  int index;
} exporting;

static int pin(void *data, void *handle) {
  const exporting *exporting = data;
  lua_State *L = exporting->L;
  xlgc__lua_tables_push_pinned(L, handle);
  bool had_pin = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (had_pin) return XLGC__EXPORT_HAD_PIN;
  unsigned before = xlgc__limit_lift(exporting->engine->limit, XLGC__LIMIT_NONE);
  xlgc__lua_tables_need(L, XLGC__LUA_PINS, xlgc__lua_tables_part_of(handle));
  lua_pushvalue(L, exporting->index);
  lua_rawsetp(L, -2, handle);
  lua_pop(L, 1);
  xlgc__limit_restore(exporting->engine->limit, before);
  return XLGC__EXPORT_PINNED;
}

static void undo_pin(void *data, void *handle) { xlgc__lua_tables_unpin(((exporting *)data)->L, handle); }

static bool has_metafield(lua_State *L, int index, const char *name) {
  int type = luaL_getmetafield(L, index, name);
  if (type != LUA_TNIL) lua_pop(L, 1);
  return type != LUA_TNIL;
}

static bool is_named(lua_State *L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  xlgc__lua_engine_push(L, XLGC__LUA_NAMED);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is;
}

static unsigned traits_of(lua_State *L, int index) {
  if (lua_type(L, index) == LUA_TFUNCTION) return XLGC_CALLABLE;
  if (!lua_getmetatable(L, index)) return 0;
  lua_pop(L, 1);
  return (has_metafield(L, index, "__call") ? XLGC_CALLABLE : 0) |
         (has_metafield(L, index, "__eq") ? XLGC_BY_VALUE : 0) | (is_named(L, index) ? XLGC_NAMED : 0);
}

static int pack_own(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  static const xlgc__export_pins pins = {.pin = pin, .undo = undo_pin};
  exporting exporting = {L, engine, index};
  void *handle = (void *)(uintptr_t)lua_topointer(L, index);
  out->traits = traits_of(L, index);
  if (engine->sorts) out->traits |= (engine->sorts + (unsigned)lua_type(L, index)) << XLGC_SORT_SHIFT;
  return xlgc__export_handle(engine->host, handle, &pins, &exporting, &out->as.id);
}

/* An error that another language has thrown is what was thrown, where it comes back to that as a value. */
static bool pack_home(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
  xlgc__lua_engine_push(L, XLGC__LUA_ERROR);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (!is) return false;
  lua_getiuservalue(L, index, 1);
  lua_pushliteral(L, "original");
  lua_rawget(L, -2);
  xlgc_value original = {.type = XLGC_NIL};
  is = !engine->parts->proxy_pack(L, engine, lua_gettop(L), &original) &&
       xlgc_visit_comes_home(engine->host, original.as.id);
  lua_pop(L, 2);
  if (is) *out = original;
  return is;
}

static int pack_object(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  luaL_checkstack(L, 6, NULL);
  index = lua_absindex(L, index);
  int failed = engine->parts->proxy_pack(L, engine, index, out);
  if (failed == XLGC_ABSENT && (xlgc__lua_big_at(L, index, out) || xlgc__lua_apart_at(L, index, out))) return 0;
  if (failed == XLGC_ABSENT && pack_home(L, engine, index, out)) failed = 0;
  if (failed == XLGC_ABSENT) failed = pack_own(L, engine, index, out);
  if (!failed) out->type = XLGC_OBJECT;
  return failed;
}

/* --------------------------------------------------------------------- packing */

static void pack_number(lua_State *L, int index, xlgc_value *out) {
  out->type = lua_isinteger(L, index) ? XLGC_INTEGER : XLGC_NUMBER;
  if (out->type == XLGC_INTEGER)
    out->as.integer = lua_tointeger(L, index);
  else
    out->as.number = lua_tonumber(L, index);
}

int xlgc__lua_values_pack(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  memset(out, 0, sizeof *out);
  switch (lua_type(L, index)) {
  case LUA_TNONE:
  case LUA_TNIL: return 0;
  case LUA_TBOOLEAN:
    out->type = XLGC_BOOLEAN;
    out->as.boolean = lua_toboolean(L, index);
    return 0;
  case LUA_TNUMBER: pack_number(L, index, out); return 0;
  case LUA_TSTRING: return xlgc__lua_text_pack(L, engine, index, out);
  case LUA_TLIGHTUSERDATA: return lua_touserdata(L, index) ? XLGC_E_INVAL : 0;
  default: return pack_object(L, engine, index, out);
  }
}

int xlgc__lua_values_pack_name(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  if (lua_type(L, index) != LUA_TSTRING) return xlgc__lua_values_pack(L, engine, index, out);
  memset(out, 0, sizeof *out);
  return xlgc__lua_text_pack_name(L, engine, index, out);
}

static void check(lua_State *L, const xlgc__lua_engine *engine, int index, int code) {
  if (code == XLGC_E_INVAL && lua_type(L, index) == LUA_TSTRING) xlgc__lua_text_refuse(L, engine, true);
  if (code == XLGC_E_INVAL) luaL_error(L, "%s", XLGC__MESSAGES_CANNOT_PASS("a light userdata"));
  xlgc__lua_errors_check(L, code);
}

void xlgc__lua_values_pack_or_throw(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  check(L, engine, index, xlgc__lua_values_pack(L, engine, index, out));
}

/* Of what is Lua's a copy. */
static int own(xlgc_value *value) {
  if (value->type != XLGC_STRING && value->type != XLGC_BUFFER && value->type != XLGC_BIG) return 0;
  return xlgc_value_copy(value, value->type, value->as.bytes, value->length);
}

int xlgc__lua_values_copy(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  luaL_checkstack(L, 1, NULL);
  lua_pushvalue(L, index);
  int failed = xlgc__lua_values_pack(L, engine, -1, out);
  if (failed == XLGC_E_INVAL && lua_type(L, -1) == LUA_TSTRING) {
    out->as.bytes = lua_tolstring(L, -1, &out->length);
    out->type = XLGC_BUFFER;
    failed = 0;
  }
  if (!failed) failed = own(out);
  lua_pop(L, 1);
  return failed;
}

static void pop(lua_State *L, const xlgc__lua_engine *engine, xlgc_value *out, int failed) {
  check(L, engine, -1, failed);
  xlgc__lua_errors_check(L, own(out));
  lua_pop(L, 1);
}

void xlgc__lua_values_pop(lua_State *L, xlgc__lua_engine *engine, xlgc_value *out) {
  pop(L, engine, out, xlgc__lua_values_pack(L, engine, -1, out));
}

void xlgc__lua_values_pop_name(lua_State *L, xlgc__lua_engine *engine, xlgc_value *out) {
  pop(L, engine, out, xlgc__lua_values_pack_name(L, engine, -1, out));
}

/* ------------------------------------------------------------------- unpacking */

typedef struct receiving {
  lua_State *L;
  xlgc__lua_engine *engine;
  const xlgc_value *object;
} receiving;

static int push_own(void *data, void *handle) {
  xlgc__lua_tables_push_pinned(((receiving *)data)->L, handle);
  return 0;
}

static int push_found(void *data, void *handle) {
  const receiving *receiving = data;
  return receiving->engine->parts->proxy_find(receiving->L, receiving->engine, receiving->object, handle);
}

/* To Lua's collector a proxy is small, whatever hangs on it. So that it does not wait too long, it works for the bytes
 * that are taken for that, unless it is stopped. Finalizers may run. */
static void charge(lua_State *L, xlgc__lua_engine *engine, xlgc_id id) {
  enum { AT_ONCE_KIB = 16 };
  engine->uncharged += xlgc__receive_weight(engine->pool, id);
  size_t kib = engine->uncharged / 1024;
  if (kib < AT_ONCE_KIB) return;
  engine->uncharged = 0;
  if (lua_gc(L, LUA_GCISRUNNING) == 1) lua_gc(L, LUA_GCSTEP, kib < INT_MAX / 1024 ? (int)kib : INT_MAX / 1024);
}

static int push_new(void *data, xlgc_id id, void **handle) {
  const receiving *receiving = data;
  charge(receiving->L, receiving->engine, id);
  return receiving->engine->parts->proxy_make(receiving->L, receiving->engine, receiving->object, handle);
}

static int unpack_object(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value) {
  static const xlgc__receive_ways ways = {.own = push_own, .found = push_found, .make = push_new};
  receiving receiving = {L, engine, value};
  int top = lua_gettop(L);
  luaL_checkstack(L, 6, NULL);
  int failed = xlgc__receive_id(engine->host, value->as.id, &ways, &receiving);
  if (failed) lua_settop(L, top);
  return failed;
}

static int push_bytes(lua_State *L) {
  const xlgc_value *bytes = lua_touserdata(L, 1);
  lua_pushlstring(L, bytes->length ? bytes->as.bytes : "", bytes->length);
  return 1;
}

/* Lua's strings cannot share memory: they get a copy. */
static int unpack_memory(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value) {
  xlgc_value copy = {.type = XLGC_NIL};
  int failed = unpack_object(L, engine, value);
  if (!failed && lua_type(L, -1) != LUA_TUSERDATA) return 0; /* Lua's own */
  if (!failed) failed = xlgc__memory_copy(engine->host, value->as.id, &copy);
  if (failed) return failed;
  lua_pushcfunction(L, push_bytes);
  lua_pushlightuserdata(L, &copy);
  failed = lua_pcall(L, 1, 1, 0) ? XLGC_E_NOMEM : 0;
  lua_remove(L, -2);
  xlgc_value_clear(&copy);
  if (failed) lua_pop(L, 1);
  return failed;
}

/* As os.time has it: the seconds since 1970. */
static void push_date(lua_State *L, int64_t microseconds) {
  enum { A_SECOND = 1000000 };
  if (microseconds % A_SECOND == 0)
    lua_pushinteger(L, microseconds / A_SECOND);
  else
    lua_pushnumber(L, (lua_Number)microseconds / A_SECOND);
}

int xlgc__lua_values_unpack(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value) {
  luaL_checkstack(L, 1, NULL);
  switch (value->type) {
  case XLGC_NIL: lua_pushnil(L); return 0;
  case XLGC_BOOLEAN: lua_pushboolean(L, value->as.boolean); return 0;
  case XLGC_INTEGER: lua_pushinteger(L, value->as.integer); return 0;
  case XLGC_NUMBER: lua_pushnumber(L, value->as.number); return 0;
  case XLGC_STRING: return xlgc__lua_text_push(L, engine, value->as.bytes, value->length);
  case XLGC_BUFFER: lua_pushlstring(L, value->as.bytes ? value->as.bytes : "", value->length); return 0;
  case XLGC_OBJECT:
    return value->traits & XLGC_MEMORY ? unpack_memory(L, engine, value) : unpack_object(L, engine, value);
  case XLGC_DATE: push_date(L, value->as.integer); return 0;
  case XLGC_BIG: xlgc__lua_big_push(L, value); return 0;
  default: return XLGC_E_INVAL;
  }
}

void xlgc__lua_values_unpack_or_throw(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value) {
  int failed = xlgc__lua_values_unpack(L, engine, value);
  if (failed == XLGC_E_INVAL && value->type == XLGC_STRING) xlgc__lua_text_refuse(L, engine, false);
  xlgc__lua_errors_check(L, failed);
}

void xlgc__lua_values_give_or_throw(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value) {
  if (value->type == XLGC_STRING && engine->is_apart)
    xlgc__lua_apart_push(L, value->as.bytes, value->length);
  else
    xlgc__lua_values_unpack_or_throw(L, engine, value);
}

/* --------------------------------------------------------------- for programs */

typedef struct crossing {
  xlgc__lua_engine *engine;
  const xlgc_value *in;
  xlgc_value *out;
  int failed;
} crossing;

static int pack_protected(lua_State *L) {
  crossing *crossing = lua_touserdata(L, 1);
  crossing->failed = xlgc__lua_values_copy(L, crossing->engine, 2, crossing->out);
  return 0;
}

static int unpack_protected(lua_State *L) {
  crossing *crossing = lua_touserdata(L, 1);
  crossing->failed = xlgc__lua_values_unpack(L, crossing->engine, crossing->in);
  return crossing->failed ? 0 : 1;
}

/* With the function and its arguments on top. */
static int cross(lua_State *L, crossing *crossing, int nargs, int nresults) {
  lua_State *before = xlgc__lua_engine_enter(crossing->engine, L);
  int status = xlgc__lua_calls_pcall(L, nargs, nresults, 0);
  xlgc__lua_engine_leave(crossing->engine, before);
  if (status) {
    lua_pop(L, 1);
    return XLGC_E_NOMEM;
  }
  if (crossing->failed) lua_pop(L, nresults);
  return crossing->failed;
}

int xlgc_lua_value(lua_State *L, int index, xlgc_value *out) {
  if (!L || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  crossing crossing = {.engine = xlgc__lua_engine_find(L), .out = out};
  if (!crossing.engine) return XLGC_E_STATE;
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, 3)) return XLGC_E_NOMEM;
  lua_pushcfunction(L, pack_protected);
  lua_pushlightuserdata(L, &crossing);
  lua_pushvalue(L, index);
  return cross(L, &crossing, 2, 0);
}

int xlgc_lua_push(lua_State *L, const xlgc_value *value) {
  if (!L || !value) return XLGC_E_INVAL;
  crossing crossing = {.engine = xlgc__lua_engine_find(L), .in = value};
  if (!crossing.engine) return XLGC_E_STATE;
  if (!lua_checkstack(L, 2)) return XLGC_E_NOMEM;
  lua_pushcfunction(L, unpack_protected);
  lua_pushlightuserdata(L, &crossing);
  return cross(L, &crossing, 1, 1);
}
