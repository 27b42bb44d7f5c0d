-- Enqueues objects: dedupe and upsert of the job in one step.
--
-- KEYS 1 meta  2 jobs  3 due  4 bulk  5 dead  6 died  7-10 the ring of remembered event ids
-- ARGV 1 dedupe window ms  2 coalesce ms  3 wake-up channel  4 tenant  5.. per entry: key, lane
-- (0 live, 1 bulk), dedupe digest ('' = none), cause
-- Returns one integer per entry: 0 duplicate, 1 accepted (new or revived), 2 coalesced.
--
-- Event ids are remembered in sets of half a window each; the current and the two before it are
-- looked at, so that an id is known for one to one and a half windows.

local meta, jobs, lanes, dead, died = KEYS[1], KEYS[2], { KEYS[3], KEYS[4] }, KEYS[5], KEYS[6]
check({ meta, jobs, dead }, { lanes[1], lanes[2], died })
local slots = #KEYS - 6
local now = clock(meta)
local window, coalesce = tonumber(ARGV[1]), tonumber(ARGV[2])
local width = math.max(1, math.floor(window / 2))
local bucket = math.floor(now / width)

local function slot_key(b)
  return KEYS[7 + b % slots]
end

local known = {}
for back = 0, 2 do
  local b = bucket - back
  if redis.call('HGET', meta, 'ring' .. b % slots) == int(b) then
    known[#known + 1] = slot_key(b)
  end
end
local current = slot_key(bucket)
local prepared = known[1] == current

local function remember(digest)
  if not prepared then
    redis.call('UNLINK', current)
    redis.call('HSET', meta, 'ring' .. bucket % slots, int(bucket))
    known[#known + 1] = current
    prepared = true
  end
  if redis.call('SADD', current, digest) == 1 and redis.call('SCARD', current) == 1 then
    redis.call('PEXPIRE', current, int(window + 2 * width))
  end
end

local function seen(digest)
  for _, set in ipairs(known) do
    if redis.call('SISMEMBER', set, digest) == 1 then
      return true
    end
  end
  return false
end

local before, soonest = earliest(lanes), math.huge

local function place(key, lane, at)
  soonest = math.min(soonest, at)
  redis.call('ZADD', lanes[lane + 1], int(at), key)
end

-- join adds an event to a job that waits, and lifts it when the event is the more urgent one.
local function join(key, r, lane)
  local was = r.lane
  r.lane = math.min(was, lane)
  -- A backoff stays, unless the failure was about the data: then the news may have cured it.
  local waits = r.attempts > 0 and r.fault == 0
  local at = tonumber(redis.call('ZSCORE', lanes[was + 1], key))
  if not at or (not waits and at > now + coalesce) then
    at = now + coalesce
    r.enqueued = math.min(r.enqueued, now)
  elseif r.lane == was then
    return
  end
  place(key, r.lane, at)
  if r.lane ~= was then
    redis.call('ZREM', lanes[was + 1], key)
  end
end

-- upsert returns 1 for a new job and 2 for one that existed.
local function upsert(key, lane, cause)
  local s = redis.call('HGET', jobs, key)
  if s then
    local r = unpack_record(s)
    r.gen, r.cause = r.gen + 1, cause
    if r.token == 0 then
      join(key, r, lane)
    else -- the ack sees the new generation, and whatever ends the lease the new lane
      r.lane = math.min(r.lane, lane)
    end
    redis.call('HSET', jobs, key, pack(r))
    return 2
  end
  local gen = 1
  local buried = redis.call('HGET', dead, key)
  if buried then
    gen = generation_after(buried)
    redis.call('HDEL', dead, key)
    redis.call('ZREM', died, key)
  end
  redis.call('HSET', jobs, key, pack({
    gen = gen, attempts = 0, crashes = 0, token = 0, enqueued = now, fault = 0, lane = lane,
    cause = cause,
  }))
  place(key, lane, now + coalesce)
  return 1
end

local results = {}
for i = 5, #ARGV, 4 do
  local key, lane, digest, cause = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3]
  if digest ~= '' and seen(digest) then
    results[#results + 1] = 0
  else
    -- The job first: an event that could not be kept must not be a duplicate when it is repeated.
    results[#results + 1] = upsert(key, lane, cause)
    if digest ~= '' then
      remember(digest)
    end
  end
end
announce(ARGV[3], ARGV[4], now, before, soonest)
return results
