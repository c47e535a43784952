import { type IdempotencyRules, idempotencyOf } from "./idempotency.ts";
import { isObject, type JsonObject, type Place, resolvedAt } from "./pointer.ts";
import type { Remarks } from "./remarks.ts";
import type { SecurityScheme } from "./security.ts";
import type { Validators, View } from "./validator.ts";
import type { Basis, Check } from "./violation.ts";

/** The methods that a path item has members for; OpenAPI 3.2 has added QUERY, and any other under `additionalOperations`. */
export const methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "QUERY"] as const;

/** One of those, or any other word: OpenAPI 3.2 has added them under `additionalOperations`. */
export type Method = (typeof methods)[number] | (string & Record<never, never>);

/** A parameter of an operation. https://spec.openapis.org/oas/v3.1.0#parameter-object */
export type Parameter = {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required: boolean;
  /** The JSON types that its schema allows; text on the wire is read as one of them. */
  readonly types: readonly string[];
  /** The JSON types that its schema allows for the items of a list. */
  readonly itemTypes: readonly string[];
  readonly default: unknown;
  readonly example: unknown;
  /** Its schema; `undefined` where it has none, but a `content`. */
  readonly place: Place | undefined;
  /** How its value is written, where that is not the usual way of its place. */
  readonly style: string | undefined;
  readonly check: Check;
};

/** A body of one media type. https://spec.openapis.org/oas/v3.1.0#media-type-object */
export type MediaType = {
  readonly place: Place;
  readonly check: Check;
  /** Those that its schema accepts; what it refuses is a remark, from the first use on. */
  readonly examples: readonly unknown[];
};

/** A declared answer of an operation. https://spec.openapis.org/oas/v3.1.0#response-object */
export type ResponseDescription = {
  /** `200`, `4XX` or `default`. */
  readonly status: string;
  readonly description: string;
  readonly basis: Basis;
  readonly place: Place;
  /** By media type, in the document's order; empty where the answer has no body. */
  readonly content: ReadonlyMap<string, MediaType>;
  readonly headers: ReadonlyMap<
    string,
    { readonly required: boolean; readonly place: Place; readonly types: readonly string[]; readonly check: Check }
  >;
};

/** One method of one path. https://spec.openapis.org/oas/v3.1.0#operation-object */
export type Operation = {
  readonly id: string;
  readonly method: Method;
  /** The path template, such as `/books/{bookId}`. */
  readonly path: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly place: Place;
  readonly parameters: readonly Parameter[];
  readonly requestBody:
    | {
        readonly required: boolean;
        readonly content: ReadonlyMap<string, MediaType>;
      }
    | undefined;
  readonly responses: ReadonlyMap<string, ResponseDescription>;
  /** Alternatives, each a set of schemes that must be met together; empty where anybody may call. */
  readonly security: readonly (readonly SecurityScheme[])[];
  readonly idempotency: IdempotencyRules | undefined;
};

/** What the operations of a document are read with. */
export type Reading = {
  readonly document: JsonObject;
  readonly validators: Validators;
  readonly securitySchemes: readonly SecurityScheme[];
  readonly remarks: Remarks;
};

/** Reads every operation of the `paths` or `webhooks` of a document. */
export function readOperations(reading: Reading, root: "paths" | "webhooks"): Operation[] {
  const items = objectIn(reading.document, root);
  return Object.entries(items).flatMap(([path, item]) => {
    if (!isObject(item) || path.startsWith("x-")) return [];
    if (root === "paths" && !path.startsWith("/")) {
      reading.remarks.add("unread", `"${path}", which begins with no slash`, [root, path]);
      return [];
    }
    const plain = methods.map((method) => [method, item[method.toLowerCase()], [method.toLowerCase()]] as const);
    const others = Object.entries(objectIn(item, "additionalOperations")).map(
      ([method, value]) => [method, value, ["additionalOperations", method]] as const,
    );
    return [...plain, ...others].flatMap(([method, value, within]) =>
      isObject(value)
        ? [operationOf(reading, { path, method, item, value, place: [root, path, ...within], root })]
        : [],
    );
  });
}

type Source = {
  readonly root: "paths" | "webhooks";
  readonly path: string;
  readonly method: string;
  readonly item: JsonObject;
  readonly value: JsonObject;
  readonly place: Place;
};

function operationOf(reading: Reading, { root, path, method, item, value, place }: Source): Operation {
  const { document } = reading;
  // A parameter of the operation replaces that of the path item: https://spec.openapis.org/oas/v3.1.0#path-item-object
  const parameters = new Map(
    [...parametersOf(reading, item, [root, path]), ...parametersOf(reading, value, place)].map((parameter) => [
      `${parameter.in} ${parameter.in === "header" ? parameter.name.toLowerCase() : parameter.name}`,
      parameter,
    ]),
  );
  const id = typeof value.operationId === "string" ? value.operationId : `${method} ${path}`;
  // What a webhook brings comes from the API.
  const asks = root === "webhooks" ? "answer" : "request";
  return {
    id,
    method,
    path,
    tags: Array.isArray(value.tags) ? value.tags.map(String) : [],
    summary: typeof value.summary === "string" ? value.summary : id,
    place,
    parameters: [...parameters.values()],
    requestBody:
      value.requestBody === undefined
        ? undefined
        : requestBodyOf(reading, asks, ...resolvedAt(document, value.requestBody, [...place, "requestBody"])),
    responses: responsesOf(reading, value, place),
    security: securityOf(reading, value, place),
    idempotency: idempotencyOf(document, method, value, id),
  };
}

/** Header parameters of these names are no parameters: https://spec.openapis.org/oas/v3.1.0#fixed-fields-for-use-with-schema */
const ignoredHeader = /^(accept|content-type|authorization)$/i;

function parametersOf({ document, validators, remarks }: Reading, owner: JsonObject, place: Place): Parameter[] {
  const list = Array.isArray(owner.parameters) ? owner.parameters : [];
  return list.flatMap((given, index) => {
    const [value, at] = resolvedAt(document, given, [...place, "parameters", `${index}`]);
    if (typeof value.name !== "string" || !["path", "query", "header", "cookie"].includes(String(value.in))) {
      if (value.in !== "querystring") remarks.add("unread", "a parameter without a name and a place", at);
      return [];
    }
    return value.in === "header" && ignoredHeader.test(value.name) ? [] : [parameterOf(validators, value, at)];
  });
}

function parameterOf(validators: Validators, value: JsonObject, place: Place): Parameter {
  const schema = isObject(value.schema) ? resolved(validators.document, value.schema) : {};
  // Made at its first use: few are ever asked for.
  let example: unknown;
  return {
    name: String(value.name),
    in: value.in as Parameter["in"],
    required: value.required === true,
    types: typesOf(schema, validators.document),
    itemTypes: itemTypesOf(schema, validators.document),
    default: schema.default,
    get example() {
      example ??=
        value.example ?? (value.schema === undefined ? undefined : validators.exampleAt([...place, "schema"]));
      return example;
    },
    place: value.schema === undefined ? undefined : [...place, "schema"],
    style: value.explode === false || typeof value.style === "string" ? String(value.style ?? "form") : undefined,
    check:
      value.schema === undefined
        ? () => []
        : validators.at([...place, "schema"], `${value.in}.${value.name}`, "request"),
  };
}

function requestBodyOf(
  reading: Reading,
  view: View,
  value: JsonObject,
  place: Place,
): NonNullable<Operation["requestBody"]> {
  return { required: value.required === true, content: contentOf(reading, view, value, place) };
}

const status = /^([1-5](\d\d|XX)|DEFAULT)$/;

function responsesOf(reading: Reading, { responses }: JsonObject, place: Place): Operation["responses"] {
  const found = Object.entries(isObject(responses) ? responses : {}).flatMap(([name, given]) => {
    if (name.startsWith("x-")) return [];
    const at = [...place, "responses", name];
    if (!status.test(name.toUpperCase())) {
      reading.remarks.add("unread", `"${name}", which is no status`, at);
      return [];
    }
    const response = responseOf(reading, name, ...resolvedAt(reading.document, given, at));
    return [[name.toUpperCase().replace("DEFAULT", "default"), response] as const];
  });
  return new Map(found);
}

function responseOf(reading: Reading, status: string, value: JsonObject, place: Place): ResponseDescription {
  const { document, validators } = reading;
  const headers = Object.entries(objectIn(value, "headers")).map(([header, given]) => {
    const [description, at] = resolvedAt(document, given, [...place, "headers", header]);
    return [
      header,
      {
        required: description.required === true,
        place: at,
        types: typesOf(description.schema, validators.document),
        check: description.schema === undefined ? () => [] : validators.at([...at, "schema"], `header.${header}`),
      },
    ] as const;
  });
  return {
    status,
    description: String(value.description ?? ""),
    basis: (value["x-basis"] as Basis | undefined) ?? "documented",
    place,
    content: contentOf(reading, "answer", value, place),
    headers: new Map(headers),
  };
}

function contentOf(reading: Reading, view: View, value: JsonObject, place: Place): Map<string, MediaType> {
  const content = Object.entries(objectIn(value, "content")).filter(([, media]) => isObject(media));
  return new Map(
    content.map(([type, given]) => [
      type.toLowerCase(),
      mediaTypeOf(reading, view, ...resolvedAt(reading.document, given, [...place, "content", type])),
    ]),
  );
}

function mediaTypeOf({ document, validators, remarks }: Reading, view: View, media: JsonObject, at: Place): MediaType {
  const place = [...at, "schema"];
  const check = media.schema === undefined ? () => [] : validators.at(place, "body", view);
  const named = Object.entries(objectIn(media, "examples")).flatMap(([name, given]): Example[] => {
    const [example, where] = resolvedAt(document, given, [...at, "examples", name]);
    return "value" in example ? [{ value: example.value, place: where }] : [];
  });
  const all = "example" in media ? [{ value: media.example, place: [...at, "example"] }, ...named] : named;
  // Judged at their first use: a start compiles no schema.
  let valid: readonly unknown[] | undefined;
  return {
    place,
    check,
    get examples() {
      valid ??= all.filter((example) => isValid(example, check, remarks)).map(({ value }) => value);
      return valid;
    },
  };
}

type Example = { readonly value: unknown; readonly place: Place };

function isValid({ value, place }: Example, check: Check, remarks: Remarks): boolean {
  const [found] = typeof value === "string" ? [] : check(value);
  if (found) remarks.add("example", `an example in which ${found.at} should be ${found.expected}`, place);
  return found === undefined;
}

function securityOf(
  { document, securitySchemes, remarks }: Reading,
  operation: JsonObject,
  place: Place,
): Operation["security"] {
  const given = Array.isArray(operation.security) ? operation.security : document.security;
  const list = (Array.isArray(given) ? given : []).filter(isObject);
  return list.flatMap((alternative) => {
    const names = Object.keys(alternative);
    const schemes = names.flatMap((name) => securitySchemes.find(({ id }) => id === name) ?? []);
    if (schemes.length === names.length) return [schemes];
    const unknown = names.find((name) => !securitySchemes.some(({ id }) => id === name));
    remarks.add("dangling", `the security scheme "${unknown}"`, [...place, "security"]);
    return [];
  });
}

/** The JSON types that a schema allows, its variants included; empty where it names none. */
function typesOf(given: unknown, document: JsonObject, depth = 0): readonly string[] {
  if (!isObject(given) || depth > 8) return [];
  const schema = resolved(document, given);
  if (schema.type !== undefined) return Array.isArray(schema.type) ? schema.type.map(String) : [String(schema.type)];
  return [...new Set(variantsOf(schema).flatMap((part) => typesOf(part, document, depth + 1)))];
}

function itemTypesOf(given: unknown, document: JsonObject, depth = 0): readonly string[] {
  if (!isObject(given) || depth > 8) return [];
  const schema = resolved(document, given);
  if (schema.items !== undefined) return typesOf(schema.items, document);
  return [...new Set(variantsOf(schema).flatMap((part) => itemTypesOf(part, document, depth + 1)))];
}

function variantsOf({ allOf, anyOf, oneOf }: JsonObject): readonly unknown[] {
  return [allOf, anyOf, oneOf].flatMap((part) => (Array.isArray(part) ? part : []));
}

function objectIn(owner: JsonObject, member: string): JsonObject {
  const value = owner[member];
  return isObject(value) ? value : {};
}

function resolved(document: JsonObject, value: unknown): JsonObject {
  return resolvedAt(document, value, [])[0];
}
