/* lua_getstack counts from the last call each time, so to ask it for each of n calls takes n * n / 2 looks. But the
 * record of a call leads to the one before it. This is none of Lua's public interface, so what is found that way is
 * compared with what lua_getstack says: at the first levels, and at each that is a power of two, which is some 2 * n
 * looks in all. Where the two differ, lua_getstack is asked for all. */
#include <config.h>

#include "hosts/lua/frames.h"

/* How Lua 5.4 begins the record of a call. The first of a thread is none of a call, and has none before it. */
typedef struct record {
  const void *function, *top;
  struct record *previous, *next;
} record;

static bool ask(xlgc__lua_frames *frames, const record *expected) {
  if (!lua_getstack(frames->thread, frames->level, &frames->frame)) return false;
  if (frames->level && (const void *)frames->frame.i_ci != expected) frames->is_no_list = true;
  frames->level++;
  return true;
}

bool xlgc__lua_frames_next(xlgc__lua_frames *frames) {
  unsigned level = (unsigned)frames->level;
  if (!level || frames->is_no_list) return ask(frames, NULL);
  record *previous = ((record *)(void *)frames->frame.i_ci)->previous;
  if ((level & (level - 1)) == 0) return ask(frames, previous);
  if (!previous->previous) return false;
  frames->frame.i_ci = (struct CallInfo *)(void *)previous;
  frames->level++;
  return true;
}
