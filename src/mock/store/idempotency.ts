import type { Answer } from "../../document/answer.ts";
import type { MemoryClock } from "./clock.ts";
import { createPacks, type Slot, together } from "./packs.ts";
import type { IdempotencyRecords, KeptRecord } from "./store.ts";

/** How many of the latest answers are kept as they are; a client repeats a request soon, if at all. */
const fresh = 1024;

/** How long a key is remembered after its time, in milliseconds: a clock may be set back. */
export const graceMs = 3_600_000;

export type IdempotencyOptions = {
  readonly clock: Pick<MemoryClock, "at">;
  /** How many keys are remembered; the oldest goes first. */
  readonly most: number;
  /** What is said where there are more. */
  readonly full: string;
  /** Told that, once. */
  readonly log: (line: string) => void;
};

/** The idempotency keys of a sandbox, with what they hold as plain data. */
export type MemoryIdempotencyRecords = IdempotencyRecords & {
  /** In the order in which they were kept; of some keys, or of all. */
  all(keys?: Iterable<string>): KeptRecord[];
  replace(records: readonly KeptRecord[]): void;
};

/** Keeps the answers under idempotency keys in the memory of this process. */
export function createIdempotencyRecords({ clock, ...options }: IdempotencyOptions): MemoryIdempotencyRecords {
  /** Those whose requests are running, and the latest that were kept. */
  const slots = new Map<string, Slot>();
  const queue = createQueue(slots);
  const bound = createBound(queue, options);
  const find = (key: string) => slots.get(key) ?? queue.find(key);

  function keep(slot: Slot, answer: Answer): void {
    bound.makeRoom(clock.at().now);
    slot.answer = answer;
    queue.add(slot);
  }

  return {
    async reserve(key, fingerprint, lifetimeMs) {
      const { now } = clock.at();
      const first = find(key);
      if (first && (first.answer === undefined || now < first.expiresAt)) {
        if (first.fingerprint !== fingerprint) return { state: "mismatch" };
        return first.answer ? { state: "kept", answer: first.answer } : { state: "locked" };
      }
      const ticket: Slot = { key, fingerprint, firstUsedAt: now, expiresAt: now + lifetimeMs, answer: undefined };
      slots.set(key, ticket);
      return { state: "reserved", ticket, ...(bound.isFull(now) ? { warning: options.full } : {}) };
    },
    async keep(ticket, answer) {
      const slot = slots.get(ticket.key);
      if (slot && slot === ticket) keep(slot, answer);
    },
    async release(ticket) {
      if (slots.get(ticket.key) === ticket) slots.delete(ticket.key);
    },
    all(keys) {
      const some = keys ? [...keys].flatMap((key) => find(key) ?? []) : queue.all();
      return some.flatMap(({ key, fingerprint, firstUsedAt, expiresAt, answer }) =>
        answer ? { key, fingerprint, firstUsedAt, expiresAt, answer } : [],
      );
    },
    replace(records) {
      slots.clear();
      queue.clear();
      for (const { key, fingerprint, firstUsedAt, expiresAt, answer } of records) {
        const slot: Slot = { key, fingerprint, firstUsedAt, expiresAt, answer: undefined };
        slots.set(key, slot);
        keep(slot, answer);
      }
    },
  };
}

/** Sees to it that no more keys are remembered than there may be, and those whose time is over not for long. */
function createBound(queue: Queue, { most, full, log }: Omit<IdempotencyOptions, "clock">) {
  let told = false;
  // A key used anew after its time has a record further on.
  const isFull = (now: number) => queue.size() >= most && now < queue.firstExpiresAt();
  return {
    /** Whether a live key would have to go for one more. */
    isFull,
    /** Forgets what has to go for one more, and of what is out of date a little, so that nobody waits for much of it. */
    makeRoom(now: number): void {
      if (isFull(now) && !told) {
        told = true;
        log(full);
      }
      for (let times = 0; times < 2; times++) {
        if (queue.size() < most && now < queue.firstExpiresAt() + graceMs) return;
        queue.drop();
      }
    },
  };
}

type Queue = ReturnType<typeof createQueue>;

/**
 * What was kept, in its order; a place is the number of one. The older ones lie in packs, outside of the heap and of `slots`: a
 * million answers as they are would fill a gigabyte, and their objects would have the collector stand still.
 */
function createQueue(slots: Map<string, Slot>) {
  const packs = createPacks();
  /** Those that are not packed, from a place on. */
  let recent: Slot[] = [];
  let [first, next, packedTo] = [0, 0, 0];
  // It may be one that was forgotten, or of a key used anew.
  const isCurrent = (slot: Slot) => slots.get(slot.key) === slot;

  /** Takes the oldest of those that are not packed. */
  function taken(): Slot[] {
    const some = recent.slice(0, together);
    recent = recent.slice(together);
    packedTo += together;
    return some;
  }

  function packOldest(): void {
    packs.add(packedTo, recent.slice(0, together), isCurrent);
    for (const slot of taken()) if (isCurrent(slot)) slots.delete(slot.key);
  }

  return {
    size: () => next - first,
    /** When the time of the oldest is over; without one, never. */
    firstExpiresAt(): number {
      if (first === next) return Number.POSITIVE_INFINITY;
      return first < packedTo ? packs.expiresAt(first) : recent[first - packedTo]!.expiresAt;
    },
    /** The latest record of a key among those that are packed. */
    find: packs.find,
    add(slot: Slot): void {
      recent.push(slot);
      next += 1;
      if (recent.length >= fresh + together) packOldest();
    },
    /** Forgets the oldest. */
    drop(): void {
      const slot = recent[first - packedTo];
      if (!slot) packs.drop(first);
      else if (isCurrent(slot)) slots.delete(slot.key);
      first += 1;
      if (first === packedTo + together) taken();
    },
    all(): Slot[] {
      const byKey = new Map<string, Slot>();
      for (let place = first; place < next; place++) {
        const slot = place < packedTo ? packs.slotAt(place) : recent[place - packedTo]!;
        // Of several records of one key, the latest counts; one whose time was over may be running anew.
        byKey.delete(slot.key);
        if (slots.get(slot.key)?.answer !== undefined || !slots.has(slot.key)) byKey.set(slot.key, slot);
      }
      return [...byKey.values()];
    },
    clear(): void {
      packs.clear();
      recent = [];
      [first, next, packedTo] = [0, 0, 0];
    },
  };
}
