#!/bin/sh
# Searches the models in tests/spin/ to the end. A model's opening comment lists its variants, each a macro: those under
# `variants:` are broken and must be found out, those under `sound:` must hold, like the model itself. REACH, which
# every model has, claims that nothing is released, and must be found out too.
export LC_ALL=C
if [ -n "$top_srcdir" ]; then models=$top_srcdir/tests/spin; else models=$(dirname "$0")/spin; fi
models=$(cd "$models" && pwd) || exit 1
: "${SPIN:=spin}" "${CC:=cc}"

[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }
for tool in "$SPIN" "${CC%% *}"; do
  command -v "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is not installed"; exit 77; }
done

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1
printf 'active proctype p() { skip }\n' >probe.pml
"$SPIN" -a probe.pml >tool.log 2>&1 || { echo "skipped: $SPIN does not run"; exit 77; }
$CC -O2 -DSAFETY -o pan pan.c >tool.log 2>&1 || { echo "skipped: $CC does not compile what $SPIN makes"; exit 77; }

failed=0
complain() { echo "$1"; sed 's/^/    /' "$2"; failed=1; }

listed() { sed -n "s/^ *$2: *//p" "$models/$1.pml"; }

# search MODEL VARIANT WANTED: WANTED is holds or found, VARIANT is `-` for the model itself.
search() {
  rm -f pan pan.* ./*.trail
  cp "$models/$1.pml" . || exit 1
  variant=
  [ "$2" = - ] || variant=-D$2
  "$SPIN" -a $variant "$1.pml" >tool.log 2>&1 || { complain "$1 $2: spin does not accept the model" tool.log; return; }
  optimize=-O2                        # which takes longer than a search that soon finds an error
  [ "$3" = holds ] || optimize=-O0
  $CC $optimize -w -DSAFETY -DCOLLAPSE -DMEMLIM=2000 -o pan pan.c >tool.log 2>&1 ||
    { complain "$1 $2: what spin made does not compile" tool.log; return; }
  ./pan -m100000 >result 2>&1         # the exit status says nothing

  states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' result)
  errors=$(sed -n 's/.*, errors: \([0-9]*\)$/\1/p' result)
  [ -n "$errors" ] && [ -n "$states" ] || { complain "$1 $2: the search gave no result" result; return; }
  if [ "$3" = found ]; then
    if [ "$errors" = 0 ]; then complain "$1 $2: broken, but the search finds no error" result; return; fi
    # Only a claim that is wrong counts, not a model that gets stuck or leaves an array.
    if ! grep -q '^pan:1: assertion violated' result && ! grep -q 'claim violated' result; then
      complain "$1 $2: the error is not a violated assertion" result; return
    fi
  else
    [ "$errors" = 0 ] || { complain "$1 $2: must hold, but the search finds an error" result; return; }
    if grep -q -e 'max search depth too small' -e 'out of memory' -e 'Search not completed' result; then
      complain "$1 $2: the search did not come to its end" result; return
    fi
  fi
  printf '%-10s %-20s %10s states  %s\n' "$1" "$2" "$states" "$3"
}

count=0
for file in "$models"/*.pml; do
  [ -f "$file" ] || { echo "no models in $models"; exit 1; }
  model=$(basename "$file" .pml)
  count=$((count + 1))
  variants=$(listed "$model" variants)
  [ -n "$variants" ] || { echo "$model: lists no variants"; failed=1; }
  for variant in $variants $(listed "$model" sound) REACH; do
    grep -q "^#ifn*def $variant\$" "$file" || { echo "$model $variant: listed, but nothing depends on it"; failed=1; }
  done
  for variant in - $(listed "$model" sound); do search "$model" "$variant" holds; done
  for variant in $variants REACH; do search "$model" "$variant" found; done
done
[ $failed = 0 ] && echo "$count models hold, and all that is broken in them is found"
exit $failed
