import fc from "fast-check";
import { expect, test } from "vitest";
import { createPlaceIndex } from "../../../src/mock/store/place-index.ts";

test("an index tells the places of a hash as a list of pairs would, whatever comes and goes", () => {
  // Few hashes, near each other and at the end of a table, so that many share their slots.
  const hash = fc.constantFrom(0, 1, 2, 15, 16, 17, 0xffffffff, 0xfffffffe, 0x01000000, 0x0100000f);
  const step = fc.record({ isAdded: fc.boolean(), hash, place: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const index = createPlaceIndex();
      const pairs = new Map<number, Set<number>>();
      for (const { isAdded, hash, place } of steps) {
        const known = pairs.get(hash) ?? new Set();
        pairs.set(hash, known);
        if (isAdded && !known.has(place)) index.add(hash, place);
        if (!isAdded) index.remove(hash, place);
        if (isAdded) known.add(place);
        else known.delete(place);
        for (const [one, places] of pairs) expect(new Set(index.places(one))).toEqual(places);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});
