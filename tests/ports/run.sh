# Sourced by tests/run --ports: the library on other machines, and with other systems, in these tables. A later port gets
# a line, and notes on what it lacks.
#
# For other machines all is built by a cross compiler, with Debian's Check for that machine, which is unpacked beside the
# build and not installed. The programs of the suite that look at the core and at C++ run, natively or under qemu's
# emulation of a program of that machine; what xlgc says of the corpus is compared, in both settings; and the demo of the
# C++ pointers runs.
#   NAME | DEBIAN'S NAME | TRIPLET | COMPILER | C++ COMPILER | PACKAGES | EMULATOR | CONFIGURE-ARGUMENTS
ports="
i386|i386|i386-linux-gnu|gcc -m32|g++ -m32|g++-12-multilib qemu-user|qemu-i386|--host=i686-linux-gnu CPPFLAGS=-idirafter/usr/include/x86_64-linux-gnu
s390x|s390x|s390x-linux-gnu|s390x-linux-gnu-gcc-12|s390x-linux-gnu-g++-12|g++-12-s390x-linux-gnu libc6-dev-s390x-cross qemu-user|qemu-s390x -L /usr/s390x-linux-gnu|--host=s390x-linux-gnu CPPFLAGS=-idirafter/usr/include
"

# unpack_check ARCHITECTURE DIRECTORY: Check for another architecture. apt keeps its lists in the directory too, so what
# this machine has and takes its packages from stays as it is.
unpack_check() (
  [ -f "$2/done" ] && exit 0
  mkdir -p "$2/lists/partial" "$2/cache/archives/partial" "$2/root" && cd "$2" || exit 1
  foreign="-q -o APT::Architecture=$1 -o APT::Architectures=$1 -o Dir::State::Lists=$2/lists -o Dir::Cache=$2/cache
    -o Dir::State::status=/dev/null -o APT::Sandbox::User=root"
  # shellcheck disable=SC2086 # options. Where one list cannot be fetched the others may do.
  { apt-get $foreign update; apt-get $foreign download check libsubunit0 libsubunit-dev; } || exit 1
  for package in *.deb; do
    dpkg -x "$package" root || exit 1
  done
  rm -r lists cache && touch done
)

# Other C libraries of this machine: the library without languages, and the corpus.
#   NAME | COMPILER | PACKAGES | CONFIGURE-ARGUMENTS
system_ports="
musl|musl-gcc|musl-tools|--host=x86_64-linux-musl CPPFLAGS=-idirafter/usr/include
"

# The core alone, as one file (tests/one_file.sh).
#   NAME | COMPILER, with an emulator behind a colon | PACKAGES
# Windows, by MinGW-w64: its threads and clock; without forks, huge pages and eventfds.
core_ports="
windows|x86_64-w64-mingw32-gcc-posix:wine|gcc-mingw-w64-x86-64-posix wine wine64
"

# port_replays EMULATOR: the corpus, run by the port's xlgc in the present directory.
port_replays() {
  for setting in certified exact; do
    for trace in "$top"/tests/corpus/*.trace; do
      # shellcheck disable=SC2086 # the emulator and its options
      $1 ./xlgc replay --check --setting $setting "$trace" >replayed 2>replayed-errors
      [ $? -le 1 ] && sed 's/ touched=[0-9]*//' replayed | diff - "${trace%.trace}.expected" ||
        { echo "$setting $trace"; cat replayed-errors; return 1; }
    done
  done
}

# The programs of the suite that a port runs: what looks at the core, and C++. Unloading needs a shared library.
port_tests() {
  sed -n -e 's/^check_tests += //p' -e 's/^cpp_tests += //p' "$top/tests/local.am" |
    grep -E '/(unit|model|oom|api|misuse|fuzz|race|cpp)_[a-z_]*$' | grep -v -e api_unloading
}

# Under qemu a fork beside other threads ends in an assertion of qemu's, and it adds its words to those of an abort.
not_emulated() { grep -v -e api_shutdown -e cpp_forks -e misuse_callbacks; }

# port NAME ARCHITECTURE TRIPLET COMPILER C++-COMPILER EMULATOR ARGUMENT...
port() {
  port_name=$1 architecture=$2 foreign=$top/build/foreign/$2 libraries=$top/build/foreign/$2/root/usr/lib/$3
  compiler=$4 cxx_compiler=$5 emulator=$6
  shift 6
  if stage "port-$port_name-check" unpack_check "$architecture" "$foreign"; then
    programs=$(port_tests | tr '\n' ' ')
  else
    programs=
    echo "port $port_name: the programs of the suite are skipped, as Debian's check for this machine could not be had"
  fi
  # shellcheck disable=SC2086 # the emulator and its options
  configured "port-$port_name" "CC=$compiler" "CXX=$cxx_compiler" "$@" --disable-shared --enable-werror --enable-invariants=1 \
    --without-lua --without-python --without-mozjs --without-duktape PKG_CONFIG_LIBDIR="$libraries/pkgconfig" \
    PKG_CONFIG_SYSROOT_DIR="$foreign/root" LDFLAGS="-Wl,-rpath,$libraries" &&
    stage "port-$port_name-make" make -C "$top/build/port-$port_name" -j"$jobs" xlgc demos/cpp_pointers $programs &&
    stage "port-$port_name-corpus" in_dir "$top/build/port-$port_name" port_replays "$emulator" &&
    stage "port-$port_name-demo" in_dir "$top/build/port-$port_name" $emulator demos/cpp_pointers || return 1
  # shellcheck disable=SC2086 # the demo is no test of the suite: does this machine run such programs?
  if (in_dir "$top/build/port-$port_name" demos/cpp_pointers) >/dev/null 2>&1; then
    emulator=
  else
    programs=${programs:+$(port_tests | not_emulated | tr '\n' ' ')}
  fi
  [ -z "$programs" ] ||
    stage "port-$port_name-suite" make -C "$top/build/port-$port_name" -j"$jobs" check check_PROGRAMS="$programs" \
      TESTS="$programs" LOG_COMPILER="$emulator"
}

# system_port NAME COMPILER ARGUMENT...
system_port() {
  port_name=$1 compiler=$2
  shift 2
  configured "port-$port_name" "CC=$compiler" CXX=false "$@" --disable-shared --enable-werror --enable-invariants=1 \
    --without-lua --without-python --without-mozjs --without-duktape &&
    stage "port-$port_name-make" make -C "$top/build/port-$port_name" -j"$jobs" xlgc &&
    stage "port-$port_name-corpus" in_dir "$top/build/port-$port_name" port_replays env
}

# core_port NAME COMPILER
core_port() {
  configured one-file CC=gcc --disable-shared --without-lua --without-python --without-mozjs --without-duktape &&
    stage "port-$1" env -u XLGC_NOT_AGAIN top_srcdir="$top" top_builddir="$top/build/one-file" ONE_FILE_COMPILERS="$2" \
      sh "$top/tests/one_file.sh"
}

# port_is_possible NAME PACKAGES COMMAND...
port_is_possible() {
  port_name=$1 packages=$2
  shift 2
  # shellcheck disable=SC2086 # a list
  if (need_packages $packages); then
    absent=
    for command; do command -v "$command" >/dev/null || absent=$command; done
    [ -n "$absent" ] || return 0
  fi
  echo "port $port_name: skipped, as a package of these is missing: $packages"
  return 1
}

# All of the tables. Sets failed.
# shellcheck disable=SC2086 # several words
run_ports() {
  while IFS='|' read -r name architecture triplet compiler cxx_compiler packages emulator arguments; do
    [ -n "$name" ] || continue
    port_is_possible "$name" "$packages" "${emulator%% *}" "${compiler%% *}" </dev/null || continue
    port "$name" "$architecture" "$triplet" "$compiler" "$cxx_compiler" "$emulator" $arguments </dev/null ||
      failed="$failed port-$name"
  done <<EOF
$ports
EOF
  while IFS='|' read -r name compiler packages arguments; do
    [ -n "$name" ] || continue
    port_is_possible "$name" "$packages" "$compiler" </dev/null || continue
    system_port "$name" "$compiler" $arguments </dev/null || failed="$failed port-$name"
  done <<EOF
$system_ports
EOF
  while IFS='|' read -r name compiler packages; do
    [ -n "$name" ] || continue
    port_is_possible "$name" "$packages" "${compiler%%:*}" "${compiler#*:}" </dev/null || continue
    core_port "$name" "$compiler" </dev/null || failed="$failed port-$name"
  done <<EOF
$core_ports
EOF
}
