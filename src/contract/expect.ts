import { isDeepStrictEqual } from "node:util";
import { isObject, type JsonObject } from "../document/spec.ts";
import { Mismatch } from "./findings.ts";
import type { Exchange } from "./wire/exchange.ts";

/** The answer is a success; answers its body, which must be a JSON object. */
export function accepted(answer: Exchange): JsonObject {
  if (answer.status < 200 || answer.status > 299) {
    throw new Mismatch("the request should be accepted", answer, {
      at: "status",
      expected: "2xx",
      received: `${answer.status} ${answer.text}`,
    });
  }
  if (!isObject(answer.json)) {
    throw new Mismatch("the answer should be a JSON object", answer, {
      at: "body",
      expected: "a JSON object",
      received: answer.text,
    });
  }
  return answer.json;
}

/** The answer is a refusal: any 4xx, or just the `status` given. */
export function refused(answer: Exchange, status?: number): void {
  const right = status === undefined ? answer.status >= 400 && answer.status <= 499 : answer.status === status;
  if (right) return;
  throw new Mismatch(`the request should be refused${status === undefined ? "" : ` with ${status}`}`, answer, {
    at: "status",
    expected: status ?? "4xx",
    received: `${answer.status} ${answer.text}`,
  });
}

/** The two values are the same JSON; `at` names the place in words or as a path. */
export function equal(received: unknown, expected: unknown, at: string, answer?: Exchange): void {
  if (isDeepStrictEqual(received, expected)) return;
  const place = firstDifference(received, expected, at);
  throw new Mismatch(`${place.at} is not as it should be`, answer, place);
}

/** The received JSON has all that the expected has; members beyond that are no matter, at any depth of objects. */
export function contains(received: unknown, expected: unknown, at: string, answer?: Exchange): void {
  if (!isObject(expected)) {
    equal(received, expected, at, answer);
    return;
  }
  holds(isObject(received), `${at} should be an object`, answer, { at, expected, received: received ?? "(absent)" });
  for (const [name, member] of Object.entries(expected)) contains(received[name], member, `${at}.${name}`, answer);
}

/** The claim holds; otherwise `message` says what does not. */
export function holds(
  claim: boolean,
  message: string,
  answer?: Exchange,
  detail: Mismatch["detail"] = {},
): asserts claim {
  if (!claim) throw new Mismatch(message, answer, detail);
}

/** The `code` of an error body, where it has one of the inferred form. */
export function errorCode(answer: Exchange): string | undefined {
  return isObject(answer.json) && typeof answer.json.code === "string" ? answer.json.code : undefined;
}

/** The `details` of an error body of the inferred form. */
export function errorDetails(answer: Exchange): readonly JsonObject[] {
  return isObject(answer.json) && Array.isArray(answer.json.details) ? answer.json.details.filter(isObject) : [];
}

/**
 * The refusal is 409 with this documented code. The form of an error body is only inferred, so a body of another form passes
 * as long as it names no other code.
 */
export function conflict(answer: Exchange, code: string): void {
  refused(answer, 409);
  const named = errorCode(answer);
  if (answer.text.includes(code) || named === undefined) return;
  throw new Mismatch(`the 409 should carry the code ${code}`, answer, {
    at: "body.code",
    expected: code,
    received: named,
  });
}

/** The member at a dotted path; `undefined` where there is none. `null` and absence are the same to a case. */
export function memberOf(value: unknown, path: string): unknown {
  let member = value;
  for (const name of path.split("."))
    member = isObject(member) && Object.hasOwn(member, name) ? member[name] : undefined;
  return member ?? undefined;
}

/** The value without the members that are `null`, at any depth. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (member === null ? [] : [[name, withoutNulls(member)]])),
  );
}

/** The object without some of its members. */
export function omit(value: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

function firstDifference(
  received: unknown,
  expected: unknown,
  at: string,
): Required<Mismatch["detail"]> & { at: string } {
  if (isObject(received) && isObject(expected)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(received)])) {
      if (!isDeepStrictEqual(received[name], expected[name]))
        return firstDifference(received[name], expected[name], `${at}.${name}`);
    }
  }
  return {
    at,
    expected: expected === undefined ? "(absent)" : expected,
    received: received === undefined ? "(absent)" : received,
  };
}
