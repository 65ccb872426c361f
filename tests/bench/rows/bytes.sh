# What a link and an object cost in memory, all in, against 32 bytes a link and what std::shared_ptr adds to a chain.
packages="g++"
peers="32 bytes a link: the original proposal's framework with 32-bit pointers, a figure on paper"
peers="$peers; std::shared_ptr of libstdc++ $(version_of g++)"
build() {
  compile_cxx peer_bytes && g++ -o "$objects/peer_bytes" "$objects/peer_bytes.o" &&
    compile bytes &&
    link_c bytes
}
# Segments that are not full and the directory are 0.6 percent of 10^7 links: of the target that much may be lacking.
run_row() {
  n=10000000
  [ -z "$quick" ] || n=1000000
  "$objects/bytes" --lines $n >"$objects/bytes.lines" || return 1
  counted=$("$objects/peer_bytes" $n) || return 1
  awk -F '\t' -v OFS='\t' -v counted="$counted" '
    function show(what, own, peer, bytes, target) {
      print "bytes", what ", " $1, $2, "B", own, own, own, peer, bytes, bytes, bytes, target, 0.01
    }
    NF != 6 { exit 1 }
    {
      show("link", $3, "32 bytes", 32, 1)
      show("object+link", $3 + $4, "shared_ptr", counted, 0)
      show("pool", $5, "shared_ptr", counted, 0)
      show("peak", $6, "shared_ptr", counted, 0)
    }' "$objects/bytes.lines" || return 1
  # What is held for each object that lives, when a random one in a hundred has survived a peak.
  "$objects/bytes" --peak $((n / 10)) >"$objects/bytes.peak" || return 1
  awk -F '\t' -v OFS='\t' '
    function show(what, own, peak) {
      print "bytes", what ", " $1, $2, "B", own, own, own, "at the peak", peak, peak, peak, 0, 0
    }
    NF != 4 { exit 1 }
    NR == 1 { tables = $3; resident = $4; next }
    { show("tables", $3, tables); show("resident", $4, resident) }' "$objects/bytes.peak"
}
draw() { draw_ratios 1; }
