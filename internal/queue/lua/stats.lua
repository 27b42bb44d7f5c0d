-- Counts a tenant's jobs by state.
--
-- KEYS 1 meta  2 due  3 leased  4 died
-- ARGV none
-- Returns {ready, delayed, leased, dead, ms the oldest ready job has waited, paused ('' or '1'),
-- suspended ('' or the reason)}.

local now = clock(KEYS[1])
local ready = redis.call('ZCOUNT', KEYS[2], '-inf', int(now))
local oldest = 0
if ready > 0 then
  oldest = now - tonumber(redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2])
end
local flags = redis.call('HMGET', KEYS[1], 'paused', 'suspended')
return { ready, redis.call('ZCARD', KEYS[2]) - ready, redis.call('ZCARD', KEYS[3]),
  redis.call('ZCARD', KEYS[4]), oldest, flags[1] or '', flags[2] or '' }
