#!/bin/sh
# shellcheck disable=SC2046,SC2086 # what pkg-config says are several words
# An installed xlgc serves programs that know only pkg-config or CMake, shared and static, each language's too. What
# belongs to each language that was built is in its place, and nothing of the others. Stock interpreters and programs
# open every language, wherever the prefix was moved to, with nothing set but where the interpreter finds its module. Two
# prefixes stand beside each other. What is not found is said, with where it was looked for. Uninstall leaves nothing.
set -e
. "${top_srcdir:-.}/tests/support/installed.sh"
sources=$(cd "$top_srcdir" && pwd)/tests/consumers

# ------------------------------------------------------ each thing in its place

expect() {
  for file; do test -e "$file" || complain "not installed: ${file#"$root"}"; done
}
include=$($PKG_CONFIG --variable=includedir xlgc)
headers=$(cd "$top_srcdir/include" && find xlgc* -name '*.h' -o -name '*.hpp' | grep -v '^xlgc/\(lua\|python\|mozjs\|duktape\)\.h$')
for header in $headers xlgc/version.h; do expect "$include/$header"; done
for language in lua python mozjs duktape; do
  if [ ! -f "$top_builddir/libxlgc-$language.la" ]; then
    echo "not built: libxlgc-$language"
    found=$(find "$root" -name "*xlgc-$language*" -o -path "*/xlgc/$language.h")
    test -z "$found" || complain "not built, but installed: $found"
    continue
  fi
  echo "$language"
  expect "$include/xlgc/$language.h" "$installed/libxlgc-$language.la" "$root$pkgconfigdir/xlgc-$language.pc"
  test -e "$installed/libxlgc-$language.so" || expect "$installed/libxlgc-$language.a"
  test -n "$(find "$root" -name "xlgc-$language.3")" || complain "not installed: xlgc-$language.3"
  test -e "$installed/libxlgc.so" || continue
  expect "$installed/libxlgc-$language.so.$number" # what xlgc_language_start loads
  case $language in
  lua) expect "$root$luaexecdir/xlgc.so" ;;
  python)
    suffix=$(sed -n 's/^PYTHON_EXT_SUFFIX = //p' "$top_builddir/Makefile")
    expect "$root$xlgcpythondir/__init__$suffix" "$root$xlgcpythondir/__init__.pyi" "$root$xlgcpythondir/py.typed"
    grep -q "finds the package xlgc by itself" "$work/log" ||
      grep -q "export PYTHONPATH=\"${xlgcpythondir%/xlgc}\\$" "$work/log" || complain "install does not say what Python needs"
    ;;
  esac
  test $language != lua || grep -q "finds the module xlgc by itself" "$work/log" ||
    grep -q "export LUA_CPATH=\"$luaexecdir/?.so;" "$work/log" || complain "install does not say what Lua needs"
done
test $status = 0 || exit 1

# ------------------------------------------------ programs, found by pkg-config

# The program is the example of the manual.
awk '/^\.Sh/ { example = $2 == "EXAMPLES" } /^\.Ed/ { code = 0 } example && code; /^\.Bd/ { code = 1 }' \
  "$top_srcdir/doc/xlgc.3" | sed 's/\\e/\\/g' >"$work/first.c"
printf '%s cleans up\n' window title >"$work/expected"

# Without a warning, in each standard that it can be written in.
for standard in "-std=c99" "-std=c11 -pedantic"; do
  echo "$standard"
  $CC $standard -O2 -Wall -Wextra -Wconversion -Werror $($PKG_CONFIG --cflags xlgc) -c -o "$work/first.o" "$work/first.c"
done

# ran NAME PROGRAM: it prints what it should.
ran() {
  case $1 in first) cat "$work/expected" ;; *) echo "$1 was here" ;; esac >"$work/$1.expected"
  timeout 600 "$2" >"$work/$1.output" || complain "$2 failed: $?"
  diff "$work/$1.expected" "$work/$1.output" || status=1
}

# by_pkg_config [--static]: builds and runs each program.
by_pkg_config() {
  flags="-Wl,-rpath,$installed"
  test "$1" != --static || flags=
  $CC $($PKG_CONFIG --cflags xlgc) -o "$work/first" "$work/first.c" $($PKG_CONFIG --libs $1 xlgc) $flags
  ran first "$work/first"
  for language in $languages; do
    compiler=$CC source=$sources/consumer.c
    test $language != mozjs || compiler=$CXX source=$sources/consumer.cc
    $compiler $($PKG_CONFIG --cflags xlgc-$language) "-DHEADER=<xlgc/$language.h>" -DLANGUAGE=xlgc_language_$language \
      -o "$work/$language" "$source" $($PKG_CONFIG --libs $1 xlgc-$language) $flags
    ran $language "$work/$language"
  done
}

# --------------------------------------------------------- the same by CMake

# by_cmake NAME ON|OFF: static or not.
by_cmake() {
  command -v cmake >/dev/null || { echo "not tried: there is no cmake"; return 0; }
  CC=$CC CXX=$CXX cmake -S "$sources" -B "$work/$1" -Dxlgc_DIR="$installed/cmake/xlgc" -DSTATIC="$2" -DWANTED="$($PKG_CONFIG --modversion xlgc)" \
    -DFIRST="$work/first.c" -DLANGUAGES="$(echo $languages | tr ' ' ';')" >"$work/cmake.log" 2>&1 &&
    cmake --build "$work/$1" >>"$work/cmake.log" 2>&1 || { cat "$work/cmake.log"; complain "cmake failed"; return 0; }
  for program in first $languages; do ran $program "$work/$1/$program"; done
}

# What is not there is said, and a version that would not fit is refused.
refused_by_cmake() {
  command -v cmake >/dev/null || return 0
  for wrong in "-DLANGUAGES=cobol:there is no language cobol" "-DWANTED=9.1:requested version \"9.1\"" \
    "-DWANTED=0.0.1:requested version \"0.0.1\""; do
    rm -rf "$work/refused"
    ! CC=$CC CXX=$CXX cmake -S "$sources" -B "$work/refused" -Dxlgc_DIR="$installed/cmake/xlgc" -DFIRST="$work/first.c" \
      "${wrong%%:*}" >"$work/cmake.log" 2>&1 || complain "CMake took ${wrong%%:*}"
    tr -s ' \n' '  ' <"$work/cmake.log" | grep -q "${wrong#*:}" || { cat "$work/cmake.log"; complain "not said: ${wrong#*:}"; }
  done
}

# -------------------------------------- every language from every other, unset

# What of the library a process has, in a stock interpreter that has just opened all languages.
lua_program='
    local xlgc = require "xlgc"
    local held = xlgc.new {x = 1}
    assert(held.x == 1 and xlgc.collect() >= 0)
    for language in ("LANGUAGES"):gmatch("%a+") do assert(xlgc.open(language).eval("6 * 7") == 42, language) end
    local good, why = pcall(xlgc.open, "klingon")
    assert(not good)
    print(why)
    for line in io.lines("/proc/self/maps") do if line:find("xlgc[^/]*%.so") then print(line) end end'
python_program='
import xlgc
assert xlgc.new(x=1).x == 1 and xlgc.collect() >= 0
for language in "LANGUAGES".split():
    assert language == "python" or xlgc.open(language).eval("6 * 7") == 42, language
try:
    xlgc.open("klingon")
except xlgc.Error as error:
    print(error)
for line in open("/proc/self/maps"):
    if "xlgc" in line and ".so" in line:
        print(line.strip())'

# in_interpreter ROOT NAME COMMAND...: all that it loads is of that prefix, and what is said names the place.
in_interpreter() {
  its_root=$1 name=$2
  shift 2
  if [ -n "$SANITIZER_FLAGS" ]; then
    echo "not tried: $name cannot load a module with sanitizers"
  elif ! command -v "$1" >/dev/null; then
    echo "not tried: there is no $1"
  else
    echo "in $1, from ${its_root#"$work/"}"
    timeout 600 "$@" >"$work/said" 2>&1 || { cat "$work/said"; complain "$1 failed"; return 0; }
    test ! -e /proc/self/maps || {
      grep -q "$its_root$libdir/libxlgc.so" "$work/said" || complain "libxlgc was not loaded from $its_root"
      ! grep '[0-9a-f]-[0-9a-f]* ' "$work/said" | grep -v " $its_root/" || complain "loaded from elsewhere"
    }
    grep -q "'klingon' is not installed: $its_root$libdir/libxlgc-klingon.so.$number: there is no such file;" "$work/said" &&
      grep -q "system looks for libraries: libxlgc-klingon.so.$number: cannot open shared object file" "$work/said" ||
      { cat "$work/said"; complain "it does not say where it looked"; }
  fi
}

# open_all ROOT
open_all() {
  if [ -e "$1$luaexecdir/xlgc.so" ]; then
    LUA_CPATH="$1$luaexecdir/?.so" in_interpreter "$1" Lua lua5.4 -e "$(echo "$lua_program" | sed "s/LANGUAGES/$languages/")"
  fi
  if [ -e "$1$xlgcpythondir" ]; then
    PYTHONPATH="$1${xlgcpythondir%/xlgc}" in_interpreter "$1" Python "$PYTHON" -c \
      "$(echo "$python_program" | sed "s/LANGUAGES/$languages/")"
  fi
}

if [ -e "$installed/libxlgc.so" ]; then
  echo "shared, pkg-config"
  by_pkg_config
  echo "shared, CMake"
  by_cmake shared OFF
  refused_by_cmake
  echo "opened from a program"
  $CC $($PKG_CONFIG --cflags xlgc) -o "$work/starter" "$sources/starter.c" $($PKG_CONFIG --libs xlgc) -Wl,-rpath,"$installed"
  timeout 600 "$work/starter" $languages || complain "the program could not open all"
  echo "no library" >"$installed/libxlgc-klingon.so.$number"
  ! "$work/starter" klingon >"$work/said" || complain "a broken library was taken"
  grep -q "cannot be loaded: .*/libxlgc-klingon.so.$number: file too short" "$work/said" || complain "$(cat "$work/said")"
  rm "$installed/libxlgc-klingon.so.$number"
  if grep -q '^COMMAND_LDFLAGS = .' "$top_builddir/Makefile" && [ -z "$SANITIZER_FLAGS" ]; then
    echo "the command"
    timeout 600 "$(find "$root" -type f -path '*/bin/xlgc')" doctor >"$work/said" || { cat "$work/said"; complain "the doctor found faults"; }
    grep -q "in $installed/libxlgc.so" "$work/said" || complain "the command uses another library: $(head -n 1 "$work/said")"
  fi
  open_all "$root"
  # Another prefix, and a process of one that has a child of the other.
  cp -R "$root" "$work/other"
  open_all "$work/other"
  if [ -e "$root$xlgcpythondir" ] && [ -e "$root$luaexecdir/xlgc.so" ]; then
    echo "one from the other"
    echo "$lua_program" | sed "s/LANGUAGES/$languages/" >"$work/child.lua"
    LUA_CPATH="$work/other$luaexecdir/?.so" PYTHONPATH="$root${xlgcpythondir%/xlgc}" in_interpreter "$work/other" Python \
      "$PYTHON" -c "
import subprocess, xlgc
assert xlgc.new(x=1).x == 1 and xlgc.__file__.startswith('$root/')
print(subprocess.run(['lua5.4', '$work/child.lua'], check=True, stdout=subprocess.PIPE, text=True).stdout)"
  fi
fi

# ------------------------------------------------------------- the examples

# example NAME NEEDED...: built and run as its Makefile says, it prints what is expected. NEEDED: packages, and `python`.
example() {
  name=$1
  shift
  for needed; do
    case $needed in
    python) test -e "$root$xlgcpythondir" && test -x "$PYTHON" && continue ;;
    *) $PKG_CONFIG --exists "$needed" && continue ;;
    esac
    echo "not tried: the example $name, as there is no $needed"
    return 0
  done
  echo "the example $name"
  cp -R "$(dirname "$(find "$root" -path "*/examples/$name/Makefile")")" "$work/$name.example"
  (cd "$work/$name.example" && PYTHONPATH="$root${xlgcpythondir%/xlgc}" \
    timeout 600 make -s CC="$CC" CXX="$CXX" PYTHON="$PYTHON" run) >"$work/said" 2>"$work/log" &&
    diff "$work/$name.example/expected" "$work/said" || { cat "$work/said" "$work/log"; complain "the example $name failed"; }
}

# The commands of the debugging session lead to the line with the fault.
debug() {
  command -v gdb >/dev/null || { echo "not tried: there is no gdb"; return 0; }
  (cd "$work/debugging.example" && timeout 600 gdb -nx -batch -x session ./fault) >"$work/said" 2>&1 </dev/null || :
  if grep -q 'Could not trace the inferior\|ptrace' "$work/said"; then
    echo "not tried: gdb may not trace here"
    return 0
  fi
  line=$(grep -n 'the fault \*/' "$work/debugging.example/fault.c" | sed 's/:.*//')
  grep -q "main .*fault.c:$line" "$work/said" || { cat "$work/said"; complain "gdb does not find line $line"; }
}

if [ -e "$installed/libxlgc.so" ] && [ -z "$SANITIZER_FLAGS" ]; then
  example asyncio python xlgc-lua
  example cache
  example callbacks
  example debugging
  test "$(uname -m)" != x86_64 || debug
  example embedded xlgc-lua
  example glib glib-2.0
  example leaktest python xlgc-lua
  example libuv libuv
  example plugins
fi

if [ -e "$installed/libxlgc.a" ]; then
  # A program that has the library in itself does not mix it with a second one.
  if [ -e "$installed/libxlgc.so" ] && [ -n "$languages" ] && [ -z "$SANITIZER_FLAGS" ]; then
    echo "opened from a static program"
    $CC $($PKG_CONFIG --cflags xlgc) -o "$work/mixed" "$sources/starter.c" "$installed/libxlgc.a" \
      $($PKG_CONFIG --libs --static xlgc | sed 's/-lxlgc\>//')
    for language in $languages; do
      ! LD_LIBRARY_PATH=$installed "$work/mixed" $language >"$work/said" || complain "two libraries in a process"
      grep -q "'$language' cannot be started here: it uses .*/libxlgc.so.*: link the shared one" "$work/said" ||
        complain "$(cat "$work/said")"
    done
  fi
  rm -f "$installed"/libxlgc*.so*
  echo "static, pkg-config"
  by_pkg_config --static
  echo "static, CMake"
  by_cmake static ON
fi
test -e "$work/first" || complain "neither libxlgc.so nor libxlgc.a was installed in $libdir"

make -C "$top_builddir" uninstall DESTDIR="$work/installed" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
left=$(find "$work/installed" ! -type d -o -path '*/include/xlgc' -o -path '*/cmake/xlgc' -o -path '*-packages/xlgc' \
  -o -path '*/doc/xlgc')
test -z "$left" || complain "uninstall left: $left"
exit $status
