import { Hono } from "hono";
import { openRedisStore } from "#redis";
import { openStateFile } from "#state-file";
import { type Control, createControl } from "../control/client.ts";
import { allResourcesOf, collectionNamed } from "../document/resources.ts";
import { loadSpec, type Spec } from "../document/spec.ts";
import { createApp, type Pages } from "./app.ts";
import type { Env } from "./context.ts";
import { createFit, tellLost } from "./fitting.ts";
import { type RecordRules, readFixtures } from "./fixtures.ts";
import type { AnyHandler } from "./handler.ts";
import { journalTeller, type ObservedEntry } from "./journal.ts";
import { createLines, type Lines } from "./line.ts";
import type { Listening, ListenOptions } from "./listening.ts";
import { refuseUnknown } from "./options.ts";
import { createDurableStore, type DurableStore } from "./store/durable.ts";
import { createMemoryStore, defaultLimits, type MemoryStore, type MemoryStoreOptions } from "./store/memory.ts";
import { type Fit, type Head, readState, StateError, type StateLog } from "./store/state.ts";
import type { CollectionOptions, Fixtures, JournalEntry, Receiver, Sandbox, Store } from "./store/store.ts";
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
  /** The pages beside the API, by path. */
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
  /** How many idempotency keys a sandbox remembers, 100,000 by default; beyond them the oldest is forgotten, and that is said. */
  readonly maxKeys?: number;
  /** How many sandboxes there are at a time, 1,000 by default; beyond them the one that was used least recently starts anew. */
  readonly maxSandboxes?: number;
  /**
   * Told each request to the API once it is answered, refused ones too, in the order of the answers. What it throws goes to `log`,
   * and it is not waited for.
   */
  readonly onEntry?: (entry: ObservedEntry) => void;
  /** Told after every attempt to deliver a webhook, with the name of the sandbox. */
  readonly onDelivery?: WebhookOptions["observe"];
  /** Where the sandboxes outlive the process: their records, idempotency keys and clocks. */
  readonly state?: string | StateLog;
  /**
   * Where the sandboxes lie: `memory`, the default, or a Redis or Valkey, as `redis://host:6379` or `rediss://host:6379`, where
   * several mocks share them. A Cluster is known by itself. Not with `state`.
   */
  readonly store?: string;
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
  /**
   * Reads again what was given by its path, or takes what is given now in its place. What the sandboxes hold stays, as far as the
   * new document takes it; what does not is dropped, and said to `log`. Requests that are running end as they began. Rejects as
   * `createMock` throws, and then nothing has changed.
   */
  reload(changes?: ReloadOptions): Promise<void>;
  /** Writes what of a state is still to be written, and lets go of it. */
  close(): Promise<void>;
};

/** What another reading of a mock may change. */
export type ReloadOptions = Pick<MockOptions, "spec" | "handlers" | "fixtures" | "collections" | "check" | "announce">;

/** The longest body of a request to the API, in bytes, unless told. */
export const usualMaxBodyBytes = 1024 * 1024;

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
  maxKeys: true,
  maxSandboxes: true,
  webhooks: true,
  allowWebhooksTo: true,
  announce: true,
  deliver: true,
  pages: true,
  onEntry: true,
  onDelivery: true,
  state: true,
  store: true,
  log: true,
} as const satisfies Record<keyof MockOptions, true>;

/** Why a request that a fault has broken off has no answer. */
const brokenOff = new Error("The mock has broken the connection off, as a fault asked for.");

/** Each of them, to refuse what is none. */
export const reloadOptions = {
  spec: true,
  handlers: true,
  fixtures: true,
  collections: true,
  check: true,
  announce: true,
} as const satisfies Record<keyof ReloadOptions, true>;

const listenOptions = { port: true, host: true } as const satisfies Record<keyof ListenOptions, true>;

/**
 * Makes a mock. Throws a `SpecError`, a `FixturesError`, a `StateError` or a `ReceiverError` when it is given what it cannot serve,
 * and a `TypeError` for an option that it does not know.
 */
export function createMock(options: MockOptions & Required<Pick<MockOptions, "spec">>): Mock {
  refuseUnknown("createMock", options, mockOptions);
  const { seed = 1, now = Date.now, log = console.error } = options;
  const controlHosts = new Set<string>();
  const lines = createLines();
  let given = options;
  let reading = read(given);
  const webhooks = webhooksOf(
    () => given,
    () => reading,
  );
  const { maxKeys: records = defaultLimits.records, maxSandboxes: sandboxes = defaultLimits.sandboxes } = options;
  const { store, reopen, close } = openStore(given, reading, {
    now,
    seed,
    log,
    webhooks,
    limits: { records, sandboxes },
  });
  const serve = (served: MockOptions, { rules, tell, idOf, checkReceivers }: Reading) =>
    createApp({
      ...rules,
      idOf,
      store,
      apiKeys: new Set(served.apiKeys),
      latencyMs: served.latencyMs ?? 0,
      maxBodyBytes: served.maxBodyBytes ?? usualMaxBodyBytes,
      seed,
      handlers: served.handlers ?? {},
      pages: served.pages,
      controlHosts,
      lines,
      checkReceivers,
      observe: served.onEntry && observer(served.onEntry, tell, log),
      log,
    });
  let served = serve(given, reading);
  const app = standingFor(() => served);
  const fetch = fetchOf(app);
  return {
    get spec() {
      return reading.rules.spec;
    },
    app,
    fetch,
    listen: (address = {}) => listenWith({ app, lines, controlHosts, store }, address),
    control: (apiKey) =>
      createControl({ baseUrl: "http://localhost", fetch, ...(apiKey === undefined ? {} : { apiKey }) }),
    sandbox: (apiKey = "test_key") => store.sandbox(apiKey),
    reset: () => store.reset(),
    async reload(changes = {}) {
      refuseUnknown("reload", changes, reloadOptions);
      const next = { ...given, ...changes };
      const before = reading;
      const nextReading = read(next);
      const nextServed = serve(next, nextReading);
      // From here on nothing can fail, and in this process nothing waits.
      [given, reading, served] = [next, nextReading, nextServed];
      await reopen(reading, before);
    },
    close,
  };
}

/** Where a mock keeps what it remembers, and what becomes of that when it is read anew. */
type Opened = {
  readonly store: Store;
  reopen(now: Reading, before: Reading): Promise<void>;
  close(): Promise<void>;
};

type Surroundings = Pick<MemoryStoreOptions, "now" | "webhooks" | "limits"> & {
  readonly seed: number;
  log(line: string): void;
};

function openStore({ store: url, state: place, now }: MockOptions, reading: Reading, around: Surroundings): Opened {
  const { log } = around;
  if (url !== undefined && url !== "memory") {
    if (place !== undefined)
      throw new StateError("A store elsewhere keeps everything itself; give `state` or `store`.");
    const { now: _, ...others } = around;
    // The time is Redis's own, for it is the same for all who share the store.
    const store = openRedisStore({ ...reading.records, ...others, url, ...(now ? { now } : {}) });
    const reopen: Opened["reopen"] = async (next, before) =>
      reopened(next, before, log, (fit) => store.reopen(next.records, fit)).catch((error: Error) =>
        log(`Some sandboxes stand on the fixtures from before the reload until they are reset: ${error.message}`),
      );
    return { store, reopen, close: async () => store.close?.() };
  }
  const memory = createMemoryStore({ ...reading.records, ...around });
  const state = typeof place === "string" ? openStateFile(place) : place;
  const durable = state && openState(memory, state, reading, log);
  return {
    store: durable ?? memory,
    async reopen(next, before) {
      await reopened(next, before, log, (fit) => memory.reopen(next.records, fit));
      durable?.rewrite(headOf(next));
    },
    close: async () => durable?.close(),
  };
}

/** What a mock is made of, read. */
type Reading = {
  readonly rules: RecordRules & { readonly names: readonly string[] };
  readonly records: {
    readonly fixtures: Fixtures;
    readonly collections: Readonly<Record<string, CollectionOptions>>;
    readonly tell: (entry: JournalEntry) => JournalEntry;
  };
  readonly tell: (entry: JournalEntry) => JournalEntry;
  readonly idOf: (collection: string) => string;
  readonly checkEvent: ReturnType<typeof eventCheck>;
  readonly checkReceivers: ReturnType<typeof receiverCheck>;
};

function read(options: MockOptions & Required<Pick<MockOptions, "spec">>): Reading {
  const spec = isRead(options.spec) ? options.spec : loadSpec(options.spec);
  const collections = collectionsOf(spec, options.collections);
  const names = Object.keys(collections);
  const rules = { spec, check: options.check, names };
  const given = options.fixtures ?? {};
  const fixtures = isRead(given) ? given : readFixtures(given, names, rules);
  const tell = journalTeller(spec);
  const idOf = (name: string) => collections[collectionNamed(names, name) ?? ""]?.id ?? "id";
  const checkReceivers = receiverCheck(spec, options.allowWebhooksTo ?? []);
  return { rules, records: { fixtures, collections, tell }, tell, idOf, checkEvent: eventCheck(spec), checkReceivers };
}

function headOf({ rules: { spec, names } }: Reading): Head {
  return { document: spec.title, collections: names };
}

/** Takes up a state where another process has left it. Throws a `StateError`, and lets go of it, when that cannot be. */
function openState(memory: MemoryStore, state: StateLog, reading: Reading, say: (line: string) => void): DurableStore {
  try {
    const { collections, sandboxes } = readState(state, reading.rules.spec.title);
    const lost: string[] = [];
    const fit = createFit(reading.rules, collections, (line) => lost.push(line));
    for (const [apiKey, held] of sandboxes) memory.load(apiKey, (name) => fit(held, name));
    const durable = createDurableStore(memory, { log: state, head: headOf(reading), say });
    tellLost(lost, say);
    return durable;
  } catch (error) {
    state.close();
    if (error instanceof StateError) throw error;
    throw new StateError(`Cannot take up the state ${state.name}: ${(error as Error).message}.`);
  }
}

/** Has what was read anew put under all sandboxes, and says what of their own does not fit it. */
async function reopened(
  { rules }: Reading,
  before: Reading,
  say: (line: string) => void,
  reopen: (fit: Fit) => void | Promise<void>,
): Promise<void> {
  const lost: string[] = [];
  await reopen(createFit(rules, before.rules.names, (line) => lost.push(line)));
  tellLost(lost, say);
}

/** Answers as `globalThis.fetch` does, by an application. */
function fetchOf(app: Hono<Env>): Mock["fetch"] {
  return async (input, init) => {
    const request = input instanceof Request && init === undefined ? input : new Request(input, init);
    request.signal.throwIfAborted();
    const response = await app.fetch(request, {});
    request.signal.throwIfAborted();
    if (response.type === "error") throw new TypeError("fetch failed", { cause: brokenOff });
    return response;
  };
}

/** An application that answers as another one does, which may change. */
function standingFor(served: () => Hono<Env>): Hono<Env> {
  // What is mounted in another by its routes has this one; `fetch` has no need of a route.
  const app = new Hono<Env>().all("*", (c) => served().fetch(c.req.raw, c.env));
  app.fetch = (request, env, context) => served().fetch(request, env, context);
  return app;
}

type Served = {
  readonly app: Hono<Env>;
  readonly lines: Lines;
  readonly controlHosts: Set<string>;
  readonly store: Store;
};

async function listenWith({ app, lines, controlHosts, store }: Served, address: ListenOptions): Promise<Listening> {
  refuseUnknown("listen", address, listenOptions);
  const { listen } = await import("#server");
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
}

/** Makes what tells an observer of an entry; what it throws is no business of the request. */
function observer(
  onEntry: NonNullable<MockOptions["onEntry"]>,
  tell: (entry: JournalEntry) => JournalEntry,
  log: (line: string) => void,
) {
  return (entry: JournalEntry, sandbox: Sandbox | undefined) => {
    try {
      onEntry({ ...tell(entry), sandbox: sandbox?.name });
    } catch (error) {
      log(`onEntry failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  };
}

/** What the sandboxes of a mock tell of their changes, and to whom, as the mock is made at the time. */
function webhooksOf(given: () => MockOptions, reading: () => Reading): Partial<WebhookOptions> {
  const { webhooks = [], deliver, onDelivery } = given();
  return {
    receivers: receiversOf(webhooks, reading().checkReceivers),
    check: (event) => reading().checkEvent(event),
    announce: (change) => given().announce?.(change),
    ...(deliver ? { deliver } : {}),
    ...(onDelivery ? { observe: onDelivery } : {}),
  };
}

/** The collections that a document tells of, and those that are named beside. */
export function collectionsOf(spec: Spec, named: MockOptions["collections"] = {}): Record<string, CollectionOptions> {
  const told = allResourcesOf(spec).map(({ name, id }) => [name, { id, ...named[name] }] as const);
  const others = Object.entries(named).map(([name, given]) => [name, { id: "id", ...given }] as const);
  return Object.fromEntries([...others, ...told]);
}

/** Whether something was given as it is, and not by where it lies. */
function isRead<T extends Spec | Fixtures>(given: T | string | URL): given is T {
  return typeof given !== "string" && !(given instanceof URL);
}
