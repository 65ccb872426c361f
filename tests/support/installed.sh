# Sourced by tests of what is installed: leaves where that cannot be, or installs it in $work/root, which lasts as long
# as the test, and tells pkg-config. $root and $installed are that folder and the one of the libraries in it; $languages
# those that were built, $number the one in the names of their libraries; $status is what the test ends with.
# shellcheck shell=sh disable=SC2034 # for those that source this
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}" "${CXX:=c++}" "${PKG_CONFIG:=pkg-config}"
: "${libdir:=/usr/local/lib}" "${pkgconfigdir:=$libdir/pkgconfig}" "${luaexecdir:=$libdir/lua/5.4}"
PYTHON_VERSION=$(sed -n 's/^PYTHON_VERSION=//p' "$top_srcdir/configure.ac")
: "${PYTHON:=/usr/bin/python$PYTHON_VERSION}" "${xlgcpythondir:=$libdir/python$PYTHON_VERSION/dist-packages/xlgc}"
[ -z "$SANITIZER_FLAGS" ] || { echo "skipped: programs without sanitizers cannot load libraries that have them"; exit 77; }
test -f "$top_builddir/libxlgc.la" || { echo "skipped: the library is not built here"; exit 77; }
command -v "$PKG_CONFIG" >/dev/null || { echo "skipped: there is no pkg-config"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL LUA_CPATH LUA_CPATH_5_4 PYTHONPATH PYTHONHOME
export LUA_INIT='' PYTHONDONTWRITEBYTECODE=1 # what is installed stays as it is
make -C "$top_builddir" install DESTDIR="$work/installed" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cp -R "$work/installed" "$work/root"
root=$work/root
status=0
complain() { echo "$*"; status=1; }

# Where the libraries say nothing of their own place, the tests do.
installed=$root$libdir
if grep -q '^BESIDE_LDFLAGS = *$' "$top_builddir/Makefile"; then
  export LD_LIBRARY_PATH="$installed${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
else
  unset LD_LIBRARY_PATH
fi

# The places that the packages' files name, moved.
for file in "$root$pkgconfigdir"/xlgc*.pc; do
  sed "s|^\([a-z_]*\)=/|\1=$root/|" "$file" >"$work/moved.pc"
  cp "$work/moved.pc" "$file"
done
export PKG_CONFIG_PATH="$root$pkgconfigdir${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"

number=$(sed -n 's/^#define XLGC_SONAME_NUMBER "\(.*\)"/\1/p' "$top_builddir/config.h")
languages=
for language in lua python mozjs duktape; do
  test ! -f "$top_builddir/libxlgc-$language.la" || languages="$languages $language"
done

# as_a_user: from here on `cc`, `c++` and `python3` are those of the build, and all finds what is installed, as if it were
# in the system's own folders.
as_a_user() {
  mkdir "$work/bin"
  printf '#!/bin/sh\nexec %s "$@"\n' "$CC" >"$work/bin/cc"
  printf '#!/bin/sh\nexec %s "$@"\n' "$CXX" >"$work/bin/c++"
  printf '#!/bin/sh\nexec %s "$@"\n' "$PYTHON" >"$work/bin/python3"
  chmod +x "$work"/bin/*
  command=$(find "$root" -type f -path '*/bin/xlgc')
  export PATH="$work/bin:${command%/xlgc}:$PATH" LD_LIBRARY_PATH="$installed${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  export PYTHONPATH="$root${xlgcpythondir%/xlgc}" LUA_CPATH="$root$luaexecdir/?.so;;"
}

# lacking LANGUAGE-OR-COMMAND-OR-PACKAGE...: the first of these that is not here.
lacking() {
  for needed; do
    case $needed in
    lua | python | mozjs | duktape) case " $languages " in *" $needed "*) ;; *) echo "$needed"; return ;; esac ;;
    *.pc) $PKG_CONFIG --exists "${needed%.pc}" || { echo "$needed"; return; } ;;
    *) command -v "$needed" >/dev/null || { echo "$needed"; return; } ;;
    esac
  done
}
