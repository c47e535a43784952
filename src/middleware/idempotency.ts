import { hash } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { type Env, send, sendInstead } from "../context.ts";
import { invalid, Problem } from "../problem.ts";
import type { IdempotencyRules, Operation } from "../spec.ts";

const marker = "X-Mock-Idempotency";

/** Makes a write safe to repeat under a key, by the rules that the document states (`x-idempotency`). */
export function idempotency(operation: Operation, rules: IdempotencyRules): MiddlewareHandler<Env> {
  const owners = ownersOf(operation, rules);
  const wait = Math.ceil(rules.locked.retryAfterMs.max / 1000);

  return async function idempotency(c, next) {
    const key = c.req.raw.headers.get(rules.header);
    if (key === null) return next();
    if (key === "" || key.length > rules.maxLength) throw unfitKey(key, rules);

    const records = c.get("sandbox").idempotency;
    const owned = owners.map((header) => c.req.raw.headers.get(header));
    const reservation = await records.reserve(
      owned.length === 0 ? key : JSON.stringify([hash("sha256", JSON.stringify(owned)), key]),
      fingerprintOf(c.req.raw, c.get("bytes"), rules.compares),
      rules.lifetimeMs,
    );
    switch (reservation.state) {
      case "kept": {
        const { status, headers, body } = reservation.answer;
        return send(c, { status, headers: { ...headers, [marker]: "replayed" }, body });
      }
      case "mismatch":
        throw new Problem("idempotency_key_mismatch", { as: rules.mismatch });
      case "locked":
        throw new Problem("idempotency_key_locked", { as: rules.locked, headers: { "Retry-After": `${wait}` } });
    }

    // Hono turns whatever a later handler throws into an answer before it comes back here.
    await next();
    const answer = c.get("answer");
    if (!rules.keeps(answer.status)) return records.release(reservation.ticket);
    await records.keep(reservation.ticket, answer);
    sendInstead(c, { ...answer, headers: { ...answer.headers, [marker]: "stored" } });
  };
}

/** A digest of exactly what makes two requests the same. */
function fingerprintOf(request: Request, bytes: Uint8Array, compares: readonly string[]): string {
  const { url, method, headers } = request;
  const path = url.indexOf("/", url.indexOf("://") + 3);
  const mark = url.indexOf("?", path);
  const query = mark === -1 ? url.length : mark;
  const parts = compares.map((part) => {
    switch (part) {
      case "method":
        return method;
      case "path":
        return url.slice(path, query);
      case "query":
        return url.slice(query);
      case "body":
        return bytes.length;
      default:
        return headers.get(part.slice("header:".length));
    }
  });
  const head = Buffer.from(JSON.stringify(parts));
  return hash("sha256", compares.includes("body") ? Buffer.concat([head, bytes]) : head, "base64url");
}

/** The headers whose values have keys of their own; the API key is none of them, for it has a whole sandbox of its own. */
function ownersOf(operation: Operation, rules: IdempotencyRules): string[] {
  const schemes = operation.security.flat().filter(({ id, type }) => rules.scope.includes(id) && type !== "apiKey");
  return [...new Set(schemes.flatMap((scheme) => scheme.header ?? []))];
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
