import { isObject, type JsonObject, lookup } from "./validator.ts";

/** The plain forms of a schema: without `$ref`, `allOf`, `anyOf` and `oneOf`, each a way in which a value may be valid. */
export type Alternatives = (schema: unknown) => readonly JsonObject[];

/** A union of unions multiplies; so many of its forms stand for the rest. */
const mostAlternatives = 12;
const mostHops = 12;

/** Makes the reader of the schemas of a document, which it reads once each. */
export function createAlternatives(document: JsonObject): Alternatives {
  const known = new WeakMap<object, readonly JsonObject[]>();

  function read(schema: unknown, hops: number): readonly JsonObject[] {
    if (schema === false || hops > mostHops) return [];
    if (!isObject(schema)) return [{}];
    const before = known.get(schema);
    if (before) return before;
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    const parts = [
      ...(typeof $ref === "string" ? [lookup(document, $ref)] : []),
      ...(Array.isArray(allOf) ? allOf : []),
    ].map((part) => read(part, hops + 1));
    for (const union of [anyOf, oneOf])
      if (Array.isArray(union)) parts.push(union.flatMap((branch) => read(branch, hops + 1)));
    let found: JsonObject[] = [own];
    for (const part of parts) {
      found = found.flatMap((one) => part.flatMap((other) => merged(one, other))).slice(0, mostAlternatives);
    }
    known.set(schema, found);
    return found;
  }

  return (schema) => read(schema, 0);
}

/** The schema that says what both say; none where nothing can be both. What it gets wrong, the validators refuse. */
function merged(one: JsonObject, other: JsonObject): readonly JsonObject[] {
  const both: Record<string, unknown> = { ...one };
  for (const [keyword, value] of Object.entries(other)) {
    const own = one[keyword];
    if (own === undefined) both[keyword] = value;
    else if (keyword === "properties" && isObject(own) && isObject(value)) {
      const properties: Record<string, unknown> = { ...own };
      for (const [name, schema] of Object.entries(value))
        properties[name] = name in own ? { allOf: [own[name], schema] } : schema;
      both.properties = properties;
    } else if (keyword === "required") both.required = [...new Set([...list(own), ...list(value)])];
    else if (keyword === "type") {
      const types = typesOf(one).filter((type) => fits(type, typesOf(other)));
      const narrowed = [...types, ...typesOf(other).filter((type) => fits(type, typesOf(one)))];
      if (narrowed.length === 0) return [];
      both.type = [...new Set(narrowed)].filter((type) => type !== "number" || !narrowed.includes("integer"));
    } else if (keyword === "enum") {
      const shared = list(own).filter((item) => list(value).some((given) => same(given, item)));
      if (shared.length === 0) return [];
      both.enum = shared;
    } else if (keyword === "const") {
      if (!same(own, value)) return [];
    } else if (/^(exclusiveM|m)inimum$|^min[A-Z]/.test(keyword)) both[keyword] = Math.max(Number(own), Number(value));
    else if (/^(exclusiveM|m)aximum$|^max[A-Z]/.test(keyword)) both[keyword] = Math.min(Number(own), Number(value));
    else if (keyword !== "examples" && keyword !== "example" && keyword !== "description") both[keyword] = value;
  }
  if ("const" in both && Array.isArray(both.enum) && !both.enum.some((item) => same(item, both.const))) return [];
  return [both];
}

/** The JSON types that a plain schema allows; told from its other keywords where it names none. */
export function typesOf(schema: JsonObject): readonly string[] {
  if (schema.type !== undefined) return list(schema.type).map(String);
  if ("properties" in schema || "required" in schema || "additionalProperties" in schema) return ["object"];
  if ("items" in schema || "minItems" in schema || "maxItems" in schema) return ["array"];
  if ("pattern" in schema || "format" in schema || "minLength" in schema || "maxLength" in schema) return ["string"];
  if ("minimum" in schema || "maximum" in schema || "multipleOf" in schema) return ["number"];
  return [];
}

/** The members that a plain schema names, with their schemas. */
export function propertiesOf(schema: JsonObject): JsonObject {
  return isObject(schema.properties) ? schema.properties : {};
}

export function requiredOf(schema: JsonObject): readonly string[] {
  return list(schema.required).map(String);
}

/** A value as a list: itself where it is one, else alone; empty where there is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** Whether two JSON values are the same. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function fits(type: string, types: readonly string[]): boolean {
  return types.includes(type) || (type === "integer" && types.includes("number"));
}
