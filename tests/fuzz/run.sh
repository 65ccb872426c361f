#!/bin/sh
# sh tests/fuzz/run.sh [SECONDS [NAME]]
#
# Runs each harness of tests/fuzz under libFuzzer, with the address and the undefined behaviour sanitizer and all invariants
# of the library, for so long each (60), from its seeds and from what earlier runs found. Needs clang with libFuzzer. An
# input that fails is left in build/fuzz: it is repeated with build/fuzz/NAME FILE, or tests/fuzz_NAME FILE in any build,
# and belongs into tests/fuzz/seeds/NAME once it is mended.
program=tests/fuzz/run.sh
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
seconds=${1:-60}
case $seconds in '' | *[!0-9]*) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac

. "$top/tests/support/setup.sh"
build=$top/build/fuzz
flags="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1 -g"
printf 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n) { return !b && n; }\n' >"$logs/probe.c"
clang -fsanitize=fuzzer,address,undefined -w -o "$logs/probe" "$logs/probe.c" 2>/dev/null ||
  { echo "skipped: clang has no libFuzzer here"; exit 77; }
rm -f "$logs/probe" "$logs/probe.c"

configured fuzz CC=clang "CFLAGS=$flags -fsanitize=fuzzer-no-link" --disable-static --disable-shared --enable-invariants=2 \
  --without-lua --without-python --without-mozjs --without-duktape &&
  stage fuzz-make make -C "$build" -j"$jobs" libxlgc-internal.la tests/support/answers.o || exit 1

# link NAME SOURCE...: build/fuzz/NAME, of the harness of that name.
# shellcheck disable=SC2086 # a list
link() {
  name=$1
  shift
  stage "fuzz-$name-link" clang $flags -fsanitize=fuzzer -I"$build" -I"$build/include" -I"$top/include" -I"$top/lib" \
    -I"$top/tests" -o "$build/$name" "$top/tests/fuzz/$name.c" "$@" "$build/.libs/libxlgc-internal.a" -lpthread
}

command=
for file in check model names replay trace; do
  command="$command $build/command-$file.o"
  # shellcheck disable=SC2086 # a list
  clang $flags -fsanitize=fuzzer-no-link -I"$build" -I"$build/include" -I"$top/include" -DSTREAMS_IN_COMMAND \
    -include "$top/tests/fuzz/streams.h" -c "$top/lib/tool/$file.c" -o "$build/command-$file.o" || exit 1
done
# shellcheck disable=SC2086 # a list
link trace $command && link pool "$build/tests/support/answers.o" || exit 1

# What an allocation cannot get is NULL, as elsewhere. An input may take a second, and seldom does.
harnesses=${2:-trace pool}
fuzz() {
  mkdir -p "$build/found-$1" || return 1
  ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
    stage "fuzz-$1" "$build/$1" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2000 -max_len=4096 \
    -print_final_stats=1 -artifact_prefix="$build/$1-" "$build/found-$1" "$top/tests/fuzz/seeds/$1" || return 1
  echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/fuzz-$1.log") inputs"
}
status=0
for harness in $harnesses; do
  fuzz "$harness" || status=1
done
exit $status
