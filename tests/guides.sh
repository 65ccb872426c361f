#!/bin/sh
# All that README and the guides show works when it is pasted: files are saved, commands are run where these are, and
# print what is said (tests/support/pages.sh).
set -e
export LC_ALL=C
. "${top_srcdir:-.}/tests/support/installed.sh"
. "${top_srcdir:-.}/tests/support/pages.sh"
test -e "$installed/libxlgc.so" || { echo "skipped: there are no shared libraries"; exit 77; }
as_a_user

# README names the packages that a build wants, as tests/run installs them.
wanted=$(sed -n 's/^build_packages="\(.*\)"/\1/p' "$top_srcdir/tests/support/setup.sh")
grep -q -x " *sudo apt-get install $wanted" "$top_srcdir/README" || complain "README does not name the packages: $wanted"
for package in $(sed -n 's/^XLGC_LANGUAGE(.*\[\([^]]*\)\])$/\1/p' "$top_srcdir/configure.ac"); do
  grep -q "^ *sudo apt-get install.* $package\>" "$top_srcdir/README" || complain "README does not name the package $package"
done

pages=0
for page in "$top_srcdir"/README "$top_srcdir"/doc/guides/*.md; do
  name=${page#"$top_srcdir/"}
  folder=$work/$(basename "$page" .md)
  unpack_page "$page" "$folder" || { complain "$name: cannot be read"; continue; }
  test -f "$folder/run.sh" || { echo "$name has no programs"; continue; }
  # shellcheck disable=SC2046 # a list
  without=$(lacking $(page_needs "$folder"))
  test -z "$without" || { echo "not tried: $name, as there is no $without"; continue; }
  echo "$name"
  run_page "$folder" || complain "$name failed"
  pages=$((pages + 1))
done
test -n "$(lacking lua python mozjs duktape lua5.4)" || [ $pages -ge 7 ] || complain "only $pages pages were tried"
exit $status
