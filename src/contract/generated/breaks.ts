import { distinct } from "../../document/json.ts";
import { resembles } from "../../document/sample/edges.ts";
import { formats } from "../../document/sample/formats.ts";
import type { Making } from "../../document/sample/run.ts";
import { random } from "../../document/sample/sample.ts";
import { list, memberSchema, propertiesOf, requiredOf } from "../../document/schema.ts";
import { isObject, type JsonObject, type Violation } from "../../document/validator.ts";

/** Marks a schema of several parameters, which is no JSON value of its own. */
export const isPart = "x-understudy-part";

/** The keyword of what no request can say, which is no way to break anything. */
export const unsayable = "x-understudy-unsayable";

/** A value that breaks one keyword of its schema, as the validators tell. */
export type Break = { readonly value: unknown; readonly violation: Violation };

/** What a union adds to what its variants say. */
const echoes = new Set(["oneOf", "anyOf", "discriminator", "not", "if"]);
/** A value of another type can be none of these either. */
const impliedByType = new Set(["enum", "const"]);

/** The name that no document has thought of. */
const unknownMember = "understudyUnknown";

const endsUnknown = new RegExp(`\\.?${unknownMember}$`);

/** A place, or that of the object where it is that of a member that no document names. */
export function knownPlace(at: string): string {
  return at.replace(endsUnknown, "");
}

/** The one violation of a value that breaks one keyword in one place; `undefined` for any other value. */
export function onlyViolation(violations: readonly Violation[]): Violation | undefined {
  if (violations.some(({ keyword }) => keyword === unsayable)) return undefined;
  // That no variant is named says all, where it is all that is said.
  if (violations.length === 1 && violations[0]!.keyword === "discriminator") return violations[0];
  const own = violations.filter(({ keyword }) => !echoes.has(keyword));
  const typed = own.some(({ keyword }) => keyword === "type");
  const told = own.filter(({ keyword }) => !typed || !impliedByType.has(keyword));
  const [first] = told;
  return first && own.every(({ at }) => at === first.at) && told.every(({ keyword }) => keyword === first.keyword)
    ? first
    : undefined;
}

/** Tells whether a value has been altered in a place before. */
export type Altered = (place: string, value: unknown) => boolean;

/** Remembers what was altered: of values that differ in one member, the others need it once only. */
export function createAltered(): Altered {
  const known = new Map<string, Set<unknown>>();
  return (place, value) => {
    const values = known.get(place) ?? new Set();
    known.set(place, values);
    return values.size === values.add(value).size;
  };
}

/**
 * Every way to break exactly one keyword that a valid value offers, but for what has been altered before. Each is judged only when it
 * is asked for; `first`, of whatever size, says with which to begin.
 */
export function* breaksOf(
  schema: unknown,
  value: unknown,
  making: Making,
  check: (value: unknown) => readonly Violation[],
  { isAltered = () => false, first = 0 }: { readonly isAltered?: Altered; readonly first?: number } = {},
): Generator<Break> {
  const candidates = [...altered(schema, value, making, isAltered)];
  const start = first % Math.max(1, candidates.length);
  for (const candidate of distinct([...candidates.slice(start), ...candidates.slice(0, start)])) {
    const violation = onlyViolation(check(candidate));
    if (violation && violation.basis !== "later") yield { value: candidate, violation };
  }
}

/** Copies of a value with one thing altered, here or deeper inside; whether that breaks something is for the validators. */
function* altered(
  schema: unknown,
  value: unknown,
  making: Making,
  isAltered: Altered,
  at = "",
  depth = 0,
): Generator<unknown> {
  if (depth > 8) return;
  const forms = making.schemas.alternatives(schema);
  const plains = forms.filter((plain) => resembles(plain, value, making));
  // A request and its parts are no JSON values: there is nothing else that they could be.
  if (depth > 0 && !forms.some((plain) => plain[isPart])) {
    yield* otherTypes(value);
    for (const plain of plains.length > 0 ? plains : forms) yield* beyond(plain, value, making);
  }
  if (isObject(value)) {
    const free = plains.find((plain) => isObject(plain.additionalProperties))?.additionalProperties;
    const more = free === undefined ? undefined : drawn(free, making)(0);
    // No valid value has to have such a member, and so the fullest has none.
    if (more !== undefined && !isAltered(`${at}.*`, more))
      for (const member of altered(free, more, making, isAltered, `${at}.*`, depth + 1))
        yield { ...value, key0: member };
    for (const name of Object.keys(value)) {
      const place = `${at}.${name}`;
      if (isAltered(place, value[name])) continue;
      yield Object.fromEntries(Object.entries(value).filter(([member]) => member !== name));
      const inner = plains.find((plain) => Object.hasOwn(propertiesOf(plain), name)) ?? plains[0];
      for (const plain of inner ? [inner] : [])
        for (const member of altered(memberSchema(plain, name), value[name], making, isAltered, place, depth + 1))
          yield { ...value, [name]: member };
    }
  }
  if (Array.isArray(value)) {
    const [plain] = plains;
    for (const [index, item] of value.slice(0, 1).entries())
      for (const inner of altered(plain?.items ?? true, item, making, isAltered, `${at}.${index}`, depth + 1))
        yield value.with(index, inner);
  }
}

/** Values of every other JSON type, and the same number or truth as text. */
function otherTypes(value: unknown): readonly unknown[] {
  const text = typeof value === "number" || typeof value === "boolean" ? [String(value)] : [];
  const number = typeof value === "string" && value !== "" && !Number.isNaN(Number(value)) ? [Number(value)] : [];
  return [...text, ...number, null, "understudy", 7, 0.5, true, [], {}, ...(isObject(value) ? [[value]] : [])];
}

/** Values just outside what each keyword of a plain schema allows. */
function* beyond(plain: JsonObject, value: unknown, making: Making): Generator<unknown> {
  if (typeof value === "string") {
    if ("enum" in plain || "const" in plain)
      yield* [value.toLowerCase(), value.toUpperCase(), `${value}X`, ` ${value}`, value.slice(1), ""];
    if (typeof plain.pattern === "string")
      yield* [
        value.toLowerCase(),
        value.toUpperCase(),
        `${value}X`,
        `X${value}`,
        value.slice(1),
        "!",
        "12",
        ` ${value}`,
      ];
    if (typeof plain.format === "string") yield* formats[plain.format]?.invalid ?? [];
    if (Number(plain.minLength ?? 0) > 0) yield [...value].slice(0, Number(plain.minLength) - 1).join("");
    if (plain.maxLength !== undefined)
      for (const more of [1, 1000])
        yield value + "a".repeat(Math.max(0, Number(plain.maxLength) + more - [...value].length));
  }
  if (typeof value === "number") {
    const bounds = [plain.minimum, plain.exclusiveMinimum, plain.maximum, plain.exclusiveMaximum];
    for (const bound of bounds.filter((given) => typeof given === "number")) yield* [bound, bound - 1, bound + 1];
    yield* [value + 0.5, -value - 1, value * 2 + 1];
    // What is checked too late does not fit into the integers of most databases.
    if ((plain.maximum ?? plain.exclusiveMaximum) !== undefined) yield* [2 ** 31, 2 ** 63];
    if (typeof plain.multipleOf === "number") yield value + plain.multipleOf / 2;
    if ("enum" in plain || "const" in plain) yield* [value + 1, value + 1000];
    if (typeof plain.format === "string") yield* formats[plain.format]?.invalid ?? [];
  }
  if (typeof value === "boolean") yield !value;
  if (Array.isArray(value)) {
    const [first] = value;
    if (plain.uniqueItems) yield [...value, first];
    if (plain.maxItems !== undefined)
      for (const more of [() => first, unlike(first), drawn(plain.items, making)])
        yield Array.from({ length: Number(plain.maxItems) + 1 }, (_, index) => value[index] ?? more(index));
    if (Number(plain.minItems ?? 0) > 0) yield value.slice(0, Number(plain.minItems) - 1);
  }
  if (isObject(value)) {
    yield { ...value, [unknownMember]: true };
    const count = Number(plain.maxProperties ?? 0);
    if (count > 0)
      for (const more of [() => "text", drawn(plain.additionalProperties, making)])
        yield {
          ...value,
          ...Object.fromEntries(Array.from({ length: count + 1 }, (_, index) => [`key${index}`, more(index)])),
        };
    const least = Object.entries(value).filter(([name]) => requiredOf(plain).includes(name));
    if (Number(plain.minProperties ?? 0) > 0) yield Object.fromEntries(least);
    for (const [name, needed] of Object.entries(isObject(plain.dependentRequired) ? plain.dependentRequired : {}))
      for (const other of list(needed)) if (name in value) yield without(value, String(other));
  }
}

/** Another item for each index, as like a given one as it can be. */
function unlike(item: unknown): (index: number) => unknown {
  return (index) => {
    if (typeof item === "number") return item + index;
    return typeof item === "string" ? `${item.slice(0, -String(index).length)}${index}` : item;
  };
}

/** Another item for each index, as its schema has it. */
function drawn(schema: unknown, making: Making): (index: number) => unknown {
  return (index) => random(isObject(schema) ? schema : {}, making, index + 1) ?? null;
}

function without(value: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([member]) => member !== name));
}
