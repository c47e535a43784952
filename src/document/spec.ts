import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { builtJsonUrl } from "../paths.ts";
import type { Basis } from "./validator.ts";
import {
  type Check,
  createValidators,
  isObject,
  type JsonObject,
  lookup,
  type Place,
  type Validators,
} from "./validator.ts";

export type { Basis, Check, JsonObject, Violation } from "./validator.ts";
export { isObject } from "./validator.ts";

export const methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"] as const;
export type Method = (typeof methods)[number];

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
export type MediaType = { readonly place: Place; readonly check: Check; readonly examples: readonly unknown[] };

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

/** What the document says of an operation's idempotency: its `x-idempotency`, laid over that of the root. */
export type IdempotencyRules = {
  /** The request header that carries the key. */
  readonly header: string;
  /** The most characters of a key. */
  readonly maxLength: number;
  /** The security schemes whose credentials have keys of their own. */
  readonly scope: readonly string[];
  /** What makes two requests the same: `method`, `path`, `query`, `body`, `header:NAME`. */
  readonly compares: readonly string[];
  /** How long a key is remembered after its first use, in milliseconds. */
  readonly lifetimeMs: number;
  /** The answer to another request under a used key. */
  readonly mismatch: { readonly status: number; readonly code: string };
  /** The answer while the first request runs; the wait is in milliseconds. */
  readonly locked: {
    readonly status: number;
    readonly code: string;
    readonly retryAfterMs: { readonly min: number; readonly max: number };
  };
  /** Whether an answer of this status is kept under the key. */
  keeps(status: number): boolean;
};

export type SecurityScheme = {
  readonly id: string;
  readonly type: string;
  /** The request header that carries the credential; `undefined` for schemes that use none. */
  readonly header: string | undefined;
  /** The query parameter that carries it. */
  readonly query: string | undefined;
  /** The cookie that carries it. */
  readonly cookie: string | undefined;
  /** What stands before it in the header, such as `bearer`. https://www.iana.org/assignments/http-authschemes */
  readonly scheme: string | undefined;
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
        readonly content: ReadonlyMap<string, { readonly place: Place; readonly check: Check }>;
      }
    | undefined;
  readonly responses: ReadonlyMap<string, ResponseDescription>;
  /** Alternatives, each a set of schemes that must be met together; empty where anybody may call. */
  readonly security: readonly (readonly SecurityScheme[])[];
  readonly idempotency: IdempotencyRules | undefined;
};

/** An OpenAPI document as this program uses it; the one reader at run time. */
export type Spec = {
  readonly title: string;
  readonly version: string;
  /** The document as it was written, for `/openapi.yaml`. */
  readonly text: string;
  /** SHA-256 of `text`, in hexadecimal. */
  readonly sha256: string;
  readonly document: JsonObject;
  /** Concrete paths before templated ones. */
  readonly operations: readonly Operation[];
  readonly webhooks: readonly Operation[];
  readonly securitySchemes: readonly SecurityScheme[];
  /** Schema keywords that no validator here knows, each with its place: what they say goes unchecked. */
  readonly unknownKeywords: readonly string[];
  readonly validators: Validators;
  /** The operation that answers a request, with the values of its path parameters; or the methods that its path knows. */
  match(method: string, pathname: string): Match;
  /** The check of a schema under `components`. Throws when there is none of that name. */
  schema(name: string): Check;
};

export type Match =
  | { readonly operation: Operation; readonly path: Readonly<Record<string, string>> }
  | { readonly operation?: undefined; readonly allowed: readonly Method[] };

/** A document that cannot be used; the message says where and why. */
export class SpecError extends Error {
  override name = "SpecError";
}

/** Reads a document from a file. Throws a `SpecError` when it is none that this program can serve. */
export function loadSpec(file: string | URL, options: SpecOptions = {}): Spec {
  return parseSpec(readText(file), `${file}`, options);
}

/** The text of a document. Throws a `SpecError` when the file cannot be read. */
export function readText(file: string | URL): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SpecError(`Cannot read the document ${file}: ${(error as Error).message}.`);
  }
}

/** Says which keywords of a document go unchecked; `undefined` where none does. */
export function uncheckedIn({ unknownKeywords }: Spec): string | undefined {
  if (unknownKeywords.length === 0) return undefined;
  return `Not checked, for no validator here knows it: ${unknownKeywords.join("; ")}`;
}

/** Reads a document from its text, YAML or JSON; `name` stands for it in messages. */
export function parseSpec(text: string, name = "document", options: SpecOptions = {}): Spec {
  const sha256 = createHash("sha256").update(text).digest("hex");
  return createSpec(parsedAtBuild(sha256) ?? parseDocument(text, name), text, sha256, name, options);
}

export type SpecOptions = {
  /** What to do about schema keywords that no validator here knows: `refuse`, the default, or `list` them and go on. */
  readonly unknownKeywords?: "refuse" | "list";
};

/** The document of this hash, if the build has put it beside this program as JSON: the shipped one, unless it was edited. */
function parsedAtBuild(sha256: string): JsonObject | undefined {
  const file = builtJsonUrl(sha256);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** The document of a text, unread but for its version. Throws a `SpecError` when it is no OpenAPI 3.0 or 3.1. */
export function parseDocument(text: string, name: string): JsonObject {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new SpecError(`${name} is neither YAML nor JSON: ${(error as Error).message}`);
  }
  if (!isObject(document)) throw new SpecError(`${name} holds no OpenAPI document.`);
  if (!/^3\.[01]\./.test(String(document.openapi))) {
    throw new SpecError(`${name} says "openapi: ${document.openapi}"; this program reads 3.0 and 3.1.`);
  }
  return document;
}

function createSpec(document: JsonObject, text: string, sha256: string, name: string, options: SpecOptions): Spec {
  const validators = createValidators(document);
  const unknown = validators.unknownKeywords();
  if (unknown.length > 0 && options.unknownKeywords !== "list")
    throw new SpecError(`${name} uses schema keywords that no validator here knows: ${unknown.join("; ")}.`);
  const securitySchemes = Object.entries(objectAt(document, "components", "securitySchemes")).map(([id, value]) =>
    securitySchemeOf(id, resolved(document, value)),
  );
  const read = (root: "paths" | "webhooks") =>
    Object.entries(objectAt(document, root)).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const value = isObject(item) ? item[method.toLowerCase()] : undefined;
        if (!isObject(value)) return [];
        return [
          operationOf(document, validators, securitySchemes, { root, path, method, item: item as JsonObject, value }),
        ];
      }),
    );
  const operations = read("paths").sort((a, b) => templated(a.path) - templated(b.path));
  const routes = operations.map((operation) => ({
    operation,
    pattern: patternOf(operation.path),
    names: [...operation.path.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => parameter!),
  }));
  const info = objectAt(document, "info");
  return {
    title: String(info.title),
    version: String(info.version),
    text,
    sha256,
    document,
    operations,
    webhooks: read("webhooks"),
    securitySchemes,
    unknownKeywords: unknown,
    validators,
    match(method, pathname) {
      for (const { operation, pattern, names } of routes) {
        const found = operation.method === method ? pattern.exec(pathname) : null;
        if (!found) continue;
        const path: Record<string, string> = {};
        for (const [index, name] of names.entries()) path[name] = decoded(found[index + 1]!);
        return { operation, path };
      }
      const fitting = routes.filter(({ pattern }) => pattern.test(pathname));
      return { allowed: [...new Set(fitting.map(({ operation }) => operation.method))] };
    },
    schema(schema) {
      lookup(document, `#/components/schemas/${schema}`);
      return validators.at(["components", "schemas", schema], schema);
    },
  };
}

type Source = { root: string; path: string; method: Method; item: JsonObject; value: JsonObject };

function operationOf(
  document: JsonObject,
  validators: Validators,
  schemes: readonly SecurityScheme[],
  source: Source,
): Operation {
  const { root, path, method, item, value } = source;
  const place = [root, path, method.toLowerCase()];
  const list = (owner: JsonObject, ownerPlace: Place) =>
    (Array.isArray(owner.parameters) ? owner.parameters : []).map((given, index) =>
      parameterOf(validators, ...resolvedAt(document, given, [...ownerPlace, "parameters", `${index}`])),
    );
  // A parameter of the operation replaces that of the path item: https://spec.openapis.org/oas/v3.1.0#path-item-object
  const parameters = new Map(
    [...list(item, [root, path]), ...list(value, place)].map((p) => [`${p.in} ${p.name.toLowerCase()}`, p]),
  );
  const id = typeof value.operationId === "string" ? value.operationId : `${method} ${path}`;
  const security = Array.isArray(value.security)
    ? value.security
    : Array.isArray(document.security)
      ? document.security
      : [];
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
        : requestBodyOf(document, validators, ...resolvedAt(document, value.requestBody, [...place, "requestBody"])),
    responses: new Map(
      Object.entries(isObject(value.responses) ? value.responses : {}).map(([status, given]) => [
        status.toUpperCase().replace("DEFAULT", "default"),
        responseOf(document, validators, status, ...resolvedAt(document, given, [...place, "responses", status])),
      ]),
    ),
    security: security.filter(isObject).map((alternative) =>
      Object.keys(alternative).map((scheme) => {
        const known = schemes.find((candidate) => candidate.id === scheme);
        if (!known)
          throw new SpecError(`${id} names the security scheme "${scheme}", which the document does not define.`);
        return known;
      }),
    ),
    idempotency: idempotencyOf(document, method, value, id),
  };
}

function parameterOf(validators: Validators, value: JsonObject, place: Place): Parameter {
  const schema = isObject(value.schema) ? resolved(validators.document, value.schema) : {};
  return {
    name: String(value.name),
    in: value.in as Parameter["in"],
    required: value.required === true,
    types: typesOf(schema, validators.document),
    itemTypes: itemTypesOf(schema, validators.document),
    default: schema.default,
    example: value.example ?? validators.exampleAt([...place, "schema"]),
    place: value.schema === undefined ? undefined : [...place, "schema"],
    style: value.explode === false || typeof value.style === "string" ? String(value.style ?? "form") : undefined,
    check: value.schema === undefined ? () => [] : validators.at([...place, "schema"], `${value.in}.${value.name}`),
  };
}

function requestBodyOf(
  document: JsonObject,
  validators: Validators,
  value: JsonObject,
  place: Place,
): NonNullable<Operation["requestBody"]> {
  return { required: value.required === true, content: contentOf(document, validators, value, place) };
}

function responseOf(
  document: JsonObject,
  validators: Validators,
  status: string,
  value: JsonObject,
  place: Place,
): ResponseDescription {
  const headers = Object.entries(isObject(value.headers) ? value.headers : {}).map(([header, given]) => {
    const [description, at] = resolvedAt(document, given, [...place, "headers", header]);
    return [
      header,
      {
        required: description.required === true,
        place: at,
        types: typesOf(description.schema, validators.document),
        check: validators.at([...at, "schema"], `header.${header}`),
      },
    ] as const;
  });
  return {
    status,
    description: String(value.description ?? ""),
    basis: (value["x-basis"] as Basis | undefined) ?? "documented",
    place,
    content: contentOf(document, validators, value, place),
    headers: new Map(headers),
  };
}

function contentOf(document: JsonObject, validators: Validators, value: JsonObject, place: Place) {
  const content = Object.entries(isObject(value.content) ? value.content : {}).filter(([, media]) => isObject(media));
  return new Map(
    content.map(([type, given]) => {
      const media = given as JsonObject;
      const at = [...place, "content", type, "schema"];
      const examples = Object.values(isObject(media.examples) ? media.examples : {}).flatMap((given) => {
        const example = resolved(document, given);
        return "value" in example ? [example.value] : [];
      });
      return [
        type.toLowerCase(),
        {
          place: at,
          check: media.schema === undefined ? () => [] : validators.at(at, "body"),
          examples: "example" in media ? [media.example, ...examples] : examples,
        },
      ];
    }),
  );
}

function securitySchemeOf(id: string, value: JsonObject): SecurityScheme {
  const name = (place: string) => (value.type === "apiKey" && value.in === place ? String(value.name) : undefined);
  const http = value.type === "http";
  return {
    id,
    type: String(value.type),
    header: http ? "Authorization" : name("header"),
    query: name("query"),
    cookie: name("cookie"),
    scheme: http ? String(value.scheme).toLowerCase() : undefined,
  };
}

function idempotencyOf(
  document: JsonObject,
  method: Method,
  operation: JsonObject,
  id: string,
): IdempotencyRules | undefined {
  const root = document["x-idempotency"];
  const own = operation["x-idempotency"];
  if (
    own === false ||
    (own === undefined && (root === undefined || ["GET", "HEAD", "OPTIONS", "TRACE"].includes(method)))
  )
    return undefined;
  const rules = { ...(isObject(root) ? root : {}), ...(isObject(own) ? own : {}) };
  const wrong = (member: string, right: string) =>
    new SpecError(`x-idempotency of ${id}: ${member} is ${JSON.stringify(rules[member])}; it should be ${right}.`);
  const { header, maxLength, scope, compares, lifetime, mismatch, locked, keeps } = rules;
  if (typeof header !== "string") throw wrong("header", "the name of a request header");
  if (typeof maxLength !== "number") throw wrong("maxLength", "a number of characters, such as 256");
  if (!isStrings(scope)) throw wrong("scope", "a list of security schemes, such as [ApiKey]");
  if (!isStrings(compares) || !compares.every((item) => /^(method|path|query|body|header:.+)$/.test(item))) {
    throw wrong("compares", "a list of method, path, query, body, header:NAME");
  }
  const lifetimeMs = durationMs(lifetime);
  if (lifetimeMs === undefined) throw wrong("lifetime", "an ISO 8601 duration, such as PT24H");
  if (!isRefusal(mismatch)) throw wrong("mismatch", "{ status, code }");
  if (!isRefusal(locked)) throw wrong("locked", "{ status, code, retryAfterMs: { min, max } }");
  if (!isStrings(keeps) || !keeps.every((item) => /^[1-5](XX|\d\d)$/.test(item)))
    throw wrong("keeps", 'a list of statuses, such as [2XX, "404"]');
  const wait = isObject(locked.retryAfterMs) ? locked.retryAfterMs : {};
  return {
    header,
    maxLength,
    scope,
    compares,
    lifetimeMs,
    mismatch,
    locked: { ...locked, retryAfterMs: { min: Number(wait.min ?? 100), max: Number(wait.max ?? 500) } },
    keeps: (status) => keeps.some((item) => item === String(status) || item === `${Math.floor(status / 100)}XX`),
  };
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isRefusal(value: unknown): value is JsonObject & { status: number; code: string } {
  return isObject(value) && typeof value.status === "number" && typeof value.code === "string";
}

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds. */
export function durationMs(value: unknown): number | undefined {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(String(value));
  if (!parts || parts.slice(1).every((part) => part === undefined)) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** The declared answer that a status falls under: its own, its class's (`4XX`), else the default. */
export function declaredResponse(operation: Operation, status: number): ResponseDescription | undefined {
  return (
    operation.responses.get(String(status)) ??
    operation.responses.get(`${Math.floor(status / 100)}XX`) ??
    operation.responses.get("default")
  );
}

/** Text on the wire as the value that its schema speaks of; text that is no such value stays text, for the check to refuse. */
export function fromText(text: string, types: readonly string[]): unknown {
  if ((types.includes("integer") || types.includes("number")) && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** The media type of a `Content-Type` header, without its parameters; `""` where there is none. */
export function mediaTypeOf(contentType: string | null | undefined): string {
  return (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
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

function objectAt(document: JsonObject, ...names: string[]): JsonObject {
  let value: unknown = document;
  for (const name of names) value = isObject(value) ? value[name] : undefined;
  return isObject(value) ? value : {};
}

function resolved(document: JsonObject, value: unknown): JsonObject {
  return resolvedAt(document, value, [])[0];
}

/** What stands at a place, and the place where it is defined, behind any `$ref`. */
function resolvedAt(document: JsonObject, value: unknown, place: Place): [JsonObject, Place] {
  let [found, at] = [value, place];
  for (let hops = 0; isObject(found) && typeof found.$ref === "string"; hops++) {
    if (hops > 20) throw new SpecError(`The reference "${found.$ref}" leads in a circle.`);
    at = decodeURIComponent(found.$ref)
      .split("/")
      .slice(1)
      .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
    found = lookup(document, found.$ref);
  }
  return [isObject(found) ? found : {}, at];
}

function templated(path: string): number {
  return path.split("/").filter((segment) => segment.includes("{")).length;
}

function patternOf(path: string): RegExp {
  const source = path.split(/\{[^}]+\}/).map((text) => text.replace(/[.*+?^$()|[\]\\{}]/g, "\\$&"));
  return new RegExp(`^${source.join("([^/]+)")}$`);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
