import { createBodyCodec } from "./body.ts";
import { bodyFormatOf, isJson, mediaFor, mediaTypeOf } from "./media-type.ts";
import { judgeReading } from "./reading.ts";
import {
  declaredResponse,
  isObject,
  type MediaType,
  type Operation,
  type ResponseDescription,
  type Violation,
} from "./spec.ts";
import { createParameterCodec } from "./wire.ts";

/** An answer as it was received, of whatever server; header names in lower case. */
export type ReceivedAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; `undefined` where it is none. */
  readonly json: unknown;
};

/**
 * What the document finds wrong in an answer: its status, media type, headers and body. A success that it does not declare breaks
 * it, unless it is itself not sure of its answers (`x-basis`); of refusals that it does not declare it is silent. A document that
 * is not sure of its refusals is sure all the same that where JSON is declared no page comes, or any other text that is no JSON.
 */
export function judge(operation: Operation, answer: ReceivedAnswer): readonly Violation[] {
  // What declares no answers says nothing of them.
  if (operation.responses.size === 0) return [];
  const declared = declaredResponse(operation, answer.status);
  if (!declared) {
    const known = [...operation.responses.keys()].join(", ");
    const content = new Map([...operation.responses.values()].flatMap((response) => [...response.content]));
    return [
      ...(!isSure(operation) && isForeignToJson(content, answer) ? [noJson(answer)] : []),
      violation(
        "status",
        "declared",
        `one that the document declares for ${operation.id}: ${known}`,
        answer.status,
        isSure(operation) && answer.status < 300 ? "documented" : "inferred",
      ),
    ];
  }
  return [...judgeHeaders(declared, answer), ...judgeBody(operation, declared, answer)];
}

/** Whether a document is sure of all answers that it declares for an operation: one that says nothing of its sureness is. */
export function isSure({ responses }: Operation): boolean {
  return [...responses.values()].every(({ basis }) => basis === "documented");
}

function judgeHeaders(declared: ResponseDescription, { headers }: ReceivedAnswer): readonly Violation[] {
  const message = { path: () => undefined, header: (name: string) => headers[name] };
  const source = { message, query: [], cookies: [] };
  return [...declared.headers.values()].flatMap((header) => {
    const at = `header.${header.name}`;
    const read = createParameterCodec(header).read(source);
    if (read) return judgeReading(read, header.check, at).wrong;
    return header.required ? [violation(at, "required", "present", undefined, declared.basis)] : [];
  });
}

function judgeBody(
  operation: Operation,
  { content }: ResponseDescription,
  answer: ReceivedAnswer,
): readonly Violation[] {
  const { status, text } = answer;
  const received = answer.headers["content-type"];
  // https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1: none of these has content.
  if (content.size === 0 || operation.method === "HEAD" || status === 204 || status === 304) return [];
  const [declared, media] = mediaFor(content, received) ?? [];
  const basis = isForeignToJson(content, answer) ? "documented" : declaredBodyBasis(operation, status);
  if (text === "" && (!media || isJson(received) || !received))
    return [violation("body", "required", "present", undefined, basis)];
  const contentWrong = (range: string, one: MediaType, given: ReceivedAnswer) => {
    const wrong = contentViolations(range, one, given);
    return isSure(operation) ? wrong : nullsAsAbsent(wrong, given.json, one.check);
  };
  if (media) return contentWrong(declared!, media, answer);
  const expected = [...content.keys()].join(" or ");
  const found = violation("header.Content-Type", "content", expected, mediaTypeOf(received) || undefined, basis);
  const [first, other] = [...content][0]!;
  // What says it is something else may be what was wanted all the same.
  return [found, ...(isJson(first) ? contentWrong(first, other, { ...answer, headers: {} }) : [])];
}

/** What is wrong with a body that is one of this media type, or of a range. */
function contentViolations(declared: string, media: MediaType, answer: ReceivedAnswer): readonly Violation[] {
  const type = answer.headers["content-type"] || declared;
  if (!isJson(type)) {
    // An answer comes as text; what has bytes in it cannot be read from that.
    const isText = ["text", "form"].includes(bodyFormatOf(type));
    const read = isText
      ? createBodyCodec(declared, media).read(new TextEncoder().encode(answer.text), type)
      : undefined;
    return read ? judgeReading(read, media.check, "body").wrong : [];
  }
  if (answer.json === undefined) return [noJson(answer)];
  const wrong = media.check(answer.json);
  return mediaTypeOf(type) === "application/problem+json" ? [...wrong, ...otherStatus(answer)] : wrong;
}

/** A problem tells the status that it is answered with, or none. https://www.rfc-editor.org/rfc/rfc9457#section-3.1.2 */
function otherStatus({ status, json }: ReceivedAnswer): readonly Violation[] {
  const told = isObject(json) ? json.status : undefined;
  return typeof told !== "number" || told === status
    ? []
    : [violation("body.status", "const", `${status}, the status of the answer`, told, "documented")];
}

/** Whether an answer has content that is no JSON where all that is declared is JSON. */
function isForeignToJson(content: ResponseDescription["content"], { text, json }: ReceivedAnswer): boolean {
  return text !== "" && json === undefined && content.size > 0 && [...content.keys()].every(isJson);
}

function noJson({ text }: ReceivedAnswer): Violation {
  return violation("body", "json", "JSON", text, "documented");
}

/** A success speaks as is declared; so does a refusal where the document is sure of all answers, and else its form is inferred. */
function declaredBodyBasis(operation: Operation, status: number): Violation["basis"] {
  return status < 400 || isSure(operation) ? "documented" : "inferred";
}

function violation(
  at: string,
  keyword: string,
  expected: string,
  received: unknown,
  basis: Violation["basis"],
): Violation {
  return { at, property: at.replace(/^header\./, ""), keyword, expected, received, basis };
}

/**
 * Whether an optional field that has no value is left out or `null` is for a document to say that is sure of its answers. In any
 * other, a `null` that could as well be absent is only a difference.
 */
function nullsAsAbsent(
  violations: readonly Violation[],
  json: unknown,
  check: (value: unknown) => readonly Violation[],
): readonly Violation[] {
  const nulls = new Set(violations.filter(({ received }) => received === null).map(({ at }) => at));
  if (nulls.size === 0) return violations;
  // A null that is still there is no member: an item of a list, or the body itself.
  const needed = new Set(check(without(json, nulls, "body")).map(({ at }) => at));
  return violations.map((found) =>
    nulls.has(found.at) && !needed.has(found.at) ? { ...found, basis: "inferred" } : found,
  );
}

function without(value: unknown, places: ReadonlySet<string>, at: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => without(item, places, `${at}.${index}`));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name, member]) => !(member === null && places.has(`${at}.${name}`)));
  return Object.fromEntries(kept.map(([name, member]) => [name, without(member, places, `${at}.${name}`)]));
}
