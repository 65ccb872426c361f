#!/bin/sh
# sh bounded.sh PROGRAM [ARGUMENT]...
# Runs a test, and says how long it took. One that takes longer than TEST_TIMEOUT seconds (1500) is taken to hang: says
# what each of its processes is at, as far as gdb may look at them, and ends them, so that the other tests go on. Where
# there is no /proc there is no limit.
limit=${TEST_TIMEOUT:-1500}
[ -r "/proc/$$/status" ] || exec "$@"

# offspring PID: the processes that PID started, and those that these started; not the watch itself.
offspring() {
  # shellcheck disable=SC2013 # numbers
  for child in $(grep -sl "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | sed 's,/proc/\([0-9]*\)/.*,\1,'); do
    [ "$child" = "$watch" ] || echo "$child $(offspring "$child")"
  done
}

report() {
  printf '\nprocess %s: %s\n' "$1" "$(tr '\0' ' ' <"/proc/$1/cmdline")"
  for task in /proc/"$1"/task/*; do
    state=$(sed -n 's/^State:[[:space:]]*//p' "$task/status")
    echo "thread ${task##*/}: $state, waits in $(cat "$task/wchan" 2>/dev/null)"
  done
  ! command -v gdb >/dev/null || timeout 120 gdb -nx -batch -p "$1" -ex 'thread apply all backtrace 40' 2>&1 </dev/null
}

watch_over() {
  watch=$(sh -c 'echo $PPID')
  nap=
  trap 'kill $nap 2>/dev/null; exit 0' TERM
  sleep "$limit" &
  nap=$!
  wait "$nap"
  echo "bounded.sh: the test takes longer than TEST_TIMEOUT=$limit s"
  hung=$(offspring $$)
  for process in $hung; do report "$process"; done
  # shellcheck disable=SC2086 # a list
  kill -KILL $hung
}

watch_over &
begun=$(date +%s)
"$@"
status=$?
kill $! 2>/dev/null
[ $status = 77 ] || { # tests/run takes the last words of what is skipped
  echo "took $(($(date +%s) - begun)) s; of the processor, for users and for the system, without and with the test:"
  times
}
exit "$status"
