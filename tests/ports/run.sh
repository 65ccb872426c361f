# Sourced by tests/run --ports: the library on other machines, in this table. Each is built by a cross compiler, with
# Debian's Check for that machine, which is unpacked beside the build and not installed. The programs of the suite that
# look at the core and at C++ run, natively or under qemu's emulation of a program of that machine; what xlgc says of the
# corpus is compared, in both settings; and the demo of the C++ pointers runs. A later port gets a line, and notes on what
# it lacks.
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

# All of the table. Sets failed.
run_ports() {
  while IFS='|' read -r name architecture triplet compiler cxx_compiler packages emulator arguments; do
    [ -n "$name" ] || continue
    # shellcheck disable=SC2086 # lists
    if ! (need_packages $packages) || ! command -v ${emulator%% *} >/dev/null || ! command -v ${compiler%% *} >/dev/null
    then
      echo "port $name: skipped, as a package of these is missing: $packages"
      continue
    fi
    # shellcheck disable=SC2086
    port "$name" "$architecture" "$triplet" "$compiler" "$cxx_compiler" "$emulator" $arguments || failed="$failed port-$name"
  done <<EOF
$ports
EOF
}
