import { isObject, type JsonObject } from "../document/pointer.ts";
import { list, propertiesOf, requiredOf, targetOf, typesOf } from "../document/schema.ts";
import type { Doubt, Member, Rule, Schema, Union } from "./model.ts";

/** Numbers what is shown, the same for what is the same. */
export type Table<T> = { readonly all: readonly T[]; add(item: T): number };

export function createTable<T>(): Table<T> {
  const all: T[] = [];
  const numbers = new Map<string, number>();
  return {
    all,
    add(item) {
      const text = JSON.stringify(item);
      const known = numbers.get(text);
      if (known !== undefined) return known;
      numbers.set(text, all.length);
      return all.push(item) - 1;
    },
  };
}

/** How surely something is known, where that is said and in doubt. */
export function doubtOf(basis: unknown): Doubt | undefined {
  return basis === "inferred" || basis === "assumed" ? basis : undefined;
}

/** Members of a model that are there: what is `undefined`, empty or false is left out. */
export function said<T extends object>(given: { readonly [K in keyof T]: T[K] | undefined | "" | false }): T {
  const kept = Object.entries(given).filter(
    ([, value]) => value !== undefined && value !== "" && value !== false && !(Array.isArray(value) && !value.length),
  );
  return Object.fromEntries(kept) as T;
}

/** A schema that is no component and has so many others around it is shown by its name alone: it may never end. */
const deepest = 24;

/** What the schemas of a document are read with. */
type Reading = {
  readonly document: JsonObject;
  readonly all: readonly Schema[];
  /** The components, with their names. */
  readonly names: ReadonlyMap<unknown, string>;
  /** The number of a schema; `depth` is how many schemas are around it since the last `$ref`. */
  read(schema: unknown, depth: number): number;
};

/** Makes the reader that shows the schemas of a document. */
export function createSchemaReader(document: JsonObject): {
  readonly all: readonly Schema[];
  read(schema: unknown): number;
} {
  const all: Schema[] = [];
  const known = new WeakMap<object, number>();
  const leaves = createTable<Schema>();
  const later: (() => void)[] = [];
  const numbers = new Map<number, number>();
  const names = new Map<unknown, string>(
    Object.entries(componentsOf(document)).map(([name, schema]) => [schema, name]),
  );
  const reading: Reading = { document, all, names, read };

  function read(schema: unknown, depth: number): number {
    if (!isObject(schema)) return leaf(schema === false ? { type: "nothing" } : { type: "anything" });
    const { $ref, ...beside } = schema;
    const target = typeof $ref === "string" && Object.keys(beside).length === 0 ? targetOf(document, $ref) : schema;
    if (target !== schema) return read(target, 0);
    const before = known.get(schema);
    if (before !== undefined) return before;
    if (depth > deepest) return leaf({ type: "object" });
    const parts = partsOf(document, schema);
    const plain = { ...said<Schema>({ name: nameOf(reading, schema) }), ...factsOf(parts) };
    if (parts.every(isLeaf)) {
      const number = leaf(plain);
      known.set(schema, number);
      return number;
    }
    // What is in it is read later: it may be deeper than any stack, and hold itself.
    const number = all.push(plain) - 1;
    known.set(schema, number);
    later.push(() => {
      all[number] = { ...plain, ...insideOf(reading, parts, depth) };
    });
    return number;
  }

  function leaf(schema: Schema): number {
    const number = leaves.add(schema);
    const known = numbers.get(number) ?? all.push(schema) - 1;
    numbers.set(number, known);
    return known;
  }

  return {
    all,
    read(schema) {
      const number = read(schema, 0);
      for (let next = later.pop(); next !== undefined; next = later.pop()) next();
      return number;
    },
  };
}

/** The component that a schema is, or that it says more of. */
function nameOf({ document, names }: Reading, schema: JsonObject): string | undefined {
  return (
    names.get(schema) ?? (typeof schema.$ref === "string" ? names.get(targetOf(document, schema.$ref)) : undefined)
  );
}

function insideOf(reading: Reading, parts: readonly JsonObject[], depth: number): Partial<Schema> {
  const items = parts.map(({ items }) => items).filter((item) => item !== undefined);
  const rests = parts
    .flatMap((part) => [part.additionalProperties, part.unevaluatedProperties])
    .filter((rest) => isObject(rest) && Object.keys(rest).length > 0);
  return said<Partial<Schema>>({
    members: membersOf(reading, parts, depth),
    items: items.length > 0 ? reading.read(both(items), depth + 1) : undefined,
    rest: rests.length > 0 ? reading.read(both(rests), depth + 1) : undefined,
    unions: parts.flatMap((part) => unionsOf(reading, part, depth)),
  } as Partial<Schema>);
}

function membersOf({ read }: Reading, parts: readonly JsonObject[], depth: number): Member[] {
  const found = new Map<string, unknown[]>();
  const required = new Map<string, Doubt | undefined>();
  for (const part of parts) {
    const patterns = Object.entries(isObject(part.patternProperties) ? part.patternProperties : {});
    const places = list(part.prefixItems).map((item, index) => [`[${index}]`, item] as const);
    for (const [name, member] of [...Object.entries(propertiesOf(part)), ...patterns, ...places])
      found.set(name, [...(found.get(name) ?? []), doubted(member, part, parts)]);
    // What one part is sure of, no other makes less sure.
    for (const name of requiredOf(part))
      if (!required.has(name) || required.get(name) !== undefined)
        required.set(name, doubtIn(part, `required/${name}`, "required"));
  }
  return [...found].map(([name, schemas]) =>
    said<Member>({
      name,
      schema: read(both(schemas), depth + 1),
      required: required.has(name) || undefined,
      doubt: required.get(name),
    } as Member),
  );
}

function unionsOf(reading: Reading, part: JsonObject, depth: number): Union[] {
  const by = isObject(part.discriminator) ? part.discriminator.propertyName : undefined;
  const given = (["oneOf", "anyOf"] as const).flatMap((keyword) => {
    const branches = list(part[keyword]).filter((branch) => !isNull(branch));
    const how = keyword === "oneOf" ? "one of" : "any of";
    return branches.length > 0 ? [unionOf(reading, how, branches, depth, typeof by === "string" ? by : undefined)] : [];
  });
  const conditional = conditionalParts(part);
  return conditional.length > 0 ? [...given, unionOf(reading, "depending on the rest", conditional, depth)] : given;
}

function unionOf(
  { all, read }: Reading,
  how: Union["how"],
  branches: readonly unknown[],
  depth: number,
  by?: string,
): Union {
  const of = branches.map((branch, index) => {
    const number = read(branch, depth + 1);
    const { title, name, type } = all[number]!;
    return { label: title ?? name ?? type ?? `form ${index + 1}`, schema: number };
  });
  return said<Union>({ how, by, of } as Union);
}

function componentsOf(document: JsonObject): JsonObject {
  const components = isObject(document.components) ? document.components : {};
  return isObject(components.schemas) ? components.schemas : {};
}

function isNull(branch: unknown): boolean {
  return isObject(branch) && branch.type === "null";
}

/** The parts of a schema that all hold, itself the first: what it names by `$ref` and `allOf`, and so on. */
function partsOf(
  document: JsonObject,
  schema: unknown,
  hops = 0,
  around: readonly unknown[] = [],
): readonly JsonObject[] {
  if (!isObject(schema) || hops > 12 || around.includes(schema)) return [];
  const inner = [...(typeof schema.$ref === "string" ? [targetOf(document, schema.$ref)] : []), ...list(schema.allOf)];
  // A union of one and null is that one.
  const alone = [schema.oneOf, schema.anyOf].flatMap((union) => {
    const branches = list(union).filter((branch) => !isNull(branch));
    return branches.length === 1 ? branches : [];
  });
  const within = [...around, schema];
  return [schema, ...[...inner, ...alone].flatMap((part) => partsOf(document, part, hops + 1, within))].map((part) =>
    alone.length > 0 && part === schema ? withoutUnions(part) : part,
  );
}

function withoutUnions({ oneOf, anyOf, ...rest }: JsonObject): JsonObject {
  const isNullable = [oneOf, anyOf].some((union) => list(union).some(isNull));
  return isNullable ? { ...rest, "x-null": true } : rest;
}

/** Chained conditions as the alternatives that they come to. */
function conditionalParts(schema: JsonObject): readonly JsonObject[] {
  if (!isObject(schema.if) || !isObject(schema.then)) return [];
  return [schema.then, ...(isObject(schema.else) ? conditionalParts(schema.else) : [])];
}

function isLeaf(part: JsonObject): boolean {
  const inside = ["properties", "patternProperties", "prefixItems", "items", "oneOf", "anyOf", "if"];
  return !inside.some((name) => name in part) && !isObject(part.additionalProperties);
}

function both(schemas: readonly unknown[]): unknown {
  return schemas.length === 1 ? schemas[0] : { allOf: schemas };
}

/** What a part adds to a member that another part has already is as sure as that part. */
function doubted(member: unknown, part: JsonObject, parts: readonly JsonObject[]): unknown {
  const basis = part["x-basis"];
  if (part === parts[0] || basis === undefined || !isObject(member) || "x-basis" in member) return member;
  return { ...member, "x-basis": basis };
}

function doubtIn(part: JsonObject, ...keywords: string[]): Doubt | undefined {
  const of = isObject(part["x-basis-of"]) ? part["x-basis-of"] : {};
  const keyword = keywords.find((name) => name in of);
  return doubtOf(keyword === undefined ? part["x-basis"] : of[keyword]);
}

/** What `x-basis-of` says of single values, as `enum/<value>`. */
function valueDoubtsIn(part: JsonObject): NonNullable<Schema["valueDoubts"]> {
  const of = isObject(part["x-basis-of"]) ? Object.entries(part["x-basis-of"]) : [];
  return Object.fromEntries(
    of.flatMap(([place, basis]) => {
      const [, value] = /^enum\/(.*)$/.exec(place) ?? [];
      return value === undefined ? [] : [[value, doubtOf(basis) ?? null]];
    }),
  );
}

/** What a schema says of itself, without its members and items. */
function factsOf(parts: readonly JsonObject[]): Schema {
  const first = (name: string) => parts.find((part) => part[name] !== undefined)?.[name];
  const text = (name: string) => (typeof first(name) === "string" ? (first(name) as string).trim() : undefined);
  const examples = first("examples");
  const example = Array.isArray(examples) ? examples[0] : first("example");
  const enums = parts.flatMap((part) =>
    "const" in part ? [[part.const]] : Array.isArray(part.enum) ? [part.enum] : [],
  );
  const narrowest = enums.sort((one, other) => one.length - other.length)[0];
  const doubts = Object.assign({}, ...parts.map(valueDoubtsIn)) as NonNullable<Schema["valueDoubts"]>;
  return said<Schema>({
    title: text("title"),
    description: text("description"),
    type: typeOf(parts),
    typeDoubt: doubtOf(isObject(parts[0]?.["x-basis-of"]) ? parts[0]["x-basis-of"].type : undefined),
    rules: rulesOf(parts),
    values: narrowest?.map((value) => JSON.stringify(value)),
    valueDoubts: narrowest && Object.keys(doubts).length > 0 && doubts,
    default: first("default") === undefined ? undefined : JSON.stringify(first("default")),
    example: isPlain(example) ? JSON.stringify(example) : undefined,
    doubt: doubtOf(basisOf(parts)),
    marks: [
      first("readOnly") === true && "read only",
      first("writeOnly") === true && "write only",
      first("deprecated") === true && "deprecated",
    ].filter((mark) => mark !== false),
  } as Schema);
}

/** That of the whole: its own, else that of what it names by `$ref`. */
function basisOf([own, named]: readonly JsonObject[]): unknown {
  return own?.["x-basis"] ?? (typeof own?.$ref === "string" ? named?.["x-basis"] : undefined);
}

function isPlain(value: unknown): boolean {
  return value !== undefined && (typeof value !== "object" || value === null);
}

function typeOf(parts: readonly JsonObject[]): string | undefined {
  const named = parts.map(typesOf).filter(({ length }) => length > 0);
  const types = named.reduce(
    (one, other) => one.filter((type) => other.includes(type) || other.length === 0),
    named[0] ?? [],
  );
  const shown = types.length > 0 ? types : (named[0] ?? []);
  const constant = parts.find((part) => "const" in part)?.const;
  if (shown.length === 0 && constant !== undefined) return typeof constant === "object" ? undefined : typeof constant;
  const isNullable = parts.some((part) => part["x-null"] === true) && !shown.includes("null");
  return [...shown, ...(isNullable ? ["null"] : [])].join(" or ") || undefined;
}

/** The words of a keyword with its value; of two bounds, the words of both. */
const words: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  format: String,
  minLength: (value) => `at least ${counted(value, "character")}`,
  maxLength: (value) => `at most ${counted(value, "character")}`,
  pattern: (value) => `matches ${value}`,
  minimum: (value) => `${value} or more`,
  maximum: (value) => `${value} or less`,
  exclusiveMinimum: (value) => `more than ${value}`,
  exclusiveMaximum: (value) => `less than ${value}`,
  multipleOf: (value) => `a multiple of ${value}`,
  minItems: (value) => `at least ${counted(value, "item")}`,
  maxItems: (value) => `at most ${counted(value, "item")}`,
  uniqueItems: (value) => (value === true ? "no item twice" : undefined),
  minProperties: (value) => `at least ${counted(value, "member")}`,
  maxProperties: (value) => `at most ${counted(value, "member")}`,
  additionalProperties: (value) => (value === false ? "no other members" : undefined),
  unevaluatedProperties: (value) => (value === false ? "no other members" : undefined),
  contentMediaType: String,
  contentEncoding: String,
};

function counted(count: unknown, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function rulesOf(parts: readonly JsonObject[]): Rule[] {
  const found = new Map<string, Rule>();
  for (const part of parts)
    for (const [keyword, say] of Object.entries(words)) {
      const text = part[keyword] === undefined ? undefined : say(part[keyword]);
      if (text === undefined || found.has(text)) continue;
      const doubt = doubtIn(part, keyword);
      // What the whole is in doubt of is said once, of the whole.
      found.set(text, doubt && doubt !== doubtOf(basisOf(parts)) ? [text, doubt] : [text]);
    }
  return [...found.values()];
}
