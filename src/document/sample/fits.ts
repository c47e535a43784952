import { formats } from "../late.ts";
import { createPattern, stepsOf, type Watch } from "../pattern.ts";
import { isObject, type JsonObject } from "../pointer.ts";
import { type Alternatives, list, propertiesOf, requiredOf, same, targetOf } from "../schema.ts";
import type { View } from "../view.ts";

/**
 * Whether a value is valid by a part of the document: yes or no at once, without compiling the part, so that a maker can ask at
 * every step. The validators have the last word.
 */
export type Fits = (schema: unknown, value: unknown, view?: View) => boolean;

/** Whether a part of a schema accepts the value in question, or another one. */
type Go = (part: unknown, one?: unknown) => boolean;

/** What a judge reads a document with. */
type Reader = {
  readonly alternatives: Alternatives;
  readonly pattern: (source: string, text: string) => boolean;
  /** What a schema that is a reference names. */
  resolved(schema: unknown): unknown;
};

/** Makes the judge of the parts of a document. It remembers lists and objects: they are not to change. */
export function createFits(document: JsonObject, alternatives: Alternatives, watch: Watch): Fits {
  const memories = { none: new WeakMap(), request: new WeakMap(), answer: new WeakMap() } satisfies Record<
    string,
    WeakMap<object, Map<unknown, boolean>>
  >;
  const pattern = createPatternTest(watch);
  const reader: Reader = {
    alternatives,
    pattern,
    resolved: (schema) =>
      isObject(schema) && typeof schema.$ref === "string" ? targetOf(document, schema.$ref) : undefined,
  };

  function fits(schema: unknown, value: unknown, view: View | undefined, hops: number): boolean {
    if (schema === false) return false;
    // What is too deep for a verdict is left to the validators.
    if (!isObject(schema) || hops > 40) return true;
    if (typeof value !== "object" || value === null) return judged(schema, value, view, hops);
    const memory: WeakMap<object, Map<unknown, boolean>> = memories[view ?? "none"];
    const verdicts = memory.get(value) ?? new Map<unknown, boolean>();
    memory.set(value, verdicts);
    const before = verdicts.get(schema);
    if (before !== undefined) return before;
    const verdict = judged(schema, value, view, hops);
    verdicts.set(schema, verdict);
    return verdict;
  }

  function judged(schema: JsonObject, value: unknown, view: View | undefined, hops: number): boolean {
    const go = (part: unknown, one = value) => fits(part, one, view, hops + 1);
    if (schema.type !== undefined && !list(schema.type).some((type) => isOfType(String(type), value))) return false;
    if (Array.isArray(schema.enum) && !schema.enum.some((item) => same(item, value))) return false;
    if ("const" in schema && !same(schema.const, value)) return false;
    if (typeof value === "string" && !isText(schema, value, pattern)) return false;
    if (typeof value === "number" && !isNumber(schema, value)) return false;
    if (Array.isArray(value) && !isList(schema, value, go)) return false;
    if (isObject(value) && !isRecord(schema, value, reader, view, go)) return false;
    if (typeof schema.$ref === "string" && !go(reader.resolved(schema))) return false;
    if (!list(schema.allOf).every((part) => go(part))) return false;
    if (Array.isArray(schema.anyOf) && !schema.anyOf.some((part) => go(part))) return false;
    if (Array.isArray(schema.oneOf) && schema.oneOf.filter((part) => go(part)).length !== 1) return false;
    if (schema.not !== undefined && go(schema.not)) return false;
    if (schema.if !== undefined && !go((go(schema.if) ? schema.then : schema.else) ?? true)) return false;
    if (schema.unevaluatedProperties !== undefined && isObject(value)) {
      const seen = evaluated(schema, value, reader, go);
      return Object.keys(value).every((name) => seen.has(name) || go(schema.unevaluatedProperties, value[name]));
    }
    return true;
  }

  return (schema, value, view) => fits(schema, value, view, 0);
}

function isRecord(
  schema: JsonObject,
  value: JsonObject,
  { alternatives, pattern }: Reader,
  view: View | undefined,
  go: Go,
): boolean {
  const names = Object.keys(value);
  const properties = propertiesOf(schema);
  if (names.length < Number(schema.minProperties ?? 0)) return false;
  if (names.length > Number(schema.maxProperties ?? names.length)) return false;
  for (const name of requiredOf(schema))
    if (!Object.hasOwn(value, name) && !isHidden(properties[name], alternatives, view)) return false;
  for (const [name, needed] of Object.entries(isObject(schema.dependentRequired) ? schema.dependentRequired : {}))
    if (Object.hasOwn(value, name) && !list(needed).every((other) => Object.hasOwn(value, String(other)))) return false;
  for (const [name, part] of Object.entries(isObject(schema.dependentSchemas) ? schema.dependentSchemas : {}))
    if (Object.hasOwn(value, name) && !go(part)) return false;
  if (schema.propertyNames !== undefined && !names.every((name) => go(schema.propertyNames, name))) return false;
  const patterns = Object.entries(isObject(schema.patternProperties) ? schema.patternProperties : {});
  return names.every((name) => {
    const named = patterns.filter(([source]) => pattern(source, name));
    if (!named.every(([, part]) => go(part, value[name]))) return false;
    if (Object.hasOwn(properties, name)) return go(properties[name], value[name]);
    return named.length > 0 || go(schema.additionalProperties ?? true, value[name]);
  });
}

/** The members of a value that a schema, or a part of it that holds, speaks of. */
function evaluated(schema: unknown, value: JsonObject, reader: Reader, go: Go, hops = 0): ReadonlySet<string> {
  if (!isObject(schema) || hops > 20) return new Set();
  const patterns = Object.keys(isObject(schema.patternProperties) ? schema.patternProperties : {});
  const open = schema.additionalProperties !== undefined || (hops > 0 && schema.unevaluatedProperties !== undefined);
  const own = Object.keys(value).filter(
    (name) =>
      open || Object.hasOwn(propertiesOf(schema), name) || patterns.some((source) => reader.pattern(source, name)),
  );
  const dependent = Object.entries(isObject(schema.dependentSchemas) ? schema.dependentSchemas : {});
  const parts = [
    reader.resolved(schema),
    ...list(schema.allOf),
    ...[...list(schema.anyOf), ...list(schema.oneOf)].filter((part) => go(part)),
    ...(schema.if === undefined ? [] : go(schema.if) ? [schema.if, schema.then] : [schema.else]),
    ...dependent.filter(([name]) => Object.hasOwn(value, name)).map(([, part]) => part),
  ];
  return new Set([...own, ...parts.flatMap((part) => [...evaluated(part, value, reader, go, hops + 1)])]);
}

/** Whether a member has no place in what goes this way. */
export function isHidden(schema: unknown, alternatives: Alternatives, view: View | undefined): boolean {
  if (!view || !isObject(schema)) return false;
  const keyword = view === "request" ? "readOnly" : "writeOnly";
  if (schema[keyword] === true) return true;
  if (!("$ref" in schema || "allOf" in schema)) return false;
  const forms = alternatives(schema);
  return forms.length > 0 && forms.every((form) => form[keyword] === true);
}

/** Whether a value is of a type of JSON Schema. */
export function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** Tests texts by patterns, each compiled once; one that is no regular expression says nothing. */
function createPatternTest(watch: Watch): (source: string, text: string) => boolean {
  type Known = { readonly pattern: RegExp | undefined; readonly steps: (length: number) => number };
  const known = new Map<string, Known>();
  return (source, text) => {
    const found = known.get(source) ?? { pattern: createPattern(source), steps: stepsOf(source) };
    known.set(source, found);
    return found.pattern === undefined || watch.test(found.pattern, text, found.steps(text.length));
  };
}

function isText(schema: JsonObject, text: string, pattern: (source: string, text: string) => boolean): boolean {
  if (schema.minLength !== undefined || schema.maxLength !== undefined) {
    const length = text.length > 10_000 ? text.length : [...text].length;
    if (length < Number(schema.minLength ?? 0) || length > Number(schema.maxLength ?? length)) return false;
  }
  if (typeof schema.pattern === "string" && !pattern(schema.pattern, text)) return false;
  return isOfFormat(schema.format, text);
}

/** Whether a value is of a format, as the validators read it; a format that they do not know says nothing. */
export function isOfFormat(format: unknown, value: string | number): boolean {
  const known: Readonly<Record<string, unknown>> = formats();
  const test = typeof format === "string" && Object.hasOwn(known, format) ? known[format] : true;
  if (test === true) return true;
  if (test instanceof RegExp) return typeof value !== "string" || test.test(value);
  if (typeof test === "function") return typeof value !== "string" || Boolean(test(value));
  if (!isObject(test)) return true;
  if (typeof value !== (test.type ?? "string")) return true;
  if (test.validate instanceof RegExp) return test.validate.test(String(value));
  return typeof test.validate !== "function" || Boolean(test.validate(value));
}

function isNumber(schema: JsonObject, value: number): boolean {
  if (value < Number(schema.minimum ?? value) || value > Number(schema.maximum ?? value)) return false;
  if (typeof schema.exclusiveMinimum === "number" && value <= schema.exclusiveMinimum) return false;
  if (typeof schema.exclusiveMaximum === "number" && value >= schema.exclusiveMaximum) return false;
  if (typeof schema.multipleOf === "number") {
    const times = value / schema.multipleOf;
    if (Math.abs(times - Math.round(times)) > 1e-9 * Math.max(1, Math.abs(times))) return false;
  }
  return isOfFormat(schema.format, value);
}

function isList(schema: JsonObject, value: readonly unknown[], go: (part: unknown, one?: unknown) => boolean): boolean {
  if (value.length < Number(schema.minItems ?? 0) || value.length > Number(schema.maxItems ?? value.length))
    return false;
  if (schema.uniqueItems === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length)
    return false;
  const first = list(schema.prefixItems);
  if (!value.every((item, index) => go(index < first.length ? first[index] : (schema.items ?? true), item)))
    return false;
  if (schema.contains === undefined) return true;
  const count = value.filter((item) => go(schema.contains, item)).length;
  return count >= Number(schema.minContains ?? 1) && count <= Number(schema.maxContains ?? count);
}
