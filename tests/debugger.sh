#!/bin/sh
# shellcheck disable=SC2086 # flags are several words
# lib/debug/gdb.py, in a program of C++ that stops: ids, the pool, pointers, and why an object is alive.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CXX:=c++}"
command -v gdb >/dev/null || { echo "skipped: there is no gdb (Debian: gdb)"; exit 77; }
[ -z "$SANITIZER_FLAGS" ] || { echo "skipped: sanitizers and debuggers do not go together"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

cat >"$work/program.cc" <<'END'
#include <xlgc.hpp>
struct node : xlgc::object {
  int value = 7;
  xlgc::ref<node> next{this};
};
static int stop(xlgc_pool *pool, const xlgc::root<node> &held, xlgc_id id) {
  return pool && held && id; /* here */
}
int main() {
  xlgc::pool pool;
  xlgc::root<node> held = xlgc::make<node>(), nothing;
  held->next = xlgc::make<node>();
  xlgc_id id = xlgc::id_of(held->next.get());
  return !stop(pool.native(), held, id);
}
END
line=$(grep -n 'here \*/' "$work/program.cc" | sed 's/:.*//')
$CXX -std=c++17 -g -O0 -I"$top_srcdir/include" -I"$top_builddir/include" "$work/program.cc" \
  "$top_builddir/.libs/libxlgc.a" -lpthread -Wl,-u,xlgc_why_text -o "$work/program" || exit 1
timeout 600 gdb -nx -batch -ex "source $top_srcdir/lib/debug/gdb.py" -ex "break program.cc:$line" -ex run -ex 'print id' \
  -ex 'print (xlgc_id)0' -ex 'print *pool' -ex 'print held' -ex up -ex 'print nothing' -ex down -ex 'xlgc-why pool, id' \
  -ex 'xlgc-why pool' -ex 'xlgc-why pool, 5' "$work/program" >"$work/said" 2>&1 </dev/null || :
if grep -q 'Could not trace the inferior\|ptrace' "$work/said"; then
  echo "skipped: gdb may not trace here"
  exit 77
fi

status=0
# says PATTERN: a line of the session does.
says() { grep -q -e "$1" "$work/said" || { echo "gdb does not say: $1"; status=1; }; }
says '^\$1 = 0x[0-9a-f]* (pool [0-9]*, slot [0-9]*, generation [0-9]*)$'
says '^\$2 = XLGC_ID_NONE$'
says '^\$3 = xlgc_pool = {objects = [0-9]*, links = [0-9]*, rounds = 0, phase = idle, .* is_owned = false, bytes = [0-9]*}$'
says '^\$4 = .*xlgc::root<node> to 0x[0-9a-f]* .*value = 7, next = xlgc::ref<node> to 0x'
says '^\$5 = xlgc::root<node> to nothing$'
says 'node 0x[0-9a-f]*: pinned 1 time$'
says '^  .*-> .*node 0x[0-9a-f]*$'
says 'two expressions, with a comma between them'
says 'xlgc_why_text: XLGC_E_FOREIGN'
[ $status = 0 ] || cat "$work/said"
exit $status
