#!/bin/sh
# The schedule enumerator finds out a library in which a rule is missing: makes each edit of tests/schedule/broken.txt in a
# copy of the file, links tests/schedules with it, and wants its scenario to fail.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
list=$top_srcdir/tests/schedule/broken.txt

case $CC in *-fsanitize*) echo "skipped: coroutines and sanitizers do not go together"; exit 77 ;; esac
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }
# Those whose source is there: an older build may have left others.
objects=
for object in "$top_builddir"/lib/*/tests_schedules-*.o "$top_builddir"/lib/hosts/core/tests_schedules-*.o \
  "$top_builddir"/tests/schedule/schedules-*.o "$top_builddir"/tests/schedules-*.o \
  "$top_builddir"/tests/schedule/tests_schedules-*.o "$top_builddir"/tests/tests_schedules-*.o; do
  source=$(echo "${object#"$top_builddir"/}" | sed 's/[a-z_]*schedules-\([a-z_]*\)\.o$/\1.c/')
  [ -f "$object" ] && [ -f "$top_srcdir/$source" ] && objects="$objects $object"
done
[ -n "$objects" ] || { echo "skipped: tests/schedules was not built"; exit 77; }

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
count=0

# try SCENARIO RULE FILE TEXT INSTEAD
try() {
  FROM=$4 TO=$5 perl -0pe '$n = s/\Q$ENV{FROM}\E/$ENV{TO}/; END { exit($n ? 0 : 1) }' "$top_srcdir/$3" >"$work/edited.c" ||
    { echo "$3 has no \"$4\" any more"; return 1; }
  object=$(dirname "$3")/tests_schedules-$(basename "$3" .c).o
  # shellcheck disable=SC2086 # lists
  $CC -std=gnu11 -w -I"$top_builddir" -I"$top_srcdir" -I"$top_srcdir/include" -I"$top_builddir/include" -I"$top_srcdir/lib" \
    -DXLGC_BUILDING -DXLGC_SCHEDULES -include "$top_srcdir/tests/schedule/invariants.h" -c "$work/edited.c" -o "$work/edited.o" &&
    $CC "$work/edited.o" $(echo "$objects" | tr ' ' '\n' | grep -v "/$object\$") "$top_builddir"/tests/.libs/libsupport.a \
      $CHECK_LIBS -lpthread -o "$work/schedules" || { echo "$3 does not build with \"$5\""; return 1; }
  SCHEDULE=$1 timeout "${CK_DEFAULT_TIMEOUT:-600}" "$work/schedules" >"$work/out" 2>&1 && { echo "not found out: $2"; return 1; }
  grep -q "SCHEDULE=$1:[0-9]" "$work/out" || { echo "$1 fails without a schedule:"; tail -n 20 "$work/out"; return 1; }
  echo "found out: $2 ($(grep -o "SCHEDULE=$1:[^ ]*" "$work/out" | head -n 1))"
}

while IFS= read -r line; do
  case $line in '' | '#'*) continue ;; esac
  count=$((count + 1))
  scenario=${line%% | *} rest=${line#* | }
  rule=${rest%% | *} rest=${rest#* | }
  file=${rest%% | *} rest=${rest#* | }
  try "$scenario" "$rule" "$file" "${rest%% | *}" "${rest#* | }" || status=1
done <"$list"
[ $count -gt 0 ] || { echo "no rule in $list"; exit 1; }
exit $status
