#!/bin/sh
# What xlgc.h declares with XLGC_API, what lib/xlgc.sym lists and what the shared library shows are the same names.
set -e
export LC_ALL=C
: "${top_srcdir:=.}" "${top_builddir:=.}" "${NM:=nm}"

names=$(mktemp -d)
trap 'rm -rf "$names"' EXIT

grep -h '^XLGC_API ' "$top_srcdir/include/xlgc.h" "$top_srcdir/include/xlgc/host.h" "$top_srcdir/include/xlgc/bridge.h" | sed 's/(.*//; s/.*[ *]//' | sort >"$names/header"
cp "$top_srcdir/lib/xlgc.sym" "$names/list"
test -s "$names/header" || { echo "no XLGC_API declaration found in xlgc.h"; exit 1; }

status=0
sort -uc "$names/list" || status=1
echo "--- xlgc.h and lib/xlgc.sym"
diff "$names/header" "$names/list" || status=1

library=$(ls "$top_builddir"/.libs/libxlgc.so "$top_builddir"/.libs/libxlgc.dylib 2>/dev/null || true)
if [ -n "$library" ]; then
  $NM -D --defined-only "$library" | sed 's/.* //; s/@.*//' | sort >"$names/library"
  echo "--- xlgc.h and the names that $library shows"
  diff "$names/header" "$names/library" || status=1
elif [ $status = 0 ]; then
  echo "skipped: the shared library was not built"
  status=77
fi
exit $status
