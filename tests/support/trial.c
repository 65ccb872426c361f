#include <config.h>

#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Ends what hangs, and never what is only slow. */
enum { TIMEOUT_S = 600 };

uint64_t trial_seed(void) {
  const char *given = getenv("SEED");
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)now.tv_sec * 1000003u ^ (uint64_t)now.tv_nsec;
  printf("SEED=%llu\n", (unsigned long long)seed);
  fflush(stdout);
  return seed;
}

/* Steele, Lea and Flood's SplitMix. */
uint32_t trial_random(uint64_t *state, uint32_t limit) {
  uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
  return (uint32_t)((mixed >> 32) * limit >> 32);
}

static int is_long(void) { return getenv("XLGC_LONG") != NULL; }

unsigned trial_work(unsigned amount) {
  if (TRIAL_SANITIZED || getenv("XLGC_NOT_AGAIN")) amount /= 10;
  return is_long() ? 10 * amount : amount;
}

unsigned trial_timeout_s(void) {
  const char *given = getenv("CK_DEFAULT_TIMEOUT");
  if (given) return (unsigned)strtoul(given, NULL, 10);
  return is_long() ? 6 * TIMEOUT_S : TIMEOUT_S;
}

TCase *trial_case(Suite *suite, const char *name) {
  TCase *cases = tcase_create(name);
  tcase_set_timeout(cases, trial_timeout_s());
  suite_add_tcase(suite, cases);
  return cases;
}

int trial_run(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
