import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Repeat, Skip } from "../../../src/contract/findings.ts";
import { fewer, type Search, search, shorter, shrinking } from "../../../src/contract/generated/search.ts";
import { BudgetSpent, Unserved } from "../../../src/contract/sender.ts";

const texts = shrinking<unknown>(fc.record({ name: fc.string({ maxLength: 40 }), size: fc.nat() }), [fewer, shorter]);

/** What a search finds where a fault is told by its name, and every value that it looked at. */
async function searched(faultIn: (value: unknown) => string | undefined, options: Partial<Search<unknown>> = {}) {
  const looked: unknown[] = [];
  const faults: { fault: { name: string; value: unknown }; repeat: Repeat }[] = [];
  await search<unknown, { name: string; value: unknown }>(
    { arbitrary: texts, draws: 50, seed: 8, ...options },
    async (value, earlier) => {
      looked.push(value);
      const name = faultIn(value);
      return name === undefined || (earlier && earlier.name !== name) ? undefined : { name, value };
    },
    (fault, repeat) => faults.push({ fault, repeat }) > 0,
  );
  return { looked, faults };
}

const sizeOf = (value: unknown) => (value as { size?: number }).size ?? 0;
const nameOf = (value: unknown) => (value as { name?: string }).name ?? "";

test("what fails is made smaller as long as it fails in the same way", async () => {
  const { faults } = await searched((value) => (sizeOf(value) >= 1000 ? "large" : undefined));
  expect(faults[0]?.fault.value).toEqual({ size: 1000 });
});

test("values that are given come first, and are made smaller too", async () => {
  const examples = [{ name: "a fine name" }, { name: "a name with an å in it", size: 7 }];
  const { looked, faults } = await searched((value) => (/å/.test(nameOf(value)) ? "no ASCII" : undefined), {
    examples,
    draws: 0,
  });
  expect(looked.slice(0, 2)).toEqual(examples);
  const [{ fault }] = faults as [(typeof faults)[number]];
  expect(fault.value).not.toHaveProperty("size");
  expect(nameOf(fault.value).length).toBeLessThan(examples[1]!.name.length);
});

test("after a fault it goes on with the rest, or ends where it is told to", async () => {
  const examples = [1, 2, 3, 4];
  const { faults } = await searched((value) => (Number(value) % 2 === 0 ? `even ${value}` : undefined), {
    examples,
    draws: 0,
  });
  expect(faults.map(({ fault }) => fault.value)).toEqual([2, 4]);
});

test("the seed and the path of a fault lead to it at once", async () => {
  const faultIn = (value: unknown) => (sizeOf(value) >= 1000 && nameOf(value).length > 3 ? "both" : undefined);
  const { looked, faults } = await searched(faultIn);
  expect(looked.length).toBeGreaterThan(5);
  const [{ fault, repeat }] = faults as [(typeof faults)[number]];
  const again = await searched(faultIn, repeat);
  expect(again.looked).toEqual([fault.value]);
  expect(again.faults[0]).toEqual({ fault, repeat });
  const mended = await searched(() => undefined, repeat);
  expect(mended.looked).toEqual([fault.value]);
  expect(mended.faults).toEqual([]);
});

test.each(["3:999999:1", "999999"])("a path that leads nowhere, such as %s, skips the case", async (path) => {
  const nowhere = new Skip(`the path ${path} leads to no value of this case`);
  await expect(searched(() => undefined, { path, draws: 0, examples: [1, 2, 3, 4] })).rejects.toThrow(nowhere);
});

test("a search for the smallest value ends, however much fails", async () => {
  const { looked } = await searched(() => "all", {
    examples: [{ name: "x".repeat(5000), list: Array(500).fill(1) }],
    draws: 0,
  });
  expect(looked.length).toBeLessThanOrEqual(201);
});

describe("what ends a case gets through, and nothing is looked at any more", () => {
  test.each([new Skip("not here"), new BudgetSpent("spent"), new Unserved("not now")])("$name", async (error) => {
    for (const last of [1, 5]) {
      let looks = 0;
      const given = { arbitrary: texts, draws: 50, seed: 8 };
      const look = async () => {
        if (++looks === last) throw error;
        return last === 1 ? undefined : { name: "all" };
      };
      await expect(search(given, look, () => true)).rejects.toBe(error);
      expect(looks).toBe(last);
    }
  });
});
