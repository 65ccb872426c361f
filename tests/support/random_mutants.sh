#!/bin/sh
# sh tests/support/random_mutants.sh [N [SEED]]
#
# Breaks N random places of the core (100), one at a time, and wants a test to notice: a negated condition, a statement
# dropped, < for <=, + for -, 1 for 0 and the like, as tests/support/mutate.pl finds them. Those that do not compile, and
# those that compile to the same code, are passed over. What nothing notices must be in tests/support/survivors.txt, with a
# reason. The same SEED, which is printed, draws the same ones from the same sources.
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
. "$top/tests/support/mutant_tree.sh"
wanted=${1:-100}
draw=${2:-$(date +%s)}
is_number "$wanted" && is_number "$draw" && [ $# -le 2 ] || usage
survivors=$top/tests/support/survivors.txt
tab=$(printf '\t')

# The library's inside as a shared object that the programs load: a mutant is one file compiled and one link. What
# has a library of its own inside is left out.
copy_tree CFLAGS=-O1 --enable-shared --disable-static
suite=$(sed -n -e 's/^check_tests += //p' -e 's/^cpp_tests += //p' ../tests/local.am | in_suite |
  grep -v -e unit_common -e unit_condense -e api_unloading -e fuzz_trace)
suite=$(in_order "$suite")
make_library || not_built

# compile SOURCE OBJECT
compile() {
  ${CC:-gcc} -DHAVE_CONFIG_H -I. -I../include -Iinclude -I../lib -DXLGC_BUILDING -O1 -w -fPIC -c "$1" -o "$2" >/dev/null 2>&1
}

# Random rounds are few, and as many as always only for what would survive.
export SEED=1
noticed() {
  (export XLGC_NOT_AGAIN=1 && suite_notices 120) && return 0
  echo traces >"$work/noticed"
  traces_notice || suite_notices 600
}

# The reason for a survivor: what stands behind the last tab of its line.
reason() {
  awk -F '\t' -v file="$1" -v what="$2" -v from="$3" -v to="$4" '
    $1 == file && $2 == what && $3 == from && $4 == to { print $5 }' "$survivors"
}

! noticed || fail_unbroken
(cd .. && perl tests/support/mutate.pl lib/base/*.c lib/table/*.c lib/ranks/*.c lib/queue/*.c lib/rounds/*.c \
  lib/pool/*.c lib/api/*.c) >"$work/all" || exit 1
perl -e 'srand shift; my @l = <STDIN>; my @k = map { rand } @l; print @l[sort { $k[$a] <=> $k[$b] } 0 .. $#l]' "$draw" \
  <"$work/all" >"$work/drawn"
echo "$wanted of $(wc -l <"$work/all") mutants, SEED=$draw"

count=0 killed=0 passed_over=0 excused=0 alive=0
while [ $count -lt "$wanted" ] && IFS=$tab read -r file line what from to; do
  object=$(dirname "$file")/.libs/libxlgc_internal_la-$(basename "$file" .c).o
  cp "../$file" "$work/original.c"
  cp "$object" "$work/original.o"
  compile "../$file" "$work/before.o" || exit 1
  LINE=$line FROM=$from TO=$to perl -i -pe 's/\Q$ENV{FROM}\E/$ENV{TO}/ if $. == $ENV{LINE}' "../$file"
  if ! compile "../$file" "$object" || cmp -s "$object" "$work/before.o"; then
    passed_over=$((passed_over + 1))
  else
    count=$((count + 1))
    link_library || exit 1
    if noticed; then
      killed=$((killed + 1))
      echo "$count: $file:$line: $what: $(cat "$work/noticed")"
    elif why=$(reason "$file" "$what" "$from" "$to") && [ -n "$why" ]; then
      excused=$((excused + 1))
      echo "$count: $file:$line: $what: survives: $why"
    else
      alive=$((alive + 1))
      echo "$count: $file:$line: $what: NOTHING NOTICES"
      printf '%s\t%s\t%s\t%s\n' "$file" "$what" "$from" "$to"
    fi
  fi
  cp "$work/original.c" "../$file"
  cp "$work/original.o" "$object"
done <"$work/drawn"
echo "$count mutants: $killed noticed, $excused survive with a reason, $alive without; $passed_over passed over"
[ $alive = 0 ]
