#!/bin/sh
# sh packaging/test.sh TARBALL FOLDER
#
# Installs a tarball (make dist) by pip into a virtual environment, and by luarocks into a tree of a user's, both in an
# empty folder. The module is then found with nothing set but what the tools say, opens other languages, frees a ring,
# and is gone when it is removed.
set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin # the system's tools
export PATH
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR PYTHONPATH LUA_PATH LUA_CPATH LD_LIBRARY_PATH
tarball=$1 folder=$2
test -f "$tarball" && test -n "$folder" || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$folder"
tar xzf "$tarball" -C "$folder"
cd "$folder"
folder=$PWD
sources=$(echo "$folder"/xlgc-*)
status=0

by_pip() {
  python3 -m venv environment
  environment/bin/pip install --no-build-isolation --no-index "$sources" || return 1
  # The program of README.
  awk '/^```python first.py/ { code = 1; next } /^```/ { code = 0 } code' "$sources/README" >first.py
  test "$(environment/bin/python first.py)" = "4 objects are gone" || { environment/bin/python first.py; return 1; }
  environment/bin/pip uninstall -y xlgc
  test -z "$(find environment -name '*xlgc*')" || { find environment -name '*xlgc*'; return 1; }
}

by_luarocks() {
  (cd "$sources" && luarocks --lua-version 5.4 --tree "$folder/tree" make) || return 1
  cat >first.lua <<'END'
local xlgc = require "xlgc"
local js, other = xlgc.open("mozjs"), xlgc.open("lua")
local node = {}
node.table = other.eval("return {}")        -- a table of another state
node.table.handler = js.eval("(node) => () => node")(node)
node = nil                                  -- Lua -> Lua -> JavaScript -> Lua: a ring
print(xlgc.collect() >= 3)
END
  (
    eval "$(luarocks --lua-version 5.4 --tree "$folder/tree" path)"
    test "$(lua5.4 first.lua)" = true
  ) || return 1
  luarocks --lua-version 5.4 --tree "$folder/tree" remove xlgc
  test -z "$(find tree -name '*xlgc*')" || { find tree -name '*xlgc*'; return 1; }
}

if python3 -c 'import venv, ensurepip' 2>/dev/null; then
  by_pip || { echo "pip: failed"; status=1; }
else
  echo "not tried: there is no python3-venv"
fi
if command -v luarocks >/dev/null; then
  by_luarocks || { echo "luarocks: failed"; status=1; }
else
  echo "not tried: there is no luarocks"
fi
exit $status
