-- Takes back leases that ran out: the crash is counted and the job is due at once, or buried when
-- it has cost too many workers.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased  6 dead  7 died
-- ARGV 1 at most how many  2 crashes that bury  3 reason  4 detail
-- Returns per job: key, 1 due again or 2 buried.

local meta, jobs, lanes = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }
local leased, dead, died = KEYS[5], KEYS[6], KEYS[7]
check({ meta, jobs, dead }, { lanes[1], lanes[2], leased, died })
local now = clock(meta)
local out = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', leased, '-inf', int(now), 'LIMIT', 0, ARGV[1])) do
  local s = redis.call('HGET', jobs, key)
  if not s then
    redis.call('ZREM', leased, key)
  else
    local r = unpack_record(s)
    r.crashes = r.crashes + 1
    out[#out + 1] = key
    if r.crashes >= tonumber(ARGV[2]) then
      make_dead(jobs, leased, dead, died, key, r, now, ARGV[3], ARGV[4])
      out[#out + 1] = 2
    else
      make_due(jobs, lanes, leased, key, r, now)
      out[#out + 1] = 1
    end
  end
end
return out
