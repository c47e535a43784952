/** Places by a hash of what lies there, outside of the heap: millions of objects would have the collector stand still for long. */
export type PlaceIndex = {
  /** The places under a hash of 32 bits; there may be several, for keys of one hash. */
  places(hash: number): number[];
  add(hash: number, place: number): void;
  remove(hash: number, place: number): void;
  clear(): void;
};

/** Makes an index in 256 tables, so that none stands still for long when it grows. */
export function createPlaceIndex(): PlaceIndex {
  let tables: Table[] = [];
  const tableOf = (hash: number) => {
    const part = hash >>> 24;
    tables[part] ??= createTable();
    return tables[part];
  };
  return {
    places: (hash) => tableOf(hash).places(hash),
    add: (hash, place) => tableOf(hash).add(hash, place),
    remove: (hash, place) => tableOf(hash).remove(hash, place),
    clear() {
      tables = [];
    },
  };
}

type Table = Omit<PlaceIndex, "clear">;

/** A table with open addressing and linear probing; of its slots a third at least are free. */
function createTable(): Table {
  let hashes = new Uint32Array(16);
  /** One more than the place; 0 where a slot is free. */
  let held = new Float64Array(16);
  let count = 0;

  /** The slot of a place, or else the free one behind the others of its hash. */
  function slotOf(hash: number, place: number): number {
    const mask = held.length - 1;
    let slot = hash & mask;
    while (held[slot] !== 0 && !(hashes[slot] === hash && held[slot] === place + 1)) slot = (slot + 1) & mask;
    return slot;
  }

  function put(hash: number, place: number): void {
    const slot = slotOf(hash, place);
    hashes[slot] = hash;
    held[slot] = place + 1;
  }

  function grow(): void {
    const before = { hashes, held };
    hashes = new Uint32Array(2 * before.held.length);
    held = new Float64Array(2 * before.held.length);
    for (const [slot, one] of before.held.entries()) if (one !== 0) put(before.hashes[slot]!, one - 1);
  }

  return {
    places(hash) {
      const found: number[] = [];
      const mask = held.length - 1;
      for (let slot = hash & mask; held[slot] !== 0; slot = (slot + 1) & mask)
        if (hashes[slot] === hash) found.push(held[slot]! - 1);
      return found;
    },
    add(hash, place) {
      count += 1;
      if (3 * count > 2 * held.length) grow();
      put(hash, place);
    },
    remove(hash, place) {
      const mask = held.length - 1;
      let free = slotOf(hash, place);
      if (held[free] === 0) return;
      count -= 1;
      // What was pushed on by it moves back, for a search ends at a free slot.
      for (let slot = (free + 1) & mask; held[slot] !== 0; slot = (slot + 1) & mask) {
        const home = hashes[slot]! & mask;
        if (((slot - home) & mask) < ((slot - free) & mask)) continue;
        hashes[free] = hashes[slot]!;
        held[free] = held[slot]!;
        free = slot;
      }
      held[free] = 0;
    },
  };
}
