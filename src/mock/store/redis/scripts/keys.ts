import { ofSandbox } from "./script.ts";

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
