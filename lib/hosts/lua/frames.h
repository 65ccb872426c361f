/* The calls that run on a thread of Lua's, one after the other. */
#ifndef XLGC_LUA_FRAMES_H
#define XLGC_LUA_FRAMES_H

#include <lua.h>
#include <stdbool.h>

/* To begin with, all but the thread is zero. */
typedef struct xlgc__lua_frames {
  lua_State *thread;
  lua_Debug frame; /* the call, for lua_getinfo and lua_getlocal */
  int level;
  bool is_no_list;
} xlgc__lua_frames;

/* The next call: the last one first. No call may begin or end meanwhile. */
bool xlgc__lua_frames_next(xlgc__lua_frames *frames);

#endif
