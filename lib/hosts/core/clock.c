#include <config.h>

#include "hosts/core/clock.h"

#include <time.h>

uint64_t xlgc__host_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void xlgc__host_clock_sleep_ns(uint64_t ns) { nanosleep(&(struct timespec){.tv_nsec = (long)ns}, NULL); }
