/* Strings of Lua's at the border, by the state's choice: text in UTF-8, text in another encoding, or bytes. */
#ifndef XLGC_LUA_TEXT_H
#define XLGC_LUA_TEXT_H

#include "hosts/lua/engine.h"

/* Is a string that crosses another one than Lua has? Then it takes the string's place on the stack. */
bool xlgc__lua_text_changes(const xlgc__lua_engine *engine);
/* The string at an index as a value that has its bytes, or those of what takes its place. Returns 0, or XLGC_E_INVAL for
 * what is no text. Raises errors of Lua's for lack of memory if strings change. */
int xlgc__lua_text_pack(lua_State *L, const xlgc__lua_engine *engine, int index, xlgc_value *out);
/* The same of the name of a field: it is text where it can be, whatever the choice. */
int xlgc__lua_text_pack_name(lua_State *L, const xlgc__lua_engine *engine, int index, xlgc_value *out);
/* Pushes text, or returns XLGC_E_INVAL and pushes nothing: the encoding does not have it. Raises as well. */
int xlgc__lua_text_push(lua_State *L, const xlgc__lua_engine *engine, const char *text, size_t length);
/* Raises an error that says why one of these has answered XLGC_E_INVAL. */
int xlgc__lua_text_refuse(lua_State *L, const xlgc__lua_engine *engine, bool goes_out);

/* Words, which are mended and not refused: those of a string at an index become a copy, and text is pushed. Both raise for
 * lack of memory. */
void xlgc__lua_text_note_words(lua_State *L, const xlgc__lua_engine *engine, int index, xlgc_value *out);
void xlgc__lua_text_push_words(lua_State *L, const xlgc__lua_engine *engine, xlgc_text words);

/* A function of the module that needs no box: ("text", "bytes", the name of an encoding, or nothing) -> what the choice
 * was. */
int xlgc__lua_text_choose(lua_State *L);

#endif
