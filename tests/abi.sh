#!/bin/sh
# Programs that were made for the last release run with this library: it shows the same functions and objects, which take
# the same types; more may have come. tests/abi has what the last release shows, libxlgc.abi.xz and the languages', for
# x86-64. With another number in the libraries' names (library_* in configure.ac) all may be different.
#   --renew   writes these files, from this build: `make abi`, for a release
: "${top_srcdir:=.}" "${top_builddir:=.}"
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }
for tool in abidw abidiff xz; do
  command -v $tool >/dev/null || { echo "skipped: there is no $tool (Debian: abigail-tools, xz-utils)"; exit 77; }
done
[ "$(uname -m)" = x86_64 ] || { echo "skipped: the files of tests/abi are for x86-64"; exit 77; }
[ -z "$SANITIZER_FLAGS" ] || { echo "skipped: sanitizers change what a library shows"; exit 77; }
test -e "$top_builddir/.libs/libxlgc.so" || { echo "skipped: there is no shared library"; exit 77; }
readelf -S "$top_builddir/.libs/libxlgc.so" 2>/dev/null | grep -q debug_info || { echo "skipped: it was built without -g"; exit 77; }

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
number=$(sed -n 's/^#define XLGC_SONAME_NUMBER "\(.*\)"/\1/p' "$top_builddir/config.h")
compared=0
for name in libxlgc libxlgc-lua libxlgc-python libxlgc-mozjs libxlgc-duktape; do
  library=$top_builddir/.libs/$name.so
  last=$top_srcdir/tests/abi/$name.abi.xz
  test -e "$library" || { echo "not compared: $name was not built"; continue; }
  if [ "$1" = --renew ]; then
    abidw --no-comp-dir-path --no-corpus-path --no-elf-needed "$library" >"$work/$name.abi" || exit 1
    # Places in files are this machine's.
    sed -i "s/ filepath='[^']*\/\(include\/xlgc[^']*\)'/ filepath='\1'/; s/ comp-dir-path='[^']*'//" "$work/$name.abi"
    xz -9 -c "$work/$name.abi" >"$last" && echo "$last"
    continue
  fi
  xz -dc "$last" >"$work/$name.abi" || { echo "$last cannot be read"; status=1; continue; }
  compared=$((compared + 1))
  abidiff --no-added-syms --suppressions "$top_srcdir/tests/abi/inside" --headers-dir1 "$top_srcdir/include" \
    --headers-dir2 "$top_srcdir/include" "$work/$name.abi" "$library" >"$work/differences" 2>&1
  differs=$?
  [ $differs != 0 ] || continue
  grep -q "soname='$name.so.$number'" "$work/$name.abi" || { echo "$name: another one, with another number: $number"; continue; }
  cat "$work/differences"
  echo "$name: programs that were made for the last release would not run with it. Keep what they use; or, where that"
  echo "cannot be, change library_* in configure.ac as it says there. Before the first release: make abi"
  status=1
done
[ "$1" != --renew ] || exit 0

# A function that is gone, and a struct that is laid out otherwise, are noticed.
library=$top_builddir/.libs/libxlgc.so
moved="/<data-member/{N;/'watchdog_ns'/s/offset-in-bits='[0-9]*'/offset-in-bits='8'/}"
for change in "s/\([' ]\)xlgc_flush'/\1xlgc_flushed'/g" "$moved"; do
  xz -dc "$top_srcdir/tests/abi/libxlgc.abi.xz" | sed "$change" >"$work/changed.abi"
  ! abidiff --no-added-syms --suppressions "$top_srcdir/tests/abi/inside" --headers-dir1 "$top_srcdir/include" \
    --headers-dir2 "$top_srcdir/include" "$work/changed.abi" "$library" >"$work/differences" 2>&1 ||
    { echo "not noticed: $change"; status=1; }
done
[ $compared -gt 0 ] || { echo "nothing was compared"; status=1; }
exit $status
