/* What xlgc.collector() does: the settings of the pool's hosts, and of the script's own, read and changed by name. And
 * xlgc.frame(). */
#ifndef XLGC_HOSTS_COMMON_COLLECTOR_H
#define XLGC_HOSTS_COMMON_COLLECTOR_H

#include <stdbool.h>

#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XLGC__COLLECTOR_NO_VALUE "the setting's value is to be a number or a text"

/* One call. The order in which a script gives settings does not count: each that it names is as it says, whatever a
 * preset has. */
typedef struct xlgc__collector {
  xlgc_host *host;
  xlgc_hosts_config config, given;
  unsigned long is_given; /* a bit for each setting */
  unsigned mode;          /* the host's */
} xlgc__collector;

/* For the engine of this host, of a pool that has it. */
void xlgc__collector_begin(xlgc__collector *call, xlgc_pool *pool, xlgc_host *host);
/* Notes one of the settings: a number, or text. Returns NULL, or words for what is wrong. */
const char *xlgc__collector_note_number(xlgc__collector *call, const char *name, double value);
const char *xlgc__collector_note_text(xlgc__collector *call, const char *name, const char *text);
/* Makes all changes. On error as xlgc_hosts_configure. */
int xlgc__collector_end(xlgc__collector *call, xlgc_pool *pool);

/* A setting as it is after that, by number from 0 on. number: its value, unless *word has that. Returns its name, or
 * NULL behind the last. */
const char *xlgc__collector_setting(const xlgc__collector *call, size_t at, double *number, const char **word);

/* A frame of so many seconds, as xlgc_hosts_frame. On error also XLGC_E_INVAL: its words are XLGC__COLLECTOR_FRAME. */
#define XLGC__COLLECTOR_FRAME "the time is a number of seconds, from 0 to 3600"
int xlgc__collector_frame(xlgc_pool *pool, double seconds);

#ifdef __cplusplus
}
#endif

#endif
