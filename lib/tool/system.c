#include <config.h>

#include "system.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/personality.h>
#include <sys/syscall.h>
#endif

#include <xlgc.h>

/* ----------------------------------------------------------- the library */

static void on_release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)data;
  ++*(int *)object;
}

/* A ring of two objects, which is let go. */
static int collect_ring(xlgc_pool *pool, int *released) {
  static const xlgc_kind kind = {.name = "doctor", .release = on_release};
  xlgc_context *context;
  xlgc_id one, other;
  int failed = xlgc_context_create(pool, "doctor", &context);
  if (!failed) failed = xlgc_register(context, &released[0], &kind, &one);
  if (!failed) failed = xlgc_register(context, &released[1], &kind, &other);
  if (!failed) failed = xlgc_link(context, one, other);
  if (!failed) failed = xlgc_link(context, other, one);
  if (!failed) failed = xlgc_flush(pool);
  return failed;
}

static void examine_collecting(finding *of) {
  int released[2] = {0, 0};
  xlgc_pool *pool;
  int failed = xlgc_pool_create(NULL, &pool);
  if (!failed) {
    failed = collect_ring(pool, released);
    int ended = xlgc_pool_destroy(pool);
    if (!failed) failed = ended;
  }
  if (failed)
    finding_set(of, FINDING_FAILS, "%s", xlgc_strerror(failed));
  else if (released[0] != 1 || released[1] != 1)
    finding_set(of, FINDING_FAILS, "a ring of two objects was not released");
  else
    finding_set(of, FINDING_WORKS, "a ring of two objects was released");
}

static void examine_worker(finding *of) {
  xlgc_pool *pool;
  int failed = xlgc_pool_create(NULL, &pool);
  if (!failed) {
    failed = xlgc_worker_start(pool);
    if (!failed) failed = xlgc_worker_stop(pool);
    int ended = xlgc_pool_destroy(pool);
    if (!failed) failed = ended;
  }
  if (failed)
    finding_set(of, FINDING_FAILS, "%s", xlgc_strerror(failed));
  else
    finding_set(of, FINDING_WORKS, "a worker thread was started and stopped");
}

static void examine_events(finding *of) {
  xlgc_pool *pool;
  xlgc_context *context;
  int fd = -1, failed = xlgc_pool_create(NULL, &pool);
  if (!failed) {
    failed = xlgc_context_create(pool, "doctor", &context);
    if (!failed) fd = xlgc_context_fd(context);
    int ended = xlgc_pool_destroy(pool);
    if (!failed) failed = fd < 0 ? fd : ended;
  }
#ifdef HAVE_SYS_EVENTFD_H
  if (failed)
    finding_set(of, FINDING_FAILS, "no eventfd for event loops: %s", xlgc_strerror(failed));
  else
    finding_set(of, FINDING_WORKS, "an eventfd for event loops was made");
#else
  if (failed)
    finding_set(of, FINDING_WITHOUT, "this system has no eventfd: event loops must call xlgc_dispatch");
  else
    finding_set(of, FINDING_WORKS, "a descriptor for event loops was made");
#endif
}

/* ------------------------------------------------------------ the system */

#if defined __linux__ && defined SYS_clone && !defined __s390__
/* As an image is taken of a large state: without fork's handlers, and without a signal at the end. */
static int copy_says(volatile int *shared) {
  long process = syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
  if (process < 0) return errno;
  if (process == 0) {
    *shared = 1;
    for (;;)
      syscall(SYS_exit_group, 0);
  }
  pid_t ended;
  do {
    ended = waitpid((pid_t)process, NULL, __WALL);
  } while (ended < 0 && errno == EINTR);
  return ended < 0 ? errno : 0;
}

static void examine_images(finding *of) {
  static const char without[] = "large Lua states are walked while their code waits";
  int *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int failed = shared == MAP_FAILED ? errno : copy_says(shared);
  if (failed)
    finding_set(of, FINDING_WITHOUT, "no copy of the process, %s: %s", strerror(failed), without);
  else if (!*shared)
    finding_set(of, FINDING_WITHOUT, "a copy of the process did not answer: %s", without);
  else
    finding_set(of, FINDING_WORKS, "a copy of the process was made by clone");
  if (shared != MAP_FAILED) munmap(shared, sizeof *shared);
}
#else
static void examine_images(finding *of) {
  finding_set(of, FINDING_WITHOUT, "not on this system: large Lua states are walked while their code waits");
}
#endif

#if HAVE_DECL_MADV_HUGEPAGE
/* What stands in brackets in the kernel's setting; empty when that is not to be read. */
static void read_setting(char *chosen, size_t size) {
  char text[128] = "";
  FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
  *chosen = 0;
  if (!file) return;
  if (fgets(text, sizeof text, file)) {
    const char *from = strchr(text, '[');
    const char *to = from ? strchr(from, ']') : NULL;
    if (to) snprintf(chosen, size, "%.*s", (int)(to - from - 1), from + 1);
  }
  fclose(file);
}

static void examine_huge_pages(finding *of) {
  enum { BYTES = 1 << 22 };
  char setting[32];
  void *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  int failed = memory == MAP_FAILED || madvise(memory, BYTES, MADV_HUGEPAGE) ? errno : 0;
  if (memory != MAP_FAILED) munmap(memory, BYTES);
  read_setting(setting, sizeof setting);
  if (failed)
    finding_set(of, FINDING_WITHOUT, "refused, %s: tables of links are in ordinary pages", strerror(failed));
  else if (strcmp(setting, "never") == 0)
    finding_set(of, FINDING_WITHOUT, "the kernel's setting is never: tables of links are in ordinary pages");
  else
    finding_set(of, FINDING_WORKS, "for tables of links; the kernel's setting is %s", *setting ? setting : "unknown");
}
#else
static void examine_huge_pages(finding *of) {
  finding_set(of, FINDING_WITHOUT, "not on this system: tables of links are in ordinary pages");
}
#endif

/* Is the layout of the address space another one in each process? */
static const char *layout_in_words(void) {
#ifdef __linux__
  int persona = personality(0xffffffff);
  if (persona >= 0 && persona & ADDR_NO_RANDOMIZE) return "the same in each process";
  FILE *file = fopen("/proc/sys/kernel/randomize_va_space", "re");
  int setting = file ? fgetc(file) : EOF;
  if (file) fclose(file);
  if (setting == '0') return "the same in each process";
  if (setting != EOF) return "another one in each process";
#endif
  return "not known";
}

/* SpiderMonkey has pointers of 47 bits in its values, and sanitizers want a layout that they know. */
static void examine_addresses(finding *of) {
  enum { BITS = 47 };
  static int in_library;
  int on_stack;
  void *on_heap = malloc(1);
  void *mapped = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint64_t all = (uintptr_t)&in_library | (uintptr_t)&on_stack | (uintptr_t)on_heap | (uintptr_t)xlgc_version();
  if (mapped != MAP_FAILED) {
    all |= (uintptr_t)mapped;
    munmap(mapped, 1);
  }
  free(on_heap);
  if (all >> BITS)
    finding_set(of, FINDING_WITHOUT, "beyond %d bits: SpiderMonkey's values have no room for them", BITS);
  else
    finding_set(of, FINDING_WORKS, "within %d bits; the layout is %s", BITS, layout_in_words());
}

void system_examine(finding *findings) {
  static const struct {
    const char *name;
    void (*examine)(finding *);
  } all[SYSTEM_FINDINGS] = {
      {"collecting", examine_collecting}, {"worker", examine_worker},         {"events", examine_events},
      {"images", examine_images},         {"huge pages", examine_huge_pages}, {"addresses", examine_addresses},
  };
  for (int i = 0; i < SYSTEM_FINDINGS; i++) {
    findings[i] = (finding){.state = FINDING_FAILS};
    finding_copy(findings[i].name, sizeof findings[i].name, all[i].name);
    all[i].examine(&findings[i]);
  }
}
