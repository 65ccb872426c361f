#!/bin/sh
# The core of the library as one file, made by lib/amalgamate.pl: without a warning, and without a configured build, it
# compiles with gcc, clang and musl-gcc, where they are; it has the licences of what is in it; the example of the manual
# runs with it, and so does the corpus of traces, against the model.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }
command -v perl >/dev/null || { echo "skipped: there is no perl"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
fail() { echo "$*"; status=1; }

make -s -C "$top_builddir" one-file ONE_FILE="$work" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
grep -q 'Permission is hereby granted, free of charge' "$work/xlgc.c" || fail "xlgc.c has no licence of xlgc"
grep -q 'Troy D. Hanson' "$work/xlgc.c" || fail "xlgc.c has no licence of uthash"
grep -q 'Permission is hereby granted, free of charge' "$work/xlgc.h" || fail "xlgc.h has no licence"
included=$(sed -n 's/^ *# *include *"\(.*\)".*/\1/p' "$work/xlgc.c" "$work/xlgc.h" | sort -u)
[ "$included" = xlgc.h ] || fail "it includes files of the project: $included"

awk '/^\.Sh/ { example = $2 == "EXAMPLES" } /^\.Ed/ { code = 0 } example && code; /^\.Bd/ { code = 1 }' \
  "$top_srcdir/doc/xlgc.3" | sed 's/\\e/\\/g' >"$work/first.c"
printf '%s cleans up\n' window title >"$work/expected"
mkdir "$work/tool"
: >"$work/tool/config.h"
uthash=$(echo '#include <uthash.h>' | $CC -E - | sed -n 's|^# 1 "\(.*\)/uthash\.h".*|\1|p')
tool=
for part in replay check model names trace; do tool="$tool $top_srcdir/lib/tool/$part.c"; done

tried=
for compiler in gcc clang musl-gcc; do
  command -v $compiler >/dev/null || { echo "not tried: there is no $compiler"; continue; }
  echo "$compiler"
  tried=yes
  $compiler -O2 -Wall -Wextra -Werror -c "$work/xlgc.c" -o "$work/xlgc.o" || { fail "$compiler"; continue; }
  $compiler -O2 -Wall -Wextra -Werror -I"$work" "$work/first.c" "$work/xlgc.o" -o "$work/first" -pthread &&
    timeout 60 "$work/first" | diff "$work/expected" - || fail "$compiler: the example"
  # shellcheck disable=SC2086 # a list
  $compiler -O2 -D_GNU_SOURCE -I"$work" -I"$work/tool" -I"$top_srcdir/lib/tool" -idirafter "$uthash" \
    "$top_srcdir/tests/single/replay.c" $tool "$work/xlgc.o" -o "$work/replay" -pthread || { fail "$compiler"; continue; }
  traces=0
  for trace in "$top_srcdir"/tests/corpus/*.trace; do
    for setting in certified exact; do
      timeout 600 "$work/replay" $setting "$trace" >"$work/out" 2>/dev/null
      [ $? -le 1 ] || fail "$compiler, $setting: $trace"
      sed 's/ touched=[0-9]*//' "$work/out" | diff - "${trace%.trace}.expected" || fail "$compiler, $setting: $trace"
      traces=$((traces + 1))
    done
  done
  [ $traces -gt 20 ] || fail "only $traces traces were run"
done
[ -n "$tried" ] || { echo "skipped: there is no compiler that it is tried with"; exit 77; }
exit $status
