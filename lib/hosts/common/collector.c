#include <config.h>

#include "hosts/common/collector.h"

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
