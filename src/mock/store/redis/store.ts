import { exactOf, jsonOf } from "../../../document/exact.ts";
import { mask } from "../../middleware/credentials.ts";
import { defaultLimits, type MemoryStoreOptions, tooManyKeys, tooManySandboxes } from "../memory.ts";
import { type Fit, StateError } from "../state.ts";
import type { KeptSnapshot, OpenSandbox, Snapshots, Store } from "../store.ts";
import { type Connection, openConnection, type Reply } from "./connection.ts";
import { createBases, keyOf, placeOf, realTime, type Shared, text } from "./place.ts";
import { createSharedSandbox, type SharedSandbox } from "./sandbox.ts";
import * as postScripts from "./scripts/post.ts";
import * as sandboxScripts from "./scripts/sandbox.ts";
import type { Script } from "./scripts/script.ts";
import * as sharedScripts from "./scripts/shared.ts";

export type RedisStoreOptions = Omit<MemoryStoreOptions, "now"> & {
  /**
   * Where Redis lies, such as `redis://user:password@host:6379/0` or, by TLS, `rediss://...`; of a Cluster several, by spaces or
   * commas. In its query, `prefix` is what all keys begin with, for several worlds in one Redis, and `lease` is how long the key
   * of a request stays taken when its process ends, in milliseconds, 5000 unless told.
   */
  readonly url: string;
  /** The real time, in milliseconds since 1970; Redis's own unless told, which is the same for all. */
  readonly now?: () => number;
};

/** A store that lies elsewhere. */
export type SharedStore = Store & {
  /** Puts other fixtures under all sandboxes; what they hold beyond them stays, as far as `fit` lets it. */
  reopen(given: Pick<MemoryStoreOptions, "fixtures" | "collections" | "tell">, fit: Fit): Promise<void>;
};

/** How often a sandbox that is used all the time is noted as used, in milliseconds. */
const touchMs = 1000;

/** A store in a Redis or a Valkey, or in a Cluster of either, for several processes. Throws a `StateError` for a URL that is none. */
export function createRedisStore({ url, now, ...options }: RedisStoreOptions): SharedStore {
  const { urls, prefix, leaseMs } = readUrls(url);
  const { log } = options;
  const connection = openConnection(urls, log);
  const limits = { ...defaultLimits, ...options.limits };
  const index = `${prefix}:{sandboxes}`;
  const onIndex = (script: Script, ...args: string[]) => connection.run(script, index, args);
  const shared: Shared = {
    connection,
    prefix,
    now,
    seed: options.seed ?? 1,
    limits,
    log,
    webhooks: options.webhooks ?? {},
    leaseMs,
    bases: createBases(connection, prefix, options),
    tell: options.tell ?? ((entry) => entry),
    token: crypto.randomUUID(),
    warn: createWarner(log, limits),
    noted: createNoter((apiKey) => onIndex(postScripts.post, apiKey)),
  };
  const opened = createOpened(shared, onIndex);
  const sweep = setInterval(() => void opened.sweep().catch(() => {}), leaseMs);
  const renewal = setInterval(() => void shared.bases.renew().catch(() => {}), sharedScripts.baseLifetimeMs / 720);
  for (const timer of [sweep, renewal]) timer.unref();

  async function listed(): Promise<(OpenSandbox & { readonly sandbox: SharedSandbox })[]> {
    const found = await onIndex(sandboxScripts.list);
    const known = await Promise.all(found.map((one, at) => (at % 2 === 0 ? opened.known(text(one)) : undefined)));
    return known.flatMap((sandbox, at) =>
      sandbox ? [{ apiKey: text(found[at]), lastUsedAt: Number(found[at + 1]), sandbox }] : [],
    );
  }

  return {
    sandbox: opened.use,
    list: listed,
    remove: opened.remove,
    async reset() {
      for (const { sandbox } of await listed()) await sandbox.reset();
    },
    stop: opened.stop,
    snapshots: sharedSnapshots(connection, `${prefix}:{snapshots}`),
    async reopen(given, fit) {
      const was = shared.bases.digest;
      shared.bases = createBases(connection, prefix, given);
      if (given.tell) shared.tell = given.tell;
      for (const { sandbox } of await listed()) await sandbox.reopen(was, fit);
    },
    async close() {
      for (const timer of [sweep, renewal]) clearInterval(timer);
      await opened.stop();
      await connection.close();
    },
  };
}

/** The addresses in a text, without what this program reads of them itself. */
function readUrls(given: string): { urls: string[]; prefix: string; leaseMs: number } {
  let prefix = "understudy";
  let leaseMs = 5000;
  const urls = given
    .split(/[\s,]+/)
    .filter((one) => one !== "")
    .map((one) => {
      const url = URL.canParse(one) ? new URL(one) : undefined;
      if (!url || !/^rediss?:$/.test(url.protocol) || url.hostname === "")
        throw new StateError(
          "A store is memory, redis://host:6379 or rediss://host:6379, with user:password@ before the host where it wants them; received something else.",
        );
      prefix = url.searchParams.get("prefix") ?? prefix;
      leaseMs = Number(url.searchParams.get("lease") ?? leaseMs);
      if (!(leaseMs >= 100 && leaseMs <= 3_600_000))
        throw new StateError(
          "The lease of a store should be a number of milliseconds from 100 to 3600000, such as 5000.",
        );
      url.search = "";
      return url.href;
    });
  if (urls.length === 0) throw new StateError("A store on Redis needs an address, such as redis://127.0.0.1:6379.");
  return { urls, prefix, leaseMs };
}

function createWarner(log: (line: string) => void, limits: Shared["limits"]): Shared["warn"] {
  const told = new Set<string>();
  const texts = {
    keys: tooManyKeys(limits.records),
    deliveries: `More than ${limits.deliveries} webhooks wait in a sandbox: from now on the oldest is dropped.`,
    sandboxes: tooManySandboxes(limits.sandboxes),
  };
  return (of) => {
    if (!told.has(of)) log(texts[of]);
    told.add(of);
  };
}

/** Notes at most every 20 s that a sandbox has deliveries, for another process to find them where this one ends. */
function createNoter(note: (apiKey: string) => Promise<unknown>): Shared["noted"] {
  const notedAt = new Map<string, number>();
  return async (apiKey) => {
    if (performance.now() - (notedAt.get(apiKey) ?? Number.NEGATIVE_INFINITY) < 20_000) return;
    await note(apiKey);
    notedAt.set(apiKey, performance.now());
  };
}

/** The sandboxes that this process has opened, by API key; the same object as long as it is the same sandbox. */
function createOpened(shared: Shared, onIndex: (script: Script, ...args: string[]) => Promise<Reply>) {
  const { connection, prefix, limits } = shared;
  const opened = new Map<string, SharedSandbox>();
  let latest = { apiKey: "", at: 0 };

  function handle(apiKey: string, id: string, name: string): SharedSandbox {
    const before = opened.get(apiKey);
    const sandbox = before?.id === id ? before : createSharedSandbox(placeOf(shared, apiKey, id, name));
    if (sandbox !== before) void before?.webhooks.stop();
    opened.delete(apiKey);
    opened.set(apiKey, sandbox);
    const [oldest] = opened.keys();
    if (opened.size > limits.sandboxes) opened.delete(oldest!);
    return sandbox;
  }

  /** The sandbox of a key where there is one. */
  async function known(apiKey: string): Promise<SharedSandbox | undefined> {
    const [id, name] = await connection.run(sandboxScripts.open, keyOf(prefix, apiKey), ["", "", ""]);
    return text(id) === "" ? undefined : handle(apiKey, text(id), text(name));
  }

  async function open(apiKey: string): Promise<SharedSandbox> {
    const [number] = await onIndex(sandboxScripts.number);
    const made = [crypto.randomUUID(), `${mask(apiKey)}-${number}`, await shared.bases.laid()];
    const [id, name] = await connection.run(sandboxScripts.open, keyOf(prefix, apiKey), made);
    return handle(apiKey, text(id), text(name));
  }

  async function drop(apiKey: string): Promise<boolean> {
    const [isGone] = await connection.run(sandboxScripts.drop, keyOf(prefix, apiKey), ["", realTime(shared)]);
    void opened.get(apiKey)?.webhooks.stop();
    opened.delete(apiKey);
    return isGone === "1";
  }

  async function touch(apiKey: string): Promise<void> {
    if (latest.apiKey === apiKey && performance.now() - latest.at < touchMs) return;
    latest = { apiKey, at: performance.now() };
    const gone = await onIndex(sandboxScripts.touch, apiKey, realTime(shared), String(limits.sandboxes));
    for (const one of gone) await drop(text(one));
    if (gone.length > 0) shared.warn("sandboxes");
  }

  return {
    known,
    async use(apiKey: string): Promise<SharedSandbox> {
      const touched = touch(apiKey);
      touched.catch(() => {});
      const sandbox = (await known(apiKey)) ?? (await open(apiKey));
      await touched;
      return sandbox;
    },
    async remove(apiKey: string): Promise<boolean> {
      latest = { apiKey: "", at: 0 };
      await onIndex(sandboxScripts.forget, apiKey);
      return drop(apiKey);
    },
    async stop(): Promise<void> {
      await Promise.all([...opened.values()].map(({ webhooks }) => webhooks.stop()));
    },
    /** Has the deliveries go on whose process has ended. */
    async sweep(): Promise<void> {
      const found = (await onIndex(postScripts.posts)).map(text);
      const old = found.indexOf("");
      for (const [at, apiKey] of found.entries()) {
        if (at === old) continue;
        (await known(apiKey))?.kick();
        if (at > old) await onIndex(postScripts.unpost, apiKey);
      }
    },
  };
}

function sharedSnapshots(connection: Connection, key: string): Snapshots {
  return {
    async list() {
      const found = await connection.run(sharedScripts.snapshots, key);
      return found.flatMap((name, at) => (at % 2 === 0 ? [{ name: text(name), takenAt: Number(found[at + 1]) }] : []));
    },
    async get(name) {
      const written = text((await connection.run(sharedScripts.getSnapshot, key, [name]))[0]);
      return written === "" ? undefined : (exactOf(written.slice(written.indexOf(" ") + 1)) as KeptSnapshot);
    },
    async keep(name, kept, most) {
      const written = `${kept.takenAt} ${jsonOf(kept)}`;
      const [isKept] = await connection.run(sharedScripts.keepSnapshot, key, [name, written, String(most)]);
      return isKept === "1";
    },
    async remove(name) {
      await connection.run(sharedScripts.removeSnapshot, key, [name]);
    },
  };
}
