#!/bin/sh
# Classes that xlgc.hpp cannot treat do not compile, and the compiler's message says why. Those that it can treat are in
# tests/cpp_classes.cc.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}"
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-std=c++17 -I$top_srcdir/include -I$top_builddir/include"

# precompile: the header, for all cases of this compiler; sets `precompiled`.
precompile() {
  case $compiler in
  clang*) header=$work/xlgc.pch precompiled="-include-pch $work/xlgc.pch" ;;
  *) header=$work/xlgc.hpp.gch precompiled=-I$work ;;
  esac
  # shellcheck disable=SC2086 # several words
  $compiler $flags -x c++-header "$top_srcdir/include/xlgc.hpp" -o "$header"
}

# A line: words of the message | what follows `struct one` | what main does with it.
cat >"$work/cases" <<'EOF'
put it into a ref_vector | : xlgc::object {}; | xlgc::make<one[3]>();
must inherit from xlgc::object | {}; | xlgc::make<one>();
without const | : xlgc::object {}; | xlgc::make<const one>();
an abstract class cannot be made | : xlgc::object { virtual void f() = 0; }; | xlgc::make<one>();
needs a public destructor | : xlgc::object { private: ~one(); }; | xlgc::make<one>();
needs a public destructor | : xlgc::object { ~one() = delete; }; | xlgc::make<one>();
no public constructor for these arguments | : xlgc::object { private: one(); }; | xlgc::make<one>();
no public constructor for these arguments | : xlgc::object { explicit one(int); }; | xlgc::make<one>("text");
make() cannot call the operator new | : xlgc::object { void *operator new(std::size_t) = delete; }; | xlgc::make<one>();
make() cannot call the operator new | : xlgc::object { private: void *operator new(std::size_t); }; | xlgc::make<one>();
make() cannot call the operator new | : xlgc::object { void *operator new(std::size_t, void *); }; | xlgc::make<one>();
does not know its alignment | : xlgc::object { alignas(64) int i; void *operator new(std::size_t); void operator delete(void *); }; | xlgc::make<one>();
using xlgc_base = | : xlgc::object {}; struct two : xlgc::object {}; struct both : one, two {}; | xlgc::make<both>();
a public base xlgc::object | : private xlgc::object {}; | xlgc::make<one>();
the class must be complete here | ; | extern one *somewhere; xlgc::root<one> pinned(somewhere);
EOF

tried=
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  tried=yes
  precompile
  while IFS='|' read -r words class use; do
    words=${words% }
    printf '#include <xlgc.hpp>\nstruct one %s\nint main() { %s }\n' "$class" "$use" >"$work/case.cc"
    # shellcheck disable=SC2086 # several words
    if $compiler $precompiled $flags -fsyntax-only "$work/case.cc" 2>"$work/said"; then
      echo "$compiler compiles: $class $use"
      exit 1
    fi
    grep -q -F -e "$words" "$work/said" || { echo "$compiler does not say '$words':"; cat "$work/said"; exit 1; }
    echo "$compiler: $words"
  done <"$work/cases"
done
test -n "$tried" || { echo "skipped: there is no C++ compiler"; exit 77; }
