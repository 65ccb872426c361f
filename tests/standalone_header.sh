#!/bin/sh
# xlgc.h stands alone: it is the first and only include of a program in strict C11, and in C++17; so is xlgc.hpp, in each
# dialect from C++17 on, also without exceptions and run-time types. The inline code compiles from C99 and C++11 on.
set -e
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }

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
cat >"$work/barriers.c" <<'EOF'
#include <xlgc.h>
typedef int (*link_function)(xlgc_context *, xlgc_id, xlgc_id);
link_function address(void);
link_function address(void) { return &xlgc_link; }
inline int hold(xlgc_context *context, xlgc_id one, xlgc_id other);
inline int hold(xlgc_context *context, xlgc_id one, xlgc_id other) { return xlgc_link(context, one, other); }
int report(xlgc_context *context, xlgc_id one, xlgc_id other);
int report(xlgc_context *context, xlgc_id one, xlgc_id other) {
  if (hold(context, one, other) || xlgc_unlink(context, one, other) || (xlgc_link)(context, one, other)) return 1;
  return xlgc_relink(context, one, other, one) || xlgc_pin(context, one) || xlgc_unpin(context, one);
}
EOF
cp "$work/barriers.c" "$work/barriers.cc"
printf '#include <xlgc/host.h>\n#include <xlgc/host.h>\nint main(void) { return 0; }\n' >"$work/host.c"
printf '#include <xlgc/cpp.h>\n#include <xlgc/cpp.h>\nint main(void) { return 0; }\n' >"$work/cpp.c"
printf '#include <xlgc/bridge.h>\n#include <xlgc/bridge.h>\nint main(void) { return 0; }\n' >"$work/bridge.c"
cat >"$work/pointers.cc" <<'EOF'
#include <xlgc.hpp>
#include <xlgc.hpp>
struct node : xlgc::object {
  xlgc::ref<node> next{this};
  xlgc::ref_vector<node> all{this};
  xlgc::weak<node> owner;
};
int main() {
  xlgc::pool pool;
  xlgc::root<node> one = xlgc::make<node>(), other(one);
  one->next = std::move(other);
  one->all.push_back(one);
  one->owner = one;
  swap(one->next, one->all[0]);
  return one->owner.lock() == one ? 0 : 1;
}
EOF
cat >"$work/children.cc" <<'EOF'
#include <xlgc/children.hpp>
#include <xlgc/children.hpp>
#if __cplusplus >= 202002L
#include <ranges>
static_assert(std::bidirectional_iterator<xlgc::children::iterator>);
static_assert(std::ranges::bidirectional_range<xlgc::children>);
static_assert(std::ranges::common_range<xlgc::children>);
#endif
std::size_t count(const xlgc::children &all) {
  std::size_t tags = all.size();
  for (const xlgc_child &child : all) tags += child.tag;
  return tags + (all.empty() ? 0 : std::prev(all.end())->tag + (*all.rbegin()).tag + all[0].tag);
}
int main() { return 0; }
EOF
printf '#include <xlgc/script.hpp>\n#include <xlgc/script.hpp>\nint main() { return 0; }\n' >"$work/script.cc"
flags="-I$top_srcdir/include -I$top_builddir/include -pedantic -Wall -Wextra -Werror -fsyntax-only"

echo "C11"
$CC -std=c11 $flags "$work/first.c"
$CC -std=c11 $flags "$work/host.c"
$CC -std=c11 $flags "$work/bridge.c"
$CC -std=c11 $flags "$work/cpp.c"

# The barriers, inline and not, which are compiled into programs of many minds.
minds="$flags -O2 -Wconversion -Wsign-conversion -Wshadow -Wundef"
for standard in c99 c11 gnu11; do
  for inline in -U -D; do
    echo "$standard, ${inline}XLGC_NO_INLINE"
    $CC -std=$standard $minds -Wdeclaration-after-statement -Wmissing-prototypes ${inline}XLGC_NO_INLINE "$work/barriers.c"
  done
done

tried=
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  echo "C++17: $compiler"
  $compiler -std=c++17 $flags "$work/first.cc"
  for dialect in c++17 "c++17 -fno-rtti" "c++17 -fno-exceptions" c++20 c++2b "c++2b -fno-rtti -fno-exceptions"; do
    echo "$dialect: $compiler"
    $compiler -std=$dialect $flags -Wold-style-cast -Wshadow "$work/pointers.cc"
    $compiler -std=$dialect $flags -Wold-style-cast -Wshadow "$work/children.cc"
    case $dialect in *-*) ;; *) $compiler -std=$dialect $flags -Wold-style-cast -Wshadow "$work/script.cc" ;; esac
  done
  for inline in -U -D; do
    echo "C++11: $compiler, ${inline}XLGC_NO_INLINE"
    $compiler -std=c++11 $minds -Wold-style-cast ${inline}XLGC_NO_INLINE "$work/barriers.cc"
  done
  tried=yes
done
test -n "$tried" || { echo "skipped: there is no C++ compiler; C11 is good"; exit 77; }
