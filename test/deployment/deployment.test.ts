import { beforeAll, describe, expect, it } from "vitest";
import { type Behaviour, createDeployment, type Deployment } from "./deployment.ts";
import { faults } from "./faults.ts";
import { address, type Exchanged, type Sent, sender, tour } from "./tour.ts";
import { variants } from "./variants.ts";

const email = { method: "EMAIL_INVOICE", email: "desk@marlowe.example" };
const paper = { method: "PAPER_INVOICE", address };

/** A fresh deployment with short ways to write to its main customer. */
function visit(deployment: Deployment = createDeployment()) {
  const { world } = deployment;
  const send = sender(deployment);
  const path = `/customers/${encodeURIComponent(world.customer)}`;
  const put = (body: unknown, headers: Record<string, string> = {}) =>
    send("PUT", `${path}/billing`, { body, headers });
  const keyed = (key: string, body: unknown, headers: Record<string, string> = {}) =>
    put(body, { "X-Idempotency-Key": key, ...headers });
  const billing = () => deployment.customers.get(world.customer)?.billing;
  return { deployment, world, send, path, put, keyed, billing };
}

const read = (step: Exchanged) => JSON.parse(step.body);

describe("authentication", () => {
  const paths = ["/customers", "/customers/{me}", "/payment-profiles?customerId={me}", "/payment-profiles/{card}"];
  it.each(paths)("GET %s wants a known key, exactly", async (pattern) => {
    const { send, world } = visit();
    const path = pattern.replace("{me}", world.customer).replace("{card}", world.profile);
    const { primary, secondary } = world.keys;
    const given = [primary, secondary, "", "nobody", primary.slice(0, -1), `${primary}0`, primary.toLowerCase()];
    const statuses = await Promise.all(given.map((key) => send("GET", path, { headers: { "X-API-Key": key } })));
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 401, 401, 401, 401, 401]);
  });

  it("refuses a write without a key and does not execute it", async () => {
    const { put, deployment } = visit();
    expect((await put(email, { "X-API-Key": "nobody" })).status).toBe(401);
    expect(deployment.executions).toBe(0);
  });

  it("matches header names in any letter case, over a socket", async () => {
    const deployment = createDeployment();
    const { url, close } = await deployment.listen();
    for (const name of ["X-API-Key", "x-api-key", "X-Api-Key", "X-API-KEY"]) {
      const response = await fetch(`${url}/customers`, { headers: { [name]: deployment.world.keys.primary } });
      expect([name, response.status]).toEqual([name, 200]);
      expect(Date.parse(response.headers.get("date") ?? "")).toBeGreaterThan(0);
    }
    await close();
  });
});

describe("reads", () => {
  it.each<[string, number, number[]]>([
    ["/customers", 200, [15, 15, 100, 0]],
    ["/customers?limit=4&offset=13", 200, [2, 15, 4, 13]],
    ["/customers?limit=1000", 200, [15, 15, 1000, 0]],
    ["/customers?offset=40", 200, [0, 15, 100, 40]],
    ["/customers?filter=noor", 200, [1, 1, 100, 0]],
    ["/customers?filter=brandtcole.example", 200, [1, 1, 100, 0]],
    ["/customers?limit=0", 400, []],
    ["/customers?limit=1001", 400, []],
    ["/customers?limit=ten", 400, []],
    ["/customers?offset=-1", 400, []],
  ])("GET %s answers %i", async (path, status, counts) => {
    const answer = await visit().send("GET", path);
    const { items = [], pagination } = read(answer);
    expect(answer.status).toBe(status);
    if (status === 200) expect([items.length, pagination.total, pagination.limit, pagination.offset]).toEqual(counts);
    else expect(read(answer).code).toBe("VALIDATION_ERROR");
  });

  it("shows a customer's own payment profiles and nobody else's", async () => {
    const { send, world } = visit();
    const { items } = read(await send("GET", `/payment-profiles?customerId=${world.customer}`));
    expect(items.map((card: { paymentProfileId: string }) => card.paymentProfileId)).toEqual([
      world.profile,
      world.secondProfile,
      world.expiredProfile,
    ]);
    expect(read(await send("GET", `/payment-profiles/${world.foreignProfile}`)).customerId).toBe(world.foreignCustomer);
    expect((await send("GET", "/payment-profiles")).status).toBe(400);
    expect((await send("GET", `/payment-profiles/${world.unknownProfile}`)).status).toBe(404);
    expect((await send("GET", `/customers/${world.unknownCustomer}`)).status).toBe(404);
  });
});

describe("billing", () => {
  const { world } = createDeployment();
  const me = { method: "EMAIL_INVOICE", email: "desk@marlowe.example" };

  it.each<[string, object, object]>([
    ["keeps what is left out", me, { currency: "EUR", defaultPaymentProfileId: world.profile, autoPay: true }],
    ["takes paper with a whole address", paper, { method: "PAPER_INVOICE", address }],
    ["takes a second own card", { ...me, defaultPaymentProfileId: world.secondProfile }, { autoPay: true }],
    [
      "turns autoPay off by itself",
      { ...me, autoPay: false },
      { autoPay: false, defaultPaymentProfileId: world.profile },
    ],
    [
      "keeps the letters of an e-mail",
      { ...me, email: "De.Sk+1@Marlowe.example" },
      { email: "De.Sk+1@Marlowe.example" },
    ],
  ])("%s", async (_, change, expected) => {
    const { put, send, path } = visit();
    const answer = await put(change);
    expect(answer.status).toBe(200);
    expect(read(answer)).toMatchObject({ name: "Ingrid Marlowe", billing: { ...change, ...expected } });
    expect(read(await send("GET", path))).toEqual(read(answer));
    expect(Date.parse(read(answer).updatedAt)).toBeGreaterThan(Date.parse("2025-01-30T16:40:03.902Z"));
  });

  it.each<[string, unknown, string | undefined]>([
    ["no method", { email: "a@b.example" }, "method"],
    ["another method", { ...me, method: "email_invoice" }, "method"],
    ["no email", { method: "EMAIL_INVOICE" }, "email"],
    ["no e-mail address", { ...me, email: "desk" }, "email"],
    ["an email of another type", { ...me, email: 5 }, "email"],
    ["no address", { method: "PAPER_INVOICE", email: "a@b.example" }, "address"],
    ["half an address", { ...paper, address: { ...address, city: undefined } }, "address.city"],
    ["a zip of another type", { ...paper, address: { ...address, zip: 1608 } }, "address.zip"],
    ["a small currency", { ...me, currency: "usd" }, "currency"],
    ["an unknown profile", { ...me, defaultPaymentProfileId: world.unknownProfile }, "defaultPaymentProfileId"],
    ["a foreign profile", { ...me, defaultPaymentProfileId: world.foreignProfile }, "defaultPaymentProfileId"],
    ["an expired profile", { ...me, defaultPaymentProfileId: world.expiredProfile }, "defaultPaymentProfileId"],
    ["autoPay of another type", { ...me, autoPay: "true" }, "autoPay"],
    ["autoPay with a null profile", { ...me, autoPay: true, defaultPaymentProfileId: null }, "autoPay"],
    ["an unknown field", { ...me, colour: "red" }, "colour"],
    ["an array", [], undefined],
    ["broken JSON", "{", undefined],
    ["no body", "", undefined],
  ])("refuses %s and changes nothing", async (_, body, property) => {
    const { put, deployment } = visit();
    const before = JSON.stringify([...deployment.customers]);
    const answer = await put(body);
    expect([answer.status, read(answer).code]).toEqual([400, "VALIDATION_ERROR"]);
    expect(read(answer).details[0].property).toBe(property);
    expect(JSON.stringify([...deployment.customers])).toBe(before);
    expect(deployment.executions).toBe(0);
  });

  it("turns automatic payments off with a null profile", async () => {
    const { put, billing } = visit();
    expect((await put({ ...me, defaultPaymentProfileId: null })).status).toBe(200);
    expect(billing()).toEqual({ ...me, currency: "EUR", autoPay: false });
  });

  it("gives unknown and foreign profiles the same answer", async () => {
    const { put } = visit();
    const [unknown, foreign] = await Promise.all(
      [world.unknownProfile, world.foreignProfile].map((id) => put({ ...me, defaultPaymentProfileId: id })),
    );
    expect(unknown).toEqual(foreign);
  });

  it("starts a first billing in USD, without autoPay", async () => {
    const { send } = visit();
    const answer = await send("PUT", `/customers/${world.unbilledCustomer}/billing`, { body: me });
    expect(read(answer).billing).toEqual({ ...me, currency: "USD", autoPay: false });
  });

  it("refuses autoPay where no profile is stored", async () => {
    const { send } = visit();
    const sent: Sent = { body: { ...me, autoPay: true } };
    expect((await send("PUT", `/customers/${world.unbilledCustomer}/billing`, sent)).status).toBe(400);
  });
});

describe("idempotency", () => {
  it("returns the kept answer whole and executes once", async () => {
    const { keyed, deployment } = visit();
    const first = await keyed("one", email);
    await keyed("two", paper);
    expect(await keyed("one", email)).toEqual(first);
    expect(deployment.executions).toBe(2);
    expect(deployment.customers.get(deployment.world.customer)?.billing?.method).toBe("PAPER_INVOICE");
  });

  it.each<[string, unknown, Record<string, string>]>([
    ["another body", paper, {}],
    ["the same JSON with a space", `${JSON.stringify(email)} `, {}],
    ["another media type", email, { "Content-Type": "application/json; charset=utf-8" }],
    ["another bearer token", email, { Authorization: "Bearer other" }],
  ])("answers 409 to %s under a used key", async (_, body, headers) => {
    const { keyed, deployment } = visit();
    const first = await keyed("one", email);
    const other = await keyed("one", body, headers);
    expect([other.status, read(other).code]).toEqual([409, "idempotency_key_mismatch"]);
    expect(await keyed("one", email)).toEqual(first);
    expect(deployment.executions).toBe(1);
  });

  it.each(["/customers/{foreign}/billing", "/customers/{me}/billing?x=1"])("answers 409 to %s", async (pattern) => {
    const { keyed, send, world } = visit();
    await keyed("one", email);
    const path = pattern.replace("{foreign}", world.foreignCustomer).replace("{me}", world.customer);
    expect((await send("PUT", path, { body: email, headers: { "X-Idempotency-Key": "one" } })).status).toBe(409);
  });

  it("answers 409 to a twin in flight, and keeps the first answer for later", async () => {
    const { keyed, deployment } = visit();
    const [first, twin] = await Promise.all([keyed("one", email), keyed("one", email)]);
    expect([first?.status, twin?.status, twin && read(twin).code]).toEqual([200, 409, "idempotency_key_locked"]);
    expect(await keyed("one", email)).toEqual(first);
    expect(deployment.executions).toBe(1);
  });

  it.each([
    ["an empty key", "", 400],
    ["a key of 256 letters", "k".repeat(256), 200],
    ["a key of 257 letters", "k".repeat(257), 400],
  ])("answers %s", async (_, key, status) => {
    expect((await visit().keyed(key, email)).status).toBe(status);
  });

  it("keeps refusals too, lets each API key have its own keys, and forgets after 24 hours", async () => {
    let now = Date.UTC(2026, 0, 1);
    const { keyed, world, deployment } = visit(createDeployment({ now: () => new Date(now) }));
    const refused = await keyed("one", { method: "EMAIL_INVOICE" });
    expect(await keyed("one", { method: "EMAIL_INVOICE" })).toEqual(refused);
    expect((await keyed("one", email)).status).toBe(409);
    expect((await keyed("one", email, { "X-API-Key": world.keys.secondary })).status).toBe(200);
    now += 24 * 60 * 60 * 1000;
    expect((await keyed("one", email)).status).toBe(200);
    expect(deployment.executions).toBe(2);
  });

  it("reads no key on a GET", async () => {
    const { send, path, put } = visit();
    const headers = { "X-Idempotency-Key": "one" };
    const before = await send("GET", path, { headers });
    await put(email);
    expect((await send("GET", path, { headers })).body).not.toBe(before.body);
  });
});

/** The clean deployment or a bent one, where the clock stands still and a write takes one turn of the event loop. */
function still(behaviour: Partial<Behaviour> = {}): Deployment {
  const now = () => new Date("2026-03-01T12:00:00.000Z");
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  return createDeployment({ ...behaviour, now, pause });
}

describe("faults and variants", () => {
  const all = [...faults, ...variants];

  it("are many, with ids of their own", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.filter(({ id }) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
    expect(faults.length).toBeGreaterThanOrEqual(75);
    expect(faults.filter(({ basis }) => basis === "documented").length).toBeGreaterThanOrEqual(50);
    expect(variants.length).toBeGreaterThanOrEqual(20);
  });

  it("serve a first request", async () => {
    for (const { behaviour } of all) {
      const { send, path } = visit(createDeployment(behaviour));
      expect((await send("GET", path)).status).toBeGreaterThanOrEqual(200);
    }
  });
});

describe("each fault shows on a tour of requests", () => {
  let clean: Exchanged[];
  beforeAll(async () => {
    clean = await tour(still());
  });

  it("where the clean deployment answers the same way twice", async () => {
    await tour(still(), clean);
  });

  it.each(faults.filter(({ needs }) => needs !== "socket" && needs !== "time"))("$id", async ({ behaviour }) => {
    await expect(tour(still(behaviour), clean)).rejects.toThrow(/^Step \d/);
  });

  it.each(faults.filter(({ needs }) => needs === "socket"))("$id, over a socket", async ({ behaviour }) => {
    const deployment = createDeployment(behaviour);
    const { world } = deployment;
    const { url, close } = await deployment.listen();
    const statuses: number[] = [];
    for (const [key, idempotency] of [
      ["X-API-Key", "X-Idempotency-Key"],
      ["X-Api-Key", "X-IDEMPOTENCY-KEY"],
    ] as const) {
      const response = await fetch(`${url}/customers/${world.customer}/billing`, {
        method: "PUT",
        headers: { [key]: world.keys.primary, [idempotency]: "one", "Content-Type": "application/json" },
        body: JSON.stringify(email),
      });
      statuses.push(response.status);
    }
    await close();
    expect(statuses[0]).toBe(200);
    expect([statuses[1], deployment.executions]).not.toEqual([200, 1]);
  });
});

describe("what only a socket shows", () => {
  it.each([
    ["answers-gzipped", "content-encoding", "gzip"],
    ["connection-closed-after-each-answer", "connection", "close"],
  ])("%s", async (id, header, value) => {
    const deployment = createDeployment(variants.find((variant) => variant.id === id)?.behaviour);
    const { url, close } = await deployment.listen();
    const response = await fetch(`${url}/customers`, { headers: { "X-API-Key": deployment.world.keys.primary } });
    expect(response.headers.get(header)).toBe(value);
    expect(((await response.json()) as { items: unknown[] }).items).toHaveLength(15);
    await close();
  });
});

describe("each variant whose key may write accepts a documented write", () => {
  it.each(variants.filter(({ id }) => id !== "key-may-not-change-billing"))("$id", async ({ behaviour }) => {
    const { put, send, path, world } = visit(createDeployment(behaviour));
    const change = { ...email, currency: "USD", defaultPaymentProfileId: world.profile, autoPay: true };
    const answer = await put(change);
    expect(answer.status).toBe(200);
    expect(read(answer).billing).toMatchObject(change);
    expect(read(await send("GET", path)).billing).toMatchObject(change);
  });
});
