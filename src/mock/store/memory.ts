import { Problem } from "../../document/problem.ts";
import type { JsonObject } from "../../document/validator.ts";
import { mask } from "../middleware/credentials.ts";
import { createClock } from "./clock.ts";
import { createFaultRules } from "./faults.ts";
import { createIdempotencyRecords } from "./idempotency.ts";
import { createLog, type Log } from "./log.ts";
import type { Changed, CollectionState, Fit, RecordState, SandboxState } from "./state.ts";
import type {
  Change,
  Collection,
  CollectionOptions,
  Fixtures,
  History,
  Journal,
  JournalEntry,
  KeptChange,
  KeptSnapshot,
  Sandbox,
  Snapshots,
  Store,
} from "./store.ts";
import { createWebhooks, type WebhookOptions } from "./webhooks.ts";
import {
  type Base,
  countNow,
  createBase,
  createWorld,
  historyOf,
  optionsOf,
  pageOf,
  recordNow,
  recordsBy,
  recordsNow,
  type World,
} from "./world.ts";

export type MemoryStoreOptions = {
  readonly fixtures: Fixtures;
  /** How collections are kept, by name; one that is not named has records with an `id`. */
  readonly collections?: Readonly<Record<string, CollectionOptions>>;
  /** The real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** What follows where something is left to chance; 1 unless told. */
  readonly seed?: number;
  /** Told once when something had to be forgotten. */
  readonly log: (line: string) => void;
  readonly limits?: Partial<Limits>;
  /** Tells an entry of the journal to a reader, with its secrets masked. */
  readonly tell?: (entry: JournalEntry) => JournalEntry;
  /** What is told of changes, and to whom; nothing and nobody unless told. */
  readonly webhooks?: Partial<WebhookOptions>;
};

/** The most of everything that could grow without end; the oldest goes first. */
export type Limits = {
  readonly sandboxes: number;
  /** Idempotency records a sandbox. */
  readonly records: number;
  /** Journal entries a sandbox. */
  readonly entries: number;
  /** Deliveries of webhooks a sandbox. */
  readonly deliveries: number;
  /** Changes of records a sandbox. */
  readonly changes: number;
  /** Records a sandbox that somebody has written beside those that it began with; one more is refused. */
  readonly written: number;
  /** Records a collection that were made up, or taken away without ever having been written. */
  readonly madeUp: number;
  /** Collections a sandbox in which nobody has written. */
  readonly collections: number;
};

export const defaultLimits: Limits = {
  sandboxes: 1000,
  records: 100_000,
  entries: 1000,
  deliveries: 20_000,
  changes: 200,
  written: 100_000,
  madeUp: 10_000,
  collections: 1000,
};

/** A sandbox of memory, with what it holds beyond the fixtures as plain data. */
export type MemorySandbox = Sandbox & {
  open(collection: string): MemoryCollection;
  /** All of it, or what has changed. */
  state(changed?: Changed): SandboxState;
};

/** A store of memory, whose sandboxes can go on where others have ended. */
export type MemoryStore = Omit<Store, "sandbox"> & {
  sandbox(apiKey: string): Promise<MemorySandbox>;
  /** By API key, the one that was used last at the end. */
  all(): ReadonlyMap<string, { readonly sandbox: MemorySandbox }>;
  /** Opens a sandbox with a state, which is asked for by the sandbox's name. */
  load(apiKey: string, stateFor: (name: string) => SandboxState): void;
  /** Puts other fixtures under all sandboxes; what they hold beyond them stays, as far as `fit` lets it. */
  reopen(given: Given, fit: Fit): void;
};

/** What the sandboxes of a store share, and what may change while they are open. */
type Given = Pick<MemoryStoreOptions, "fixtures" | "collections" | "tell">;

/** A store in the memory of this process. */
export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const limits = { ...defaultLimits, ...options.limits };
  const shared = sharedOf(options);
  const sandboxes = new Map<string, Entry>();
  let latest: Entry | undefined;
  let opened = 0;
  let isTold = false;

  function open(apiKey: string): Entry {
    opened += 1;
    const sandbox = createSandbox(`${mask(apiKey)}-${opened}`, shared, options, limits);
    return { apiKey, lastUsedAt: 0, sandbox };
  }

  function use(apiKey: string): LoadableSandbox {
    const used = latest?.apiKey === apiKey ? latest : (sandboxes.get(apiKey) ?? open(apiKey));
    used.lastUsedAt = options.now();
    if (used === latest) return used.sandbox;
    latest = used;
    // A Map remembers the order of insertion: what was used last stands last.
    sandboxes.delete(apiKey);
    sandboxes.set(apiKey, used);
    if (sandboxes.size > limits.sandboxes) {
      const [oldest] = sandboxes.values();
      sandboxes.delete(oldest!.apiKey);
      void oldest!.sandbox.webhooks.clear();
      if (!isTold) options.log(tooManySandboxes(limits.sandboxes));
      isTold = true;
    }
    return used.sandbox;
  }

  return {
    async sandbox(apiKey) {
      return use(apiKey);
    },
    async list() {
      return [...sandboxes.values()];
    },
    async remove(apiKey) {
      if (latest?.apiKey === apiKey) latest = undefined;
      await sandboxes.get(apiKey)?.sandbox.webhooks.clear();
      return sandboxes.delete(apiKey);
    },
    async stop() {
      await Promise.all([...sandboxes.values()].map(({ sandbox }) => sandbox.webhooks.stop()));
    },
    async reset() {
      await Promise.all([...sandboxes.values()].map(({ sandbox }) => sandbox.reset()));
    },
    snapshots: createSnapshots(),
    all: () => sandboxes,
    load(apiKey, stateFor) {
      const sandbox = use(apiKey);
      sandbox.load(stateFor(sandbox.name));
    },
    reopen(given, fit) {
      Object.assign(shared, sharedOf(given));
      for (const { sandbox } of sandboxes.values()) sandbox.reopen(fit(sandbox.state(), sandbox.name));
    },
  };
}

function createSnapshots(): Snapshots {
  const kept = new Map<string, KeptSnapshot>();
  return {
    list: async () => [...kept].map(([name, { takenAt }]) => ({ name, takenAt })),
    get: async (name) => kept.get(name),
    async keep(name, snapshot, most) {
      if (!kept.has(name) && kept.size >= most) return false;
      kept.set(name, snapshot);
      return true;
    },
    async remove(name) {
      kept.delete(name);
    },
  };
}

type Shared = {
  world: World;
  collections: Readonly<Record<string, CollectionOptions>>;
  tell: (entry: JournalEntry) => JournalEntry;
};

function sharedOf({ fixtures, collections = {}, tell = (entry) => entry }: Given): Shared {
  return { world: createWorld(fixtures, collections), collections, tell };
}

type Entry = { readonly apiKey: string; lastUsedAt: number; readonly sandbox: LoadableSandbox };

type LoadableSandbox = MemorySandbox & {
  load(state: SandboxState): void;
  /** Takes up the records of a state; what else the sandbox holds stays. */
  reopen(state: SandboxState): void;
};

export function tooManySandboxes(most: number): string {
  return `More than ${most} sandboxes: from now on the one least recently used starts anew. Use fewer keys, such as one for each test worker, and POST /_understudy/reset between tests.`;
}

export function tooManyKeys(most: number): string {
  return `More than ${most} idempotency keys in a sandbox: from now on the oldest is forgotten.`;
}

function createSandbox(
  name: string,
  shared: Shared,
  { now, log, seed = 1, webhooks: events = {} }: MemoryStoreOptions,
  limits: Limits,
): LoadableSandbox {
  const clock = createClock(now, () => webhooks.wake());
  const {
    open,
    begin,
    all,
    counts,
    state: stateOfRecords,
  } = createRecords(shared, limits, (change) => {
    changes.record({ ...change, at: clock.at().now, request: entries.last() });
    webhooks.announce(change);
  });
  const most = limits.records;
  const idempotency = createIdempotencyRecords({ clock, most, full: tooManyKeys(most), log });
  const entries = createLog<JournalEntry>(limits.entries);
  const changes = createLog<Omit<KeptChange, "id">>(limits.changes);
  const journal = createJournal(entries, (entry) => shared.tell(entry));
  const webhooks = createWebhooks({ log, ...events }, { clock, requests: entries, most: limits.deliveries, name });
  const faults = createFaultRules(clock, seed);

  return {
    name,
    seed,
    // Whoever names a collection knows what its records are.
    collection: <T extends object>(name: string) => open(name) as unknown as Collection<T>,
    open,
    idempotency,
    clock,
    journal,
    faults,
    webhooks,
    size: async () => ({ records: counts(), requests: entries.count() }),
    changes: async (after) => changes.read(after),
    async snapshot() {
      return { records: all(), idempotency: idempotency.all(), clock: await clock.read() };
    },
    async restore(snapshot) {
      // First, for it refuses a time that is none.
      if (snapshot.clock) await clock.change(snapshot.clock);
      else clock.reset();
      begin(snapshot.records);
      idempotency.replace(snapshot.idempotency);
    },
    async reset() {
      begin(undefined);
      idempotency.replace([]);
      clock.reset();
      changes.clear();
      await faults.clear();
      await journal.clear();
      await webhooks.clear();
    },
    state: (changed) => ({
      ...stateOfRecords(changed),
      idempotency: idempotency.all(changed?.keys),
      clock: !changed || changed.clock ? clock.setting() : undefined,
    }),
    load(state) {
      begin(state.base, state.collections);
      idempotency.replace(state.idempotency);
      if (state.clock) clock.set(state.clock);
    },
    reopen: (state) => begin(state.base, state.collections),
  };
}

/** The collections of a sandbox, over the fixtures or what has taken their place. */
function createRecords(shared: Shared, limits: Limits, tell: (change: Change) => void) {
  const opened = new Map<string, MemoryCollection>();
  const room = createRoom(limits, () => [...opened.values()].reduce((sum, { written }) => sum + written(), 0));
  let own: Fixtures | undefined;
  let { world } = shared;
  const baseOf = (name: string) => world.get(name) ?? createBase([], optionsOf(shared.collections, name));

  function open(name: string): MemoryCollection {
    const known = opened.get(name);
    if (known) return known;
    if (opened.size % limits.collections === limits.collections - 1)
      // What nobody has written is made up again, the same, when it is asked for.
      for (const [other, { written }] of opened) if (!world.has(other) && written() === 0) opened.delete(other);
    const collection = createCollection(baseOf(name), room, (before, after) =>
      tell({ collection: name, before, after }),
    );
    opened.set(name, collection);
    return collection;
  }

  return {
    open,
    /** Begins anew, with records in the place of the fixtures, and with what stood beside them. */
    begin(records: Fixtures | undefined, kept: SandboxState["collections"] = {}): void {
      own = records;
      world = records ? createWorld(records, shared.collections) : shared.world;
      for (const [name, collection] of opened) collection.replace(baseOf(name));
      for (const [name, state] of Object.entries(kept)) open(name).load(state);
    },
    all(): Fixtures {
      const names = new Set([...world.keys(), ...opened.keys()]);
      const held = [...names].map((name) => [name, open(name).all()] as const);
      // One that nothing names any more is there where it holds something.
      return Object.fromEntries(held.filter(([name, records]) => world.has(name) || records.length > 0));
    },
    counts(): Record<string, number> {
      const names = [...new Set([...world.keys(), ...opened.keys()])];
      const counted = names.map((name) => [name, opened.get(name)?.count() ?? baseOf(name).byId.size] as const);
      return Object.fromEntries(counted.filter(([name, count]) => world.has(name) || count > 0));
    },
    state(changed: Changed | undefined): Pick<SandboxState, "base" | "collections"> {
      const names = [...(changed ? changed.collections : opened).keys()];
      const held = names.map((name) => [name, open(name).state(changed?.collections.get(name))] as const);
      return {
        base: changed ? undefined : own,
        collections: Object.fromEntries(held.filter(([, { records }]) => records.length > 0)),
      };
    },
  };
}

type MemoryCollection = Collection & {
  /** How many records somebody has written, changed or taken away. */
  written(): number;
  count(): number;
  idOf(record: JsonObject): string;
  all(): JsonObject[];
  replace(next: Base): void;
  /** What stands beside the base; of some ids, each with whether it came last, or of all. */
  state(ids?: ReadonlyMap<string, boolean>): CollectionState;
  load(state: CollectionState): void;
};

/** Why a sandbox takes no more records. */
export function tooManyRecords(most: number): Problem {
  return new Problem("conflict", {
    message: `The sandbox holds ${most} records that were written, and takes no more.`,
    hint: "POST /_understudy/reset brings it back to those that it began with.",
  });
}

/** How much more the collections of a sandbox take. */
type Room = { readonly madeUp: number; take(): void };

function createRoom({ written, madeUp }: Limits, count: () => number): Room {
  /** How many more there may be before they are counted again, for some go. */
  let left = 0;
  return {
    madeUp,
    /** Throws a `Problem` where there is none for one more record. */
    take() {
      if (left === 0) left = written - count();
      if (left <= 0) {
        left = 0;
        throw tooManyRecords(written);
      }
      left -= 1;
    },
  };
}

/**
 * What stands in the place of a base's records, or beside them; `undefined` where one was taken away. Of what nobody has written, and
 * can be made up again, only the latest is kept.
 */
function createHeld(room: Room, forgotten: (id: string) => void) {
  const all = new Map<string, JsonObject | undefined>();
  const light = new Set<string>();
  return {
    all: all as ReadonlyMap<string, JsonObject | undefined>,
    written: () => all.size - light.size,
    /** Keeps what somebody has written. Throws a `Problem` where there is no room for it. */
    write(id: string, record: JsonObject, place: "last" | "same"): void {
      if (!all.has(id) || light.has(id)) room.take();
      light.delete(id);
      // A Map remembers the order of insertion.
      if (place === "last") all.delete(id);
      all.set(id, record);
    },
    put(id: string, record: JsonObject | undefined, isLight: boolean): void {
      if (isLight) all.delete(id);
      all.set(id, record);
      light.delete(id);
      if (!isLight) return;
      light.add(id);
      if (light.size <= room.madeUp) return;
      const [oldest] = light;
      light.delete(oldest!);
      all.delete(oldest!);
      forgotten(oldest!);
    },
    clear(): void {
      all.clear();
      light.clear();
    },
  };
}

/** Copy on write: a sandbox holds only the records that it has changed, added and taken away. */
function createCollection(
  given: Base,
  room: Room,
  tell: (before?: JsonObject, after?: JsonObject) => void,
): MemoryCollection {
  let base = given;
  const origins = createOrigins(base);
  const held = createHeld(room, origins.forget);
  const changed = held.all;
  const find = (id: string) => recordNow(base, changed, id);

  function insert(record: JsonObject, origin: "written" | "made up"): void {
    const id = base.idOf(record);
    const before = find(id);
    if (origin === "written") held.write(id, record, "last");
    else held.put(id, record, true);
    origins.inserted(id, origin);
    if (origin === "written") tell(before, record);
  }

  return {
    async get(id) {
      return find(id);
    },
    list: async (page) => pageOf(base, changed, page),
    by: async (member, value) => recordsBy(base, changed, member, value),
    async insert(record, origin = "written") {
      insert(record, origin);
      return record;
    },
    async add(record) {
      const isFree = find(base.idOf(record)) === undefined;
      if (isFree) insert(record, "written");
      return isFree;
    },
    async update(id, change) {
      const stored = find(id);
      if (!stored) return undefined;
      const next = change(stored);
      held.write(id, next, "same");
      origins.changed(id);
      tell(stored, next);
      return next;
    },
    async remove(id) {
      const stored = find(id);
      held.put(id, undefined, !base.byId.has(id));
      origins.changed(id);
      if (stored) tell(stored, undefined);
      return stored !== undefined;
    },
    async standing(id) {
      if (find(id)) return origins.isMadeUp(id) ? "made up" : "written";
      return changed.has(id) ? "removed" : "unknown";
    },
    history: async () => origins.history(),
    written: held.written,
    count: () => countNow(base, changed),
    idOf: (record) => base.idOf(record),
    all: () => [...recordsNow(base, changed)],
    replace(next) {
      base = next;
      held.clear();
      origins.begin(base);
    },
    state: (only) => ({ history: origins.history(), records: recordsIn(changed, origins, only) }),
    load({ history, records }) {
      origins.go(history, records);
      for (const { id, record, madeUp } of records)
        held.put(id, record ?? undefined, madeUp === true || (!record && !base.byId.has(id)));
    },
  };
}

/** The records among the changed ones, or those of some ids. */
function recordsIn(
  changed: ReadonlyMap<string, JsonObject | undefined>,
  origins: ReturnType<typeof createOrigins>,
  only: ReadonlyMap<string, boolean> | undefined,
): RecordState[] {
  return [...(only ?? changed).keys()].flatMap((id) => {
    if (!changed.has(id)) return [];
    const marks = { madeUp: origins.isMadeUp(id) || undefined, isLast: only?.get(id) || undefined };
    return [{ id, record: changed.get(id) ?? null, ...marks }];
  });
}

/** Keeps which records nobody has written, and with it what has become of the collection. */
function createOrigins(base: Base) {
  const madeUp = new Set<string>();
  let history = historyOf(base);
  return {
    isMadeUp: (id: string) => madeUp.has(id),
    history: () => history,
    inserted(id: string, origin: "written" | "made up") {
      if (origin === "made up") {
        madeUp.add(id);
        return;
      }
      madeUp.delete(id);
      history = "own";
    },
    forget: (id: string) => void madeUp.delete(id),
    changed(id: string) {
      madeUp.delete(id);
      if (history === "none") history = "changed";
    },
    begin(next: Base) {
      madeUp.clear();
      history = historyOf(next);
    },
    /** Takes up what had become of a collection before. */
    go(before: History, records: readonly RecordState[]) {
      for (const { id, madeUp: isMadeUp } of records) if (isMadeUp) madeUp.add(id);
      if (history === "none" || before === "own") history = before;
    },
  };
}

function createJournal(log: Log<JournalEntry>, tell: (entry: JournalEntry) => JournalEntry): Journal {
  return {
    async record(entry) {
      log.record(entry);
    },
    next: log.next,
    async read(after) {
      const { entries, ...rest } = log.read(after);
      return { entries: entries.map((entry) => ({ ...tell(entry), id: entry.id })), ...rest };
    },
    async clear() {
      log.clear();
    },
  };
}
