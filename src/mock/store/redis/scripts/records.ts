import { ofSandbox } from "./script.ts";

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
