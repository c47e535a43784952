import { createHash } from "node:crypto";
import { graceMs } from "../idempotency.ts";

/** A script that Redis carries out in one step, and the name by which it knows it again. */
export type Script = { readonly text: string; readonly sha: string };

/** The last moment of a clock: the end of the year 9999, in milliseconds since 1970. */
const lastMoment = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * What all scripts of a sandbox begin with. `KEYS[1]` is the hash with what is known of the sandbox; all others of its keys begin
 * with that name, so that all lie in one slot of a Cluster. `ARGV[1]` is its id, `ARGV[2]` the real time, which is Redis's own
 * unless given. Of a sandbox that was taken away meanwhile nothing is read or written.
 */
const sandboxed = `
local meta = KEYS[1]
local function key(name) return meta .. ':' .. name end
local function get(field) return redis.call('HGET', meta, field) end
local function whole(number) return string.format('%.0f', number) end
local function real()
  if ARGV[2] ~= '' then return tonumber(ARGV[2]) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function now()
  local stopped = get('stopped')
  if stopped then return tonumber(stopped) end
  return math.min(math.max(real() + tonumber(get('ahead') or '0'), 0), ${lastMoment})
end
local function state()
  return 'ok', get('generation'), get('base'), whole(now()), redis.call('GET', key('receivers')) or false,
    get('written') or '0'
end
local function told() redis.call('PUBLISH', key('news'), '') end
local function called() redis.call('PUBLISH', key('post'), '') end
local function log(name, most, entry)
  redis.call('RPUSH', key(name), entry)
  redis.call('LTRIM', key(name), -tonumber(most), -1)
  redis.call('HINCRBY', meta, 'last:' .. name, 1)
end
local function clearLog(name)
  redis.call('DEL', key(name))
  redis.call('HSET', meta, 'cleared:' .. name, get('last:' .. name) or '0')
end
local function all(name, read)
  local names = {}
  for _, one in ipairs(redis.call(unpack(read))) do names[#names + 1] = key(name .. ':' .. one) end
  return names
end
local function drop(names)
  for from = 1, #names, 1000 do redis.call('UNLINK', unpack(names, from, math.min(from + 999, #names))) end
end
local function dropRecords()
  for _, name in ipairs({'records', 'light'}) do drop(all(name, {'SMEMBERS', key('collections')})) end
  drop(all('kept', {'ZRANGE', key('keys'), 0, -1}))
  redis.call('DEL', key('collections'), key('keys'))
  for _, field in ipairs(redis.call('HKEYS', meta)) do
    if string.find(field, '^[hnvw]:') then redis.call('HDEL', meta, field) end
  end
  redis.call('HDEL', meta, 'written')
end
local function expire(name)
  local value = redis.call('GET', name)
  if not value then return end
  if ARGV[2] ~= '' or get('stopped') then redis.call('PERSIST', name) return end
  local expiresAt = tonumber(string.match(value, '^%S+ %S+ (%S+) '))
  redis.call('PEXPIRE', name, whole(math.max(expiresAt - now(), 0) + ${graceMs}))
end
local function isLive(name)
  local value = redis.call('GET', key('kept:' .. name))
  return value and now() < tonumber(string.match(value, '^%S+ %S+ (%S+) '))
end
local function isCrowded(most)
  if redis.call('ZCARD', key('keys')) < tonumber(most) then return false end
  return isLive(redis.call('ZRANGE', key('keys'), 0, 0)[1])
end
local function keep(name, value, most)
  redis.call('SET', key('kept:' .. name), value)
  expire(key('kept:' .. name))
  redis.call('ZADD', key('keys'), redis.call('HINCRBY', meta, 'keeps', 1), name)
  for _, old in ipairs(redis.call('ZRANGE', key('keys'), 0, 9)) do
    if redis.call('EXISTS', key('kept:' .. old)) == 0 then redis.call('ZREM', key('keys'), old) end
  end
  local isFull = false
  while redis.call('ZCARD', key('keys')) > tonumber(most) do
    local old = redis.call('ZPOPMIN', key('keys'))[1]
    isFull = isFull or isLive(old)
    redis.call('DEL', key('kept:' .. old))
  end
  return isFull
end
local function setClock(time, frozen)
  redis.call('HSET', meta, 'ahead', whole(time - real()))
  if frozen then redis.call('HSET', meta, 'stopped', whole(time)) else redis.call('HDEL', meta, 'stopped') end
  for _, name in ipairs(all('kept', {'ZRANGE', key('keys'), 0, -1})) do expire(name) end
  called()
end
local function letterOf(record) return string.match(record, '^%d+ (%a)') end
local function isThere(letter) return letter == 'w' or letter == 'm' end
local function isHeavy(letter) return letter == 'w' or letter == 'r' end
local function changed(collection) redis.call('HSET', meta, 'v:' .. collection, redis.call('HINCRBY', meta, 'version', 1)) end
local function count(what, collection, more)
  if more ~= 0 then redis.call('HINCRBY', meta, what .. ':' .. collection, more) end
end
local function dropCollection(collection)
  drop({key('records:' .. collection), key('light:' .. collection)})
  redis.call('SREM', key('collections'), collection)
  redis.call('HINCRBY', meta, 'written', 0 - tonumber(get('w:' .. collection) or '0'))
  for _, what in ipairs({'h:', 'n:', 'v:', 'w:'}) do redis.call('HDEL', meta, what .. collection) end
end
local function put(collection, id, record, wasThere, wasHeavy)
  local letter = letterOf(record)
  redis.call('HSET', key('records:' .. collection), id, record)
  redis.call('SADD', key('collections'), collection)
  count('n', collection, (isThere(letter) and 1 or 0) - (wasThere and 1 or 0))
  local more = (isHeavy(letter) and 1 or 0) - (wasHeavy and 1 or 0)
  count('w', collection, more)
  redis.call('HINCRBY', meta, 'written', more)
  if isHeavy(letter) then redis.call('ZREM', key('light:' .. collection), id)
  else redis.call('ZADD', key('light:' .. collection), string.match(record, '^%d+'), id) end
end
local function forgetLight(collection, most)
  while redis.call('ZCARD', key('light:' .. collection)) > tonumber(most) do
    local id = redis.call('ZPOPMIN', key('light:' .. collection))[1]
    local record = redis.call('HGET', key('records:' .. collection), id)
    redis.call('HDEL', key('records:' .. collection), id)
    if record and isThere(letterOf(record)) then count('n', collection, -1) end
  end
end
local function forgetCollections(most, but)
  if redis.call('SCARD', key('collections')) <= tonumber(most) then return end
  for _, name in ipairs(redis.call('SMEMBERS', key('collections'))) do
    if not but[name] and (get('w:' .. name) or '0') == '0' then dropCollection(name) end
  end
end
local function lease(name) return key('lease:' .. get('generation') .. ':' .. name) end
`;

function script(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** A script of a sandbox; its own arguments begin at `ARGV[3]`. */
function ofSandbox(text: string): Script {
  return script(`${sandboxed}if get('id') ~= ARGV[1] then return {'gone'} end\n${text}`);
}

/** Id and name of a sandbox; makes one that is not there where an id is given. Arguments: id, name, base. */
export const open = script(`
local id = redis.call('HGET', KEYS[1], 'id')
if not id and ARGV[1] ~= '' then
  redis.call('HSET', KEYS[1], 'id', ARGV[1], 'name', ARGV[2], 'base', ARGV[3], 'generation', '1')
  id = ARGV[1]
end
return {id, redis.call('HGET', KEYS[1], 'name')}
`);

/** What a sandbox is at the moment: generation, base, time, receivers. */
export const look = ofSandbox("return {state()}");

/** A record that stands in the place of the base's or beside them. Arguments: collection, id. */
export const read = ofSandbox(`
local reply = {state()}
reply[7] = redis.call('HGET', key('records:' .. ARGV[3]), ARGV[4])
reply[8] = get('h:' .. ARGV[3])
return reply
`);

/** All such records of a collection, unless the version is one that is known. Arguments: collection, version. */
export const readAll = ofSandbox(`
local reply = {state()}
local version = get('generation') .. '.' .. (get('v:' .. ARGV[3]) or '0')
reply[7] = get('h:' .. ARGV[3])
reply[8] = version
reply[9] = version ~= ARGV[4] and redis.call('HGETALL', key('records:' .. ARGV[3]))
return reply
`);

/** The names of the collections that hold such records. */
export const collections = ofSandbox("return {'ok', redis.call('SMEMBERS', key('collections'))}");

/**
 * Makes the changes of a transaction, all or none. Arguments: generation and base; idempotency key, token, what becomes of it (an answer
 * that is kept, or nothing), and how many are kept; how many changes, deliveries, light records of a collection and collections without
 * others are kept; then, each list behind its length, records (collection, id, what was read, whether it comes last, what to write,
 * history, whether the base has it), changes, deliveries. Light is what nobody has written and can be made up again.
 */
export const commit = ofSandbox(`
if get('generation') ~= ARGV[3] or get('base') ~= ARGV[4] then return {'conflict'} end
if ARGV[6] ~= '' then
  local held = redis.call('GET', lease(ARGV[5]))
  if not held or string.sub(held, 1, #ARGV[6]) ~= ARGV[6] then return {'lost'} end
end
local at = 13
local count = tonumber(ARGV[at])
for from = at + 1, at + count * 7, 7 do
  local was = redis.call('HGET', key('records:' .. ARGV[from]), ARGV[from + 1]) or ''
  if was ~= ARGV[from + 2] then return {'conflict'} end
end
local touched = {}
for from = at + 1, at + count * 7, 7 do
  local collection, id, was, isLast, value, history, isOfBase = unpack(ARGV, from, from + 6)
  local order = isLast == '' and string.match(was, '^%d+') or redis.call('HINCRBY', meta, 'order', 1)
  local before = letterOf(was)
  put(collection, id, order .. ' ' .. value, isThere(before) or (was == '' and isOfBase == '1'), isHeavy(before))
  touched[collection] = true
  changed(collection)
  if history == 'own' then redis.call('HSET', meta, 'h:' .. collection, 'own')
  elseif history == 'changed' then redis.call('HSETNX', meta, 'h:' .. collection, 'changed') end
end
for collection in pairs(touched) do forgetLight(collection, ARGV[11]) end
if count > 0 then forgetCollections(ARGV[12], touched) end
at = at + count * 7 + 1
for from = at + 1, at + tonumber(ARGV[at]) do
  log('changes', ARGV[9], whole(now()) .. ' ' .. (get('last:journal') or '0') .. ' ' .. ARGV[from])
end
at = at + tonumber(ARGV[at]) + 1
count = tonumber(ARGV[at])
local isCrowded = false
for from = at + 1, at + count do
  if redis.call('HLEN', key('deliveries')) >= tonumber(ARGV[10]) then
    local old = redis.call('ZPOPMIN', key('settled'))
    if not old[1] then
      old = redis.call('ZPOPMIN', key('pending'))
      isCrowded = true
    end
    redis.call('HDEL', key('deliveries'), 'delivery-' .. old[1])
    redis.call('HINCRBY', meta, 'evicted', 1)
  end
  local number = redis.call('HINCRBY', meta, 'deliveries', 1)
  redis.call('HSET', key('deliveries'), 'delivery-' .. number,
    '{"id":"delivery-' .. number .. '","nextAttemptAt":' .. whole(now()) .. ',' .. ARGV[from])
  redis.call('ZADD', key('pending'), number, number)
end
if count > 0 then called() end
local isFull = false
if ARGV[6] ~= '' then
  redis.call('DEL', lease(ARGV[5]))
  if ARGV[7] ~= '' then isFull = keep(ARGV[5], ARGV[7], ARGV[8]) end
end
return {'done', isFull and '1' or '', isCrowded and '1' or ''}
`);

/**
 * Takes an idempotency key. Arguments: key, fingerprint, token, how long the lease lasts unless it is renewed, how many are kept.
 * Answers the time, and '1' where one that is alive is forgotten for it.
 */
export const reserve = ofSandbox(`
local time = now()
local held = redis.call('GET', lease(ARGV[3]))
if held then
  local token, fingerprint = string.match(held, '^(%S+) (.*)$')
  if fingerprint ~= ARGV[4] then return {'mismatch'} end
  if token ~= ARGV[5] then return {'locked'} end
else
  local kept = redis.call('GET', key('kept:' .. ARGV[3]))
  if kept then
    local fingerprint, expiresAt, answer = string.match(kept, '^(%S+) %S+ (%S+) (.*)$')
    if time < tonumber(expiresAt) then
      if fingerprint ~= ARGV[4] then return {'mismatch'} end
      return {'kept', answer}
    end
  end
end
redis.call('SET', lease(ARGV[3]), ARGV[5] .. ' ' .. ARGV[4], 'PX', ARGV[6])
return {'reserved', whole(time), isCrowded(ARGV[7]) and '1' or ''}
`);

/** Renews a lease that is still held. Arguments: key, token, how long it lasts. */
export const renew = ofSandbox(`
local held = redis.call('GET', lease(ARGV[3]))
if not held or string.sub(held, 1, #ARGV[4]) ~= ARGV[4] then return {'lost'} end
redis.call('PEXPIRE', lease(ARGV[3]), ARGV[5])
return {'ok'}
`);

/** Lets go of a key. Arguments: key, token. */
export const release = ofSandbox(`
local held = redis.call('GET', lease(ARGV[3]))
if held and string.sub(held, 1, #ARGV[4]) == ARGV[4] then redis.call('DEL', lease(ARGV[3])) end
return {'ok'}
`);

/** The answers that are kept, in the order of keeping: key and value by turns. */
export const kept = ofSandbox(`
local found = {}
for _, name in ipairs(redis.call('ZRANGE', key('keys'), 0, -1)) do
  local value = redis.call('GET', key('kept:' .. name))
  if value then
    found[#found + 1] = name
    found[#found + 1] = value
  end
end
return {'ok', found}
`);

/** The time, and '1' where it stands still. */
export const readClock = ofSandbox("return {'ok', whole(now()), get('stopped') and '1' or ''}");

/** Changes the clock. Arguments: time, step, '1' or '0' for whether it stands still; each may be empty. */
export const changeClock = ofSandbox(`
local time = (ARGV[3] ~= '' and tonumber(ARGV[3]) or now()) + (ARGV[4] ~= '' and tonumber(ARGV[4]) or 0)
if time < 0 or time > ${lastMoment} then return {'beyond', whole(time)} end
local frozen = ARGV[5] == '1' or (ARGV[5] == '' and get('stopped'))
setClock(time, frozen)
return {'ok', whole(now()), frozen and '1' or ''}
`);

/** Begins anew from a base. Arguments: base. */
export const reset = ofSandbox(`
dropRecords()
redis.call('HINCRBY', meta, 'generation', 1)
redis.call('HSET', meta, 'base', ARGV[3])
redis.call('HDEL', meta, 'ahead', 'stopped', 'evicted')
drop({key('base'), key('faults'), key('receivers'), key('deliveries'), key('pending'), key('settled')})
for _, name in ipairs({'journal', 'changes', 'sent'}) do clearLog(name) end
told()
called()
return {'ok'}
`);

/**
 * Puts a state in the place of another. Arguments: base and its text; time and '1' for a clock that stands still, or nothing for
 * the real one; how many answers are kept; then key and value of each.
 */
export const restore = ofSandbox(`
dropRecords()
redis.call('HINCRBY', meta, 'generation', 1)
redis.call('HSET', meta, 'base', ARGV[3])
redis.call('SET', key('base'), ARGV[4])
if ARGV[5] == '' then redis.call('HDEL', meta, 'ahead', 'stopped') else setClock(tonumber(ARGV[5]), ARGV[6] == '1') end
local isFull = false
for from = 8, #ARGV, 2 do isFull = keep(ARGV[from], ARGV[from + 1], ARGV[7]) or isFull end
return {'ok', isFull and '1' or ''}
`);

/**
 * All that stands in the place of the base's records or beside them. Answers generation, base and version, then of each collection its
 * name, its history and the records.
 */
export const holdings = ofSandbox(`
local reply = {'ok', get('generation'), get('base'), get('version') or '0'}
for _, name in ipairs(redis.call('SMEMBERS', key('collections'))) do
  reply[#reply + 1] = name
  reply[#reply + 1] = get('h:' .. name) or ''
  reply[#reply + 1] = redis.call('HGETALL', key('records:' .. name))
end
return reply
`);

/**
 * Puts another base under a sandbox, unless something has changed since it was read. Arguments: generation, base and version as they were
 * read; the new base, and its text where it is the sandbox's own; then, each list behind its length, the names of collections that
 * there are no more, collections with how many records they have more than the base, and records to write (collection, id, text) or,
 * without a text, to forget.
 */
export const rebase = ofSandbox(`
if get('generation') ~= ARGV[3] or get('base') ~= ARGV[4] or (get('version') or '0') ~= ARGV[5] then return {'conflict'} end
redis.call('HSET', meta, 'base', ARGV[6])
if ARGV[7] ~= '' then redis.call('SET', key('base'), ARGV[7]) end
local at = 8
for from = at + 1, at + tonumber(ARGV[at]) do dropCollection(ARGV[from]) end
at = at + tonumber(ARGV[at]) + 1
local counts = {}
for from = at + 1, at + tonumber(ARGV[at]) * 2, 2 do
  counts[ARGV[from]] = ARGV[from + 1]
  changed(ARGV[from])
end
at = at + tonumber(ARGV[at]) * 2 + 1
for from = at + 1, at + tonumber(ARGV[at]) * 3, 3 do
  local collection, id, record = unpack(ARGV, from, from + 2)
  local wasHeavy = isHeavy(letterOf(redis.call('HGET', key('records:' .. collection), id) or ''))
  if record ~= '' then put(collection, id, record, false, wasHeavy)
  else
    redis.call('HDEL', key('records:' .. collection), id)
    redis.call('ZREM', key('light:' .. collection), id)
    if wasHeavy then
      count('w', collection, -1)
      redis.call('HINCRBY', meta, 'written', -1)
    end
  end
end
for collection, number in pairs(counts) do redis.call('HSET', meta, 'n:' .. collection, number) end
return {'ok'}
`);

/** The base, how many requests there have been, and of each collection by turns its name and how many records it has more than the base. */
export const size = ofSandbox(`
local found = {}
for _, name in ipairs(redis.call('SMEMBERS', key('collections'))) do
  found[#found + 1] = name
  found[#found + 1] = get('n:' .. name) or '0'
end
return {'ok', get('base'), whole(tonumber(get('last:journal') or '0') - tonumber(get('cleared:journal') or '0')), found}
`);

/** Takes a sandbox away, with all that it holds. */
export const drop = script(`${sandboxed}
if not get('id') then return {''} end
dropRecords()
told()
called()
drop({key('base'), key('faults'), key('receivers'), key('deliveries'), key('pending'), key('settled'), key('journal'),
  key('changes'), key('sent'), key('courier'), meta})
return {'1'}
`);

/** Writes an entry of a log. Arguments: log, how many are kept, entry. */
export const record = ofSandbox(`
log(ARGV[3], ARGV[4], ARGV[5])
told()
return {'ok'}
`);

/** Reads a log behind an entry. Arguments: log, number. Answers the last number, that of the first one told, how many had to go. */
export const readLog = ofSandbox(`
local last = tonumber(get('last:' .. ARGV[3]) or '0')
local cleared = tonumber(get('cleared:' .. ARGV[3]) or '0')
local length = redis.call('LLEN', key(ARGV[3]))
local from = math.max(0, tonumber(ARGV[4]) - (last - length))
return {'ok', whole(last), whole(last - length + from + 1), whole(last - cleared - length),
  from < length and redis.call('LRANGE', key(ARGV[3]), whole(from), -1) or {}}
`);

/** Empties a log. Arguments: log. */
export const clear = ofSandbox("clearLog(ARGV[3]) return {'ok'}");

/** A text of a sandbox. Arguments: name. */
export const text = ofSandbox("return {'ok', redis.call('GET', key(ARGV[3]))}");

/** Writes a text where nobody has changed it since it was read. Arguments: name, what was read, what to write. */
export const swap = ofSandbox(`
if (redis.call('GET', key(ARGV[3])) or '') ~= ARGV[4] then return {'conflict'} end
redis.call('SET', key(ARGV[3]), ARGV[5])
return {'ok'}
`);

/** Deliveries: numbers and texts by turns, and how many had to go. */
export const deliveries = ofSandbox("return {'ok', redis.call('HGETALL', key('deliveries')), get('evicted') or '0'}");

/** Forgets all deliveries and receivers. */
export const clearDeliveries = ofSandbox(`
drop({key('receivers'), key('deliveries'), key('pending'), key('settled')})
redis.call('HDEL', meta, 'evicted')
redis.call('HINCRBY', meta, 'rounds', 1)
clearLog('sent')
called()
return {'ok'}
`);

/** One delivery. Arguments: id. */
export const delivery = ofSandbox("return {'ok', redis.call('HGET', key('deliveries'), ARGV[3])}");

/** Notes what has become of a delivery. Arguments: id, text, '1' where it is not sent again by itself, how many are kept. */
export const sent = ofSandbox(`
if redis.call('HEXISTS', key('deliveries'), ARGV[3]) == 0 then return {'none'} end
local number = string.match(ARGV[3], '%d+$')
redis.call('HSET', key('deliveries'), ARGV[3], ARGV[4])
if ARGV[5] == '1' then
  redis.call('ZREM', key('pending'), number)
  redis.call('ZADD', key('settled'), number, number)
end
log('sent', ARGV[6], (get('last:journal') or '0') .. ' ' .. ARGV[4])
told()
return {'ok'}
`);

/**
 * Takes the deliveries of a sandbox over, where nobody else has them, and renews that. Arguments: token, how long it lasts, the
 * number of the last delivery that is known. Answers which round of deliveries it is, the time, whether it stands still, and the
 * texts of those that wait beyond that number.
 */
export const claim = ofSandbox(`
local holder = redis.call('GET', key('courier'))
local round = get('generation') .. '.' .. (get('rounds') or '0')
if redis.call('ZCARD', key('pending')) == 0 then
  if holder == ARGV[3] then redis.call('DEL', key('courier')) end
  return {'none', round}
end
if holder and holder ~= ARGV[3] then return {'other', round} end
redis.call('SET', key('courier'), ARGV[3], 'PX', ARGV[4])
local from = ARGV[5]
if round ~= ARGV[6] then from = '0' end
local found = {}
for _, number in ipairs(redis.call('ZRANGEBYSCORE', key('pending'), '(' .. from, '+inf')) do
  found[#found + 1] = redis.call('HGET', key('deliveries'), 'delivery-' .. number)
end
return {'mine', round, whole(now()), get('stopped') and '1' or '', found}
`);

/** Lets go of the deliveries of a sandbox. Arguments: token. */
export const resign = ofSandbox(`
if redis.call('GET', key('courier')) == ARGV[3] then redis.call('DEL', key('courier')) end
called()
return {'ok'}
`);

/** Notes that a sandbox may have deliveries that wait. Arguments: API key. */
export const post = script(`
redis.call('ZADD', KEYS[1] .. ':post', redis.call('TIME')[1], ARGV[1])
return {'ok'}
`);

/** The API keys of sandboxes that may have deliveries that wait, those that have not been noted for a minute behind an empty one. */
export const posts = script(`
local since = redis.call('TIME')[1] - 60
local found = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':post', since, '+inf')
found[#found + 1] = ''
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1] .. ':post', '-inf', since - 1)) do found[#found + 1] = name end
return found
`);

/** Forgets that, where it has not been noted for a minute. Arguments: API key. */
export const unpost = script(`
local noted = redis.call('ZSCORE', KEYS[1] .. ':post', ARGV[1])
if noted and tonumber(noted) < redis.call('TIME')[1] - 60 then redis.call('ZREM', KEYS[1] .. ':post', ARGV[1]) end
return {'ok'}
`);

/** Takes note of the use of a sandbox, and answers those that have to go for it. Arguments: API key, time, the most. */
export const touch = script(`
local order, used = KEYS[1] .. ':order', KEYS[1] .. ':used'
local time = ARGV[2]
if time == '' then
  local parts = redis.call('TIME')
  time = string.format('%.0f', parts[1] * 1000 + math.floor(parts[2] / 1000))
end
redis.call('ZADD', order, redis.call('INCR', KEYS[1] .. ':uses'), ARGV[1])
redis.call('HSET', used, ARGV[1], time)
local gone = {}
while redis.call('ZCARD', order) > tonumber(ARGV[3]) do
  local oldest = redis.call('ZPOPMIN', order)[1]
  redis.call('HDEL', used, oldest)
  gone[#gone + 1] = oldest
end
return gone
`);

/** The number of a sandbox that is opened. */
export const number = script("return {redis.call('INCR', KEYS[1] .. ':opened')}");

/** The API keys of all sandboxes and when each was used, by turns; that used last at the end. */
export const list = script(`
local found = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1] .. ':order', 0, -1)) do
  found[#found + 1] = name
  found[#found + 1] = redis.call('HGET', KEYS[1] .. ':used', name) or '0'
end
return found
`);

/** Forgets a sandbox. Arguments: API key. */
export const forget = script(`
redis.call('HDEL', KEYS[1] .. ':used', ARGV[1])
return {redis.call('ZREM', KEYS[1] .. ':order', ARGV[1])}
`);

/** How long records that sandboxes share stay there while nobody asks for them, in milliseconds: 30 days. */
export const baseLifetimeMs = 30 * 24 * 3_600_000;

/** Lays in records that are shared by many sandboxes, where they are not there. Arguments: text. */
export const lay = script(`redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ${baseLifetimeMs}) return {'ok'}`);

/** Has what is at a key stay on; '1' where there is something. */
export const renewBase = script(`return {redis.call('PEXPIRE', KEYS[1], ${baseLifetimeMs}) == 1 and '1' or ''}`);

/** A text by its key, which stays on. */
export const fetch = script(`
redis.call('PEXPIRE', KEYS[1], ${baseLifetimeMs})
return {redis.call('GET', KEYS[1])}
`);

/** Names and times of the snapshots by turns, in the order in which they were first taken. */
export const snapshots = script(`
local found = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1] .. ':names', 0, -1)) do
  found[#found + 1] = name
  found[#found + 1] = string.match(redis.call('HGET', KEYS[1], name), '^%S+')
end
return found
`);

/** Keeps a snapshot. Arguments: name, text, the most. */
export const keepSnapshot = script(`
local names = KEYS[1] .. ':names'
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  if redis.call('ZCARD', names) >= tonumber(ARGV[3]) then return {''} end
  redis.call('ZADD', names, redis.call('INCR', KEYS[1] .. ':taken'), ARGV[1])
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {'1'}
`);

/** A snapshot. Arguments: name. */
export const getSnapshot = script("return {redis.call('HGET', KEYS[1], ARGV[1])}");

/** Forgets a snapshot. Arguments: name. */
export const removeSnapshot = script(`
redis.call('ZREM', KEYS[1] .. ':names', ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1])
return {'ok'}
`);
