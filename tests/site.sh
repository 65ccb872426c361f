#!/bin/sh
# `make html` makes a site of all that is in doc/: each text, guide and manual page is in it, also those of the functions,
# and what its pages link to is there.
: "${top_srcdir:=.}" "${top_builddir:=.}"
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }
for tool in perl mandoc lowdown; do
  command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
unset MAKEFLAGS MFLAGS MAKELEVEL
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
complain() { echo "$*"; status=1; }

make -C "$top_builddir" html HTML="$work/site" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for file in "$top_srcdir"/doc/*.md "$top_srcdir"/doc/guides/*.md "$top_srcdir"/doc/xlgc*.[13] "$top_srcdir"/doc/*.svg; do
  name=${file#"$top_srcdir/doc/"}
  case $name in
  *.md) page=${name%.md}.html ;;
  *.svg) page=$name ;;
  *) page=man/$name.html ;;
  esac
  test -s "$work/site/$page" || complain "$file is not in the site"
done
while read -r name; do
  test -s "$work/site/man/$name.3.html" || complain "$name has no page in the site"
done <"$top_builddir/doc/functions/list"

# What is linked to, and the place in it.
cd "$work/site" || exit 1
links=0
for page in *.html */*.html; do
  grep -o -E '(href|src)="[^"]*"' "$page" | sed 's/^[a-z]*="//; s/"$//' | sort -u >"$work/links"
  while IFS= read -r link; do
    case $link in *:*) continue ;; esac
    file=${link%%#*}
    target=$(dirname "$page")/$file
    test -n "$file" || target=$page
    test -e "$target" || { complain "$page leads to $link, which is not there"; continue; }
    case $link in
    *#?*) grep -q -F "id=\"${link#*#}\"" "$target" || complain "$page leads to $link, but there is no such place" ;;
    esac
    links=$((links + 1))
  done <"$work/links"
done
[ $links -gt 200 ] || complain "only $links links were found"
grep -q 'man/xlgc_link.3.html' index.html || complain "the first page does not lead to xlgc_link"
exit $status
