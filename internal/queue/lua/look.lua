-- Reads one job, wherever it is.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased  6 dead  7 died
-- ARGV 1 key
-- Returns {} for no such job, else {now, number of the sorted set that holds it (3, 4, 5 or 7),
-- score in it, record}.

local now = clock(KEYS[1])
local job = redis.call('HGET', KEYS[2], ARGV[1])
local letter = redis.call('HGET', KEYS[6], ARGV[1])
local sets = job and { 3, 4, 5 } or letter and { 7 } or {}
for _, n in ipairs(sets) do
  local score = redis.call('ZSCORE', KEYS[n], ARGV[1])
  if score then
    return { int(now), n, int(tonumber(score)), job or letter }
  end
end
return {}
