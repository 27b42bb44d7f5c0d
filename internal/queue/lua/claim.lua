-- Leases due jobs, oldest due first, from two lanes: live ones are preferred, but of every four jobs
-- that are handed out while bulk ones are due, at least one is a bulk one.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased
-- ARGV 1 how many  2 lease ms  3 the only lane to lease from: 1 live, 2 bulk, 0 both
-- Returns {state, wait ms, then per job: key, record}. state is 0 open, 1 paused, 2 suspended; wait
-- is how long until the next job of either lane is due, -1 when there is none.

local meta, jobs, lanes, leased = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5]
check({}, { leased }) -- the others are read before anything is written
local flags = redis.call('HMGET', meta, 'paused', 'suspended', 'turn', 'token')
if flags[1] then
  return { 1, -1 }
end
if flags[2] then
  return { 2, -1 }
end
local now = clock(meta)
local n, lease, only = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local function due_in(lane)
  if only ~= 0 and only ~= lane then
    return {}
  end
  return redis.call('ZRANGEBYSCORE', lanes[lane], '-inf', int(now), 'LIMIT', 0, n)
end
local due, at = { due_in(1), due_in(2) }, { 1, 1 }
-- How many live jobs went first while bulk ones were due. It is kept between claims, so that the
-- share holds for claims of one job too.
local kept = tonumber(flags[3] or 0) or 0
local turn = kept

-- next_due returns the key of the job whose turn it is, nil when none is due.
local function next_due()
  local l, b = due[1][at[1]], due[2][at[2]]
  if b and (not l or turn >= 3) then
    at[2], turn = at[2] + 1, 0
    return b
  end
  if l then
    at[1], turn = at[1] + 1, b and turn + 1 or turn
    return l
  end
end

local keys = {}
while #keys < n do
  local key = next_due()
  if not key then
    break
  end
  keys[#keys + 1] = key
end

-- The last token. The next is at least the time: a failover may take the newest claims back, and
-- what it took back must not be given out again while somebody still holds it.
local token = tonumber(flags[4] or 0) or 0

local out, fields, leases = { 0, -1 }, {}, {}
local parts = '^(%d+ %d+ %d+ )(%d+)( %d+ %d+ .*)$'

-- hand_out gives a lease to a job, unless its place was a mistake: then nobody is held up by it. The
-- record is passed on as it is but for the token: this runs for every job there ever is.
local function hand_out(key, record)
  local head, holder, tail = string.match(record, parts)
  if not head then
    head, holder, tail = string.match(pack(unpack_record(record)), parts)
  end
  if tonumber(holder) ~= 0 then
    return
  end
  token = math.max(token + 1, now)
  local packed, n = head .. int(token) .. tail, #fields
  fields[n + 1], fields[n + 2] = key, packed
  leases[n + 1], leases[n + 2] = int(now + lease), key
  out[n + 3], out[n + 4] = key, packed
end

if #keys > 0 then
  local handed = {} -- a key may be in both lanes by mistake
  for i, record in ipairs(redis.call('HMGET', jobs, unpack(keys))) do
    if record and not handed[keys[i]] then
      handed[keys[i]] = true
      hand_out(keys[i], record)
    end
  end
end
for lane = 1, 2 do
  if at[lane] > 1 then
    redis.call('ZREM', lanes[lane], unpack(due[lane], 1, at[lane] - 1))
  end
end
call_many('HSET', jobs, fields)
call_many('ZADD', leased, leases)
if #fields > 0 then
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
