/* The counters of a host as OpenMetrics text, behind those of its pool. */
#include <config.h>

#include <string.h>
#include <xlgc/listen.h>

#include "base/metric.h"
#include "hosts/core/tables.h"

#define GAUGE(field, help) XLGC__METRIC("gauge", xlgc_host_statistics, field, help)
#define COUNTER(field, help) XLGC__METRIC("counter", xlgc_host_statistics, field, help)
static const xlgc__metric metrics[] = {
    GAUGE(exports, "Objects of the engine known to the pool."),
    GAUGE(proxies, "Objects of others that the engine has."),
    GAUGE(links, "Links that the host has in the pool."),
    COUNTER(exported, "Objects that became known to the pool."),
    COUNTER(unpinned, "Exports released."),
    COUNTER(links_made, "Links made."),
    COUNTER(links_dropped, "Links dropped."),
    COUNTER(let_go, "Exports let go before a summary said so."),
    COUNTER(summaries, "Summaries taken."),
    COUNTER(images, "Copies of the process made for summaries."),
    COUNTER(images_failed, "Copies that were of no use."),
    COUNTER(collections, "Collections that the pool's hosts have made by themselves."),
};
#undef GAUGE
#undef COUNTER

int xlgc_host_metrics(const xlgc_host *host, char *buffer, size_t size_bytes) {
  xlgc_host_statistics statistics;
  if (!buffer && size_bytes) return XLGC_E_INVAL;
  int failed = xlgc_host_stats(host, &statistics);
  if (failed) return failed;
  int length = xlgc_metrics(host->group->pool, buffer, size_bytes);
  if (length < 0) return length;
  char labels[64];
  snprintf(labels, sizeof labels, "{engine=\"%s\"}", host->adapter->name);
  xlgc__text text = {buffer, size_bytes, (size_t)length - strlen(XLGC__METRIC_END)};
  for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
    xlgc__metric_put(&text, "xlgc_host_", &metrics[i], NULL, labels, &statistics);
  xlgc__text_put(&text, XLGC__METRIC_END);
  return (int)text.length;
}
