#!/bin/sh
# shellcheck disable=SC2046 # what pkg-config says are several words
# An installed xlgc serves a program that knows only `pkg-config xlgc`, shared and static; and uninstall leaves nothing.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}" "${PKG_CONFIG:=pkg-config}" "${libdir:=/usr/local/lib}"
: "${pkgconfigdir:=$libdir/pkgconfig}"
test -f "$top_builddir/libxlgc.la" || { echo "skipped: the library is not built here"; exit 77; }
command -v "$PKG_CONFIG" >/dev/null || { echo "skipped: there is no pkg-config"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
unset MAKEFLAGS MFLAGS MAKELEVEL
make -C "$top_builddir" install DESTDIR="$root" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

PKG_CONFIG_PATH=$root$pkgconfigdir
PKG_CONFIG_SYSROOT_DIR=$root
PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1
PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS

# The program is the example of the manual.
awk '/^\.Sh/ { example = $2 == "EXAMPLES" } /^\.Ed/ { code = 0 } example && code; /^\.Bd/ { code = 1 }' \
  "$top_srcdir/doc/xlgc.3" | sed 's/\\e/\\/g' >"$work/first.c"
printf '%s cleans up\n' window title >"$work/expected"

tried=
if [ -e "$root$libdir/libxlgc.so" ]; then
  echo "shared"
  $CC $($PKG_CONFIG --cflags xlgc) -o "$work/shared" "$work/first.c" $($PKG_CONFIG --libs xlgc)
  LD_LIBRARY_PATH="$root$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$work/shared" >"$work/output"
  diff "$work/expected" "$work/output"
  tried=yes
fi
if [ -e "$root$libdir/libxlgc.a" ]; then
  echo "static"
  rm -f "$root$libdir"/libxlgc.so*
  $CC $($PKG_CONFIG --cflags xlgc) -o "$work/static" "$work/first.c" $($PKG_CONFIG --libs --static xlgc)
  "$work/static" >"$work/output"
  diff "$work/expected" "$work/output"
  tried=yes
fi
test -n "$tried" || { echo "neither libxlgc.so nor libxlgc.a was installed in $libdir"; exit 1; }

make -C "$top_builddir" uninstall DESTDIR="$root" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
left=$(find "$root" ! -type d)
test -z "$left" || { echo "uninstall left: $left"; exit 1; }
