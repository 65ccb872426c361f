#!/bin/sh
# The demo `dom` on pages of many shapes: three ways to keep them must write the same bytes and free the same nodes, which
# it compares itself; here it is asked whether it says so, reads what it should, and refuses what it should.
demo=${DOMDEMO:-./demos/dom}
case $demo in /*) ;; *) demo=$PWD/$demo ;; esac
[ -x "$demo" ] || { echo "skipped: $demo is not built"; exit 77; }
top=$(cd "${srcdir:-.}" && pwd) || exit 99
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
cd "$work" || exit 99
failures=0

bad() {
  echo "FAILED $1"
  sed 's/^/  | /' output
  failures=$((failures + 1))
}
# passes NAME TEXT ARGUMENT...: ends well and says the text, and nothing on the standard error stream, which is no terminal.
passes() {
  name=$1 text=$2
  shift 2
  "$demo" "$@" >output 2>errors || { cat errors >>output; bad "$name: status $?"; return; }
  grep -q -e "$text" output || bad "$name: does not say \"$text\""
  [ ! -s errors ] || { cat errors >>output; bad "$name: is not quiet"; }
}
# refuses NAME TEXT ARGUMENT...: ends with an error that has the text in it.
refuses() {
  name=$1 text=$2
  shift 2
  "$demo" "$@" >output 2>&1
  status=$?
  [ $status -gt 0 ] && [ $status -lt 128 ] || bad "$name: status $status"
  grep -q -e "$text" output || bad "$name: does not say \"$text\""
}

# Lists in tables in lists, with text, comments, odd names and entities: 30 pages of some 700 nodes.
mkdir -p pages/more/deep
for i in $(seq 1 30); do
  {
    echo "<!DOCTYPE html><html><head><title>page $i &amp; more</title></head><body class=\"a&quot;b\">"
    for j in $(seq 1 40); do
      echo "<ul><li>one $j<li><b>two</b> &lt; <i>three<!-- $i --></i><odd-name x=$j>four</odd-name><li><p>five<br>six</ul>"
    done
    echo "<table><tr><td>seven<td><ol><li>eight</ol></table><svg viewBox=\"0 0 1 1\"><path d=m0 /></svg><pre> nine </pre>"
  } >"pages/more/deep/$i.html"
done
: >pages/empty.HTM
echo '<p>short' >pages/more/short.xhtml
echo 'no page' >pages/notes.txt
cp "$top"/demos/pool/page.html pages/

passes "a page" '^1 pages, ' pages/more/deep/1.html
passes "a file of any name" '^1 pages, ' pages/notes.txt
passes "a folder" '^33 pages, ' pages
for seed in 1 2 3; do
  passes "seed $seed" 'bytes were written from all three' --seed $seed --moves 300 pages
  grep -q '^the same [1-9][0-9]* nodes were freed in all three' output || bad "seed $seed: nothing was freed"
  sed -n 1,3p output >"told$seed"
done
cmp -s told1 told2 && bad "two seeds make the same changes"
passes "the same again" 'bytes were written from all three' --seed 1 --moves 300 pages
sed -n 1,3p output | cmp -s - told1 || bad "one seed makes the same changes"
passes "no changes" ' 0 changes, ' --moves 0 pages
grep -q '^the same 0 nodes were freed' output || bad "no changes: something was freed"
# A page of 40,000 nodes, so that what a pool has at least does not count.
i=0
while [ $i -lt 400 ]; do
  printf '<div>%s</div>' '<p>a<b>b</b>c<i>d</i></p><p>a<b>b</b>c<i>d</i></p><p>a<b>b</b>c<i>d</i></p><p>a<b>b</b>c<i>d</i></p>'
  i=$((i + 1))
done >long.html
passes "a long page" 'memory of the store: 0\.[0-9]* times pointers + table' long.html

refuses "no such page" 'cannot read nowhere.html: No such file' nowhere.html
mkdir none
refuses "no page" 'there is no page' none
refuses "no path" '^Usage'
refuses "no number" '^Usage' --seed x pages
refuses "a number with more" '^Usage' --moves 5x pages
refuses "too many changes" '^Usage' --moves 10001 pages
refuses "an unknown option" '^Usage' --nope 1 pages

[ $failures = 0 ] && echo "all agree"
exit $((failures > 0))
