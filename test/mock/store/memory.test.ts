import { expect, test } from "vitest";
import { createMemoryStore } from "../../../src/mock/store/memory.ts";
import { testStores } from "./suite.ts";

// One copy of the fixtures alone takes longer.
testStores({ create: createMemoryStore, openingMs: 500 });

const answer = { status: 200, headers: { "Content-Type": "application/json" }, body: "{}" };

async function sandboxOf(records: number) {
  const store = createMemoryStore({ fixtures: {}, now: () => 0, log: () => {}, limits: { records } });
  return store.sandbox("test_key");
}

test("keys are bounded, and whoever sends one more is told", async () => {
  const sandbox = await sandboxOf(2);
  const use = async (key: string) => {
    const reservation = await sandbox.idempotency.reserve(key, "print", 1000);
    if (reservation.state === "reserved") await sandbox.idempotency.keep(reservation.ticket, answer);
    return sandbox.idempotency.warning?.();
  };
  expect([await use("1"), await use("2")]).toEqual([undefined, undefined]);
  expect(await use("3")).toBe("More than 2 idempotency keys in a sandbox: from now on the oldest is forgotten.");
  await sandbox.reset();
  expect(await use("4")).toBeUndefined();
});

test("keys give the same answers, in the same order, when there are many and the older ones are packed", async () => {
  const most = 2100;
  const sandbox = await sandboxOf(most);
  const answerFor = (number: number) => ({
    ...answer,
    status: 200 + (number % 2),
    body: `{"number":${number},"é":"\ud800"}`,
  });
  for (let number = 0; number < 3 * most; number++) {
    const reservation = await sandbox.idempotency.reserve(`key-${number}`, "print", 1000);
    if (reservation.state === "reserved") await sandbox.idempotency.keep(reservation.ticket, answerFor(number));
    if (number !== 2 * most - 20) continue;
    const { idempotency } = await sandbox.snapshot();
    expect(idempotency.map(({ key }) => key)).toEqual(
      Array.from({ length: most }, (_, index) => `key-${most - 19 + index}`),
    );
  }
  for (let number = 2 * most; number < 3 * most; number++)
    expect(await sandbox.idempotency.reserve(`key-${number}`, "print", 1000)).toEqual({
      state: "kept",
      answer: answerFor(number),
    });
  expect((await sandbox.idempotency.reserve(`key-${2 * most - 1}`, "print", 1000)).state).toBe("reserved");
  await sandbox.restore(await sandbox.snapshot());
  expect(await sandbox.idempotency.reserve(`key-${2 * most}`, "print", 1000)).toEqual({
    state: "kept",
    answer: answerFor(2 * most),
  });
});
