import { type BodyCodec, createBodyCodec } from "./body.ts";
import { isTooLong, withoutCodings } from "./content-coding.ts";
import { bodyFormatOf, mediaFor } from "./media-type.ts";
import type { MediaType, Operation, Parameter } from "./operations.ts";
import { cookiesOf, type Pair, pairsOf } from "./pairs.ts";
import { judgeReading, type ParameterCodec, type Source } from "./reading.ts";
import type { Violation } from "./violation.ts";
import { createParameterCodecs } from "./wire.ts";

/** A request as it was received, of whatever server; nothing of it decoded. */
export type ReceivedRequest = {
  /** The text of a path parameter, as it was sent. */
  path(name: string): string | undefined;
  /** What was sent after the question mark; empty where nothing was. */
  readonly query: string;
  /** The value of a header, by its name in small letters. */
  header(name: string): string | undefined;
};

/** The parameters of a place by name, as their schemas speak of them. */
type Values = Readonly<Record<string, unknown>>;

/** A request as the document reads it, and what is wrong with it. */
export type RequestJudgement = {
  readonly violations: readonly Violation[];
  readonly path: Values;
  readonly query: Values;
  readonly header: Values;
  readonly cookie: Values;
  /** The value of the body; its bytes where a schema has nothing to say of them. */
  readonly body: unknown;
};

/** Judges a request with this body. */
export type RequestJudge = (request: ReceivedRequest, bytes: Uint8Array) => RequestJudgement;

/** Makes the judge of an operation's requests, whose bodies are of so many bytes at most without their content codings. */
export function createRequestJudge(operation: Operation, mostBytes?: number): RequestJudge {
  const { parameters, requestBody } = operation;
  const codecs = createParameterCodecs(parameters, credentialNames(operation));
  const hasQuery = parameters.some(({ in: place }) => place === "query");
  const hasCookies = parameters.some(({ in: place }) => place === "cookie");
  const judgeBody = requestBody && createBodyJudge(requestBody, mostBytes);

  return (request, bytes) => {
    const violations: Violation[] = [];
    const values: Record<Parameter["in"], Record<string, unknown>> = { path: {}, query: {}, header: {}, cookie: {} };
    const source: Source = {
      message: request,
      query: hasQuery ? pairsOf(request.query) : noPairs,
      cookies: hasCookies ? cookiesOf(request.header("cookie")) : noPairs,
    };
    for (let index = 0; index < parameters.length; index++) {
      const parameter = parameters[index]!;
      const value = judgeParameter(parameter, codecs[index]!, source, violations);
      if (value !== undefined) values[parameter.in][parameter.name] = value;
    }
    const { path, query, header, cookie } = values;
    return { violations, path, query, header, cookie, body: judgeBody?.(request, bytes, violations) };
  };
}

const noPairs: readonly Pair[] = [];

/** The names in a query and in cookies that are those of credentials. */
export function credentialNames({ security }: Operation): readonly string[] {
  return security.flat().flatMap(({ query, cookie }) => [query, cookie].flatMap((name) => name ?? []));
}

/** A violation of the media type: a server answers it with a status of its own. */
export function isMediaTypeViolation({ at, keyword }: Violation): boolean {
  return at === "header.Content-Type" && keyword === "content";
}

/** Whether a violation is that of a body which its content coding has made short: a server answers it as any that is too long. */
export function isSizeViolation({ at, keyword }: Violation): boolean {
  return at === "body" && keyword === "maxBytes";
}

/** The value of a parameter as its schema speaks of it, or its default; what is wrong with it joins the violations. */
function judgeParameter(parameter: Parameter, codec: ParameterCodec, source: Source, violations: Violation[]): unknown {
  const { in: place, name, required, allowEmptyValue, example } = parameter;
  if (allowEmptyValue && source.query.some(([key, raw]) => key === name && raw === "")) return "";
  const found = codec.read(source);
  if (found === undefined) {
    if (required) violations.push(missing(place, name, example));
    return parameter.default;
  }
  const { value, wrong } = judgeReading(found, parameter.check, `${place}.${name}`);
  for (const violation of wrong)
    violations.push({ ...violation, property: name, ...(example === undefined ? {} : { example }) });
  return value;
}

type RequestBody = NonNullable<Operation["requestBody"]>;
type BodyJudge = (request: ReceivedRequest, bytes: Uint8Array, violations: Violation[]) => unknown;

function createBodyJudge({ required, content }: RequestBody, mostBytes: number | undefined): BodyJudge {
  const codecs = new Map<string, { readonly media: MediaType; readonly codec: BodyCodec }>();
  for (const [declared, media] of content) codecs.set(declared, { media, codec: createBodyCodec(declared, media) });
  // Nearly all clients of an operation say the same of their bodies.
  let last: { readonly received: string | undefined; readonly found: ReturnType<typeof find> } | undefined;
  const find = (received: string | undefined) => mediaFor(codecs, received)?.[1];
  return (request, bytes, violations) => {
    const received = request.header("content-type");
    // A form without a field has no bytes.
    if (bytes.length === 0 && bodyFormatOf(received) !== "form") {
      if (required) violations.push(missing("body", "body", undefined));
      return undefined;
    }
    if (!last || last.received !== received) last = { received, found: find(received) };
    const { found } = last;
    if (!found) {
      if (content.size === 0) return bytes;
      const expected = [...content.keys()].join(" or ");
      const place = { at: "header.Content-Type", property: "Content-Type", keyword: "content" };
      violations.push({ ...place, expected, received, basis: "documented" });
      return undefined;
    }
    const plain = plainOf(bytes, request.header("content-encoding"), mostBytes, violations);
    const read = plain && found.codec.read(plain, received);
    if (!read) return plain;
    const { value, wrong } = judgeReading(read, found.media.check, "body");
    violations.push(...wrong);
    return value;
  };
}

/** A body without its content codings; `undefined` where it is none of them. */
function plainOf(
  bytes: Uint8Array,
  coding: string | undefined,
  mostBytes: number | undefined,
  violations: Violation[],
): Uint8Array | undefined {
  try {
    return withoutCodings(bytes, coding, mostBytes);
  } catch (error) {
    const [keyword, expected, received] = isTooLong(error)
      ? ["maxBytes", `at most ${mostBytes} bytes long without the coding ${coding}`, "more"]
      : ["content", `a body coded as ${coding}`, "other bytes"];
    violations.push({ at: "body", property: "body", keyword, expected, received, basis: "documented" });
    return undefined;
  }
}

function missing(at: string, property: string, example: unknown): Violation {
  return {
    at: at === property ? at : `${at}.${property}`,
    property,
    keyword: "required",
    expected: "present",
    received: undefined,
    ...(example === undefined ? {} : { example }),
    basis: "documented",
  };
}
