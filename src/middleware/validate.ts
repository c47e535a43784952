import { isUtf8 } from "node:buffer";
import type { Context, MiddlewareHandler } from "hono";
import { brokenAt } from "../broken-json.ts";
import { type Env, headerOf } from "../context.ts";
import { invalid, Problem, show } from "../problem.ts";
import { fromText, mediaTypeOf, type Operation, type Parameter, type Violation } from "../spec.ts";

/** Judges a request by the document, and refuses it for all that is wrong with it at once. */
export function validate(operation: Operation): MiddlewareHandler<Env> {
  const declared = (place: Parameter["in"]) => operation.parameters.filter((parameter) => parameter.in === place);
  const [inPath, inQuery, inHeader] = [declared("path"), declared("query"), declared("header")];

  return function validate(c, next) {
    const violations: Violation[] = [];
    const path: Record<string, unknown> = {};
    for (const parameter of inPath) {
      path[parameter.name] = judge(parameter, c.req.param(parameter.name), violations);
    }
    const query: Record<string, unknown> = {};
    for (const parameter of inQuery) {
      const value = judge(parameter, queryValue(c, parameter), violations);
      if (value !== undefined) query[parameter.name] = value;
    }
    for (const parameter of inHeader) judge(parameter, headerOf(c, parameter.name.toLowerCase()), violations);
    const body = operation.requestBody && judgeBody(c, operation.requestBody, violations);
    if (violations.length > 0) throw invalid(violations);
    c.set("input", { path, query, body });
    return next();
  };
}

/** The value of a parameter as its schema speaks of it, or its default; what is wrong with it joins the violations. */
function judge(parameter: Parameter, text: string | string[] | undefined, violations: Violation[]): unknown {
  if (text === undefined) {
    if (parameter.required) violations.push(missing(parameter.in, parameter.name, parameter.example));
    return parameter.default;
  }
  const value = Array.isArray(text)
    ? text.map((item) => fromText(item, ["number", "boolean"]))
    : fromText(text, parameter.types);
  const found = parameter.check(value);
  if (found.length > 0) violations.push(...found.map((violation) => named(violation, parameter)));
  return value;
}

/** The same violation under the parameter's name, with the example that the document gives for it. */
function named(violation: Violation, { name, example }: Parameter): Violation {
  return { ...violation, property: name, ...(example === undefined ? {} : { example }) };
}

function queryValue(c: Context<Env>, parameter: Parameter): string | string[] | undefined {
  return parameter.types.includes("array") ? c.req.queries(parameter.name) : c.req.query(parameter.name);
}

function judgeBody(
  c: Context<Env>,
  { required, content }: NonNullable<Operation["requestBody"]>,
  violations: Violation[],
): unknown {
  const bytes = c.get("bytes");
  if (bytes.length === 0) {
    if (required) violations.push(missing("body", "body", undefined));
    return undefined;
  }
  const received = headerOf(c, "content-type");
  const type = mediaTypeOf(received);
  const media = content.get(type) ?? content.get(`${type.split("/")[0]}/*`) ?? content.get("*/*");
  if (!media) {
    const right = [...content.keys()].join(" or ");
    throw new Problem("unsupported_media_type", {
      message: `The header Content-Type should be ${right}; received ${show(received)}.`,
    });
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
