#!/bin/sh
# Every test that lies in tests/ has its line in tests/local.am: it is built and run, where what it needs is found. The
# suite of a Check program is named as its file.
: "${top_srcdir:=.}"

status=0
for file in "$top_srcdir"/tests/*.sh "$top_srcdir"/tests/*_*.c "$top_srcdir"/tests/*_*.cc; do
  test -e "$file" || continue
  case $file in */hosts_conformance.c) continue ;; esac # a kit, not a program
  suite=$(sed -n 's/^ *Suite \*suite = suite_create("\(.*\)").*/\1/p' "$file")
  case $suite in '' | "$(basename "${file%.*}")") ;; *) echo "$file has the suite \"$suite\""; status=1 ;; esac
  name=${file#"$top_srcdir/"}
  name=${name%.cc}
  name=${name%.c}
  grep -q "^[a-z_]*tests += $name\$" "$top_srcdir/tests/local.am" && continue
  echo "$file has no line in tests/local.am"
  status=1
done
exit $status
