# What one use of another language's object costs: times, instructions and locks, against a binding by hand.
packages="g++ valgrind $(language_packages lua python)"
peers="a binding of Lua and Python, and of a C++ class in Lua, by hand, with pins; instructions by valgrind"
peers="$peers $(valgrind --version 2>/dev/null | sed 's/^valgrind-//')"
# shellcheck source=/dev/null
. "$bench/rows/hosts.inc"
build() {
  build_hosts || return 1
  for source in border peer_border; do
    # shellcheck disable=SC2046 # a list
    g++ -std=c++17 -O2 -Wall -Wextra -pthread -I"$top/include" -I"$hosts/include" \
      $(pkg-config --cflags lua5.4 python3-embed) -c "$bench/$source.cc" -o "$objects/$source.o" || return 1
  done
  # shellcheck disable=SC2046 # a list
  g++ -pthread -o "$objects/border" "$objects/border.o" "$objects/peer_border.o" "$objects/measure.o" \
    -L"$hosts/.libs" -Wl,-rpath,"$hosts/.libs" -lxlgc-lua -lxlgc-python -lxlgc \
    $(pkg-config --libs lua5.4 python3-embed) -ldl
}
# callgrind's parts are in the order of the lines that the program prints: for each use xlgc's, then the peer's. It ends
# with one more part, of the program's end.
count_instructions() {
  rm -f "$objects"/border.callgrind*
  valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$objects/border.callgrind" \
    "$objects/border" --counted >"$objects/border.counted" 2>"$objects/border.valgrind" || return 1
  number=0
  while IFS='	' read -r name which times; do
    number=$((number + 1))
    sum=$(sed -n 's/^totals: //p' "$objects/border.callgrind.$number")
    printf '%s\t%s\t%s\t%s\n' "$name" "$which" "$times" "${sum:-0}"
  done <"$objects/border.counted" | awk -F '\t' -v OFS='\t' '
    $2 == "xlgc" { own = $4 / $3; next }
    { print "border", $1 ", instructions", $3, "instr/use", own, own, own, "pins, by hand", $4 / $3, $4 / $3, $4 / $3, 0, 0 }'
}
# shellcheck disable=SC2086 # no or one option
run_row() { "$objects/border" $quick && count_instructions; }
draw() { draw_ratios 1; }
