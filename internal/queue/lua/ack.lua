-- Ends a job whose object agrees, or makes it due again when events arrived meanwhile.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased
-- ARGV 1 key  2 token  3 generation  4 ms until the object must be looked at again, -1 = never
-- Returns 0 lease lost, 1 removed, 2 due again at once, 3 due again later.

local meta, jobs, lanes, leased = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5]
check({ meta, jobs }, { lanes[1], lanes[2], leased })
local r = held(jobs, ARGV[1], ARGV[2])
if not r then
  return 0
end
local again = tonumber(ARGV[4])
if r.gen == tonumber(ARGV[3]) and again < 0 then
  redis.call('HDEL', jobs, ARGV[1])
  redis.call('ZREM', leased, ARGV[1])
  return 1
end
local now = clock(meta)
local result, at = 2, now
if r.gen == tonumber(ARGV[3]) then
  result, at = 3, now + again
end
r.attempts, r.crashes, r.fault, r.enqueued = 0, 0, 0, at
make_due(jobs, lanes, leased, ARGV[1], r, at)
return result
