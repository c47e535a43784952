import { packed, unpacked } from "#platform";
import type { Answer } from "../../document/answer.ts";
import type { MemoryClock } from "./clock.ts";
import { hashOf } from "./hash.ts";
import { createPlaceIndex } from "./place-index.ts";
import type { IdempotencyRecords, KeptRecord, Ticket } from "./store.ts";

/** How many of the latest answers are kept as they are; a client repeats a request soon, if at all. */
const fresh = 1024;

/** How many of the others are packed together: alike as answers are, a fifth of each is left. */
const together = 32;

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

/** A key's record from its reservation on; without an answer, its request is still running. */
type Slot = Ticket & { answer: Answer | undefined };

/** Keeps the answers under idempotency keys in the memory of this process. */
export function createIdempotencyRecords({ clock, most, full, log }: IdempotencyOptions): MemoryIdempotencyRecords {
  /** Those whose requests are running, and the latest that were kept. */
  const slots = new Map<string, Slot>();
  const queue = createQueue(slots);
  let told = false;
  const find = (key: string) => slots.get(key) ?? queue.find(key);

  /** Whether a live key would have to go for one more. */
  function isFull(now: number): boolean {
    const oldest = queue.size() >= most ? queue.oldest() : undefined;
    // A key used anew after its time has a record further on.
    return oldest !== undefined && now < oldest.expiresAt;
  }

  /** Forgets what has to go for one more, and of what is out of date a little, so that nobody waits for much of it. */
  function makeRoom(now: number): void {
    if (isFull(now) && !told) {
      told = true;
      log(full);
    }
    for (let times = 0; times < 2; times++) {
      const oldest = queue.oldest();
      if (!oldest || (queue.size() < most && now < oldest.expiresAt + graceMs)) return;
      queue.drop();
    }
  }

  function keep(slot: Slot, answer: Answer): void {
    makeRoom(clock.at().now);
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
      return { state: "reserved", ticket, ...(isFull(now) ? { warning: full } : {}) };
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

/** Of several records of one key, the latest counts. */
function latestOf(slots: readonly Slot[]): Slot[] {
  const byKey = new Map<string, Slot>();
  for (const slot of slots) {
    byKey.delete(slot.key);
    byKey.set(slot.key, slot);
  }
  return [...byKey.values()];
}

/**
 * What was kept, in its order; a place is the number of one. The older ones lie in packs, outside of the heap and of `slots`: a
 * million answers as they are would fill a gigabyte, and their objects would have the collector stand still.
 */
function createQueue(slots: Map<string, Slot>) {
  const index = createPlaceIndex();
  const packs = createPacks();
  /** Those that are not packed, from a place on. */
  let recent: Slot[] = [];
  let [first, next, packedTo] = [0, 0, 0];
  const at = (place: number) => (place < packedTo ? packs.slotAt(place) : recent[place - packedTo]!);

  /** Takes the oldest of those that are not packed. */
  function taken(): Slot[] {
    const some = recent.slice(0, together);
    recent = recent.slice(together);
    packedTo += together;
    return some;
  }

  function packOldest(): void {
    const place = packedTo;
    const some = taken();
    packs.add(place, some);
    for (const [number, slot] of some.entries()) {
      // It may be one that was forgotten, or of a key used anew.
      if (slots.get(slot.key) !== slot) continue;
      slots.delete(slot.key);
      index.add(hashOf(slot.key), place + number);
    }
  }

  return {
    size: () => next - first,
    oldest: () => (first < next ? at(first) : undefined),
    /** The latest record of a key among those that are packed. */
    find(key: string): Slot | undefined {
      const places = index.places(hashOf(key)).filter((place) => packs.slotAt(place).key === key);
      return places.length > 0 ? packs.slotAt(Math.max(...places)) : undefined;
    },
    add(slot: Slot): void {
      recent.push(slot);
      next += 1;
      if (recent.length >= fresh + 2 * together) packOldest();
    },
    /** Forgets the oldest. */
    drop(): void {
      const slot = at(first);
      if (first < packedTo) index.remove(hashOf(slot.key), first);
      else if (slots.get(slot.key) === slot) slots.delete(slot.key);
      first += 1;
      if (first % together > 0) return;
      if (first > packedTo) taken();
      else packs.remove(first - together);
    },
    all(): Slot[] {
      const found: Slot[] = [];
      for (let place = first; place < next; place++) found.push(at(place));
      // One whose time was over may be running anew.
      return latestOf(found).filter(({ key }) => slots.get(key)?.answer !== undefined || !slots.has(key));
    },
    clear(): void {
      index.clear();
      packs.clear();
      recent = [];
      [first, next, packedTo] = [0, 0, 0];
    },
  };
}

/** Records in packs, by their places; a pack begins at a place that `together` divides. */
function createPacks() {
  /** A thousand packs each: one list of all would stand still when it grows. */
  let shelves = new Map<number, Map<number, Uint8Array>>();
  const shelfOf = (place: number) => Math.floor(place / together / 1000);
  /** The packs that were asked for last, unpacked: that of the oldest, and another. */
  let open: { readonly start: number; readonly slots: readonly Slot[] }[] = [];
  const read = (start: number) => JSON.parse(unpacked(shelves.get(shelfOf(start))!.get(start)!)) as Slot[];

  return {
    add(start: number, slots: readonly Slot[]): void {
      const number = shelfOf(start);
      const shelf = shelves.get(number) ?? new Map<number, Uint8Array>();
      shelves.set(number, shelf);
      shelf.set(start, packed(JSON.stringify(slots)));
    },
    slotAt(place: number): Slot {
      const start = place - (place % together);
      const pack = open.find((one) => one.start === start) ?? { start, slots: read(start) };
      if (pack !== open[0]) open = [pack, ...open.slice(0, 1)];
      return pack.slots[place - start]!;
    },
    remove(start: number): void {
      const shelf = shelves.get(shelfOf(start));
      shelf?.delete(start);
      if (shelf?.size === 0) shelves.delete(shelfOf(start));
      open = open.filter((one) => one.start !== start);
    },
    clear(): void {
      shelves = new Map();
      open = [];
    },
  };
}
