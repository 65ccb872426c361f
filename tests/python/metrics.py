"""xlgc.metrics() of each language is OpenMetrics text: the parser of Prometheus' own client reads it."""
import sys

import xlgc

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
except ImportError:
    print("skipped: there is no prometheus_client (Debian: python3-prometheus-client)")
    sys.exit(0)

held = [xlgc.new() for _ in range(100)]
xlgc.collect()
asking = {
    "python": xlgc.metrics,
    "lua": lambda: xlgc.open("lua").eval("return xlgc.metrics()"),
    "duktape": lambda: xlgc.open("duktape").eval("xlgc.metrics()"),
    "mozjs": lambda: xlgc.open("mozjs").eval("xlgc.metrics()"),
}
for engine, ask in asking.items():
    families = {family.name: family for family in parse(ask())}
    values = {sample.name: sample.value for family in families.values() for sample in family.samples}
    stats = xlgc.stats()
    assert values["xlgc_objects"] == stats["objects"] >= 100, (engine, values["xlgc_objects"], stats)
    assert families["xlgc_events"].type == "counter" and 0 < values["xlgc_events_total"] <= stats["events"]
    assert families["xlgc_bytes"].unit == "bytes" and values["xlgc_bytes"] > 0
    steps = families["xlgc_step_seconds"]
    counts = [sample.value for sample in steps.samples]
    assert steps.type == "histogram" and counts == sorted(counts) and steps.samples[-1].labels["le"] == "+Inf"
    exports = families["xlgc_host_exports"].samples[0]
    assert exports.labels == {"engine": engine}, exports
    assert values["xlgc_host_summaries_total"] >= 0
    print(f"{engine}: {len(families)} families, {len(values)} names")
