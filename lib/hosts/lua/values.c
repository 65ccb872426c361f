/* Values out of Lua and into it: what crosses by value, exports with their pins, and proxies. */
#include <config.h>

#include "engine.h"

#include <string.h>

/* ------------------------------------------------------------------- text */

/* How many bytes the character there has, 0 for none. As utf8.len of Lua has it. */
static size_t character(const unsigned char *at, size_t left) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (at[0] < 0x80) return 1;
  size_t length = at[0] >= 0xF8 ? 0 : at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC0 ? 2 : 0;
  if (!length || length > left) return 0;
  uint32_t code = at[0] & (0x7Fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (at[i] & 0x3F);
  }
  return code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : length;
}

static bool is_text(const char *bytes, size_t length) {
  const unsigned char *at = (const unsigned char *)bytes, *end = at + length;
  for (size_t step; at < end; at += step)
    if ((step = character(at, (size_t)(end - at))) == 0) return false;
  return true;
}

int xlgc__lua_copy_text(xlgc_value *out, const char *bytes, size_t length) {
  int failed = xlgc_value_copy(out, XLGC_STRING, bytes, length);
  if (failed) return failed;
  unsigned char *at = out->memory, *end = at + length;
  for (size_t step; at < end; at += step) {
    step = character(at, (size_t)(end - at));
    if (step) continue;
    *at = '?';
    step = 1;
  }
  return 0;
}

/* ---------------------------------------------------------------- objects */

xlgc__lua_proxy *xlgc__lua_proxy_at(lua_State *L, int index) {
  xlgc__lua_proxy *proxy = lua_touserdata(L, index);
  if (!proxy || !lua_getmetatable(L, index)) return NULL;
  xlgc__lua_get(L, XLGC__LUA_PROXY);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is ? proxy : NULL;
}

static bool is_callable(lua_State *L, int index) {
  if (lua_type(L, index) == LUA_TFUNCTION) return true;
  int type = luaL_getmetafield(L, index, "__call");
  if (type != LUA_TNIL) lua_pop(L, 1);
  return type != LUA_TNIL;
}

/* This is the proxy that is given out from now on. */
static void enlist(lua_State *L, int index, xlgc_id id) {
  index = lua_absindex(L, index);
  xlgc__lua_get(L, XLGC__LUA_PROXIES);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, (lua_Integer)id);
  lua_pop(L, 1);
}

int xlgc__lua_revive(lua_State *L, xlgc__lua_state *state, int index, xlgc__lua_proxy *proxy) {
  index = lua_absindex(L, index);
  if (proxy->in_limbo) {
    proxy->in_limbo = false;
    state->limbo--;
    xlgc__lua_get(L, XLGC__LUA_PROXIES);
    bool alone = lua_rawgeti(L, -1, (lua_Integer)proxy->id) == LUA_TNIL;
    lua_pop(L, 2);
    if (alone) enlist(L, index, proxy->id);
  }
  if (!proxy->is_spurned) return 0;
  void *handle;
  int result = xlgc_host_receive(state->host, proxy->id, &handle);
  if (result != XLGC_HOST_NEW) return result < 0 ? result : 0;
  result = xlgc_host_proxy_made(state->host, proxy->id, proxy);
  if (result) return result;
  proxy->is_spurned = false;
  lua_getmetatable(L, index);
  lua_setmetatable(L, index);
  enlist(L, index, proxy->id);
  return 0;
}

static int export_object(lua_State *L, xlgc__lua_state *state, int index, xlgc_id *out) {
  void *handle = (void *)(uintptr_t)lua_topointer(L, index);
  int failed = xlgc_host_exported(state->host, handle, out);
  if (failed != XLGC_E_UNKNOWN) return failed;
  xlgc__lua_get(L, XLGC__LUA_PINS);
  bool was_pinned = lua_rawgetp(L, -1, handle) != LUA_TNIL;
  lua_pop(L, 1);
  lua_pushvalue(L, index);
  lua_rawsetp(L, -2, handle);
  lua_pop(L, 1);
  failed = xlgc_host_export(state->host, handle, out);
  if (failed < 0 && !was_pinned) {
    xlgc__lua_get(L, XLGC__LUA_PINS);
    lua_pushnil(L);
    lua_rawsetp(L, -2, handle);
    lua_pop(L, 1);
  }
  return failed < 0 ? failed : 0;
}

void xlgc__lua_unpin(void *engine, void *handle) {
  xlgc__lua_state *state = engine;
  lua_State *aux = state->aux;
  if (!aux) return;
  xlgc__lua_get(aux, XLGC__LUA_PINS);
  lua_pushnil(aux);
  lua_rawsetp(aux, -2, handle);
  lua_pop(aux, 1);
}

static int object_to_value(lua_State *L, xlgc__lua_state *state, int index, xlgc_value *out) {
  int failed;
  luaL_checkstack(L, 6, NULL);
  xlgc__lua_proxy *proxy = xlgc__lua_proxy_at(L, index);
  if (proxy) {
    failed = xlgc__lua_revive(L, state, index, proxy);
    out->as.id = proxy->id;
    out->traits = proxy->traits;
  } else {
    out->traits = is_callable(L, index) ? XLGC_CALLABLE : 0;
    failed = export_object(L, state, index, &out->as.id);
  }
  if (!failed) out->type = XLGC_OBJECT;
  return failed;
}

int xlgc__lua_to_value(lua_State *L, xlgc__lua_state *state, int index, xlgc_value *out) {
  memset(out, 0, sizeof *out);
  index = lua_absindex(L, index);
  switch (lua_type(L, index)) {
  case LUA_TNONE:
  case LUA_TNIL: return 0;
  case LUA_TBOOLEAN:
    out->type = XLGC_BOOLEAN;
    out->as.boolean = lua_toboolean(L, index);
    return 0;
  case LUA_TNUMBER:
    out->type = lua_isinteger(L, index) ? XLGC_INTEGER : XLGC_NUMBER;
    if (out->type == XLGC_INTEGER)
      out->as.integer = lua_tointeger(L, index);
    else
      out->as.number = lua_tonumber(L, index);
    return 0;
  case LUA_TSTRING:
    out->as.bytes = lua_tolstring(L, index, &out->length);
    out->type = is_text(out->as.bytes, out->length) ? XLGC_STRING : XLGC_BUFFER;
    return 0;
  case LUA_TLIGHTUSERDATA: return lua_touserdata(L, index) ? XLGC_E_INVAL : 0;
  default: return object_to_value(L, state, index, out);
  }
}

int xlgc__lua_to_result(lua_State *L, xlgc__lua_state *state, int index, xlgc_value *out) {
  xlgc_value value;
  int failed = xlgc__lua_to_value(L, state, index, &value);
  if (failed) return failed;
  if (value.type == XLGC_STRING || value.type == XLGC_BUFFER)
    return xlgc_value_copy(out, value.type, value.as.bytes, value.length);
  *out = value;
  return 0;
}

/* ---------------------------------------------------------------- proxies */

static int make_proxy(lua_State *L) {
  xlgc_id id = (xlgc_id)lua_tointeger(L, 1);
  xlgc__lua_proxy *made = lua_newuserdatauv(L, sizeof *made, 0);
  memset(made, 0, sizeof *made);
  made->id = id;
  xlgc__lua_get(L, XLGC__LUA_KNOWN);
  lua_pushvalue(L, -2);
  lua_pushboolean(L, true);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  enlist(L, -1, id);
  xlgc__lua_get(L, XLGC__LUA_PROXY);
  lua_setmetatable(L, -2);
  return 1;
}

static int push_new_proxy(lua_State *L, xlgc__lua_state *state, xlgc_id id) {
  lua_pushcfunction(L, make_proxy);
  lua_pushinteger(L, (lua_Integer)id);
  if (lua_pcall(L, 1, 1, 0)) {
    xlgc_host_proxy_failed(state->host, id);
    return lua_error(L);
  }
  xlgc__lua_proxy *proxy = lua_touserdata(L, -1);
  int failed = xlgc_host_proxy_made(state->host, id, proxy);
  if (failed)
    lua_pop(L, 1);
  else
    proxy->is_known = true;
  return failed;
}

/* What was found may have been condemned: then it is in the table no more. */
static int push_found_proxy(lua_State *L, xlgc__lua_state *state, xlgc_id id, void *handle) {
  xlgc__lua_get(L, XLGC__LUA_PROXIES);
  lua_rawgeti(L, -1, (lua_Integer)id);
  lua_remove(L, -2);
  if (lua_touserdata(L, -1) == handle) return 0;
  lua_pop(L, 1);
  int failed = xlgc_host_proxy_dying(state->host, id, handle);
  return failed ? failed : push_new_proxy(L, state, id);
}

static int push_object(lua_State *L, xlgc__lua_state *state, const xlgc_value *value) {
  void *handle;
  luaL_checkstack(L, 6, NULL);
  int result = xlgc_host_receive(state->host, value->as.id, &handle);
  switch (result) {
  case XLGC_HOST_OWN:
    xlgc__lua_get(L, XLGC__LUA_PINS);
    lua_rawgetp(L, -1, handle);
    lua_remove(L, -2);
    return 0;
  case XLGC_HOST_FOUND: result = push_found_proxy(L, state, value->as.id, handle); break;
  case XLGC_HOST_NEW: result = push_new_proxy(L, state, value->as.id); break;
  default: break;
  }
  if (!result) ((xlgc__lua_proxy *)lua_touserdata(L, -1))->traits |= value->traits;
  return result;
}

int xlgc__lua_push_value(lua_State *L, xlgc__lua_state *state, const xlgc_value *value) {
  luaL_checkstack(L, 1, NULL);
  switch (value->type) {
  case XLGC_NIL: lua_pushnil(L); return 0;
  case XLGC_BOOLEAN: lua_pushboolean(L, value->as.boolean); return 0;
  case XLGC_INTEGER: lua_pushinteger(L, value->as.integer); return 0;
  case XLGC_NUMBER: lua_pushnumber(L, value->as.number); return 0;
  case XLGC_STRING:
  case XLGC_BUFFER: lua_pushlstring(L, value->as.bytes ? value->as.bytes : "", value->length); return 0;
  case XLGC_OBJECT: return push_object(L, state, value);
  default: return XLGC_E_INVAL;
  }
}

/* ------------------------------------------------------- from C, unprotected */

typedef struct crossing {
  xlgc__lua_state *state;
  const xlgc_value *in;
  xlgc_value *out;
  int failed;
} crossing;

static int take_out(lua_State *L) {
  crossing *crossing = lua_touserdata(L, 1);
  crossing->failed = xlgc__lua_to_result(L, crossing->state, 2, crossing->out);
  return 0;
}

static int take_in(lua_State *L) {
  crossing *crossing = lua_touserdata(L, 1);
  crossing->failed = xlgc__lua_push_value(L, crossing->state, crossing->in);
  return crossing->failed ? 0 : 1;
}

/* With the function and its arguments on top. */
static int cross(lua_State *L, crossing *crossing, int nargs, int nresults) {
  lua_State *outer = xlgc__lua_enter(L, crossing->state);
  int status = xlgc__lua_call(L, nargs, nresults, 0);
  xlgc__lua_leave(crossing->state, outer);
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
  crossing crossing = {.state = xlgc__lua_state_of(L), .out = out};
  if (!crossing.state) return XLGC_E_STATE;
  index = lua_absindex(L, index);
  if (!lua_checkstack(L, 3)) return XLGC_E_NOMEM;
  lua_pushcfunction(L, take_out);
  lua_pushlightuserdata(L, &crossing);
  lua_pushvalue(L, index);
  return cross(L, &crossing, 2, 0);
}

int xlgc_lua_push(lua_State *L, const xlgc_value *value) {
  if (!L || !value) return XLGC_E_INVAL;
  crossing crossing = {.state = xlgc__lua_state_of(L), .in = value};
  if (!crossing.state) return XLGC_E_STATE;
  if (!lua_checkstack(L, 2)) return XLGC_E_NOMEM;
  lua_pushcfunction(L, take_in);
  lua_pushlightuserdata(L, &crossing);
  return cross(L, &crossing, 1, 1);
}
