-- Forgets dead letters that are older than the retention.
--
-- KEYS 1 meta  2 dead  3 died
-- ARGV 1 retention ms  2 at most how many
-- Returns how many were forgotten.

check({ KEYS[1], KEYS[2] }, { KEYS[3] })
local limit = int(clock(KEYS[1]) - tonumber(ARGV[1]))
local old = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', limit, 'LIMIT', 0, ARGV[2])
for _, key in ipairs(old) do
  redis.call('HDEL', KEYS[2], key)
  redis.call('ZREM', KEYS[3], key)
end
return #old
