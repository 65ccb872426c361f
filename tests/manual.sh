#!/bin/sh
# doc/xlgc.3 has every error code of xlgc.h with its number and sentence, and every public function; xlgc.1 has every
# option of the command, and leads to all others; each function and object that a header declares has a page of its own;
# the pages are clean, and their headings are shown as they are written.
set -e
export LC_ALL=C
: "${top_srcdir:=.}" "${top_builddir:=.}"
page=$top_srcdir/doc/xlgc.3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

sed -n 's/^ *X(\([A-Z_]*\), \(-[0-9]*\), "\(.*\)").*/XLGC_E_\1 \2 \3/p' "$top_srcdir/include/xlgc.h" >"$work/header"
awk '/^\.It Dv XLGC_E_/ { code = $3; number = $5; sub(/^\\/, "", number); getline; print code, number, $0 }' \
  "$page" >"$work/page"
test -s "$work/header" || { echo "no error code found in xlgc.h"; exit 1; }
echo "--- the error codes of xlgc.h and of xlgc.3"
diff "$work/header" "$work/page" || status=1

sed -n 's/^\.Fn \(xlgc_[a-z_]*\).*/\1/p' "$page" "$top_srcdir/doc/xlgc.hpp.3" "$top_srcdir/doc/xlgc-host.3" \
  "$top_srcdir/doc/xlgc-bridge.3" | sort -u >"$work/functions"
echo "--- the functions in lib/xlgc.sym and in xlgc.3, xlgc.hpp.3, xlgc-host.3 and xlgc-bridge.3"
diff "$top_srcdir/lib/xlgc.sym" "$work/functions" || status=1

echo "--- the options of xlgc --help and of xlgc.1"
for option in $("$top_builddir/xlgc" --help | grep -o -e '--[a-z]*' | sort -u); do
  grep -q -e "\\\\-${option#--}\\>" "$top_srcdir/doc/xlgc.1" || { echo "xlgc.1 does not have $option"; status=1; }
done

# The pages of single functions are made from the headers, which tests/exports.sh compares with the libraries.
made=$top_builddir/doc/functions
if test -e "$made/list"; then
  echo "--- the functions and objects of the headers, and those that have a page"
  headers='xlgc.h xlgc/why.h xlgc/listen.h xlgc/finalizer.h xlgc/children.h xlgc/scan.h xlgc/cpp.h xlgc/host.h xlgc/bridge.h'
  for language in lua python mozjs duktape; do
    test ! -f "$top_builddir/libxlgc-$language.la" || headers="$headers xlgc/$language.h"
  done
  for header in $headers; do grep -h -E '^(extern )?XLGC_API ' "$top_srcdir/include/$header"; done |
    sed 's/[(;].*//; s/.*[ *]//' | sort >"$work/declared"
  test -s "$work/declared" || { echo "no declaration found"; status=1; }
  diff "$work/declared" "$made/list" || status=1
  for name in $(cat "$made/list"); do
    grep -q "^\.Nm $name\>" "$made/$name.3" && grep -q "^\.Nd ..*" "$made/$name.3" || { echo "$name.3 has another name, or none"; status=1; }
    grep -q -e "^\.Fo $name\$" -e "^\.Vt .* $name ;" "$made/$name.3" || { echo "$name.3 does not declare it"; status=1; }
  done
else
  echo "not tried: there is no perl, so the functions have no pages of their own"
fi

echo "--- man xlgc leads to all other pages"
for other in "$top_srcdir"/doc/xlgc?*.3; do
  name=$(basename "$other" .3)
  grep -q "^\.Xr $name 3" "$top_srcdir/doc/xlgc.1" || { echo "xlgc.1 does not lead to $name(3)"; status=1; }
done

if command -v mandoc >/dev/null; then
  echo "--- mandoc"
  mandoc -Tlint -Wwarning "$top_srcdir"/doc/xlgc*.[13] || status=1
  test ! -e "$made/list" || mandoc -Tlint -Wwarning "$made"/*.3 || status=1
  # A word of a heading that is the name of a macro, such as In, has to be escaped.
  for file in "$top_srcdir"/doc/xlgc*.[13]; do
    mandoc "$file" | sed 's/.\x08//g' >"$work/shown"
    sed -n 's/^\.S[hs] //p' "$file" | sed -e 's/\\&//g' -e 's/^"\(.*\)"$/\1/' | while IFS= read -r heading; do
      grep -q -x -F -e "$heading" -e "   $heading" "$work/shown" || echo "$file: the heading '$heading' is shown otherwise"
    done >"$work/said"
    test ! -s "$work/said" || { cat "$work/said"; status=1; }
  done
else
  echo "mandoc is not here: the pages' layout was not looked at"
fi
exit $status
