import { hash } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { type Env, headerOf, send, targetOf } from "../context.ts";
import { invalid, Problem } from "../problem.ts";
import type { IdempotencyRules, Operation } from "../spec.ts";

/** Makes a write safe to repeat under a key, by the rules that the document states (`x-idempotency`). */
export function idempotency(operation: Operation, rules: IdempotencyRules): MiddlewareHandler<Env> {
  const header = rules.header.toLowerCase();
  const owners = ownersOf(operation, rules);
  const fingerprintOf = fingerprinter(rules.compares);
  const wait = Math.ceil(rules.locked.retryAfterMs.max / 1000);

  return async function idempotency(c, next) {
    const key = headerOf(c, header);
    if (key === undefined) return next();
    if (key === "" || key.length > rules.maxLength) throw unfitKey(key, rules);

    const records = c.get("sandbox").idempotency;
    const reservation = await records.reserve(keyOf(c, key, owners), fingerprintOf(c), rules.lifetimeMs);
    switch (reservation.state) {
      case "kept":
        c.set("marks", replayed);
        return send(c, reservation.answer);
      case "mismatch":
        throw new Problem("idempotency_key_mismatch", { as: rules.mismatch });
      case "locked":
        throw new Problem("idempotency_key_locked", { as: rules.locked, headers: { "Retry-After": `${wait}` } });
    }

    // Told beforehand: to add a header to a response that is made costs a second one.
    c.set("marks", stored);
    // Hono turns whatever a later handler throws into an answer before it comes back here.
    await next();
    const answer = c.get("answer");
    if (!rules.keeps(answer.status)) return records.release(reservation.ticket);
    await records.keep(reservation.ticket, answer);
  };

  function stored(status: number) {
    return rules.keeps(status) ? storedMark : undefined;
  }
}

const storedMark = { "X-Mock-Idempotency": "stored" };
const replayedMark = { "X-Mock-Idempotency": "replayed" };
const replayed = () => replayedMark;

/** Makes what digests exactly those parts of a request that have to be the same. */
function fingerprinter(compares: readonly string[]): (c: Context<Env>) => string {
  const comparesBody = compares.includes("body");
  const readers = compares.filter((part) => part !== "body").map(readerOf);

  return function fingerprintOf(c) {
    const bytes = c.get("bytes");
    const parts = readers.map((read) => read(c));
    // As JSON, so that no two lists of parts read the same; the body follows, a letter a byte, so that nothing else can.
    const head = JSON.stringify(parts);
    return hash("sha256", comparesBody ? head + bytes.toString("latin1") : head, "base64url");
  };
}

function readerOf(part: string): (c: Context<Env>) => string | null {
  switch (part) {
    case "method":
      return (c) => c.req.method;
    case "path":
      return (c) => targetOf(c).split("?", 1)[0]!;
    case "query":
      return (c) => targetOf(c).split("?").slice(1).join("?");
    default: {
      const name = part.slice("header:".length).toLowerCase();
      return (c) => headerOf(c, name) ?? null;
    }
  }
}

/** A key as it is remembered. The API key is no part of it: its sandbox has records of its own. */
function keyOf(c: Context<Env>, key: string, owners: readonly string[]): string {
  if (owners.length === 0) return key;
  const credentials = owners.map((header) => headerOf(c, header) ?? null);
  return `${hash("sha256", JSON.stringify(credentials))} ${key}`;
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
