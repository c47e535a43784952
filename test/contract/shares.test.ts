import { expect, test } from "vitest";
import { Skip } from "../../src/contract/findings.ts";
import { createShares } from "../../src/contract/shares.ts";

test("requests are spread over operations, and what one leaves goes to those after it", () => {
  let sent = 0;
  const shares = createShares({ operations: 3, maxRequests: 12, sent: () => sent });
  const most = (operation: string) => {
    for (let count = 0; ; count++) {
      try {
        shares.spend(operation);
        sent++;
      } catch (error) {
        expect(error).toEqual(new Skip(`the share of ${operation} in 12 requests is spent`));
        return count;
      }
    }
  };
  expect(most("one")).toBe(4);
  shares.spend("two");
  sent++;
  expect(most("three")).toBe(7);
  expect(shares.isSpent()).toBe(true);
});

test("time is spread over operations", () => {
  let time = 0;
  const shares = createShares({ operations: 2, maxTimeMs: 10_000, sent: () => 0, now: () => time });
  shares.spend("one");
  time = 4_600;
  expect(() => shares.spend("one")).toThrow(new Skip("the share of one in 10 s is over"));
  shares.spend("two");
  time = 8_900;
  shares.spend("two");
  expect(shares.isSpent()).toBe(false);
  time = 9_100;
  expect(() => shares.spend("two")).toThrow(new Skip("the share of two in 10 s is over"));
  expect(shares.isSpent()).toBe(true);
});

test("an operation whose first cases come before those of all others has a share again when the others are to come", () => {
  let time = 0;
  const shares = createShares({ operations: 2, maxTimeMs: 10_000, sent: () => 0, now: () => time });
  shares.spend("one");
  time = 1_000;
  shares.spend("two");
  time = 5_000;
  shares.spend("one");
  time = 6_900;
  shares.spend("one");
  time = 7_100;
  expect(() => shares.spend("one")).toThrow(new Skip("the share of one in 10 s is over"));
  shares.spend("two");
});

test("half of a share is for the checks that come later", () => {
  let [time, sent] = [0, 0];
  const shares = createShares({ operations: 2, maxRequests: 8, maxTimeMs: 10_000, sent: () => sent, now: () => time });
  const ample: boolean[] = [];
  for (; sent < 4; sent++) {
    ample.push(shares.isAmple("one"));
    shares.spend("one");
  }
  expect(ample).toEqual([true, true, false, false]);
  expect(shares.isAmple("two")).toBe(true);
  shares.spend("two");
  time = 6_000;
  expect(shares.isAmple("two")).toBe(false);
});
