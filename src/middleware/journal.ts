import type { MiddlewareHandler } from "hono";
import type { Env } from "../context.ts";
import type { Operation, Spec } from "../spec.ts";
import { mask } from "./api-key.ts";

/** The longest body that is worth keeping for a reader. */
const longestBody = 16 * 1024;

/** Writes down what was asked and what was answered; without an operation, it is a request that none takes. */
export function journal(spec: Spec, operation?: Operation): MiddlewareHandler<Env> {
  const credentials = spec.securitySchemes.flatMap((scheme) => scheme.header ?? []);
  const parameters = spec.operations.flatMap((operation) => operation.parameters);
  const names = new Map(
    [
      ...parameters.filter((parameter) => parameter.in === "header").map((parameter) => parameter.name),
      ...credentials,
      "Content-Type",
    ].map((name) => [name.toLowerCase(), { name, secret: credentials.includes(name) }]),
  );
  const spoken = [...names.values()];

  return async function journal(c, next) {
    const sandbox = c.get("sandbox");
    const at = await sandbox.clock.now();
    const started = performance.now();
    await next();
    const headers: Record<string, string> = {};
    for (const { name, secret } of spoken) {
      const value = c.req.raw.headers.get(name);
      if (value !== null) headers[name] = secret ? mask(value) : value;
    }
    const bytes = c.get("bytes");
    await sandbox.journal.record({
      at,
      method: c.req.method,
      target: targetOf(c.req.url),
      operationId: operation?.id,
      headers,
      body: bytes && bytes.length > 0 && bytes.length <= longestBody ? bytes : undefined,
      answer: c.get("answer"),
      durationMs: performance.now() - started,
    });
  };
}

/** Path and query of a URL, as they were sent. */
function targetOf(url: string): string {
  return url.slice(url.indexOf("/", url.indexOf("://") + 3));
}
