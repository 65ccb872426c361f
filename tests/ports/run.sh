# Sourced by tests/run --ports: the library on other machines, in this table. Each is built by a cross compiler. Under
# qemu's emulation of a program of that machine, what it says of the corpus is compared, in both settings, and the demo of
# the C++ pointers runs. A later port gets a line, and notes on what it lacks.
#   NAME | COMPILER | C++ COMPILER | PACKAGES | EMULATOR | CONFIGURE-ARGUMENTS
# The programs that want Check are not built: it is not packaged as a library for a cross compiler.
ports="
i386|gcc -m32|g++ -m32|g++-12-multilib qemu-user|qemu-i386|--host=i686-linux-gnu CPPFLAGS=-idirafter/usr/include/x86_64-linux-gnu
s390x|s390x-linux-gnu-gcc-12|s390x-linux-gnu-g++-12|g++-12-s390x-linux-gnu libc6-dev-s390x-cross qemu-user|qemu-s390x -L /usr/s390x-linux-gnu|--host=s390x-linux-gnu CPPFLAGS=-idirafter/usr/include
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

# port NAME COMPILER C++-COMPILER EMULATOR ARGUMENT...
port() {
  port_name=$1 compiler=$2 cxx_compiler=$3 emulator=$4
  shift 4
  # shellcheck disable=SC2086 # the emulator and its options
  configured "port-$port_name" "CC=$compiler" "CXX=$cxx_compiler" "$@" --disable-shared --enable-werror --enable-invariants=1 \
    --without-lua --without-python --without-mozjs --without-duktape &&
    stage "port-$port_name-make" make -C "$top/build/port-$port_name" -j"$jobs" xlgc demos/cpp_pointers &&
    stage "port-$port_name-corpus" in_dir "$top/build/port-$port_name" port_replays "$emulator" &&
    stage "port-$port_name-demo" in_dir "$top/build/port-$port_name" $emulator demos/cpp_pointers
}

# All of the table. Sets failed.
run_ports() {
  while IFS='|' read -r name compiler cxx_compiler packages emulator arguments; do
    [ -n "$name" ] || continue
    # shellcheck disable=SC2086 # lists
    if ! (need_packages $packages) || ! command -v ${emulator%% *} >/dev/null || ! command -v ${compiler%% *} >/dev/null
    then
      echo "port $name: skipped, as a package of these is missing: $packages"
      continue
    fi
    # shellcheck disable=SC2086
    port "$name" "$compiler" "$cxx_compiler" "$emulator" $arguments || failed="$failed port-$name"
  done <<EOF
$ports
EOF
}
