#!/bin/sh
# A program in C or C++ that reports its links calls nothing of the library but at the ends of chunks; with XLGC_NO_INLINE
# it calls each time. Counted by functions of the program's own in front of the library's.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
library=$top_builddir/.libs/libxlgc.so
test -e "$library" || { echo "skipped: the shared library was not built"; exit 77; }
test -z "$SANITIZER_FLAGS" || { echo "skipped: what a program calls is counted without sanitizers"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/calls.c" <<'EOT'
#define _GNU_SOURCE
#define XLGC_NO_INLINE
#include <dlfcn.h>
#include <xlgc.h>

extern unsigned long calls;
unsigned long calls;

#define IN_FRONT(name, types, arguments)               \
  int name types {                                     \
    int(*behind) types;                                \
    *(void **)&behind = dlsym(RTLD_NEXT, #name);       \
    calls++;                                           \
    return behind arguments;                           \
  }
IN_FRONT(xlgc_link, (xlgc_context *context, xlgc_id one, xlgc_id other), (context, one, other))
IN_FRONT(xlgc_unlink, (xlgc_context *context, xlgc_id one, xlgc_id other), (context, one, other))
IN_FRONT(xlgc_relink, (xlgc_context *context, xlgc_id one, xlgc_id old, xlgc_id now), (context, one, old, now))
IN_FRONT(xlgc_pin, (xlgc_context *context, xlgc_id one), (context, one))
IN_FRONT(xlgc_unpin, (xlgc_context *context, xlgc_id one), (context, one))
EOT

cat >"$work/program.c" <<'EOT'
#include <stdio.h>
#include <xlgc.h>

#ifdef __cplusplus
extern "C"
#else
extern
#endif
unsigned long calls;

int main(void) {
  enum { TURNS = 10000, EVENTS = 5 * TURNS, RECORDS = 6 * TURNS, CHUNK = 510 };
  xlgc_pool *pool;
  xlgc_context *context, *pinning;
  xlgc_id top, one, other;
  if (xlgc_pool_create(NULL, &pool) || xlgc_context_create(pool, "main", &context) ||
      xlgc_register(context, NULL, NULL, &top) || xlgc_register(context, NULL, NULL, &one) ||
      xlgc_register(context, NULL, NULL, &other) || xlgc_pin(context, top) || xlgc_link(context, top, one) ||
      xlgc_link(context, top, other) || xlgc_flush(pool))
    return 1;
  calls = 0;
  for (int i = 0; i < TURNS; i++)
    if (xlgc_pin(context, one) || xlgc_link(context, top, one) || xlgc_relink(context, top, one, other) ||
        xlgc_unlink(context, top, other) || xlgc_unpin(context, one))
      return 2;
  printf("%lu calls, ", calls);
  if (xlgc_context_position(context) != RECORDS + 3 || xlgc_context_create(pool, "pins", &pinning)) return 3;
#ifdef XLGC_NO_INLINE
  if (calls != EVENTS) return 4;
#else
  if (calls > RECORDS / (CHUNK - 1) + 2) return 4;
#endif
  /* One that never links takes no memory for links, and calls as seldom. */
  calls = 0;
  for (int i = 0; i < TURNS; i++)
    if (xlgc_pin(pinning, one) || xlgc_unpin(pinning, one)) return 2;
  printf("%lu for pins\n", calls);
#ifdef XLGC_NO_INLINE
  if (calls != 2 * TURNS) return 4;
#else
  if (calls > 2 * TURNS / (CHUNK - 1) + 2) return 4;
#endif
  xlgc_statistics statistics;
  if (xlgc_flush(pool) || xlgc_stats(pool, &statistics)) return 5;
  if (statistics.errors || statistics.links != 2 || statistics.events != RECORDS + 3 + 2 * TURNS) return 6;
  return xlgc_pool_destroy(pool);
}
EOT

flags="-I$top_srcdir/include -I$top_builddir/include -Wall -Wextra -Wconversion -Werror"
# shellcheck disable=SC2086 # lists
$CC $flags -c "$work/calls.c" -o "$work/calls.o"

# try COMPILER FLAG...: counts, inline and not.
try() {
  for inline in -U -D; do
    # shellcheck disable=SC2068,SC2086 # lists
    $@ $flags ${inline}XLGC_NO_INLINE -c "$work/program.c" -o "$work/program.o"
    # shellcheck disable=SC2086
    $CC "$work/program.o" "$work/calls.o" "$library" -ldl -o "$work/program"
    printf '%s %s: ' "$*" "${inline}XLGC_NO_INLINE"
    LD_LIBRARY_PATH="$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$work/program" ||
      { echo "left with $?"; exit 1; }
  done
}
try "$CC" -std=c11 -pedantic
try "$CC" -std=c99 -pedantic
try "$CC" -O0
try "$CC" -O3
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  try $compiler -x c++ -std=c++11 -pedantic -O2
done
