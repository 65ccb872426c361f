# Sourced by what runs the programs that README and the guides show: tests/guides.sh, and the tests of packages.
# shellcheck shell=sh

# A part that begins with ```LANGUAGE NAME is saved under that name, one of ```sh goes to run.sh, with a line `said N`
# behind it, and the part of ```text that follows is N.expected.
# shellcheck disable=SC2016 # awk's
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

# unpack_page PAGE FOLDER: makes the folder.
unpack_page() {
  mkdir "$2" && awk -v folder="$2" "$unpack" "$1"
}

# page_needs FOLDER: the languages and commands that its programs want.
page_needs() {
  cat "$1"/* | sed -n -e 's/.*open[( ]*["'\'']\([a-z]*\)["'\''].*/\1/p' -e 's/.*xlgc_language_\([a-z]*\).*/\1/p' \
    -e 's/.*<xlgc\/\(lua\|python\|mozjs\|duktape\)\.h>.*/\1/p' -e 's/.*open("mozjs"), xlgc.open("\([a-z]*\)").*/mozjs \1/p' |
    sort -u
  ! grep -q '^python3' "$1/run.sh" || echo python
  ! grep -q '^lua5.4' "$1/run.sh" || echo lua lua5.4
}

# run_page FOLDER: its commands, in their order; each has to print what is said.
run_page() {
  {
    # shellcheck disable=SC2016 # run.sh's
    echo 'said() { [ $? = 0 ] || exit 1; exec 1>&3; mv out "$1.said"; exec >out; }'
    echo 'exec 3>&1 >out'
    cat "$1/run.sh"
  } >"$1/all.sh"
  (cd "$1" && timeout 600 sh -e all.sh) >"$1/log" 2>&1 || { cat "$1/log" "$1/out"; echo "a command failed"; return 1; }
  for expected in "$1"/*.expected; do
    diff "$expected" "${expected%.expected}.said" || { echo "it prints something else"; return 1; }
  done
}
