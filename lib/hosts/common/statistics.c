#include <config.h>

#include "hosts/common/statistics.h"

#include <string.h>

#include "hosts/common/texts.h"

static const struct {
  const char *name;
  size_t offset;
} entries[] = {
#define POOL(field) \
  { #field, offsetof(xlgc__statistics, pool.field) }
#define HOST(field) \
  { "host_" #field, offsetof(xlgc__statistics, host.field) }
#define SUMMARY(field) \
  { "summary_" #field, offsetof(xlgc__statistics, summary.field) }
    POOL(objects),  POOL(links),         POOL(events),   POOL(errors),      POOL(orphans),       POOL(rounds),
    POOL(queued),   POOL(backlog),       POOL(bytes),    POOL(bytes_peak),  HOST(exports),       HOST(proxies),
    HOST(links),    HOST(exported),      HOST(unpinned), HOST(links_made),  HOST(links_dropped), HOST(summaries),
    HOST(images),   HOST(images_failed), HOST(let_go),   HOST(collections), HOST(epoch),         SUMMARY(nodes),
    SUMMARY(edges), SUMMARY(visited),    SUMMARY(steps), SUMMARY(told),
#undef POOL
#undef HOST
#undef SUMMARY
};

int xlgc__statistics_read(xlgc_pool *pool, const xlgc_host *host, const xlgc__condense_counts *summary,
                          xlgc__statistics *out) {
  out->summary = summary ? *summary : (xlgc__condense_counts){.nodes = 0};
  int failed = xlgc_stats(pool, &out->pool);
  return failed ? failed : xlgc_host_stats(host, &out->host);
}

const char *xlgc__statistics_name(size_t number) {
  return number < sizeof entries / sizeof *entries ? entries[number].name : NULL;
}

uint64_t xlgc__statistics_value(const xlgc__statistics *statistics, size_t number) {
  return *(const uint64_t *)((const char *)statistics + entries[number].offset);
}

static int write_metrics(void *host, char *text, size_t size_bytes) {
  return xlgc_host_metrics(host, text, size_bytes);
}

int xlgc__statistics_metrics(xlgc_host *host, xlgc_value *out) { return xlgc__texts_value(write_metrics, host, out); }

int xlgc__statistics_left_out(xlgc_pool *pool, xlgc_value *out) {
  char names[256];
  int length = xlgc_hosts_left_out(pool, names, sizeof names);
  return length < 0 ? length : xlgc_value_copy(out, XLGC_STRING, names, strlen(names));
}
