# How long a program stops while collections come by themselves: the longest stop, beside xlgc.collect() and own collections.
packages="g++ python3 $(language_packages lua python mozjs duktape)"
peers="each engine's own full collection and xlgc.collect(), in the same process; else a bound"
# shellcheck source=/dev/null
. "$bench/rows/hosts.inc"
build() { build_hosts && build_python; }
draw() { draw_ratios 1; }
# shellcheck disable=SC2086 # $quick may be empty
run_row() { run_python "$bench/stops.py" $quick; }
