# How far a change reaches: links touched per event, as there are more objects, and where exact distances are kept.
packages=""
peers="xlgc itself, at the least n, which is to be reached up to a growth of 1.3; its exact setting"
build() {
  compile locality &&
    link_c locality
}
# The exact setting touches so many that quick runs have it at the least n only, where no target is set.
run_row() {
  lines=$objects/locality.lines
  if [ -n "$quick" ]; then
    "$objects/locality" --lines --quick >"$lines" || return 1
    awk -f "$bench/locality.awk" -v exact_target=0 "$lines"
  else
    for n in 1000 10000 100000 1000000; do
      "$objects/locality" --lines --n $n --setting certified || return 1
    done >"$lines"
    "$objects/locality" --lines --n 10000 --setting exact >>"$lines" || return 1
    awk -f "$bench/locality.awk" -v exact_target=100 "$lines"
  fi
}
draw() { draw_ratios 1; }
