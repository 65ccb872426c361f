#include <config.h>

#include "hosts/common/collector.h"

#include <stddef.h>
#include <string.h>

/* What scripts call the mode of their own engine. */
#define ENGINE "engine"

void xlgc__collector_begin(xlgc__collector *call, xlgc_pool *pool, xlgc_host *host) {
  *call = (xlgc__collector){.host = host, .mode = xlgc_host_mode(host)};
  (void)xlgc_hosts_configuration(pool, &call->config); /* there is a host: this one */
  call->given = call->config;
}

static void mark(xlgc__collector *call, const char *name) {
  const char *other;
  for (size_t i = 0; (other = xlgc_hosts_config_name(i)) != NULL; i++)
    if (!strcmp(name, other)) call->is_given |= 1ul << i;
}

const char *xlgc__collector_note_number(xlgc__collector *call, const char *name, double value) {
  const char *why = NULL;
  if (!strcmp(name, ENGINE)) return "engine is automatic, by_hand or off";
  if (xlgc_hosts_config_set(&call->given, name, value, &why)) return why;
  mark(call, name);
  return NULL;
}

/* The words are the same as the pool's. */
static const char *note_engine(xlgc__collector *call, const char *text) {
  xlgc_hosts_config config = call->config;
  const char *why = NULL;
  if (xlgc_hosts_config_set_text(&config, "mode", text, &why)) return "engine is automatic, by_hand or off";
  call->mode = config.mode;
  return NULL;
}

const char *xlgc__collector_note_text(xlgc__collector *call, const char *name, const char *text) {
  const char *why = NULL;
  if (!strcmp(name, ENGINE)) return note_engine(call, text);
  bool is_preset = !strcmp(name, "preset");
  if (xlgc_hosts_config_set_text(is_preset ? &call->config : &call->given, name, text, &why)) return why;
  mark(call, name);
  return NULL;
}

int xlgc__collector_end(xlgc__collector *call, xlgc_pool *pool) {
  const char *name;
  for (size_t i = 0; (name = xlgc_hosts_config_name(i)) != NULL; i++) {
    double value;
    if (!(call->is_given & 1ul << i) || xlgc_hosts_config_get(&call->given, name, &value)) continue;
    (void)xlgc_hosts_config_set(&call->config, name, value, NULL); /* it fits, as it is given */
  }
  int failed = xlgc_hosts_configure(pool, &call->config);
  return failed ? failed : xlgc_host_set_mode(call->host, call->mode);
}

const char *xlgc__collector_setting(const xlgc__collector *call, size_t at, double *number, const char **word) {
  xlgc_hosts_config own = {.mode = call->mode};
  const char *name = xlgc_hosts_config_name(at);
  *word = xlgc_hosts_config_word(name ? &call->config : &own, name ? name : "mode");
  if (name) return xlgc_hosts_config_get(&call->config, name, number) ? NULL : name;
  return at && xlgc_hosts_config_name(at - 1) ? ENGINE : NULL;
}

int xlgc__collector_frame(xlgc_pool *pool, double seconds) {
  bool fits = seconds >= 0 && seconds <= 3600; /* NaN does not */
  return fits ? xlgc_hosts_frame(pool, (uint64_t)(1e9 * seconds)) : XLGC_E_INVAL;
}
