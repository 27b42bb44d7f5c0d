-- Extends the leases that are still held.
--
-- KEYS 1 meta  2 jobs  3 leased
-- ARGV 1 lease ms  2.. per job: key, token
-- Returns one integer per job: 0 lease lost, 1 extended.

check({ KEYS[1], KEYS[2] }, { KEYS[3] })
local now = clock(KEYS[1])
local out = {}
for i = 2, #ARGV, 2 do
  if held(KEYS[2], ARGV[i], ARGV[i + 1]) then
    -- A full Redis allows ZREM, and then what follows: running jobs must not lose their leases.
    redis.call('ZREM', KEYS[3], ARGV[i])
    redis.call('ZADD', KEYS[3], int(now + tonumber(ARGV[1])), ARGV[i])
    out[#out + 1] = 1
  else
    out[#out + 1] = 0
  end
end
return out
