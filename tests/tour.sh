#!/bin/sh
# Each function that doc/tour.md names as FILE:FUNCTION is defined in that file, and each file of lib/ and include/ that it
# names is there. So whoever renames or moves a function is led to the sentence that speaks of it.
set -e
export LC_ALL=C
: "${top_srcdir:=.}"

cd "$top_srcdir"
tour=doc/tour.md

# A path that begins with lib/ or include/, and behind a colon a function if one is named.
names=$(grep -o -E '(lib|include)/[A-Za-z0-9_/.]*\.(c|cc|h|hpp)(:[A-Za-z_][A-Za-z0-9_]*)?' "$tour" | sort -u)
count=$(echo "$names" | grep -c ':' || true)
test "$count" -ge 30 || { echo "$tour names only $count functions: the pattern or the tour is wrong"; exit 1; }

# A definition begins a line with a type, has the name before a bracket, and no semicolon before its body.
defines() {
  awk -v name="$2" '
    !opened && $0 ~ "^[A-Za-z_].*[ *]" name "\\(" && $0 !~ /^(return|else|typedef|#)/ { opened = 1 }
    opened {
      brace = index($0, "{")
      semicolon = index($0, ";")
      if (brace && (!semicolon || brace < semicolon)) { found = 1; exit }
      if (semicolon) opened = 0
    }
    END { exit !found }' "$1"
}

status=0
for name in $names; do
  file=${name%%:*}
  if [ ! -f "$file" ]; then
    echo "$tour names $file, which does not exist"
    status=1
    continue
  fi
  [ "$name" = "$file" ] && continue
  defines "$file" "${name#*:}" && continue
  echo "$tour names $name, but $file does not define that function"
  status=1
done
exit $status
