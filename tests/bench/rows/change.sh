# 1000 changes in a large heap and all garbage found, against full collections of Boehm's collector and three engines.
. "$bench/rows/heap.inc"
packages=$heap_packages
peers=$heap_peers
build() { build_with_heaps change; }
run_row() { BENCH_SCRIPTS=$bench "$objects/change" $quick; }
draw() { draw_ratios 1; }
