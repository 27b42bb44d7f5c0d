-- Returns a job to the queue without counting an attempt.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased
-- ARGV 1 key  2 token  3 delay ms
-- Returns 0 lease lost, 1 released.

local meta, jobs, lanes, leased = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5]
check({ meta, jobs }, { lanes[1], lanes[2], leased })
local r = held(jobs, ARGV[1], ARGV[2])
if not r then
  return 0
end
r.crashes = 0 -- whoever reports back is alive
make_due(jobs, lanes, leased, ARGV[1], r, clock(meta) + tonumber(ARGV[3]))
return 1
