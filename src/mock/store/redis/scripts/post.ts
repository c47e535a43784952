import { ofSandbox, script } from "./script.ts";

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
