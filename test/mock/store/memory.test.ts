import { describe, expect, test } from "vitest";
import { createMemoryStore, type MemoryStoreOptions } from "../../../src/mock/store/memory.ts";
import type { Sandbox } from "../../../src/mock/store/store.ts";
import { customer, customersOf, openTestStore, profilesOf, testStores } from "./suite.ts";

// One copy of the fixtures alone takes longer.
testStores({ create: createMemoryStore, openingMs: 500 });

const testStore = (options?: Partial<MemoryStoreOptions>) => openTestStore(createMemoryStore, options);

describe("what nobody has written makes way", () => {
  const ids = async (sandbox: Sandbox) =>
    (await customersOf(sandbox).list({ offset: 0, limit: 99 })).items.map(({ customerId }) => customerId);

  test("of too many records that were made up, the oldest goes; those that were written stay", async () => {
    const sandbox = await testStore({ limits: { madeUp: 2 } }).store.sandbox("test_key");
    const customers = customersOf(sandbox);
    await customers.insert(customer("written"));
    for (const id of ["one", "two", "three"]) await customers.insert(customer(id), "made up");
    expect(await ids(sandbox)).toEqual(["c", "a", "b", "written", "two", "three"]);
    expect(await customers.standing("one")).toBe("unknown");
    await customers.update("two", (stored) => ({ ...stored, name: "changed" }));
    for (const id of ["four", "five"]) await customers.insert(customer(id), "made up");
    expect(await ids(sandbox)).toEqual(["c", "a", "b", "written", "two", "four", "five"]);
  });

  test("of too many that were taken away, it is forgotten that there was one; not of those that it began with", async () => {
    const customers = customersOf(await testStore({ limits: { madeUp: 2 } }).store.sandbox("test_key"));
    for (const id of ["a", "one", "two", "three"]) await customers.remove(id);
    const standings = await Promise.all(["a", "one", "two", "three"].map((id) => customers.standing(id)));
    expect(standings).toEqual(["removed", "unknown", "removed", "removed"]);
  });

  test("of too many collections, those in which nobody has written are forgotten", async () => {
    const sandbox = await testStore({ limits: { collections: 3 } }).store.sandbox("test_key");
    await sandbox.collection("written").insert({ id: "1" });
    const made = sandbox.collection("made");
    await made.insert({ id: "1" }, "made up");
    for (const name of ["x", "y", "z"]) await sandbox.collection(name).list({ offset: 0, limit: 1 });
    expect(await sandbox.collection("written").standing("1")).toBe("written");
    expect(await sandbox.collection("made").standing("1")).toBe("unknown");
    expect((await sandbox.snapshot()).records.customers).toHaveLength(3);
  });
});

describe("a sandbox that holds as many written records as it takes", () => {
  test("refuses one more with a word, and takes changes of those that there are", async () => {
    const sandbox = await testStore({ limits: { written: 2 } }).store.sandbox("test_key");
    const customers = customersOf(sandbox);
    await customers.insert(customer("one"));
    await customers.update("a", (stored) => ({ ...stored, name: "changed" }));
    const full = "The sandbox holds 2 records that were written, and takes no more.";
    await expect(customers.insert(customer("two"))).rejects.toThrow(full);
    await expect(profilesOf(sandbox).add({ paymentProfileId: "p", customerId: "a", status: "x" })).rejects.toThrow(
      full,
    );
    await expect(customers.update("b", (stored) => stored)).rejects.toThrow(full);
    expect(await customers.standing("two")).toBe("unknown");
    await customers.update("a", (stored) => ({ ...stored, name: "again" }));
    await customers.insert(customer("one"));
  });

  test("takes others once some have gone", async () => {
    const sandbox = await testStore({ limits: { written: 2 } }).store.sandbox("test_key");
    const customers = customersOf(sandbox);
    for (const id of ["one", "two"]) await customers.insert(customer(id));
    await customers.remove("one");
    await customers.insert(customer("three"));
    await expect(customers.insert(customer("four"))).rejects.toThrow("takes no more");
    await sandbox.reset();
    for (const id of ["one", "two"]) await customers.insert(customer(id));
  });
});

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
