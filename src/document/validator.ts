import { type ErrorObject, type Options, Ajv2020 as Validator } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** How surely a statement of the document is known; `later` is what later copies of the reference add. */
export type Basis = "documented" | "inferred" | "assumed" | "later";

/** One way in which a message breaks the document; the same shape for a request refused and an answer found wrong. */
export type Violation = {
  /** Where: `body.address.zip`, `query.limit`, `header.X-Idempotency-Key`, `path.bookId`, `status`. */
  readonly at: string;
  /** The same place as a client names it: a dotted path in the body, or the name of a parameter. */
  readonly property: string;
  /** The JSON Schema keyword that is broken. */
  readonly keyword: string;
  /** What would be right, as the end of "should be ...". */
  readonly expected: string;
  /** What was there; `undefined` where nothing was. */
  readonly received: unknown;
  /** A value that would do, where the document gives one. */
  readonly example?: unknown;
  /** For a field that the document does not name: those that it names in the same place. */
  readonly known?: readonly string[];
  /** The keyword of the document that is broken, as a JSON pointer. */
  readonly place?: string;
  readonly basis: Basis;
};

/** Judges one value; an empty answer means that it is valid. */
export type Check = (value: unknown) => readonly Violation[];

/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = { readonly [member: string]: unknown };

/** Tells whether a parsed JSON value is an object (and neither `null` nor an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A place in the document, as the reference tokens of an RFC 6901 JSON pointer. */
export type Place = readonly string[];

/** Writes a place as a JSON pointer. */
export function pointer(place: Place): string {
  return place.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

const documentId = "openapi";

/** Keywords of the OpenAPI schema object that say nothing about validity. */
const annotations = ["example", "externalDocs", "xml", "discriminator"];

/**
 * Compiles the schemas of one document, each at its first use, so that a start pays for none of them.
 * https://spec.openapis.org/oas/v3.1.0#schema-object
 */
export type Validators = {
  /** The document in the dialect of these validators: OpenAPI 3.1, whatever version it was written in. */
  readonly document: JsonObject;
  /** The check of the schema at `place`; `where` begins each violation's `at`. */
  at(place: Place, where: string): Check;
  /** A value that the schema at `place` accepts, for a reader to copy; `undefined` where none can be told. */
  exampleAt(place: Place): unknown;
  /** Every schema keyword of the document that no validator implements, with its place. */
  unknownKeywords(): readonly string[];
};

/** Makes the validators of a document whose `$ref`s are all local. */
export function createValidators(document: JsonObject): Validators {
  const prepared = prepare(document) as JsonObject;
  const bases = basesOf(prepared);
  const placeOf = placesOf(prepared);
  const options: Options = {
    allErrors: true,
    verbose: true,
    strict: false,
    discriminator: true,
    validateFormats: true,
    // A format that Ajv does not know says nothing of validity; it would write a line of each.
    logger: false,
  };
  const ajv = new Validator(options);
  addFormats.default(ajv);
  ajv.addSchema(prepared, documentId, undefined, false);
  const compiled = new Map<string, Check>();

  function resolve(schema: unknown): unknown {
    for (let hops = 0; isObject(schema) && typeof schema.$ref === "string" && hops < 20; hops++) {
      schema = { ...(lookup(prepared, schema.$ref) as JsonObject), ...schema, $ref: undefined };
    }
    return schema;
  }

  /** The errors of the schema at a place, in the words of Ajv. */
  function errorsAt(place: Place, value: unknown): readonly ErrorObject[] {
    const ref = `${documentId}#${encodeURI(pointer(place))}`;
    const validate = ajv.getSchema(ref) ?? ajv.compile({ $ref: ref });
    return validate(value) ? [] : (validate.errors ?? []);
  }

  /** The errors without those of the variants of a union that the value was hardly meant to be. */
  function nearest(errors: readonly ErrorObject[]): readonly ErrorObject[] {
    const union = errors.find(({ keyword, params }) => isUnion(keyword) && !params.passingSchemas);
    const place = union && placeOf(union.parentSchema as JsonObject);
    if (!union || !place) return errors;
    const variants = (union.schema as unknown[]).map((_, index) =>
      errorsAt([...place, union.keyword, `${index}`], union.data),
    );
    const inside = new Set(variants.flat().map(({ keyword, parentSchema }) => `${keyword} ${idOf(parentSchema)}`));
    const others = errors.filter(
      (error) =>
        error !== union &&
        !(
          error.instancePath.startsWith(union.instancePath) &&
          inside.has(`${error.keyword} ${idOf(error.parentSchema)}`)
        ),
    );
    const [closest = []] = [...variants].sort((a, b) => distance(a) - distance(b));
    const within = closest.map((error) => ({ ...error, instancePath: union.instancePath + error.instancePath }));
    return [...nearest(others), ...nearest(within)];
  }

  function idOf(schema: unknown): string {
    return pointer((isObject(schema) && placeOf(schema)) || []);
  }

  function compile(place: Place, where: string): Check {
    const validate = ajv.compile({ $ref: `${documentId}#${encodeURI(pointer(place))}` });
    const violationsOf = (errors: readonly ErrorObject[]) => {
      const found = nearest(errors).flatMap((error) => violationOf(error, where, bases, placeOf, ajv, resolve) ?? []);
      const tagged = new Set(found.filter(({ keyword }) => keyword !== "discriminator").map(({ at }) => at));
      const seen = new Set<string>();
      return found.filter(({ at, keyword }) => {
        const key = `${at} ${keyword}`;
        if (seen.has(key) || (keyword === "discriminator" && tagged.has(at))) return false;
        seen.add(key);
        return true;
      });
    };
    return (value) => (validate(value) ? [] : violationsOf(validate.errors ?? []));
  }

  return {
    document: prepared,
    at(place, where) {
      const key = `${where}#${pointer(place)}`;
      return (value) => {
        let check = compiled.get(key);
        if (!check) {
          check = compile(place, where);
          compiled.set(key, check);
        }
        return check(value);
      };
    },
    exampleAt: (place) => exampleOf(lookup(prepared, `#${pointer(place)}`), resolve),
    unknownKeywords() {
      const known = (keyword: string) =>
        keyword.startsWith("x-") ||
        keyword in ajv.RULES.all ||
        ajv.RULES.keywords[keyword] ||
        annotations.includes(keyword);
      const unknown: string[] = [];
      eachSchema(prepared, (schema, place) => {
        for (const keyword of Object.keys(schema)) {
          if (!known(keyword)) unknown.push(`${keyword} at #${pointer(place)}`);
        }
      });
      return unknown;
    },
  };
}

function isUnion(keyword: string): boolean {
  return keyword === "oneOf" || keyword === "anyOf";
}

/** How far a value is from a variant of a union: of another type or tag is farthest, and lacking its members is far. */
function distance(errors: readonly ErrorObject[]): number {
  const weights = errors.map(({ keyword, instancePath, schema }): number => {
    const isTag = keyword === "const" || (keyword === "enum" && Array.isArray(schema) && schema.length === 1);
    if (isTag || (keyword === "type" && instancePath === "")) return 100;
    return keyword === "required" ? 2 : 1;
  });
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** The value that a local `$ref` or pointer names. Throws where there is none. */
export function lookup(document: unknown, ref: string): unknown {
  if (!ref.startsWith("#"))
    throw new Error(`The reference "${ref}" leaves the document; bundle it into one file first.`);
  const tokens = decodeURIComponent(ref.slice(1)).split("/").slice(1);
  let value = document;
  for (const token of tokens) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    value = Array.isArray(value) ? value[Number(name)] : isObject(value) ? value[name] : undefined;
  }
  if (value === undefined) throw new Error(`The reference "${ref}" names nothing in the document.`);
  return value;
}

/** What stands at a place of a document; `undefined` where there is nothing. */
export function valueAt(document: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (value, token) => (isObject(value) || Array.isArray(value) ? value[token as never] : undefined),
    document,
  );
}

/** Where the document of the validators keeps the discriminator of a union as it was written: Ajv reads it only in part. */
export const unionTag = "x-understudy-discriminator";

/**
 * A copy of the document in the dialect that Ajv reads. What OpenAPI 3.0 said in its own way, it says as 3.1 does:
 * https://www.openapis.org/blog/2021/02/16/migrating-from-openapi-3-0-to-3-1-0. Ajv tells the branches of a union by the constant of their tag, so the
 * `mapping` of a discriminator goes, and the whole discriminator where a branch has no such constant.
 */
function prepare(value: unknown, root: unknown = value): unknown {
  if (Array.isArray(value)) return value.map((item) => prepare(item, root));
  if (!isObject(value)) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) copy[name] = prepare(member, root);
  if (isObject(value.discriminator) && typeof value.discriminator.propertyName === "string") {
    copy[unionTag] = value.discriminator;
    const tag = value.discriminator.propertyName;
    const branches = Array.isArray(value.oneOf) ? value.oneOf : [];
    const constant = branches.every((branch) => {
      const schema = isObject(branch) && typeof branch.$ref === "string" ? lookup(root, branch.$ref) : branch;
      if (!isObject(schema) || !isObject(schema.properties)) return false;
      const property = schema.properties[tag];
      return (
        isObject(property) &&
        ("const" in property || "enum" in property) &&
        Array.isArray(schema.required) &&
        schema.required.includes(tag)
      );
    });
    if (branches.length > 0 && constant) copy.discriminator = { propertyName: tag };
    else delete copy.discriminator;
  }
  return value.nullable === undefined &&
    typeof value.exclusiveMinimum !== "boolean" &&
    typeof value.exclusiveMaximum !== "boolean"
    ? copy
    : modern(copy);
}

/** A schema object of OpenAPI 3.0 as 3.1 writes it. Properties of these names are schemas, and not meant. */
function modern(schema: Record<string, unknown>): Record<string, unknown> {
  for (const [exclusive, bound] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (typeof schema[exclusive] !== "boolean") continue;
    if (schema[exclusive] && typeof schema[bound] === "number") {
      schema[exclusive] = schema[bound];
      delete schema[bound];
    } else delete schema[exclusive];
  }
  if (typeof schema.nullable !== "boolean") return schema;
  const { nullable, ...rest } = schema;
  if (!nullable) return rest;
  if (typeof rest.type === "string") rest.type = [rest.type, "null"];
  else if (rest.type === undefined && ("$ref" in rest || "allOf" in rest || "oneOf" in rest || "anyOf" in rest))
    return { anyOf: [rest, { type: "null" }] };
  if (Array.isArray(rest.enum) && !rest.enum.includes(null)) rest.enum = [...rest.enum, null];
  return rest;
}

/** The basis of every object of the document: its own `x-basis`, else that of the object around it. */
function basesOf(document: JsonObject): WeakMap<object, Basis> {
  const bases = new WeakMap<object, Basis>();
  const visit = (value: unknown, around: Basis) => {
    if (typeof value !== "object" || value === null) return;
    const own = isObject(value) && typeof value["x-basis"] === "string" ? (value["x-basis"] as Basis) : around;
    bases.set(value, own);
    for (const member of Object.values(value)) visit(member, own);
  };
  visit(document, "documented");
  return bases;
}

/** Tells where an object of the document stands; walks the document at the first question. */
function placesOf(document: JsonObject): (value: object) => Place | undefined {
  let places: WeakMap<object, Place> | undefined;
  const visit = (value: unknown, place: Place, known: WeakMap<object, Place>): WeakMap<object, Place> => {
    if (typeof value !== "object" || value === null || known.has(value)) return known;
    known.set(value, place);
    for (const [name, member] of Object.entries(value)) visit(member, [...place, name], known);
    return known;
  };
  return (value) => {
    places ??= visit(document, [], new WeakMap());
    return places.get(value);
  };
}

/** Calls `visit` for every schema object of a document, wherever the OpenAPI specification lets one stand. */
export function eachSchema(document: JsonObject, visit: (schema: JsonObject, place: Place) => void): void {
  const lists = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
  const maps = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);
  const single = new Set([
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
  ]);
  const inSchema = (schema: unknown, place: Place): void => {
    if (!isObject(schema)) return;
    visit(schema, place);
    for (const [keyword, value] of Object.entries(schema)) {
      if (lists.has(keyword) && Array.isArray(value))
        for (const [index, item] of value.entries()) inSchema(item, [...place, keyword, `${index}`]);
      if (maps.has(keyword) && isObject(value))
        for (const name of Object.keys(value)) inSchema(value[name], [...place, keyword, name]);
      if (single.has(keyword)) inSchema(value, [...place, keyword]);
    }
  };
  const outside = (value: unknown, place: Place): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (name === "example" || name === "examples" || name.startsWith("x-")) continue;
      const here = [...place, name];
      if (name === "schema") inSchema(member, here);
      else if (name === "schemas" && place.length === 1 && place[0] === "components" && isObject(member)) {
        for (const schema of Object.keys(member)) inSchema(member[schema], [...here, schema]);
      } else outside(member, here);
    }
  };
  outside(document, []);
}

/** Keywords that only repeat what the errors of their branches already say. */
const echoes = new Set(["if", "anyOf", "allOf"]);

function violationOf(
  error: ErrorObject,
  where: string,
  bases: WeakMap<object, Basis>,
  placeOf: (schema: object) => Place | undefined,
  ajv: Validator,
  resolve: (schema: unknown) => unknown,
): Violation | undefined {
  if (echoes.has(error.keyword)) return undefined;
  const schema = error.parentSchema as JsonObject;
  const params = error.params as Record<string, unknown>;
  const name = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.tag;
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (name !== undefined) path.push(String(name));
  const property = path.join(".");
  const missing = error.keyword === "required" || params.error === "tag";
  const unknown = params.additionalProperty !== undefined || params.unevaluatedProperty !== undefined;
  const member = isObject(schema.properties) && name !== undefined ? schema.properties[String(name)] : undefined;
  const example = unknown ? undefined : exampleOf(name === undefined ? schema : member, resolve);
  const known = unknown ? (resolve(schema) as JsonObject).properties : undefined;
  const place = placeOf(schema);
  const received = missing ? undefined : name === undefined ? error.data : (error.data as JsonObject)[String(name)];
  return {
    at: property === "" ? where : `${where}.${property}`,
    property: property === "" ? where : property,
    keyword: missing ? "required" : error.keyword,
    expected: expectation(error, schema, params),
    received,
    ...(example === undefined ? {} : { example }),
    ...(isObject(known) ? { known: Object.keys(known) } : {}),
    ...(place ? { place: pointer([...place, error.keyword]) } : {}),
    basis: basisOf(error, schema, name, bases, ajv),
  };
}

function basisOf(
  error: ErrorObject,
  schema: JsonObject,
  name: unknown,
  bases: WeakMap<object, Basis>,
  ajv: Validator,
): Basis {
  const later = schema["x-documented-later"];
  if (isObject(later) && ajv.validate(later, error.data)) return "later";
  const of = schema["x-basis-of"];
  const own = isObject(of) ? (of[`${error.keyword}/${name}`] ?? of[error.keyword]) : undefined;
  return (own as Basis | undefined) ?? bases.get(schema) ?? "documented";
}

function expectation(error: ErrorObject, schema: JsonObject, params: Record<string, unknown>): string {
  const list = (values: unknown) =>
    (Array.isArray(values) ? values : [values]).map((value) => JSON.stringify(value)).join(" or ");
  switch (error.keyword) {
    case "required":
      return "present";
    case "discriminator":
      return params.error === "tag" ? "present" : "one of the values that tell the variants apart";
    case "additionalProperties":
    case "unevaluatedProperties":
      return "absent: the document names no such field";
    case "type": {
      const types = Array.isArray(params.type) ? params.type : String(params.type).split(",");
      return types
        .map((type) => (type === "null" ? "null" : /^[aio]/.test(type) ? `an ${type}` : `a ${type}`))
        .join(" or ");
    }
    case "enum":
      return list(params.allowedValues);
    case "const":
      return list(params.allowedValue);
    case "format":
      return `a string in the format "${params.format}"`;
    case "pattern":
      return `a string that matches ${params.pattern}`;
    case "minLength":
      return params.limit === 1 ? "a string that is not empty" : `a string of at least ${params.limit} characters`;
    case "maxLength":
      return `a string of at most ${params.limit} characters`;
    case "minProperties":
    case "maxProperties":
      return `an object of at ${error.keyword === "minProperties" ? "least" : "most"} ${counted(params.limit, "field")}`;
    case "minItems":
    case "maxItems":
      return `a list of at ${error.keyword === "minItems" ? "least" : "most"} ${counted(params.limit, "item")}`;
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return `${params.comparison} ${params.limit}`;
    default:
      return typeof schema.title === "string"
        ? `${schema.title} (${error.message})`
        : String(error.message).replace(/^must /, "");
  }
}

function counted(count: unknown, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

/** Plain values for schemas that give none; what a reader recognises at once. */
const samples: Record<string, unknown> = {
  email: "name@example.com",
  "date-time": "2026-01-15T09:30:00.000Z",
  date: "2026-01-15",
  uuid: "6f1c2a52-3a55-4cf0-9b39-0b6f4f1f7a10",
  uri: "https://example.com/",
  string: "text",
  integer: 1,
  number: 1,
  boolean: true,
};

function exampleOf(given: unknown, resolve: (schema: unknown) => unknown, depth = 0): unknown {
  const schema = resolve(given);
  if (!isObject(schema) || depth > 8) return undefined;
  if (Array.isArray(schema.examples)) return schema.examples[0];
  for (const keyword of ["example", "const", "default"]) if (keyword in schema) return schema[keyword];
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object" && isObject(schema.properties)) {
    const { properties } = schema;
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name], resolve, depth + 1)]));
  }
  if (type === "array") return [exampleOf(schema.items, resolve, depth + 1)];
  return samples[String(schema.format)] ?? samples[String(type)];
}
