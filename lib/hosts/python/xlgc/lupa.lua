-- What xlgc.lupa has in a state: the library `python`, and functions that its classes in Python call.
local sorts, unpacks, given = ...
local xlgc, unpack, pack, next, type, create = xlgc, table.unpack, table.pack, next, type, coroutine.create
local resume, status, tostring, getmetatable = coroutine.resume, coroutine.status, tostring, getmetatable
local debug_metatable = debug.getmetatable
local getinfo, format, load, setmetatable, rawget = debug.getinfo, string.format, load, setmetatable, rawget
local null, kwargs, collect, error, select, math_type = xlgc.null, xlgc.kwargs, collectgarbage, error, select, math.type
xlgc.sorts(sorts)
xlgc.unpack_tuples(unpacks)
_G.xlgc = nil
local functions, waiting = setmetatable({}, {__mode = "k"}), setmetatable({}, {__mode = "k"})
do -- programs ask the metatable of an object what can be done with it
  local meta, shown = debug_metatable(given), {}
  for name, value in next, meta do if name ~= "__gc" and name ~= "__metatable" then shown[name] = value end end
  meta.__metatable = shown
end
local py = {}
for _, name in ipairs {"iter", "next", "next_unpacked", "as_attrgetter", "as_itemgetter", "call_none", "raise", "get_item",
                      "count"} do
  py[name] = given[name]
end
local function make(f) local co = create(f) functions[co] = f return co end
coroutine.create = make
debug.setmetatable(null, {__tostring = function() return "None" end, __call = function() return py.call_none() end})
local function results(co, ok, ...)
  if not ok then error((...), 0) end
  return status(co) == "dead", select("#", ...), ...
end
local handler
local function some(v) if v == nil then return null end return v end
local function check(o, n)
  if type(o) ~= "userdata" then error("bad argument #" .. n .. " (not a python object)", 3) end
  return o
end
local function iterator(o, step)
  local it = py.iter(check(o, 1))
  local function give(has, first, ...) if has then return some(first), ... end end
  return function() return give(step(it)) end
end
python = {
  none = null,
  iter = function(o) return iterator(o, unpacks and py.next_unpacked or py.next) end,
  iterex = function(o) return iterator(o, py.next_unpacked) end,
  enumerate = function(o, start)
    local n = start == nil and 0 or math_type(start) == "integer" and start
    if not n then error("bad argument #2 to 'enumerate' (an integer is wanted)", 2) end
    local it, step = py.iter(check(o, 1)), unpacks and py.next_unpacked or py.next
    local function give(has, ...) if has then n = n + 1 return n - 1, ... end end
    return function() return give(step(it)) end
  end,
  as_function = function(f) check(f, 1) return function(...) return f(...) end end,
  as_attrgetter = function(o) return py.as_attrgetter(check(o, 1)) end,
  as_itemgetter = function(o) return py.as_itemgetter(check(o, 1)) end,
  set_overflow_handler = function(f)
    if f ~= nil and type(f) ~= "function" and type(f) ~= "userdata" then
      error("bad argument #1 to 'set_overflow_handler' (expected nil, a Lua function or a callable Python object)", 2)
    end
    handler = f
  end,
  args = function(t)
    if type(t) ~= "table" then error("bad argument #1 to 'args' (table expected)", 2) end
    local copy, length = {}, #t
    for k, v in next, t do
      if math_type(k) == "integer" then
        if k < 1 or k > length then py.raise("IndexError", "table index out of range") end
      elseif type(k) ~= "string" then
        py.raise("TypeError", "table key is neither an integer nor a string")
      end
      copy[k] = v
    end
    return kwargs(copy)
  end,
}
package.loaded.python = python
return {
  load = function(text, name, mode) return load(text, tostring(name), tostring(mode)) end,
  -- Text that is no string has the items and the length that Python's has.
  equip_text = function(text)
    local meta = debug_metatable(text)
    meta.__index, meta.__len = function(t, k) return py.get_item(t, k) end, function(t) return py.count(t) end
  end,
  get_none = function(t) return t[null] end,
  set_none = function(t, v) t[null] = v end,
  set = function(t, n, ...) for i = 1, select("#", ...) do t[n + i] = (select(i, ...)) end end,
  copy = function(t, from) for k, v in next, from do t[k] = v end end,
  table = function(...) return {...} end,
  text = function(o) local m = getmetatable(o)
    if type(m) == "table" and rawget(m, "__tostring") then return true, (m.__tostring(o)) end
    return false, nil end,
  describe = function(o) return type(o), format("%p", o) end,
  create = function(f, ...) local co = make(f) waiting[co] = pack(...) return co end,
  function_of = function(co)
    if status(co) == "suspended" and not waiting[co] and not getinfo(co, 0) then return functions[co] end
  end,
  waits = function(co) return waiting[co] ~= nil end,
  is_alive = function(co) return status(co) ~= "dead" end,
  resume = function(co, waits, ...)
    local first = waits and waiting[co]
    waiting[co] = nil
    if first then return results(co, resume(co, unpack(first, 1, first.n))) end
    return results(co, resume(co, ...))
  end,
  collect = function(what) return collect(what and tostring(what)) end,
  require = function(name) return require(tostring(name)) end,
  has_traceback = function() local d = debug return type(d) == "table" and type(d.traceback) == "function" end,
  get_handler = function() return handler end,
  set_handler = python.set_overflow_handler,
}
