-- Take one hit of every limit, or of none; all of it happens at once (redis.io, EVAL).
-- KEYS: state, hits, due, hosts.
--   hits: members `KEY:TIME:TOKEN` in order of their bytes; due: the same by the end of their use.
-- ARGV: layout, verb, durable, steady, host, its boot clock, slack, token, and KEY LIMIT WINDOW
-- of each limit.
-- All times are microseconds, of which 2^53 make 285 years.
local state, hits, due, hosts = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local layout, verb, durable, steady, host = ARGV[1], ARGV[2], ARGV[3] == '1', ARGV[4] == '1', ARGV[5]
local boot, slack, token = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local MOST_HOSTS, SWEEP, FIRST = 10000, 64, 9
-- Clocks whose rates differ by less than one part of so many agree.
local AGREE = 5000

local function text(number)
  return string.format('%.0f', number)
end

local function sorted(number)
  return string.format('%016.0f', math.max(0, number))
end

local time = redis.call('TIME')
local server = tonumber(time[1]) * 1000000 + tonumber(time[2])
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local held = redis.call('HMGET', state, 'layout', 'run', 'since', 'last', 'shift', 'count', 'missed')
local count = redis.call('ZCARD', hits)

if held[1] and held[1] ~= layout then
  return {'layout', 0, 0}
end
if verb == 'create' then
  if held[1] then
    return {'exists', 0, 0}
  end
  redis.call('DEL', hits, due, hosts)
  redis.call('HSET', state, 'layout', layout, 'run', run, 'since', '', 'last', text(server),
    'shift', '0', 'count', '0', 'missed', '0')
  return {'created', 0, 0}
end

-- 1. The time. It passes only as far as the server's clock and the caller's both say, and never
-- goes back, wherever somebody sets the server's clock. A host that is new here cannot say that
-- any has passed.
-- `sure` is how far the caller's clock vouches. The time may stand a `part` of the slack above it,
-- since a request on its way makes the server look ahead; but what is kept for the host is `sure`
-- itself, or each call would add such a part. A host behind the others by more than two parts,
-- because it was paused, is brought up to there: a slow answer does not make it so late.
if not held[1] then
  -- Its entries count from a time that nobody knows any more.
  redis.call('DEL', hosts)
end
local part = math.floor(slack / 5)
local missed = tonumber(held[7] or '0')
local told = server + tonumber(held[5] or '0')
local last = tonumber(held[4] or text(told))
local sure, most, differing = last - part, last, 0
local seen = redis.call('HGET', hosts, host)
if seen then
  local then_sure, then_boot = string.match(seen, '^(%d+):(%d+)$')
  local passed = boot - tonumber(then_boot)
  sure = math.max(tonumber(then_sure) + passed - missed, last - 2 * part)
  most = sure + 2 * part
  differing = math.max(0, math.floor(passed / AGREE))
elseif steady then
  sure = told
end
local now = math.max(math.min(told, sure + part), last)

-- What passed for a host, but not here, is missed for all of them: one that did not ask
-- meanwhile may not vouch for it later, when hits have been taken at this time.
if sure > now then
  missed = missed + math.max(0, sure - now - differing)
  sure = now
end
-- The server may keep two parts ahead, so that one slow request does not cost the others time.
local kept = math.max(now, math.min(told, now + 2 * part))
missed = missed + math.max(0, math.min(told, most) - kept)

-- 2. Whether hits may be missing: the server began anew, or holds less than was written.
local since = held[3] or ''
local lost = not held[1] or count ~= tonumber(held[6]) or count ~= redis.call('ZCARD', due)
if lost then
  redis.call('DEL', hits, due)
  count = 0
end
if lost or (held[2] ~= run and not durable) then
  since = text(now)
end

if not seen and redis.call('HLEN', hosts) >= MOST_HOSTS then
  redis.call('DEL', hosts)
end
redis.call('HSET', hosts, host, text(sure + missed) .. ':' .. text(boot))

-- 3. The limits.
local answer = {'granted', 0, now}
local until_when = {}
for place = FIRST, #ARGV, 3 do
  local key, limit, window = ARGV[place], tonumber(ARGV[place + 1]), tonumber(ARGV[place + 2])
  local from, to = '[' .. key .. ':' .. sorted(now - window), '(' .. key .. ';'
  local used = redis.call('ZLEXCOUNT', hits, from, to)
  if since ~= '' and now - window <= tonumber(since) then
    answer = {'incomplete', place, tonumber(since) + window + 1 - now}
    break
  end
  if used >= limit then
    local wait = -1
    if limit > 0 then
      local first = redis.call('ZRANGEBYLEX', hits, from, to, 'LIMIT', used - limit, 1)[1]
      wait = tonumber(string.sub(first, #key + 2, #key + 17)) + window + 1 - now
    end
    answer = {'exceeded', place, wait}
    break
  end
  until_when[key] = math.max(until_when[key] or 0, now + window)
end

-- 4. Take the hit, and let go of old ones. Nothing here expires by the server's own clock.
if answer[1] == 'granted' then
  for key, ends in pairs(until_when) do
    local member = key .. ':' .. sorted(now) .. ':' .. token
    redis.call('ZADD', hits, 0, member)
    redis.call('ZADD', due, ends, member)
  end
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', due, 0, '(' .. text(now), 'LIMIT', 0, SWEEP)) do
    redis.call('ZREM', hits, member)
    redis.call('ZREM', due, member)
  end
  count = redis.call('ZCARD', hits)
end
redis.call('HSET', state, 'layout', layout, 'run', run, 'since', since, 'last', text(now),
  'shift', text(kept - server), 'count', count, 'missed', text(missed))
return answer
