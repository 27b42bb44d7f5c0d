-- Forgets a dead letter.
--
-- KEYS 1 dead  2 died
-- ARGV 1 key
-- Returns 0 no such dead letter, 1 discarded.

check({ KEYS[1] }, { KEYS[2] })
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
