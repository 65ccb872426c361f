#!/bin/sh
# doc/xlgc.3 has every error code of xlgc.h with its number and sentence, and every public function; xlgc.1 has every
# option of the command; the pages are clean.
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

if command -v mandoc >/dev/null; then
  echo "--- mandoc"
  mandoc -Tlint -Wwarning "$top_srcdir"/doc/xlgc*.[13] || status=1
else
  echo "mandoc is not here: the pages' layout was not looked at"
fi
exit $status
