#!/bin/sh
# xlgc.h stands alone: it is the first and only include of a program in strict C11, and in C++17; so is xlgc.hpp.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/first.c" <<'EOF'
#include <xlgc.h>
#include <xlgc.h>
int main(void) {
  xlgc_config config;
  xlgc_config_init(&config);
  return config.setting == XLGC_CERTIFIED && XLGC_E_NOMEM == -1 ? 0 : 1;
}
EOF
cp "$work/first.c" "$work/first.cc"
printf '#include <xlgc/host.h>\n#include <xlgc/host.h>\nint main(void) { return 0; }\n' >"$work/host.c"
printf '#include <xlgc/bridge.h>\n#include <xlgc/bridge.h>\nint main(void) { return 0; }\n' >"$work/bridge.c"
printf '#include <xlgc.hpp>\n#include <xlgc.hpp>\nint main() { return 0; }\n' >"$work/pointers.cc"
printf '#include <xlgc/script.hpp>\n#include <xlgc/script.hpp>\nint main() { return 0; }\n' >"$work/script.cc"
flags="-I$top_srcdir/include -I$top_builddir/include -pedantic -Wall -Wextra -Werror -fsyntax-only"

echo "C11"
$CC -std=c11 $flags "$work/first.c"
$CC -std=c11 $flags "$work/host.c"
$CC -std=c11 $flags "$work/bridge.c"

tried=
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  echo "C++17: $compiler"
  $compiler -std=c++17 $flags "$work/first.cc"
  $compiler -std=c++17 $flags "$work/pointers.cc"
  $compiler -std=c++17 $flags "$work/script.cc"
  tried=yes
done
test -n "$tried" || { echo "skipped: there is no C++ compiler; C11 is good"; exit 77; }
