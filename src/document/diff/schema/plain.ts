import { isDeepStrictEqual } from "node:util";
import { createPattern } from "../../pattern.ts";
import { isObject, type JsonObject } from "../../pointer.ts";
import { listOf } from "../side.ts";
import { isSilent } from "./rules.ts";
import { isMultiple } from "./steps.ts";

/** The keywords that bind the values of one type only. https://json-schema.org/draft/2020-12/json-schema-validation */
const ofOneType: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"],
  object: [
    ...["properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"],
    ...["maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"],
  ],
};

const typeBound = new Map(Object.entries(ofOneType).flatMap(([type, names]) => names.map((name) => [name, type])));

/** The type whose values alone a keyword binds. */
export function typeBoundBy(keyword: string): string | undefined {
  return typeBound.get(keyword);
}

/** Formats of OpenAPI 3.0 as 3.1 says them. https://www.openapis.org/blog/2021/02/16/migrating-from-openapi-3-0-to-3-1-0 */
const modern: Readonly<Record<string, JsonObject>> = {
  byte: { contentEncoding: "base64" },
  binary: { contentMediaType: "application/octet-stream" },
};

/** What says as much as not being there. */
const unsaid: Readonly<Record<string, (value: unknown) => boolean>> = {
  minLength: (value) => value === 0,
  minItems: (value) => value === 0,
  minProperties: (value) => value === 0,
  uniqueItems: (value) => value === false,
  deprecated: (value) => value === false,
  required: (value) => Array.isArray(value) && value.length === 0,
  properties: isEmpty,
  patternProperties: isEmpty,
  dependentRequired: isEmpty,
  dependentSchemas: isEmpty,
  additionalProperties: isAny,
  items: isAny,
  propertyNames: isAny,
  unevaluatedItems: isAny,
  unevaluatedProperties: isAny,
  contentSchema: isAny,
  not: (value) => value === false,
  // A hint to whoever draws a form.
  format: (value) => value === "password",
  pattern: (value) => ["", "^", "$", ".*", "^.*", "[\\s\\S]*"].includes(String(value)),
};

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function isAny(value: unknown): boolean {
  return value === true || isEmpty(value);
}

/** The same schema in the words of JSON Schema 2020-12, with what belongs together under one keyword, and without what says nothing. */
export function plain(schema: JsonObject): JsonObject {
  const { if: condition, then, else: otherwise, contains, minContains, maxContains, ...rest } = schema;
  const all: Record<string, unknown> = Object.fromEntries(
    Object.entries(rest).filter(([keyword, value]) => !unsaid[keyword]?.(value)),
  );
  if (condition !== undefined && !(isAny(then ?? true) && isAny(otherwise ?? true)))
    all.if = [condition, then ?? true, otherwise ?? true];
  if (contains !== undefined && !(minContains === 0 && maxContains === undefined))
    all.contains = [contains, minContains ?? 1, maxContains];
  for (const [exclusive, bound] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (typeof all[exclusive] !== "boolean") continue;
    if (all[exclusive]) all[exclusive] = all[bound];
    else delete all[exclusive];
    if (schema[exclusive] === true) delete all[bound];
  }
  if ("const" in schema) all.enum = [schema.const];
  const { format } = all;
  if (typeof format === "string" && modern[format]) {
    Object.assign(all, modern[format]);
    delete all.format;
  }
  if (typeof all.type === "string") all.type = [all.type];
  if (schema.nullable === true && Array.isArray(all.type)) all.type = [...all.type, "null"];
  // Every integer is a number.
  if (listOf(all.type).includes("number")) all.type = [...new Set([...listOf(all.type), "integer"])];
  delete all.const;
  delete all.nullable;
  return all;
}

/** What merged keywords say without those that the others make idle: of other types, or beside the values that there are. */
export function settled(keywords: JsonObject): JsonObject {
  const all: Record<string, unknown> = { ...keywords };
  if (Array.isArray(all.enum)) settleValues(all, all.enum);
  if (all.items === false && Number(all.maxItems) >= listOf(all.prefixItems ?? []).length) delete all.maxItems;
  if (Number(all.minProperties) <= listOf(all.required ?? []).length) delete all.minProperties;
  if (!Array.isArray(all.type)) return all;
  const types = all.type.map((type) => (type === "integer" ? "number" : type));
  for (const keyword of Object.keys(all)) {
    const type = typeBoundBy(keyword);
    if (type !== undefined && !types.includes(type)) delete all[keyword];
  }
  // A number that is a multiple of an integer is one.
  if (Number.isInteger(all.multipleOf)) all.type = all.type.filter((type) => type !== "number");
  if (all.multipleOf === 1) delete all.multipleOf;
  return all;
}

/** The values that all keywords let pass, of the types that they have; the keywords that have let them pass are done. */
function settleValues(all: Record<string, unknown>, values: readonly unknown[]): void {
  const given = Array.isArray(all.type) ? all.type : undefined;
  const passing = values.filter((value) => !given || given.includes(typeOf(value)));
  const fitting = passing.filter((value) => fits(all, value));
  all.enum = fitting;
  all.type = [...new Set(fitting.map(typeOf))];
  for (const keyword of ["minLength", "maxLength", ...ofOneType.number!]) delete all[keyword];
  if (isReadable(all.pattern)) delete all.pattern;
  const every = everyValueOf(all.type);
  if (every?.every((value) => fitting.includes(value))) delete all.enum;
}

/** All values of types that have but a few. */
export function everyValueOf(type: unknown): readonly unknown[] | undefined {
  const types = listOf(type ?? ["any"]);
  if (!types.every((one) => one === "boolean" || one === "null")) return undefined;
  return [true, false, null].filter((value) => types.some((one) => one === typeOf(value)));
}

/** Whether the bounds of a schema let a value pass. */
function fits(keywords: JsonObject, value: unknown): boolean {
  if (typeof value === "string") {
    const length = [...value].length;
    const { minLength = 0, maxLength = length, pattern = [] } = keywords;
    const matches = listOf(pattern).every((source) => createPattern(String(source))?.test(value) ?? true);
    return length >= Number(minLength) && length <= Number(maxLength) && matches;
  }
  if (typeof value !== "number") return true;
  const [low, high] = [boundOf(keywords, "low"), boundOf(keywords, "high")];
  return (
    (!low || (low.open ? value > low.value : value >= low.value)) &&
    (!high || (high.open ? value < high.value : value <= high.value)) &&
    (keywords.multipleOf === undefined || isMultiple(value, Number(keywords.multipleOf)))
  );
}

/** Keywords that a look at a value decides. */
export const decided: ReadonlySet<string> = new Set([
  ...["type", "minLength", "maxLength", "pattern"],
  ...ofOneType.number!,
]);

/** Whether it is plain that a text, a number, a truth or null is of a schema. */
export function isPlainlyOf(keywords: JsonObject, value: unknown): boolean {
  if (typeof value === "object" && value !== null) return false;
  const { type } = keywords;
  const names = Object.keys(keywords).filter((keyword) => !isSilent(keyword) && keyword !== "default");
  const counting = names.filter((keyword) => [undefined, homeOf(value)].includes(typeBoundBy(keyword)));
  const known = isReadable(keywords.pattern) && counting.every((keyword) => decided.has(keyword));
  return known && (type === undefined || listOf(type).includes(typeOf(value))) && fits(keywords, value);
}

function isReadable(patterns: unknown): boolean {
  return listOf(patterns ?? []).every((source) => createPattern(String(source)) !== undefined);
}

function homeOf(value: unknown): string {
  return typeof value === "number" ? "number" : typeOf(value);
}

/** The type of a value, the narrowest one. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

/** What says which values there are. */
export function bindingOf(keywords: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(keywords).filter(([keyword]) => !isSilent(keyword)));
}

/** Whether no value is of a schema. */
export function isNever({ not, type, enum: values }: JsonObject): boolean {
  const none = (list: unknown) => Array.isArray(list) && list.length === 0;
  return isAny(not) || none(type) || none(values);
}

/**
 * Alternatives as one schema, where that says the same: those of different types, and those that only list values. `undefined`
 * where it does not.
 */
export function asOne(alternatives: readonly JsonObject[], keyword: string): JsonObject | undefined {
  const said = alternatives.map(bindingOf);
  if (said.some(({ type }) => !Array.isArray(type))) return undefined;
  return ofValues(said) ?? ofTypes(said) ?? (keyword === "anyOf" ? ofBareTypes(said) : undefined);
}

function ofValues(said: readonly JsonObject[]): JsonObject | undefined {
  const values = said.flatMap((schema) => valuesOf(schema) ?? [undefined]);
  const twice = values.some((value, index) => values.slice(0, index).some((other) => isDeepStrictEqual(value, other)));
  if (values.includes(undefined) || twice) return undefined;
  return { type: typesOf(said), enum: values };
}

/** The only values of a schema that lists them, or is of a type with few. */
function valuesOf({ type, enum: values, ...others }: JsonObject): readonly unknown[] | undefined {
  if (Object.keys(others).length > 0) return undefined;
  return Array.isArray(values) ? values : everyValueOf(type);
}

function ofTypes(said: readonly JsonObject[]): JsonObject | undefined {
  const types = said.map(({ type }) => (type as readonly unknown[]).map((one) => (one === "integer" ? "number" : one)));
  const apart = types.every((mine, index) =>
    types.slice(0, index).every((other) => !mine.some((one) => other.includes(one))),
  );
  const own = said.every(({ type, ...others }, index) =>
    Object.keys(others).every((keyword) => {
      const home = typeBoundBy(keyword);
      if (home) return types[index]!.includes(home);
      // A format is of one type, and beside it only those that know none.
      return keyword === "format" && said.every(({ format }, other) => other === index || format === undefined);
    }),
  );
  if (!apart || !own) return undefined;
  return Object.assign({}, ...said, { type: typesOf(said) });
}

function ofBareTypes(said: readonly JsonObject[]): JsonObject | undefined {
  return said.every((keywords) => Object.keys(keywords).length === 1) ? { type: typesOf(said) } : undefined;
}

function typesOf(said: readonly JsonObject[]): readonly unknown[] {
  return [...new Set(said.flatMap(({ type }) => type as readonly unknown[]))];
}

/** The bound that two keywords set: the number, and whether the number itself is beyond it. */
export type Bound = { readonly value: number; readonly open: boolean; readonly keyword: string };

/** The tighter one of both keywords; of integers the nearest one within. `undefined` where there is none. */
export function boundOf(keywords: JsonObject, way: "low" | "high"): Bound | undefined {
  const [closed, open] = way === "low" ? ["minimum", "exclusiveMinimum"] : ["maximum", "exclusiveMaximum"];
  const sign = way === "low" ? 1 : -1;
  const given = [closed!, open!].flatMap((keyword) => {
    const value = keywords[keyword];
    return typeof value === "number" ? [{ value, open: keyword === open, keyword }] : [];
  });
  const [first, second] = given;
  const found = second && first && sign * (first.value - second.value) > 0 ? first : (second ?? first);
  const types = listOf(keywords.type ?? []);
  const whole = types.includes("integer") && !types.includes("number");
  if (!found || !whole) return found;
  const near = sign * Math.ceil(sign * found.value);
  return { ...found, value: found.open && near === found.value ? near + sign : near, open: false };
}
