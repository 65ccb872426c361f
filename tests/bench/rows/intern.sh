# What hash-consing of strings costs, against a table with finalizers upon the same library, and Boehm's collector.
# Debian builds libgc with the disclaim facility; where it was left out, linking fails.
packages="libgc-dev"
peers="finalizer table: uthash $(uthash_version), mutex and xlgc_weak; bdwgc disclaim: libgc"
peers="$peers $(pkg-config --modversion bdw-gc 2>/dev/null), all its locks taken"
build() {
  compile measure peer_finalizer peer_disclaim intern &&
    gcc -pthread -o "$objects/intern" "$objects/measure.o" "$objects/peer_finalizer.o" "$objects/peer_disclaim.o" \
      "$objects/intern.o" "$build/.libs/libxlgc.a" -lgc
}
draw() { draw_ratios 1; }
