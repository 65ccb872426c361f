-- The graph of graph.h as Lua tables, for peer_engine.c, which says what the lines mean.
-- A head is {left, right, first member}, a member {next, head, other}; nothing is false.

local function new_group()
  local head = {false, false, false}
  local first = {false, head, false}
  local last = first
  for _ = 1, 6 do
    local member = {false, head, false}
    last[1] = member
    last = member
  end
  last[1] = first
  head[3] = first
  return head
end

local function assign(head, field, target)
  if field < 2 then
    head[field + 1] = target
  elseif field == 2 then
    head[3][3] = target
  elseif field == 3 then
    head[3][1][3] = target
  else
    head[3][1][1][3] = target
  end
end

local root

local function find(group)
  local bits = {}
  local number = group + 1
  while number > 1 do
    bits[#bits + 1] = number & 1
    number = number >> 1
  end
  local head = root
  for i = #bits, 1, -1 do
    head = head[bits[i] + 1]
  end
  return head
end

local function build(groups)
  local heads = {}
  for g = 0, groups - 1 do
    heads[g] = new_group()
  end
  for g = 0, groups - 1 do
    local head = heads[g]
    head[1] = heads[2 * g + 1] or false
    head[2] = heads[2 * g + 2] or false
    assign(head, 2, heads[(g * g + 12345) % groups])
    assign(head, 3, heads[(g * g + 3 * g + 271) % groups])
    assign(head, 4, heads[(g * g + 7 * g + 4099) % groups])
  end
  return heads[0]
end

local held = {}

local function resolved(numbers)
  local changes = {}
  for i = 1, #numbers, 3 do
    changes[#changes + 1] = {held[numbers[i]], numbers[i + 1], held[numbers[i + 2]] or false}
  end
  return changes
end

local function set_all(changes)
  for _, change in ipairs(changes) do
    assign(change[1], change[2], change[3])
  end
end

local function watch()
  return setmetatable({}, {__mode = "v"})
end

local function gone(watched, count)
  local there = 0
  for _ in pairs(watched) do
    there = there + 1
  end
  return count - there
end

local function make_cycle(watched)
  local one, two, three = {false, false, false}, {false, false, false}, {false, false, false}
  one[1], two[1], three[1] = two, three, one
  watched[1] = one
end

local function cycles(count)
  local found = 0
  for _ = 1, count do
    local watched = watch()
    make_cycle(watched)
    collectgarbage("collect")
    found = found + (watched[1] and 0 or 1)
  end
  return found
end

local changes, dead = {}, {}
local watched_dead, watched, watched_count = {}, {}, 0

local verbs = {
  build = function(numbers) root = build(numbers[1]) end,
  hold = function(numbers)
    held = {}
    for _, group in ipairs(numbers) do
      held[group] = find(group)
    end
  end,
  change = function(numbers) changes = resolved(numbers) end,
  dead = function(numbers)
    dead = numbers
    watched_dead, watched, watched_count = watch(), watch(), 0
    local is_dead = {}
    for _, group in ipairs(dead) do
      is_dead[group] = true
      watched_dead[group] = held[group]
    end
    for group, head in pairs(held) do
      if not is_dead[group] then
        watched[group] = head
        watched_count = watched_count + 1
      end
    end
  end,
  go = function()
    set_all(changes)
    changes = {}
    for _, group in ipairs(dead) do
      held[group] = nil
    end
    collectgarbage("collect")
  end,
  check = function() return gone(watched_dead, #dead) .. " " .. gone(watched, watched_count) end,
  new = function(numbers)
    for _, group in ipairs(numbers) do
      held[group] = new_group()
    end
  end,
  set = function(numbers) set_all(resolved(numbers)) end,
  ["end"] = function() held = {} end,
  cycle = function(numbers) return cycles(numbers[1]) end,
}

collectgarbage("stop")
for line in io.lines() do
  local verb = line:match("^%a+")
  local numbers = {}
  for number in line:gmatch("%-?%d+") do
    numbers[#numbers + 1] = math.tointeger(number)
  end
  io.write(verbs[verb](numbers) or "done", "\n")
  io.flush()
end
