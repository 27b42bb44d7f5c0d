-- Forgets a parked event, unless a newer one has taken its place since it was read.
--
-- KEYS 1 parked
-- ARGV 1 field  2 the value that was read
-- Returns 1 forgotten, 0 left alone.

if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
return redis.call('HDEL', KEYS[1], ARGV[1])
