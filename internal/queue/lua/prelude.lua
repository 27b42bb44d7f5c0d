-- Shared by every script: prepended when the scripts are loaded, never run by itself.
--
-- A job's record is one field of the hash `jobs`: six integers and the newest cause, separated by
-- blanks: generation attempts crashes token enqueued flags cause. A token above 0 means leased. Flags
-- are 1 when the last failure was about the data, plus 2 for the bulk lane. A job that waits is in the
-- sorted set of its lane: the scripts have them as { live, bulk }, and lanes count from 0.
-- Payloads stay opaque text: they are never decoded here.

local digits = { [0] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' }
local latest, latest_text

-- int returns a whole number as text. Formatting is slow, and most numbers of a batch are small ones or
-- the time.
local function int(n)
  local digit = digits[n]
  if digit then
    return digit
  end
  if n ~= latest then
    latest, latest_text = n, string.format('%.0f', n)
  end
  return latest_text
end

-- check raises WRONGTYPE, before anything is written, when a structure is not what it should be.
local function check(hashes, sorted)
  for _, key in ipairs(hashes) do
    redis.call('HLEN', key)
  end
  for _, key in ipairs(sorted) do
    redis.call('ZCARD', key)
  end
end

-- clock returns milliseconds that never step back for this tenant: when the server's clock does,
-- the difference is kept as skew, so that time goes on from where it was. The high-water mark is
-- written at most once a second. A full Redis refuses to write it, and must not stop the workers,
-- who make room.
local function clock(meta)
  local t = redis.call('TIME')
  local raw = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
  local kept = redis.call('HMGET', meta, 'last', 'skew')
  local last = tonumber(kept[1] or 0) or 0
  local skew = tonumber(kept[2] or 0) or 0
  local now = raw + skew
  if now < last then
    redis.pcall('HSET', meta, 'skew', int(skew + last - now))
    return last
  end
  if now - last >= 1000 then
    redis.pcall('HSET', meta, 'last', int(now))
  end
  return now
end

-- call_many runs one command for many members, none when there are none.
local function call_many(command, key, args)
  if #args > 0 then
    redis.call(command, key, unpack(args))
  end
end

local function pack(r)
  return int(r.gen) .. ' ' .. int(r.attempts) .. ' ' .. int(r.crashes) .. ' ' .. int(r.token) ..
    ' ' .. int(r.enqueued) .. ' ' .. int(r.fault + 2 * r.lane) .. ' ' .. r.cause
end

local function unpack_record(s)
  local gen, attempts, crashes, token, enqueued, flags, cause =
    string.match(s, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (.*)$')
  if not gen then
    -- Edited by hand or written by another version: the object is looked at anew, because one
    -- unreadable record must not hold up those beside it.
    return {
      gen = 1, attempts = 0, crashes = 0, token = 0, enqueued = 0, fault = 0, lane = 0, cause = '0  ',
    }
  end
  return {
    gen = tonumber(gen), attempts = tonumber(attempts), crashes = tonumber(crashes),
    token = tonumber(token), enqueued = tonumber(enqueued),
    fault = flags % 2, lane = math.floor(flags / 2) % 2, cause = cause,
  }
end

-- held returns the record of a job whose lease the caller still holds, else nil.
local function held(jobs, key, token)
  local s = redis.call('HGET', jobs, key)
  if not s then
    return nil
  end
  local r = unpack_record(s)
  if r.token ~= tonumber(token) or r.token == 0 then
    return nil
  end
  return r
end

-- earliest returns when the first job of the given sets is due, infinity when none waits.
local function earliest(sets)
  local at = math.huge
  for _, set in ipairs(sets) do
    local head = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
    if head[2] then
      at = math.min(at, tonumber(head[2]))
    end
  end
  return at
end

-- announce tells the processes that listen that a tenant that had nothing due before a certain time
-- has something due at an earlier one. It is a hint, and comes last: a refusal, by an ACL that does
-- not allow the channel, must not look like a failure of what was written.
local function announce(channel, tenant, now, before, at)
  if before > now and at < before then
    redis.pcall('PUBLISH', channel, tenant)
  end
end

-- make_due ends a lease, if any, and makes the job claimable in its lane at the given time. It begins
-- with the write that a full Redis allows: what a script has begun, it may finish.
local function make_due(jobs, lanes, leased, key, r, at)
  r.token = 0
  redis.call('ZREM', leased, key)
  redis.call('HSET', jobs, key, pack(r))
  redis.call('ZADD', lanes[r.lane + 1], int(at), key)
end

-- generation_after returns the generation of a job that a dead letter becomes, also of one that nobody
-- can read any more.
local function generation_after(letter)
  return tonumber(string.match(letter, '^(%d+) ') or 0) + 1
end

-- make_dead moves a job to the dead letters.
local function make_dead(jobs, leased, dead, died, key, r, now, reason, detail)
  redis.call('HDEL', jobs, key)
  redis.call('ZREM', leased, key)
  redis.call('HSET', dead, key, int(r.gen) .. ' ' .. int(r.attempts) .. ' ' .. int(now) .. ' ' ..
    #reason .. ' ' .. #r.cause .. ' ' .. reason .. r.cause .. detail)
  redis.call('ZADD', died, int(now), key)
end
