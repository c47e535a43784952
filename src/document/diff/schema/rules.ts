import { isDeepStrictEqual } from "node:util";
import type { Direction, Effect } from "../side.ts";
import { listOf, objectOf } from "../side.ts";
import { isMultiple } from "./steps.ts";

/** From a keyword's values before and after, `undefined` where there is none, to what it does to the values allowed. */
export type Rule = (was: unknown, is: unknown, reader: Reading) => Effect | undefined;

/** Who reads the value, and whether it is always there. */
type Reading = { readonly direction: Direction; readonly given: boolean };

/** More of the number allows less. */
export function atLeast(was: unknown, is: unknown): Effect | undefined {
  const [a, b] = [Number(was ?? Number.NEGATIVE_INFINITY), Number(is ?? Number.NEGATIVE_INFINITY)];
  return b > a ? "narrower" : b < a ? "wider" : undefined;
}

/** More of the number allows more. */
export function atMost(was: unknown, is: unknown): Effect | undefined {
  const [a, b] = [Number(was ?? Number.POSITIVE_INFINITY), Number(is ?? Number.POSITIVE_INFINITY)];
  return b < a ? "narrower" : b > a ? "wider" : undefined;
}

/** A condition that is there or not; of two different ones nobody can tell which allows more. */
export function condition(was: unknown, is: unknown): Effect {
  return was === undefined ? "narrower" : is === undefined ? "wider" : "unknown";
}

/** Conditions that must all hold: more of them allow less. */
function conditions(was: readonly unknown[], is: readonly unknown[]): Effect | undefined {
  const effect = setsOf(was, is);
  if (effect === "different") return "unknown";
  return effect && opposite(effect);
}

/** What each member asks for, one by one. */
function dependencies(given: unknown): readonly unknown[] {
  return Object.entries(objectOf(given)).flatMap(([name, needs]) => listOf(needs).map((need) => [name, need]));
}

/** What a change is the other way round, or under a `not`. */
export function opposite(effect: Effect): Effect {
  return effect === "wider" ? "narrower" : effect === "narrower" ? "wider" : effect;
}

/** What two effects are together. */
export function ofBoth(one: Effect | undefined, other: Effect | undefined): Effect | undefined {
  return one === undefined || one === other ? other : other === undefined ? one : "different";
}

/** What one set of values is to another. */
export function setsOf(was: unknown, is: unknown): Effect | undefined {
  const [before, after] = [listOf(was), listOf(is)];
  const within = (small: readonly unknown[], large: readonly unknown[]) =>
    small.every((one) => large.some((other) => isDeepStrictEqual(one, other)));
  if (within(before, after)) return within(after, before) ? undefined : "wider";
  return within(after, before) ? "narrower" : "different";
}

/** The types of JSON Schema. Every integer is a number too. */
export const everyType = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** Formats that include another one. */
const widerFormats: Readonly<Record<string, readonly string[]>> = {
  int32: ["int64", "double"],
  float: ["double"],
  email: ["idn-email"],
  hostname: ["idn-hostname"],
  uri: ["uri-reference", "iri", "iri-reference"],
  iri: ["iri-reference"],
  "uri-reference": ["iri-reference"],
};

/** Keywords that decide by their values alone. A keyword that is not in any table cannot be judged. */
export const rules: Readonly<Record<string, Rule>> = {
  type: (was, is) => setsOf(was ?? everyType, is ?? everyType),
  enum: (was, is) => (was && is ? setsOf(was, is) : condition(was, is)),
  minLength: atLeast,
  minItems: atLeast,
  minProperties: atLeast,
  maxLength: atMost,
  maxItems: atMost,
  maxProperties: atMost,
  // A list of patterns asks for all of them.
  pattern: (was, is) => conditions(listOf(was ?? []), listOf(is ?? [])),
  format: (was, is) =>
    widerFormats[String(was)]?.includes(String(is))
      ? "wider"
      : widerFormats[String(is)]?.includes(String(was))
        ? "narrower"
        : condition(was, is),
  multipleOf: (was, is) => {
    if (was === undefined || is === undefined) return condition(was, is);
    if (isMultiple(Number(is), Number(was))) return "narrower";
    return isMultiple(Number(was), Number(is)) ? "wider" : "different";
  },
  uniqueItems: (was, is) => (is ? "narrower" : was ? "wider" : undefined),
  dependentRequired: (was, is) => conditions(dependencies(was), dependencies(is)),
  contentEncoding: condition,
  contentMediaType: condition,
  // A default is what a request means that leaves the field out; in an answer, and of what is always there, it means nothing.
  default: (was, _, { direction, given }) =>
    direction === "answer" || given || was === undefined ? "harmless" : "different",
  deprecated: () => "harmless",
};

/** What a keyword with other values means to a client, where there is more to say than that it is another. */
export const reasons: Readonly<Record<string, string>> = {
  default: "A request that leaves it out means something else than before.",
};

/** Keywords that say nothing about which values are allowed, or that are read elsewhere. */
const silent = new Set(
  "title description examples example externalDocs xml $comment $schema $id $anchor $defs definitions readOnly writeOnly".split(
    " ",
  ),
);

/** Whether a keyword says nothing about which values are allowed, or is read elsewhere. */
export function isSilent(keyword: string): boolean {
  return silent.has(keyword) || keyword.startsWith("x-");
}
