import { sha256Of } from "#platform";
import { type Answer, bodiless, jsonAnswer } from "../document/answer.ts";
import { createBodyCodec } from "../document/body.ts";
import { writtenHeader } from "../document/header.ts";
import { bodyFormatOf, inAcceptedOrder, isJson, isXml, mediaTypeOf } from "../document/media-type.ts";
import { Problem, show } from "../document/problem.ts";
import type { Making } from "../document/sample/run.ts";
import type { Schemas } from "../document/sample/schemas.ts";
import { createAlternatives } from "../document/schema.ts";
import {
  type Check,
  declaredResponse,
  type MediaType,
  type Operation,
  type ResponseDescription,
  type Spec,
} from "../document/spec.ts";
import { isObject, lookup, type Place, pointer } from "../document/validator.ts";
import { toXml } from "../document/xml.ts";
import type { Said } from "./handler.ts";
import type { ForcedAnswer } from "./store/store.ts";

/** Makes answers of a document. */
export type Generator = {
  /**
   * Makes up the answer of an operation, of its first declared success, else redirection; the same for the same path. Of several
   * media types it takes the one that `accept` wants most, where it wants any.
   */
  said(operation: Operation, path: string, accept?: string): Promise<Said>;
  /** A valid example of a body, else a value made from its schema, the same for the same seed. Throws a `Problem` for want of any. */
  body(operation: Operation, success: Success & { readonly media: MediaType }, path: string): Promise<unknown>;
  /** A value of a schema, the same for the same seed; `undefined` where none can be made. */
  value(shape: Shape, seed: string): Promise<unknown>;
  /** An answer that was asked for: of a status, of a named example. Throws a `Problem` where the document has no such thing. */
  forced(operation: Operation, path: string, wanted: ForcedAnswer): Promise<Answer>;
  /** Writes what a handler answers as its operation declares it: in its media type, with the headers that it must have. */
  write(operation: Operation, path: string, said: Said, accept?: string): Promise<Answer>;
};

/** A schema of the document and its check; the schema itself where it is not the one that stands at the place. */
export type Shape = { readonly place: Place; readonly check: Check; readonly schema?: unknown };

/** The mark of an answer that nothing but the document stands behind. */
export const generated = { "X-Mock-Generated": "true" } as const;

/** How often to try for a value that the validators accept. */
const attempts = 4;

/** Answers operations from their examples, or else from values made from their schemas. */
export function createGenerator(spec: Spec, seed: number): Generator {
  // Made at its first use, with the libraries behind it: most runs never do.
  let maker: Promise<Maker> | undefined;
  const make: Maker = async (...given) => {
    maker ??= createMaker(spec);
    return (await maker)(...given);
  };
  const seedOf = ({ method }: Operation, path: string) => `${seed} ${method} ${path}`;

  async function body(
    operation: Operation,
    success: Success & { readonly media: MediaType },
    path: string,
    isMadeUp = false,
  ) {
    const { response, type, media } = success;
    const example = isMadeUp ? undefined : exampleOf(media);
    const made = example === undefined ? await make(media, seedOf(operation, path)) : { value: example };
    if ("value" in made) return made.value;
    const place = `#${pointer(response.place)}/content/${type.replace("/", "~1")}`;
    throw new Problem("example_needed", {
      message: `No valid answer to ${operation.id} could be made from the schema of its ${response.status} response: ${made.reason}.`,
      hint: `Add an example under ${place} of the document.`,
    });
  }

  async function write(operation: Operation, path: string, said: Said, accept?: string): Promise<Answer> {
    const { status, body, headers: own = {} } = said;
    const response = declaredResponse(operation, status);
    const needed = response ? await headersOf(operation, response, make, seedOf(operation, path), own) : {};
    const headers = { ...needed, ...own };
    if (body === undefined || bodiless.has(status)) return { status, headers, body: null };
    const content = response && contentOf(response, accept);
    if (!content) return jsonAnswer(status, body, headers);
    const [type, media] = content;
    return writtenOf(spec, type, media, body, { status, headers });
  }

  return {
    body,
    write,
    async said(operation, path, accept) {
      const success = successOf(operation, accept);
      if (!success) return { status: operation.method === "GET" ? 200 : 204, body: undefined, headers: generated };
      const { status, media } = success;
      const isEmpty = !media || bodiless.has(status);
      return {
        status,
        body: isEmpty ? undefined : await body(operation, { ...success, media }, path),
        headers: generated,
      };
    },
    async forced(operation, path, wanted) {
      const { status, response, type, media, example } = chosen(operation, wanted);
      const headers = { ...usualHeaders(status), ...wanted.headers };
      const say = (value: unknown) => write(operation, path, { status, body: value, headers });
      if ("body" in wanted) return say(wanted.body);
      if (!response) throw askedFor(status, headers);
      if (example) return say(example.value);
      const isEmpty = !media || bodiless.has(status);
      return say(isEmpty ? undefined : await body(operation, { status, response, type, media }, path, wanted.dynamic));
    },
    async value(shape, text) {
      const made = await make(shape, `${seed} ${text}`);
      return "value" in made ? made.value : undefined;
    },
  };
}

/** What an operation answers when all goes well. */
export type Success = {
  readonly status: number;
  readonly response: ResponseDescription;
  /** The media type that is answered, and what the document says of it; none where the answer has no body. */
  readonly type: string;
  readonly media: MediaType | undefined;
};

/** What an operation answers when all goes well; `undefined` where it declares no answer at all. */
export function successOf(operation: Operation, accept?: string): Success | undefined {
  const response = responseOf(operation);
  if (!response) return undefined;
  const [type = "", media] = contentOf(response, accept) ?? [];
  return { status: statusOf(response), response, type, media };
}

/** The first valid example of a body. */
export function exampleOf({ examples }: MediaType): unknown {
  return examples[0];
}

/** Which of the declared answers is asked for, by its status, else by an example of it, else by being the usual one. */
function chosen(operation: Operation, { status, example: name }: ForcedAnswer) {
  const usual = successOf(operation);
  const declared = [...operation.responses.values()];
  const own = status === undefined ? usual?.response : declaredResponse(operation, status);
  if (name === undefined) {
    const [type = "", media] = (own && contentOf(own)) ?? [];
    return { status: status ?? usual?.status ?? 200, response: own, type, media, example: undefined };
  }
  const others = status === undefined ? declared.filter((response) => response !== own) : [];
  const named = [...(own ? [own] : []), ...others].flatMap(namedExamples);
  const found = named.find((one) => one.name === name);
  if (!found) throw noExample(operation, status, name, named);
  return { ...found, status: status ?? statusOf(found.response), example: found };
}

/** The examples of a declared answer, each by its name. */
function namedExamples(response: ResponseDescription) {
  return [...response.content].flatMap(([type, media]) =>
    [...media.named].map(([name, value]) => ({ name, value, type, media, response })),
  );
}

function noExample(
  { id }: Operation,
  status: number | undefined,
  example: string,
  named: readonly { readonly name: string; readonly response: ResponseDescription }[],
): Problem {
  const names = named.map(({ name, response }) => `${name} (${response.status})`);
  const answers = `${status === undefined ? "the answers" : `the ${status} answer`} of ${id}`;
  return new Problem("VALIDATION_ERROR", {
    message: `There is no example ${show(example)} of ${answers}; ${names.length === 0 ? "there are none" : `there is ${names.join(", ")}`}.`,
    hint:
      names.length === 0 ? "Leave the example out: the answer is then made from its schema." : "Ask for one of these.",
  });
}

const usualCodes: Readonly<Record<number, string>> = {
  400: "VALIDATION_ERROR",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  429: "too_many_requests",
  500: "internal_error",
  503: "unavailable",
};

/** An answer that was asked for and that the document does not declare, in the words that it has for others. */
function askedFor(status: number, headers: Readonly<Record<string, string>>): Problem {
  return new Problem("internal_error", {
    message: `This answer was asked for with the status ${status}.`,
    as: { status, code: usualCodes[status] ?? `status_${status}` },
    headers,
  });
}

/** When to come back: 429 and 503 say so wherever they are sent. */
function usualHeaders(status: number): Readonly<Record<string, string>> {
  return status === 429 || status === 503 ? { "Retry-After": "1" } : {};
}

/** The answer that is declared for when all goes well; else the first that is declared at all. */
function responseOf(operation: Operation): ResponseDescription | undefined {
  for (const wanted of [/^2(\d\d|XX)$/, /^3(\d\d|XX)$/, /^default$/, /^/])
    for (const [status, response] of operation.responses) if (wanted.test(status)) return response;
  return undefined;
}

function statusOf({ status }: ResponseDescription): number {
  return Number(status.replace("default", "200").replace("3XX", "302").replace("XX", "00"));
}

/**
 * The content of a response that a client wants most; of those that it wants as much, or where it wants none of them, JSON where
 * there is any, for whatever a schema says can be said in it.
 */
function contentOf(response: ResponseDescription, accept?: string): readonly [string, MediaType] | undefined {
  if (response.content.size < 2) return [...response.content][0];
  const all = [...response.content].sort(([a], [b]) => Number(isJson(b)) - Number(isJson(a)));
  const [wanted] =
    accept === undefined
      ? []
      : inAcceptedOrder(
          all.map(([type]) => sentAs(type)),
          accept,
        );
  return all.find(([type]) => sentAs(type) === wanted) ?? all[0];
}

/** What to send for a range of media types, which is none itself. https://www.rfc-editor.org/rfc/rfc9110#section-8.3 */
const ofRanges: Readonly<Record<string, string>> = {
  "*/*": "application/json",
  "application/*": "application/json",
  "text/*": "text/plain",
  "image/*": "image/png",
};

function sentAs(declared: string): string {
  return ofRanges[mediaTypeOf(declared)] ?? declared.replace(/\/\*/, "/octet-stream");
}

/** A value as its media type writes it. */
function writtenOf(
  spec: Spec,
  declared: string,
  media: MediaType,
  value: unknown,
  { status, headers }: Pick<Answer, "status" | "headers">,
): Answer {
  const type = sentAs(declared);
  const said = (contentType: string, body: string) => ({
    status,
    headers: { ...headers, "Content-Type": contentType },
    body,
  });
  if (typeof value === "string" && !isJson(type)) return said(type, value);
  if (isXml(type))
    return said(type, toXml(value, schemaAt(spec, media.place), createAlternatives(spec.validators.document)));
  if (/^(form|multipart)$/.test(bodyFormatOf(type)) && isObject(value)) {
    const body = createBodyCodec(type, media).write(value);
    if (body) return said(body.contentType, body.text);
  }
  return jsonAnswer(status, value, { ...headers, "Content-Type": type });
}

/** What the sending of a body decides, or the place of other answers, and no document. */
const wireHeader = /^(content-.*|transfer-encoding|connection|link)$/i;

/**
 * The headers that an answer must have, and those that the document shows; of a redirection, which says all that it says by them,
 * every declared one.
 */
async function headersOf(
  operation: Operation,
  response: ResponseDescription,
  value: Maker,
  seed: string,
  given: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, header] of response.headers) {
    if (Object.keys(given).some((own) => own.toLowerCase() === name.toLowerCase())) continue;
    const { required, isShown, place, schema, check } = header;
    const isTold = (isShown || response.status.startsWith("3")) && !wireHeader.test(name) && !isUntrue(name, response);
    if (!required && !isTold) continue;
    const example = header.examples.find((given) => accepts(check, given));
    const made =
      example !== undefined
        ? { value: example }
        : schema === undefined
          ? { reason: "it has none" }
          : await value({ place: schema, check }, seed);
    if ("value" in made) headers[name] = writtenHeader(header, made.value);
    else if (required) {
      throw new Problem("example_needed", {
        message: `No valid answer to ${operation.id} could be made from the schema of the header ${name} of its ${response.status} response.`,
        hint: `Add an example under #${pointer(place)} of the document.`,
      });
    }
  }
  return headers;
}

/** Whether a header tells of a limit that is none here: clients obey it, and wait. A refusal for such a limit has been asked for. */
function isUntrue(name: string, { status }: ResponseDescription): boolean {
  return /^(?:(?:x-)?rate-?limit|retry-after$)/i.test(name) && !/^(?:429|503)$/.test(status);
}

/** Makes a value that its check accepts, or says why it cannot. */
type Maker = (shape: Shape, seed: string) => Promise<{ readonly value: unknown } | { readonly reason: string }>;

async function createMaker(spec: Spec): Promise<Maker> {
  const [{ faker }, { likely }, { createSchemas }] = await Promise.all([
    import("@faker-js/faker/locale/en"),
    import("../document/sample/sample.ts"),
    import("../document/sample/schemas.ts"),
  ]);
  const schemas: Schemas = createSchemas(spec.validators.document);
  return async ({ place, check, schema = schemaAt(spec, place) }, seed) => {
    if (schema === undefined) return { value: {} };
    let reason: string | undefined;
    // A member that has no place in answers is sent only where no answer would be valid without it.
    for (const view of ["answer", undefined] as const) {
      const making: Making = { schemas, known: () => undefined, view };
      for (let attempt = 0; attempt < attempts; attempt++) {
        const number = Number.parseInt(sha256Of(`${seed} ${attempt}`).slice(0, 8), 16);
        const made = likely(schema, making, number, faker);
        if (made.reason !== undefined) {
          reason ??= made.reason;
          break;
        }
        if (accepts(check, made.value)) return made;
        reason ??= "the validators refuse what was found";
      }
    }
    return { reason: reason ?? "none was found" };
  };
}

/** The schema at a place; `undefined` where the document has none. */
function schemaAt(spec: Spec, place: readonly string[]): unknown {
  const owner = lookup(spec.validators.document, `#${encodeURI(pointer(place.slice(0, -1)))}`);
  return isObject(owner) ? owner[place.at(-1)!] : undefined;
}

/** Whether a check accepts a value; one that cannot be made of its schema says nothing. */
export function accepts(check: Check, value: unknown): boolean {
  try {
    return check(value).length === 0;
  } catch {
    return true;
  }
}
