#include <config.h>

#include "hosts/lua/text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "hosts/common/encoding.h"
#include "hosts/common/messages.h"
#include "hosts/common/utf8.h"
#include "hosts/lua/apart.h"
#include "hosts/lua/errors.h"

typedef size_t conversion(xlgc__encoding *encoding, const char *bytes, size_t length, char *out);

/* The room is Lua's, so that an error of Lua's leaves nothing. While it is made finalizers may run, and choose anew. */
static int push_converted(lua_State *L, const xlgc__lua_engine *engine, const char *bytes, size_t length,
                          conversion *convert) {
  luaL_checkstack(L, 2, NULL);
  char *room = lua_newuserdatauv(L, xlgc__encoding_room(length), 0);
  size_t converted = engine->encoding ? convert(engine->encoding, bytes, length, room) : SIZE_MAX;
  if (converted != SIZE_MAX) lua_pushlstring(L, room, converted);
  lua_remove(L, converted == SIZE_MAX ? -1 : -2);
  return converted == SIZE_MAX ? XLGC_E_INVAL : 0;
}

static bool is_plain(const xlgc__lua_engine *engine, const char *bytes, size_t length) {
  return !engine->encoding || xlgc__encoding_is_plain(bytes, length);
}

bool xlgc__lua_text_changes(const xlgc__lua_engine *engine) { return engine->encoding != NULL; }

/* ------------------------------------------------------------------- out of Lua */

/* The string at the index becomes what it is in UTF-8. */
static int decode(lua_State *L, const xlgc__lua_engine *engine, int index) {
  size_t length;
  index = lua_absindex(L, index);
  const char *bytes = lua_tolstring(L, index, &length);
  if (is_plain(engine, bytes, length)) return 0;
  int failed = push_converted(L, engine, bytes, length, xlgc__encoding_decode);
  if (!failed) lua_replace(L, index);
  return failed;
}

int xlgc__lua_text_pack(lua_State *L, const xlgc__lua_engine *engine, int index, xlgc_value *out) {
  bool is_bytes = engine->flags & XLGC_LUA_BYTES;
  if (decode(L, engine, index)) return XLGC_E_INVAL;
  out->as.bytes = lua_tolstring(L, index, &out->length);
  out->type = is_bytes ? XLGC_BUFFER : XLGC_STRING;
  return is_bytes || xlgc__utf8_is_text(out->as.bytes, out->length) ? 0 : XLGC_E_INVAL;
}

int xlgc__lua_text_pack_name(lua_State *L, const xlgc__lua_engine *engine, int index, xlgc_value *out) {
  int failed = xlgc__lua_text_pack(L, engine, index, out);
  bool is_bytes = engine->flags & XLGC_LUA_BYTES;
  if (is_bytes && xlgc__utf8_is_text(out->as.bytes, out->length)) out->type = XLGC_STRING;
  return failed;
}

void xlgc__lua_text_note_words(lua_State *L, const xlgc__lua_engine *engine, int index, xlgc_value *out) {
  size_t length;
  luaL_checkstack(L, 1, NULL);
  lua_pushvalue(L, index);
  (void)decode(L, engine, -1);
  const char *bytes = lua_tolstring(L, -1, &length);
  if (xlgc__utf8_copy(out, bytes, length)) xlgc__lua_errors_throw(L, NULL, XLGC_E_NOMEM);
  lua_pop(L, 1);
}

/* --------------------------------------------------------------------- into Lua */

int xlgc__lua_text_push(lua_State *L, const xlgc__lua_engine *engine, const char *text, size_t length) {
  if (!is_plain(engine, text, length)) return push_converted(L, engine, text, length, xlgc__encoding_encode);
  lua_pushlstring(L, length ? text : "", length);
  return 0;
}

void xlgc__lua_text_push_words(lua_State *L, const xlgc__lua_engine *engine, xlgc_text words) {
  if (xlgc__lua_text_push(L, engine, words.bytes, words.length))
    lua_pushlstring(L, words.length ? words.bytes : "", words.length);
}

/* ------------------------------------------------------------------- the choice */

int xlgc__lua_text_refuse(lua_State *L, const xlgc__lua_engine *engine, bool goes_out) {
  const char *name = engine->encoding ? xlgc__encoding_name(engine->encoding) : "UTF-8";
  if (!goes_out) return luaL_error(L, "this text cannot be written in %s, as strings of this Lua are", name);
  if (!engine->encoding)
    return luaL_error(L, "this string is no text, and strings cross as text: see xlgc.strings(\"bytes\")");
  return luaL_error(L, "this string is no text in %s, as strings of this Lua are", name);
}

static void push_choice(lua_State *L, const xlgc__lua_engine *engine) {
  lua_pushstring(L, engine->encoding                 ? xlgc__encoding_name(engine->encoding)
                    : engine->is_apart               ? "apart"
                    : engine->flags & XLGC_LUA_BYTES ? "bytes"
                                                     : "text");
}

static void choose(lua_State *L, xlgc__lua_engine *engine, const char *choice) {
  xlgc__encoding *encoding = NULL;
  bool is_apart = strcmp(choice, "apart") == 0, is_bytes = is_apart || strcmp(choice, "bytes") == 0;
  bool is_text = strcmp(choice, "text") == 0 || strcasecmp(choice, "utf-8") == 0 || strcasecmp(choice, "utf8") == 0;
  int failed = is_bytes || is_text ? 0 : xlgc__encoding_begin(&encoding, choice);
  if (failed == XLGC_E_UNKNOWN)
    luaL_error(L,
               "strings: '%s' is not \"text\", \"bytes\", \"apart\" or an encoding that iconv(3) knows in which ASCII "
               "is as it is",
               choice);
  xlgc__lua_errors_check(L, failed);
  xlgc__encoding_end(engine->encoding);
  engine->encoding = encoding;
  engine->is_apart = is_apart;
  engine->flags = is_bytes ? engine->flags | XLGC_LUA_BYTES : engine->flags & ~(unsigned)XLGC_LUA_BYTES;
}

int xlgc__lua_text_choose(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_find(L);
  if (!engine) return luaL_error(L, "%s", XLGC__MESSAGES_CLOSED);
  if (lua_istable(L, 1)) lua_remove(L, 1);
  xlgc__lua_apart_join(L, 1);
  push_choice(L, engine);
  lua_insert(L, 1);
  if (!lua_isnoneornil(L, 2)) {
    if (lua_type(L, 2) != LUA_TSTRING || strlen(lua_tostring(L, 2)) != lua_rawlen(L, 2))
      return luaL_error(L, "strings: the choice is \"text\", \"bytes\", \"apart\" or the name of an encoding");
    choose(L, engine, lua_tostring(L, 2));
  }
  lua_settop(L, 1);
  return 1;
}
