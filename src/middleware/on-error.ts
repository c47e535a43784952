import type { ErrorHandler } from "hono";
import { type Env, send } from "../context.ts";
import { Problem } from "../problem.ts";

/** The one place where an error becomes an answer: a refusal says why, a bug says nothing but leaves a line in the log. */
export function onError(log: (line: string) => void): ErrorHandler<Env> {
  return function onError(error, c) {
    if (error instanceof Problem) return send(c, error.toAnswer());
    log(`${c.req.method} ${new URL(c.req.url).pathname} failed: ${error.stack ?? error.message}`);
    return send(c, new Problem("internal_error").toAnswer());
  };
}
