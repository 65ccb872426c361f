/* What Lua does with a proxy, each of which is a visit. Between the visit's begin and its end nothing may raise: objects
 * become values, and values objects, under lua_pcall. */
#include <config.h>

#include "hosts/lua/metamethods.h"

#include <string.h>

#include "hosts/lua/apart.h"
#include "hosts/lua/errors.h"
#include "hosts/lua/proxy.h"
#include "hosts/lua/text.h"
#include "hosts/lua/thrown.h"
#include "hosts/lua/values.h"

enum { FEW = 16 };

typedef struct use {
  xlgc__lua_engine *engine;
  xlgc__lua_proxy *proxy;
  lua_State *before;
  xlgc_visit visit;
  bool visits, raised; /* raised: the error is on top of the stack */
  int code;
  xlgc_value key, result;
  bool pushes_key;
} use;

/* --------------------------------------------------------------------- uses */

/* The proxy at an index is about to be used. */
static void prepare(lua_State *L, use *use, int index) {
  memset(use, 0, sizeof *use);
  use->engine = xlgc__lua_engine_here(L);
  use->proxy = xlgc__lua_proxy_at(L, index);
  if (!use->proxy) luaL_typeerror(L, index, "xlgc proxy");
  xlgc__lua_errors_check(L, xlgc__lua_proxy_revive(L, use->engine, index, use->proxy));
}

static bool begin(lua_State *L, use *use) {
  use->before = xlgc__lua_engine_enter(use->engine, L);
  use->code = xlgc_visit_begin(&use->visit, use->engine->host, use->proxy->id);
  use->visits = use->code == 0;
  return use->visits;
}

typedef struct packing {
  const use *use;
  xlgc_value *out;
} packing;

static int pack_object(lua_State *L) {
  const packing *packing = lua_touserdata(L, 1);
  xlgc__lua_values_pack_or_throw(L, packing->use->engine, 2, packing->out);
  return 1;
}

/* What becomes a value without an error of Lua's. */
static bool is_simple(lua_State *L, const use *use, int index) {
  int type = lua_type(L, index);
  if (type == LUA_TSTRING) return !xlgc__lua_text_changes(use->engine);
  return type < LUA_TSTRING && type != LUA_TLIGHTUSERDATA;
}

/* An argument of a visit that has begun. When it fails, the error is in the place of the result. What the value has of
 * Lua's is in the argument's place. */
static bool pack(lua_State *L, use *use, int index, xlgc_value *out) {
  if (use->raised) return false;
  if (is_simple(L, use, index) && !xlgc__lua_values_pack(L, use->engine, index, out)) return true;
  packing packing = {use, out};
  lua_pushvalue(L, index);
  lua_pushcfunction(L, pack_object);
  lua_insert(L, -2);
  lua_pushlightuserdata(L, &packing);
  lua_insert(L, -2);
  use->raised = lua_pcall(L, 2, 1, 0) != LUA_OK;
  if (!use->raised) lua_replace(L, index);
  return !use->raised;
}

/* The name of a field. */
static bool pack_name(lua_State *L, use *use, int index, xlgc_value *out) {
  if (lua_type(L, index) != LUA_TSTRING || !(use->engine->flags & XLGC_LUA_BYTES)) return pack(L, use, index, out);
  return !use->raised && !xlgc__lua_values_pack_name(L, use->engine, index, out);
}

/* A state whose strings are bytes looks for them too, where there is no text. */
static int look_up(use *use, xlgc_value *key) {
  int answer = xlgc_visit_get(&use->visit, key, &use->result);
  if (answer != XLGC_ABSENT || key->type != XLGC_STRING || !(use->engine->flags & XLGC_LUA_BYTES)) return answer;
  key->type = XLGC_BUFFER;
  return xlgc_visit_get(&use->visit, key, &use->result);
}

static int push_results(lua_State *L) {
  use *use = lua_touserdata(L, 1);
  if (use->code < 0) return xlgc__lua_thrown_throw(L, use->engine, &use->visit, use->code);
  if (use->pushes_key && use->key.type == XLGC_NIL)
    lua_pushlightuserdata(L, NULL);
  else if (use->pushes_key)
    xlgc__lua_values_unpack_or_throw(L, use->engine, &use->key);
  if (use->result.type != XLGC_SEVERAL) {
    xlgc__lua_values_give_or_throw(L, use->engine, &use->result);
    return use->pushes_key + 1;
  }
  if (use->result.length > INT32_MAX / 2) return luaL_error(L, "too many results");
  luaL_checkstack(L, (int)use->result.length, "too many results");
  for (size_t i = 0; i < use->result.length; i++)
    xlgc__lua_values_give_or_throw(L, use->engine, &use->result.as.values[i]);
  return (int)use->result.length;
}

static bool is_plain(const use *use) { return use->code >= 0 && !use->pushes_key && use->result.type <= XLGC_NUMBER; }

/* Pushes the results, ends the visit, and raises what went wrong. Returns how many results there are. */
static int finish(lua_State *L, use *use) {
  int top = lua_gettop(L), status = LUA_OK;
  if (use->raised) {
    status = LUA_ERRRUN;
  } else if (is_plain(use)) {
    (void)xlgc__lua_values_unpack(L, use->engine, &use->result);
  } else {
    lua_pushcfunction(L, push_results);
    lua_pushlightuserdata(L, use);
    status = lua_pcall(L, 1, LUA_MULTRET, 0);
  }
  xlgc_value_clear(&use->key);
  xlgc_value_clear(&use->result);
  if (use->visits) xlgc_visit_end(&use->visit);
  xlgc__lua_engine_leave(use->engine, use->before);
  return status ? lua_error(L) : lua_gettop(L) - top;
}

/* The same for one value, which may be a method of the object it was read from. */
static int finish_read(lua_State *L, use *use) {
  bool is_method = use->code >= 0 && use->result.type == XLGC_OBJECT && use->result.traits & XLGC_SELF_APART;
  xlgc_id read_from = use->proxy->id;
  int count = finish(L, use);
  xlgc__lua_proxy *function = is_method ? xlgc__lua_proxy_at(L, -1) : NULL;
  if (function) function->read_from = read_from;
  return count;
}

/* --------------------------------------------------------------- metamethods */

static int get(lua_State *L) {
  use use;
  xlgc_value key;
  prepare(L, &use, 1);
  if (begin(L, &use) && pack_name(L, &use, 2, &key)) use.code = look_up(&use, &key);
  return finish_read(L, &use);
}

static int set(lua_State *L) {
  use use;
  xlgc_value key, value;
  prepare(L, &use, 1);
  if (begin(L, &use) && pack_name(L, &use, 2, &key) && pack(L, &use, 3, &value))
    use.code = lua_isnil(L, 3) ? xlgc_visit_remove(&use.visit, &key) : xlgc_visit_set(&use.visit, &key, &value);
  finish(L, &use);
  return 0;
}

/* Is it called as obj:method(...)? The code that calls says so. What has no name there was called by pcall or the like,
 * which is given the object as the function would be. A native's method has no other way to be called on its object. */
static bool is_method_call(lua_State *L, const xlgc__lua_proxy *proxy) {
  lua_Debug frame;
  if (proxy->traits & XLGC_METHOD || !lua_getstack(L, 0, &frame) || !lua_getinfo(L, "n", &frame)) return true;
  return !*frame.namewhat || strcmp(frame.namewhat, "method") == 0;
}

static void call_visited(lua_State *L, use *use, xlgc_value *arguments, int count, bool may_have_self) {
  int packed = 0;
  while (packed < count && pack(L, use, packed + 2, &arguments[packed]))
    packed++;
  if (packed < count) return;
  /* obj:method(...): what it was read from is passed to it. */
  bool has_self = may_have_self && count && use->proxy->traits & XLGC_SELF_APART && arguments[0].type == XLGC_OBJECT &&
                  arguments[0].as.id == use->proxy->read_from && is_method_call(L, use->proxy);
  if (use->engine->unpacks) use->visit.habits = XLGC_CALLS_FOR_SEVERAL;
  use->code = xlgc_visit_call(&use->visit, has_self ? &arguments[0] : NULL, &arguments[has_self],
                              (size_t)(count - has_self), &use->result);
}

static int call_with(lua_State *L, bool may_have_self) {
  use use;
  xlgc_value few[FEW], *arguments = few;
  prepare(L, &use, 1);
  int count = lua_gettop(L) - 1;
  if (count > FEW) arguments = lua_newuserdatauv(L, (size_t)count * sizeof *arguments, 0);
  if (begin(L, &use)) call_visited(L, &use, arguments, count, may_have_self);
  return finish(L, &use);
}

static int call(lua_State *L) { return call_with(L, true); }
int xlgc__lua_metamethods_call_plainly(lua_State *L) { return call_with(L, false); }

static int length(lua_State *L) {
  use use;
  size_t is = 0;
  prepare(L, &use, 1);
  if (begin(L, &use)) use.code = xlgc_visit_length(&use.visit, &is);
  use.result.type = XLGC_INTEGER;
  use.result.as.integer = (int64_t)is;
  return finish(L, &use);
}

static int describe(lua_State *L) {
  use use;
  prepare(L, &use, 1);
  if (begin(L, &use)) use.code = xlgc_visit_describe(&use.visit, &use.result);
  if (use.code == XLGC_E_STALE) {
    static const char gone[] = "xlgc proxy of an object that is gone";
    use.code = 0;
    use.result = (xlgc_value){.type = XLGC_STRING, .as.bytes = gone, .length = sizeof gone - 1};
  }
  int count = finish(L, &use);
  xlgc__lua_apart_join(L, -1);
  return count;
}

/* The end of a loop, where the proxy is the cursor, or of the block of a variable with <close>: then the object's function
 * `close` is called, unless the object is gone. */
static int close(lua_State *L) {
  use use;
  lua_settop(L, 1);
  const xlgc__lua_proxy *self = xlgc__lua_proxy_at(L, 1);
  if (self && self->is_ended) return 0;
  prepare(L, &use, 1);
  const xlgc_value name = {.type = XLGC_STRING, .as.bytes = "close", .length = 5};
  if (begin(L, &use)) use.code = xlgc_visit_close(&use.visit);
  bool is_closed = use.code == 0;
  if (use.code == XLGC_ABSENT) use.code = xlgc_visit_get(&use.visit, &name, &use.result);
  bool is_gone = use.code == XLGC_E_STALE;
  if (is_gone) use.code = 0;
  finish_read(L, &use);
  if (is_closed || is_gone) return 0;
  if (lua_isnil(L, -1))
    return luaL_error(L, "an object of another language that is to be closed has no function 'close'");
  const xlgc__lua_proxy *function = xlgc__lua_proxy_at(L, -1);
  bool wants_self = function && function->traits & XLGC_SELF_APART;
  if (wants_self) lua_pushvalue(L, 1);
  lua_call(L, wants_self, 0);
  return 0;
}

/* --------------------------------------------------------------- iteration */

static int next(lua_State *L) {
  use use;
  prepare(L, &use, 1);
  if (begin(L, &use)) use.code = xlgc_visit_next(&use.visit, &use.key, &use.result);
  use.pushes_key = use.code == 0;
  if (use.code == XLGC_ABSENT) use.proxy->is_ended = true;
  return finish(L, &use);
}

int xlgc__lua_metamethods_pairs(lua_State *L) {
  use use;
  prepare(L, &use, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, next, 1);
  if (begin(L, &use)) use.code = xlgc_visit_iterate(&use.visit, &use.result);
  finish(L, &use);
  lua_pushnil(L);
  lua_pushvalue(L, -2);
  return 4;
}

/* --------------------------------------------------------------- comparing */

static int compare(lua_State *L, xlgc_order order, int one, int other, bool negates) {
  use use;
  xlgc_value value;
  bool is = false;
  prepare(L, &use, one);
  if (begin(L, &use) && pack(L, &use, other, &value)) use.code = xlgc_visit_compare(&use.visit, &value, order, &is);
  use.result.type = XLGC_BOOLEAN;
  use.result.as.boolean = is != negates;
  if (order == XLGC_EQUAL && use.code < 0) {
    use.code = 0;
    use.result.as.boolean = false;
  }
  return finish(L, &use);
}

static int equal_by_visit(lua_State *L) {
  return xlgc__lua_proxy_at(L, 1) ? compare(L, XLGC_EQUAL, 1, 2, false) : compare(L, XLGC_EQUAL, 2, 1, false);
}

/* Never raises. Of two proxies of an object none is visited. */
static int equal(lua_State *L) {
  const xlgc__lua_proxy *one = xlgc__lua_proxy_at(L, 1), *other = xlgc__lua_proxy_at(L, 2);
  if (one && other && one->id == other->id) {
    lua_pushboolean(L, true);
    return 1;
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, equal_by_visit, 1);
  lua_insert(L, 1);
  if (lua_pcall(L, 2, 1, 0)) lua_pushboolean(L, false);
  return 1;
}

/* The engine of a proxy on the right can only be asked the other way round, which is the same where there is an order. */
static int less(lua_State *L) {
  return xlgc__lua_proxy_at(L, 1) ? compare(L, XLGC_LESS, 1, 2, false) : compare(L, XLGC_LESS_OR_EQUAL, 2, 1, true);
}
static int less_or_equal(lua_State *L) {
  return xlgc__lua_proxy_at(L, 1) ? compare(L, XLGC_LESS_OR_EQUAL, 1, 2, false) : compare(L, XLGC_LESS, 2, 1, true);
}

void xlgc__lua_metamethods_equip(lua_State *L) {
  static const luaL_Reg functions[] = {{"__index", get},
                                       {"__newindex", set},
                                       {"__call", call},
                                       {"__len", length},
                                       {"__pairs", xlgc__lua_metamethods_pairs},
                                       {"__eq", equal},
                                       {"__lt", less},
                                       {"__le", less_or_equal},
                                       {"__tostring", describe},
                                       {"__close", close},
                                       {"__gc", xlgc__lua_proxy_finalize},
                                       {NULL, NULL}};
  luaL_checkstack(L, 5, NULL);
  lua_newtable(L);
  lua_pushliteral(L, "xlgc proxy");
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, functions, 1);
  xlgc__lua_engine_keep(L, XLGC__LUA_PROXY);
}
