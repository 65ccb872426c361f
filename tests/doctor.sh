#!/bin/sh
# `xlgc doctor`: all that was built works here; its JSON is JSON, whatever the files are called; and what is broken is
# told, with the exit status: a library that is missing, is none, or ends the process.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
PYTHON_VERSION=$(sed -n 's/^PYTHON_VERSION=//p' "$top_srcdir/configure.ac")
: "${PYTHON:=/usr/bin/python$PYTHON_VERSION}"
[ -z "$SANITIZER_FLAGS" ] || { echo "skipped: programs without sanitizers cannot load libraries that have them"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0
complain() { echo "$*"; cat "$work/out" "$work/err"; status=1; }

# doctor STATUS COMMAND...
doctor() {
  wanted=$1
  shift
  timeout 900 "$@" >"$work/out" 2>"$work/err"
  is=$?
  [ $is = "$wanted" ] || complain "$*: status $is, not $wanted"
}
says() { grep -q -e "$1" "$work/out" "$work/err" || complain "not said: $1"; }

xlgc=$top_builddir/xlgc
doctor 0 "$xlgc" doctor
says "^xlgc $(sed -n 's/^PACKAGE_VERSION = //p' "$top_builddir/Makefile"), in "
says '^All that was built works.$'
for language in lua python mozjs duktape; do
  if [ ! -f "$top_builddir/libxlgc-$language.la" ]; then
    says "^  $language  *not built  *configure did not find it"
  elif [ -e "$top_builddir/.libs/libxlgc-$language.so" ]; then
    says "^  $language  *works  *[0-9][0-9.]*, in /.*, by /.*/libxlgc-$language.so"
  fi
done
doctor 2 "$xlgc" doctor now
says 'doctor takes no arguments'
doctor 2 "$xlgc" doctor --cure
[ ! -w /dev/full ] || { "$xlgc" doctor >/dev/full 2>"$work/err"; [ $? = 2 ] || complain "it wrote nothing and did not say so"; }

# as_json: the output can be read, and says what the text says.
as_json() {
  [ -x "$PYTHON" ] || { echo "not tried: there is no $PYTHON to read JSON"; return; }
  "$PYTHON" - "$work/out" "$@" <<'END' || complain "the JSON is wrong"
import json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
assert set(report) == {"version", "library", "system", "engines", "works"}, report
assert [one["name"] for one in report["engines"]] == ["lua", "python", "mozjs", "duktape"]
states = {one["name"]: one["state"] for one in report["system"] + report["engines"]}
assert set(states.values()) <= {"works", "without", "fails", "not built"}, states
assert report["works"] == ("fails" not in states.values())
assert all(one["words"] for one in report["system"] + report["engines"])
for one in report["engines"]:
    assert (one["state"] == "works") == ("engine" in one and "version" in one and one["state"] != "fails"), one
for name in sys.argv[2:]:
    assert name in report["library"], report["library"]
END
}
doctor 0 "$xlgc" doctor --json
as_json

# The libraries of this build in another folder, where some of them are replaced.
[ -e "$top_builddir/.libs/libxlgc.so" ] || exit $status
folder=$work/$(printf 'a "quoted"\\ and \377 folder')
mkdir "$folder"
cp -P "$top_builddir"/.libs/libxlgc*.so* "$folder"
doctor 0 env LD_LIBRARY_PATH="$folder" "$top_builddir/.libs/xlgc" doctor --json
as_json "a \"quoted\"\\ and $(printf '\357\277\275') folder"
plain=$work/plain
mv "$folder" "$plain"
number=$(sed -n 's/^#define XLGC_SONAME_NUMBER "\(.*\)"/\1/p' "$top_builddir/config.h")
for language in lua python mozjs duktape; do
  [ -f "$top_builddir/libxlgc-$language.la" ] || continue
  broken=$plain/libxlgc-$language.so.$number
  rm "$broken"
  doctor 1 env LD_LIBRARY_PATH="$plain" "$top_builddir/.libs/xlgc" doctor
  says "^  $language  *fails "
  says "$broken: there is no such file"
  says '^Not all that was built works.$'
  echo none >"$broken"
  doctor 1 env LD_LIBRARY_PATH="$plain" "$top_builddir/.libs/xlgc" doctor
  says "cannot be loaded: $broken: file too short"
  printf '#include <stdlib.h>\n__attribute__((constructor)) static void end(void) { abort(); }\n' >"$work/ends.c"
  $CC -shared -fPIC "$work/ends.c" -o "$broken" || exit 1
  doctor 1 env LD_LIBRARY_PATH="$plain" "$top_builddir/.libs/xlgc" doctor --json
  says "\"name\": \"$language\", \"state\": \"fails\", \"words\": \"its process was ended by signal 6"
  as_json
  break
done
exit $status
