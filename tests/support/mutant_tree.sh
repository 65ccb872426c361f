# What mutants.sh and random_mutants.sh share: a copy of the sources that may be broken, and what they run. Sourced by
# them, with $top the project's directory; makes $work, which goes when they end, and enters $work/tree/build.

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
unset MAKEFLAGS MFLAGS MAKELEVEL

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

# copy_as NAME CONFIGURE-ARGUMENT...: a copy in $work/NAME, configured in its folder build.
copy_as() {
  copy=$work/$1
  shift
  [ -x "$top/configure" ] || sh "$top/bootstrap" >"$work/log" 2>&1 || not_built
  mkdir "$copy"
  (cd "$top" && tar cf - --exclude=./build --exclude=./.git .) | (cd "$copy" && tar xf -) || exit 1
  mkdir "$copy/build" || exit 1
  (cd "$copy/build" && ../configure -q CC="${CC:-gcc}" "CFLAGS=-O1 -g" --enable-invariants=1 "$@") >"$work/log" 2>&1 ||
    not_built
}

# copy_tree CONFIGURE-ARGUMENT...: the copy, without languages.
copy_tree() {
  copy_as tree "$@" --without-lua --without-python --without-mozjs --without-duktape
  cd "$work/tree/build" || exit 1
}

# Without any mutant, something is noticed: the test is wrong, or this machine.
fail_unbroken() {
  [ ! -f "$work/said" ] || tail -n 20 "$work/said"
  echo "$(basename "$0"): $(cat "$work/noticed") fails without any mutant" >&2
  exit 1
}

not_built() { tail -n 20 "$work/log"; exit 1; }

# in_suite: of the names of tests, those whose programs look at the core.
in_suite() { grep -E 'tests/((unit|model|oom|api|misuse|fuzz)_[a-z_]*|mail_[a-z]*|cpp_(moves|classes|check|orders|pointers)|hosts_(threads|letting|pacing|model))$'; }

# The library as it is may be linked anew in a moment, as a shared one of the objects that hold the inside; programs of the
# suite are made when they are wanted first, and after a change of what they include.
library=$work/libmutant.so
make_quietly() {
  make -s -j2 CFLAGS="-O1 -g -w" CXXFLAGS="-O1 -g -w" VISIBILITY_CFLAGS= \
    "LDADD=tests/libsupport.la $library $(sed -n 's/^CHECK_LIBS = //p' Makefile)" "xlgc_LDADD=$library" "$@" >"$work/log" 2>&1
}
# shellcheck disable=SC2046 # a list
link_library() {
  ${CC:-gcc} -shared -o "$library" $(echo lib/*/.libs/libxlgc_internal_la-*.o lib/hosts/core/.libs/libxlgc_internal_la-*.o) \
    -lpthread
}
make_library() { make_quietly libxlgc-internal.la && link_library && make_quietly xlgc tests/tracegen; }

# Those that notice most come first.
most="tests/hosts_images tests/hosts_letting tests/hosts_pacing tests/model_exhaustive tests/unit_weak tests/misuse_random tests/fuzz_pool tests/model_machine"
in_order() { echo "$most $(for one in $1; do case " $most " in *" $one "*) ;; *) echo "$one" ;; esac; done)"; }

# Do traces notice?
traces_notice() {
  for setting in certified exact; do
    for trace in ../tests/corpus/*.trace; do
      timeout 60 ./xlgc replay --check --setting $setting "$trace" >"$work/out" 2>/dev/null
      [ $? -le 1 ] || return 0
      sed 's/ touched=[0-9]*//' "$work/out" | cmp -s - "${trace%.trace}.expected" || return 0
    done
    tests/tracegen dom 5000 6 >"$work/trace"
    timeout 60 ./xlgc replay --check --setting $setting "$work/trace" >/dev/null 2>&1
    [ $? -le 1 ] || return 0
    for shape in random keep-random dom cycles3 dll; do
      for seed in 1 2 3; do
        tests/tracegen $shape 1000 $seed >"$work/trace"
        timeout 60 ./xlgc replay --check --setting $setting "$work/trace" >/dev/null 2>&1
        [ $? -le 1 ] || return 0
      done
    done
  done
  return 1
}

# program_notices PROGRAM SECONDS: fails it, or hangs? What did is left in $work/noticed, and what it said in $work/said.
program_notices() {
  top_srcdir=.. CK_DEFAULT_TIMEOUT=120 timeout -k 5 "$2" "$1" >"$work/said" 2>&1
  case $? in
    0 | 77) return 1 ;;
    124 | 137) echo "$1 hangs" >"$work/noticed" ;;
    *) echo "$1" >"$work/noticed" ;;
  esac
}

# Mutants that only languages can notice are made in a second copy, which has them, and is made when it is wanted first.
# There programs are linked as always. Those of one language come first for it.
language_programs() {
  sed -n -e 's/^check_tests += //p' -e 's/^longest_tests += //p' ../tests/local.am |
    grep -E '/hosts_(lua|python|mozjs|duktape|limits|safepoints|values|errors|leaving|weak|members|ends)$' |
    awk -v first="$1" 'index($0, first) { print; next } { rest = rest "\n" $0 } END { print rest }'
}
make_in_languages() (cd "$work/languages/build" && make -s -j2 CFLAGS="-O1 -g -w" CXXFLAGS="-O1 -g -w" "$@" >"$work/log" 2>&1)
copy_languages() {
  [ ! -d "$work/languages" ] || return 0
  copy_as languages --disable-shared
  grep -q "^HAVE_ALL_LANGUAGES_TRUE = *\$" "$work/languages/build/Makefile" || { : >"$work/languages/absent"; return 0; }
  for program in $(language_programs hosts_limits); do
    make_in_languages "$program" || not_built
    (cd "$work/languages/build" && program_notices "$program" 600) || continue
    fail_unbroken
  done
}

# languages_notice FILE: does a program of the languages, with this file as it is here? What did is left in
# $work/noticed.
languages_notice() {
  copy_languages
  [ ! -f "$work/languages/absent" ] || return 1
  language=$(expr "$1" : 'lib/hosts/\([a-z]*\)/')
  case $language in lua | python | mozjs | duktape) ;; *) language=limits ;; esac
  cp "../$1" "$work/languages/$1" || exit 1
  for program in $(language_programs "hosts_$language"); do
    make_in_languages "$program" || { tail -n 3 "$work/log"; return 1; }
    (cd "$work/languages/build" && program_notices "$program" 600) && return 0
  done
  return 1
}
languages_restore() { [ ! -d "$work/languages" ] || cp "../$1" "$work/languages/$1"; }

# suite_notices SECONDS: does a program of $suite, each within these? One that does not compile does, too.
suite_notices() {
  for program in $suite; do
    make_quietly "$program" || { echo "$program does not compile" >"$work/noticed"; return 0; }
    program_notices "$program" "$1" && return 0
  done
  return 1
}
