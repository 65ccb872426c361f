# What mutants.sh and random_mutants.sh share: a copy of the sources that may be broken, and what they run. Sourced by
# them, with $top the project's directory; makes $work, which goes when they end, and enters $work/tree/build.

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
unset MAKEFLAGS MFLAGS MAKELEVEL

is_number() { case $1 in '' | *[!0-9]*) return 1 ;; esac; }

# copy_tree CONFIGURE-ARGUMENT...: the copy, configured.
copy_tree() {
  [ -x "$top/configure" ] || sh "$top/bootstrap" >"$work/log" 2>&1 || not_built
  mkdir "$work/tree"
  (cd "$top" && tar cf - --exclude=./build --exclude=./.git .) | (cd "$work/tree" && tar xf -) || exit 1
  mkdir "$work/tree/build" && cd "$work/tree/build" || exit 1
  ../configure -q CC="${CC:-gcc}" "CFLAGS=-O1 -g" --enable-invariants=1 "$@" \
    --without-lua --without-python --without-mozjs --without-duktape >"$work/log" 2>&1 || not_built
}

not_built() { tail -n 20 "$work/log"; exit 1; }

# in_suite: of the names of tests, those whose programs look at the core.
in_suite() { grep -E 'tests/((unit|model|oom|api|misuse|fuzz)_[a-z_]*|mail_[a-z]*|cpp_(moves|classes|check)|hosts_(threads|letting|pacing|model|limits|safepoints))$'; }

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

# program_notices PROGRAM SECONDS: fails it, or hangs? What did is left in $work/noticed.
program_notices() {
  top_srcdir=.. CK_DEFAULT_TIMEOUT=120 timeout -k 5 "$2" "$1" >/dev/null 2>&1
  case $? in
    0 | 77) return 1 ;;
    124 | 137) echo "$1 hangs" >"$work/noticed" ;;
    *) echo "$1" >"$work/noticed" ;;
  esac
}

# suite_notices SECONDS: does a program of $suite, each within these? One that does not compile does, too.
suite_notices() {
  for program in $suite; do
    make_quietly "$program" || { echo "$program does not compile" >"$work/noticed"; return 0; }
    program_notices "$program" "$1" && return 0
  done
  return 1
}
