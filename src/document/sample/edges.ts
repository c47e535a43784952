import type fc from "fast-check";
import { fastCheck, lateList } from "../late.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import { list, propertiesOf, requiredOf, same, typesOf } from "../schema.ts";
import { isHidden, isOfType } from "./fits.ts";
import { numbersOf } from "./numbers.ts";
import { createRandom } from "./random.ts";
import { type At, deepest, knownOf, type Making, type Run } from "./run.ts";
import { random, runOf, simplest, start } from "./sample.ts";
import { inHeader, textsOf } from "./texts.ts";

const mostBoundaries = 240;
/** A schema of many unions has more forms than anybody waits for. */
const mostForms = 12;
/** Lengths at which servers and their databases are known to give way. */
const lengths = [1, 16, 32, 50, 64, 100, 128, 200, 255, 256, 500, 512, 1000, 1024, 2000, 4000];
const longestInHeader = 1000;

/** The values of a schema with every member that it names, one for each form of it and of its members. They are not to change. */
export const fullest: (schema: unknown, making: Making) => readonly unknown[] = remembered((schema, making) => [
  ...eachFullest(schema, making),
]);

/** The same, each made when it is asked for. */
function eachFullest(schema: unknown, making: Making): Generator<unknown> {
  return fullestAt(schema, runOf(making, "full", createRandom(1)), start);
}

function* fullestAt(schema: unknown, run: Run, at: At): Generator<unknown> {
  const known = knownOf(schema, run.making, at.name);
  if (known) return yield* known.slice(0, 1);
  const { schemas, view } = run.making;
  for (const plain of schemas.alternatives(schema)) {
    const full: unknown[] = [];
    let isFitting = false;
    for (const value of fullestOf(plain, run, at)) {
      full.push(value);
      if (!schemas.fits(schema, value, view)) continue;
      isFitting = true;
      yield value;
    }
    // Where all of its members together are too many, such as those of two alternatives, what it requires has to do.
    if (!isFitting) yield run.make(plain, run, { ...at, name: "", bare: true }) ?? full[0];
  }
}

function* fullestOf(plain: JsonObject, run: Run, at: At): Generator<unknown> {
  const value = run.make(plain, run, { ...at, name: "" });
  if (value === undefined) return;
  yield value;
  if (!isObject(value) || "const" in plain || at.depth >= deepest) return;
  let left = mostForms;
  for (const [name, schema] of Object.entries(propertiesOf(plain))) {
    if (!(name in value) || typeof value[name] !== "object") continue;
    const [, ...more] = fullestAt(schema, run, { ...at, name, depth: at.depth + 1, share: at.share / 4 });
    for (const other of more) {
      if (left-- <= 0) return;
      yield { ...value, [name]: other };
    }
  }
}

/**
 * Values at the edges of a schema: each form, each member there and not there, each enum value, limits, all kinds of text. Each is
 * made when it is first asked for; they are not to change.
 */
export const boundaries: (schema: unknown, making: Making) => Iterable<unknown> = remembered((schema, making) =>
  lateList(firstDistinct(boundariesAt(schema, making, "", 0), mostBoundaries)),
);

function* boundariesAt(schema: unknown, making: Making, name: string, depth: number): Generator<unknown> {
  const known = knownOf(schema, making, name);
  if (known) yield* known;
  else for (const plain of making.schemas.alternatives(schema)) yield* boundariesOf(plain, making, depth);
}

function* boundariesOf(plain: JsonObject, making: Making, depth: number): Generator<unknown> {
  if ("const" in plain) return yield plain.const;
  if (Array.isArray(plain.enum)) return yield* plain.enum;
  const types = typesOf(plain);
  for (const type of types.length === 0 ? ["string"] : types) {
    const typed = { ...plain, type };
    if (type === "object") yield* objectBoundaries(typed, making, depth);
    else if (type === "array") yield* arrayBoundaries(typed, making, depth);
    else if (type === "integer" || type === "number")
      yield* [...given(plain, "number"), ...numbersOf(plain, type === "integer")];
    else if (type === "boolean") yield* [true, false];
    else if (type === "null") yield null;
    else {
      const { fits, matching } = making.schemas;
      yield* [...given(plain, "string"), ...textsOf(plain, matching, (text) => fits(typed, text))];
    }
  }
}

function* objectBoundaries(plain: JsonObject, making: Making, depth: number): Generator<unknown> {
  const least = simplest(plain, making);
  const [most] = eachFullest(plain, making);
  if (!isObject(least) || !isObject(most) || depth > deepest) return yield least;
  yield* [least, most];
  const required = requiredOf(plain);
  for (const name of Object.keys(most).filter((member) => !required.includes(member))) {
    yield { ...least, [name]: most[name] };
    yield Object.fromEntries(Object.entries(most).filter(([member]) => member !== name));
  }
  for (const [name, schema] of Object.entries(propertiesOf(plain))) {
    if (isUnseen(plain, name, making)) continue;
    let isLeast = false;
    for (const value of firstDistinct(boundariesAt(schema, making, name, depth + 1), mostBoundaries)) {
      isLeast = !isLeast;
      yield { ...(isLeast ? least : most), [name]: value };
    }
  }
  if (plain.additionalProperties === true) yield { ...least, "any key": "any value", nested: { list: [1, null] } };
}

function* arrayBoundaries(plain: JsonObject, making: Making, depth: number): Generator<unknown> {
  const [fewest, most] = [Number(plain.minItems ?? 0), Number(plain.maxItems ?? 3)];
  const ofLength = (count: number) => simplest({ ...plain, minItems: count }, making);
  if (depth > deepest) return yield ofLength(fewest);
  for (const count of [fewest, fewest + 1, Math.min(most, 50)]) if (count <= most) yield ofLength(count);
  if (fewest > 1 || most < 1 || plain.prefixItems !== undefined) return;
  for (const item of firstDistinct(boundariesAt(plain.items ?? {}, making, "", depth + 1), mostBoundaries))
    yield [item];
}

/** Values with all plain texts of one length, for each length at which something is known to give way. */
export function lengthened(schema: unknown, making: Making): readonly unknown[] {
  return fullest(schema, making).flatMap((value) => lengths.map((length) => stretched(schema, value, making, length)));
}

function stretched(schema: unknown, value: unknown, making: Making, length: number, name = ""): unknown {
  if (knownOf(schema, making, name)) return value;
  const plain = making.schemas.alternatives(schema).find((form) => resembles(form, value, making));
  if (!plain) return value;
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([member, inner]) => [
        member,
        stretched(propertiesOf(plain)[member] ?? true, inner, making, length, member),
      ]),
    );
  if (Array.isArray(value)) return value.map((item) => stretched(plain.items ?? true, item, making, length));
  if (typeof value !== "string" || !isPlainText(plain)) return value;
  const least = Math.max(length, Number(plain.minLength ?? 0));
  return "a".repeat(Math.min(least, Number(plain.maxLength ?? least), plain[inHeader] ? longestInHeader : least));
}

/** Random values of a schema. Where keywords depend on each other the caller asks the validators. */
export function arbitrary(schema: unknown, making: Making): fc.Arbitrary<unknown> {
  // The seeds near zero are no better than others.
  return fastCheck()
    .noBias(fastCheck().nat())
    .map((seed) => random(schema, making, seed));
}

/** Whether a member has no place in what goes this way. */
function isUnseen(plain: JsonObject, name: string, { schemas, view }: Making): boolean {
  return isHidden(propertiesOf(plain)[name], schemas.alternatives, view);
}

/** Whether a value could be meant by a plain schema: what tells its variants apart is as the schema says. */
export function resembles(plain: JsonObject, value: unknown, making: Making): boolean {
  if ("const" in plain) return same(plain.const, value);
  const types = typesOf(plain);
  if (types.length > 0 && !types.some((type) => isOfType(type, value))) return false;
  if (!isObject(value)) return true;
  const tags = Object.entries(propertiesOf(plain)).flatMap(([name, schema]) => constantsOf(schema, name));
  return (
    tags.every(([name, constant]) => !(name in value) || same(value[name], constant)) &&
    requiredOf(plain).every((name) => name in value || isUnseen(plain, name, making))
  );
}

function constantsOf(schema: unknown, name: string): [string, unknown][] {
  if (!isObject(schema)) return [];
  if ("const" in schema) return [[name, schema.const]];
  return Array.isArray(schema.allOf) ? schema.allOf.flatMap((part) => constantsOf(part, name)) : [];
}

function isPlainText(plain: JsonObject): boolean {
  return !("pattern" in plain) && !("format" in plain) && !("enum" in plain) && !("const" in plain);
}

function given(plain: JsonObject, type: "string" | "number"): readonly unknown[] {
  return [...list(plain.examples), plain.example, plain.default].filter((value) => typeof value === type);
}

/** Makes what follows from a schema and a making once. */
function remembered<T>(make: (schema: unknown, making: Making) => T): (schema: unknown, making: Making) => T {
  const made = new WeakMap<Making, Map<unknown, T>>();
  return (schema, making) => {
    const known = made.get(making) ?? new Map<unknown, T>();
    made.set(making, known);
    const value = known.has(schema) ? (known.get(schema) as T) : make(schema, making);
    known.set(schema, value);
    return value;
  };
}

/** The first values of a list, each once. */
function* firstDistinct(values: Iterable<unknown>, most: number): Generator<unknown> {
  const seen = new Set<string>();
  // However often the same comes again, there is an end.
  let tries = 20 * most;
  for (const value of values) {
    if (seen.size >= most || tries-- < 0) break;
    const text = JSON.stringify(value) ?? "";
    if (value === undefined || seen.has(text)) continue;
    seen.add(text);
    yield value;
  }
}
