/* The counters of a pool as OpenMetrics text. */
#include <config.h>

#include <xlgc/listen.h>

#include "base/metric.h"
#include "pool/counters.h"

#define GAUGE(field, help) XLGC__METRIC("gauge", xlgc_statistics, field, help)
#define COUNTER(field, help) XLGC__METRIC("counter", xlgc_statistics, field, help)
static const char prefix[] = "xlgc_";
static const xlgc__metric metrics[] = {
    GAUGE(objects, "Objects present."),
    GAUGE(links, "Links present, a pair counted once."),
    GAUGE(queued, "Records logged and not yet applied."),
    GAUGE(mailed, "Messages in mailboxes."),
    GAUGE(backlog, "Of the messages, those that wait for a thread that works."),
    GAUGE(contexts, "Contexts present, without the pool's own."),
    COUNTER(events, "Events applied, misuse included."),
    COUNTER(errors, "Misuse reported."),
    COUNTER(late_drops, "Unlinks whose source was released."),
    COUNTER(orphans, "Objects notified."),
    COUNTER(kept, "Objects that have asked to be kept."),
    COUNTER(forgotten, "Transient objects forgotten."),
    COUNTER(weak_saved, "Objects that only a weak load or an interned look-up kept."),
    COUNTER(touched, "Links looked at, made or removed."),
    COUNTER(table_operations, "Links entered into or taken out of the table."),
    COUNTER(cancelled, "Links that met their unlink before they entered the table."),
    COUNTER(repairs, "Certificates that broke."),
    COUNTER(searches, "Certificates that a look at a few sources did not repair."),
    COUNTER(rank_renumberings, "Renumberings of all ranks."),
    COUNTER(rounds, "Rounds."),
    COUNTER(rounds_held, "Rounds stalled by a section or a missing answer."),
};

/* Their names end with their unit. */
static const xlgc__metric sizes[] = {
    GAUGE(bytes, "Memory that the pool holds."),           GAUGE(link_bytes, "Memory for link records."),
    GAUGE(object_bytes, "Memory for object records."),     GAUGE(index_bytes, "Memory for the index of addresses."),
    GAUGE(queue_bytes, "Memory for events and contexts."),
};
#undef GAUGE
#undef COUNTER

/* Seconds, with a point in every locale. */
static void put_seconds(xlgc__text *text, uint64_t ns) {
  const uint64_t second = 1000000000;
  xlgc__text_put(text, "%" PRIu64 ".%09" PRIu64, ns / second, ns % second);
}

/* Bucket i of the statistics ends before 2^(i+1) ns; the last one has no end. */
static void put_steps(xlgc__text *text, const xlgc_statistics *statistics) {
  static const xlgc__metric steps = {"step_seconds", "histogram", "How long steps took.", 0};
  static const xlgc__metric longest = {"longest_step_seconds", "gauge", "The longest of all steps.", 0};
  xlgc__metric_put_head(text, prefix, &steps, "seconds");
  uint64_t count = 0;
  for (unsigned i = 0; i + 1 < XLGC_STEP_TIMES; i++) {
    count += statistics->steps[i];
    xlgc__text_put(text, "xlgc_step_seconds_bucket{le=\"");
    put_seconds(text, (UINT64_C(2) << i) - 1);
    xlgc__text_put(text, "\"} %" PRIu64 "\n", count);
  }
  count += statistics->steps[XLGC_STEP_TIMES - 1];
  xlgc__text_put(text, "xlgc_step_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", count);
  xlgc__metric_put_head(text, prefix, &longest, "seconds");
  xlgc__text_put(text, "xlgc_longest_step_seconds ");
  put_seconds(text, statistics->longest_step_ns);
  xlgc__text_put(text, "\n");
}

int xlgc_metrics(xlgc_pool *pool, char *buffer, size_t size_bytes) {
  if (!buffer && size_bytes) return XLGC_E_INVAL;
  xlgc_statistics statistics;
  int failed = xlgc__counters_read(pool, &statistics);
  if (failed) return failed;
  xlgc__text text = {buffer, size_bytes, 0};
  for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
    xlgc__metric_put(&text, prefix, &metrics[i], NULL, "", &statistics);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    xlgc__metric_put(&text, prefix, &sizes[i], "bytes", "", &statistics);
  static const xlgc__metric held = {"held", "gauge", "1 while the present round is stalled.", 0};
  xlgc__metric_put_head(&text, prefix, &held, NULL);
  xlgc__text_put(&text, "xlgc_held %d\n", *statistics.held_by != 0);
  put_steps(&text, &statistics);
  xlgc__text_put(&text, XLGC__METRIC_END);
  return (int)text.length;
}
