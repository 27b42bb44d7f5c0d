-- Takes back leases that ran out: the crash is counted and the job is due at once, or buried when
-- it has cost too many workers. Then audits one page of what is kept: step by step, every structure
-- is compared with the others, and what contradicts them is repaired.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 leased  6 dead  7 died
-- ARGV 1 at most how many  2 crashes that bury  3 reason  4 detail  5 lease ms  6 size of a page
-- Returns {per job: key, 1 due again or 2 buried}, {per repair: its kind}.

local meta, jobs, lanes = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }
local leased, dead, died = KEYS[5], KEYS[6], KEYS[7]
check({ meta, jobs, dead }, { lanes[1], lanes[2], leased, died })
local now = clock(meta)
local out, repairs = {}, {}

local function repaired(kind)
  repairs[#repairs + 1] = kind
end

local function waits(key)
  return redis.call('ZSCORE', lanes[1], key) or redis.call('ZSCORE', lanes[2], key)
end

local function take_back(key, r)
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

local ended = redis.call('ZRANGEBYSCORE', leased, '-inf', int(now), 'LIMIT', 0, ARGV[1])
for _, key in ipairs(ended) do
  local s = redis.call('HGET', jobs, key)
  local r = s and unpack_record(s)
  if not r then
    redis.call('ZREM', leased, key)
    repaired('lease_without_job')
  elseif r.token == 0 and waits(key) then
    redis.call('ZREM', leased, key)
    repaired('lease_of_waiting_job')
  else
    take_back(key, r)
  end
end

-- The repairs begin with a write that a full Redis allows, like make_due.

local function audit_leased(key)
  if not redis.call('ZSCORE', leased, key) then
    -- The holder may be alive: it has a whole lease to extend it, and is taken back otherwise.
    redis.call('ZREM', leased, key)
    redis.call('ZADD', leased, int(now + tonumber(ARGV[5])), key)
    repaired('leased_without_lease')
  end
  if waits(key) then
    redis.call('ZREM', lanes[1], key)
    redis.call('ZREM', lanes[2], key)
    repaired('due_while_leased')
  end
end

local function audit_waiting(key, r)
  if redis.call('ZSCORE', leased, key) then
    redis.call('ZREM', leased, key)
    repaired('lease_of_waiting_job')
  end
  local mine, other = lanes[r.lane + 1], lanes[2 - r.lane]
  local at, stray = redis.call('ZSCORE', mine, key), redis.call('ZSCORE', other, key)
  if stray then
    redis.call('ZREM', other, key)
    redis.call('ZADD', mine, int(math.min(tonumber(at or stray), tonumber(stray))), key)
    repaired('wrong_lane')
  elseif not at then
    make_due(jobs, lanes, leased, key, r, now)
    repaired('job_without_place')
  end
end

local function audit_job(key, s)
  if redis.call('HEXISTS', dead, key) == 1 then -- an event has revived it
    redis.call('HDEL', dead, key)
    redis.call('ZREM', died, key)
    repaired('job_and_dead_letter')
  end
  local r = unpack_record(s)
  if r.token ~= 0 then
    audit_leased(key)
  else
    audit_waiting(key, r)
  end
end

-- without_job returns what removes a key from a set that has no record.
local function without_job(set, kind)
  return function(key)
    if redis.call('HEXISTS', jobs, key) == 0 then
      redis.call('ZREM', set, key)
      repaired(kind)
    end
  end
end

local function audit_dead(key, s)
  if not redis.call('ZSCORE', died, key) then
    redis.call('ZREM', died, key)
    redis.call('ZADD', died, int(tonumber(string.match(s, '^%d+ %d+ (%d+) ') or now)), key)
    repaired('dead_letter_without_time')
  end
end

local function audit_died(key)
  if redis.call('HEXISTS', dead, key) == 0 then
    redis.call('ZREM', died, key)
    repaired('time_without_dead_letter')
  end
end

local phases = {
  { 'HLEN', 'HSCAN', jobs, audit_job },
  { 'ZCARD', 'ZSCAN', lanes[1], without_job(lanes[1], 'due_without_job') },
  { 'ZCARD', 'ZSCAN', lanes[2], without_job(lanes[2], 'due_without_job') },
  { 'ZCARD', 'ZSCAN', leased, without_job(leased, 'lease_without_job') },
  { 'HLEN', 'HSCAN', dead, audit_dead },
  { 'ZCARD', 'ZSCAN', died, audit_died },
}

-- audit looks at one page of the first structure that is not empty, from where it stopped.
local function audit()
  local kept = redis.call('HGET', meta, 'audit')
  local phase, cursor = string.match(kept or '', '^([1-6]) (%d+)$')
  phase, cursor = tonumber(phase or 1), cursor or '0'
  local tried = 0
  while redis.call(phases[phase][1], phases[phase][3]) == 0 do
    phase, cursor, tried = phase % #phases + 1, '0', tried + 1
    if tried == #phases then
      return
    end
  end
  local _, scan, set, look = unpack(phases[phase])
  local page = redis.call(scan, set, cursor, 'COUNT', ARGV[6])
  for i = 1, #page[2], 2 do
    look(page[2][i], page[2][i + 1])
  end
  local next_up = int(phase) .. ' ' .. page[1]
  if page[1] == '0' then
    next_up = int(phase % #phases + 1) .. ' 0'
  end
  if next_up ~= kept then
    redis.pcall('HSET', meta, 'audit', next_up) -- a full Redis refuses, and the page is looked at again
  end
end

-- A script that took many jobs back has held up others for long enough.
if #ended <= tonumber(ARGV[6]) / 4 then
  audit()
end
return { out, repairs }
