import { type BodyCodec, createBodyCodec } from "../../document/body.ts";
import { isHeaderValue } from "../../document/header.ts";
import { keyHeaderOf } from "../../document/idempotency.ts";
import { credentialNames } from "../../document/judge-request.ts";
import { bodyFormatOf, isJson } from "../../document/media-type.ts";
import { cookiesOf, pairsOf } from "../../document/pairs.ts";
import { withQuery } from "../../document/path.ts";
import { type Place, refTo } from "../../document/pointer.ts";
import { judgeReading } from "../../document/reading.ts";
import { createSchemas, type Schemas } from "../../document/sample/schemas.ts";
import { inHeader } from "../../document/sample/texts.ts";
import type { MediaType, Operation, Parameter, Spec } from "../../document/spec.ts";
import { isObject, type JsonObject, type Violation } from "../../document/validator.ts";
import { createParameterCodecs, type ParameterCodec } from "../../document/wire.ts";
import type { RequestPlan } from "../wire/exchange.ts";
import { isPart, unsayable } from "./breaks.ts";

/**
 * A request of an operation as one JSON value, `{ path, query, header, cookie, body }`, so that one generator serves all its parts. A
 * part that the operation does not have is left out.
 */
export type RequestValue = JsonObject;

/** What the requests of an operation look like. */
export type RequestShape = {
  readonly operation: Operation;
  /** The schema of the whole. */
  readonly schema: JsonObject;
  readonly schemas: Schemas;
  /** The media type of its body; `undefined` where it has none that this program writes. */
  readonly mediaType: string | undefined;
  /** Why no request can be made; `undefined` where one can. */
  readonly impossible: string | undefined;
  check(value: unknown): readonly Violation[];
  /** The request as it is sent; an idempotency key in it is replaced by one that nobody has used. */
  plan(value: RequestValue, freshKey: () => string): RequestPlan;
};

/** Makes the shapes of a document's operations, each once. */
export function createShapes(spec: Spec): (operation: Operation) => RequestShape {
  const schemas = createSchemas(spec.validators.document);
  const shapes = new Map<string, RequestShape>();
  const hasFragments = spec.operations.some(({ path }) => path.includes("#"));
  return (operation) => {
    const key = `${operation.method} ${operation.path}`;
    const hider = () => (hasFragments ? hiddenBehind(spec, operation) : undefined);
    const shape = shapes.get(key) ?? shapeOf(operation, schemas, hider());
    shapes.set(key, shape);
    return shape;
  };
}

/** The first operation that a server cannot tell this one from, where a fragment is what tells them apart. */
function hiddenBehind({ operations }: Spec, operation: Operation): Operation | undefined {
  const sent = asSent(operation);
  const first = operations.find((one) => asSent(one) === sent);
  return first && first.path !== operation.path && `${first.path}${operation.path}`.includes("#") ? first : undefined;
}

/** What a server can tell an operation by: a fragment never goes over the wire. */
function asSent({ method, path }: Operation): string {
  return `${method} ${withoutFragment(path).replace(/\{[^{}]*\}/g, "{}")}`;
}

function withoutFragment(path: string): string {
  return path.split("#", 1)[0]!;
}

const places = ["path", "query", "header", "cookie"] as const;

/**
 * Header parameters that HTTP sets by itself, each true of the message that it is in.
 * https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
const ownHeaders =
  "connection content-encoding content-length cookie date expect host keep-alive te trailer transfer-encoding upgrade";

/**
 * The longest that the parameters of one request are in all: what every server reads of a URI, and many of all headers.
 * https://www.rfc-editor.org/rfc/rfc9110#section-4.1
 */
const longestHead = 8000;

function shapeOf(operation: Operation, schemas: Schemas, hider: Operation | undefined): RequestShape {
  const parameters = sentParameters(operation);
  const codecs = createParameterCodecs(parameters, credentialNames(operation));
  const sent = parameters.map((parameter, index) => ({ parameter, codec: codecs[index]! }));
  const body = bodyOf(operation);
  const keyHeader = keyHeaderOf(operation)?.toLowerCase();
  const needsBody = operation.requestBody?.required === true;
  const writing = { operation, sent, body, keyHeader, accept: acceptOf(operation) };
  const judgeHead = createHeadJudge(sent);
  const parts = places.flatMap((place) => {
    const here = parameters.filter((parameter) => parameter.in === place);
    return here.length > 0 ? [[place, partOf(place, here)] as const] : [];
  });

  return {
    operation,
    schema: {
      type: "object",
      properties: { ...Object.fromEntries(parts), ...(body ? { body: schemaAt(body.media.place) } : {}) },
      required: [...parts.map(([place]) => place), ...(needsBody && body ? ["body"] : [])],
    },
    schemas,
    mediaType: body?.declared,
    impossible: hider
      ? `its path is that of ${hider.path}, for no request carries a fragment`
      : needsBody && isBodiless(operation.method)
        ? `no client sends a body with ${operation.method}`
        : needsBody && !body
          ? `its body is ${[...operation.requestBody!.content.keys()].join(" or ") || "of no type"}, which this program does not write`
          : undefined,
    check(value) {
      const request = isObject(value) ? value : {};
      const found = judgeHead(request);
      if (request.body !== undefined && body) return [...found, ...bodyAsRead(body, request.body)];
      return request.body === undefined && needsBody ? [...found, missing("body", "body")] : found;
    },
    plan: (value, freshKey) => planOf(writing, value, freshKey),
  };
}

/** Makes the judge of what stands before a body; of requests that differ in their bodies alone, it is the same. */
function createHeadJudge(sent: readonly Sent[]): (request: RequestValue) => readonly Violation[] {
  let last: { readonly request: RequestValue; readonly found: readonly Violation[] } | undefined;
  return (request) => {
    if (last && places.every((place) => last?.request[place] === request[place])) return last.found;
    const texts = sent.map((one) => written(request, one));
    const found = sent.flatMap(({ parameter, codec }, index) => asRead(parameter, codec, texts[index]));
    const length = texts.reduce((sum, text = "") => sum + text.length, 0);
    if (length > longestHead) found.push({ ...missing("path", "path"), keyword: unsayable });
    last = { request, found };
    return found;
  };
}

/** A parameter that requests carry, and how it is written. */
type Sent = { readonly parameter: Parameter; readonly codec: ParameterCodec };

/** The text of a parameter in a request; `undefined` where the request leaves it out. */
function written(value: RequestValue, { parameter, codec }: Sent): string | undefined {
  const part = value[parameter.in];
  const given = isObject(part) ? part[parameter.name] : undefined;
  return given === undefined ? undefined : codec.write(given);
}

/** What is written of an operation, the name of the header of its idempotency key in small letters, and what each request accepts. */
type Writing = {
  readonly operation: Operation;
  readonly sent: readonly Sent[];
  readonly body: Body | undefined;
  readonly keyHeader: string | undefined;
  readonly accept: Readonly<{ Accept?: string }>;
};

function planOf(
  { operation, sent, body, keyHeader, accept }: Writing,
  value: RequestValue,
  freshKey: () => string,
): RequestPlan {
  const [segments, headers] = [new Map<string, string>(), new Map<string, string>()];
  const [query, cookies]: [string[], string[]] = [[], []];
  for (const one of sent) {
    const text = written(value, one);
    if (text === undefined) continue;
    const { in: place, name } = one.parameter;
    if (place === "path") segments.set(name, text);
    else if (place === "query") query.push(text);
    else if (place === "cookie") cookies.push(text);
    else headers.set(name, name.toLowerCase() === keyHeader ? unused(one.parameter, text, freshKey) : text);
  }
  const path = withoutFragment(operation.path).replace(/\{([^}]+)\}/g, (_, name) => segments.get(name) ?? "");
  const content = value.body === undefined ? undefined : body?.codec.write(value.body);
  return {
    method: operation.method,
    path: withQuery(path, query.join("&")),
    headers: {
      ...accept,
      ...(content ? { "Content-Type": content.contentType } : {}),
      ...(cookies.length > 0 ? { Cookie: cookies.join("; ") } : {}),
      ...Object.fromEntries(headers),
    },
    ...(content ? { text: content.text } : {}),
  };
}

/** The parameters that a request of this program carries: credentials, and what HTTP sets by itself, are sent by others. */
function sentParameters({ parameters, security }: Operation): readonly Parameter[] {
  const schemes = security.flat();
  return parameters.filter(({ in: place, name }) => {
    if (place === "header") {
      const small = name.toLowerCase();
      return !ownHeaders.split(" ").includes(small) && !schemes.some(({ header }) => header?.toLowerCase() === small);
    }
    return !schemes.some(
      ({ query, cookie }) => name === (place === "query" ? query : place === "cookie" ? cookie : undefined),
    );
  });
}

type Body = { readonly declared: string; readonly media: MediaType; readonly codec: BodyCodec };

/** What fetch sends without a body only: https://fetch.spec.whatwg.org/#dom-request. */
function isBodiless(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** The body that this program writes best of those that an operation takes: JSON, forms, text, bytes. */
function bodyOf({ method, requestBody }: Operation): Body | undefined {
  if (isBodiless(method)) return undefined;
  for (const format of ["json", "form", "multipart", "text", "bytes"]) {
    for (const [range, media] of requestBody?.content ?? []) {
      const declared = /^(\*|application)\/\*$/.test(range) ? "application/json" : range;
      const codec = createBodyCodec(declared, media);
      if (bodyFormatOf(declared) === format && codec.write("") !== undefined) return { declared, media, codec };
    }
  }
  return undefined;
}

/** Asks for what is declared, where none of that is JSON. */
function acceptOf({ responses }: Operation): { Accept?: string } {
  const success = [...responses]
    .filter(([status]) => /^[2d]/.test(status))
    .flatMap(([, { content }]) => [...content.keys()]);
  if (success.length === 0 || success.some(isJson)) return {};
  return { Accept: [...new Set(success)].join(", ") };
}

function partOf(place: (typeof places)[number], here: readonly Parameter[]): JsonObject {
  const marked = place === "query" ? {} : { [inHeader]: true };
  return {
    [isPart]: true,
    type: "object",
    properties: Object.fromEntries(
      here.map((parameter) => [parameter.name, { allOf: [parameter.place ? schemaAt(parameter.place) : {}, marked] }]),
    ),
    required: here.filter((parameter) => parameter.required).map(({ name }) => name),
  };
}

/** The schema that stands at a place of the document. */
export function schemaAt(place: Place): JsonObject {
  return { $ref: refTo(place) };
}

/** What is wrong with a parameter once the server has read it from its text. */
function asRead(parameter: Parameter, codec: ParameterCodec, text: string | undefined): readonly Violation[] {
  const { in: place, name, required, check } = parameter;
  if (isUnsayable(place, text)) return [{ ...missing(`${place}.${name}`, name), keyword: unsayable }];
  const read =
    text === undefined
      ? undefined
      : codec.read({
          message: { path: () => text, header: () => text },
          query: place === "query" ? pairsOf(text) : [],
          cookies: place === "cookie" ? cookiesOf(text) : [],
        });
  if (read) return judgeReading(read, check, `${place}.${name}`).wrong;
  return required ? [missing(`${place}.${name}`, name)] : [];
}

/**
 * Whether no request says this: a path without a segment, or with one that stands for another, is another path; not every letter
 * can stand in a header.
 */
function isUnsayable(place: Parameter["in"], text = ""): boolean {
  if (place === "path") return /^(\.|%2e){0,2}$/i.test(text);
  return place === "header" && !isHeaderValue(text);
}

/** JSON is read as it was written; a form knows only text. */
function bodyAsRead({ declared, media, codec }: Body, value: unknown): readonly Violation[] {
  if (isJson(declared)) return media.check(value);
  const written = codec.write(value);
  if (!written) return [];
  const judged = [written.text, withoutTypes(declared, written.text)].map((text) => {
    const read = codec.read(Buffer.from(text), written.contentType);
    return read ? judgeReading(read, media.check, "body").wrong : [];
  });
  return judged.find((wrong) => wrong.length === 0) ?? judged[0]!;
}

/** A body whose parts do not say that they are JSON, which many servers do not look at: to them it is text. */
function withoutTypes(declared: string, text: string): string {
  return bodyFormatOf(declared) === "multipart"
    ? text.replaceAll("\r\nContent-Type: application/json\r\n", "\r\n")
    : text;
}

/**
 * A key of the same length, so far as one that is short can be new. Of one that the document accepts, another that it accepts, cut
 * to its length where that is the only way; of any other, such as one that is too long, just another.
 */
function unused({ check }: Parameter, key: string, freshKey: () => string): string {
  const fits = (text: string) => check(text).length === 0;
  const fresh = freshKey();
  const long = key === "" ? "" : fresh.padEnd(key.length, "x");
  if (!fits(key)) return key.length < fresh.length ? key : long;
  if (fits(long)) return long;
  const plain = fresh.replace(/[^a-z0-9]/gi, "");
  const digits = plain.replace(/[^0-9]/g, (letter) => `${letter.charCodeAt(0) % 10}`);
  const shorter = [plain, digits].flatMap((text) => [text, text.slice(0, key.length), text.slice(0, 16)]);
  return shorter.find((text) => text !== "" && fits(text)) ?? key;
}

function missing(at: string, property: string): Violation {
  return { at, property, keyword: "required", expected: "present", received: undefined, basis: "documented" };
}
