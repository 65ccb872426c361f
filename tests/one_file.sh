#!/bin/sh
# The core of the library as one file, made by lib/amalgamate.pl: without a warning, and without a configured build, it
# compiles with gcc, clang and musl-gcc, where they are; it has the licences of what is in it; the example of the manual
# runs with it, so does a worker beside other threads, and the corpus of traces, against the model. ONE_FILE_COMPILERS:
# others, each with an emulator behind a colon if its programs need one; tests/run --ports has the one for Windows.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }
command -v perl >/dev/null || { echo "skipped: there is no perl"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'end_emulator; rm -rf "$work"' EXIT
end_emulator() { test ! -d "$work/wine" || wineserver -k 2>/dev/null || :; }
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

# Its system is its own: an emulator of Windows keeps what it calls home here, too.
WINEPREFIX=$work/wine WINEDEBUG=-all
export WINEPREFIX WINEDEBUG
mkdir "$work/hash"
cp "$uthash"/ut*.h "$work/hash"

traces=
for trace in "$top_srcdir"/tests/corpus/*.trace; do
  traces="$traces $trace"
  echo "trace $trace"
  cat "${trace%.trace}.expected"
done >"$work/all-expected"
[ "$(grep -c '^trace ' "$work/all-expected")" -gt 10 ] || fail "there are too few traces"

# ran PROGRAM ARGUMENT...: what it prints, with ends of lines as here.
ran() {
  # shellcheck disable=SC2086 # none, or a command
  timeout 600 $emulator "$@" >"$work/printed" 2>"$work/errors"
  ended=$?
  tr -d '\r' <"$work/printed"
  return $ended
}

tried=
for entry in ${ONE_FILE_COMPILERS-gcc clang musl-gcc}; do
  compiler=${entry%%:*} emulator= flags=
  case $entry in *:*) emulator=${entry#*:} flags=-static ;; esac
  command -v $compiler >/dev/null || { echo "not tried: there is no $compiler"; continue; }
  test -z "$emulator" || command -v "$emulator" >/dev/null || { echo "not tried: there is no $emulator"; continue; }
  echo "$compiler"
  tried=yes
  $compiler -O2 -Wall -Wextra -Werror -c "$work/xlgc.c" -o "$work/xlgc.o" || { fail "$compiler"; continue; }
  $compiler -O2 -Wall -Wextra -Werror -I"$work" "$work/first.c" "$work/xlgc.o" -o "$work/first.exe" $flags -pthread &&
    ran "$work/first.exe" | diff "$work/expected" - || fail "$compiler: the example"
  $compiler -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -I"$work" "$top_srcdir/tests/single/worker.c" "$work/xlgc.o" \
    -o "$work/worker.exe" $flags -pthread && test "$(ran "$work/worker.exe")" = '4000 were released' || fail "$compiler: the worker"
  # shellcheck disable=SC2086 # a list
  $compiler -O2 -D_GNU_SOURCE -D__USE_MINGW_ANSI_STDIO=1 -I"$work" -I"$work/tool" -I"$top_srcdir/lib/tool" -idirafter "$work/hash" \
    "$top_srcdir/tests/single/replay.c" $tool "$work/xlgc.o" -o "$work/replay.exe" $flags -pthread || { fail "$compiler"; continue; }
  for setting in certified exact; do
    ran "$work/replay.exe" $setting $traces >"$work/out"
    [ $? -le 1 ] || { cat "$work/errors"; fail "$compiler, $setting: it ended otherwise than with 0 or 1"; }
    sed 's/ touched=[0-9]*//' "$work/out" | diff "$work/all-expected" - || fail "$compiler, $setting: the traces"
  done
done
[ -n "$tried" ] || { echo "skipped: there is no compiler that it is tried with"; exit 77; }
exit $status
