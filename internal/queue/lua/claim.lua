-- Leases due jobs, oldest due first.
--
-- KEYS 1 meta  2 jobs  3 due  4 leased
-- ARGV 1 how many  2 lease ms
-- Returns {state, wait ms, then per job: key, token, generation, attempts, crashes, enqueued ms,
-- cause}. state is 0 open, 1 paused, 2 suspended; wait is how long until the next job is due, -1
-- when there is none.

local meta, jobs, due, leased = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
check({ meta, jobs }, { due, leased })
local flags = redis.call('HMGET', meta, 'paused', 'suspended')
if flags[1] then
  return { 1, -1 }
end
if flags[2] then
  return { 2, -1 }
end
local now = clock(meta)
local lease = tonumber(ARGV[2])
local out = { 0, -1 }
for _, key in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', int(now), 'LIMIT', 0, ARGV[1])) do
  local s = redis.call('HGET', jobs, key)
  redis.call('ZREM', due, key)
  if s then
    local r = unpack_record(s)
    r.token = redis.call('HINCRBY', meta, 'token', 1)
    redis.call('HSET', jobs, key, pack(r))
    redis.call('ZADD', leased, int(now + lease), key)
    for _, v in ipairs({ key, int(r.token), int(r.gen), int(r.attempts), int(r.crashes),
      int(r.enqueued), r.cause }) do
      out[#out + 1] = v
    end
  end
end
local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
if first[2] then
  out[2] = math.max(0, tonumber(first[2]) - now)
end
return out
