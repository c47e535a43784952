import { Hono } from "hono";
import { builtValue, controlSpecUrl } from "#platform";
import { createRefuser } from "../../document/refusal.ts";
import { loadSpec } from "../../document/spec.ts";
import { operationAnswerer } from "../answerer.ts";
import { written } from "../carry-out.ts";
import type { Env } from "../context.ts";
import type { Lines } from "../line.ts";
import { controlGuard } from "../middleware/control-guard.ts";
import { preflight } from "../middleware/cors.ts";
import { type CredentialOptions, keyIfAny, keySchemeOf } from "../middleware/credentials.ts";
import { noRoute } from "../middleware/no-route.ts";
import { refuserOf, settle } from "../refuse.ts";
import { deliver, respond } from "../respond.ts";
import { routeOf } from "../routing.ts";
import type { ControlHandler } from "./bodies.ts";
import { type ControlRules, controlHandlers } from "./control.ts";

/** The longest bodies of requests to the control plane, in bytes: a snapshot of a large world is large, and nothing else is. */
export const controlBodyLimits = { state: 64 * 1024 * 1024, others: 1024 * 1024 } as const;

/** The operations that take a state. */
const takingState: ReadonlySet<string> = new Set(["setState", "patchState"]);

export type ControlAppOptions = ControlRules & {
  /** The hosts under which the control plane answers beside the loopback ones. */
  readonly controlHosts: ReadonlySet<string>;
  readonly lines: Lines;
  readonly log: (line: string) => void;
};

/** Makes the application of the control plane, under `/_understudy`, as its own document describes it. */
export function createControlApp(options: ControlAppOptions, admission: CredentialOptions): Hono<Env> {
  const document = loadSpec(controlSpecUrl, { parsed: builtValue });
  const refuse = refuserOf(document, options.log);
  const handlers: Readonly<Record<string, ControlHandler>> = controlHandlers(options);
  // The key as the control plane has it, or as the API does.
  const schemes = [keySchemeOf(document), admission.keyScheme].filter((scheme) => scheme !== undefined);
  const admit = keyIfAny(schemes, admission);
  const app = new Hono<Env>();
  app.use(controlGuard(options.controlHosts, createRefuser(document)));
  for (const operation of document.operations) {
    const answer = operationAnswerer(operation, {
      refuse: (error, c) => refuse(error, c, operation),
      bodyLimit: takingState.has(operation.id) ? controlBodyLimits.state : controlBodyLimits.others,
      latencyMs: 0,
      rules: operation.idempotency,
      admit,
      carryOut: written(operation, (c, input, sandbox) =>
        handlers[operation.id]!(input, sandbox, () => c.req.raw.signal),
      ),
    });
    app.on(operation.method, [routeOf(operation)], async (c) =>
      deliver(c, await settle(c, refuse, () => answer(c)), options.lines),
    );
  }
  const unrouted = noRoute(document);
  app.notFound(async (c) => respond(c, preflight(c) ?? (await settle(c, refuse, () => unrouted(c)))));
  return app;
}
