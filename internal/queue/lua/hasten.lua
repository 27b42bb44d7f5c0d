-- Makes a waiting job due now, whatever it waits for: somebody asked for it.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased
-- ARGV 1 key  2 wake-up channel  3 tenant
-- Returns 0 nothing waits under that key, 1 due.

local meta, jobs, lanes, leased = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5]
check({ meta, jobs }, { lanes[1], lanes[2], leased })
local s = redis.call('HGET', jobs, ARGV[1])
local r = s and unpack_record(s)
local score = r and r.token == 0 and redis.call('ZSCORE', lanes[r.lane + 1], ARGV[1])
if not score then
  return 0
end
local now = clock(meta)
if tonumber(score) <= now then
  return 1
end
local before = earliest(lanes)
r.enqueued = math.min(r.enqueued, now)
make_due(jobs, lanes, leased, ARGV[1], r, now)
announce(ARGV[2], ARGV[3], now, before, now)
return 1
