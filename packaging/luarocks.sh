#!/bin/sh
# sh packaging/luarocks.sh build PREFIX
# sh packaging/luarocks.sh install PREFIX LIBDIR
#
# What `luarocks make` calls in the folder of the sources: builds in build/luarocks, then puts the libraries into the
# rock's own folder PREFIX, and the module, which finds them there, where luarocks takes it from. Each language is in it
# whose development package is found.
set -e
action=$1 prefix=$2 libdir=$3
top=$PWD
unset MAKEFLAGS DESTDIR
lib=$prefix/xlgc/lib
there="LUA_MODULE_LDFLAGS=-Wl,--enable-new-dtags -Wl,-rpath,'$lib'"
case $action in
build)
  test -x configure || sh bootstrap
  mkdir -p build/luarocks
  cd build/luarocks
  "$top/configure" --prefix="$prefix/xlgc" --libdir="$lib" --disable-static --with-lua=yes
  make -j"$(nproc 2>/dev/null || echo 1)" "$there" noinst_PROGRAMS=
  ;;
install)
  cd build/luarocks
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  make install-strip "$there" noinst_PROGRAMS= DESTDIR="$root"
  mkdir -p "$lib" "$libdir"
  for library in "$root$lib"/libxlgc*.so.*; do
    case $library in *.so.*.*) ;; *) cp -L "$library" "$lib" ;; esac
  done
  cp "$root$lib/lua/5.4/xlgc.so" "$libdir"
  ;;
*)
  sed -n '2,3s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
