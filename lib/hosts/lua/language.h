/* A Lua state becomes a host, with all that the files of this folder have for it. */
#ifndef XLGC_LUA_LANGUAGE_H
#define XLGC_LUA_LANGUAGE_H

#include "hosts/lua/engine.h"

extern const xlgc__lua_parts xlgc__lua_language_parts;

#endif
