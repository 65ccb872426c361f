/* The settings of xlgc_hosts_config, by name: a name, a range and where each is, once for C, scripts and the
 * environment. */
#include <config.h>

#include "hosts/core/settings.h"

#include <stdio.h>
#include <string.h>

enum { IS_UNSIGNED, IS_SECONDS };

static const struct setting {
  const char *name, *unit, *variable;
  size_t offset;
  int sort;
  double most, usual;
} settings[] = {
    {"pause", "percent", "XLGC_PAUSE", offsetof(xlgc_hosts_config, pause), IS_UNSIGNED, 10000, 100},
    {"share", "percent", "XLGC_SHARE", offsetof(xlgc_hosts_config, share), IS_UNSIGNED, 99, 50},
    {"image", "KiB", "XLGC_IMAGE", offsetof(xlgc_hosts_config, image), IS_UNSIGNED, 1 << 30, 2048},
    {"part", "links", "XLGC_PART", offsetof(xlgc_hosts_config, part), IS_UNSIGNED, 1 << 20, 2048},
    {"max_age", "seconds", "XLGC_MAX_AGE", offsetof(xlgc_hosts_config, max_age_ns), IS_SECONDS, 1e9, 60},
    {"step_size", "visits", "XLGC_STEP_SIZE", offsetof(xlgc_hosts_config, step_size), IS_UNSIGNED, 1 << 20, 64},
    {"step_multiplier", "units of work", "XLGC_STEP_MULTIPLIER", offsetof(xlgc_hosts_config, step_multiplier),
     IS_UNSIGNED, 1 << 20, 64},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* "there is no setting 'paus': there are pause, share and max_age" */
static void list_names(const char *name, char *text, size_t size_bytes) {
  int length = snprintf(text, size_bytes, "there is no setting '%.40s': there are ", name);
  for (size_t i = 0; i < SETTINGS && length >= 0 && (size_t)length < size_bytes; i++) {
    const char *before = !i ? "" : i + 1 < SETTINGS ? ", " : " and ";
    length += snprintf(text + length, size_bytes - (size_t)length, "%s%s", before, settings[i].name);
  }
}

static const struct setting *find(const char *name) {
  size_t i = 0;
  while (i < SETTINGS && strcmp(settings[i].name, name) != 0)
    i++;
  return i < SETTINGS ? &settings[i] : NULL;
}

static double get(const xlgc_hosts_config *config, const struct setting *setting) {
  const char *at = (const char *)config + setting->offset;
  return setting->sort == IS_SECONDS ? (double)*(const uint64_t *)at / 1e9 : *(const unsigned *)at;
}

/* NaN is in no range. */
static bool fits(const struct setting *setting, double value) {
  bool is_whole = setting->sort == IS_SECONDS || (value >= 0 && value <= setting->most && value == (unsigned)value);
  return is_whole && value >= 0 && value <= setting->most;
}

static void put(xlgc_hosts_config *config, const struct setting *setting, double value) {
  char *at = (char *)config + setting->offset;
  if (setting->sort == IS_SECONDS)
    *(uint64_t *)at = (uint64_t)(1e9 * value);
  else
    *(unsigned *)at = (unsigned)value;
}

const char *xlgc_hosts_config_name(size_t number) { return number < SETTINGS ? settings[number].name : NULL; }

int xlgc_hosts_config_get(const xlgc_hosts_config *config, const char *name, double *out) {
  const struct setting *setting = config && name && out ? find(name) : NULL;
  if (!setting) return config && name && out ? XLGC_E_UNKNOWN : XLGC_E_INVAL;
  *out = get(config, setting);
  return 0;
}

int xlgc_hosts_config_set(xlgc_hosts_config *config, const char *name, double value, const char **why) {
  static _Thread_local char words[160];
  if (!config || !name) return XLGC_E_INVAL;
  const struct setting *setting = find(name);
  int failed = !setting ? XLGC_E_UNKNOWN : fits(setting, value) ? 0 : XLGC_E_INVAL;
  if (!failed) put(config, setting, value);
  if (failed == XLGC_E_INVAL)
    snprintf(words, sizeof words, "%s is %s of %s, from 0 to %.0f, not %g", name,
             setting->sort == IS_SECONDS ? "a number" : "a whole number", setting->unit, setting->most, value);
  else if (failed)
    list_names(name, words, sizeof words);
  if (failed && why) *why = words;
  return failed;
}

static void read_variable(xlgc_hosts_config *config, const struct setting *setting) {
  const char *text = getenv(setting->variable), *why = "it is to be a number";
  if (!text || !*text) return;
  char *end;
  double value = strtod(text, &end);
  if (*end || xlgc_hosts_config_set(config, setting->name, value, &why))
    fprintf(stderr, "xlgc: %s=%s has no effect: %s\n", setting->variable, text, why);
}

xlgc_hosts_config xlgc__host_settings_begin(void) {
  xlgc_hosts_config config;
  memset(&config, 0, sizeof config);
  for (size_t i = 0; i < SETTINGS; i++) {
    put(&config, &settings[i], settings[i].usual);
    read_variable(&config, &settings[i]);
  }
  return config;
}

bool xlgc__host_settings_are_good(const xlgc_hosts_config *config) {
  size_t i = 0;
  while (i < SETTINGS && fits(&settings[i], get(config, &settings[i])))
    i++;
  return i == SETTINGS;
}
