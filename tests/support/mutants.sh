#!/bin/sh
# sh tests/support/mutants.sh [TAG...]
# sh tests/support/mutants.sh --sample N [SEED]
#
# Breaks the library in one place after the other (tests/support/mutants.txt) and runs the corpus, generated traces
# and the Check programs against each. A mutant that nothing notices is a hole in the tests: it is listed, and the exit
# status is 1. Takes some minutes; part of tests/run --long.
#   TAG...             only those that break one of these
#   --sample N [SEED]  only N of them; the same ones for the same list and seed, which is 1 if not given
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
mutants=$top/tests/support/mutants.txt
usage() { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
. "$top/tests/support/mutant_tree.sh"

sample=
sample_seed=1
only=
case $1 in
  --sample)
    sample=$2
    [ $# -lt 3 ] || sample_seed=$3
    is_number "$sample" && is_number "$sample_seed" && [ $# -le 3 ] || usage
    ;;
  -*) usage ;;
  *) only=$* ;;
esac

# Prints the mutants to try. A sample is those N lines whose numbers come first when they are mixed with the seed, in the
# order of the list; the mixing is Park and Miller's, exact in the numbers of any awk.
chosen() {
  grep -v -e '^$' -e '^#' "$mutants" | if [ -n "$sample" ]; then
    awk -v seed="$sample_seed" '
      function mixed(n, i) {
        n = (n + seed % 65536 * 30011) % 2147483646 + 1
        for (i = 0; i < 8; i++) n = n * 16807 % 2147483647
        return n
      }
      { print mixed(NR * 7919) "\t" NR "\t" $0 }' | sort -n | head -n "$sample" | sort -t "$(printf '\t')" -k 2n | cut -f 3-
  else
    cat
  fi
}

copy_tree --disable-static
suite=$(in_order "$(sed -n -e 's/^check_tests += //p' -e 's/^cpp_tests += //p' ../tests/local.am | in_suite |
  grep -v fuzz_trace)") # which has the command inside
make_library || not_built

# Does a test of the core notice? Random rounds are few at first.
core_notices() {
  echo traces >"$work/noticed"
  traces_notice || (export XLGC_NOT_AGAIN=1 && suite_notices 120) || suite_notices 600
}

# noticed FILE: of a language, or of what languages share, its tests may be the ones that do.
is_of_language() { case $1 in lib/hosts/lua/* | lib/hosts/python/* | lib/hosts/mozjs/* | lib/hosts/duktape/*) ;; *) return 1 ;; esac; }
noticed() {
  case $1 in
    lib/hosts/*) { ! is_of_language "$1" && core_notices; } || languages_notice "$1" ;;
    *) core_notices ;;
  esac
}

mutate() {
  FROM=$2 TO=$3 perl -0pi -e '$n = s/\Q$ENV{FROM}\E/$ENV{TO}/ ; END { exit($n ? 0 : 1) }' "../$1"
}

! core_notices || fail_unbroken
chosen >"$work/chosen"
[ -z "$sample" ] || echo "a sample of $(wc -l <"$work/chosen") of $(grep -c -v -e '^$' -e '^#' "$mutants") mutants, seed $sample_seed"
alive=0
count=0
skipped=0
while IFS= read -r line; do
  tag=${line%% | *} rest=${line#* | }
  file=${rest%% | *} rest=${rest#* | }
  from=$(printf '%s' "${rest%% | *}" | sed 's/\\|/|/g') to=$(printf '%s' "${rest#* | }" | sed 's/\\|/|/g')
  case " $only " in *" $tag "* | '  ') ;; *) continue ;; esac
  if is_of_language "$file" && copy_languages && [ -f "$work/languages/absent" ]; then
    skipped=$((skipped + 1))
    continue
  fi
  count=$((count + 1))
  [ -z "$sample" ] || echo "$count: $tag $file: \"$to\" for \"$from\""
  cp "../$file" "$work/original"
  if ! mutate "$file" "$from" "$to"; then
    echo "$tag $file: the text \"$from\" is not there any more"
    alive=$((alive + 1))
  elif ! make_library; then
    echo "$tag $file: \"$to\" does not compile"
    tail -n 3 "$work/log"
    alive=$((alive + 1))
  elif ! noticed; then
    echo "$tag $file: nothing notices \"$to\" for \"$from\""
    alive=$((alive + 1))
  fi
  cp "$work/original" "../$file"
  languages_restore "$file"
done <"$work/chosen"
echo "$((count - alive)) of $count mutants noticed"
[ $skipped = 0 ] || echo "$skipped of languages are skipped, as not all of these are there"
[ $alive = 0 ]
