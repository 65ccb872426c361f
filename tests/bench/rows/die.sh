# What releasing a whole structure costs an object: a list, a ring, a tree, a random graph, a web.
packages="g++"
peers="free of each, which knows that all are dead: $(libc_version); std::shared_ptr of libstdc++ $(version_of g++),"
peers="$peers where it can: the tree, and the list by a loop"
build() {
  compile_cxx peer_shared_ptr peer_die &&
    compile measure die &&
    link_cxx die measure peer_die peer_shared_ptr
}
draw() { draw_ratios 1; }
