import { isObject, type JsonObject } from "./pointer.ts";
import { SpecError } from "./spec-error.ts";

/** What the document says of an operation's idempotency: its `x-idempotency`, laid over that of the root. */
export type IdempotencyRules = {
  /** The request header that carries the key. */
  readonly header: string;
  /** The most characters of a key. */
  readonly maxLength: number;
  /** The security schemes whose credentials have keys of their own. */
  readonly scope: readonly string[];
  /** What makes two requests the same: `method`, `path`, `query`, `body`, `header:NAME`. */
  readonly compares: readonly string[];
  /** How long a key is remembered after its first use, in milliseconds. */
  readonly lifetimeMs: number;
  /** The answer to another request under a used key. */
  readonly mismatch: { readonly status: number; readonly code: string };
  /** The answer while the first request runs; the wait is in milliseconds. */
  readonly locked: {
    readonly status: number;
    readonly code: string;
    readonly retryAfterMs: { readonly min: number; readonly max: number };
  };
  /** Whether an answer of this status is kept under the key. */
  keeps(status: number): boolean;
};

/**
 * The `x-idempotency` of an operation laid over that of the root, as it is written; `undefined` where the operation has none. That
 * of the root is not meant for methods that are safe to repeat anyway.
 */
export function idempotencyObject(document: JsonObject, method: string, operation: JsonObject): JsonObject | undefined {
  const root = document["x-idempotency"];
  const own = operation["x-idempotency"];
  const reads = ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"].includes(method);
  if (own === false || (own === undefined && (root === undefined || reads))) return undefined;
  return { ...(isObject(root) ? root : {}), ...(isObject(own) ? own : {}) };
}

/** The idempotency rules of an operation; `undefined` where it has none. Throws a `SpecError` where a rule is wrong. */
export function idempotencyOf(
  document: JsonObject,
  method: string,
  operation: JsonObject,
  id: string,
): IdempotencyRules | undefined {
  const rules = idempotencyObject(document, method, operation);
  if (!rules) return undefined;
  const wrong = (member: string, right: string) =>
    new SpecError(`x-idempotency of ${id}: ${member} is ${JSON.stringify(rules[member])}; it should be ${right}.`);
  const { header, maxLength, scope, compares, lifetime, mismatch, locked, keeps } = rules;
  if (typeof header !== "string") throw wrong("header", "the name of a request header");
  if (typeof maxLength !== "number") throw wrong("maxLength", "a number of characters, such as 256");
  if (!isStrings(scope)) throw wrong("scope", "a list of security schemes, such as [ApiKey]");
  if (!isStrings(compares) || !compares.every((item) => /^(method|path|query|body|header:.+)$/.test(item))) {
    throw wrong("compares", "a list of method, path, query, body, header:NAME");
  }
  const lifetimeMs = durationMs(lifetime);
  if (lifetimeMs === undefined) throw wrong("lifetime", "an ISO 8601 duration, such as PT24H");
  if (!isRefusal(mismatch)) throw wrong("mismatch", "{ status, code }");
  if (!isRefusal(locked)) throw wrong("locked", "{ status, code, retryAfterMs: { min, max } }");
  if (!isStrings(keeps) || !keeps.every((item) => /^[1-5](XX|\d\d)$/.test(item)))
    throw wrong("keeps", 'a list of statuses, such as [2XX, "404"]');
  const wait = isObject(locked.retryAfterMs) ? locked.retryAfterMs : {};
  return {
    header,
    maxLength,
    scope,
    compares,
    lifetimeMs,
    mismatch,
    locked: { ...locked, retryAfterMs: { min: Number(wait.min ?? 100), max: Number(wait.max ?? 500) } },
    keeps: (status) => keeps.some((item) => item === String(status) || item === `${Math.floor(status / 100)}XX`),
  };
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isRefusal(value: unknown): value is JsonObject & { status: number; code: string } {
  return isObject(value) && typeof value.status === "number" && typeof value.code === "string";
}

/**
 * Whether a parameter is a header that holds an idempotency key: its name says so or, where that is a general one such as
 * `Request-Id`, its description.
 */
export function isIdempotencyKey({ in: place, name, description }: JsonObject): boolean {
  if (place !== "header") return false;
  if (/idempoten/i.test(String(name))) return true;
  const text = typeof description === "string" ? description : "";
  return /key|token|nonce|uuid|guid|id$/i.test(String(name)) && /idempoten/i.test(text) && !denied.test(text);
}

/** That a request is repeated safely without it, or is not. */
const denied = /\b(not?|never|without|n't)\b[^.]*idempoten/i;

/** The header of an operation's idempotency key: that of its rules or, without any, that of a parameter. */
export function keyHeaderOf(operation: {
  readonly idempotency: IdempotencyRules | undefined;
  readonly parameters: readonly { readonly isKey: boolean; readonly name: string }[];
}): string | undefined {
  if (operation.idempotency) return operation.idempotency.header;
  return operation.parameters.find(({ isKey }) => isKey)?.name;
}

/** Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds. */
export function durationMs(value: unknown): number | undefined {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(String(value));
  if (!parts || parts.slice(1).every((part) => part === undefined)) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}
