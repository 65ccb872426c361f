#include <config.h>

#include "hosts/core/copy.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <xlgc.h>

#include "hosts/core/clock.h"
#include "hosts/core/lock.h"

enum { TAKEN_TO_HANG_S = 120 };

struct xlgc__host_copy_shared {
  _Atomic bool is_done; /* release: what it says was written before */
  unsigned looks;       /* for tests */
  _Alignas(16) unsigned char rest[];
};

unsigned xlgc__host_copy_looks;

static void finish(struct xlgc__host_copy_shared *shared, void (*work)(void *data, void *shared), void *data) {
  work(data, shared->rest);
  atomic_store_explicit(&shared->is_done, true, memory_order_release);
}

/* ------------------------------------------------------------ the process */

/* The order of clone's arguments is another on some machines. */
#if defined __linux__ && defined SYS_clone && !defined __s390__
#define HAS_COPIES 1
#else
#define HAS_COPIES 0
#endif

#if HAS_COPIES
/* Not fork(), which runs handlers of the program's, and waits for other threads' locks. Its end sends no signal, and is
 * no answer to a wait() of the program's. */
static long clone_process(void) { return syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL); }

static _Noreturn void end_process(void) {
  for (;;)
    syscall(SYS_exit_group, 0);
}

/* It ends with the thread that wanted it; no file stays open for its sake; it is none to look at after a crash. */
static void settle(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) end_process();
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NAME, "xlgc image");
#ifdef SYS_close_range
  syscall(SYS_close_range, 0u, ~0u, 0u);
#endif
}

static int clone_and_work(xlgc__host_copy *copy, void (*work)(void *data, void *shared), void *data) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  xlgc__host_lock_acquire();
  long process = clone_process();
  xlgc__host_lock_release();
  if (process == 0) {
    settle(copy->parent);
    finish(copy->shared, work, data);
    end_process();
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  copy->process = (pid_t)process;
  return process < 0 ? XLGC_E_NOMEM : 0;
}
#else
static int clone_and_work(xlgc__host_copy *copy, void (*work)(void *data, void *shared), void *data) {
  (void)copy, (void)work, (void)data;
  return XLGC_E_STATE;
}
#endif

/* Has it ended? */
static bool is_reaped(xlgc__host_copy *copy, bool waits) {
  int flags = waits ? 0 : WNOHANG;
#ifdef __WALL
  flags |= __WALL;
#endif
  pid_t ended;
  do {
    ended = waitpid(copy->process, NULL, flags);
  } while (ended < 0 && errno == EINTR);
  if (ended != 0) copy->process = 0;
  return ended != 0;
}

/* ---------------------------------------------------------------- the copy */

int xlgc__host_copy_start(xlgc__host_copy *copy, size_t size_bytes, void (*work)(void *data, void *shared),
                          void *data) {
  xlgc__host_copy_end(copy, true);
  size_bytes += sizeof *copy->shared;
  void *shared = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (shared == MAP_FAILED) return XLGC_E_NOMEM;
  *copy = (xlgc__host_copy){
      .shared = shared, .size_bytes = size_bytes, .parent = getpid(), .begun_ns = xlgc__host_clock_ns()};
  copy->shared->looks = xlgc__host_copy_looks;
  if (xlgc__host_copy_looks) {
    finish(copy->shared, work, data);
    return 0;
  }
  int failed = clone_and_work(copy, work, data);
  if (failed) {
    copy->process = 0;
    xlgc__host_copy_end(copy, true);
  }
  return failed;
}

static bool is_done(const xlgc__host_copy *copy) {
  return atomic_load_explicit(&copy->shared->is_done, memory_order_acquire);
}

int xlgc__host_copy_look(xlgc__host_copy *copy) {
  if (!copy->shared) return XLGC__HOST_COPY_LOST;
  if (copy->shared->looks && --copy->shared->looks) return XLGC__HOST_COPY_RUNS;
  bool has_ended = !copy->process || copy->parent != getpid() || is_reaped(copy, false);
  if (has_ended) return is_done(copy) ? XLGC__HOST_COPY_DONE : XLGC__HOST_COPY_LOST;
  return xlgc__host_clock_ns() - copy->begun_ns < TAKEN_TO_HANG_S * UINT64_C(1000000000) ? XLGC__HOST_COPY_RUNS
                                                                                         : XLGC__HOST_COPY_LOST;
}

void *xlgc__host_copy_shared(const xlgc__host_copy *copy) { return copy->shared ? copy->shared->rest : NULL; }

void xlgc__host_copy_end(xlgc__host_copy *copy, bool waits) {
  bool is_child = copy->process && copy->parent == getpid();
  if (is_child && copy->shared && !is_done(copy)) kill(copy->process, SIGKILL);
  if (copy->shared) munmap(copy->shared, copy->size_bytes);
  copy->shared = NULL;
  if (is_child) (void)is_reaped(copy, waits);
  if (!is_child) copy->process = 0;
}
