#!/bin/sh
# Every command line that a manual page shows is executed, and every program that it shows is built by the last command
# line above it, and runs; parts of programs are run, or compiled, in what they would be part of.
set -e
export LC_ALL=C
. "${top_srcdir:-.}/tests/support/installed.sh"
test -e "$installed/libxlgc.so" || { echo "skipped: there are no shared libraries"; exit 77; }
as_a_user
top_srcdir=$(cd "$top_srcdir" && pwd)

# Of a page: N.command for each displayed line, and N.example for each display, in the order in which they come.
take_apart='
  function plain(text) {
    gsub(/\\\(dq/, "\"", text); gsub(/\\e/, "\\", text); gsub(/\\-/, "-", text); gsub(/\\&/, "", text)
    return text
  }
  /^\.Dl / { print plain(substr($0, 5)) >(folder "/" sprintf("%02d", ++number) ".command") }
  /^\.Ed/ { close(to); to = "" }
  to != "" { print plain($0) >to }
  /^\.Bd -literal/ { to = folder "/" sprintf("%02d", ++number) ".example" }'

# compiled COMMAND SOURCE: a command of the page, with that file for its program; it makes ./program.
compiled() {
  source_name=$(echo "$1" | grep -o '[a-z]*\.cc\{0,1\}\>' | head -n 1)
  cp "$2" "$source_name" 2>/dev/null || :
  rm -f program
  sh -ec "$(echo "$1" | sed 's/^\(c[c+]*\) /\1 -o program /')"
  test -x program
}

# trivial HEADER: a program that does nothing but include it.
trivial() {
  case $1 in
  xlgc/mozjs.h) echo '#include <jsapi.h>' ;;
  esac
  printf '#include <%s>\nint main() { return 0; }\n' "$1"
}

# a_command PAGE LINE: the page's first header is what its programs include.
a_command() {
  header=$(sed -n 's/^\.In //p' "$top_srcdir/doc/$1" | head -n 1)
  case $2 in
  'cc '* | 'c++ '*)
    trivial "$header" >trivial
    compiled "$2" trivial && ./program
    ;;
  'import '*) python3 -c "$2" ;;
  'local '*require*) lua5.4 -e "$2" ;;
  'find_package('* | 'target_link_libraries('*) echo "$2" >>cmake-lines ;;
  'export '*)
    prefix=${installed%/lib}
    case $2 in
    *PYTHONPATH*) test -d "$prefix/lib/python$PYTHON_VERSION/dist-packages/xlgc" || { echo "not tried: $2"; return 0; } ;;
    esac
    (
      unset PYTHONPATH LUA_CPATH
      eval "$(echo "$2" | sed "s|PREFIX|$prefix|g")"
      case $2 in *LUA*) lua5.4 -e 'require "xlgc"' ;; *) python3 -c 'import xlgc' ;; esac
    )
    ;;
  'error '*) ;; # what is printed, no command
  *) echo "a command line of an unknown sort: $2"; return 1 ;;
  esac
}

# by_cmake: builds a program with the lines of the page.
by_cmake() {
  test -s cmake-lines || return 0
  command -v cmake >/dev/null || { echo "not tried: there is no cmake"; return 0; }
  trivial xlgc.h >trivial.c
  { echo 'cmake_minimum_required(VERSION 3.13)'; echo 'project(manual C)'; echo 'add_executable(program trivial.c)'; cat cmake-lines; } >CMakeLists.txt
  CC=cc cmake -Dxlgc_DIR="$installed/cmake/xlgc" . >cmake.log 2>&1 && cmake --build . >>cmake.log 2>&1 && ./program ||
    { cat cmake.log; return 1; }
}

# session FILE: what follows `$ cat NAME` is that file, what follows another command is what it prints; `...` is anything.
session() {
  awk '
    /^\$ cat / { to = $3; next }
    /^\$ / { print substr($0, 3) >"commands"; to = "expected"; next }
    { print >to }' "$1"
  sh -e commands >printed
  sed -e 's/[].*[\\^$]/\\&/g' -e 's/\\\.\\\.\\\./.*/g' expected >patterns
  test "$(wc -l <printed)" = "$(wc -l <expected)" && ! grep -v -x -f patterns printed
}

# What a part of a program is part of.
around_bridge='#include <stdio.h>
#include <string.h>
#include <xlgc/bridge.h>'
around_host='#include <xlgc/host.h>
typedef struct thing thing;
struct engine { xlgc_host *host; };
int is_proxy(thing *object); xlgc_id id_of(thing *object); thing *make_proxy(struct engine *e, xlgc_id id);
void pin(struct engine *e, thing *object); void unpin(struct engine *e, thing *object);
int get_in(xlgc_host *owner, void *handle, const char *name, xlgc_id *id);'

# a_program PAGE FILE COMMAND
a_program() {
  if grep -q '^int main(' "$2"; then
    compiled "$3" "$2" && ./program >printed || return 1
    case $1 in xlgc-python.3) test "$(cat printed)" = 1 ;; esac
    return 0
  fi
  case $1 in
  xlgc.1) session "$2" ;;
  xlgc-python.3)
    case $(head -n 1 "$2") in
    'import gc'*) python3 "$2" >printed-before ;;
    import*) python3 "$2" >printed ;;
    *) diff "$2" printed-before ;;
    esac
    ;;
  xlgc-lua.3)
    if grep -q busted "$2"; then
      lua5.4 -e 'require "busted"' 2>/dev/null || { echo "not tried: there is no busted"; return 0; }
      cp "$2" pages_spec.lua
      lua5.4 pages_spec.lua >report && grep '^1 success' report
      return
    fi
    { echo 'local rounds = 3 function wait_for_events() rounds = rounds - 1 return rounds > 0 end function handle_events() end'
      cat "$2"; } >part.lua
    lua5.4 part.lua
    ;;
  xlgc-mozjs.3)
    { echo 'function use() {}'; cat "$2"; } >part.js
    python3 -c 'import xlgc; xlgc.open("mozjs").eval(open("part.js").read())'
    ;;
  xlgc-duktape.3)
    if grep -q "duk_context \*" "$2"; then
      { printf '#include <xlgc/duktape.h>\nint main(void) {\n'; cat "$2"; echo 'return 0; }'; } >part.c
      compiled "$3" part.c && ./program
    else
      lua5.4 -e 'local x = require "xlgc".open("duktape").eval(io.open(arg[1]):read("a")) assert(x == 18 or x == true, x)' - "$2" </dev/null
    fi
    ;;
  xlgc-bridge.3)
    { echo "$around_bridge"; cat "$2"; } >part.c
    cc $($PKG_CONFIG --cflags xlgc) -Wall -Wextra -Werror -Wno-unused-function -c part.c
    ;;
  xlgc-host.3)
    # Of event loops: functions, and a line that uses them.
    case $(head -n 1 "$2") in
    *uv_timer*) loop=libuv around='#include <uv.h>' inside='uv_timer_t timer;' ;;
    *gboolean*) loop=glib-2.0 around='#include <glib.h>' inside='xlgc_pool *pool = NULL;' ;;
    *) loop=xlgc around= inside= ;;
    esac
    $PKG_CONFIG --exists $loop || { echo "not tried: there is no $loop"; return 0; }
    {
      echo "$around_host"
      test $loop = xlgc || { echo "$around"; grep '^static' "$2"; echo "void start(void);"; echo "void start(void) { $inside"; }
      if test $loop = xlgc; then cat "$2"; else grep -v '^static' "$2"; echo '}'; fi
    } >part.c
    cc $($PKG_CONFIG --cflags xlgc $loop) -Wall -Wextra -Werror -Wno-unused-function -c part.c
    ;;
  *) echo "a part of a program that is not known here"; return 1 ;;
  esac
}

done_count=0
for page in "$top_srcdir"/doc/xlgc*.[13]; do
  name=$(basename "$page")
  needs=
  case $name in
  xlgc-python.3) needs=python ;;
  xlgc-lua.3) needs="lua lua5.4" ;;
  xlgc-mozjs.3) needs="mozjs python lua" ;;
  xlgc-duktape.3) needs="duktape lua lua5.4" ;;
  xlgc.hpp.3) needs=lua ;;
  esac
  # shellcheck disable=SC2086 # a list
  without=$(lacking $needs)
  test -z "$without" || { echo "not tried: $name, as there is no $without"; continue; }
  folder=$work/$name
  mkdir "$folder"
  awk -v folder="$folder" "$take_apart" "$page"
  echo "$name"
  command=
  for part in "$folder"/*.command "$folder"/*.example; do
    test -e "$part" && echo "${part##*/}"
  done | sort >"$folder/parts"
  while read -r part; do
    line=$(head -n 1 "$folder/$part")
    case $part in
    *.command)
      case $line in c[c+]*) command=$line ;; esac
      (cd "$folder" && a_command "$name" "$line") >"$work/said" 2>&1 </dev/null || { cat "$work/said"; complain "$name: failed: $line"; }
      ;;
    *) (cd "$folder" && a_program "$name" "$part" "$command") >"$work/said" 2>&1 </dev/null ||
      { cat "$work/said"; complain "$name: failed: the example that begins with $line"; } ;;
    esac
    ! grep '^not tried' "$work/said" || :
    done_count=$((done_count + 1))
  done <"$folder/parts"
  (cd "$folder" && by_cmake) || complain "$name: the lines for CMake failed"
done
[ $done_count -ge 4 ] || complain "only $done_count command lines and programs were found"
exit $status
