-- Counts a tenant's jobs by state.
--
-- KEYS 1 meta  2 due  3 bulk  4 leased  5 died
-- ARGV none
-- Returns {ready, delayed, leased, dead, ms the oldest ready job has waited, those of ready
-- in the bulk lane, paused ('' or '1'), suspended ('' or the reason)}.

local meta, lanes = KEYS[1], { KEYS[2], KEYS[3] }
local now = clock(meta)
local ready, waiting, bulk = 0, 0, 0
for _, lane in ipairs(lanes) do
  bulk = redis.call('ZCOUNT', lane, '-inf', int(now))
  ready = ready + bulk
  waiting = waiting + redis.call('ZCARD', lane)
end
local oldest = 0
if ready > 0 then
  oldest = now - earliest(lanes)
end
local flags = redis.call('HMGET', meta, 'paused', 'suspended')
return { ready, waiting - ready, redis.call('ZCARD', KEYS[4]), redis.call('ZCARD', KEYS[5]), oldest,
  bulk, flags[1] or '', flags[2] or '' }
