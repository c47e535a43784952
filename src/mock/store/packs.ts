import { packed, unpacked } from "#platform";
import type { Answer } from "../../document/answer.ts";
import { hashOf } from "./hash.ts";
import { createPlaceIndex } from "./place-index.ts";
import type { Ticket } from "./store.ts";

/** A key's record from its reservation on; without an answer, its request is still running. */
export type Slot = Ticket & { answer: Answer | undefined };

/** How many records are packed together: alike as answers are, a fifth of each is left. */
export const together = 64;

/** Records packed together, and what is asked of each of them while they are: when its time is over, and the hash of its key. */
type Pack = { readonly marks: Float64Array; readonly bytes: Uint8Array };

/** The records of keys in packs, by their places; a pack begins at a place that `together` divides. */
export function createPacks() {
  const index = createPlaceIndex();
  /** A thousand packs each: one list of all would stand still when it grows. */
  let shelves = new Map<number, Map<number, Pack>>();
  /** The pack that was asked for last, unpacked. */
  let open: { readonly pack: Pack; readonly slots: readonly Slot[] } | undefined;
  const shelfOf = (place: number) => Math.floor(place / together / 1000);
  const packAt = (place: number) => shelves.get(shelfOf(place))!.get(place - (place % together))!;
  const markAt = (place: number, which: 0 | 1) => packAt(place).marks[2 * (place % together) + which]!;

  function slotAt(place: number): Slot {
    const pack = packAt(place);
    if (open?.pack !== pack) open = { pack, slots: JSON.parse(unpacked(pack.bytes)) as Slot[] };
    return open.slots[place % together]!;
  }

  return {
    slotAt,
    expiresAt: (place: number) => markAt(place, 0),
    /** The latest record of a key. */
    find(key: string): Slot | undefined {
      const places = index.places(hashOf(key)).filter((place) => slotAt(place).key === key);
      return places.length > 0 ? slotAt(Math.max(...places)) : undefined;
    },
    /** Packs records; by their keys, those alone are found that are wanted. */
    add(start: number, slots: readonly Slot[], isWanted: (slot: Slot) => boolean): void {
      const marks = new Float64Array(2 * slots.length);
      for (const [number, slot] of slots.entries()) {
        const hash = hashOf(slot.key);
        marks[2 * number] = slot.expiresAt;
        marks[2 * number + 1] = hash;
        if (isWanted(slot)) index.add(hash, start + number);
      }
      const shelf = shelves.get(shelfOf(start)) ?? new Map<number, Pack>();
      shelves.set(shelfOf(start), shelf);
      shelf.set(start, { marks, bytes: packed(JSON.stringify(slots)) });
    },
    /** Forgets a record; those before it have gone. */
    drop(place: number): void {
      index.remove(markAt(place, 1), place);
      if ((place + 1) % together > 0) return;
      const shelf = shelves.get(shelfOf(place));
      shelf?.delete(place + 1 - together);
      if (shelf?.size === 0) shelves.delete(shelfOf(place));
    },
    clear(): void {
      index.clear();
      shelves = new Map();
      open = undefined;
    },
  };
}
