/* What xlgc.collector() does: the settings of the pool's hosts, read and changed by name. And xlgc.frame(). */
#ifndef XLGC_HOSTS_COMMON_COLLECTOR_H
#define XLGC_HOSTS_COMMON_COLLECTOR_H

#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XLGC__COLLECTOR_NO_NUMBER "the setting's value is to be a number"

/* Changes one of the settings. Returns NULL, or words for what is wrong. */
const char *xlgc__collector_change(xlgc_hosts_config *config, const char *name, double value);
/* The value of the setting with a number, whose name is xlgc_hosts_config_name's. */
double xlgc__collector_value(const xlgc_hosts_config *config, size_t number);

/* A frame of so many seconds, as xlgc_hosts_frame. On error also XLGC_E_INVAL: its words are XLGC__COLLECTOR_FRAME. */
#define XLGC__COLLECTOR_FRAME "the time is a number of seconds, from 0 to 3600"
int xlgc__collector_frame(xlgc_pool *pool, double seconds);

#ifdef __cplusplus
}
#endif

#endif
