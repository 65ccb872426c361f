#!/bin/sh
# All that README and the guides show works when it is pasted: a part that begins with ```LANGUAGE NAME is saved under that
# name, one of ```sh is run by the shell, where these files are, and prints the part of ```text that follows it.
set -e
export LC_ALL=C
. "${top_srcdir:-.}/tests/support/installed.sh"
test -e "$installed/libxlgc.so" || { echo "skipped: there are no shared libraries"; exit 77; }
as_a_user

# Files as they are named; run.sh with a line `said N` behind each part of the shell, N.expected what it is to print.
unpack='
  /^```/ && inside { inside = 0; close(to); if (to ~ /run\.sh$/) print "said " ++count >>(folder "/run.sh"); next }
  /^```/ {
    inside = 1
    kind = substr($1, 4)
    if (kind == "sh") to = folder "/run.sh"
    else if (kind == "text") to = folder "/" count ".expected"
    else if (NF > 1) to = folder "/" $2
    else { print FILENAME ":" FNR ": a program without a name" >"/dev/stderr"; exit 1 }
    next
  }
  inside { if (to ~ /run\.sh$/) print >>to; else print >to }
  END { if (inside) exit 1 }'

pages=0
commands=0
for page in "$top_srcdir"/README "$top_srcdir"/doc/guides/*.md; do
  page=${page#"$top_srcdir/"}
  folder=$work/$(basename "$page" .md)
  mkdir "$folder"
  awk -v folder="$folder" "$unpack" "$top_srcdir/$page" || { complain "$page: cannot be read"; continue; }
  test -f "$folder/run.sh" || { echo "$page has no programs"; continue; }
  # What the programs open, and what the commands name.
  needs=$(cat "$folder"/* | sed -n -e 's/.*open[( ]*["'\'']\([a-z]*\)["'\''].*/\1/p' -e 's/.*xlgc_language_\([a-z]*\).*/\1/p' \
    -e 's/.*<xlgc\/\(lua\|python\|mozjs\|duktape\)\.h>.*/\1/p' -e 's/.*open("mozjs"), xlgc.open("\([a-z]*\)").*/mozjs \1/p' | sort -u)
  ! grep -q '^python3' "$folder/run.sh" || needs="$needs python"
  ! grep -q '^lua5.4' "$folder/run.sh" || needs="$needs lua lua5.4"
  # shellcheck disable=SC2086 # a list
  without=$(lacking $needs)
  test -z "$without" || { echo "not tried: $page, as there is no $without"; continue; }
  {
    echo 'said() { [ $? = 0 ] || exit 1; exec 1>&3; mv out "$1.said"; exec >out; }'
    echo 'exec 3>&1 >out'
    cat "$folder/run.sh"
  } >"$folder/all.sh"
  (cd "$folder" && timeout 600 sh -e all.sh) >"$work/log" 2>&1 ||
    { cat "$work/log" "$folder/out"; complain "$page: a command failed"; }
  for expected in "$folder"/*.expected; do
    diff "$expected" "${expected%.expected}.said" || complain "$page: prints something else"
    commands=$((commands + 1))
  done
  pages=$((pages + 1))
  echo "$page"
done
test $status != 0 || [ -n "$(lacking lua python mozjs duktape)" ] || { [ $pages -ge 1 ] && [ $commands -ge 3 ]; } ||
  complain "only $pages pages and $commands commands were tried"
exit $status
