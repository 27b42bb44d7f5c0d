-- Makes a dead letter a job again, with a clean slate.
--
-- KEYS 1 meta  2 jobs  3 due  4 leased  5 dead  6 died
-- ARGV 1 key  2 wake-up channel  3 tenant
-- Returns 0 no such dead letter, 1 replayed.

local meta, jobs, due, leased, dead, died = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
check({ meta, jobs, dead }, { due, leased, died })
local s = redis.call('HGET', dead, ARGV[1])
if not s then
  return 0
end
local gen, _, _, nreason, ncause, rest =
  string.match(s, '^(%d+) (%d+) (%d+) (%d+) (%d+) (.*)$')
local now = clock(meta)
local before = earliest({ due })
redis.call('HDEL', dead, ARGV[1])
redis.call('ZREM', died, ARGV[1])
make_due(jobs, due, leased, ARGV[1], {
  gen = tonumber(gen) + 1, attempts = 0, crashes = 0, token = 0, enqueued = now, fault = 0,
  cause = string.sub(rest, nreason + 1, nreason + ncause),
}, now)
announce(ARGV[2], ARGV[3], now, before, now)
return 1
