-- Forgets a dead letter.
--
-- KEYS 1 dead  2 died
-- ARGV 1 key  2 when it died, in ms, or '' for whenever: one that died anew is another letter
-- Returns 0 no such dead letter, 1 discarded.

check({ KEYS[1] }, { KEYS[2] })
if ARGV[2] ~= '' then
  local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
  if not score or tonumber(score) ~= tonumber(ARGV[2]) then
    return 0
  end
end
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
