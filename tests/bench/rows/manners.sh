# What others in the process have to wait for: the longest call while tables grow, other threads, interrupts.
packages="g++ python3 python3-lupa $(language_packages lua python mozjs duktape)"
peers="lupa $(dpkg-query -W -f '${Version}' python3-lupa 2>/dev/null), where it has the same; else a bound"
# shellcheck source=/dev/null
. "$bench/rows/hosts.inc"
build() {
  build_hosts && build_python || return 1
  # shellcheck disable=SC2046 # a list
  g++ -std=c++17 -O2 -Wall -Wextra -pthread -I"$top/include" -I"$hosts/include" $(pkg-config --cflags lua5.4) \
    -o "$objects/manners" "$bench/manners.cc" "$objects/measure.o" -L"$hosts/.libs" -Wl,-rpath,"$hosts/.libs" \
    -lxlgc-lua -lxlgc $(pkg-config --libs lua5.4)
}
draw() { draw_ratios 1; }
run_row() {
  "$objects/manners" $quick || return 1
  # shellcheck disable=SC2086 # $quick may be empty
  run_python "$bench/manners.py" $quick
}
