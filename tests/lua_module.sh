#!/bin/sh
# The stock interpreter loads the module, with one Lua in the process, and uses managed objects, another state and
# collections; and ends well in every way that a script can end.
set -e
: "${top_builddir:=.}"
module=$top_builddir/lib/hosts/lua/.libs/xlgc.so
test -e "$module" || { echo "skipped: the module is not built here"; exit 77; }
command -v lua5.4 >/dev/null || { echo "skipped: there is no lua5.4"; exit 77; }
if ${NM:=nm} -D "$module" | grep -q -e __asan_ -e __tsan_; then
  echo "skipped: lua5.4 cannot load a module with sanitizers"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LUA_CPATH="$top_builddir/lib/hosts/lua/.libs/?.so"
LUA_INIT=
LD_LIBRARY_PATH="$top_builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LUA_CPATH LUA_INIT LD_LIBRARY_PATH

cat >"$work/all.lua" <<'END'
local xlgc = require "xlgc"
assert(_G.xlgc == nil and require "xlgc" == xlgc and type(xlgc.version) == "string")

-- managed objects
local point = xlgc.new { x = 1, name = "p" }
point.self = point
assert(point.self == point and point.x == 1 and #point == 3 and xlgc.alive(point))
xlgc.shared.point = point
assert(xlgc.shared.point == point)

-- a ring through another state
local other = xlgc.open("lua")
local before = xlgc.stats().host_exports
do
  local mine = {}
  other.eval("theirs = {}")
  mine.theirs, other.globals.theirs.mine = other.globals.theirs, mine
  other.eval("theirs = nil")
  xlgc.collect()
  assert(xlgc.stats().host_exports == before + 1 and mine.theirs.mine == mine)
end
assert(xlgc.collect() >= 2)
assert(type(xlgc.frame(0.01)) == 'boolean')
assert(not pcall(xlgc.frame, '1') and not pcall(xlgc.frame, -1))
assert(xlgc.stats().host_exports == before)

-- the tables of what crosses shrink again
local function parts()
  local count = 0
  for _ in pairs(debug.getregistry()["xlgc.pins"]) do count = count + 1 end
  return count
end
local few = parts()
local take = other.eval("held = {} return function(x) held[#held + 1] = x end")
for i = 1, 20000 do take({}) end
local many = parts()
other.eval("held = {}")
for i = 1, 3 do xlgc.collect() end
assert(many > few + 10 and parts() < few + 5, many .. " " .. parts())

-- the end of a block closes
local closed
do
  local one <close> = xlgc.open("lua")
  closed = one
  assert(one.eval("return 1") == 1)
end
assert(not pcall(function() return closed.eval("return 1") end))

-- errors, and collecting in a coroutine
local good, why = pcall(other.eval, "error('boom', 0)")
assert(not good and why == "boom")
coroutine.wrap(function(...) xlgc.collect() assert((...).x == 1) end)(point)

-- why, and leak tests
do
  local inner = {}
  inner.itself = inner
  other.eval("function hold(o) held = {theirs = o} end")
  other.globals.hold(inner)
  local words = xlgc.why(inner)
  assert(words:find("lua, by itself\n  global 'held'.theirs -> lua: table", 1, true), words)
  cache = {page = {}}
  words = xlgc.why(cache.page)
  assert(words:find("global 'cache'.page -> this object, which no other language knows", 1, true), words)
  cache = nil
  local gone = xlgc.expect_gone(inner)
  inner = nil
  local good, left = pcall(gone)
  assert(not good and tostring(left):find("global 'held'.theirs -> ", 1, true), left)
  other.eval("held = nil")
  gone()
end

-- one Lua
if io.open("/proc/self/maps") then
  for line in io.lines("/proc/self/maps") do assert(not line:find("liblua"), line) end
end
print("well")
END
lua5.4 "$work/all.lua" >"$work/output"
echo well | diff - "$work/output"

# Python in the same process: a file by name, and what that imports.
cat >"$work/main.py" <<'END'
import json, part
seen = json.dumps([part.value]), args if "args" in globals() else None
END
echo 'value = 42' >"$work/part.py"
printf '\n\n1/0\n' >"$work/divides.py"
printf '\nx = = 1\n' >"$work/wrong.py"
cat >"$work/files.lua" <<'END'
local work, xlgc = ..., require "xlgc"
local python = xlgc.open("python")
python.eval("import sys; sys.path.insert(0, args[0])", nil, work)
assert(python.run(work .. "/main.py") == nil and python.globals.seen[0] == "[42]" and python.globals.seen[1] == nil)
assert(python:run(work .. "/main.py", 1, 2) == nil and python.globals.seen[1][1] == 2)
local function fails(words, where, ...)
  local ok, e = pcall(python.run, ...)
  local text, stack = tostring(e), type(e) == "userdata" and e.stack or ""
  assert(not ok and text:find(words, 1, true) and stack:find(where, 1, true), text .. stack)
end
fails("ZeroDivisionError", "divides.py:3", work .. "/divides.py")
fails("SyntaxError", "wrong.py:2", work .. "/wrong.py")
fails("none.py: No such file or directory", "", work .. "/none.py")
fails("run wants the name of a file", "")
fails("run wants the name of a file", "", work .. "/main.py\0x")
END
if test -e "$top_builddir/.libs/libxlgc-python.so"; then
  lua5.4 "$work/files.lua" "$work"
fi

# The ends of a script: states and objects that are left, os.exit with and without closing, errors, finalizers.
start='x = require "xlgc"; o = x.open("lua"); o.globals.t = {o}; m = x.new{o}; m.m = m'
lua5.4 -e "$start"
lua5.4 -e "$start os.exit(true, true)"
lua5.4 -e "$start os.exit(true)"
lua5.4 -e "$start o.globals.f = function() os.exit(true, true) end o.eval('f()')"
lua5.4 -e "$start setmetatable({}, {__gc = function() print(m.m == m, o.eval('1')) end})" >"$work/output"
lua5.4 -e "setmetatable({}, {__gc = function() pcall(require, 'xlgc') end})"
lua5.4 -e "$start error('boom')" 2>"$work/error" && exit 1
grep -q boom "$work/error"
# A package table that lets go of it.
lua5.4 -e "$start package.loaded.xlgc = nil; x = nil; collectgarbage() assert(require('xlgc').shared)"
