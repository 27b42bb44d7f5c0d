-- Enqueues objects: dedupe and upsert of the job in one step.
--
-- KEYS 1 meta  2 jobs  3 due  4 dead  5 died  6-9 the ring of remembered event ids
-- ARGV 1 dedupe window ms  2 coalesce ms  3 wake-up channel  4 tenant  5.. per entry: key, dedupe
-- digest ('' = none), cause
-- Returns one integer per entry: 0 duplicate, 1 accepted (new or revived), 2 coalesced.
--
-- Event ids are remembered in sets of half a window each; the current and the two before it are
-- looked at, so that an id is known for one to one and a half windows.

local meta, jobs, due, dead, died = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
check({ meta, jobs, dead }, { due, died })
local slots = #KEYS - 5
local now = clock(meta)
local window, coalesce = tonumber(ARGV[1]), tonumber(ARGV[2])
local width = math.max(1, math.floor(window / 2))
local bucket = math.floor(now / width)

local function slot_key(b)
  return KEYS[6 + b % slots]
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

local before, soonest = earliest({ due }), math.huge

local function make_due_at(key, at)
  soonest = math.min(soonest, at)
  redis.call('ZADD', due, int(at), key)
end

-- upsert returns 1 for a new job and 2 for one that existed.
local function upsert(key, cause)
  local s = redis.call('HGET', jobs, key)
  if s then
    local r = unpack_record(s)
    r.gen, r.cause = r.gen + 1, cause
    if r.token == 0 then -- else the ack sees the new generation
      -- A backoff stays, unless the failure was about the data: then the news may have cured it.
      local waits = r.attempts > 0 and r.fault == 0
      local at = redis.call('ZSCORE', due, key)
      if not at or (not waits and tonumber(at) > now + coalesce) then
        make_due_at(key, now + coalesce)
        r.enqueued = math.min(r.enqueued, now)
      end
    end
    redis.call('HSET', jobs, key, pack(r))
    return 2
  end
  local gen = 1
  local buried = redis.call('HGET', dead, key)
  if buried then
    gen = tonumber(string.match(buried, '^(%d+)')) + 1
    redis.call('HDEL', dead, key)
    redis.call('ZREM', died, key)
  end
  redis.call('HSET', jobs, key, pack({
    gen = gen, attempts = 0, crashes = 0, token = 0, enqueued = now, fault = 0, cause = cause,
  }))
  make_due_at(key, now + coalesce)
  return 1
end

local results = {}
for i = 5, #ARGV, 3 do
  local key, digest, cause = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if digest ~= '' and seen(digest) then
    results[#results + 1] = 0
  else
    -- The job first: an event that could not be kept must not be a duplicate when it is repeated.
    results[#results + 1] = upsert(key, cause)
    if digest ~= '' then
      remember(digest)
    end
  end
end
announce(ARGV[3], ARGV[4], now, before, soonest)
return results
