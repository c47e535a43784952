import { expect, test } from "vitest";
import { soak } from "./endurance.ts";

test("ten minutes of mixed load under faults lose, leak and repeat nothing", { timeout: 120_000 }, async () => {
  const { findings, sent, repeated, events, held } = await soak({ minutes: 10, writes: 16 });
  expect(findings).toEqual([]);
  expect({ events, rounds: held.length }).toEqual({ events: 160, rounds: 10 });
  expect(sent).toBeGreaterThan(600);
  expect(repeated).toBeGreaterThan(30);
});
