/** An answer as it was received, of whatever server; header names in lower case. */
export type ReceivedAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; `undefined` where it is none. */
  readonly json: unknown;
};

import { declaredResponse, fromText, isObject, mediaTypeOf, type Operation, type Violation } from "./spec.ts";

/**
 * What the document finds wrong in an answer: its status, media type, headers and body. Statuses and error bodies are inferred
 * from the reference, so what is wrong with them only differs.
 */
export function judge(operation: Operation, answer: ReceivedAnswer): readonly Violation[] {
  const declared = declaredResponse(operation, answer.status);
  if (!declared) {
    const known = [...operation.responses.keys()].join(", ");
    return [
      violation(
        "status",
        "declared",
        `one that the document declares for ${operation.id}: ${known}`,
        answer.status,
        "inferred",
      ),
    ];
  }
  const found: Violation[] = [];
  for (const [name, header] of declared.headers) {
    const text = answer.headers[name.toLowerCase()];
    if (text !== undefined) found.push(...header.check(fromText(text, header.types)));
    else if (header.required) found.push(violation(`header.${name}`, "required", "present", undefined, declared.basis));
  }
  if (declared.content.size === 0 || answer.text === "") {
    if (declared.content.size > 0)
      found.push(violation("body", "required", "present", undefined, declaredBodyBasis(answer.status)));
    return found;
  }
  const type = mediaTypeOf(answer.headers["content-type"]);
  const media = declared.content.get(type);
  if (!media) {
    const expected = [...declared.content.keys()].join(" or ");
    found.push(
      violation("header.Content-Type", "content", expected, type || undefined, declaredBodyBasis(answer.status)),
    );
  }
  // Only JSON can be held against a schema as it is.
  if (media && !/[/+]json$/.test(type)) return found;
  const body = media ?? [...declared.content.values()][0];
  if (answer.json === undefined)
    found.push(violation("body", "json", "JSON", answer.text, declaredBodyBasis(answer.status)));
  else if (body) found.push(...nullsAsAbsent(body.check(answer.json), answer.json, body.check));
  return found;
}

/** A success speaks JSON (documented); what a refusal looks like is inferred. */
function declaredBodyBasis(status: number): Violation["basis"] {
  return status < 400 ? "documented" : "inferred";
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
 * The reference does not say whether an optional field that has no value is left out or `null`. A `null` that could as well be
 * absent is therefore only a difference.
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
