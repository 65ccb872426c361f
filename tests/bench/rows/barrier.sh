# What reporting a change costs one thread, against std::shared_ptr; and what a lock for every event would cost.
packages="g++"
peers="std::shared_ptr of libstdc++ $(version_of g++); locks of $(libc_version)"
build() {
  compile_cxx peer_shared_ptr &&
    compile measure logs barrier &&
    link_cxx barrier measure logs peer_shared_ptr
}
draw() { draw_ratios 1; }
