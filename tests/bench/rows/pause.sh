# How long a step takes while a large heap churns and dies, against a full search and Boehm's incremental mode.
packages="libgc-dev"
peers="bdwgc incremental: libgc $(pkg-config --modversion bdw-gc 2>/dev/null), its default time limit"
peers="$peers; the search: plain C"
build() { . "$bench/rows/heap.inc" && build_with_heaps pause churn; }
draw() { draw_ratios 1; }
