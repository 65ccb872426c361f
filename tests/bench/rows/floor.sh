# How far the link table, and a flush, are from what the memory allows: the same cache lines touched, without logic.
# The table's own code says what it touches, compiled once more with its look-ups of records noted.
packages=""
peers="floor: those lines, operations overlapping; one by one: each operation waits for the one before"
build() {
  compile measure table_xlgc floor_traced floor &&
    link_c floor measure table_xlgc floor_traced
}
draw() { draw_ratios 1; }
