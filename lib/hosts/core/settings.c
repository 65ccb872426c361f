/* The settings of xlgc_hosts_config, by name: a name, a range and where each is, once for C, scripts and the
 * environment. */
#include <config.h>

#include "hosts/core/settings.h"

#include <stdio.h>
#include <string.h>

#include "hosts/core/decimal.h"

enum { IS_UNSIGNED, IS_SECONDS, IS_MODE };

static const char *const modes[] = {"automatic", "by_hand", "off"};
enum { MODES = sizeof modes / sizeof *modes };

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
    {"mode", "", "XLGC_MODE", offsetof(xlgc_hosts_config, mode), IS_MODE, MODES - 1, XLGC_HOSTS_AUTOMATIC},
    {"sites", "objects", NULL, offsetof(xlgc_hosts_config, sites), IS_UNSIGNED, 1 << 20,
     0}, /* the pool reads its own */
};
enum { SETTINGS = sizeof settings / sizeof *settings, MODE = SETTINGS - 2 };

/* What is not said is as usual, up to the mode. */
static const struct preset {
  const char *name;
  struct {
    const char *name;
    double value;
  } differs[8];
} presets[] = {
    {"usual", {{0}}},
    {"low_latency", {{"part", 512}, {"share", 25}, {"image", 1024}, {"step_size", 16}, {"step_multiplier", 32}}},
    {"throughput", {{"pause", 400}, {"share", 20}, {"part", 0}, {"image", 0}, {"step_size", 1024}}},
    {"low_memory", {{"pause", 25}, {"share", 0}, {"max_age", 10}, {"step_size", 16}, {"step_multiplier", 256}}},
    {"debug", {{"pause", 1}, {"share", 0}, {"part", 0}, {"image", 0}, {"max_age", 0.001}, {"step_size", 1}}},
};
enum { PRESETS = sizeof presets / sizeof *presets };

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

/* What is wrong with a value of this setting; given: that, as a text. */
static void describe(const struct setting *setting, const char *given, char *text, size_t size_bytes) {
  if (setting->sort == IS_MODE)
    snprintf(text, size_bytes, "%s is automatic, by_hand or off, not %.40s", setting->name, given);
  else
    snprintf(text, size_bytes, "%s is %s of %s, from 0 to %.0f, not %.40s", setting->name,
             setting->sort == IS_SECONDS ? "a number" : "a whole number", setting->unit, setting->most, given);
}

/* given: the value, as the words have it. */
static int change(xlgc_hosts_config *config, const char *name, double value, const char *given, const char **why) {
  static _Thread_local char words[160];
  const struct setting *setting = find(name);
  int failed = !setting ? XLGC_E_UNKNOWN : fits(setting, value) ? 0 : XLGC_E_INVAL;
  if (!failed) put(config, setting, value);
  if (failed == XLGC_E_INVAL)
    describe(setting, given, words, sizeof words);
  else if (failed)
    list_names(name, words, sizeof words);
  if (failed && why) *why = words;
  return failed;
}

int xlgc_hosts_config_set(xlgc_hosts_config *config, const char *name, double value, const char **why) {
  char given[32];
  if (!config || !name) return XLGC_E_INVAL;
  xlgc__host_decimal_write(value, -1, given, sizeof given);
  return change(config, name, value, given, why);
}

const char *xlgc_hosts_config_word(const xlgc_hosts_config *config, const char *name) {
  const struct setting *setting = config && name ? find(name) : NULL;
  return setting && setting->sort == IS_MODE && config->mode < MODES ? modes[config->mode] : NULL;
}

/* ------------------------------------------------------------------- by text */

static int apply_preset(xlgc_hosts_config *config, const char *text, const char **why) {
  size_t i = 0;
  while (i < PRESETS && strcmp(presets[i].name, text) != 0)
    i++;
  if (i == PRESETS) {
    if (why) *why = "preset is usual, low_latency, throughput, low_memory or debug";
    return XLGC_E_INVAL;
  }
  for (size_t k = 0; k < MODE; k++)
    put(config, &settings[k], settings[k].usual);
  for (size_t k = 0; presets[i].differs[k].name; k++)
    put(config, find(presets[i].differs[k].name), presets[i].differs[k].value);
  return 0;
}

/* What no setting has, for what is no number and no word. */
static double read_value(const struct setting *setting, const char *text) {
  char *end;
  double value = xlgc__host_decimal_read(text, &end);
  if (*text && !*end) return value;
  for (unsigned i = 0; setting && setting->sort == IS_MODE && i < MODES; i++)
    if (!strcmp(text, modes[i])) return i;
  return -1;
}

int xlgc_hosts_config_set_text(xlgc_hosts_config *config, const char *name, const char *text, const char **why) {
  if (!config || !name || !text) return XLGC_E_INVAL;
  if (!strcmp(name, "preset")) return apply_preset(config, text, why);
  return change(config, name, read_value(find(name), text), text, why);
}

/* ------------------------------------------------------------- the environment */

static void read_variable(xlgc_hosts_config *config, const char *variable, const char *name) {
  const char *text = variable ? getenv(variable) : NULL, *why = "";
  if (text && *text && xlgc_hosts_config_set_text(config, name, text, &why))
    fprintf(stderr, "xlgc: %s=%s has no effect: %s\n", variable, text, why);
}

xlgc_hosts_config xlgc__host_settings_begin(void) {
  xlgc_hosts_config config;
  memset(&config, 0, sizeof config);
  (void)apply_preset(&config, presets[0].name, NULL);
  read_variable(&config, "XLGC_PRESET", "preset");
  for (size_t i = 0; i < SETTINGS; i++)
    read_variable(&config, settings[i].variable, settings[i].name);
  return config;
}

bool xlgc__host_settings_are_good(const xlgc_hosts_config *config) {
  size_t i = 0;
  while (i < SETTINGS && fits(&settings[i], get(config, &settings[i])))
    i++;
  return i == SETTINGS;
}
