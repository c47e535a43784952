import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../pointer.ts";

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
  pattern: (value) => ["", "^", "$", ".*", "^.*", "[\\s\\S]*"].includes(String(value)),
};

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function isAny(value: unknown): boolean {
  return value === true || isEmpty(value);
}

/** A schema without the keywords that say nothing. */
export function spoken(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([keyword, value]) => !unsaid[keyword]?.(value)));
}

/** Whether a keyword says nothing about which values are allowed, or is read elsewhere. */
export type IsSilent = (keyword: string) => boolean;

/**
 * Alternatives as one schema, where that says the same: those of different types, and those that only list values. `undefined`
 * where it does not.
 */
export function asOne(alternatives: readonly JsonObject[], isSilent: IsSilent): JsonObject | undefined {
  const said = alternatives.map((keywords) =>
    Object.fromEntries(Object.entries(keywords).filter(([keyword]) => !isSilent(keyword))),
  );
  if (said.some(({ type }) => !Array.isArray(type))) return undefined;
  return ofValues(said) ?? ofTypes(said);
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
  if (Array.isArray(values)) return values;
  return isDeepStrictEqual(type, ["null"]) ? [null] : undefined;
}

function ofTypes(said: readonly JsonObject[]): JsonObject | undefined {
  const types = said.map(({ type }) => (type as readonly unknown[]).map((one) => (one === "integer" ? "number" : one)));
  const apart = types.every((mine, index) =>
    types.slice(0, index).every((other) => !mine.some((one) => other.includes(one))),
  );
  const own = said.every(({ type, ...others }, index) =>
    Object.keys(others).every((keyword) => {
      const home = Object.keys(ofOneType).find((name) => ofOneType[name]!.includes(keyword));
      if (home) return types[index]!.includes(home);
      // A format is of one type, and beside it only those that know none.
      return keyword === "format" && said.every(({ format }, other) => other === index || format === undefined);
    }),
  );
  if (!apart || !own) return undefined;
  return Object.assign({}, ...said, { type: typesOf(said) });
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
  const whole = isDeepStrictEqual(keywords.type, ["integer"]) || isDeepStrictEqual(keywords.type, ["integer", "null"]);
  if (!found || !whole) return found;
  const near = sign * Math.ceil(sign * found.value);
  return { ...found, value: found.open && near === found.value ? near + sign : near, open: false };
}
