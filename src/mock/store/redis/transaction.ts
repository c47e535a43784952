import { jsonOf } from "../../../document/exact.ts";
import type { JsonObject } from "../../../document/validator.ts";
import { tooManyRecords } from "../memory.ts";
import type { Change, Collection, Fixtures, History, Standing } from "../store.ts";
import { type Base, historyOf, pageOf, recordsBy } from "../world.ts";
import { unavailable } from "./connection.ts";
import { isHeavy, type Overlay, overlayOf, type Place, type State, stateOf, text, writtenOverlay } from "./place.ts";
import * as recordScripts from "./scripts/records.ts";

/** What becomes of a key: an answer, as it is kept, or nothing where it is let go. */
export type Settlement = { readonly key: string; readonly token: string; readonly kept: string };

/** Changes of records that are made at once or not at all: what it reads is what it has changed, and else what is there. */
export type Transaction = {
  collection(name: string): Collection;
  all(): Promise<Fixtures>;
  settle(settlement: Settlement): void;
  /** Events to be sent where the changes are made; each is the text of a delivery without its beginning. */
  deliver(deliveries: readonly string[]): void;
  state(): Promise<State>;
  /** Whether another has put a state in the place of the one that was read, or what was read could not be. */
  failure(): Error | "conflict" | undefined;
  /** Forgets what was changed and read, where another state has taken its place. */
  forget(): void;
  /** Makes the changes, and sends the events that tell of them; `before` is waited for where there are any. */
  commit(
    announced: (changes: readonly Change[], state: State) => readonly string[],
    before?: () => Promise<void>,
  ): Promise<Outcome>;
  /** Whether there were events to be sent. */
  sends(): boolean;
};

export type Outcome = "done" | "conflict" | "lost";

type Pending = { readonly was: string; readonly isOfBase: boolean; overlay: Overlay; isLast: boolean };

type Held = { readonly pending: Map<string, Pending>; history: "own" | "changed" | "" };

/** What was read of a collection before, by its version, so that it is not read again. */
export type Versions = Map<string, { readonly version: string; readonly overlays: ReadonlyMap<string, Overlay> }>;

export function beginTransaction(place: Place, versions: Versions): Transaction {
  const { shared, run } = place;
  const reader = createReader(place, versions);
  const deliveries: string[] = [];
  let settlement: Settlement | undefined;

  return {
    collection: (name) => createCollection(name, reader),
    async all() {
      const [, touched] = await reader.guarded(() => run(recordScripts.collections));
      const { base } = await reader.state();
      const world = await reader.guarded(() => shared.bases.world(place, base));
      const names = [...new Set([...world.keys(), ...(Array.isArray(touched) ? touched : []), ...reader.held.keys()])];
      const lists = await Promise.all(
        names.map(async (name) => {
          const { items } = await this.collection(name).list({ offset: 0, limit: Number.POSITIVE_INFINITY });
          return [name, items] as const;
        }),
      );
      return Object.fromEntries(lists.filter(([name, items]) => world.has(name) || items.length > 0));
    },
    settle(given) {
      settlement = given;
    },
    deliver: (given) => deliveries.push(...given),
    state: reader.state,
    failure: reader.failure,
    forget: reader.forget,
    sends: () => deliveries.length > 0,
    async commit(announced, before) {
      const { held, changes } = reader;
      if (!reader.isTouched() && !settlement && deliveries.length === 0) return "done";
      const now = reader.latest() ?? (await reader.state());
      const args = commitArguments(now, held, settlement, place);
      const events = [...announced(changes, now), ...deliveries];
      if (events.length > 0) await before?.();
      const reply = await run(recordScripts.commit, ...args, ...listed(changes.map(jsonOf)), ...listed(events));
      return tellOutcome(reply, place);
    },
  };
}

/** Reads for a transaction, and holds what it has changed. */
function createReader(place: Place, versions: Versions) {
  const { shared, run } = place;
  const held = new Map<string, Held>();
  const changes: Change[] = [];
  let latest: State | undefined;
  /** How many records this transaction has written that nobody had before. */
  let more = 0;
  let failure: Error | "conflict" | undefined;
  const isTouched = () => [...held.values()].some(({ pending }) => pending.size > 0);

  async function guarded<Done>(work: () => Promise<Done>): Promise<Done> {
    if (failure) throw failure === "conflict" ? unavailable() : failure;
    try {
      return await work();
    } catch (error) {
      failure ??= error as Error;
      throw error;
    }
  }

  function entered(next: State): State {
    const isAnother = latest && (latest.generation !== next.generation || latest.base !== next.base);
    if (isAnother && isTouched()) {
      failure = "conflict";
      throw unavailable();
    }
    latest = next;
    return next;
  }

  return {
    held,
    changes,
    isTouched,
    guarded,
    latest: () => latest,
    failure: () => failure,
    state: () => guarded(async () => entered(stateOf(await run(recordScripts.look)))),
    forget(): void {
      held.clear();
      changes.length = 0;
      [more, latest] = [0, undefined];
    },
    readOne: (name: string, id: string): Promise<One> =>
      guarded(async () => {
        const reply = await run(recordScripts.read, name, id);
        const base = await shared.bases.of(place, entered(stateOf(reply)).base, name);
        const was = text(reply[6]);
        return { base, was, overlay: was === "" ? undefined : overlayOf(was), history: text(reply[7]) };
      }),
    readAll: (name: string) =>
      guarded(async () => {
        const known = versions.get(name);
        const reply = await run(recordScripts.readAll, name, known?.version ?? "");
        const base = await shared.bases.of(place, entered(stateOf(reply)).base, name);
        const overlays = Array.isArray(reply[8]) ? overlaysOf(reply[8]) : known!.overlays;
        versions.set(name, { version: text(reply[7]), overlays });
        return { base, overlays };
      }),
    idOf: (name: string, record: JsonObject) => shared.bases.idOf(name, record),
    heldOf(name: string): Held {
      const known = held.get(name) ?? { pending: new Map(), history: "" };
      held.set(name, known);
      return known;
    },
    tell: (change: Change): void => void changes.push(change),
    /** Throws a `Problem` where there is no room for one more record. */
    takeRoom(): void {
      if ((latest?.written ?? 0) + more >= shared.limits.written) throw tooManyRecords(shared.limits.written);
      more += 1;
    },
  };
}

/** What a collection reads, and where it notes what it changes. */
type Reading = ReturnType<typeof createReader>;

function tellOutcome(reply: Awaited<ReturnType<Place["run"]>>, { shared }: Place): Outcome {
  const [outcome, isFull, isCrowded] = reply;
  if (isFull) shared.warn("keys");
  if (isCrowded) shared.warn("deliveries");
  return outcome as Outcome;
}

function listed(items: readonly string[]): string[] {
  return [String(items.length), ...items];
}

function commitArguments(
  { generation, base }: State,
  held: ReadonlyMap<string, Held>,
  { key, token, kept }: Settlement = { key: "", token: "", kept: "" },
  { shared: { limits } }: Place,
): string[] {
  const records = [...held].flatMap(([name, { pending, history }]) =>
    [...pending].map(([id, { was, isOfBase, overlay, isLast }]) => [
      name,
      id,
      was,
      isLast ? "1" : "",
      writtenOverlay(overlay, isOfBase),
      history,
      isOfBase ? "1" : "",
    ]),
  );
  const { records: keys, changes, deliveries, madeUp, collections } = limits;
  const most = [keys, changes, deliveries, madeUp, collections].map(String);
  return [generation, base, key, token, kept, ...most, String(records.length), ...records.flat()];
}

/** The overlays of a collection by their ids, in their order. */
export function overlaysOf(flat: readonly string[]): ReadonlyMap<string, Overlay> {
  const found: [string, Overlay][] = [];
  for (let at = 0; at < flat.length; at += 2) found.push([flat[at]!, overlayOf(flat[at + 1]!)]);
  return new Map(found.sort(([, a], [, b]) => a.order - b.order));
}

/** A record as Redis has it. */
type One = {
  readonly base: Base;
  readonly was: string;
  readonly overlay: Overlay | undefined;
  readonly history: string;
};

function createCollection(name: string, reading: Reading): Collection {
  const view = createView(name, reading);
  return { ...readsOf(name, reading, view), ...writesOf(name, reading, view) };
}

/** The records of a collection as they stand with what the transaction has done. */
function createView(name: string, { readAll, heldOf, tell, takeRoom }: Reading) {
  const held = () => heldOf(name);
  const overlayOf = (id: string, { overlay }: One) => held().pending.get(id)?.overlay ?? overlay;
  const found = (id: string, one: One) => {
    const overlay = overlayOf(id, one);
    return overlay ? overlay.record : one.base.byId.get(id);
  };

  function put(id: string, one: One, overlay: Omit<Overlay, "order">, isLast: boolean): void {
    const { pending } = held();
    const before = pending.get(id);
    const isOfBase = one.base.byId.has(id);
    const was = before?.was ?? one.was;
    const stands = overlayOf(id, one);
    if (overlay.origin === "written" && !(stands && isHeavy(stands, isOfBase))) takeRoom();
    if (isLast) pending.delete(id);
    const order = Number.POSITIVE_INFINITY;
    pending.set(id, { was, isOfBase, overlay: { ...overlay, order }, isLast: isLast || !!before?.isLast });
    if (overlay.origin === "written" && isLast) held().history = "own";
    else if (overlay.origin !== "made up") held().history ||= "changed";
  }

  return {
    held,
    overlayOf,
    found,
    put,
    insert(id: string, one: One, record: JsonObject, origin: "written" | "made up"): void {
      const before = found(id, one);
      put(id, one, { origin, record }, true);
      if (origin === "written") tell({ collection: name, before, after: record });
    },
    async whole() {
      const { base, overlays } = await readAll(name);
      const changed = new Map([...overlays].map(([id, { record }]) => [id, record]));
      for (const [id, { overlay, isLast }] of held().pending) {
        if (isLast) changed.delete(id);
        changed.set(id, overlay.record);
      }
      return { base, changed };
    },
  };
}

type View = ReturnType<typeof createView>;

function readsOf(name: string, { readOne }: Reading, { held, overlayOf, found, whole }: View) {
  return {
    async get(id) {
      return found(id, await readOne(name, id));
    },
    async list(page) {
      const { base, changed } = await whole();
      return pageOf(base, changed, page);
    },
    async by(member, value) {
      const { base, changed } = await whole();
      return recordsBy(base, changed, member, value);
    },
    async standing(id): Promise<Standing> {
      const one = await readOne(name, id);
      const overlay = overlayOf(id, one);
      if (found(id, one)) return overlay?.origin === "made up" ? "made up" : "written";
      return overlay ? "removed" : "unknown";
    },
    async history(): Promise<History> {
      const { base, history } = await readOne(name, "");
      const first = historyOf(base);
      if ([first, history, held().history].includes("own")) return "own";
      return history || held().history ? "changed" : first;
    },
  } satisfies Partial<Collection>;
}

function writesOf(name: string, { readOne, idOf, tell }: Reading, { found, put, insert }: View) {
  return {
    async insert(record, origin = "written") {
      const id = idOf(name, record);
      insert(id, await readOne(name, id), record, origin);
      return record;
    },
    async add(record) {
      const id = idOf(name, record);
      const one = await readOne(name, id);
      if (found(id, one) !== undefined) return false;
      insert(id, one, record, "written");
      return true;
    },
    async update(id, change) {
      const one = await readOne(name, id);
      const stored = found(id, one);
      if (!stored) return undefined;
      const next = change(stored);
      put(id, one, { origin: "written", record: next }, false);
      tell({ collection: name, before: stored, after: next });
      return next;
    },
    async remove(id) {
      const one = await readOne(name, id);
      const stored = found(id, one);
      put(id, one, { origin: "removed", record: undefined }, false);
      if (stored) tell({ collection: name, before: stored, after: undefined });
      return stored !== undefined;
    },
  } satisfies Partial<Collection>;
}
