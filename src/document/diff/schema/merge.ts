import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../../pointer.ts";
import { type Merger, mergers } from "../../schema.ts";
import { listOf, objectOf } from "../side.ts";
import { isSilent } from "./rules.ts";
import { commonStep } from "./steps.ts";

/** Makes schemas of others. */
export type Maker = {
  /** The schema that is both; always the same one of the same two, or a recursive schema would never end. */
  readonly both: (a: unknown, b: unknown) => unknown;
  /** A schema of keywords that are merged already; `origin` is the schema of which it is a form. */
  readonly of: (keywords: JsonObject, origin?: unknown) => JsonObject;
};

const union: Merger = (a, b) => [...new Set([...listOf(a), ...listOf(b)])];
const either: Merger = (a, b) => a === true || b === true;

/** How two values of one keyword become one, in the plain words that are compared; what is in no table and differs stays apart. */
const plainMergers: Readonly<Record<string, Merger>> = {
  ...mergers,
  pattern: union,
  type: (a, b) => listOf(a).filter((type) => listOf(b).includes(type)),
  dependentRequired(a, b) {
    const all: Record<string, unknown> = { ...(a as JsonObject) };
    for (const [name, needs] of Object.entries(b as JsonObject))
      all[name] = [...new Set([...listOf(all[name] ?? []), ...listOf(needs)])];
    return all;
  },
  not: (a, b) => ({ anyOf: [a, b] }),
  multipleOf: (a, b) => commonStep(Number(a), Number(b)),
  uniqueItems: either,
  readOnly: either,
  writeOnly: either,
  deprecated: either,
};

/** The parts of an `allOf` as one schema. What cannot be made one stays in an `allOf` of its own. */
export function merged(parts: readonly JsonObject[], maker: Maker): JsonObject {
  if (parts.length === 1) return parts[0]!;
  const all: Record<string, unknown> = {};
  const apart: unknown[] = [];
  for (const part of parts) {
    // A part that is closed, or that says how others are, speaks of its own fields or places only.
    if (isOfItsOwn(part, parts)) {
      apart.push(maker.of(part, part));
      continue;
    }
    for (const [keyword, value] of Object.entries(part)) {
      const merge = Object.hasOwn(plainMergers, keyword) ? plainMergers[keyword] : undefined;
      if (!(keyword in all)) all[keyword] = value;
      else if (keyword === "allOf") apart.push(...listOf(value));
      else if (isDeepStrictEqual(all[keyword], value)) continue;
      else if (merge) all[keyword] = merge(all[keyword], value, maker.both);
      else if (isSilent(keyword)) all[keyword] = value;
      else apart.push(maker.of({ [keyword]: value }));
    }
  }
  return apart.length > 0 ? { ...all, allOf: [...listOf(all.allOf ?? []), ...apart] } : all;
}

function isOfItsOwn(part: JsonObject, parts: readonly JsonObject[]): boolean {
  const others = (keyword: string) => parts.some((other) => other !== part && other[keyword] !== undefined);
  const { additionalProperties, items } = part;
  const names = Object.keys(objectOf(part.properties));
  const knows = (name: string) => part.patternProperties === undefined && names.includes(name);
  const foreign = parts.some((other) => other !== part && !Object.keys(objectOf(other.properties)).every(knows));
  const fields = foreign || others("patternProperties");
  if (fields && additionalProperties !== undefined && additionalProperties !== true) return true;
  return (
    (items !== undefined && items !== true && others("prefixItems")) ||
    (part.prefixItems !== undefined && others("items"))
  );
}

/** Makes the `both` of a maker. `origin` is told of what was made, and of the schema whose place it takes. */
export function createBoth(origin: (made: JsonObject, of: JsonObject) => void): Maker["both"] {
  const joined = new WeakMap<object, WeakMap<object, JsonObject>>();
  return (a, b) => {
    if (a === true || isDeepStrictEqual(a, b)) return b;
    if (!isObject(a) || !isObject(b)) return b === true ? a : false;
    const others = joined.get(a) ?? new WeakMap<object, JsonObject>();
    joined.set(a, others);
    const known = others.get(b);
    if (known) return known;
    const made = { allOf: [a, b] };
    others.set(b, made);
    origin(made, b);
    return made;
  };
}
