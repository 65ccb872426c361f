#!/bin/sh
# Programs that report everything rightly do the same in pools that check, which find nothing wrong in them.
: "${top_builddir:=.}"
programs="api_children api_weak api_limits api_mailboxes api_releasers cpp_containers cpp_com cpp_moves cpp_pointers cpp_programs cpp_threads"
case $XLGC_NOT_AGAIN$SANITIZER_FLAGS in
1*thread*) programs="api_mailboxes cpp_threads" ;;
1*) programs="api_weak cpp_moves cpp_programs cpp_threads" ;;
esac
[ -x "$top_builddir/tests/cpp_threads" ] || programs="api_children api_weak api_limits api_mailboxes api_releasers"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for program in $programs; do
  XLGC_CHECK=1 XLGC_NOT_AGAIN=1 "$top_builddir/tests/$program" >"$work/out" 2>&1 && ! grep -q '^xlgc: ' "$work/out" &&
    continue
  echo "--- $program"
  cat "$work/out"
  status=1
done
exit $status
