# What tests/run, tests/bench/run and demos/run share. Sourced by them, with $top the project's directory and $program
# their name.

unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR
jobs=$(nproc 2>/dev/null || echo 1)
logs=$top/build/log
mkdir -p "$logs"

# stage NAME COMMAND...: runs it with its output in a log; shows a line, and the log's end when it fails.
stage() {
  stage_name=$1
  stage_log=$logs/$1.log
  shift
  stage_start=$(date +%s)
  if "$@" >"$stage_log" 2>&1 </dev/null; then
    echo "$program: $stage_name: done in $(($(date +%s) - stage_start)) s" >&2
  else
    echo "$program: $stage_name: FAILED; the end of $stage_log:" >&2
    tail -n 60 "$stage_log" | sed 's/^/| /' >&2
    return 1
  fi
}

# Debian's packages for building the library, without C++.
# shellcheck disable=SC2034 # for those that source this
build_packages="autoconf automake libtool make gcc libc6-dev pkg-config uthash-dev"

# language_packages NAME...: the packages of these languages, as configure.ac states them.
language_packages() {
  for language; do
    sed -n "s/^XLGC_LANGUAGE(\\[$language\\], .*\\[\\([^]]*\\)\\])\$/\\1/p" "$top/configure.ac"
  done
}

# need_packages PACKAGE...: installs the Debian packages that are missing. Elsewhere configure says what it needs.
need_packages() {
  command -v dpkg-query >/dev/null || return 0
  missing=
  for package; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  test -n "$missing" || return 0

  # Where one list cannot be fetched the others, or older ones, may do.
  command="apt-get update; apt-get install -y --no-install-recommends$missing"
  if [ "$(id -u)" = 0 ]; then
    root=
  elif command -v sudo >/dev/null; then
    root=sudo
  else
    root=none
  fi
  if [ "$root" != none ]; then
    echo "$program: installing$missing" >&2
    # shellcheck disable=SC2086 # empty when we are root
    stage packages $root env DEBIAN_FRONTEND=noninteractive sh -c "$command" && return 0
  fi
  echo "$program: packages are missing; as root, run" >&2
  echo "  $command" >&2
  exit 1
}

# configured NAME ARGUMENT...: build/NAME is bootstrapped and configured so.
configured() {
  dir=$top/build/$1
  name=$1
  shift
  [ -x "$top/configure" ] || stage bootstrap sh "$top/bootstrap" || return 1
  [ -f "$dir/Makefile" ] && [ "$(cat "$dir/configured" 2>/dev/null)" = "$*" ] && return 0
  mkdir -p "$dir"
  stage "$name-configure" in_dir "$dir" ../../configure "$@" || return 1
  echo "$*" >"$dir/configured"
}

# in_dir DIRECTORY COMMAND...
in_dir() (
  cd "$1" || exit 1
  shift
  "$@"
)
