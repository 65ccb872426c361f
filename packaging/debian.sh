#!/bin/sh
# sh packaging/debian.sh TARBALL FOLDER
#
# Makes Debian's packages of a tarball (make dist) in an empty folder: the source package and the binary ones. lintian then
# has nothing to say. The version is that of the tarball, the changelog says what NEWS says.
set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin # the system's tools
export PATH
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
tarball=$1 folder=$2
test -f "$tarball" && test -n "$folder" || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$folder"
version=$(basename "$tarball" .tar.gz)
version=${version#xlgc-}
cp "$tarball" "$folder/xlgc_$version.orig.tar.gz"
cd "$folder"
tar xzf "xlgc_$version.orig.tar.gz"
cd "xlgc-$version"
cp -R packaging/debian .
{
  echo "xlgc ($version-1) unstable; urgency=medium"
  echo
  echo "  * New version; NEWS has what is new in it."
  echo
  echo " -- $(sed -n 's/^Maintainer: //p' debian/control)  $(LC_ALL=C date -u -R -r configure.ac)"
} >debian/changelog
dpkg-buildpackage -us -uc
cd ..
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "xlgc_${version}-1_$(dpkg --print-architecture).changes"
