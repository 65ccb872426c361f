/* What xlgc.collector() does: the settings of the pool's hosts, read and changed by name. */
#ifndef XLGC_HOSTS_COMMON_COLLECTOR_H
#define XLGC_HOSTS_COMMON_COLLECTOR_H

#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XLGC__COLLECTOR_NO_NUMBER "the setting's value is to be a number"

/* The settings to be changed; then all at once. */
void xlgc__collector_begin(xlgc_pool *pool, xlgc_hosts_config *config);
/* Returns NULL, or words for what is wrong. */
const char *xlgc__collector_change(xlgc_hosts_config *config, const char *name, double value);
/* Returns 0 or XLGC_E_*. */
int xlgc__collector_end(xlgc_pool *pool, const xlgc_hosts_config *config);
/* The value of the setting with a number, whose name is xlgc_hosts_config_name's. */
double xlgc__collector_value(const xlgc_hosts_config *config, size_t number);

#ifdef __cplusplus
}
#endif

#endif
