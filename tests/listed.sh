#!/bin/sh
# Every test that lies in tests/ is built and run: it has its line in tests/local.am.
: "${top_srcdir:=.}"
test -n "$listed" || { echo "skipped: run by make check, which knows the list"; exit 77; }

status=0
for file in "$top_srcdir"/tests/*.sh "$top_srcdir"/tests/*_*.c "$top_srcdir"/tests/*_*.cc; do
  test -e "$file" || continue
  case $file in */hosts_conformance.c) continue ;; esac # a kit, not a program
  name=${file#"$top_srcdir/"}
  name=${name%.cc}
  name=${name%.c}
  case " $listed " in
    *[[:space:]]"$name"[[:space:]]*) ;;
    *) echo "$file has no line in tests/local.am"; status=1 ;;
  esac
done
exit $status
