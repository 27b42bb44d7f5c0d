-- Ends jobs whose objects agree and that no event has named meanwhile: the common case of ack, for many
-- at once.
--
-- KEYS 1 jobs  2 leased
-- ARGV per job: key, token, generation
-- Returns one integer per job: 0 lease lost, 1 removed, 2 untouched because events arrived: ack it.

local jobs, leased = KEYS[1], KEYS[2]
check({ jobs }, { leased })
local keys = {}
for i = 1, #ARGV, 3 do
  keys[#keys + 1] = ARGV[i]
end
local records = redis.call('HMGET', jobs, unpack(keys))
local results, removed = {}, {}
for i, key in ipairs(keys) do
  local token, generation = ARGV[3 * i - 1], ARGV[3 * i]
  -- Of the record only what decides is read: this runs once for every job there ever is.
  local gen, held_by = string.match(records[i] or '', '^(%d+) %d+ %d+ (%d+) ')
  if not gen or held_by ~= token or token == '0' then
    results[i] = 0
  elseif gen ~= generation then
    results[i] = 2
  else
    results[i] = 1
    removed[#removed + 1] = key
  end
end
if #removed > 0 then
  redis.call('HDEL', jobs, unpack(removed))
  redis.call('ZREM', leased, unpack(removed))
end
return results
