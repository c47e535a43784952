import { type Example, examplesIn, isFit } from "./examples.ts";
import type { Encodings } from "./form.ts";
import { type IdempotencyRules, idempotencyOf, isIdempotencyKey } from "./idempotency.ts";
import type { Kind } from "./kind.ts";
import { once } from "./late.ts";
import { isObject, isReference, type JsonObject, type Place, refTo, resolvedAt, valueAt } from "./pointer.ts";
import type { WireParameter } from "./reading.ts";
import type { Remarks } from "./remarks.ts";
import type { SecurityScheme } from "./security.ts";
import type { Validators, View } from "./validator.ts";
import type { Basis, Check } from "./violation.ts";

/** The methods that a path item has members for; OpenAPI 3.2 has added QUERY, and any other under `additionalOperations`. */
export const methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "QUERY"] as const;

/** One of those, or any other word: OpenAPI 3.2 has added them under `additionalOperations`. */
export type Method = (typeof methods)[number] | (string & Record<never, never>);

/** A parameter of an operation. https://spec.openapis.org/oas/v3.1.0#parameter-object */
export type Parameter = WireParameter & {
  readonly required: boolean;
  /** Whether it may be given without a value, whatever its schema says. */
  readonly allowEmptyValue: boolean;
  /** Whether it is a header that holds an idempotency key. */
  readonly isKey: boolean;
  /** The JSON types that its schema allows. */
  readonly types: readonly string[];
  readonly default: unknown;
  readonly example: unknown;
  /** Its schema, or that of its `content`; `undefined` where it has none. */
  readonly place: Place | undefined;
  readonly check: Check;
};

/** A header of an answer. https://spec.openapis.org/oas/v3.1.0#header-object */
export type Header = WireParameter & {
  readonly required: boolean;
  /** What the document shows that it may say, as it is. */
  readonly examples: readonly unknown[];
  /** Whether the document shows that, or its schema does. */
  readonly isShown: boolean;
  readonly place: Place;
  /** Its schema, or that of its `content`; `undefined` where it has none. */
  readonly schema: Place | undefined;
  readonly check: Check;
};

/** A body of one media type. https://spec.openapis.org/oas/v3.1.0#media-type-object */
export type MediaType = {
  readonly place: Place;
  readonly check: Check;
  /** Those that its schema accepts; what it refuses is a remark, from the first use on. */
  readonly examples: readonly unknown[];
  /** Those of `examples`, by their names, as they are. */
  readonly named: ReadonlyMap<string, unknown>;
  readonly kind: Kind;
  /** How the members of a form are written, by their names. */
  readonly encodings: Encodings;
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
  readonly headers: ReadonlyMap<string, Header>;
};

/** One method of one path. https://spec.openapis.org/oas/v3.1.0#operation-object */
export type Operation = {
  readonly id: string;
  readonly method: Method;
  /** The path template, such as `/books/{bookId}`. */
  readonly path: string;
  readonly tags: readonly string[];
  readonly summary: string;
  /** How surely it is known that there is such an operation. */
  readonly basis: Basis;
  readonly place: Place;
  readonly parameters: readonly Parameter[];
  readonly requestBody: { readonly required: boolean; readonly content: ReadonlyMap<string, MediaType> } | undefined;
  readonly responses: ReadonlyMap<string, ResponseDescription>;
  /** Alternatives, each a set of schemes that must be met together; empty where anybody may call. */
  readonly security: readonly (readonly SecurityScheme[])[];
  readonly idempotency: IdempotencyRules | undefined;
};

/** What the operations of a document are read with. */
export type Reader = {
  readonly document: JsonObject;
  readonly validators: Validators;
  /** The kind of the values of a schema. */
  readonly kinds: (...schemas: readonly unknown[]) => Kind;
  readonly securitySchemes: readonly SecurityScheme[];
  readonly remarks: Remarks;
  /** What many operations name by one `$ref`, as it was read the first time; empty at first. */
  readonly shared: {
    readonly parameters: Map<string, readonly Parameter[]>;
    readonly responses: Map<string, ResponseDescription>;
  };
};

/** Reads every operation of the `paths` or `webhooks` of a document. */
export function readOperations(reader: Reader, root: "paths" | "webhooks"): Operation[] {
  const items = objectIn(reader.document, root);
  return Object.entries(items).flatMap(([path, item]) => {
    if (!isObject(item) || path.startsWith("x-")) return [];
    if (root === "paths" && !path.startsWith("/")) {
      reader.remarks.add("unread", `"${path}", which begins with no slash`, [root, path]);
      return [];
    }
    const plain = methods.map((method) => [method, item[method.toLowerCase()], [method.toLowerCase()]] as const);
    const others = Object.entries(objectIn(item, "additionalOperations")).map(
      ([method, value]) => [method, value, ["additionalOperations", method]] as const,
    );
    const common = once(() => parametersOf(reader, item, [root, path]));
    return [...plain, ...others].flatMap(([method, value, within]) =>
      isObject(value)
        ? [operationOf(reader, { path, method, common, value, place: [root, path, ...within], root })]
        : [],
    );
  });
}

type Source = {
  readonly root: "paths" | "webhooks";
  readonly path: string;
  readonly method: string;
  /** The parameters of the path item. */
  readonly common: () => readonly Parameter[];
  readonly value: JsonObject;
  readonly place: Place;
};

function operationOf(reader: Reader, { root, path, method, common, value, place }: Source): Operation {
  const { document } = reader;
  // A parameter of the operation replaces that of the path item: https://spec.openapis.org/oas/v3.1.0#path-item-object
  const parameters = new Map(
    [...common(), ...parametersOf(reader, value, place)].map((parameter) => [
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
    basis: basisOf(value),
    place,
    parameters: [...parameters.values()],
    requestBody:
      value.requestBody === undefined || takesNoBody(document, method)
        ? undefined
        : requestBodyOf(reader, asks, ...resolvedAt(document, value.requestBody, [...place, "requestBody"])),
    responses: responsesOf(reader, value, place),
    security: securityOf(reader, value, place),
    idempotency: idempotencyOf(document, method, value, id),
  };
}

/** The body of a read is to be ignored in OpenAPI 3.0. https://spec.openapis.org/oas/v3.0.3#operation-object */
function takesNoBody({ openapi }: JsonObject, method: string): boolean {
  return /^3\.0/.test(String(openapi)) && /^(GET|HEAD)$/.test(method);
}

/** Header parameters of these names are no parameters: https://spec.openapis.org/oas/v3.1.0#fixed-fields-for-use-with-schema */
const ignoredHeader = /^(accept|content-type|authorization)$/i;

function parametersOf(reader: Reader, owner: JsonObject, place: Place): readonly Parameter[] {
  const { document, remarks, shared } = reader;
  const list = Array.isArray(owner.parameters) ? owner.parameters : [];
  const read = (given: unknown, index: number): readonly Parameter[] => {
    const [value, at] = resolvedAt(document, given, [...place, "parameters", `${index}`]);
    if (typeof value.name !== "string" || !["path", "query", "header", "cookie"].includes(String(value.in))) {
      if (value.in !== "querystring") remarks.add("unread", "a parameter without a name and a place", at);
      return [];
    }
    return value.in === "header" && ignoredHeader.test(value.name) ? [] : [parameterOf(reader, value, at)];
  };
  return list.flatMap((given, index) => readOnce(shared.parameters, refOf(given), () => read(given, index)));
}

function refOf(given: unknown): string | undefined {
  return isReference(given) ? given.$ref : undefined;
}

/** What has this name, from the first time that it is asked for; without a name, it is nobody else's. */
function readOnce<T>(known: Map<string, T>, name: string | undefined, read: () => T): T {
  const before = name === undefined ? undefined : known.get(name);
  if (before !== undefined) return before;
  const found = read();
  if (name !== undefined) known.set(name, found);
  return found;
}

function parameterOf(reader: Reader, value: JsonObject, at: Place): Parameter {
  const { document } = reader.validators;
  const written = writtenOf(reader, value.in as Parameter["in"], String(value.name), value, at);
  const { place } = written;
  const schema = resolved(document, place && valueAt(document, place));
  // Made at its first use: few are ever asked for.
  let example: unknown;
  return {
    ...written,
    required: value.required === true,
    allowEmptyValue: value.in === "query" && value.allowEmptyValue === true,
    isKey: isIdempotencyKey(value),
    types: typesOf(schema, document),
    default: schema.default,
    get example() {
      example ??= examplesOf(reader, value, at)[0]?.value ?? (place && reader.validators.exampleAt(place));
      return example;
    },
    check: place ? reader.validators.at(place, `${value.in}.${value.name}`, "request") : () => [],
  };
}

/** How a parameter or a header is written, and the place of its schema. */
function writtenOf(
  reader: Reader,
  where: Parameter["in"],
  name: string,
  value: JsonObject,
  at: Place,
): WireParameter & { readonly place: Place | undefined } {
  const [mediaType, media] = Object.entries(objectIn(value, "content"))[0] ?? [];
  const inContent =
    isObject(media) && media.schema !== undefined ? [...at, "content", mediaType!, "schema"] : undefined;
  const place = value.schema === undefined ? inContent : [...at, "schema"];
  const style =
    typeof value.style === "string" ? value.style : where === "query" || where === "cookie" ? "form" : "simple";
  return {
    name,
    in: where,
    style,
    explode: typeof value.explode === "boolean" ? value.explode : style === "form",
    allowReserved: value.allowReserved === true,
    mediaType: value.schema === undefined ? mediaType : undefined,
    kind: kindAt(reader, place),
    place,
  };
}

/** The kind of the values of the schema at a place; any at all where there is none. */
function kindAt({ kinds }: Reader, place: Place | undefined): Kind {
  return place ? kinds({ $ref: refTo(place) }) : kinds();
}

function requestBodyOf(
  reader: Reader,
  view: View,
  value: JsonObject,
  place: Place,
): NonNullable<Operation["requestBody"]> {
  return { required: value.required === true, content: contentOf(reader, view, value, place) };
}

/** What can answer a request; what begins with 1 only goes before an answer. https://www.rfc-editor.org/rfc/rfc9110#section-15.2 */
const status = /^([2-5](\d\d|XX)|default)$/;

function responsesOf(reader: Reader, { responses }: JsonObject, place: Place): Operation["responses"] {
  const found = Object.entries(isObject(responses) ? responses : {}).flatMap(([name, given]) => {
    if (name.startsWith("x-")) return [];
    const at = [...place, "responses", name];
    const code = name.toUpperCase().replace("DEFAULT", "default");
    if (!status.test(code)) {
      const why = /^1(\d\d|XX)$/i.test(name) ? "which answers nothing for good" : "which is no status";
      reader.remarks.add("unread", `"${name}", ${why}`, at);
      return [];
    }
    const ref = refOf(given);
    const response = readOnce(reader.shared.responses, ref && `${code} ${ref}`, () =>
      responseOf(reader, code, ...resolvedAt(reader.document, given, at)),
    );
    return [[code, response] as const];
  });
  return new Map(found);
}

function basisOf(described: JsonObject): Basis {
  return (described["x-basis"] as Basis | undefined) ?? "documented";
}

function responseOf(reader: Reader, status: string, value: JsonObject, place: Place): ResponseDescription {
  // A header of that name is to be ignored: https://spec.openapis.org/oas/v3.1.0#response-object
  const declared = Object.entries(objectIn(value, "headers")).filter(([name]) => !/^content-type$/i.test(name));
  const headers = declared.map(([name, given]): [string, Header] => {
    const [description, at] = resolvedAt(reader.document, given, [...place, "headers", name]);
    return [name, headerOf(reader, name, description, at)];
  });
  return {
    status,
    description: String(value.description ?? ""),
    basis: basisOf(value),
    place,
    content: contentOf(reader, "answer", value, place),
    headers: new Map(headers),
  };
}

function headerOf(reader: Reader, name: string, value: JsonObject, at: Place): Header {
  const { place: schema, ...written } = writtenOf(reader, "header", name, value, at);
  const examples = examplesOf(reader, value, at).map((example) => example.value);
  const says = resolved(reader.document, schema && valueAt(reader.document, schema));
  const isShown = examples.length > 0 || ["example", "examples", "default", "const"].some((one) => one in says);
  const check = schema ? reader.validators.at(schema, `header.${name}`) : () => [];
  return { ...written, required: value.required === true, examples, isShown, place: at, schema, check };
}

/** The examples of a parameter or a header, or else those of its `content`. */
function examplesOf({ document }: Reader, value: JsonObject, at: Place): readonly Example[] {
  const own = examplesIn(document, value, at, "text/plain").filter(({ isWire }) => !isWire);
  const [type, media] = Object.entries(objectIn(value, "content"))[0] ?? [];
  return own.length > 0 || !isObject(media) ? own : examplesIn(document, media, [...at, "content", type!], type!);
}

function contentOf(reader: Reader, view: View, value: JsonObject, place: Place): Map<string, MediaType> {
  const content = Object.entries(objectIn(value, "content")).filter(([, media]) => isObject(media));
  return new Map(
    content.map(([type, given]) => [
      type.toLowerCase(),
      mediaTypeAt(reader, view, type, ...resolvedAt(reader.document, given, [...place, "content", type])),
    ]),
  );
}

function mediaTypeAt(reader: Reader, view: View, type: string, media: JsonObject, at: Place): MediaType {
  const { document, validators, remarks } = reader;
  const place = [...at, "schema"];
  const check = media.schema === undefined ? () => [] : validators.at(place, "body", view);
  const kind = kindAt(reader, media.schema === undefined ? undefined : place);
  const all = examplesIn(document, media, at, type);
  // Judged at their first use: a start compiles no schema.
  let valid: readonly unknown[] | undefined;
  return {
    place,
    check,
    kind,
    encodings: encodingsOf(media),
    named: new Map(all.flatMap(({ name, value }) => (name === undefined ? [] : [[name, value] as const]))),
    get examples() {
      valid ??= all.filter((one) => isFit(one, type, { check, kind, remarks })).map(({ value }) => value);
      return valid;
    },
  };
}

function encodingsOf(media: JsonObject): Encodings {
  return new Map(
    Object.entries(objectIn(media, "encoding")).map(([name, given]) => {
      const { contentType, style, explode, allowReserved } = isObject(given) ? given : {};
      const isStyled = style !== undefined || explode !== undefined || allowReserved !== undefined;
      const own = isStyled ? String(style ?? "form") : undefined;
      const encoding = {
        contentType: typeof contentType === "string" ? contentType : undefined,
        style: own,
        explode: typeof explode === "boolean" ? explode : own === "form",
        allowReserved: allowReserved === true,
      };
      return [name, encoding];
    }),
  );
}

function securityOf(
  { document, securitySchemes, remarks }: Reader,
  operation: JsonObject,
  place: Place,
): Operation["security"] {
  const given = Array.isArray(operation.security) ? operation.security : document.security;
  const list = (Array.isArray(given) ? given : []).filter(isObject);
  return list.flatMap((alternative) => {
    // A reference in its place is one of OpenAPI 3.2: https://spec.openapis.org/oas/v3.2.0#security-requirement-object
    const names = Object.keys(alternative).map((name) => name.replace(/^#\/components\/securitySchemes\//, ""));
    const schemes = names.flatMap((name) => securitySchemes.find(({ id }) => id === name) ?? []);
    for (const name of names)
      if (!schemes.some(({ id }) => id === name))
        remarks.add("dangling", `the security scheme "${name}"`, [...place, "security"]);
    // What is known of an alternative is still asked for; one of which nothing is known is none.
    return names.length > 0 && schemes.length === 0 ? [] : [schemes];
  });
}

/** The JSON types that a schema allows, its variants included; empty where it names none. */
function typesOf(given: unknown, document: JsonObject, depth = 0): readonly string[] {
  if (!isObject(given) || depth > 8) return [];
  const schema = resolved(document, given);
  if (schema.type !== undefined) return Array.isArray(schema.type) ? schema.type.map(String) : [String(schema.type)];
  return [...new Set(variantsOf(schema).flatMap((part) => typesOf(part, document, depth + 1)))];
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
