import { StateError } from "./state.ts";

/** What `redis.ts` does, in a browser: it reaches no Redis. */
export function openRedisStore(): never {
  throw new StateError("A browser reaches no Redis; leave `store` out, or give a StateLog as `state`.");
}
