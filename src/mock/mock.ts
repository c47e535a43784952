import type { Hono } from "hono";
import { customers } from "../connect/handlers/customers.ts";
import { paymentProfiles } from "../connect/handlers/payment-profiles.ts";
import { isShipped, loadSpec } from "../connect/spec.ts";
import type { Spec } from "../document/spec.ts";
import { type AnyHandler, createApp } from "./app.ts";
import type { Env } from "./context.ts";
import { readFixtures, takesFixtures } from "./fixtures.ts";
import { journalTeller } from "./journal.ts";
import type { Listening, ListenOptions } from "./server.ts";
import { createMemoryStore } from "./store/memory.ts";
import type { Fixtures, Sandbox } from "./store/store.ts";

/** How a mock differs from the one that `createMock()` makes. */
export type MockOptions = {
  /** Another OpenAPI document in the place of the one that the package ships: read, or its path. */
  readonly spec?: Spec | string | URL;
  /** The records that every sandbox begins with: a file, a folder, or the records; the shipped ones by default. */
  readonly fixtures?: Fixtures | string | URL;
  /** What made-up answers follow from; 1 by default. */
  readonly seed?: number;
  /** Keys to know besides `test_key` and those that begin with `test_`. */
  readonly apiKeys?: readonly string[];
  /** The time in milliseconds since 1970; `Date.now` by default. */
  readonly now?: () => number;
  /** How long the execution of an operation takes, in milliseconds; 0 by default. */
  readonly latencyMs?: number;
  /** Told what an operator should know: a bug, a bound reached. Writes to the standard error by default. */
  readonly log?: (line: string) => void;
};

/** A stand-in for the API, with everything it remembers in this process. */
export type Mock = {
  readonly spec: Spec;
  /** Answers a request without any network, as `globalThis.fetch` would; hand it to a client. */
  readonly fetch: typeof globalThis.fetch;
  /** The Hono application that answers, to be mounted in another. */
  readonly app: Hono<Env>;
  /** Serves on a port; 0, the default, takes any that is free. Rejects with a `ListenError` when it cannot. */
  listen(options?: ListenOptions): Promise<Listening>;
  /** The world of an API key, to arrange or to look at; of `test_key` by default. */
  sandbox(apiKey?: string): Promise<Sandbox>;
  /** Brings every sandbox back to the fixtures. */
  reset(): Promise<void>;
};

/** Makes a mock. Throws a `SpecError` or a `FixturesError` when it is given what it cannot serve. */
export function createMock(options: MockOptions = {}): Mock {
  const { seed = 1, apiKeys = [], now = Date.now, latencyMs = 0, log = console.error } = options;
  const spec = specOf(options.spec);
  const store = createMemoryStore({
    fixtures: fixturesOf(spec, options.fixtures),
    tell: journalTeller(spec),
    now,
    log,
  });
  const app = createApp({ spec, store, apiKeys: new Set(apiKeys), latencyMs, seed, handlers: handlersFor(spec), log });
  return {
    spec,
    app,
    fetch: async (input, init) => {
      const request = input instanceof Request && init === undefined ? input : new Request(input, init);
      request.signal.throwIfAborted();
      return app.fetch(request, {});
    },
    async listen(address = {}) {
      const { listen } = await import("./server.ts");
      return listen(app.fetch, address);
    },
    sandbox: (apiKey = "test_key") => store.sandbox(apiKey),
    reset: () => store.reset(),
  };
}

function specOf(given: MockOptions["spec"]): Spec {
  return given === undefined || typeof given === "string" || given instanceof URL ? loadSpec(given) : given;
}

function fixturesOf(spec: Spec, given: MockOptions["fixtures"]): Fixtures {
  if (given !== undefined && typeof given !== "string" && !(given instanceof URL)) return given;
  // A document of another API knows nothing of customers and payment profiles.
  return given === undefined && !takesFixtures(spec)
    ? { customers: [], paymentProfiles: [] }
    : readFixtures(spec, given);
}

/** Handlers answer what the shipped document says; the same operationId somewhere else is a chance likeness. */
function handlersFor(spec: Spec): Readonly<Record<string, AnyHandler>> {
  // The document has accepted the input, and the generated types say the same as the document.
  const handlers = { ...customers, ...paymentProfiles } as unknown as Record<string, AnyHandler>;
  if (isShipped(spec)) return handlers;
  const shipped = new Set(loadSpec().operations.map(({ id, method, path }) => `${id} ${method} ${path}`));
  const same = spec.operations.filter(({ id, method, path }) => shipped.has(`${id} ${method} ${path}`));
  return Object.fromEntries(same.flatMap(({ id }) => (handlers[id] ? [[id, handlers[id]]] : [])));
}
