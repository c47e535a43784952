import { lastMoment, ofSandbox, sandboxed, script } from "./script.ts";

/** Id and name of a sandbox; makes one that is not there where an id is given. Arguments: id, name, base. */
export const open = script(`
local id = redis.call('HGET', KEYS[1], 'id')
if not id and ARGV[1] ~= '' then
  redis.call('HSET', KEYS[1], 'id', ARGV[1], 'name', ARGV[2], 'base', ARGV[3], 'generation', '1')
  id = ARGV[1]
end
return {id, redis.call('HGET', KEYS[1], 'name')}
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
