-- Leases due jobs, oldest due first, from two lanes: live ones are preferred, but of every four jobs
-- that are handed out while bulk ones are due, at least one is a bulk one.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased
-- ARGV 1 how many  2 lease ms
-- Returns {state, wait ms, then per job: key, token, generation, attempts, crashes, enqueued ms,
-- lane, cause}. state is 0 open, 1 paused, 2 suspended; wait is how long until the next job is due,
-- -1 when there is none.

local meta, jobs, lanes, leased = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5]
check({ meta, jobs }, { lanes[1], lanes[2], leased })
local flags = redis.call('HMGET', meta, 'paused', 'suspended', 'turn', 'token')
if flags[1] then
  return { 1, -1 }
end
if flags[2] then
  return { 2, -1 }
end
local now = clock(meta)
local n, lease = tonumber(ARGV[1]), tonumber(ARGV[2])

local function due_in(lane)
  return redis.call('ZRANGEBYSCORE', lane, '-inf', int(now), 'LIMIT', 0, n)
end
local live, bulk = due_in(lanes[1]), due_in(lanes[2])
local at_live, at_bulk = 1, 1
-- How many live jobs went first while bulk ones were due. It is kept between claims, so that the
-- share holds for claims of one job too.
local kept = tonumber(flags[3] or 0) or 0
local turn = kept

-- next_due returns the set and the key of the job whose turn it is, nil when none is due.
local function next_due()
  local l, b = live[at_live], bulk[at_bulk]
  if b and (not l or turn >= 3) then
    at_bulk, turn = at_bulk + 1, 0
    return lanes[2], b
  end
  if l then
    at_live, turn = at_live + 1, b and turn + 1 or turn
    return lanes[1], l
  end
end

-- The last token. The next is at least the time: a failover may take the newest claims back, and
-- what it took back must not be given out again while somebody still holds it.
local token = tonumber(flags[4] or 0) or 0

local out = { 0, -1 }
for _ = 1, n do
  local set, key = next_due()
  if not key then
    break
  end
  local s = redis.call('HGET', jobs, key)
  redis.call('ZREM', set, key)
  local r = s and unpack_record(s)
  if r and r.token == 0 then -- else the place was a mistake, and nobody is held up by it
    token = math.max(token + 1, now)
    r.token = token
    redis.call('HSET', jobs, key, pack(r))
    redis.call('ZADD', leased, int(now + lease), key)
    for _, v in ipairs({ key, int(r.token), int(r.gen), int(r.attempts), int(r.crashes),
      int(r.enqueued), int(r.lane), r.cause }) do
      out[#out + 1] = v
    end
  end
end
if #out > 2 then
  redis.call('HSET', meta, 'token', int(token))
end
if turn ~= kept then
  redis.call('HSET', meta, 'turn', int(turn))
end
local first = earliest(lanes)
if first < math.huge then
  out[2] = math.max(0, first - now)
end
return out
