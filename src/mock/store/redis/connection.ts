import type { RedisClientType, RedisClusterType } from "@redis/client";
import { Problem } from "../../../document/problem.ts";
import { StateError } from "../state.ts";
import type { Script } from "./scripts/script.ts";

/** How long an answer of Redis is waited for, in milliseconds. */
const patienceMs = 2000;

/** How long the first connection is waited for, in milliseconds. */
const firstPatienceMs = 10_000;

/** The longest pause between two attempts to connect, in milliseconds. */
const longestPauseMs = 1000;

export type Reply = readonly (string | null | readonly string[])[];

/** The way to a Redis, a Valkey or a Cluster of either. What cannot be reached now is refused with 503, and is reached again by itself. */
export type Connection = {
  /** Carries out a script on the keys that begin with this one. */
  run(script: Script, key: string, args?: readonly string[]): Promise<Reply>;
  /** Has a listener called for each message on a channel until it is ended, and once whenever some may have been missed. */
  listen(channel: string, heard: () => void): () => void;
  close(): Promise<void>;
};

type Client = RedisClientType | RedisClusterType;

/** Answers of Redis that say that it cannot do its work now. https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
const passing = /^(LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|TRYAGAIN|OOM|MISCONF|BUSY|NOREPLICAS|UNBLOCKED|MOVED|ASK)\b/;

/** The refusal of a request while Redis cannot be reached. */
export function unavailable(message?: string): Problem {
  return new Problem("unavailable", { ...(message ? { message } : {}), headers: { "Retry-After": "1" } });
}

/** Opens a connection; it is made in the background, and made anew whenever it is lost. */
export function openConnection(urls: readonly string[], log: (line: string) => void): Connection {
  const say = createSpeaker(placesOf(urls), log);
  const closing = new AbortController();
  const opening = openClient(urls, say, closing.signal);
  opening.catch(() => {});
  const health = createHealth();
  const listening = createListening(opening);
  const firstUntil = performance.now() + firstPatienceMs;
  const clientNow = () => inTime(opening, Math.max(patienceMs, firstUntil - performance.now()), () => unavailable());

  return {
    async run({ text, sha }, key, args = []) {
      if (health.isDown()) throw unavailable();
      const client = await clientNow();
      const given = { keys: [key], arguments: [...args] };
      try {
        const answer = client.evalSha(sha, given).catch((error: Error) => {
          if (!error.message.startsWith("NOSCRIPT")) throw error;
          return client.eval(text, given);
        });
        return (await inTime(answer, patienceMs, () => health.slow(client, key))) as Reply;
      } catch (error) {
        if (!isPassing(error)) throw error;
        say.lost(error as Error);
        throw error instanceof Problem ? error : unavailable();
      }
    },
    listen: listening.listen,
    async close() {
      closing.abort();
      listening.close();
      // What is under way has been waited for by whoever wants it.
      void opening.then((client) => client.destroy()).catch(() => {});
    },
  };
}

/** Whether an error says that Redis cannot be asked now, and not that it was asked for what there is not. */
function isPassing(error: unknown): boolean {
  if (error instanceof StateError || error instanceof TypeError) return false;
  if (error instanceof Problem) return true;
  return !(error instanceof Error) || error.constructor.name !== "SimpleError" || passing.test(error.message);
}

/** Where a Redis lies, for a message: without a password. */
function placesOf(urls: readonly string[]): string {
  return urls.map((url) => new URL(url).host).join(", ");
}

/** Says once that Redis cannot be reached, and once that it can again. */
function createSpeaker(places: string, log: (line: string) => void) {
  let isLost = false;
  return {
    places,
    lost({ message, cause }: Error) {
      if (isLost) return;
      isLost = true;
      const why = message || (cause instanceof Error && cause.message) || "it has closed the connection";
      log(`Redis at ${places} cannot be reached: ${why}. Requests are answered 503 until it can.`);
    },
    found() {
      if (isLost) log(`Redis at ${places} is back.`);
      isLost = false;
    },
  };
}

type Speaker = ReturnType<typeof createSpeaker>;

/** Remembers that Redis does not answer, so that no request waits for it, until it does. */
function createHealth() {
  let isDown = false;
  return {
    isDown: () => isDown,
    slow(client: Client, key: string): Problem {
      if (!isDown) {
        isDown = true;
        const up = () => {
          isDown = false;
        };
        // It answers once it goes on, and it fails once the connection is lost, which is noticed by itself.
        client.eval("return 1", { keys: [key], arguments: [] }).then(up, up);
      }
      return unavailable();
    },
  };
}

async function inTime<Done>(work: Promise<Done>, waitMs: number, late: () => Error): Promise<Done> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), waitMs);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the client: of a Cluster where what is there belongs to one. Goes on trying until it is there. */
async function openClient(urls: readonly string[], say: Speaker, closed: AbortSignal): Promise<Client> {
  const { createClient, createCluster, RedisClient } = await import("@redis/client").catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
      throw new StateError("A store on Redis needs its client, which is not installed: npm install @redis/client");
    },
  );
  const reconnectStrategy = (tries: number) => Math.min(50 * 2 ** Math.min(tries, 10), longestPauseMs);
  const usual = { RESP: 2, disableOfflineQueue: true, maintNotifications: "disabled" } as const;
  const optionsOf = (url: string) => {
    const { socket, ...parsed } = RedisClient.parseURL(url);
    return { ...parsed, ...usual, socket: { ...socket, connectTimeout: patienceMs, reconnectStrategy } };
  };
  for (let tries = 0; ; tries++) {
    const options = optionsOf(urls[tries % urls.length]!);
    // The first of several that is there will do; one that stands alone is waited for.
    const first = createClient({ ...options, socket: { ...options.socket, reconnectStrategy: false } } as never);
    first.on("error", say.lost);
    try {
      await first.connect();
      const info = String(await first.sendCommand(["INFO", "cluster"]));
      const { username, password, socket } = options;
      const { host: _, port: __, ...way } = socket as { host?: string; port?: number };
      const rootNodes = urls.map(optionsOf);
      const client = info.includes("cluster_enabled:1")
        ? createCluster({ rootNodes, defaults: { ...usual, username, password, socket: way } } as never)
        : createClient(options as never);
      client.on("error", say.lost);
      client.on("node-error", say.lost);
      for (const ready of ["ready", "node-ready"]) client.on(ready, say.found);
      await client.connect();
      say.found();
      return client as unknown as Client;
    } catch (error) {
      if (closed.aborted) throw unavailable();
      if (isWrong(error)) throw new StateError(`Redis at ${say.places} refuses: ${(error as Error).message}.`);
      say.lost(error as Error);
      await new Promise((resolve) => setTimeout(resolve, reconnectStrategy(tries)).unref());
    } finally {
      if (first.isOpen) first.destroy();
    }
  }
}

/** Whether a connection is refused for good, such as for its password. */
function isWrong(error: unknown): boolean {
  return error instanceof Error && /^(WRONGPASS|NOAUTH|NOPERM|ERR )/.test(error.message);
}

/** Messages on channels, by a connection of their own, made at the first use. */
function createListening(opening: Promise<Client>) {
  const heard = new Map<string, Set<() => void>>();
  const telling = new Map<string, () => void>();
  let own: Promise<Client> | undefined;
  let isClosed = false;

  async function open(): Promise<Client> {
    const client = (await opening).duplicate() as unknown as Client;
    client.on("error", () => {});
    // What was said while it was away is missed.
    client.on("ready", () => {
      for (const tell of telling.values()) tell();
    });
    await client.connect();
    if (isClosed) client.destroy();
    return client;
  }

  function subscribe(channel: string): void {
    const tell = () => {
      for (const one of heard.get(channel) ?? []) one();
    };
    telling.set(channel, tell);
    own ??= open();
    own
      .then((client) => client.subscribe(channel, tell))
      .then(tell, () => {
        // At the next use it is tried again.
        heard.delete(channel);
        own = undefined;
      });
  }

  return {
    listen(channel: string, listener: () => void): () => void {
      const known = heard.get(channel);
      heard.set(channel, (known ?? new Set()).add(listener));
      if (!known) subscribe(channel);
      return () => {
        const rest = heard.get(channel);
        if (!rest?.delete(listener) || rest.size > 0) return;
        heard.delete(channel);
        telling.delete(channel);
        own?.then((client) => client.unsubscribe(channel)).catch(() => {});
      };
    },
    close(): void {
      isClosed = true;
      own?.then((client) => client.destroy()).catch(() => {});
    },
  };
}
