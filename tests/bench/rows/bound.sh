# Garbage held when steps are paid by the event, and memory after a long churn, against what lives.
packages="libgc-dev"
peers="what lives; bdwgc: libgc $(pkg-config --modversion bdw-gc 2>/dev/null)"
build() { . "$bench/rows/heap.inc" && build_with_heaps bound churn; }
draw() { draw_ratios 1; }
