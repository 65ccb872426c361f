/* The memory of a state that another language has started, and its limit.
 *
 * A finalizer that finds no memory is not called a second time, and those of proxies have to be. Finalizers of scripts
 * cannot be told from them here, so all may have as much again as the limit; and not more where the adapter has lifted
 * that, as Lua calls them at any allocation. */
#include <config.h>

#include "hosts/lua/limit.h"

#include <stdlib.h>

typedef struct memory {
  xlgc__limit limit;
  lua_State *L;
} memory;

/* Lua answers no questions about its collector inside of finalizers. */
static bool is_in_finalizer(const memory *memory) { return lua_gc(memory->L, LUA_GCCOUNT) < 0; }

static bool is_too_much(const memory *memory, size_t more_bytes) {
  if (!xlgc__limit_refuses(&memory->limit, more_bytes, 1)) return false;
  return is_in_finalizer(memory) ? xlgc__limit_refuses(&memory->limit, more_bytes, XLGC__LIMIT_DOUBLED)
                                 : xlgc__limit_refuses_now(&memory->limit, more_bytes);
}

/* What a state shrinks is never too much: Lua takes that for granted. */
static void *allocate(void *data, void *at, size_t old_bytes, size_t bytes) {
  memory *memory = data;
  if (!at) old_bytes = 0; /* it is the sort of object then */
  if (bytes <= old_bytes || !is_too_much(memory, bytes - old_bytes))
    return xlgc__limit_allocate(&memory->limit, at, old_bytes, bytes);
  memory->limit.has_refused = true;
  return NULL;
}

xlgc__limit *xlgc__lua_limit_of(lua_State *L) {
  void *memory;
  return lua_getallocf(L, &memory) == allocate ? memory : NULL;
}

/* What the state has until then came from realloc too. */
int xlgc__lua_limit_begin(lua_State *L) {
  memory *memory = calloc(1, sizeof *memory);
  if (!memory) return XLGC_E_NOMEM;
  memory->L = L;
  memory->limit.bytes = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
  lua_setallocf(L, allocate, memory);
  return 0;
}

void xlgc__lua_limit_end(lua_State *L) {
  xlgc__limit *limit = xlgc__lua_limit_of(L);
  if (limit) limit->bytes_max = 0;
  lua_close(L);
  free(limit);
}

int xlgc__lua_limit_set(void *engine, uint64_t bytes_max, uint64_t *bytes) {
  return xlgc__limit_set(xlgc__lua_limit_of(engine), bytes_max, bytes);
}
