/* What the test programs share: a seed, an amount of work, and main's last line. */
#ifndef TRIAL_H
#define TRIAL_H

#include <check.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define TRIAL_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define TRIAL_SANITIZED 1
#endif
#ifndef TRIAL_SANITIZED
#define TRIAL_SANITIZED 0
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRIAL_FINDS_LEAKS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TRIAL_FINDS_LEAKS 1
#endif

/* What is allocated between these is no leak. */
#ifdef TRIAL_FINDS_LEAKS
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable() ((void)0)
#define __lsan_do_leak_check() ((void)0)
#endif

#define ok(call) ck_assert_int_eq((call), 0)
/* ck_assert tells its parent process each time; this only when it fails. */
#define MUST(condition)                               \
  do {                                                \
    if (!(condition)) ck_abort_msg("%s", #condition); \
  } while (0)

/* The seed to begin with: SEED of the environment, or one of the clock's; printed. */
uint64_t trial_seed(void);
/* The next number of a sequence, below `limit`. */
uint32_t trial_random(uint64_t *state, uint32_t limit);
/* `amount`, a tenth of it under a sanitizer or where another build has done it all (XLGC_NOT_AGAIN), ten times as much
 * with XLGC_LONG. */
unsigned trial_work(unsigned amount);
/* How long a test may take before it is taken to hang: CK_DEFAULT_TIMEOUT, or 10 minutes, and an hour with XLGC_LONG. No
 * test has a limit of its own: it waits for what it waits for, and this ends it. */
unsigned trial_timeout_s(void);
/* A case of the suite, with that timeout. */
TCase *trial_case(Suite *suite, const char *name);
/* Runs and frees the suite; for main to return. */
int trial_run(Suite *suite);

#ifdef __cplusplus
}
#endif

#endif
