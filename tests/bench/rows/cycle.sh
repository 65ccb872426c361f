# One 3-cycle made and found at once beside 10^5 objects, against full collections of Boehm's collector and engines.
. "$bench/rows/heap.inc"
packages=$heap_packages
peers=$heap_peers
build() { build_with_heaps cycle; }
run_row() { BENCH_SCRIPTS=$bench "$objects/cycle" $quick; }
draw() { draw_ratios 1; }
