import { expect, test } from "vitest";
import { firstMoment, lastMoment, timestamp } from "../../../src/document/moment.ts";
import { createClock } from "../../../src/mock/store/clock.ts";

test("a clock that runs stops at the end of 9999, and runs again from where it is set", async () => {
  let real = 1000;
  const clock = createClock(() => real);
  await clock.change({ now: lastMoment });
  real += 5000;
  expect(await clock.read()).toEqual({ now: lastMoment, frozen: false });
  expect(timestamp(await clock.now())).toBe("9999-12-31T23:59:59.999Z");
  expect(await clock.change({ frozen: true })).toEqual({ now: lastMoment, frozen: true });
  await clock.change({ now: 42, frozen: false });
  real += 1;
  expect(await clock.now()).toBe(43);
});

test("a real time that is none of a sandbox's is taken for the nearest", async () => {
  expect(await createClock(() => -5).now()).toBe(firstMoment);
  expect(await createClock(() => 1e15).now()).toBe(lastMoment);
});

test.each([
  [{ now: Number.NaN }, "NaN"],
  [{ now: -1 }, "-1"],
  [{ now: lastMoment, advanceMs: 1 }, "253402300800000"],
  [{ advanceMs: Number.POSITIVE_INFINITY, frozen: true }, "Infinity"],
  [{ advanceMs: -1001 }, "-1"],
])("a clock changed by %j says so and stays as it is", async (change, received) => {
  const clock = createClock(() => 1000);
  await expect(clock.change(change)).rejects.toThrow(
    new RangeError(
      `The clock of a sandbox should be set to a time from 1970-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z, in milliseconds since 1970; received ${received}.`,
    ),
  );
  expect(await clock.read()).toEqual({ now: 1000, frozen: false });
});
