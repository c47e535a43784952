import { isObject, type JsonObject } from "../document/validator.ts";

/** Whether a value may stand where it is to stand. */
export type Accepts = (value: JsonObject) => boolean;

/**
 * A record with members laid over it, as far as it stays valid: of what is not, the nearest that is, or nothing. What a member lacks
 * that is not there yet, `model` has.
 */
export function overlaid(base: JsonObject, over: JsonObject, accepts: Accepts, model: JsonObject = base): JsonObject {
  const whole = { ...base, ...over };
  if (accepts(whole)) return whole;
  let result = base;
  for (const [name, value] of Object.entries(over)) result = near(result, name, value, accepts, model) ?? result;
  return result;
}

/** A record with a member as near to what was sent as is valid; an object, member by member. */
function near(
  record: JsonObject,
  name: string,
  sent: unknown,
  accepts: Accepts,
  model: JsonObject,
): JsonObject | undefined {
  const before = record[name] ?? model[name];
  const found = first(record, name, nearTo(before, sent), accepts);
  if (found || !isObject(before) || !isObject(sent)) return found;
  return { ...record, [name]: overlaid(before, sent, (value) => accepts({ ...record, [name]: value })) };
}

/**
 * What a member may become that somebody has sent, the nearest first: that; what an object that lacks members makes of those
 * that were there; or the same as a list, a text or an object of its name, where a request may say it shorter than a record does.
 */
function nearTo(before: unknown, sent: unknown): readonly unknown[] {
  if (Array.isArray(sent)) {
    const others = Array.isArray(before) ? before.filter(isObject) : [];
    const items = sent.map((one, index) => named(others[index] ?? others[0], one));
    return [sent, items, ...sent.slice(0, 1)];
  }
  const list = Array.isArray(before) ? nearTo(before, [sent]) : [[sent]];
  if (!isObject(sent)) return [sent, ...list, named(before, sent), ...(sent === null ? [] : [String(sent)])];
  if (!isObject(before)) return [sent, ...list];
  const empty = Object.fromEntries(Object.keys(before).map((name) => [name, null]));
  return [sent, { ...empty, ...sent }, { ...before, ...sent }];
}

/** Members by which a request names an object. */
const names = ["number", "id", "login", "slug", "key", "code", "name", "ref"];

/** An object with what was sent of it, which may be its name alone. */
function named(before: unknown, sent: unknown): unknown {
  if (!isObject(before)) return sent;
  if (isObject(sent)) return { ...before, ...sent };
  const name = names.find((one) => typeof before[one] === typeof sent);
  return name === undefined ? sent : { ...before, [name]: sent };
}

/** A record without what could have been sent and was not: its default, nothing, or as little as is valid. */
export function withdrawn(base: JsonObject, defaults: ReadonlyMap<string, unknown>, accepts: Accepts): JsonObject {
  const names = [...defaults.keys()].filter((name) => name in base);
  const given = Object.fromEntries(
    names.flatMap((name) => (defaults.get(name) === undefined ? [] : [[name, defaults.get(name)]])),
  );
  const bare = { ...without(base, names), ...given };
  if (accepts(bare)) return bare;
  let result = base;
  for (const name of names) {
    const told = defaults.get(name);
    const least = Array.isArray(base[name]) ? [[]] : typeof base[name] === "boolean" ? [false] : [];
    const next = told === undefined ? without(result, [name]) : { ...result, [name]: told };
    result = accepts(next) ? next : (first(result, name, [null, ...least], accepts) ?? result);
  }
  return result;
}

/** A record changed as a merge patch says, as far as it stays valid. https://www.rfc-editor.org/rfc/rfc7396 */
export function patched(
  stored: JsonObject,
  patch: JsonObject,
  accepts: Accepts,
  model: JsonObject = stored,
): JsonObject {
  const whole = merged(stored, patch) as JsonObject;
  if (accepts(whole)) return whole;
  let result = stored;
  for (const [name, value] of Object.entries(patch)) {
    const next = merged(result, { [name]: value }) as JsonObject;
    result = accepts(next) ? next : (near(result, name, value, accepts, model) ?? result);
  }
  return result;
}

/** A value with a merge patch carried out on it. https://www.rfc-editor.org/rfc/rfc7396 */
export function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}

function first(record: JsonObject, name: string, values: readonly unknown[], accepts: Accepts): JsonObject | undefined {
  return values.map((value) => ({ ...record, [name]: value })).find(accepts);
}

export function without(record: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

/** The members of a record that have one of these names. */
export function only(record: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name)));
}

/** A value with another one behind these members. */
export function withHeld(value: unknown, path: readonly string[], held: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return held;
  const owner = isObject(value) ? value : {};
  return { ...owner, [name]: withHeld(owner[name], rest, held) };
}
