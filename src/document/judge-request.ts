import { isUtf8 } from "node:buffer";
import { brokenAt } from "./broken-json.ts";
import { fromText, mediaTypeOf, type Operation, type Parameter, type Violation } from "./spec.ts";

/** A request as it was received, of whatever server. */
export type ReceivedRequest = {
  /** The value of a path parameter, decoded. */
  path(name: string): string | undefined;
  query(name: string): string | undefined;
  queries(name: string): string[] | undefined;
  /** The value of a header, by its name in small letters. */
  header(name: string): string | undefined;
};

/** A request as the document reads it, and what is wrong with it. */
export type RequestJudgement = {
  readonly violations: readonly Violation[];
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** The JSON value of the body; its bytes where it is no JSON. */
  readonly body: unknown;
};

/** Judges a request with this body. */
export type RequestJudge = (request: ReceivedRequest, bytes: Buffer) => RequestJudgement;

/** Makes the judge of an operation's requests. */
export function createRequestJudge(operation: Operation): RequestJudge {
  const declared = (place: Parameter["in"]) => operation.parameters.filter((parameter) => parameter.in === place);
  const [inPath, inQuery, inHeader] = [declared("path"), declared("query"), declared("header")];

  return (request, bytes) => {
    const violations: Violation[] = [];
    const path: Record<string, unknown> = {};
    for (const parameter of inPath) path[parameter.name] = judge(parameter, request.path(parameter.name), violations);
    const query: Record<string, unknown> = {};
    for (const parameter of inQuery) {
      const { name, types } = parameter;
      const text = types.includes("array") ? request.queries(name) : request.query(name);
      const value = judge(parameter, text, violations);
      if (value !== undefined) query[name] = value;
    }
    for (const parameter of inHeader) judge(parameter, request.header(parameter.name.toLowerCase()), violations);
    const body = operation.requestBody && judgeBody(request, bytes, operation.requestBody, violations);
    return { violations, path, query, body };
  };
}

/** A violation of the media type: a server answers it with a status of its own. */
export function isMediaTypeViolation({ at, keyword }: Violation): boolean {
  return at === "header.Content-Type" && keyword === "content";
}

/** The value of a parameter as its schema speaks of it, or its default; what is wrong with it joins the violations. */
function judge(parameter: Parameter, text: string | string[] | undefined, violations: Violation[]): unknown {
  if (text === undefined) {
    if (parameter.required) violations.push(missing(parameter.in, parameter.name, parameter.example));
    return parameter.default;
  }
  const value = Array.isArray(text)
    ? text.map((item) => fromText(item, parameter.itemTypes))
    : fromText(text, parameter.types);
  const found = parameter.check(value);
  if (found.length > 0) violations.push(...found.map((violation) => named(violation, parameter)));
  return value;
}

/** The same violation under the parameter's name, with the example that the document gives for it. */
function named(violation: Violation, { name, example }: Parameter): Violation {
  return { ...violation, property: name, ...(example === undefined ? {} : { example }) };
}

function judgeBody(
  request: ReceivedRequest,
  bytes: Buffer,
  { required, content }: NonNullable<Operation["requestBody"]>,
  violations: Violation[],
): unknown {
  if (bytes.length === 0) {
    if (required) violations.push(missing("body", "body", undefined));
    return undefined;
  }
  const received = request.header("content-type");
  const type = mediaTypeOf(received);
  const media = content.get(type) ?? content.get(`${type.split("/")[0]}/*`) ?? content.get("*/*");
  if (!media) {
    const expected = [...content.keys()].join(" or ");
    const place = { at: "header.Content-Type", property: "Content-Type", keyword: "content" };
    violations.push({ ...place, expected, received, basis: "documented" });
    return undefined;
  }
  // Only JSON can be held against a schema as it is.
  if (!/[/+]json$/.test(type)) return bytes;
  const parsed = parse(bytes);
  if ("violation" in parsed) {
    violations.push(parsed.violation);
    return undefined;
  }
  violations.push(...media.check(parsed.value));
  return parsed.value;
}

/** The JSON value of a body, or a violation that says where it stops being one. */
function parse(bytes: Buffer): { readonly value: unknown } | { readonly violation: Violation } {
  const text = bytes.toString();
  if (!isUtf8(bytes)) {
    // Decoding has put U+FFFD where the bytes are no text.
    const position = text.indexOf("\uFFFD");
    return broken("text in UTF-8", `byte ${Buffer.byteLength(text.slice(0, position))}`, around(text, position));
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    const position = brokenAt(text);
    const lines = text.slice(0, position).split("\n");
    const place = `position ${position} (line ${lines.length}, column ${lines.at(-1)!.length + 1})`;
    return broken("JSON", place, around(text, position));
  }
}

function broken(format: string, place: string, received: string): { readonly violation: Violation } {
  const expected = `${format}, which it stops being at ${place}`;
  return { violation: { at: "body", property: "body", keyword: "format", expected, received, basis: "assumed" } };
}

function around(text: string, position: number): string {
  const [from, to] = [Math.max(0, position - 20), position + 20];
  return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
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
