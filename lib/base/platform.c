#include <config.h>

#include "base/platform.h"

#include "base/invariant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* Windows, with the threads and the clock that come with MinGW-w64: its conditions wait by the clock of the day only,
 * and there are no forks. */
#ifdef _WIN32
#define WAIT_CLOCK CLOCK_REALTIME
#else
#include <dlfcn.h>
#ifdef HAVE_BACKTRACE
#include <execinfo.h>
#endif
#define WAIT_CLOCK CLOCK_MONOTONIC
#endif

#define NS_PER_S 1000000000u
enum { NAME_BYTES = 16 }; /* of a thread, for Linux */

static uint64_t ns_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t clock_ns(void) { return ns_of(CLOCK_MONOTONIC); }

static int thread_start(xlgc__thread *thread, void *(*run)(void *), void *data) {
  return pthread_create(thread, NULL, run, data);
}

const xlgc__platform_ops xlgc__platform_system = {clock_ns, thread_start};

/* Locks are taken for some dozen instructions, so a waiting thread spins a little first where the system supports
 * it. With invariants, a thread that locks twice is found out: an allocator has called the library. */
#if XLGC_INVARIANTS >= 1
#define MUTEX_TYPE PTHREAD_MUTEX_ERRORCHECK
#elif defined(PTHREAD_MUTEX_ADAPTIVE_NP)
#define MUTEX_TYPE PTHREAD_MUTEX_ADAPTIVE_NP
#else
#define MUTEX_TYPE PTHREAD_MUTEX_DEFAULT
#endif

int xlgc__mutex_init(xlgc__mutex *mutex) {
  pthread_mutexattr_t attributes;
  int failed = pthread_mutexattr_init(&attributes);
  if (failed) return failed;
  pthread_mutexattr_settype(&attributes, MUTEX_TYPE);
  failed = pthread_mutex_init(mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return failed;
}

void xlgc__mutex_destroy(xlgc__mutex *mutex) { pthread_mutex_destroy(mutex); }
void xlgc__mutex_lock(xlgc__mutex *mutex) {
  int locked_already = pthread_mutex_lock(mutex);
  XLGC__INVARIANT("P6", !locked_already);
  (void)locked_already;
}
void xlgc__mutex_unlock(xlgc__mutex *mutex) { pthread_mutex_unlock(mutex); }
int xlgc__mutex_try(xlgc__mutex *mutex) { return pthread_mutex_trylock(mutex); }

int xlgc__condition_init(xlgc__condition *condition) {
  pthread_condattr_t attributes;
  int failed = pthread_condattr_init(&attributes);
  if (failed) return failed;
  failed = pthread_condattr_setclock(&attributes, WAIT_CLOCK);
  if (!failed) failed = pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
  return failed;
}

void xlgc__condition_destroy(xlgc__condition *condition) { pthread_cond_destroy(condition); }

void xlgc__condition_wait(xlgc__condition *condition, xlgc__mutex *mutex) { pthread_cond_wait(condition, mutex); }

void xlgc__condition_wait_for(xlgc__condition *condition, xlgc__mutex *mutex, uint64_t ns) {
  uint64_t now = ns_of(WAIT_CLOCK), until = now + ns < now ? UINT64_MAX : now + ns;
  struct timespec deadline = {(time_t)(until / NS_PER_S), (long)(until % NS_PER_S)};
  pthread_cond_timedwait(condition, mutex, &deadline);
}

void xlgc__condition_wake_all(xlgc__condition *condition) { pthread_cond_broadcast(condition); }

#ifdef _WIN32
/* Declared here, as the system's header has short words such as `far` for macros. */
__declspec(dllimport) int __stdcall GetModuleHandleExA(unsigned long flags, const char *inside, void **module);
void xlgc__platform_stay(void) {
  enum { PIN = 1, FROM_ADDRESS = 4 };
  void *here;
  (void)GetModuleHandleExA(PIN | FROM_ADDRESS, (const char *)&xlgc__platform_system, &here);
}
/* Code for a shared object. What is compiled for programs is no part of one, and a static program has no dlopen. */
#elif defined(__PIC__) && !defined(__PIE__) && defined(RTLD_NODELETE)
void xlgc__platform_stay(void) {
  Dl_info here;
  if (dladdr(&xlgc__platform_system, &here)) (void)dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}
#else
void xlgc__platform_stay(void) {}
#endif

unsigned xlgc__platform_calls(void **calls, unsigned room) {
#ifdef HAVE_BACKTRACE
  int count = backtrace(calls, (int)room);
  return count > 0 ? (unsigned)count : 0;
#else
  (void)calls, (void)room;
  return 0;
#endif
}

#ifdef _WIN32
void xlgc__platform_place(const void *address, char *text, size_t size_bytes) {
  snprintf(text, size_bytes, "%p", address);
}
#else
/* One byte before the return address lies the call, also where that is the last thing of its function. */
void xlgc__platform_place(const void *address, char *text, size_t size_bytes) {
  const char *call = (const char *)address - 1;
  Dl_info of;
  if (!dladdr(call, &of) || !of.dli_fname) {
    snprintf(text, size_bytes, "%p", (const void *)call);
    return;
  }
  const char *slash = strrchr(of.dli_fname, '/'), *file = slash ? slash + 1 : of.dli_fname;
  size_t in_file = (size_t)(call - (const char *)of.dli_fbase);
  if (of.dli_sname)
    snprintf(text, size_bytes, "%s+%#zx (%s+%#zx)", of.dli_sname, (size_t)(call - (const char *)of.dli_saddr), file,
             in_file);
  else
    snprintf(text, size_bytes, "%s+%#zx", file, in_file);
}
#endif

void xlgc__platform_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void)) {
#ifdef _WIN32
  (void)before, (void)in_parent, (void)in_child;
#else
  pthread_atfork(before, in_parent, in_child);
#endif
}

void xlgc__thread_join(xlgc__thread thread) { pthread_join(thread, NULL); }
xlgc__thread xlgc__thread_self(void) { return pthread_self(); }

void xlgc__thread_name(char *name, size_t size_bytes) {
  *name = 0;
#ifdef __linux__
  if (size_bytes >= NAME_BYTES && prctl(PR_GET_NAME, name)) *name = 0;
#endif
  if (!*name) snprintf(name, size_bytes, "thread");
}
bool xlgc__thread_equal(xlgc__thread a, xlgc__thread b) { return pthread_equal(a, b) != 0; }
