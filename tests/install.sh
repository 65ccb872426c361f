#!/bin/sh
# shellcheck disable=SC2046 # what pkg-config says are several words
# An installed xlgc serves a program that knows only `pkg-config xlgc`, shared and static; each language's header,
# library, manual page and module are in their places, and stock interpreters use the modules; and uninstall leaves nothing.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}" "${PKG_CONFIG:=pkg-config}" "${libdir:=/usr/local/lib}"
: "${pkgconfigdir:=$libdir/pkgconfig}"
PYTHON_VERSION=$(sed -n 's/^PYTHON_VERSION=//p' "$top_srcdir/configure.ac")
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

# What belongs to each language that was built.
include=$root$($PKG_CONFIG --variable=includedir xlgc | sed "s|^$root||")
missing=
suffix=.so
expect() {
  for file; do test -e "$file" || { echo "not installed: ${file#"$root"}"; missing=yes; }; done
}
expect "$include/xlgc.h" "$include/xlgc.hpp" "$include/xlgc/version.h" "$include/xlgc/inline.h" "$include/xlgc/cpp.h" \
  "$include/xlgc/host.h" \
  "$include/xlgc/bridge.h" "$include/xlgc/script.hpp" "$include/xlgc/values.hpp" \
  "$include/xlgc/scriptable.hpp" "$include/xlgc/convert.hpp" "$include/xlgc/members.hpp"
for language in lua python mozjs duktape; do
  test -f "$top_builddir/libxlgc-$language.la" || { echo "not built: libxlgc-$language"; continue; }
  echo "$language"
  expect "$include/xlgc/$language.h" "$root$libdir/libxlgc-$language.la"
  test -e "$root$libdir/libxlgc-$language.so" || expect "$root$libdir/libxlgc-$language.a"
  found=$(find "$root" -name "xlgc-$language.3")
  test -n "$found" || { echo "not installed: xlgc-$language.3"; missing=yes; }
  test -e "$root$libdir/libxlgc.so" || continue
  expect "$root$libdir/libxlgc-$language.so.0" # what xlgc_language_start loads
  case $language in
  lua) expect "$root$libdir/lua/5.4/xlgc.so" ;;
  python)
    suffix=$(sed -n 's/^PYTHON_EXT_SUFFIX = //p' "$top_builddir/Makefile")
    package=$root$libdir/python$PYTHON_VERSION/dist-packages/xlgc
    expect "$package/__init__$suffix" "$package/__init__.pyi" "$package/py.typed"
    ;;
  esac
done
test -z "$missing" || exit 1

# The stock interpreters, each of which starts the other language where it is there.
interpreter() {
  if [ -n "$SANITIZER_FLAGS" ]; then
    echo "not tried: $1 cannot load a module with sanitizers"
  elif ! command -v "$1" >/dev/null; then
    echo "not tried: there is no $1"
  else
    echo "in $1"
    LD_LIBRARY_PATH="$root$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$@"
  fi
}
if [ -e "$root$libdir/lua/5.4/xlgc.so" ]; then
  other=lua
  test ! -e "$root$libdir/libxlgc-python.so.0" || other=python
  LUA_INIT='' LUA_CPATH="$root$libdir/lua/5.4/?.so" interpreter lua5.4 -e "
    local xlgc = require 'xlgc'
    local held = xlgc.new {x = 1}
    assert(held.x == 1 and xlgc.collect() >= 0 and xlgc.open('$other').eval('6 * 7') == 42)"
fi
if [ -e "$root$libdir/python$PYTHON_VERSION/dist-packages/xlgc/__init__$suffix" ]; then
  other=mozjs
  test ! -e "$root$libdir/libxlgc-lua.so.0" || other=lua
  PYTHONPATH="$root$libdir/python$PYTHON_VERSION/dist-packages" PYTHONDONTWRITEBYTECODE=1 \
    interpreter "${PYTHON:-/usr/bin/python$PYTHON_VERSION}" -c "
import xlgc
assert xlgc.__file__.startswith('$root'), xlgc.__file__
assert xlgc.new(x=1).x == 1 and xlgc.collect() >= 0
assert '$other' == 'mozjs' or xlgc.open('lua').eval('6 * 7') == 42"
fi

# Without a warning, in each standard that it can be written in.
for standard in "-std=c99" "-std=c11 -pedantic"; do
  echo "$standard"
  $CC $standard -O2 -Wall -Wextra -Wconversion -Werror $($PKG_CONFIG --cflags xlgc) -c -o "$work/first.o" "$work/first.c"
done

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
