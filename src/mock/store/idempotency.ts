import { packed, unpacked } from "#platform";
import type { Answer } from "../../document/answer.ts";
import type { Clock, IdempotencyRecords, KeptRecord, Ticket } from "./store.ts";

/** How many of the latest answers are kept as they are; a client repeats a request soon, if at all. */
const fresh = 1024;

/** How many of the others are packed together: alike as answers are, a fifth of each is left. */
const together = 32;

export type IdempotencyOptions = {
  readonly clock: Clock;
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
  /** Of one that is packed, its place in the ring. */
  answer: Answer | number | undefined;
};

/** Keeps the answers under idempotency keys in the memory of this process. */
export function createIdempotencyRecords({ clock, most, full, log }: IdempotencyOptions): MemoryIdempotencyRecords {
  const slots = createParts<Slot>();
  // In the order of keeping, each in the place of the one that has to go for it.
  const ring: Slot[] = [];
  const packs = createPacks(ring, most);
  let next = 0;
  let forgets = false;
  let told = false;
  const answerOf = ({ answer }: Slot) => (typeof answer === "number" ? packs.answerAt(answer) : answer);

  function keep(slot: Slot, answer: Answer): void {
    slot.answer = answer;
    const oldest = ring[next];
    ring[next] = slot;
    next = (next + 1) % most;
    packs.filled(next);
    // A key used anew after its time has a record further on.
    if (!oldest || slots.get(oldest.key) !== oldest) return;
    slots.delete(oldest.key);
    forgets = true;
    if (!told) log(full);
    told = true;
  }

  return {
    async reserve(key, fingerprint, lifetimeMs) {
      const now = await clock.now();
      // From here on nothing waits: of two callers, the second finds what the first has left.
      const first = slots.get(key);
      if (first && (first.answer === undefined || now < first.expiresAt)) {
        if (first.fingerprint !== fingerprint) return { state: "mismatch" };
        const answer = answerOf(first);
        return answer ? { state: "kept", answer } : { state: "locked" };
      }
      const ticket: Slot = { key, fingerprint, firstUsedAt: now, expiresAt: now + lifetimeMs, answer: undefined };
      slots.set(key, ticket);
      return { state: "reserved", ticket };
    },
    async keep(ticket, answer) {
      const slot = slots.get(ticket.key);
      if (slot && slot === ticket) keep(slot, answer);
    },
    async release(ticket) {
      if (slots.get(ticket.key) === ticket) slots.delete(ticket.key);
    },
    warning: () => (forgets ? full : undefined),
    all(keys) {
      const inOrder = () =>
        [...ring.slice(next), ...ring.slice(0, next)].filter((slot) => slots.get(slot.key) === slot);
      const some = keys ? [...keys].flatMap((key) => slots.get(key) ?? []) : inOrder();
      return some.flatMap((slot) => {
        const { key, fingerprint, firstUsedAt, expiresAt } = slot;
        const answer = answerOf(slot);
        return answer ? { key, fingerprint, firstUsedAt, expiresAt, answer } : [];
      });
    },
    replace(records) {
      slots.clear();
      ring.length = 0;
      packs.clear();
      next = 0;
      forgets = false;
      for (const { key, fingerprint, firstUsedAt, expiresAt, answer } of records) {
        const slot: Slot = { key, fingerprint, firstUsedAt, expiresAt, answer: undefined };
        slots.set(key, slot);
        keep(slot, answer);
      }
    },
  };
}

/** The answers of a ring's older slots, packed: a million answers as they are would fill a gigabyte. */
function createPacks(ring: readonly Slot[], most: number) {
  const packs: Uint8Array[] = [];
  const count = Math.ceil(most / together);
  let latest: { readonly pack: Uint8Array; readonly answers: readonly Answer[] } | undefined;

  function pack(number: number): void {
    const first = number * together;
    const slots = ring.slice(first, first + together);
    packs[number] = packed(JSON.stringify(slots.map(({ answer }) => answer)));
    for (const [index, slot] of slots.entries()) slot.answer = first + index;
  }

  return {
    /** After each slot, told the place of the next one. What a pack held is no longer asked for when its places are filled anew. */
    filled(next: number): void {
      if (next % together !== 0 || most < 2 * fresh) return;
      const number = (next === 0 ? count : next / together) - 1 - fresh / together;
      if (number >= 0) pack(number);
      else if (ring.length === most) pack(number + count);
    },
    answerAt(place: number): Answer {
      const pack = packs[Math.floor(place / together)]!;
      if (latest?.pack !== pack) latest = { pack, answers: JSON.parse(unpacked(pack)) as Answer[] };
      return latest.answers[place % together]!;
    },
    clear() {
      packs.length = 0;
      latest = undefined;
    },
  };
}

/** A map in 256 parts: one of a million members would stand still for a tenth of a second whenever it grows or tidies up. */
function createParts<Value>() {
  let parts: Map<string, Value>[] = [];
  return {
    get: (key: string) => parts[partOf(key)]?.get(key),
    set(key: string, value: Value): void {
      const part = partOf(key);
      parts[part] ??= new Map();
      parts[part].set(key, value);
    },
    delete: (key: string) => parts[partOf(key)]?.delete(key) ?? false,
    clear(): void {
      parts = [];
    },
  };
}

/** By its last letters, which are those that differ. http://www.isthe.com/chongo/tech/comp/fnv/ */
function partOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = Math.max(0, key.length - 12); at < key.length; at++)
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return hash >>> 24;
}
