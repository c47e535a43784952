import type { Answer } from "../answer.ts";
import type {
  Clock,
  Collection,
  Customer,
  Fixtures,
  IdempotencyRecords,
  Journal,
  JournalEntry,
  KeptRecord,
  PaymentProfile,
  Sandbox,
  Store,
  Ticket,
} from "./store.ts";

export type MemoryStoreOptions = {
  readonly fixtures: Fixtures;
  /** The real time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Told once when something had to be forgotten. */
  readonly log: (line: string) => void;
  readonly limits?: Partial<Limits>;
  /** Tells an entry of the journal to a reader, with its secrets masked. */
  readonly tell?: (entry: JournalEntry) => JournalEntry;
};

/** The most of everything that could grow without end; the oldest goes first. */
export type Limits = {
  readonly sandboxes: number;
  /** Idempotency records a sandbox. */
  readonly records: number;
  /** Journal entries a sandbox. */
  readonly entries: number;
};

const defaultLimits: Limits = { sandboxes: 1000, records: 100_000, entries: 1000 };

/** A store in the memory of this process. */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  const limits = { ...defaultLimits, ...options.limits };
  const world = createWorld(options.fixtures);
  const sandboxes = new Map<string, Sandbox>();
  let latest: { apiKey: string; sandbox: Sandbox } | undefined;

  return {
    async sandbox(apiKey) {
      if (latest?.apiKey === apiKey) return latest.sandbox;
      const sandbox = sandboxes.get(apiKey) ?? createSandbox(world, options, limits);
      // A Map remembers the order of insertion: what was used last stands last.
      sandboxes.delete(apiKey);
      sandboxes.set(apiKey, sandbox);
      latest = { apiKey, sandbox };
      if (sandboxes.size > limits.sandboxes) {
        const [oldest] = sandboxes.keys();
        sandboxes.delete(oldest!);
        options.log(`More than ${limits.sandboxes} sandboxes: the one least recently used starts anew.`);
      }
      return sandbox;
    },
    async reset() {
      await Promise.all([...sandboxes.values()].map((sandbox) => sandbox.reset()));
    },
  };
}

function createSandbox(
  fixtures: World,
  { now, log, tell = (entry) => entry }: MemoryStoreOptions,
  limits: Limits,
): Sandbox {
  const clock = createClock(now);
  const customers = createCollection(fixtures.customers);
  const paymentProfiles = createCollection(fixtures.paymentProfiles);
  const idempotency = createIdempotencyRecords(clock, log, limits.records);
  const journal = createJournal(limits.entries, tell);
  return {
    customers,
    paymentProfiles,
    idempotency,
    clock,
    journal,
    async snapshot() {
      return {
        customers: customers.all(),
        paymentProfiles: paymentProfiles.all(),
        idempotency: idempotency.all(),
        clock: await clock.read(),
      };
    },
    async restore(snapshot) {
      const world = createWorld(snapshot);
      customers.replace(world.customers);
      paymentProfiles.replace(world.paymentProfiles);
      idempotency.replace(snapshot.idempotency);
      clock.reset();
      if (snapshot.clock) await clock.change(snapshot.clock);
    },
    async reset() {
      customers.replace(fixtures.customers);
      paymentProfiles.replace(fixtures.paymentProfiles);
      idempotency.replace([]);
      clock.reset();
      await journal.clear();
    },
  };
}

/** Fixtures made ready for look-up, once for all sandboxes. */
type World = { readonly customers: Base<Customer>; readonly paymentProfiles: Base<PaymentProfile> };

/** Records that nobody changes: by id, oldest first, and the ids of each customer's. */
type Base<T> = {
  readonly byId: ReadonlyMap<string, T>;
  readonly idsOf: (customerId: string) => readonly string[];
};

type Dated = { readonly customerId: string; readonly createdAt?: string };

function createWorld({ customers, paymentProfiles }: Fixtures): World {
  return {
    customers: createBase(customers, (customer) => customer.customerId),
    paymentProfiles: createBase(paymentProfiles, (profile) => profile.paymentProfileId),
  };
}

function createBase<T extends Dated>(records: readonly T[], idOf: (record: T) => string): Base<T> {
  const age = (record: T) => record.createdAt ?? "";
  const sorted = [...records].sort((a, b) => (age(a) < age(b) ? -1 : age(a) > age(b) ? 1 : 0));
  const byId = new Map(sorted.map((record) => [idOf(record), record]));
  let byCustomer: Map<string, string[]> | undefined;
  return {
    byId,
    idsOf(customerId) {
      byCustomer ??= groupBy(byId.keys(), (id) => byId.get(id)!.customerId);
      return byCustomer.get(customerId) ?? [];
    },
  };
}

// Map.groupBy, which Node 20 does not have yet.
function groupBy(ids: Iterable<string>, groupOf: (id: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const id of ids) {
    const group = groups.get(groupOf(id));
    if (group) group.push(id);
    else groups.set(groupOf(id), [id]);
  }
  return groups;
}

/** Copy on write: a sandbox holds only the records that it has changed. */
function createCollection<T extends Dated>(given: Base<T>) {
  let base = given;
  const changed = new Map<string, T>();
  const find = (id: string) => changed.get(id) ?? base.byId.get(id);

  return {
    async get(id) {
      return find(id);
    },
    async update(id, change) {
      const stored = find(id);
      if (!stored) return undefined;
      const next = change(stored);
      changed.set(id, next);
      return next;
    },
    async list({ offset, limit, where }) {
      const items: T[] = [];
      let total = 0;
      for (const id of base.byId.keys()) {
        if (where && !where(find(id)!)) continue;
        if (total >= offset && items.length < limit) items.push(find(id)!);
        total += 1;
      }
      return { items, total };
    },
    async ofCustomer(customerId) {
      return base.idsOf(customerId).map((id) => find(id)!);
    },
    all: () => [...base.byId.keys()].map((id) => find(id)!),
    replace(next: Base<T>) {
      base = next;
      changed.clear();
    },
  } satisfies Collection<T> & { all(): T[]; replace(next: Base<T>): void };
}

function createIdempotencyRecords(clock: Clock, log: (line: string) => void, most: number) {
  /** A key's record from its reservation on; without an answer, its request is still running. */
  type Slot = Ticket & { answer: Answer | undefined };
  const slots = new Map<string, Slot>();
  // In the order of keeping, each in the place of the one that has to go for it. The Map would know that order too, but
  // looks for its first member among all the deleted ones.
  const ring: Slot[] = [];
  let next = 0;
  let told = false;

  function keep(slot: Slot, answer: Answer): void {
    slot.answer = answer;
    const oldest = ring[next];
    ring[next] = slot;
    next = (next + 1) % most;
    // A key used anew after its time has a record further on.
    if (!oldest || slots.get(oldest.key) !== oldest) return;
    slots.delete(oldest.key);
    if (!told) log(`More than ${most} idempotency keys in a sandbox: from now on the oldest is forgotten.`);
    told = true;
  }

  return {
    async reserve(key, fingerprint, lifetimeMs) {
      const now = await clock.now();
      // From here on nothing waits: of two callers, the second finds what the first has left.
      const first = slots.get(key);
      if (first && (!first.answer || now < first.expiresAt)) {
        if (first.fingerprint !== fingerprint) return { state: "mismatch" };
        return first.answer ? { state: "kept", answer: first.answer } : { state: "locked" };
      }
      const ticket = { key, fingerprint, firstUsedAt: now, expiresAt: now + lifetimeMs, answer: undefined };
      slots.set(key, ticket);
      return { state: "reserved", ticket };
    },
    async keep(ticket: Ticket, answer: Answer) {
      const slot = slots.get(ticket.key);
      if (slot && slot === ticket) keep(slot, answer);
    },
    async release(ticket: Ticket) {
      if (slots.get(ticket.key) === ticket) slots.delete(ticket.key);
    },
    all: () => [...slots.values()].filter((slot): slot is Slot & KeptRecord => slot.answer !== undefined),
    replace(records: readonly KeptRecord[]) {
      slots.clear();
      ring.length = 0;
      next = 0;
      for (const { key, fingerprint, firstUsedAt, expiresAt, answer } of records) {
        const slot: Slot = { key, fingerprint, firstUsedAt, expiresAt, answer: undefined };
        slots.set(key, slot);
        keep(slot, answer);
      }
    },
  } satisfies IdempotencyRecords & { all(): KeptRecord[]; replace(records: readonly KeptRecord[]): void };
}

function createClock(real: () => number) {
  let offset = 0;
  let stoppedAt: number | undefined;
  const current = () => stoppedAt ?? real() + offset;
  const set = (now: number) => {
    if (stoppedAt === undefined) offset = now - real();
    else stoppedAt = now;
  };

  return {
    async now() {
      return current();
    },
    async read() {
      return { now: current(), frozen: stoppedAt !== undefined };
    },
    async change({ now, advanceMs, frozen }) {
      if (now !== undefined) set(now);
      if (advanceMs !== undefined) set(current() + advanceMs);
      if (frozen !== undefined) {
        const time = current();
        stoppedAt = frozen ? time : undefined;
        set(time);
      }
      return { now: current(), frozen: stoppedAt !== undefined };
    },
    reset() {
      offset = 0;
      stoppedAt = undefined;
    },
  } satisfies Clock & { reset(): void };
}

function createJournal(most: number, tell: (entry: JournalEntry) => JournalEntry): Journal {
  const ring: JournalEntry[] = [];
  let recorded = 0;

  return {
    async record(entry) {
      ring[recorded % most] = entry;
      recorded += 1;
    },
    async read() {
      const oldest = recorded > most ? recorded % most : 0;
      return {
        entries: [...ring.slice(oldest), ...ring.slice(0, oldest)].map(tell),
        evicted: Math.max(0, recorded - most),
      };
    },
    async clear() {
      ring.length = 0;
      recorded = 0;
    },
  };
}
