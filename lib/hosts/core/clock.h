/* The monotonic clock, in nanoseconds. */
#ifndef XLGC_HOSTS_CLOCK_H
#define XLGC_HOSTS_CLOCK_H

#include <stdint.h>

uint64_t xlgc__host_clock_ns(void);
/* Less than a second; a signal may end it earlier. */
void xlgc__host_clock_sleep_ns(uint64_t ns);

#endif
