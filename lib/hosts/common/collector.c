#include <config.h>

#include "hosts/common/collector.h"

#include <stdbool.h>
#include <stddef.h>

const char *xlgc__collector_change(xlgc_hosts_config *config, const char *name, double value) {
  const char *why = NULL;
  return xlgc_hosts_config_set(config, name, value, &why) ? why : NULL;
}

double xlgc__collector_value(const xlgc_hosts_config *config, size_t number) {
  double value = 0;
  (void)xlgc_hosts_config_get(config, xlgc_hosts_config_name(number), &value);
  return value;
}

int xlgc__collector_frame(xlgc_pool *pool, double seconds) {
  bool fits = seconds >= 0 && seconds <= 3600; /* NaN does not */
  return fits ? xlgc_hosts_frame(pool, (uint64_t)(1e9 * seconds)) : XLGC_E_INVAL;
}
