-- Reads a page of one sorted set with the records of its names, from any place in it.
--
-- KEYS 1 meta  2 jobs or dead: name → record  3 sorted set
-- ARGV 1 up or down  2 score of the last one seen, '' for none, or 'now' for what comes after the
--      present  3 its name  4 how many
-- Returns {now, then per name: name, score, record (nil when it has none)}.
--
-- Redis orders equal scores by the bytes of the names, so that a score and a name are a place which
-- survives that others come and go. It is found by halving: how many share a score does not matter.

local meta, records, set = KEYS[1], KEYS[2], KEYS[3]
local up, limit = ARGV[1] == 'up', tonumber(ARGV[4])

-- before compares bytes, which the operator < does not do in every locale.
local function before(a, b)
  local n = math.min(#a, #b)
  for i = 1, n do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then
      return x < y
    end
  end
  return #a < #b
end

-- place returns how many come before the pair, and whether the pair itself is there.
local function place(score, name)
  local low = redis.call('ZCOUNT', set, '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', set, score, score)
  local last = high
  while low < high do
    local middle = math.floor((low + high) / 2)
    if before(redis.call('ZRANGE', set, middle, middle)[1], name) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low, low < last and redis.call('ZRANGE', set, low, low)[1] == name
end

local now = clock(meta)
local first, last = 0, limit - 1
if ARGV[2] == 'now' then
  first = redis.call('ZCOUNT', set, '-inf', int(now))
  last = first + limit - 1
elseif up and ARGV[2] ~= '' then
  local n, there = place(ARGV[2], ARGV[3])
  first = there and n + 1 or n
  last = first + limit - 1
elseif not up then
  last = redis.call('ZCARD', set) - 1
  if ARGV[2] ~= '' then
    last = place(ARGV[2], ARGV[3]) - 1
  end
  first = math.max(0, last - limit + 1)
end

local out = { int(now) }
if last < first then
  return out
end
local found = redis.call('ZRANGE', set, first, last, 'WITHSCORES')
local names = {}
for i = 1, #found, 2 do
  names[#names + 1] = found[i]
end
if #names == 0 then
  return out
end
local packed = redis.call('HMGET', records, unpack(names))
local from, to, step = 1, #names, 1
if not up then
  from, to, step = #names, 1, -1
end
for i = from, to, step do
  out[#out + 1] = names[i]
  out[#out + 1] = int(tonumber(found[2 * i]))
  out[#out + 1] = packed[i]
end
return out
