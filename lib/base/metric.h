/* Numbers as OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/), inline. */
#ifndef XLGC_METRIC_H
#define XLGC_METRIC_H

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* Ends such a text. */
#define XLGC__METRIC_END "# EOF\n"

/* A number of a struct of statistics, which has it at this offset as a uint64_t. */
typedef struct xlgc__metric {
  const char *name;
  const char *type; /* "gauge" or "counter" */
  const char *help; /* a sentence */
  size_t offset;
} xlgc__metric;

#define XLGC__METRIC(type, statistics, field, help) \
  { #field, type, help, offsetof(statistics, field) }

/* What stands before the values. prefix: of all names, "xlgc_". unit: with which the name ends, or NULL. */
static inline void xlgc__metric_put_head(xlgc__text *text, const char *prefix, const xlgc__metric *metric,
                                         const char *unit) {
  xlgc__text_put(text, "# TYPE %s%s %s\n", prefix, metric->name, metric->type);
  if (unit) xlgc__text_put(text, "# UNIT %s%s %s\n", prefix, metric->name, unit);
  xlgc__text_put(text, "# HELP %s%s %s\n", prefix, metric->name, metric->help);
}

/* With its value. labels: "{engine=\"lua\"}", or "". */
static inline void xlgc__metric_put(xlgc__text *text, const char *prefix, const xlgc__metric *metric, const char *unit,
                                    const char *labels, const void *statistics) {
  uint64_t value = *(const uint64_t *)(const void *)((const char *)statistics + metric->offset);
  xlgc__metric_put_head(text, prefix, metric, unit);
  xlgc__text_put(text, "%s%s%s%s %" PRIu64 "\n", prefix, metric->name, *metric->type == 'c' ? "_total" : "", labels,
                 value);
}

#endif
