-- Moves a job to the dead letters, or makes it due again when events arrived meanwhile: a newer
-- state of the object deserves its own attempt.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased  6 dead  7 died
-- ARGV 1 key  2 token  3 generation  4 reason  5 detail
-- Returns 0 lease lost, 1 buried, 2 due again at once.

local meta, jobs, lanes = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }
local leased, dead, died = KEYS[5], KEYS[6], KEYS[7]
check({ meta, jobs, dead }, { lanes[1], lanes[2], leased, died })
local r = held(jobs, ARGV[1], ARGV[2])
if not r then
  return 0
end
local now = clock(meta)
if r.gen ~= tonumber(ARGV[3]) then
  r.attempts, r.crashes, r.fault, r.enqueued = 0, 0, 0, now
  make_due(jobs, lanes, leased, ARGV[1], r, now)
  return 2
end
r.attempts = r.attempts + 1
make_dead(jobs, leased, dead, died, ARGV[1], r, now, ARGV[4], ARGV[5])
return 1
