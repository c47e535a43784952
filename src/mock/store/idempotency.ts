import { packed, unpacked } from "#platform";
import type { Answer } from "../../document/answer.ts";
import type { MemoryClock } from "./clock.ts";
import { createParts } from "./parts.ts";
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
type Slot = Ticket & {
  /** Of one whose answer is packed, the pack. */
  answer: Answer | Pack | undefined;
};

/** Keeps the answers under idempotency keys in the memory of this process. */
export function createIdempotencyRecords({ clock, most, full, log }: IdempotencyOptions): MemoryIdempotencyRecords {
  const slots = createParts<Slot>();
  const queue = createQueue();
  let told = false;
  // A key used anew after its time has a record further on.
  const isCurrent = (slot: Slot) => slots.get(slot.key) === slot;

  /** Whether a live key would have to go for one more. */
  function isFull(now: number): boolean {
    const oldest = queue.size() >= most ? queue.oldest() : undefined;
    return oldest !== undefined && now < oldest.expiresAt && isCurrent(oldest);
  }

  /** Forgets what has to go for one more, and of what is out of date a little, so that nobody waits for much of it. */
  function makeRoom(now: number): void {
    if (isFull(now) && !told) {
      told = true;
      log(full);
    }
    for (let times = 0; times < 2; times++) {
      const oldest = queue.oldest();
      if (!oldest || (queue.size() < most && isCurrent(oldest) && now < oldest.expiresAt + graceMs)) return;
      queue.drop();
      if (isCurrent(oldest)) slots.delete(oldest.key);
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
      const first = slots.get(key);
      if (first && (first.answer === undefined || now < first.expiresAt)) {
        if (first.fingerprint !== fingerprint) return { state: "mismatch" };
        const answer = queue.answerOf(first);
        return answer ? { state: "kept", answer } : { state: "locked" };
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
      const some = keys ? [...keys].flatMap((key) => slots.get(key) ?? []) : queue.all().filter(isCurrent);
      return some.flatMap((slot) => {
        const { key, fingerprint, firstUsedAt, expiresAt } = slot;
        const answer = queue.answerOf(slot);
        return answer ? { key, fingerprint, firstUsedAt, expiresAt, answer } : [];
      });
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

/** Slots that were kept one after the other. An old one holds their answers together. */
type Pack = {
  readonly slots: Slot[];
  /** How many have gone from its beginning. */
  gone: number;
  bytes: Uint8Array | undefined;
  /** The one behind it. */
  next: Pack | undefined;
};

function emptyPack(): Pack {
  return { slots: [], gone: 0, bytes: undefined, next: undefined };
}

/**
 * The slots in the order in which they were kept, and their answers, the older ones packed: a million answers as they are would fill a
 * gigabyte. The packs are a chain, for a list of millions would stand still whenever it grows.
 */
function createQueue() {
  let newest = emptyPack();
  let [oldest, toPack] = [newest, newest];
  let [size, unpackedSlots] = [0, 0];
  let latest: { readonly bytes: Uint8Array | undefined; readonly answers: readonly Answer[] } | undefined;

  function packOldest(): void {
    toPack.bytes = packed(JSON.stringify(toPack.slots.map(({ answer }) => answer)));
    for (const slot of toPack.slots) slot.answer = toPack;
    toPack = toPack.next!;
    unpackedSlots -= together;
  }

  function leaveGone(): void {
    const { next } = oldest;
    if (oldest.gone < together || !next) return;
    if (toPack === oldest) {
      toPack = next;
      unpackedSlots -= together;
    }
    // What is gone would hold on to what comes behind it.
    oldest.next = undefined;
    oldest = next;
  }

  return {
    size: () => size,
    oldest: (): Slot | undefined => oldest.slots[oldest.gone],
    add(slot: Slot): void {
      if (newest.slots.length === together) {
        newest.next = emptyPack();
        newest = newest.next;
        leaveGone();
        if (unpackedSlots >= fresh + together) packOldest();
      }
      newest.slots.push(slot);
      size += 1;
      unpackedSlots += 1;
    },
    /** Forgets the oldest. */
    drop(): void {
      size -= 1;
      oldest.gone += 1;
      leaveGone();
    },
    all(): Slot[] {
      const found: Slot[] = [];
      for (let pack: Pack | undefined = oldest; pack; pack = pack.next) found.push(...pack.slots.slice(pack.gone));
      return found;
    },
    answerOf(slot: Slot): Answer | undefined {
      if (!slot.answer || !("slots" in slot.answer)) return slot.answer;
      const { bytes, slots } = slot.answer;
      const known = latest?.bytes === bytes ? latest : undefined;
      latest = known ?? { bytes, answers: JSON.parse(unpacked(bytes!)) as Answer[] };
      return latest.answers[slots.indexOf(slot)];
    },
    clear(): void {
      newest = emptyPack();
      [oldest, toPack] = [newest, newest];
      [size, unpackedSlots] = [0, 0];
      latest = undefined;
    },
  };
}
