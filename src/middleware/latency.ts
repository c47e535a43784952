import type { MiddlewareHandler } from "hono";
import type { Env } from "../context.ts";

/** Lets every execution take a while; a kept answer comes back at once, as it does from a real server. */
export function latency(ms: number): MiddlewareHandler<Env> {
  return async function latency(_c, next) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return next();
  };
}
