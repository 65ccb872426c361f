# What an event costs in all, applied, with 1 to 8 threads on one pool, against one locked list.
packages=""
peers="malloc + mutex list: $(libc_version); its worker counts pairs with uthash $(uthash_version)"
build() {
  compile measure peer_list threads &&
    link_c threads measure peer_list
}
draw() { draw_curve "events applied" "threads" "ns per event"; }
