import { timestamp } from "../../document/moment.ts";
import { invalid, notFound, Problem, show } from "../../document/problem.ts";
import { defaultApiKey, isSameKey, mask } from "../middleware/credentials.ts";
import type { Store } from "../store/store.ts";
import { type ControlHandler, checkTimes, clockBody, done } from "./bodies.ts";
import { faultHandlers } from "./faults.ts";
import { requestHandlers } from "./requests.ts";
import { changeHandlers, snapshotHandlers, stateHandlers } from "./state.ts";
import { webhookHandlers } from "./webhooks.ts";

/** What tests do to the mock itself, by the operationIds of `spec/control.openapi.yaml`. */
export function controlHandlers(rules: ControlRules) {
  const { spec } = rules;
  return {
    async getHealth() {
      return { status: 200, body: { status: "ok", document: spec.title, operations: spec.operations.length } };
    },

    async resetSandbox(_input, sandbox) {
      await sandbox.reset();
      return done;
    },

    ...clockHandlers,
    ...requestHandlers(rules),
    ...faultHandlers(spec),
    ...stateHandlers(rules),
    ...changeHandlers(rules),
    ...snapshotHandlers(rules.store.snapshots),
    ...sandboxHandlers(rules),
    ...webhookHandlers(rules),
  } satisfies Record<string, ControlHandler>;
}

/** What the control plane needs of its mock. */
export type ControlRules = Parameters<typeof requestHandlers>[0] &
  Parameters<typeof stateHandlers>[0] &
  Parameters<typeof webhookHandlers>[0] & {
    readonly store: Pick<Store, "list" | "remove" | "snapshots">;
  };

const clockHandlers = {
  async getClock(_input, sandbox) {
    return { status: 200, body: clockBody(await sandbox.clock.read()) };
  },

  async setClock({ body }, sandbox) {
    const { now, ...change } = body as { now?: string; advanceMs?: number; frozen?: boolean };
    const violations = now === undefined ? [] : checkTimes({ now });
    if (violations.length > 0) throw invalid(violations);
    const start = now === undefined ? {} : { now: Date.parse(now) };
    try {
      return { status: 200, body: clockBody(await sandbox.clock.change({ ...change, ...start })) };
    } catch (error) {
      throw error instanceof RangeError ? tooFar(change.advanceMs) : error;
    }
  },
} satisfies Record<string, ControlHandler>;

function sandboxHandlers({ store }: ControlRules) {
  return {
    async listSandboxes() {
      const open = await store.list();
      const items = open.map(async (one) => {
        const { sandbox, lastUsedAt } = one;
        const [size, faults, clock] = await Promise.all([sandbox.size(), sandbox.faults.list(), sandbox.clock.read()]);
        return {
          name: one.sandbox.name,
          isDefault: one.apiKey === defaultApiKey,
          ...size,
          faults: faults.length,
          clock: clockBody(clock),
          lastUsedAt: timestamp(lastUsedAt),
        };
      });
      return { status: 200, body: { items: await Promise.all(items) } };
    },

    async removeSandbox({ path }) {
      const name = String(path.name);
      const open = await store.list();
      // Whoever knows the key may say it; a masked one may be of several.
      const exact = open.filter((one) => isSameKey(one.apiKey, name) || one.sandbox.name === name);
      const meant = exact.length > 0 ? exact : open.filter(({ apiKey }) => mask(apiKey) === name);
      const [only, ...others] = meant;
      if (!only) throw notFound("sandbox", name, "GET /_understudy/sandboxes lists them.");
      if (others.length > 0)
        throw new Problem("conflict", {
          message: `${meant.length} sandboxes have keys like ${show(name)}: ${meant.map(({ sandbox }) => sandbox.name).join(", ")}.`,
          hint: "Name one of them with its number, or by its key.",
        });
      await store.remove(only.apiKey);
      return done;
    },
  } satisfies Record<string, ControlHandler>;
}

function tooFar(advanceMs: number | undefined) {
  return invalid([
    {
      at: "body.advanceMs",
      property: "advanceMs",
      keyword: "maximum",
      expected: "a step that does not lead beyond the year 9999",
      received: advanceMs,
      example: 86_400_000,
      basis: "assumed",
    },
  ]);
}
