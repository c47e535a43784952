import { lettersOf, sha256Of } from "#platform";
import type { Answer } from "../../document/answer.ts";
import { keyHeaderOf } from "../../document/idempotency.ts";
import { splitTarget } from "../../document/path.ts";
import { invalid, Problem } from "../../document/problem.ts";
import type { IdempotencyRules, Operation, Spec } from "../../document/spec.ts";
import { isObject } from "../../document/validator.ts";
import { headerOf, type RequestContext, targetOf } from "../context.ts";
import type { Sandbox } from "../store/store.ts";

/** Carries out a request at most once for each key; `execute` answers refusals as well, for they are kept too. */
export type KeyStep = (
  c: RequestContext,
  sandbox: Sandbox,
  bytes: Uint8Array,
  execute: () => Promise<Answer>,
) => Promise<Answer>;

/** Makes a write safe to repeat under a key, by the rules that the document states (`x-idempotency`). */
export function idempotency(operation: Operation, rules: IdempotencyRules): KeyStep {
  const header = rules.header.toLowerCase();
  const owners = ownersOf(operation, rules);
  const fingerprintOf = fingerprinter(rules.compares);
  const wait = Math.ceil(rules.locked.retryAfterMs.max / 1000);

  return async function idempotency(c, { idempotency: records }, bytes, execute) {
    const key = headerOf(c, header);
    if (key === undefined) return execute();
    if (key === "" || key.length > rules.maxLength) throw unfitKey(key, rules);

    const reservation = await records.reserve(keyOf(c, key, owners), fingerprintOf(c, bytes), rules.lifetimeMs);
    switch (reservation.state) {
      case "kept":
        return marked(reservation.answer, "replayed");
      case "mismatch":
        throw new Problem("idempotency_key_mismatch", { as: rules.mismatch });
      case "locked":
        throw new Problem("idempotency_key_locked", { as: rules.locked, headers: { "Retry-After": `${wait}` } });
    }

    const answer = await execute();
    if (!rules.keeps(answer.status)) {
      await records.release(reservation.ticket);
      return answer;
    }
    await records.keep(reservation.ticket, answer);
    return marked(answer, "stored", reservation.warning);
  };
}

/**
 * The rules for an operation of a document that states none: a client that sends the header means it.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function usualRules({ document }: Spec, operation: Operation): IdempotencyRules | undefined {
  const { method, path } = operation;
  const item = isObject(document.paths) ? document.paths[path] : undefined;
  const own = isObject(item) ? item[method.toLowerCase()] : undefined;
  const isStated = [document, own].some((one) => isObject(one) && one["x-idempotency"] !== undefined);
  if (isStated || !["POST", "PATCH"].includes(method)) return undefined;
  return {
    header: keyHeaderOf(operation) ?? "Idempotency-Key",
    maxLength: 255,
    scope: [],
    compares: ["method", "path", "query", "body"],
    lifetimeMs: 24 * 60 * 60 * 1000,
    mismatch: { status: 422, code: "idempotency_key_mismatch" },
    locked: { status: 409, code: "idempotency_key_locked", retryAfterMs: { min: 100, max: 500 } },
    keeps: (status) => status >= 200 && status < 300,
  };
}

function marked(answer: Answer, mark: "stored" | "replayed", warning?: string): Answer {
  const headers = { ...answer.headers, "X-Mock-Idempotency": mark };
  return { ...answer, headers: warning === undefined ? headers : { ...headers, "X-Mock-Warning": warning } };
}

/** Makes what digests exactly those parts of a request that have to be the same. */
function fingerprinter(compares: readonly string[]): (c: RequestContext, bytes: Uint8Array) => string {
  const comparesBody = compares.includes("body");
  const readers = compares.filter((part) => part !== "body").map(readerOf);

  return function fingerprintOf(c, bytes) {
    const [path, query] = splitTarget(targetOf(c));
    // A line for each part, for none of them holds a line break. The body follows, a letter a byte, so that no two read the
    // same.
    let text = "";
    for (const read of readers) text += `${read(c, path, query)}\n`;
    return sha256Of(comparesBody ? text + lettersOf(bytes) : text, "base64url");
  };
}

/** A part of a request; of a header that is not there, what no header can be. */
type Reader = (c: RequestContext, path: string, query: string) => string;

function readerOf(part: string): Reader {
  switch (part) {
    case "method":
      return (c) => c.req.method;
    case "path":
      return (_c, path) => path;
    case "query":
      return (_c, _path, query) => query;
    default: {
      const name = part.slice("header:".length).toLowerCase();
      return (c) => headerOf(c, name) ?? "\r";
    }
  }
}

/** A key as it is remembered. The API key is no part of it: its sandbox has records of its own. */
function keyOf(c: RequestContext, key: string, owners: readonly string[]): string {
  if (owners.length === 0) return key;
  const credentials = owners.map((header) => headerOf(c, header) ?? null);
  return `${sha256Of(JSON.stringify(credentials))} ${key}`;
}

/** The headers whose values have keys of their own, beside that of the API key. */
function ownersOf({ security }: Operation, { scope }: IdempotencyRules): string[] {
  const schemes = security.flat().filter(({ id, type }) => scope.includes(id) && type !== "apiKey");
  return [...new Set(schemes.flatMap((scheme) => scheme.header?.toLowerCase() ?? []))];
}

function unfitKey(key: string, rules: IdempotencyRules): Problem {
  return invalid([
    {
      at: `header.${rules.header}`,
      property: rules.header,
      keyword: key === "" ? "minLength" : "maxLength",
      expected: `a key of 1 to ${rules.maxLength} characters, or the header should be left out`,
      received: key === "" ? "" : `${key.slice(0, 20)}… (${key.length} characters)`,
      example: "3b0f6a52-1f0e-4c43-9d6f-6f2f7c1d8e55",
      basis: "assumed",
    },
  ]);
}
