import { describe, expect, onTestFinished, test } from "vitest";
import type { MemoryStoreOptions } from "../../../src/mock/store/memory.ts";
import type { Fixtures, Sandbox, Store } from "../../../src/mock/store/store.ts";

const answer = { status: 200, headers: {}, body: "{}" };

type Customer = { customerId: string; name: string; createdAt?: string };
type PaymentProfile = { paymentProfileId: string; customerId: string; status: string };

export const customersOf = (sandbox: Sandbox) => sandbox.collection<Customer>("customers");
export const profilesOf = (sandbox: Sandbox) => sandbox.collection<PaymentProfile>("paymentProfiles");

export function customer(customerId: string, createdAt?: string): Customer {
  return { customerId, name: customerId, ...(createdAt && { createdAt }) };
}

function world(): Fixtures {
  const profile = { type: "CARD", status: "ACTIVE", createdAt: "2026-01-01T00:00:00.000Z" } as const;
  return {
    customers: [customer("b", "2026-01-02T00:00:00.000Z"), customer("a", "2026-01-01T00:00:00.000Z"), customer("c")],
    paymentProfiles: [
      { ...profile, paymentProfileId: "a-1", customerId: "a" },
      { ...profile, paymentProfileId: "b-1", customerId: "b" },
      { ...profile, paymentProfileId: "a-2", customerId: "a" },
    ],
  };
}

/** Makes the store of one test, and what else differs from one kind of store to another. */
export type StoreKind = {
  readonly create: (options: MemoryStoreOptions) => Store;
  /** How long 500 sandboxes over large fixtures may take to open, in milliseconds. */
  readonly openingMs: number;
};

/** A store of one test, a clock that only the test moves, and what the store has logged. */
export function openTestStore(create: StoreKind["create"], options: Partial<MemoryStoreOptions> = {}) {
  const lines: string[] = [];
  const time = { now: 1_000_000 };
  const store = create({
    fixtures: world(),
    collections: {
      customers: { id: "customerId", orderBy: "createdAt" },
      paymentProfiles: { id: "paymentProfileId", orderBy: "createdAt" },
    },
    now: () => time.now,
    log: (line) => lines.push(line),
    ...options,
  });
  onTestFinished(() => store.close?.());
  return { store, lines, time };
}

/** What every kind of store does. */
export function testStores({ create, openingMs }: StoreKind): void {
  const testStore = (options?: Partial<MemoryStoreOptions>) => openTestStore(create, options);

  describe("collections", () => {
    test("list the oldest first, and those of unknown age before all", async () => {
      const customers = customersOf(await testStore().store.sandbox("test_key"));
      const { items, total } = await customers.list({ offset: 0, limit: 10 });
      expect([items.map(({ customerId }) => customerId), total]).toEqual([["c", "a", "b"], 3]);
    });

    test("list the part of a page that passes", async () => {
      const customers = customersOf(await testStore().store.sandbox("test_key"));
      const page = await customers.list({ offset: 1, limit: 1, where: ({ customerId }) => customerId !== "c" });
      expect([page.items.map(({ customerId }) => customerId), page.total]).toEqual([["b"], 2]);
    });

    test("count what stands behind a page, whatever was changed, added and taken away", async () => {
      const customers = customersOf(await testStore().store.sandbox("test_key"));
      const first = async () => {
        const { items, total } = await customers.list({ offset: 0, limit: 1 });
        return [items.map(({ customerId }) => customerId), total];
      };
      await customers.update("b", (stored) => ({ ...stored, name: "changed" }));
      expect(await first()).toEqual([["c"], 3]);
      await customers.insert(customer("d"));
      expect(await first()).toEqual([["c"], 4]);
      await customers.remove("c");
      await customers.remove("c");
      await customers.remove("nobody");
      expect(await first()).toEqual([["a"], 3]);
      expect(await customers.list({ offset: 0, limit: 0 })).toEqual({ items: [], total: 3 });
      expect(await customers.list({ offset: 5, limit: 5 })).toEqual({ items: [], total: 3 });
    });

    test("keep records of one age in the order in which they came", async () => {
      const sameAge = ["d", "a", "c", "b"].map((id) => customer(id, "2026-01-01T00:00:00.000Z"));
      const ageless = ["f", "e"].map((id) => customer(id));
      const { store } = testStore({ fixtures: { customers: [...sameAge, ...ageless], paymentProfiles: [] } });
      const { items } = await customersOf(await store.sandbox("test_key")).list({ offset: 0, limit: 10 });
      expect(items.map(({ customerId }) => customerId)).toEqual(["f", "e", "d", "a", "c", "b"]);
    });

    test("list, find and give away records as they were changed", async () => {
      const sandbox = await testStore().store.sandbox("test_key");
      await customersOf(sandbox).update("a", (stored) => ({ ...stored, name: "changed" }));
      await profilesOf(sandbox).update("a-1", (stored) => ({ ...stored, status: "EXPIRED" }));
      const named = await customersOf(sandbox).list({ offset: 0, limit: 10, where: ({ name }) => name === "changed" });
      expect(named).toMatchObject({ items: [{ customerId: "a", name: "changed" }], total: 1 });
      const statuses = (await profilesOf(sandbox).by("customerId", "a")).map(({ status }) => status);
      expect(statuses).toEqual(["EXPIRED", "ACTIVE"]);
      expect(((await sandbox.snapshot()).records.customers as Customer[]).map(({ name }) => name)).toEqual([
        "c",
        "changed",
        "b",
      ]);
    });

    test("are counted without a look at them, and so are the requests", async () => {
      const sandbox = await testStore({ limits: { madeUp: 1 } }).store.sandbox("test_key");
      const [customers, books] = [customersOf(sandbox), sandbox.collection("books")];
      const size = async () => {
        const { records, requests } = await sandbox.size();
        const held = Object.entries((await sandbox.snapshot()).records).map(([name, kept]) => [name, kept.length]);
        expect(records).toEqual(Object.fromEntries(held));
        return [records.customers, records.books, requests];
      };
      expect(await size()).toEqual([3, undefined, 0]);
      await customers.insert(customer("d"));
      await customers.update("a", (stored) => ({ ...stored, name: "changed" }));
      await customers.remove("b");
      await customers.remove("nobody");
      for (const id of ["1", "2", "3"]) await books.insert({ id }, "made up");
      const entry = { at: 1, method: "GET", target: "/", headers: {}, durationMs: 1 };
      const none = { operationId: undefined, body: undefined, answer: undefined };
      for (let count = 0; count < 3; count++) await sandbox.journal.record({ ...entry, ...none });
      expect(await size()).toEqual([3, 1, 3]);
      await customers.insert(customer("b"));
      await customers.insert(customer("d"));
      await books.update("3", (book) => book);
      await books.insert({ id: "4" }, "made up");
      await sandbox.journal.clear();
      expect(await size()).toEqual([4, 2, 0]);
      await sandbox.restore({ records: { books: [{ id: "5" }] }, idempotency: [], clock: undefined });
      await books.remove("5");
      expect((await size()).slice(0, 2)).toEqual([0, 0]);
      await sandbox.reset();
      expect(await size()).toEqual([3, undefined, 0]);
    });

    test("know the records of each customer", async () => {
      const paymentProfiles = profilesOf(await testStore().store.sandbox("test_key"));
      const ids = (await paymentProfiles.by("customerId", "a")).map(({ paymentProfileId }) => paymentProfileId);
      expect(ids).toEqual(["a-1", "a-2"]);
      expect(await paymentProfiles.by("customerId", "nobody")).toEqual([]);
    });

    test("change a record in one step, and answer what there is not with nothing", async () => {
      const customers = customersOf(await testStore().store.sandbox("test_key"));
      const add = (stored: Customer) => ({ ...stored, name: `${stored.name}+` });
      await Promise.all([customers.update("a", add), customers.update("a", add), customers.update("a", add)]);
      expect((await customers.get("a"))?.name).toBe("a+++");
      expect(await customers.update("nobody", add)).toBeUndefined();
    });

    test("change nothing when the change throws", async () => {
      const customers = customersOf(await testStore().store.sandbox("test_key"));
      const fail = () => {
        throw new Error("refused");
      };
      await expect(customers.update("a", fail)).rejects.toThrow("refused");
      expect((await customers.get("a"))?.name).toBe("a");
    });

    test("take records in and give them away, each sandbox its own", async () => {
      const { store } = testStore();
      const [one, two] = [customersOf(await store.sandbox("test_1")), customersOf(await store.sandbox("test_2"))];
      const idsOf = async (collection: typeof one) =>
        (await collection.list({ offset: 0, limit: 10 })).items.map(({ customerId }) => customerId);
      expect(await one.insert(customer("d", "2020-01-01T00:00:00.000Z"))).toMatchObject({ customerId: "d" });
      expect([await one.remove("a"), await one.remove("a"), await one.remove("nobody")]).toEqual([true, false, false]);
      expect([await idsOf(one), await idsOf(two)]).toEqual([
        ["c", "b", "d"],
        ["c", "a", "b"],
      ]);
      expect([await one.get("a"), await one.update("a", (stored) => stored)]).toEqual([undefined, undefined]);
      await one.remove("d");
      expect(await idsOf(one)).toEqual(["c", "b"]);
      expect([await one.add(customer("a")), await one.add({ ...customer("a"), name: "Another" })]).toEqual([
        true,
        false,
      ]);
      expect(await one.get("a")).toEqual(customer("a"));
    });

    test("find the records whose member has a value as they stand now", async () => {
      const profiles = profilesOf(await testStore().store.sandbox("test_key"));
      const idsOf = async (status: string) =>
        (await profiles.by("status", status)).map(({ paymentProfileId }) => paymentProfileId);
      expect(await idsOf("ACTIVE")).toEqual(["a-1", "b-1", "a-2"]);
      await profiles.update("a-1", (stored) => ({ ...stored, status: "EXPIRED" }));
      await profiles.remove("b-1");
      await profiles.insert({ paymentProfileId: "z-1", customerId: "z", status: "ACTIVE" });
      expect([await idsOf("ACTIVE"), await idsOf("EXPIRED")]).toEqual([["a-2", "z-1"], ["a-1"]]);
    });

    test("that nobody has named are there, and their records have an id", async () => {
      const sandbox = await testStore().store.sandbox("test_key");
      const books = sandbox.collection("books");
      await books.insert({ id: "one", title: "First" });
      expect(await books.get("one")).toEqual({ id: "one", title: "First" });
      expect((await sandbox.snapshot()).records.books).toEqual([{ id: "one", title: "First" }]);
      await sandbox.reset();
      expect(await books.get("one")).toBeUndefined();
    });

    test.each(["toString", "__proto__", "constructor"])("have no record %s", async (id) => {
      const customers = customersOf(await testStore().store.sandbox("test_key"));
      expect(await customers.get(id)).toBeUndefined();
    });
  });

  describe("sandboxes", () => {
    test("share the fixtures and no change of them", async () => {
      const fixtures = world();
      const before = structuredClone(fixtures);
      const { store } = testStore({ fixtures });
      const [one, two] = [await store.sandbox("test_1"), await store.sandbox("test_2")];
      await customersOf(one).update("a", (stored) => ({ ...stored, name: "changed" }));
      expect((await customersOf(two).get("a"))?.name).toBe("a");
      expect(await customersOf(two).get("b")).toBe(await customersOf(one).get("b"));
      expect(fixtures).toEqual(before);
    });

    test("cost next to nothing, however large the fixtures", async () => {
      const customers = Array.from({ length: 100_000 }, (_, index) => customer(`c${index}`));
      const { store } = testStore({ fixtures: { customers, paymentProfiles: [] } });
      const start = performance.now();
      for (let index = 0; index < 500; index++) await customersOf(await store.sandbox(`test_${index}`)).get("c5");
      // One copy of the fixtures alone takes longer.
      expect(performance.now() - start).toBeLessThan(openingMs);
    });

    test("are bounded: the one least recently used starts anew, and the log says so once", async () => {
      const { store, lines } = testStore({ limits: { sandboxes: 2 } });
      const rename = async (key: string) => {
        await customersOf(await store.sandbox(key)).update("a", (stored) => ({ ...stored, name: key }));
      };
      const name = async (key: string) => (await customersOf(await store.sandbox(key)).get("a"))?.name;
      await rename("test_1");
      await rename("test_2");
      await name("test_1");
      await rename("test_3");
      expect(await name("test_1")).toBe("test_1");
      expect(await name("test_2")).toBe("a");
      for (let index = 4; index < 40; index++) await rename(`test_${index}`);
      expect(lines).toEqual([
        "More than 2 sandboxes: from now on the one least recently used starts anew. Use fewer keys, such as one for each test worker, and POST /_understudy/reset between tests.",
      ]);
    });

    test("are all kept up to the bound, and nothing is said", async () => {
      const { store, lines } = testStore({ limits: { sandboxes: 2 } });
      const [one, two] = [await store.sandbox("test_1"), await store.sandbox("test_2")];
      expect([await store.sandbox("test_1"), await store.sandbox("test_2"), lines]).toEqual([one, two, []]);
      expect(await store.sandbox("test_1")).toBe(one);
    });

    test("are a thousand unless it is said otherwise", async () => {
      const { store, lines } = testStore();
      const first = await store.sandbox("test_0");
      for (let index = 1; index < 1000; index++) await store.sandbox(`test_${index}`);
      expect([(await store.sandbox("test_0")) === first, lines]).toEqual([true, []]);
      await store.sandbox("test_1000");
      expect(lines).toEqual([expect.stringMatching(/^More than 1000 sandboxes: /)]);
    });

    test("go back to the fixtures, the real time and no records, one or all", async () => {
      const { store, time } = testStore();
      const [one, two] = [await store.sandbox("test_1"), await store.sandbox("test_2")];
      for (const sandbox of [one, two]) {
        const { clock, idempotency } = sandbox;
        await customersOf(sandbox).update("a", (stored) => ({ ...stored, name: "changed" }));
        await clock.change({ advanceMs: 5, frozen: true });
        const reservation = await idempotency.reserve("key", "print", 1000);
        if (reservation.state === "reserved") await idempotency.keep(reservation.ticket, answer);
      }
      await one.reset();
      expect((await customersOf(one).get("a"))?.name).toBe("a");
      expect(await one.clock.read()).toEqual({ now: time.now, frozen: false });
      expect((await one.snapshot()).idempotency).toEqual([]);
      expect((await customersOf(two).get("a"))?.name).toBe("changed");
      expect((await two.snapshot()).idempotency).toHaveLength(1);
      await store.reset();
      expect((await customersOf(two).get("a"))?.name).toBe("a");
      expect(await two.clock.read()).toEqual({ now: time.now, frozen: false });
      expect((await two.snapshot()).idempotency).toEqual([]);
    });

    test("take another world in the place of their own, until they are reset", async () => {
      const { store, time } = testStore();
      const sandbox = await store.sandbox("test_key");
      await customersOf(sandbox).update("a", (stored) => ({ ...stored, name: "changed" }));
      await profilesOf(sandbox).update("a-1", (stored) => ({ ...stored, status: "EXPIRED" }));
      await sandbox.clock.change({ advanceMs: 100 });
      const { paymentProfiles = [] } = world();
      const [a, z] = [customer("a"), customer("z")];
      await sandbox.restore({ records: { customers: [z, a], paymentProfiles }, idempotency: [], clock: undefined });
      expect(await sandbox.snapshot()).toMatchObject({
        records: { customers: [z, a] },
        clock: { now: time.now, frozen: false },
      });
      expect((await profilesOf(sandbox).get("a-1"))?.status).toBe("ACTIVE");
      expect(await customersOf(sandbox).get("b")).toBeUndefined();
      await sandbox.reset();
      expect((await customersOf(sandbox).list({ offset: 0, limit: 10 })).total).toBe(3);
    });

    test("take back what they gave away", async () => {
      const { store, time } = testStore();
      const sandbox = await store.sandbox("test_key");
      await customersOf(sandbox).update("a", (stored) => ({ ...stored, name: "changed" }));
      const reservation = await sandbox.idempotency.reserve("key", "print", 1000);
      if (reservation.state === "reserved") await sandbox.idempotency.keep(reservation.ticket, answer);
      await sandbox.clock.change({ advanceMs: 100 });
      const snapshot = await sandbox.snapshot();

      await sandbox.reset();
      time.now += 50;
      await sandbox.restore(snapshot);
      expect(await sandbox.snapshot()).toEqual(snapshot);
      expect(await sandbox.idempotency.reserve("key", "print", 1000)).toEqual({ state: "kept", answer });
      expect((await profilesOf(sandbox).by("customerId", "a")).length).toBe(2);
    });
  });

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
      for (const name of ["x", "y", "z"]) await sandbox.collection(name).insert({ id: "1" }, "made up");
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

  describe("idempotency records", () => {
    test("give a key to one caller of several at once", async () => {
      const { idempotency } = await testStore().store.sandbox("test_key");
      const states = await Promise.all(Array.from({ length: 5 }, () => idempotency.reserve("key", "print", 1000)));
      expect(states.map(({ state }) => state).sort()).toEqual(["locked", "locked", "locked", "locked", "reserved"]);
    });

    test("free a key that is released, and keep one that is kept for as long as it lives", async () => {
      const { store, time } = testStore();
      const { idempotency } = await store.sandbox("test_key");
      const reserve = async () => idempotency.reserve("key", "print", 1000);
      const first = await reserve();
      if (first.state === "reserved") await idempotency.release(first.ticket);
      const second = await reserve();
      if (second.state === "reserved") await idempotency.keep(second.ticket, answer);
      expect((await reserve()).state).toBe("kept");
      time.now += 1000;
      expect([first.state, second.state, (await reserve()).state]).toEqual(["reserved", "reserved", "reserved"]);
    });

    test("take no answer from before a reset", async () => {
      const sandbox = await testStore().store.sandbox("test_key");
      const reservation = await sandbox.idempotency.reserve("key", "print", 1000);
      await sandbox.reset();
      if (reservation.state === "reserved") await sandbox.idempotency.keep(reservation.ticket, answer);
      expect((await sandbox.idempotency.reserve("key", "print", 1000)).state).toBe("reserved");
    });

    test("settle no reservation but their own", async () => {
      const sandbox = await testStore().store.sandbox("test_key");
      const reserve = async (print: string) => sandbox.idempotency.reserve("key", print, 1000);
      const before = await reserve("print");
      await sandbox.reset();
      const after = await reserve("other");
      if (before.state === "reserved") {
        await sandbox.idempotency.release(before.ticket);
        await sandbox.idempotency.keep(before.ticket, answer);
      }
      expect([after.state, (await reserve("other")).state, (await reserve("print")).state]).toEqual([
        "reserved",
        "locked",
        "mismatch",
      ]);
    });

    test("wait for a request that runs longer than its key lives", async () => {
      const { store, time } = testStore();
      const { idempotency } = await store.sandbox("test_key");
      await idempotency.reserve("key", "print", 1000);
      time.now += 5000;
      expect((await idempotency.reserve("key", "print", 1000)).state).toBe("locked");
    });

    test("that still run are no part of what a sandbox gives away", async () => {
      const sandbox = await testStore().store.sandbox("test_key");
      await sandbox.idempotency.reserve("key", "print", 1000);
      expect((await sandbox.snapshot()).idempotency).toEqual([]);
    });

    test("are bounded as before when they come back", async () => {
      const { store, lines } = testStore({ limits: { records: 3 } });
      const sandbox = await store.sandbox("test_key");
      const use = async (key: string) => {
        const reservation = await sandbox.idempotency.reserve(key, "print", 1000);
        if (reservation.state === "reserved") await sandbox.idempotency.keep(reservation.ticket, answer);
        return reservation.state;
      };
      for (const key of ["1", "2"]) await use(key);
      await sandbox.restore(await sandbox.snapshot());
      await use("3");
      expect([await use("1"), await use("2"), await use("3"), lines]).toEqual(["kept", "kept", "kept", []]);
      await use("4");
      expect([await use("2"), await use("3"), await use("4")]).toEqual(["kept", "kept", "kept"]);
      expect(await use("1")).toBe("reserved");
      expect(lines).toHaveLength(1);
    });

    test("are bounded, and whoever sends one more is told; not where the oldest is out of date anyway", async () => {
      const { store, lines, time } = testStore({ limits: { records: 2 } });
      const sandbox = await store.sandbox("test_key");
      const use = async (key: string) => {
        const reservation = await sandbox.idempotency.reserve(key, "print", 1000);
        if (reservation.state !== "reserved") return reservation.state;
        await sandbox.idempotency.keep(reservation.ticket, answer);
        return reservation.warning;
      };
      const full = "More than 2 idempotency keys in a sandbox: from now on the oldest is forgotten.";
      expect([await use("1"), await use("2"), await use("3"), await use("4")]).toEqual([
        undefined,
        undefined,
        full,
        full,
      ]);
      time.now += 1000;
      expect([await use("5"), await use("6"), await use("7")]).toEqual([undefined, undefined, full]);
      await sandbox.reset();
      expect([await use("8"), lines]).toEqual([undefined, [full]]);
    });

    test("are bounded: the oldest goes first, and the log says so once", async () => {
      const { store, lines, time } = testStore({ limits: { records: 3 } });
      const { idempotency } = await store.sandbox("test_key");
      const use = async (key: string) => {
        const reservation = await idempotency.reserve(key, "print", 1000);
        if (reservation.state === "reserved") await idempotency.keep(reservation.ticket, answer);
        return reservation.state;
      };
      for (const key of ["1", "2", "3", "4", "5"]) await use(key);
      expect(await Promise.all(["3", "4", "5"].map(use))).toEqual(["kept", "kept", "kept"]);
      expect(await use("1")).toBe("reserved");
      expect(lines).toEqual(["More than 3 idempotency keys in a sandbox: from now on the oldest is forgotten."]);

      // A key used anew after its time is as young as it looks.
      time.now += 1000;
      for (const key of ["5", "6", "7"]) await use(key);
      expect(await Promise.all(["5", "6", "7"].map(use))).toEqual(["kept", "kept", "kept"]);
    });
  });

  describe("the clock", () => {
    test("runs with the real one, ahead of it or behind", async () => {
      const { store, time } = testStore();
      const { clock } = await store.sandbox("test_key");
      expect(await clock.now()).toBe(time.now);
      await clock.change({ advanceMs: 500 });
      time.now += 7;
      expect(await clock.now()).toBe(1_000_507);
      await clock.change({ now: 42 });
      time.now += 1;
      expect(await clock.now()).toBe(43);
    });

    test("stands still, can be moved while it does, and runs on from there", async () => {
      const { store, time } = testStore();
      const { clock } = await store.sandbox("test_key");
      await clock.change({ now: 100, frozen: true });
      time.now += 1000;
      expect(await clock.read()).toEqual({ now: 100, frozen: true });
      await clock.change({ advanceMs: 5 });
      expect(await clock.now()).toBe(105);
      await clock.change({ frozen: false });
      time.now += 10;
      expect(await clock.read()).toEqual({ now: 115, frozen: false });
    });

    test("says what a change has made of it", async () => {
      const { clock } = await testStore().store.sandbox("test_key");
      expect(await clock.change({ now: 100, frozen: true })).toEqual({ now: 100, frozen: true });
      expect(await clock.change({ advanceMs: 5 })).toEqual({ now: 105, frozen: true });
      expect(await clock.change({ frozen: false })).toEqual({ now: 105, frozen: false });
      expect(await clock.change({})).toEqual({ now: 105, frozen: false });
    });

    test("stands still from now on when it is stopped, however often", async () => {
      const { store, time } = testStore();
      const { clock } = await store.sandbox("test_key");
      await clock.change({ frozen: true });
      time.now += 10;
      await clock.change({ frozen: true });
      expect(await clock.now()).toBe(1_000_000);
    });

    test("is each sandbox's own", async () => {
      const { store, time } = testStore();
      await (await store.sandbox("test_1")).clock.change({ advanceMs: 500 });
      expect(await (await store.sandbox("test_2")).clock.now()).toBe(time.now);
    });
  });
}
