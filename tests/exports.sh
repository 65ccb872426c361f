#!/bin/sh
# What xlgc.h declares with XLGC_API, what lib/xlgc.sym lists and what the shared library shows are the same names; and
# so are those of each language's header and library; and those that Debian's packages say of them.
set -e
export LC_ALL=C
: "${top_srcdir:=.}" "${top_builddir:=.}" "${NM:=nm}"

names=$(mktemp -d)
trap 'rm -rf "$names"' EXIT

# The names that headers declare, functions and objects.
declared() {
  grep -h -E '^(extern )?XLGC_API ' "$@" | sed 's/[(;].*//; s/.*[ *]//' | sort
}
# Those that a library shows; not what a sanitizer or --coverage adds, nor what of C++'s own library is compiled into it.
shown() {
  $NM -D --defined-only "$1" | sed 's/@.*//; / [WVu] _Z/d; / __odr_asan/d; / __gcov_/d; / mangle_path$/d; s/.* //' | sort
}
library_of() {
  ls "$top_builddir/.libs/$1.so" "$top_builddir/.libs/$1.dylib" 2>/dev/null || true
}

include=$top_srcdir/include
declared "$include/xlgc.h" "$include/xlgc/why.h" "$include/xlgc/listen.h" "$include/xlgc/finalizer.h" "$include/xlgc/children.h" "$include/xlgc/scan.h" "$include/xlgc/cpp.h" "$include/xlgc/host.h" "$include/xlgc/bridge.h" >"$names/header"
cp "$top_srcdir/lib/xlgc.sym" "$names/list"
test -s "$names/header" || { echo "no XLGC_API declaration found in xlgc.h"; exit 1; }

status=0
sort -uc "$names/list" || status=1
echo "--- xlgc.h and lib/xlgc.sym"
diff "$names/header" "$names/list" || status=1

library=$(library_of libxlgc)
if [ -n "$library" ]; then
  shown "$library" >"$names/library"
  echo "--- xlgc.h and the names that $library shows"
  diff "$names/header" "$names/library" || status=1
elif [ $status = 0 ]; then
  echo "skipped: the shared library was not built"
  status=77
fi

for language in lua python mozjs duktape; do
  library=$(library_of "libxlgc-$language")
  test -n "$library" || { echo "not compared: libxlgc-$language was not built"; continue; }
  echo "--- xlgc/$language.h and the names that $library shows"
  declared "$include/xlgc/$language.h" >"$names/header"
  shown "$library" >"$names/library"
  test -s "$names/header" && diff "$names/header" "$names/library" || status=1
done

# What a package of Debian says of its library: each name, and since which version it is shown.
for library in '' -lua -python -mozjs -duktape; do
  symbols=$top_srcdir/packaging/debian/libxlgc${library}0.symbols
  case $library in
  '') cp "$names/list" "$names/header" ;;
  *) declared "$include/xlgc/${library#-}.h" >"$names/header" ;;
  esac
  echo "--- the same and $symbols"
  sed -n 's/^ \(xlgc_[a-z_]*\)@Base [0-9.]*$/\1/p' "$symbols" | diff "$names/header" - || status=1
done
exit $status
