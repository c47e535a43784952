import { createPattern } from "./pattern.ts";
import { isObject, type JsonObject, lookup } from "./pointer.ts";

/** The plain forms of a schema: without `$ref`, `allOf`, `anyOf` and `oneOf`, each a way in which a value may be valid. */
export type Alternatives = (schema: unknown) => readonly JsonObject[];

/** A union of unions multiplies; so many of its forms stand for the rest. */
const mostAlternatives = 12;
const mostHops = 12;

/** Makes the reader of the schemas of a document, which it reads once each. */
export function createAlternatives(document: JsonObject): Alternatives {
  const known = new WeakMap<object, readonly JsonObject[]>();
  const names = componentNames(document);

  function read(schema: unknown, hops: number): readonly JsonObject[] {
    if (schema === false || hops > mostHops) return [];
    if (!isObject(schema)) return [{}];
    const before = known.get(schema);
    if (before) return before;
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    const parts = [
      ...(typeof $ref === "string" ? [targetOf(document, $ref)] : []),
      ...(Array.isArray(allOf) ? allOf : []),
    ].map((part) => read(part, hops + 1));
    for (const union of [anyOf, oneOf])
      if (Array.isArray(union)) parts.push(union.flatMap((branch) => tagged(schema, branch, read(branch, hops + 1))));
    if (schema.if !== undefined)
      parts.push([
        ...read({ allOf: [schema.if, schema.then ?? true] }, hops + 1),
        ...read({ allOf: [{ not: schema.if }, schema.else ?? true] }, hops + 1),
      ]);
    let found: readonly JsonObject[] = [own];
    for (const part of parts) {
      found =
        Object.keys(found[0] ?? {}).length === 0 && found.length === 1
          ? part.slice(0, mostAlternatives)
          : found.flatMap((one) => part.flatMap((other) => merged(one, other))).slice(0, mostAlternatives);
    }
    // What inherits from a schema with a discriminator is told from its kin by its own name.
    if (own.discriminator === undefined && names.has(schema))
      found = found.flatMap((form) => tagged(form, { $ref: `#/components/schemas/${names.get(schema)}` }, [form]));
    known.set(schema, found);
    return found;
  }

  /** The forms of a branch with the values of the tag that name it, where their own schema leaves the tag open. */
  function tagged(owner: JsonObject, branch: unknown, forms: readonly JsonObject[]): readonly JsonObject[] {
    const discriminator = owner.discriminator;
    const ref = isObject(branch) ? branch.$ref : undefined;
    if (!isObject(discriminator) || typeof discriminator.propertyName !== "string" || typeof ref !== "string")
      return forms;
    const tag = discriminator.propertyName;
    const name = ref.slice(ref.lastIndexOf("/") + 1);
    const mapping = Object.entries(isObject(discriminator.mapping) ? discriminator.mapping : {});
    const mapped = mapping.filter(([, target]) => target === ref || target === name).map(([value]) => value);
    const given = { enum: mapped.length > 0 ? mapped : [name] };
    return forms.map((untold) => {
      const own = propertiesOf(untold)[tag];
      if (own === undefined) return untold;
      // Without its tag nobody could tell it apart, whether the branch says so or not.
      const form = { ...untold, required: [...new Set([...requiredOf(untold), tag])] };
      const open = read(own, 0).filter((plain) => !("const" in plain || list(plain.enum).length === 1));
      if (!open.some((plain) => merged(plain, given).length > 0)) return form;
      return { ...form, properties: { ...propertiesOf(form), [tag]: { allOf: [own, given] } } };
    });
  }

  return (schema) => read(schema, 0);
}

/** The schemas that the document has names for, with these. */
function componentNames(document: JsonObject): ReadonlyMap<unknown, string> {
  const components = isObject(document.components) ? document.components : {};
  const named = Object.entries(isObject(components.schemas) ? components.schemas : {});
  return new Map(named.map(([name, schema]) => [schema, name]));
}

/** The schema that a reference names; one that allows anything where it names nothing. */
export function targetOf(document: JsonObject, ref: string): unknown {
  try {
    return lookup(document, ref);
  } catch {
    return true;
  }
}

/** How two values of one keyword, both of which hold, become one; `both` makes the schema that is two schemas. */
export type Merger = (a: unknown, b: unknown, both: (a: unknown, b: unknown) => unknown) => unknown;

const larger: Merger = (a, b) => Math.max(Number(a), Number(b));
const smaller: Merger = (a, b) => Math.min(Number(a), Number(b));
const together: Merger = (a, b, both) => both(a, b);
const member: Merger = (a, b, both) => {
  const all: Record<string, unknown> = { ...(isObject(a) ? a : {}) };
  for (const [name, schema] of Object.entries(isObject(b) ? b : {}))
    all[name] = Object.hasOwn(all, name) ? both(all[name], schema) : schema;
  return all;
};

/** The keywords of which two are always one. What closes an object closes it for the members that stand beside it only. */
export const mergers: Readonly<Record<string, Merger>> = {
  required: (a, b) => [...new Set([...list(a), ...list(b)])],
  enum: (a, b) => list(a).filter((item) => list(b).some((given) => same(given, item))),
  properties: member,
  patternProperties: member,
  dependentSchemas: member,
  items: together,
  additionalProperties: together,
  propertyNames: together,
  ...Object.fromEntries(
    "minimum exclusiveMinimum minLength minItems minProperties minContains".split(" ").map((name) => [name, larger]),
  ),
  ...Object.fromEntries(
    "maximum exclusiveMaximum maxLength maxItems maxProperties maxContains".split(" ").map((name) => [name, smaller]),
  ),
};

/** Two of these are no one keyword: the second is kept beside the first, under `allOf`. */
const singular = new Set(["pattern", "format", "not", "multipleOf", "prefixItems", "dependentRequired"]);
/** What belongs together, by the keyword that leads. */
const groups: Readonly<Record<string, readonly string[]>> = {
  if: ["then", "else"],
  contains: ["minContains", "maxContains"],
};

/** The schema that says what both say; none where nothing can be both. What it gets wrong, the validators refuse. */
function merged(one: JsonObject, other: JsonObject): readonly JsonObject[] {
  const both: Record<string, unknown> = { ...one };
  const beside: JsonObject[] = [];
  for (const [keyword, value] of Object.entries(other)) {
    const own = one[keyword];
    const lead = Object.keys(groups).find((name) => name === keyword || groups[name]!.includes(keyword));
    if (lead !== undefined && one[lead] !== undefined) {
      if (keyword === lead && !same(own, value))
        beside.push(
          Object.fromEntries([lead, ...groups[lead]!].flatMap((name) => (name in other ? [[name, other[name]]] : []))),
        );
    } else if (own === undefined) both[keyword] = value;
    else if (keyword === "allOf") both.allOf = [...list(own), ...list(value)];
    else if (keyword === "type") {
      const types = typesOf(one).filter((type) => fits(type, typesOf(other)));
      const narrowed = [...types, ...typesOf(other).filter((type) => fits(type, typesOf(one)))];
      if (narrowed.length === 0) return [];
      both.type = [...new Set(narrowed)].filter((type) => type !== "number" || !narrowed.includes("integer"));
    } else if (keyword === "const") {
      if (!same(own, value)) return [];
    } else if (Object.hasOwn(mergers, keyword)) both[keyword] = mergers[keyword]!(own, value, mergedSchemas);
    else if (keyword === "unevaluatedProperties" || keyword === "unevaluatedItems")
      both[keyword] = mergedSchemas(own, value);
    else if (singular.has(keyword)) {
      if (!same(own, value)) beside.push({ [keyword]: value });
    } else if (own === false && typeof value === "boolean") both[keyword] = value;
  }
  for (const [closed, open] of [
    [one, other],
    [other, one],
  ] as const)
    close(both, closed, open);
  if (Array.isArray(both.enum) && both.enum.length === 0) return [];
  if ("const" in both && Array.isArray(both.enum) && !both.enum.some((item) => same(item, both.const))) return [];
  if (beside.length > 0) both.allOf = [...list(both.allOf), ...beside];
  return [both];
}

/** What one part says of members that it does not name holds for those that another part names. */
function close(both: Record<string, unknown>, closed: JsonObject, open: JsonObject): void {
  const rest = closed.additionalProperties;
  if (rest === undefined || rest === true || closed.patternProperties !== undefined) return;
  const properties: Record<string, unknown> = { ...propertiesOf(both) };
  for (const [name, schema] of Object.entries(propertiesOf(open)))
    if (!Object.hasOwn(propertiesOf(closed), name)) properties[name] = mergedSchemas(schema, rest);
  both.properties = properties;
}

function mergedSchemas(own: unknown, value: unknown): unknown {
  if (own === false || value === false) return false;
  if (own === true || same(own, value)) return value;
  return value === true ? own : { allOf: [own, value] };
}

/** What a schema without a type is probably meant for. */
const hints: Readonly<Record<string, readonly string[]>> = {
  object: [
    ...["properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"],
    ...["maxProperties", "dependentRequired", "dependentSchemas"],
  ],
  array: ["items", "minItems", "maxItems", "prefixItems", "contains", "uniqueItems"],
  string: ["pattern", "format", "minLength", "maxLength"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
};

/** The JSON types that a plain schema allows; told from its other keywords where it names none. */
export function typesOf(schema: JsonObject): readonly string[] {
  if (schema.type !== undefined) return list(schema.type).map(String);
  return Object.keys(hints)
    .filter((type) => hints[type]!.some((keyword) => keyword in schema))
    .slice(0, 1);
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
  if (one === other) return true;
  // Only lists and objects are the same without being identical, and most questions are of texts.
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

function fits(type: string, types: readonly string[]): boolean {
  return types.includes(type) || (type === "integer" && types.includes("number"));
}

/** The schema of a member of this name, whether a plain schema names it or not. */
export function memberSchema(plain: JsonObject, name: string): unknown {
  const properties = propertiesOf(plain);
  const patterns = Object.entries(isObject(plain.patternProperties) ? plain.patternProperties : {});
  const named = patterns.filter(([source]) => createPattern(source)?.test(name)).map(([, schema]) => schema);
  if (Object.hasOwn(properties, name))
    return named.length > 0 ? { allOf: [properties[name], ...named] } : properties[name];
  if (named.length > 0) return named.length === 1 ? named[0] : { allOf: named };
  return plain.additionalProperties ?? plain.unevaluatedProperties ?? true;
}
