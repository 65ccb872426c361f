/* xlgc: what xlgc.hpp has once a process and once a thread. The variables of a header are one a shared object: when its
 * symbols are hidden, when it was loaded with RTLD_LOCAL, when the program exports none. So they stand in the library,
 * which is one a process. For xlgc.hpp; a program has no other use for this.
 *
 * A module is a part of the program that was linked by itself, the program or a shared object. Each joins before its
 * code runs, and says how its xlgc.hpp lays out what all of them share. Modules that differ are found then, and neither
 * of them makes an object as long as both are there, or a pool of the one that was unloaded.
 *
 * The structs are part of the library's binary interface. */
#ifndef XLGC_CPP_H
#define XLGC_CPP_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory that an object is being made in. */
typedef struct xlgc_cpp_frame {
  uintptr_t begin, end;
  void *made; /* its header */
  struct xlgc_cpp_frame *outer;
} xlgc_cpp_frame;

/* Of a thread: the pool and context that it was told to use, NULL to find them otherwise; what it is making. */
typedef struct xlgc_cpp_thread {
  void *pool;
  xlgc_context *context;
  xlgc_cpp_frame *making;
} xlgc_cpp_thread;

/* What stands right before each object of a kind with the flag XLGC_KIND_OF_CPP, which goes with XLGC_KIND_HELD_FIRST.
 * When such an object is to be released the library writes one of the values below in the place of the id, unless that
 * is XLGC_ID_NONE. It does so for all objects of a round before the first of them is released. */
typedef struct xlgc_cpp_header {
  xlgc_id id; /* XLGC_ID_NONE: the object's constructor has failed */
  void *home;
} xlgc_cpp_header;
enum {
  XLGC_CPP_TOLD_AND_CHECKED = 1, /* in a pool that checks */
  XLGC_CPP_TOLD = 2,
  XLGC_KIND_OF_CPP = 1 << 16
};

/* What this thread has of its own. All zero at first; valid, at the same address, until the thread ends. Never NULL. */
XLGC_API xlgc_cpp_thread *xlgc_cpp_here(void);

/* A module. Belongs to the caller, and must stay where it is until it leaves. */
typedef struct xlgc_cpp_module {
  const char *layout; /* set by the caller, as `bytes`: how it lays out what modules share */
  size_t bytes;
  const void *natives;          /* how its objects are used by scripts: their behaviour, or NULL */
  struct xlgc_cpp_module *next; /* the library's, as the following */
  struct xlgc_cpp_module **at;
} xlgc_cpp_module;

/* A module joins. On error XLGC_E_LAYOUT: another one differs, or pools that are left; it has joined all the same. It
 * uses nothing of what they share until xlgc_cpp_agree has answered 0. Threads: any. */
XLGC_API int xlgc_cpp_join(xlgc_cpp_module *module);
/* A module leaves, as it is unloaded. Threads: any. */
XLGC_API void xlgc_cpp_leave(xlgc_cpp_module *module);
/* Do all modules and pools that are there agree? Returns 0 or XLGC_E_LAYOUT. Threads: any. Cost: a load. */
XLGC_API int xlgc_cpp_agree(void);
/* Is this address that of a module that is there, or of the behaviour of its natives? Returns 1 or 0. Threads: any. */
XLGC_API int xlgc_cpp_has(const void *module);

/* What modules share of a pool. Belongs to the caller; zero before it is opened. */
typedef struct xlgc_cpp_pool {
  struct xlgc_cpp_pool *next; /* the library's */
  struct xlgc_cpp_pool **at;
} xlgc_cpp_pool;

/* A pool is created. While no other is the common one, it becomes that. Threads: any. */
XLGC_API void xlgc_cpp_pool_opens(xlgc_cpp_pool *pool);
/* A pool is destroyed: it is no longer the common one. Threads: any. */
XLGC_API void xlgc_cpp_pool_closes(xlgc_cpp_pool *pool);
/* A pool that was destroyed has no roots left either, and its memory goes. Threads: any. */
XLGC_API void xlgc_cpp_pool_ends(xlgc_cpp_pool *pool);
/* The pool of threads that were told of no other, or NULL. Threads: any. Cost: a load. */
XLGC_API xlgc_cpp_pool *xlgc_cpp_common(void);
/* As xlgc_pool_destroy. Before that it calls `each` for all objects that were reported to on_survivor, in the order in
 * which kinds with XLGC_KIND_HELD_FIRST are released. each: must not call the library. */
XLGC_API int xlgc_cpp_pool_destroy(xlgc_pool *pool, void (*each)(void *data, void *object), void *data);
/* Makes room in the queue of a pool, whatever its policy says, for a thread that must not lose what it reports: works
 * as that of XLGC_FULL_HELP does, for at most so many units, and calls back only if help_tells says so. On error as
 * xlgc_step; XLGC_E_BUSY also while another thread works. Threads: any. */
XLGC_API int xlgc_cpp_make_room(xlgc_pool *pool, size_t units);
/* Calls `each` for all pools that have not ended, under the lock of the process: it must not call the library. Threads:
 * any. */
XLGC_API void xlgc_cpp_each_pool(void (*each)(void *data, xlgc_cpp_pool *pool), void *data);

/* Barriers of refs, as xlgc_link and the like. place: the ref; for a pool that checks, see xlgc_check. */
XLGC_API int xlgc_cpp_link(xlgc_context *context, xlgc_id holder, xlgc_id target, const void *place);
XLGC_API int xlgc_cpp_unlink(xlgc_context *context, xlgc_id holder, xlgc_id target, const void *place);
XLGC_API int xlgc_cpp_relink(xlgc_context *context, xlgc_id holder, xlgc_id old, xlgc_id now, const void *place);

/* Does the pool check? Returns 1 or 0. Threads: any. Cost: a load. The following are for pools that do, on any thread,
 * under the pool's lock. */
XLGC_API int xlgc_cpp_checks(const xlgc_pool *pool);
/* The destructor of a released object at this address begins. Plain pointers in it to objects that were destroyed in
 * the same round are reported. size_bytes: of the object; 0: its constructor has not returned. holder: what stands
 * right behind the pointer in each of its refs, which are no plain pointers. */
XLGC_API void xlgc_cpp_release_begins(xlgc_pool *pool, xlgc_id id, const void *object, size_t size_bytes,
                                      const void *holder);
/* A ref is destroyed, of an object whose destructor runs, that points to something. */
XLGC_API void xlgc_cpp_ref_ends(xlgc_pool *pool, const void *object, const void *place);
/* The destructor of a released object has returned. Returns how many refs that the object had are still there; this is
 * reported. */
XLGC_API size_t xlgc_cpp_release_ends(xlgc_pool *pool, const void *object);
/* Something was assigned to a ref of an object whose destructor runs: this is reported. target: it, or XLGC_ID_NONE. */
XLGC_API void xlgc_cpp_ref_lost(xlgc_pool *pool, xlgc_id target, const void *place);

#ifdef __cplusplus
}

/* The barriers as inline code, see inline.h. */
#ifdef xlgc_link
inline int xlgc_cpp_inline_link(xlgc_context *context, xlgc_id holder, xlgc_id target, const void *place) noexcept {
  if (xlgc_inline_logs(context, XLGC_CODE_LINK, holder, target)) return 0;
  return xlgc_cpp_link(context, holder, target, place);
}
inline int xlgc_cpp_inline_unlink(xlgc_context *context, xlgc_id holder, xlgc_id target, const void *place) noexcept {
  if (xlgc_inline_logs(context, XLGC_CODE_UNLINK, holder, target)) return 0;
  return xlgc_cpp_unlink(context, holder, target, place);
}
inline int xlgc_cpp_inline_relink(xlgc_context *context, xlgc_id holder, xlgc_id old, xlgc_id now,
                                  const void *place) noexcept {
  if (xlgc_inline_logs_two(context, holder, old, now)) return 0;
  return xlgc_cpp_relink(context, holder, old, now, place);
}
#define xlgc_cpp_link(...) xlgc_cpp_inline_link(__VA_ARGS__)
#define xlgc_cpp_unlink(...) xlgc_cpp_inline_unlink(__VA_ARGS__)
#define xlgc_cpp_relink(...) xlgc_cpp_inline_relink(__VA_ARGS__)
#endif
#endif

#endif
