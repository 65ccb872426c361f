#!/bin/sh
# Each test that doc/promises.md names is there: its file is in tests/local.am, the case is in the file and is added to its
# suite, and the command runs that file.
: "${top_srcdir:=.}"

status=0
complain() { echo "doc/promises.md: $1"; status=1; }

count=0
while IFS='|' read -r _ promise test command _; do
  file=$(echo "$test" | sed -n 's/^ *`\(tests\/[a-z_0-9]*\.cc\{0,1\}\)`: .*/\1/p')
  name=$(echo "$test" | sed -n 's/.*: `\([a-z_0-9]*\)` *$/\1/p')
  case $promise in ' promise '* | '---'*) continue ;; esac
  count=$((count + 1))
  [ -n "$file" ] && [ -n "$name" ] || { complain "no test in the line of \"$promise\""; continue; }
  case $promise in *'. ') ;; *) complain "no sentence: \"$promise\"" ;; esac
  [ -f "$top_srcdir/$file" ] || { complain "there is no $file"; continue; }
  grep -q "^START_TEST($name)" "$top_srcdir/$file" || complain "$file has no test $name"
  grep -q "tcase_add_.*test([a-z_]*, $name[,)]" "$top_srcdir/$file" || complain "$file does not run $name"
  grep -q "^[a-z_]*tests += ${file%.c*}\$" "$top_srcdir/tests/local.am" || complain "$file is not listed in tests/local.am"
  [ "$command" = " \`make check TESTS=${file%.c*}\` " ] || complain "the command of $name does not run $file"
done <<LINES
$(grep '^|' "$top_srcdir/doc/promises.md")
LINES
[ $count -gt 10 ] || complain "only $count promises found"
exit $status
