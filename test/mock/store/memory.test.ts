import { describe, expect, test } from "vitest";
import { hashOf } from "../../../src/mock/store/hash.ts";
import { createMemoryStore, type MemoryStoreOptions } from "../../../src/mock/store/memory.ts";
import { randomOf } from "./histories.ts";
import { customer, customersOf, openTestStore, profilesOf, testStores } from "./suite.ts";

// One copy of the fixtures alone takes longer.
testStores({ create: createMemoryStore, openingMs: 500 });

const testStore = (options?: Partial<MemoryStoreOptions>) => openTestStore(createMemoryStore, options);

describe("a walk over many records", () => {
  const many = Array.from({ length: 200_000 }, (_, index) => customer(`c${index}`));
  const slow = (record: { name: string }) => record.name.split("").reverse().join("").startsWith("99");

  test("lets others have their turns, and tells of what there was when it began", async () => {
    const { store } = testStore({ fixtures: { customers: many, paymentProfiles: [] } });
    const customers = customersOf(await store.sandbox("test_key"));
    await customers.insert(customer("x99"));
    let turns = 0;
    let isWalking = true;
    const others = (async () => {
      for (; isWalking; turns++) await new Promise((resolve) => setImmediate(resolve));
    })();
    const walk = customers.list({ offset: 0, limit: 1, where: slow }).finally(() => {
      isWalking = false;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await customers.insert(customer("y99"));
    await customers.remove("x99");
    const { items, total } = await walk;
    await others;
    expect([items[0]?.customerId, total]).toEqual(["c99", 2001]);
    expect(turns).toBeGreaterThan(5);
    expect((await customers.list({ offset: 0, limit: 1, where: slow })).total).toBe(2001);
    expect((await customers.list({ offset: 200_000, limit: 5 })).items).toEqual([customer("y99")]);
  });

  test("that makes an index does too, and many of them share a turn", async () => {
    const profiles = many.map(({ customerId }) => ({ paymentProfileId: `p-${customerId}`, customerId, status: "x" }));
    const { store } = testStore({ fixtures: { customers: many, paymentProfiles: profiles } });
    const sandbox = await store.sandbox("test_key");
    const walks = Array.from({ length: 8 }, () => customersOf(sandbox).list({ offset: 0, limit: 1, where: slow }));
    const found = profilesOf(sandbox).by("customerId", "c7");
    let longest = 0;
    let isWalking = true;
    const others = (async () => {
      for (let last = performance.now(); isWalking; ) {
        await new Promise((resolve) => setImmediate(resolve));
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }
    })();
    const began = performance.now();
    await Promise.all(walks);
    const wholeMs = performance.now() - began;
    expect(await found).toEqual([{ paymentProfileId: "p-c7", customerId: "c7", status: "x" }]);
    isWalking = false;
    await others;
    expect(longest).toBeLessThan(wholeMs / 3);
  });
});

const answer = { status: 200, headers: { "Content-Type": "application/json" }, body: "{}" };

function sandboxOf(records: number) {
  return testStore({ limits: { records } }).store.sandbox("test_key");
}

test("keys whose time is long over are forgotten as others come, and nobody is warned for them", async () => {
  const { store, time, lines } = testStore({ limits: { records: 50 } });
  const { idempotency, snapshot } = await store.sandbox("test_key");
  const warnings: unknown[] = [];
  const use = async (key: string) => {
    const reservation = await idempotency.reserve(key, "print", 1000);
    if (reservation.state !== "reserved") return;
    warnings.push(reservation.warning);
    await idempotency.keep(reservation.ticket, answer);
  };
  for (let number = 0; number < 50; number++) await use(`old-${number}`);
  time.now += 1000;
  await use("beside");
  expect((await snapshot()).idempotency).toHaveLength(50);
  time.now += 3_600_000;
  for (let number = 0; number < 10; number++) await use(`new-${number}`);
  const kept = (await snapshot()).idempotency.map(({ key }) => key);
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([40, "old-21", "new-9"]);
  expect([new Set(warnings), lines]).toEqual([new Set([undefined]), []]);
});

// Of the fewer, some are forgotten just before they are packed.
test.each([1060, 3000])(
  "of %d keys, each is found, forgotten and used anew as in a plain list, packed or not",
  async (most) => {
    const random = randomOf(7);
    const { store, time } = testStore({ limits: { records: most } });
    const { idempotency, snapshot } = await store.sandbox("test_key");
    const hour = 3_600_000;
    let kept: { key: string; firstUsedAt: number }[] = [];
    const lookUp = (key: string) => kept.findLast((one) => one.key === key);
    for (let step = 0; step < 12_000; step++) {
      if (random() < 0.0008) time.now += Math.floor(random() * 2.2 * hour);
      const key = `key-${random() < 0.6 ? step : Math.floor(random() * 3000)}`;
      const known = lookUp(key);
      const reservation = await idempotency.reserve(key, "print", hour);
      if (known && time.now < known.firstUsedAt + hour) {
        expect(reservation).toEqual({ state: "kept", answer: { ...answer, body: `${known.firstUsedAt} ${key}` } });
        continue;
      }
      if (reservation.state !== "reserved") throw new Error(`${key} is ${reservation.state}, which was free`);
      const oldest = kept[0];
      const isFull = kept.length >= most && time.now < oldest!.firstUsedAt + hour;
      expect(reservation.warning !== undefined).toBe(isFull);
      await idempotency.keep(reservation.ticket, { ...answer, body: `${time.now} ${key}` });
      const over = kept.slice(0, 2).filter((one) => time.now >= one.firstUsedAt + 2 * hour).length;
      kept = [...kept.slice(kept.length >= most ? Math.max(1, over) : over), { key, firstUsedAt: time.now }];
    }
    const latest = new Map<string, string>();
    for (const { key, firstUsedAt } of kept) latest.set(key, `${firstUsedAt} ${key}`);
    const { idempotency: told } = await snapshot();
    expect(new Map(told.map((one) => [one.key, one.answer.body]))).toEqual(latest);
    expect(told.length).toBe(latest.size);
  },
);

test("keys of one hash are told apart", async () => {
  const { idempotency } = await sandboxOf(3000);
  const use = async (key: string) => {
    const reservation = await idempotency.reserve(key, key, 1000);
    if (reservation.state === "reserved") await idempotency.keep(reservation.ticket, { ...answer, body: key });
    return reservation.state === "kept" ? reservation.answer.body : reservation.state;
  };
  expect(hashOf("costarring")).toBe(hashOf("liquid"));
  await use("liquid");
  for (let number = 0; number < 1200; number++) await use(`first-${number}`);
  expect(await use("costarring")).toBe("reserved");
  for (let number = 0; number < 1200; number++) await use(`second-${number}`);
  expect([await use("liquid"), await use("costarring")]).toEqual(["liquid", "costarring"]);
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
