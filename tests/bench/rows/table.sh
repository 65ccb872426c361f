# The link table by itself: insert, find, walk and delete, against other tables that can be walked from both ends.
# Judy is as its manual page has it, uthash and utlist as their guides.
packages="libjudy-dev"
peers="two global digital search trees, in one array; Judy"
peers="$peers $(dpkg-query -W -f '${Version}' libjudy-dev 2>/dev/null); uthash $(uthash_version)"
build() {
  compile measure table_xlgc peer_digital peer_judy peer_uthash table &&
    gcc -o "$objects/table" "$objects/measure.o" "$objects/table_xlgc.o" "$objects/peer_digital.o" \
      "$objects/peer_judy.o" "$objects/peer_uthash.o" "$objects/table.o" "$build/.libs/libxlgc.a" -lJudy
}
# All of them on huge pages: those of the other tables are glibc's.
run_row() { GLIBC_TUNABLES=glibc.malloc.hugetlb=1 "$objects/table" $quick; }
draw() { draw_ratios 1; }
