#!/bin/sh
# The command `xlgc replay`: the corpus, random traces against the model in both settings, and how it is called.
# SEED repeats a run; XLGC_LONG=1 takes minutes instead of seconds.
: "${top_srcdir:=.}" "${top_builddir:=.}"
xlgc=${XLGC:-$top_builddir/xlgc}
tracegen=${TRACEGEN:-$top_builddir/tests/tracegen}
seed=${SEED:-$(date +%s)}
seeds=10
operations=1000
stream=100000
if [ "${XLGC_LONG:-0}" = 1 ]; then
  seeds=1000
  operations=5000
  stream=10000000
fi

for program in "$xlgc" "$tracegen"; do
  [ -x "$program" ] || { echo "$program is not built"; exit 1; }
done
case $XLGC_NOT_AGAIN$SANITIZER_FLAGS in
1*address*) ;;
1*) echo "skipped: one thread, and has been run with another build"; exit 77 ;;
esac
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
failures=0
echo "SEED=$seed"

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# replay STATUSES ARGUMENT...: runs it with its output in $scratch/out and err; its exit status is to be one of those.
replay() {
  allowed=$1
  shift
  "$xlgc" replay "$@" >"$scratch/out" 2>"$scratch/err"
  status=$?
  case " $allowed " in
  *" $status "*) return 0 ;;
  esac
  fail "xlgc replay $*: exit status $status instead of $allowed"
  tail -n 5 "$scratch/err"
  return 1
}

# What it printed, without the one figure that tells the settings apart.
verdicts() {
  sed 's/ touched=[0-9]*//' "$scratch/out"
}

# called STATUS TEXT ARGUMENT...: the command says TEXT and leaves with STATUS.
called() {
  expected=$1
  text=$2
  shift 2
  "$xlgc" "$@" >"$scratch/out" 2>&1 </dev/null
  status=$?
  [ $status = "$expected" ] || fail "xlgc $*: exit status $status instead of $expected"
  grep -q -e "$text" "$scratch/out" || fail "xlgc $*: does not say '$text'"
}

# ------------------------------------------------------------------ corpus

traces=0
for trace in "$top_srcdir"/tests/corpus/*.trace; do
  traces=$((traces + 1))
  expected=${trace%.trace}.expected
  statuses=1
  grep -q ' errors=0$' "$expected" && statuses=0
  for setting in exact certified; do
    replay $statuses --setting $setting --check "$trace"
    verdicts | diff "$expected" - || fail "$trace, $setting"
  done
done
[ $traces -gt 1 ] || fail "the corpus is empty"

# ------------------------------------------------------------------ random

# What is the same in both settings: of several that fall together and do not hold each other any may come first, and
# of several shortest paths each will do.
common() {
  verdicts | awk '
    $1 != "orphan" { n++ }
    $1 == "path" && $3 != "-" { print n, $1, $2, NF; next }
    { print n, $0 }' | sort
  cat "$scratch/err"
}

# both SHAPE N SEED: the two settings agree with the model, and with each other.
both() {
  "$tracegen" "$@" >"$scratch/trace" || fail "tracegen $*"
  replay '0 1' --setting exact --check "$scratch/trace" || echo "  tracegen $*"
  common >"$scratch/exact"
  replay '0 1' --setting certified --check "$scratch/trace" || echo "  tracegen $*"
  common | cmp -s "$scratch/exact" - || fail "the settings differ: tracegen $*"
}

for shape in chain ring hub tree fifo dll cycles3 dom; do
  both $shape $operations "$seed"
done
# A search that raises what one before it had raised already would be noticed here, and by few other traces.
both dom 5000 6
i=0
while [ $i -lt $seeds ]; do
  both random $operations $((seed + i))
  both keep-random $operations $((seed + i))
  i=$((i + 1))
done

# A queue that moves on takes the memory of its window, not of its length.
"$tracegen" fifo $stream | replay 0 --stats - || failures=$((failures + 1))
bytes=$(sed -n 's/^stat bytes_peak=//p' "$scratch/out")
[ "${bytes:-999999999}" -lt 4000000 ] || fail "a stream of $stream operations took ${bytes:-unknown} bytes"
grep -q '^summary objects=6[0-9] links=6[0-9] ' "$scratch/out" || fail "a stream of $stream operations ends badly"

# ------------------------------------------------------------------ called

called 0 'usage: xlgc replay' --help
called 0 'usage: xlgc replay' replay --help
called 0 '^xlgc [0-9]' --version
called 2 'say what to do'
called 2 "no command 'play'" play
called 2 'xlgc --help' --nonsense
called 2 'xlgc --help' replay --nonsense -
called 2 "no setting 'fast'" replay --setting fast -
called 2 'one FILE' replay
called 2 'one FILE' replay a b
called 2 'cannot open .*nothing' replay "$scratch/nothing"
called 2 'cannot read .*: Is a directory' replay "$scratch"
called 0 '^summary objects=0' replay -
echo play >"$scratch/trace"
called 1 '^error 1: unknown operation play' replay "$scratch/trace" --check

# Lines that are no text, or too long, are errors of their own, and of no other line.
printf 'pin a\npin b\0c\npin d' | replay 1 --check - || failures=$((failures + 1))
grep -q '^error 2: .*NUL' "$scratch/err" || fail "a NUL byte is not reported"
grep -q ' objects=2 ' "$scratch/out" || fail "a NUL byte spoils other lines"
{
  echo 'pin a'
  printf 'pin %065533d\n' 0
  printf 'pin %065532d\n' 0
  echo 'pin c'
  printf 'pin %0200000d\n' 0
  printf 'pin %0200000d' 0
} | replay 1 --check - || failures=$((failures + 1))
[ "$(cut -d: -f1 "$scratch/err" | tr '\n' ' ')" = 'error 2 error 5 error 6 ' ] || fail "long lines: $(cat "$scratch/err")"
grep -q ' objects=3 ' "$scratch/out" || fail "long lines spoil others"

# Misuse is found late, in blocks of events, and each is given its line.
{
  echo 'link a b'
  i=0
  while [ $i -lt 3000 ]; do
    printf 'link a b\nunlink b a\nunlink a b\nunlink nobody a\n'
    i=$((i + 1))
  done
} | replay 1 --check - || failures=$((failures + 1))
[ "$(grep -c '^error ' "$scratch/err")" = 6000 ] || fail "not every misuse is reported"
awk -F '[ :]' '$2 != 2 * NR + 1 { exit 1 }' "$scratch/err" || fail "misuse is reported for wrong lines"

if [ -c /dev/full ]; then
  "$xlgc" replay - </dev/null >/dev/full 2>"$scratch/err"
  status=$?
  { [ $status = 2 ] && grep -q 'cannot write' "$scratch/err"; } || fail "a full disk goes unnoticed"
fi

echo "$traces traces of the corpus, $((2 * seeds + 9)) generated ones; $failures failures"
[ $failures = 0 ]
