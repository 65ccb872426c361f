# binary-trees and GCBench, short-lived objects in trees, against malloc and free, std::shared_ptr, Boehm's collector.
packages="g++ libgc-dev"
peers="bdwgc: libgc $(pkg-config --modversion bdw-gc 2>/dev/null); malloc of $(libc_version)"
peers="$peers; std::shared_ptr of libstdc++ $(version_of g++)"
build() {
  compile_cxx peer_shared_ptr trees_shared_ptr &&
    compile measure trees trees_own trees_own_pins trees_malloc trees_boehm &&
    g++ -pthread -o "$objects/trees" "$objects/measure.o" "$objects/trees.o" "$objects/trees_own.o" \
      "$objects/trees_own_pins.o" "$objects/trees_malloc.o" "$objects/trees_boehm.o" "$objects/trees_shared_ptr.o" \
      "$objects/peer_shared_ptr.o" "$build/.libs/libxlgc.a" -lgc
}
draw() { draw_ratios 1; }
