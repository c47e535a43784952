import type { Hono } from "hono";
import { type Control, createControl } from "../control/client.ts";
import { collectionNamed, resourcesOf } from "../document/resources.ts";
import { loadSpec, type Spec } from "../document/spec.ts";
import { createApp, type Pages } from "./app.ts";
import type { Env } from "./context.ts";
import { type RecordRules, readFixtures } from "./fixtures.ts";
import type { AnyHandler } from "./handler.ts";
import { journalTeller } from "./journal.ts";
import { createLines } from "./line.ts";
import { refuseUnknown } from "./options.ts";
import type { Listening, ListenOptions } from "./server.ts";
import { createMemoryStore } from "./store/memory.ts";
import type { CollectionOptions, Fixtures, Receiver, Sandbox } from "./store/store.ts";
import type { WebhookOptions } from "./store/webhooks.ts";
import { eventCheck, receiverCheck, receiversOf } from "./webhooks.ts";

/** What a mock is made of, and how it differs from one that is given nothing but its document. */
export type MockOptions = {
  /** The OpenAPI document: read, or its path. */
  readonly spec?: Spec | string | URL;
  /** What answers operations by hand, by operationId; all others are answered from their schemas and examples. */
  readonly handlers?: Readonly<Record<string, AnyHandler>>;
  /** The records that every sandbox begins with: a file, a folder, or the records; none by default. */
  readonly fixtures?: Fixtures | string | URL;
  /** How the records of a collection are kept, by its name, where the document does not tell. */
  readonly collections?: Readonly<Record<string, Partial<CollectionOptions>>>;
  /** What is wrong with the records of a world beside what their schemas say. */
  readonly check?: RecordRules["check"];
  /** Where events are sent to from every sandbox: URLs, or receivers of some types; nowhere by default. */
  readonly webhooks?: readonly (string | Receiver)[];
  /** The hosts beside this machine that events may be sent to. */
  readonly allowWebhooksTo?: readonly string[];
  /** What is told of a change of a record, by a webhook of the document; nothing by default. */
  readonly announce?: WebhookOptions["announce"];
  /** What carries events to their receivers; `globalThis.fetch` by default. */
  readonly deliver?: WebhookOptions["deliver"];
  /** The pages at `/docs`. */
  readonly pages?: Pages;
  /** What made-up answers follow from; 1 by default. */
  readonly seed?: number;
  /** Keys to know besides `test_key` and those that begin with `test_`. */
  readonly apiKeys?: readonly string[];
  /** The time in milliseconds since 1970; `Date.now` by default. */
  readonly now?: () => number;
  /** How long the execution of an operation takes, in milliseconds; 0 by default. */
  readonly latencyMs?: number;
  /** The longest body of a request, in bytes; 1 MiB by default. What is longer is refused, 413. */
  readonly maxBodyBytes?: number;
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
  /** The client of the control plane, in process, for the world of an API key; of `test_key` by default. */
  control(apiKey?: string): Control;
  /** Brings every sandbox back to the fixtures. */
  reset(): Promise<void>;
};

const mockOptions = {
  spec: true,
  handlers: true,
  fixtures: true,
  collections: true,
  check: true,
  seed: true,
  apiKeys: true,
  now: true,
  latencyMs: true,
  maxBodyBytes: true,
  webhooks: true,
  allowWebhooksTo: true,
  announce: true,
  deliver: true,
  pages: true,
  log: true,
} as const satisfies Record<keyof MockOptions, true>;

/** Why a request that a fault has broken off has no answer. */
const brokenOff = new Error("The mock has broken the connection off, as a fault asked for.");

const listenOptions = { port: true, host: true } as const satisfies Record<keyof ListenOptions, true>;

/**
 * Makes a mock. Throws a `SpecError`, a `FixturesError` or a `ReceiverError` when it is given what it cannot serve, and a
 * `TypeError` for an option that it does not know.
 */
export function createMock(options: MockOptions & Required<Pick<MockOptions, "spec">>): Mock {
  refuseUnknown("createMock", options, mockOptions);
  const {
    seed = 1,
    apiKeys = [],
    now = Date.now,
    latencyMs = 0,
    maxBodyBytes = 1024 * 1024,
    log = console.error,
    handlers = {},
  } = options;
  const spec = isRead(options.spec) ? options.spec : loadSpec(options.spec);
  const collections = collectionsOf(spec, options.collections);
  const rules = { spec, check: options.check, names: Object.keys(collections) };
  const idOf = (name: string) => collections[collectionNamed(Object.keys(collections), name) ?? ""]?.id ?? "id";
  const given = options.fixtures ?? {};
  const fixtures = isRead(given) ? given : readFixtures(given, Object.keys(collections), rules);
  const checkReceivers = receiverCheck(spec, options.allowWebhooksTo ?? []);
  const webhooks = webhooksOf(options, spec, checkReceivers);
  const store = createMemoryStore({ fixtures, collections, tell: journalTeller(spec), now, seed, log, webhooks });
  const controlHosts = new Set<string>();
  const lines = createLines();
  const app = createApp({
    ...rules,
    idOf,
    store,
    apiKeys: new Set(apiKeys),
    latencyMs,
    maxBodyBytes,
    seed,
    handlers,
    pages: options.pages,
    controlHosts,
    lines,
    checkReceivers,
    log,
  });
  const fetch: Mock["fetch"] = async (input, init) => {
    const request = input instanceof Request && init === undefined ? input : new Request(input, init);
    request.signal.throwIfAborted();
    const response = await app.fetch(request, {});
    request.signal.throwIfAborted();
    if (response.type === "error") throw new TypeError("fetch failed", { cause: brokenOff });
    return response;
  };
  return {
    spec,
    app,
    fetch,
    async listen(address = {}) {
      refuseUnknown("listen", address, listenOptions);
      const { listen } = await import("./server.ts");
      const { host } = address;
      if (host !== undefined) controlHosts.add(host.includes(":") ? `[${host}]` : host);
      const listening = await listen(app.fetch, address);
      return {
        ...listening,
        close: async () => {
          lines.release();
          await Promise.all([store.stop(), listening.close()]);
        },
      };
    },
    control: (apiKey) =>
      createControl({ baseUrl: "http://localhost", fetch, ...(apiKey === undefined ? {} : { apiKey }) }),
    sandbox: (apiKey = "test_key") => store.sandbox(apiKey),
    reset: () => store.reset(),
  };
}

/** What the sandboxes of a mock tell of their changes, and to whom. */
function webhooksOf(
  { webhooks = [], announce, deliver }: MockOptions,
  spec: Spec,
  checkReceivers: ReturnType<typeof receiverCheck>,
): Partial<WebhookOptions> {
  return {
    receivers: receiversOf(webhooks, checkReceivers),
    check: eventCheck(spec),
    ...(announce ? { announce } : {}),
    ...(deliver ? { deliver } : {}),
  };
}

/** The collections that a document tells of, and those that are named beside. */
export function collectionsOf(spec: Spec, named: MockOptions["collections"] = {}): Record<string, CollectionOptions> {
  const told = resourcesOf(spec).map(({ name, id }) => [name, { id, ...named[name] }] as const);
  const others = Object.entries(named).map(([name, given]) => [name, { id: "id", ...given }] as const);
  return Object.fromEntries([...others, ...told]);
}

/** Whether something was given as it is, and not by where it lies. */
function isRead<T extends Spec | Fixtures>(given: T | string | URL): given is T {
  return typeof given !== "string" && !(given instanceof URL);
}
