# What objects of other languages cost: calls, holding, a collection of three engines, rings through them.
packages="g++ $(language_packages lua python mozjs)"
peers="a binding of Lua and Python by hand, with pins; each engine's own full collection:"
peers="$peers Lua $(pkg-config --modversion lua5.4 2>/dev/null), CPython $(pkg-config --modversion python3-embed 2>/dev/null),"
peers="$peers SpiderMonkey $(pkg-config --modversion mozjs-102 2>/dev/null)"
# shellcheck source=/dev/null
. "$bench/rows/hosts.inc"
build() {
  build_hosts || return 1
  for source in hosts peer_pins; do
    # shellcheck disable=SC2046 # a list
    g++ -std=c++17 -O2 -Wall -Wextra -pthread -I"$top/include" -I"$hosts/include" \
      $(pkg-config --cflags lua5.4 python3-embed) -c "$bench/$source.cc" -o "$objects/$source.o" || return 1
  done
  # shellcheck disable=SC2046 # a list
  g++ -pthread -o "$objects/hosts" "$objects/hosts.o" "$objects/peer_pins.o" "$objects/measure.o" \
    -L"$hosts/.libs" -Wl,-rpath,"$hosts/.libs" -lxlgc-lua -lxlgc-python -lxlgc-mozjs -lxlgc \
    $(pkg-config --libs lua5.4 python3-embed)
}
draw() { draw_ratios 1; }
