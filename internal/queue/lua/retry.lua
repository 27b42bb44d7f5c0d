-- Returns a failed job to the queue and counts the attempt.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased
-- ARGV 1 key  2 token  3 generation  4 delay ms  5 1 when the failure was about the data
-- Returns 0 lease lost, 1 due later, 2 due at once because the data changed meanwhile.

local meta, jobs, lanes, leased = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5]
check({ meta, jobs }, { lanes[1], lanes[2], leased })
local r = held(jobs, ARGV[1], ARGV[2])
if not r then
  return 0
end
-- Whoever reports back is alive: crashes count in a row only.
r.attempts, r.crashes, r.fault = r.attempts + 1, 0, tonumber(ARGV[5])
local result, delay = 1, tonumber(ARGV[4])
if r.fault == 1 and r.gen ~= tonumber(ARGV[3]) then
  result, delay = 2, 0
end
make_due(jobs, lanes, leased, ARGV[1], r, clock(meta) + delay)
return result
