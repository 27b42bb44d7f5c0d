-- Makes a dead letter a job again, with a clean slate and in the live lane: somebody asked for it.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased  6 dead  7 died
-- ARGV 1 key  2 wake-up channel  3 tenant
-- Returns 0 no such dead letter, 1 replayed.

local meta, jobs, lanes = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }
local leased, dead, died = KEYS[5], KEYS[6], KEYS[7]
check({ meta, jobs, dead }, { lanes[1], lanes[2], leased, died })
local s = redis.call('HGET', dead, ARGV[1])
if not s then
  return 0
end
local nreason, ncause, rest = string.match(s, '^%d+ %d+ %d+ (%d+) (%d+) (.*)$')
local now = clock(meta)
local before = earliest(lanes)
redis.call('HDEL', dead, ARGV[1])
redis.call('ZREM', died, ARGV[1])
make_due(jobs, lanes, leased, ARGV[1], {
  gen = generation_after(s), attempts = 0, crashes = 0, token = 0, enqueued = now, fault = 0,
  lane = 0,
  cause = rest and string.sub(rest, nreason + 1, nreason + ncause) or '0  ',
}, now)
announce(ARGV[2], ARGV[3], now, before, now)
return 1
