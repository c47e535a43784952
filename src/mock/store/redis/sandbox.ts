import { setTimeout as pause } from "node:timers/promises";
import { exactOf, jsonOf } from "../../../document/exact.ts";
import { isMoment } from "../../../document/moment.ts";
import { beyondTime } from "../clock.ts";
import { createFaultRules, type FaultState } from "../faults.ts";
import type { Fit } from "../state.ts";
import type { Change, Clock, ClockState, Collection, Journal, JournalEntry, Sandbox, Ticket } from "../store.ts";
import { unavailable } from "./connection.ts";
import { createKeys, type Keys, keptText, recordsOf } from "./keys.ts";
import { numbersBefore, sharedLog, swapped } from "./log.ts";
import { type Place, text } from "./place.ts";
import { createPost, type Post } from "./post.ts";
import { rebased } from "./rebase.ts";
import * as logScripts from "./scripts/log.ts";
import * as recordScripts from "./scripts/records.ts";
import * as sandboxScripts from "./scripts/sandbox.ts";
import { beginTransaction, type Transaction, type Versions } from "./transaction.ts";

/** How often some work is begun anew because others have changed what it was about. */
const mostTries = 200;

/** A sandbox that lies in Redis, as one process has it. */
export type SharedSandbox = Sandbox & {
  readonly id: string;
  /** Has the webhooks that wait delivered. */
  kick(): void;
  /** Puts other fixtures under it where it stood on those that were called so; what it holds beyond them stays, as far as `fit` lets it. */
  reopen(was: string, fit: Fit): Promise<void>;
};

export function createSharedSandbox(place: Place): SharedSandbox {
  const { run, shared, id, name } = place;
  const versions: Versions = new Map();
  const keys = createKeys(place);
  const clock = sharedClock(place);
  const post = createPost(place);
  const changes = sharedLog<Omit<KeptChange, "id">>(place, "changes", (written) => {
    const { numbers, rest } = numbersBefore(written, 2);
    const change = exactOf(rest) as Change;
    return {
      collection: change.collection,
      before: change.before,
      after: change.after,
      at: numbers[0]!,
      request: numbers[1]!,
    };
  });
  const atomically = createAttempts(place, { versions, keys, post });
  const alone = <Done>(work: (transaction: Transaction) => Promise<Done>) =>
    atomically((_, transaction) => work(transaction));

  const own: Sandbox = {
    name,
    seed: shared.seed,
    // Whoever names a collection knows what its records are.
    collection: <T extends object>(name: string) => oneByOne(name, alone) as unknown as Collection<T>,
    idempotency: recordsOf(keys, async (settlement) => {
      const transaction = beginTransaction(place, versions);
      transaction.settle(settlement);
      // Where it is lost, nothing is kept: another has the key, or the sandbox was reset.
      while ((await transaction.commit(() => [])) === "conflict") await transaction.state();
    }),
    clock,
    journal: sharedJournal(place),
    faults: createFaultRules(clock, shared.seed, {
      read: async () => faultsOf((await run(logScripts.text, "faults"))[1] as string),
      change: (change) => swapped(place, "faults", { read: faultsOf, write: JSON.stringify }, change),
    }),
    webhooks: {
      ...post,
      send: (type, data) =>
        alone(async (transaction) => transaction.deliver(post.sending(type, data, await transaction.state()))),
    },
    changes: changes.read,
    size: () => sizeOf(place),
    async snapshot() {
      const records = await alone((transaction) => transaction.all());
      return { records, idempotency: await keys.all(), clock: await clock.read() };
    },
    async restore({ records, idempotency, clock }) {
      if (clock && !isMoment(clock.now)) throw beyondTime(clock.now);
      const base = shared.bases.own(records);
      const kept = idempotency.flatMap((record) => [record.key, keptText(record, record.answer)]);
      const time = clock ? [String(clock.now), clock.frozen ? "1" : ""] : ["", ""];
      const most = String(shared.limits.records);
      const [, isFull] = await run(sandboxScripts.restore, base.name, base.json, ...time, most, ...kept);
      if (isFull) shared.warn("keys");
    },
    async reset() {
      await run(sandboxScripts.reset, await shared.bases.laid());
    },
  };
  return {
    ...own,
    id,
    kick: post.kick,
    reopen: (was, fit) => rebased(place, was, fit),
    atomically: (work) => atomically((inner) => work(inner(own))),
  };
}

type KeptChange = Change & { readonly id: number; readonly at: number; readonly request: number };

async function sizeOf(place: Place) {
  const [, base, requests, flat] = await place.run(recordScripts.size);
  const records: Record<string, number> = {};
  for (const [name, { byId }] of await place.shared.bases.world(place, text(base))) records[name] = byId.size;
  const found = Array.isArray(flat) ? flat : [];
  for (let at = 0; at < found.length; at += 2) {
    const count = (records[found[at]!] ?? 0) + Number(found[at + 1]);
    if (count > 0 || found[at]! in records) records[found[at]!] = count;
  }
  return { records, requests: Number(requests) };
}

function faultsOf(written: string | null): FaultState {
  return written ? (exactOf(written) as FaultState) : { made: 0, posts: [] };
}

/** A collection of which each call is a transaction of its own. */
function oneByOne(
  name: string,
  alone: <Done>(work: (transaction: Transaction) => Promise<Done>) => Promise<Done>,
): Collection {
  const on = <Done>(work: (collection: Collection) => Promise<Done>) => alone((one) => work(one.collection(name)));
  return {
    get: (id) => on((one) => one.get(id)),
    list: (page) => on((one) => one.list(page)),
    by: (member, value) => on((one) => one.by(member, value)),
    insert: (record, origin) => on((one) => one.insert(record, origin)),
    add: (record) => on((one) => one.add(record)),
    update: (id, change) => on((one) => one.update(id, change)),
    remove: (id) => on((one) => one.remove(id)),
    standing: (id) => on((one) => one.standing(id)),
    history: () => on((one) => one.history()),
  };
}

type Parts = { readonly versions: Versions; readonly keys: Keys; readonly post: Post };

type Work<Done> = (inner: (own: Sandbox) => Sandbox, transaction: Transaction) => Promise<Done>;

/** Makes what does some work until nobody has come between; the keys that it takes stay its own from one try to the next. */
function createAttempts(place: Place, { versions, keys, post }: Parts) {
  return async function atomically<Done>(work: Work<Done>): Promise<Done> {
    const held = new Map<string, Ticket>();
    try {
      for (let tries = 0; tries < mostTries; tries++) {
        const transaction = beginTransaction(place, versions);
        const outcome = await tried(transaction, () =>
          work((own) => within(own, transaction, { keys, held }), transaction),
        );
        if (outcome !== "again") return outcome.done;
        // The more have been in the way, the longer, and no two the same.
        await pause(Math.random() * Math.min(2 ** tries, 50));
      }
      throw unavailable("Too many others change the same at once; send the request again.");
    } finally {
      for (const ticket of held.values()) void keys.release(ticket).catch(() => {});
    }

    async function tried(transaction: Transaction, work: () => Promise<Done>): Promise<"again" | { done: Done }> {
      let done: Done;
      try {
        done = await work();
      } catch (error) {
        if (transaction.failure() === "conflict") return "again";
        throw error;
      }
      const failure = transaction.failure();
      if (failure === "conflict") return "again";
      if (failure) throw failure;
      let sends = false;
      const outcome = await transaction.commit(
        (changes, state) => {
          const deliveries = post.announced(changes, state);
          sends = deliveries.length > 0;
          return deliveries;
        },
        () => place.shared.noted(place.apiKey),
      );
      if (outcome !== "done") return "again";
      for (const ticket of held.values()) keys.drop(keys.tokenOf(ticket)!);
      held.clear();
      if (sends || transaction.sends()) post.kick();
      return { done };
    }
  };
}

/** The sandbox as some work on it has it: what it changes is noted in the transaction. */
function within(
  own: Sandbox,
  transaction: Transaction,
  { keys, held }: { readonly keys: Keys; readonly held: Map<string, Ticket> },
): Sandbox {
  return {
    ...own,
    collection: <T extends object>(name: string) => transaction.collection(name) as unknown as Collection<T>,
    idempotency: {
      async reserve(key, fingerprint, lifetimeMs) {
        const before = held.get(key);
        const reservation = await keys.reserve(key, fingerprint, lifetimeMs, before && keys.tokenOf(before));
        if (before && reservation.state !== "reserved") {
          keys.drop(keys.tokenOf(before)!);
          held.delete(key);
        }
        if (reservation.state === "reserved") held.set(key, reservation.ticket);
        return reservation;
      },
      async keep(ticket, answer) {
        const settlement = keys.settlement(ticket, answer);
        if (settlement) transaction.settle(settlement);
      },
      async release(ticket) {
        const settlement = keys.settlement(ticket, undefined);
        if (settlement) transaction.settle(settlement);
      },
    },
    async snapshot() {
      return { ...(await own.snapshot()), records: await transaction.all() };
    },
    async restore(snapshot) {
      await own.restore(snapshot);
      transaction.forget();
    },
    async reset() {
      await own.reset();
      transaction.forget();
    },
  };
}

function sharedClock({ run }: Place): Clock {
  const told = (now: unknown, frozen: unknown): ClockState => ({ now: Number(now), frozen: frozen === "1" });
  async function read(): Promise<ClockState> {
    const [, now, frozen] = await run(sandboxScripts.readClock);
    return told(now, frozen);
  }
  return {
    now: async () => (await read()).now,
    read,
    async change({ now, advanceMs, frozen }) {
      for (const time of [now, advanceMs]) if (time !== undefined && !Number.isFinite(time)) throw beyondTime(time);
      const given = [now ?? "", advanceMs ?? "", frozen === undefined ? "" : frozen ? "1" : "0"];
      const [outcome, time, stands] = await run(sandboxScripts.changeClock, ...given.map(String));
      if (outcome === "beyond") throw beyondTime(Number(time));
      return told(time, stands);
    },
  };
}

/** What is written is told already: no secret leaves this process. */
function sharedJournal(place: Place): Journal {
  const { shared } = place;
  const { read, next, clear, record } = sharedLog(place, "journal", (written) => exactOf(written) as JournalEntry);
  return {
    async record(entry) {
      try {
        await record(shared.limits.entries, jsonOf(shared.tell(entry)));
      } catch {
        // The request has been carried out: its answer counts, and that Redis is away has been said.
      }
    },
    read,
    next,
    clear,
  };
}
