import type { Violation } from "./validator.ts";

/** What is wrong with one part of a request, for its client. */
export type Detail = {
  readonly message: string;
  readonly code: string;
  /** The part, as a client names it: a dotted path in the body, or the name of a parameter. */
  readonly property?: string;
  /** What to send instead. */
  readonly suggestion?: string;
};

type Refusal = { readonly status: number; readonly text: string };

/** Every way in which this program refuses a request; the text stands where the refusal gives none of its own. */
export const refusals = {
  VALIDATION_ERROR: { status: 400, text: "The request breaks a rule." },
  unauthorized: { status: 401, text: "The request needs a known key." },
  forbidden: { status: 403, text: "This caller is not answered." },
  not_found: { status: 404, text: "There is nothing at this path." },
  method_not_allowed: { status: 405, text: "This path does not take that method." },
  conflict: { status: 409, text: "Something stands in the way of this request." },
  idempotency_key_mismatch: {
    status: 409,
    text: "This idempotency key was used for another request; send this request under a key of its own.",
  },
  idempotency_key_locked: {
    status: 409,
    text: "The first request under this idempotency key is still running; send the identical request again shortly.",
  },
  precondition_failed: { status: 412, text: "It is in another state than this request asks for." },
  payload_too_large: { status: 413, text: "The body is too large." },
  unsupported_media_type: { status: 415, text: "The body is not of a media type that this operation takes." },
  internal_error: { status: 500, text: "The server failed to answer this request." },
  unavailable: { status: 503, text: "The server cannot answer for a while; send the request again." },
  example_needed: { status: 500, text: "No valid answer can be made from the document." },
} as const satisfies Record<string, Refusal>;

/** The name of a refusal: the `code` of its error body. */
export type Code = keyof typeof refusals;

/** What a refusal adds to its line in the table. */
export type ProblemOptions = {
  readonly message?: string;
  readonly details?: readonly Detail[];
  /** What the details were made of. */
  readonly violations?: readonly Violation[];
  /** What to do next. */
  readonly hint?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In the place of the table's own, where a document says otherwise. */
  readonly as?: { readonly status: number; readonly code: string };
};

/** A refused request: thrown wherever it is found, turned into an answer at one place, in the words of the document. */
export class Problem extends Error {
  override name = "Problem";
  /** The line of the table. */
  readonly reason: Code;
  readonly code: string;
  readonly status: number;
  readonly options: ProblemOptions;

  constructor(code: Code, options: ProblemOptions = {}) {
    const { stackTraceLimit } = Error;
    // It says what a client did, and nobody asks where that was found; to write that down takes longer than to judge the request.
    Error.stackTraceLimit = 0;
    super(options.message ?? refusals[code].text);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = code;
    this.code = options.as?.code ?? code;
    this.status = options.as?.status ?? refusals[code].status;
    this.options = options;
  }
}

/** The most violations that one answer lists. */
export const mostDetails = 100;

/** Refuses a request for everything that is wrong with it, in one answer. */
export function invalid(violations: readonly Violation[]): Problem {
  const count = violations.length === 1 ? "1 violation" : `${violations.length} violations`;
  const listed = violations.length > mostDetails ? `; the first ${mostDetails} are listed` : "";
  return new Problem("VALIDATION_ERROR", {
    message: `The request has ${count}${listed}.`,
    details: violations.slice(0, mostDetails).map(detailOf),
    violations,
  });
}

/** Refuses a request for a resource that is not there. */
export function notFound(kind: string, id: string, hint: string): Problem {
  return new Problem("not_found", { message: `There is no ${kind} ${show(id)}.`, hint });
}

function detailOf(violation: Violation): Detail {
  const { property, received, expected } = violation;
  const code = detailCode(violation.keyword);
  const detail = { code, property };
  switch (code) {
    case "FIELD_REQUIRED":
      return { message: `${property} is required; nothing was received.`, ...detail, ...sample(violation) };
    case "UNKNOWN_FIELD":
      return {
        message: `${property} is no field that this request takes; received ${show(received)}.`,
        ...detail,
        ...nearest(violation),
      };
    default:
      return {
        message: `${property} should be ${expected}; received ${show(received)}.`,
        ...detail,
        ...sample(violation),
      };
  }
}

type DetailCode = "FIELD_REQUIRED" | "INVALID_TYPE" | "INVALID_FORMAT" | "INVALID_VALUE" | "UNKNOWN_FIELD";

function detailCode(keyword: string): DetailCode {
  switch (keyword) {
    case "required":
    case "dependentRequired":
      return "FIELD_REQUIRED";
    case "type":
      return "INVALID_TYPE";
    case "format":
    case "pattern":
      return "INVALID_FORMAT";
    case "additionalProperties":
    case "unevaluatedProperties":
      return "UNKNOWN_FIELD";
    default:
      return "INVALID_VALUE";
  }
}

function sample({ example }: Violation): { suggestion?: string } {
  return example === undefined ? {} : { suggestion: `Send a value such as ${show(example)}.` };
}

function nearest({ property, known = [] }: Violation): { suggestion?: string } {
  if (known.length === 0) return { suggestion: "Leave it out." };
  const name = property.slice(property.lastIndexOf(".") + 1);
  const near = closest(name, known);
  if (near !== undefined) return { suggestion: `Did you mean ${show(near)}?` };
  return { suggestion: `Leave it out, or use one of ${known.join(", ")}.` };
}

/** The known name that somebody meant who wrote this one; `undefined` where none is near enough. */
export function closest(name: string, known: readonly string[]): string | undefined {
  const [first] = known
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  return first && first.edits <= Math.max(2, Math.floor(name.length / 3)) ? first.candidate : undefined;
}

/** How many single-character edits lie between two words (Levenshtein). */
export function distance(a: string, b: string): number {
  // A name that long is nobody's slip of the finger.
  if (a.length > 64) return a.length;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1)!;
}

/** A received value as a message quotes it: as JSON, and not much of it. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  try {
    const text = JSON.stringify(value);
    return text.length > 120 ? `${text.slice(0, 120)}…` : text;
  } catch {
    // Brackets in brackets, deeper than the stack: JSON.parse takes them, JSON.stringify does not.
    return "a value nested too deeply to show";
  }
}
