#!/bin/sh
# The tarball is the same bit for bit, whoever makes it, and made anew from itself. The version is stated in
# configure.ac, and in NEWS as what is new in it; all else has it from there.
: "${top_srcdir:=.}" "${top_builddir:=.}"
[ -z "$XLGC_NOT_AGAIN" ] || { echo "skipped: has been run with another build"; exit 77; }
grep -q '^am__tar = .*--sort=name' "$top_builddir/Makefile" ||
  { echo "skipped: this tar cannot make the same archive twice"; exit 77; }
unset MAKEFLAGS MFLAGS MAKELEVEL
work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
status=0

version=$(sed -n 's/^AC_INIT(\[xlgc\], \[\(.*\)\])/\1/p' "$top_srcdir/configure.ac")
news=$(sed -n 's/^\([0-9]*\.[0-9]*\.[0-9]*\)$/\1/p' "$top_srcdir/NEWS" | head -n 1)
[ -n "$version" ] && [ "$version" = "$news" ] || { echo "configure.ac has $version, NEWS has $news"; status=1; }
# shellcheck disable=SC2046 # a list
again=$(cd "$top_srcdir" && grep -lF "$version" README HACKING SECURITY Makefile.am xlgc*.in \
  $(find lib include doc demos tests -name '*.[ch1-9]' -o -name '*.cc' -o -name '*.hpp' -o -name '*.am' -o -name '*.sh' \
    -o -name '*.in' -o -name '*.md' -o -name '*.py*'))
[ "$again" = "" ] || { echo "the version is stated again: $again"; status=1; }

# made NAME TOP COMMAND...: the tarball that the command makes there.
made() {
  to=$work/$1 from=$2
  shift 2
  "$@" >"$work/log" 2>&1 && mv "$from/xlgc-$version.tar.gz" "$to" || { tail -n 30 "$work/log"; echo "no tarball"; exit 1; }
}
(umask 077 && TZ=Asia/Tokyo && export TZ && made one "$top_builddir" make -C "$top_builddir" dist-gzip) || exit 1
(umask 002 && TZ=UTC && LC_ALL=C && export TZ LC_ALL && made other "$top_builddir" make -C "$top_builddir" dist-gzip) || exit 1
cmp "$work/one" "$work/other" || status=1

mkdir "$work/built"
gzip -dc "$work/one" | (cd "$work" && tar xf -) || exit 1
# shellcheck disable=SC2086 # several words
(cd "$work/built" && "../xlgc-$version/configure" -q --without-lua --without-python --without-mozjs --without-duktape \
  --disable-static) >"$work/log" 2>&1 || { tail -n 30 "$work/log"; exit 1; }
made third "$work/built" make -C "$work/built" dist-gzip
cmp "$work/one" "$work/third" || status=1
exit $status
