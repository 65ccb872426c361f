# The same when two threads report the same object, against std::shared_ptr and one locked list.
packages="g++"
peers="std::shared_ptr of libstdc++ $(version_of g++); malloc + mutex list: $(libc_version)"
peers="$peers; its worker counts pairs with uthash $(uthash_version) where all is applied"
build() {
  compile_cxx peer_shared_ptr &&
    compile measure peer_list barrier-contended &&
    link_cxx barrier-contended measure peer_list peer_shared_ptr
}
draw() { draw_ratios 1; }
