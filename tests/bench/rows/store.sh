# What a tree costs that is kept in the pool alone: putting in, moving, walking, cutting off, memory.
packages=
peers="pointers + table: five pointers a node, and xlgc told of each link; pointers: the same with free, which walks what"
peers="$peers is cut off and knows nothing of rings"
build() {
  compile measure store && link_c store measure
}
draw() { draw_ratios 1; }
