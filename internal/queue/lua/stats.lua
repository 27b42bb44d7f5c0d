-- Counts a tenant's jobs by state.
--
-- KEYS 1 meta  2 due  3 bulk  4 leased  5 died
-- ARGV none
-- Returns {ready, delayed, leased, dead, ms the oldest ready job has waited, those of ready
-- in the bulk lane, paused ('' or '1'), suspended ('' or the reason), those of delayed in the bulk
-- lane, ms the oldest ready job of the live lane has waited, the same of the bulk lane}.

local meta, lanes = KEYS[1], { KEYS[2], KEYS[3] }
local now = clock(meta)
local ready, delayed, oldest = {}, {}, {}
for i, lane in ipairs(lanes) do
  ready[i] = redis.call('ZCOUNT', lane, '-inf', int(now))
  delayed[i] = redis.call('ZCARD', lane) - ready[i]
  oldest[i] = ready[i] > 0 and now - earliest({ lane }) or 0
end
local flags = redis.call('HMGET', meta, 'paused', 'suspended')
return { ready[1] + ready[2], delayed[1] + delayed[2], redis.call('ZCARD', KEYS[4]),
  redis.call('ZCARD', KEYS[5]), math.max(oldest[1], oldest[2]), ready[2], flags[1] or '',
  flags[2] or '', delayed[2], oldest[1], oldest[2] }
