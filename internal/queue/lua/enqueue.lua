-- Enqueues objects: dedupe and upsert of the job in one step.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 dead  6 died  7-10 the ring of remembered event ids
-- ARGV 1 dedupe window ms  2 coalesce ms  3 wake-up channel  4 tenant  5.. per entry: key, lane
-- (0 live, 1 bulk), dedupe digest ('' = none), cause
-- Returns one integer per entry: 0 duplicate, 1 accepted (new or revived), 2 coalesced.
--
-- The batch is read with one command per structure, worked on entry by entry, and written with one
-- command per structure. Reading comes first because it also finds structures of a wrong type.
--
-- Event ids are remembered in sets of half a window each; the current and the two before it are
-- looked at, so that an id is known for one to one and a half windows.

local meta, jobs, lanes, dead, died = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5], KEYS[6]
local window, coalesce = tonumber(ARGV[1]), tonumber(ARGV[2])
local keys, digests = {}, {}
for i = 5, #ARGV, 4 do
  keys[#keys + 1] = ARGV[i]
  if ARGV[i + 2] ~= '' then
    digests[#digests + 1] = ARGV[i + 2]
  end
end

local records, letters = redis.call('HMGET', jobs, unpack(keys)), {}
check({}, { died })
if redis.call('HLEN', dead) > 0 then
  letters = redis.call('HMGET', dead, unpack(keys))
end
local before, soonest = earliest(lanes), math.huge
local now = clock(meta)

local slots = #KEYS - 6
local width = math.max(1, math.floor(window / 2))
local bucket = math.floor(now / width)
local current = KEYS[7 + bucket % slots]
local known, prepared = {}, false

-- recall looks all digests of the batch up.
local function recall()
  local marks = redis.call('HMGET', meta, 'ring' .. bucket % slots, 'ring' .. (bucket - 1) % slots,
    'ring' .. (bucket - 2) % slots)
  prepared = marks[1] == int(bucket)
  for back = 0, 2 do
    if marks[back + 1] == int(bucket - back) then
      local set = KEYS[7 + (bucket - back) % slots]
      for i, member in ipairs(redis.call('SMISMEMBER', set, unpack(digests))) do
        if member == 1 then
          known[digests[i]] = true
        end
      end
    end
  end
end

local function remember(fresh)
  if not prepared then
    redis.call('UNLINK', current)
    redis.call('HSET', meta, 'ring' .. bucket % slots, int(bucket))
  end
  if redis.call('SADD', current, unpack(fresh)) == redis.call('SCARD', current) then
    redis.call('PEXPIRE', current, int(window + 2 * width))
  end
end

-- What the batch has changed so far: records by key, their keys in order, and keys that leave a place.
local changed, order, lifted, revived = {}, {}, {}, {}

local function place(r, at)
  r.at, r.placed = at, true
  soonest = math.min(soonest, at)
end

-- join adds an event to a job that waits, and lifts it when the event is the more urgent one.
local function join(key, r, lane)
  local was = r.lane
  r.lane = math.min(was, lane)
  r.at = r.at or tonumber(redis.call('ZSCORE', lanes[was + 1], key))
  -- A backoff stays, unless the failure was about the data: then the news may have cured it.
  local waits = r.attempts > 0 and r.fault == 0
  if not r.at or (not waits and r.at > now + coalesce) then
    place(r, now + coalesce)
    r.enqueued = math.min(r.enqueued, now)
  end
  if r.lane ~= was then
    place(r, r.at)
    lifted[#lifted + 1] = key
  end
end

local function change(key, r)
  changed[key], order[#order + 1] = r, key
  return r
end

-- joined is the cause of the event that happened later, which may have come sooner; of two that say the same, or
-- nothing, of when, the one that came later. When both are traced, the traces of what was there stand behind
-- those of what has come: four of 32 characters at most.
local function joined(old, new)
  local old_at, old_rest = string.match(old, '^(%-?%d+)(.*)$')
  local new_at, new_rest = string.match(new, '^(%-?%d+)(.*)$')
  local trace = string.match(new_rest or '', '^~(%S+)')
  local earlier = string.match(old_rest or '', '^~(%S+)')
  local at, rest = new_at, new_rest
  if old_at and new_at and tonumber(old_at) > tonumber(new_at) then
    at, rest = old_at, old_rest
  elseif not (trace and earlier) then
    return new
  end
  local both = trace and earlier and string.sub(trace .. '~' .. earlier, 1, 131) or trace or earlier
  return at .. (both and '~' .. both or '') .. string.gsub(rest, '^~%S+', '')
end

-- upsert returns 1 for a new job and 2 for one that existed.
local function upsert(n, lane, cause)
  local key = keys[n]
  local r = changed[key] or records[n] and change(key, unpack_record(records[n]))
  if r then
    r.gen, r.cause = r.gen + 1, joined(r.cause, cause)
    if r.token == 0 then
      join(key, r, lane)
    else -- the ack sees the new generation, and whatever ends the lease the new lane
      r.lane = math.min(r.lane, lane)
    end
    return 2
  end
  local gen = 1
  if letters[n] then
    gen = generation_after(letters[n])
    revived[#revived + 1] = key
  end
  place(change(key, {
    gen = gen, attempts = 0, crashes = 0, token = 0, enqueued = now, fault = 0, lane = lane,
    cause = cause, at = 0, placed = true,
  }), now + coalesce)
  return 1
end

-- write begins with what a full Redis refuses: then nothing of the batch is kept.
local function write()
  local fields, places = {}, { {}, {} }
  for n, key in ipairs(order) do
    local r = changed[key]
    fields[2 * n - 1], fields[2 * n] = key, pack(r)
    if r.placed then
      local lane = places[r.lane + 1]
      lane[#lane + 1] = int(r.at)
      lane[#lane + 1] = key
    end
  end
  call_many('HSET', jobs, fields)
  call_many('ZADD', lanes[1], places[1])
  call_many('ZADD', lanes[2], places[2])
  call_many('ZREM', lanes[2], lifted)
  call_many('HDEL', dead, revived)
  call_many('ZREM', died, revived)
end

if #digests > 0 then
  recall()
end
local results, fresh = {}, {}
for n = 1, #keys do
  local lane, digest, cause = tonumber(ARGV[4 * n + 2]), ARGV[4 * n + 3], ARGV[4 * n + 4]
  if known[digest] then
    results[n] = 0
  else
    results[n] = upsert(n, lane, cause)
    if digest ~= '' then
      known[digest], fresh[#fresh + 1] = true, digest
    end
  end
end
-- The jobs first: an event that could not be kept must not be a duplicate when it is repeated.
write()
if #fresh > 0 then
  remember(fresh)
end
announce(ARGV[3], ARGV[4], now, before, soonest)
return results
