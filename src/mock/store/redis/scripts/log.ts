import { ofSandbox } from "./script.ts";

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
