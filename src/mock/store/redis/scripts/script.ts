import { createHash } from "node:crypto";
import { graceMs } from "../../idempotency.ts";

/** A script that Redis carries out in one step, and the name by which it knows it again. */
export type Script = { readonly text: string; readonly sha: string };

/** The last moment of a clock: the end of the year 9999, in milliseconds since 1970. */
export const lastMoment = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * What all scripts of a sandbox begin with. `KEYS[1]` is the hash with what is known of the sandbox; all others of its keys begin
 * with that name, so that all lie in one slot of a Cluster. `ARGV[1]` is its id, `ARGV[2]` the real time, which is Redis's own
 * unless given. Of a sandbox that was taken away meanwhile nothing is read or written.
 */
export const sandboxed = `
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

export function script(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** A script of a sandbox; its own arguments begin at `ARGV[3]`. */
export function ofSandbox(text: string): Script {
  return script(`${sandboxed}if get('id') ~= ARGV[1] then return {'gone'} end\n${text}`);
}
