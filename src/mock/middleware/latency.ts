import type { Step } from "../context.ts";

/** Lets every execution take a while; a kept answer comes back at once, as it does from a real server. */
export function latency(ms: number): Step {
  return async function latency(context, next) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return next(context);
  };
}
