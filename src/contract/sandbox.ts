import { isObject } from "../document/spec.ts";
import { RunError } from "./guest.ts";
import { type TargetOptions, wireRequestOf } from "./target.ts";
import { carrierOf } from "./wire/credential.ts";
import { jsonOf } from "./wire/exchange.ts";

/** A target that shows itself as a mock of this kind by its control plane. */
export type Sandbox = {
  /** Its state when it was found. */
  readonly state: unknown;
  /** Moves its clock forward; back by a number below 0. */
  advance(ms: number): Promise<void>;
  /** Puts that state back, whatever was written since. */
  restore(): Promise<void>;
};

/** Looks whether the target is a mock of this kind; any other has nothing at that address. */
export async function findSandbox(
  options: Pick<TargetOptions, "spec" | "transport" | "baseUrl" | "apiKey" | "headers">,
): Promise<Sandbox | undefined> {
  const carrier = carrierOf(options.spec);
  const call = async (method: string, path: string, text?: string) => {
    const plan = {
      method,
      path: `/_understudy/${path}`,
      ...(text === undefined ? {} : { text, headers: { "Content-Type": "application/json" } }),
    };
    const { status, body } = await options.transport(
      wireRequestOf(plan, options, carrier).request,
      AbortSignal.timeout(10_000),
    );
    if (status > 299) throw new RunError(`The mock's control plane answered ${status} to ${method} ${path}: ${body}`);
    return body;
  };
  const health = await call("GET", "health").then(jsonOf, () => undefined);
  if (!isObject(health) || health.status !== "ok" || typeof health.document !== "string") return undefined;
  const state = await call("GET", "state");
  return {
    state: jsonOf(state),
    async advance(advanceMs) {
      if (advanceMs >= 0) return void (await call("PUT", "clock", JSON.stringify({ advanceMs })));
      const clock = jsonOf(await call("GET", "clock"));
      const now = Date.parse(isObject(clock) ? String(clock.now) : "") + advanceMs;
      await call("PUT", "clock", JSON.stringify({ now: new Date(now).toISOString() }));
    },
    async restore() {
      await call("PUT", "state", state);
    },
  };
}
