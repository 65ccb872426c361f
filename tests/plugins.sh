#!/bin/sh
# Several shared objects that use xlgc.hpp in one process have one state: a program, a library, and two copies of a
# plug-in, with hidden symbols and with visible ones. What of a plug-in's objects is left when it is unloaded is
# reported by name. A plug-in whose xlgc.hpp has another layout is refused in words, as long as one with the first is
# there.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}"
test -e "$top_builddir/.libs/libxlgc.so" || { echo "skipped: the shared library was not built"; exit 77; }
case $SANITIZER_FLAGS in *thread*) echo "skipped: dlclose and the thread sanitizer do not go together"; exit 77 ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=$top_srcdir/tests/plugins
libraries=$(cd "$top_builddir/.libs" && pwd)
flags="-std=c++17 -Wall -Wextra -Werror $SANITIZER_FLAGS"
flags="$flags -I$top_srcdir/include -I$top_builddir/include -I$sources"
link="-L$work -L$libraries -Wl,-rpath,$work -Wl,-rpath,$libraries"
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}" # what an unloaded plug-in leaves is meant

# build FLAG...: with $compiler, what the program and its plug-ins are made of.
build() {
  # shellcheck disable=SC2086 # several words
  {
    $compiler $flags "$@" -fPIC -shared "$sources/part.cc" -o "$work/libpart.so" $link -lxlgc
    $compiler $flags "$@" -fPIC -shared "$sources/plugin.cc" -o "$work/plugin.so" $link -lxlgc
    cp "$work/plugin.so" "$work/copy.so"
    $compiler $flags "$@" -D_GLIBCXX_DEBUG -fPIC -shared "$sources/plugin.cc" -o "$work/differs.so" $link -lxlgc
    $compiler $flags "$@" -c "$sources/program.cc" -o "$work/program.o"
  }
}

# try NAME FLAG...: links the program so and runs it.
try() {
  echo "$compiler, $1"
  shift
  # shellcheck disable=SC2086 # several words
  $compiler $flags "$@" "$work/program.o" -o "$work/program" $link -lpart -lxlgc -ldl -pthread
  "$work/program" "$work/plugin.so" "$work/copy.so"
  "$work/program" "$work/differs.so"
}

tried= visible=
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  # Each build after the first one has what differs most, with its own compiler.
  case $XLGC_NOT_AGAIN$compiler/$CC in 1g++/clang* | 1clang++/gcc*) continue ;; esac
  tried=yes
  export HIDDEN=yes
  # Otherwise what is inline in the standard library keeps the first plug-in that has it.
  hidden=-fvisibility=hidden
  $compiler -fno-gnu-unique -fsyntax-only -x c++ /dev/null 2>/dev/null && hidden="$hidden -fno-gnu-unique"
  # shellcheck disable=SC2086 # several words
  build $hidden -O1
  try hidden
  [ -n "$XLGC_NOT_AGAIN" ] || try "hidden, the program exports all" -rdynamic
  # Where symbols are visible the system keeps what it has loaded.
  # shellcheck disable=SC2086 # several words
  $compiler $flags "$sources/loader.cc" -o "$work/loader" $link -lxlgc -ldl
  "$work/loader" "$work/plugin.so" "$work/differs.so"
  unset HIDDEN
  [ -z "$visible" ] || continue # what the system does about visible symbols is the same for all compilers
  visible=tried
  build -O0 # so that calls of what is inline go to the program's, unless they are hidden
  [ -n "$XLGC_NOT_AGAIN" ] || try visible
  try "visible, the program exports all" -rdynamic
done
test -n "$tried" || { echo "skipped: there is no C++ compiler"; exit 77; }
