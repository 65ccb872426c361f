#!/bin/sh
# sh tests/support/valgrind.sh BUILD
#
# Runs programs of the suite that look at xlgc.hpp under Valgrind, which must find nothing. It knows of each bit whether
# something was written there, which sanitizers do not. Those that do a lot, on many threads or in many forks, are left to
# sanitizers. BUILD: a configured build without any of these; the programs are made where they are not.
build=$1
[ $# = 1 ] && [ -x "$build/libtool" ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command -v valgrind >/dev/null || { echo "skipped: there is no valgrind (Debian: valgrind)"; exit 77; }
cd "$build" || exit 1
programs="api_cpp cpp_check cpp_classes cpp_com cpp_containers cpp_moves cpp_orders cpp_pointers cpp_script"
export XLGC_NOT_AGAIN=1 SEED="${SEED:-1}" CK_DEFAULT_TIMEOUT=3600
status=0
for program in $programs; do
  make -s "tests/$program" || exit 1
  ./libtool --mode=execute valgrind -q --error-exitcode=99 "tests/$program" >"tests/$program.valgrind" 2>&1 && continue
  echo "--- $program"
  tail -n 60 "tests/$program.valgrind"
  status=1
done
exit $status
