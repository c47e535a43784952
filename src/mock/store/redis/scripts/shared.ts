import { script } from "./script.ts";

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
