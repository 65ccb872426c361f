#ifndef XLGC_HOSTS_SETTINGS_H
#define XLGC_HOSTS_SETTINGS_H

#include "hosts/core/tables.h"

/* The defaults, changed by what the environment says (XLGC_PAUSE and so on); what it says wrongly is told on standard
 * error, and has no effect. */
xlgc_hosts_config xlgc__host_settings_begin(void);
/* Is each in its range? */
bool xlgc__host_settings_are_good(const xlgc_hosts_config *config);

#endif
