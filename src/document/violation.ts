import type { ErrorObject } from "ajv/dist/2020.js";
import { exampleOf } from "./example.ts";
import { isObject, type JsonObject, type Place, placeOf, pointer } from "./pointer.ts";

/** How surely a statement of the document is known; `later` is what later copies of the reference add. */
export type Basis = "documented" | "inferred" | "assumed" | "later";

/** One way in which a message breaks the document; the same shape for a request refused and an answer found wrong. */
export type Violation = {
  /** Where: `body.address.zip`, `query.limit`, `header.X-Request-Id`, `path.id`, `status`. */
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

/** What is known of the objects of a document: where each stands, and how surely what it says is known. */
export type Origins = {
  placeOf(value: unknown): Place | undefined;
  basisOf(value: object): Basis;
  /** What stands behind any `$ref` of a schema, laid under the rest of it. */
  resolve(schema: unknown): unknown;
  /** Whether a value is valid by a schema that stands in no place. */
  isValid(schema: JsonObject, value: unknown): boolean;
};

/** Keywords that only repeat what the errors of their branches already say. */
const echoes = new Set(["if", "anyOf", "allOf"]);

/** Tells an error of the validators as a violation; `undefined` for one that only repeats others. `where` begins its `at`. */
export type TellError = (error: ErrorObject, where: string) => Violation | undefined;

/** What a schema says of a keyword of its, whatever value breaks it. */
type Rule = Pick<Violation, "example" | "known" | "place">;

/** Makes what tells the errors of a document's validators. */
export function createTeller(origins: Origins): TellError {
  // By the schema, and by the keyword with the member that it speaks of: a client may send any other name.
  const rules = new WeakMap<JsonObject, Map<string, Rule>>();
  const ruleOf = (schema: JsonObject, keyword: string, name: string | undefined, unknown: boolean): Rule => {
    const ofSchema = rules.get(schema) ?? new Map<string, Rule>();
    rules.set(schema, ofSchema);
    const key = unknown || name === undefined ? keyword : `${keyword}/${name}`;
    const rule = ofSchema.get(key) ?? ruleIn(schema, keyword, name, unknown, origins);
    ofSchema.set(key, rule);
    return rule;
  };

  return (error, where) => {
    const { keyword } = error;
    if (echoes.has(keyword)) return undefined;
    const schema: JsonObject = isObject(error.parentSchema) ? error.parentSchema : {};
    const params = error.params as Record<string, unknown>;
    const named = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.tag;
    const name = named === undefined ? undefined : String(named);
    const path = [...placeOf(error.instancePath)];
    if (name !== undefined) path.push(name);
    const property = path.join(".");
    const missing = keyword === "required" || params.error === "tag";
    const unknown = params.additionalProperty !== undefined || params.unevaluatedProperty !== undefined;
    const received = missing ? undefined : name === undefined ? error.data : (error.data as JsonObject)[name];
    return {
      at: property === "" ? where : `${where}.${property}`,
      property: property === "" ? where : property,
      keyword: missing ? "required" : keyword,
      expected: expectation(error, schema, params),
      received,
      ...ruleOf(schema, keyword, name, unknown),
      basis: basisOf(error, schema, name, origins),
    };
  };
}

function ruleIn(
  schema: JsonObject,
  keyword: string,
  name: string | undefined,
  unknown: boolean,
  origins: Origins,
): Rule {
  const member = isObject(schema.properties) && name !== undefined ? schema.properties[name] : undefined;
  const example = unknown ? undefined : exampleOf(name === undefined ? schema : member, origins.resolve);
  const whole = unknown ? origins.resolve(schema) : undefined;
  const known = isObject(whole) ? whole.properties : undefined;
  const place = origins.placeOf(schema);
  return {
    ...(example === undefined ? {} : { example }),
    ...(isObject(known) ? { known: Object.keys(known) } : {}),
    ...(place ? { place: pointer([...place, keyword]) } : {}),
  };
}

function basisOf(error: ErrorObject, schema: JsonObject, name: string | undefined, origins: Origins): Basis {
  const later = schema["x-documented-later"];
  if (isObject(later) && origins.isValid(later, error.data)) return "later";
  const of = schema["x-basis-of"];
  const own = isObject(of) ? (of[`${error.keyword}/${name}`] ?? of[error.keyword]) : undefined;
  return (own as Basis | undefined) ?? origins.basisOf(schema);
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
      return list(params.allowedValues) || "absent: the document lists no value for it";
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
    case "multipleOf":
      return `a multiple of ${params.multipleOf}`;
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
