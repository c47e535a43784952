import { expect, test } from "vitest";
import { parseSpec } from "../../src/index.ts";
import { createMemoryStore } from "../../src/mock/store/memory.ts";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

test("writes down what was asked and what was answered", async () => {
  const { call, mock } = testMock({ now: () => Date.parse("2026-03-01T00:00:00.000Z") });
  const headers = { "X-Idempotency-Key": "key-1", Authorization: "Bearer a-long-secret", Cookie: "not=spoken of" };
  const reply = await call("PUT", `${billingPath}?a=1`, { body: emailInvoice, headers });
  const { entries, evicted } = await (await mock.sandbox()).journal.read();
  expect(evicted).toBe(0);
  expect(entries).toEqual([
    {
      id: 1,
      at: Date.parse("2026-03-01T00:00:00.000Z"),
      method: "PUT",
      target: `${billingPath}?a=1`,
      operationId: "updateCustomerBilling",
      headers: {
        "X-Idempotency-Key": "key-1",
        "X-API-Key": "te***",
        Authorization: "Bear***",
        "Content-Type": "application/json",
      },
      body: JSON.stringify(emailInvoice),
      answer: {
        status: 200,
        headers: { "Content-Type": "application/json", "X-Mock-Idempotency": "stored" },
        body: reply.text,
      },
      durationMs: expect.any(Number),
    },
  ]);
});

test.each([
  ["GET", "/nowhere", 404, undefined],
  ["PATCH", "/customers", 405, undefined],
  ["GET", "/customers/cus-nobody", 404, "getCustomer"],
  ["GET", "/customers?limit=0", 400, "listCustomers"],
])("refusals too: %s %s", async (method, path, status, operationId) => {
  const { call, mock } = testMock();
  await call(method, path);
  const { entries } = await (await mock.sandbox()).journal.read();
  expect(entries).toMatchObject([{ method, target: path, operationId, answer: { status } }]);
});

test("leaves out a body that is too long to be of use, or not there", async () => {
  const { call, mock } = testMock();
  const longest = JSON.stringify(emailInvoice).padEnd(16 * 1024);
  await call("PUT", billingPath, { body: longest });
  await call("PUT", billingPath, { body: `${longest} ` });
  await call("PUT", billingPath);
  await call("GET", "/customers");
  const { entries } = await (await mock.sandbox()).journal.read();
  expect(entries.map(({ body, answer }) => [body, answer?.status])).toEqual([
    [longest, 200],
    [undefined, 200],
    [undefined, 400],
    [undefined, 200],
  ]);
});

test("tells how long an answer took, whatever the sandbox's clock says", async () => {
  const { call, mock } = testMock({ latencyMs: 20, now: () => 0 });
  const started = performance.now();
  await call("PUT", billingPath, { body: emailInvoice });
  const elapsed = performance.now() - started;
  const [entry] = (await (await mock.sandbox()).journal.read()).entries;
  expect(entry?.durationMs).toBeGreaterThan(15);
  expect(entry?.durationMs).toBeLessThanOrEqual(elapsed);
});

test("writes headers down as the document calls them, and masks every credential", async () => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { Pass: { type: apiKey, in: header, name: Pass }, InQuery: { type: apiKey, in: query, name: key } } }
paths:
  /pets:
    parameters: [{ name: pass, in: header, schema: {} }, { name: X-Trace, in: header, schema: {} }, { name: Accept-Pets, in: query, schema: {} }]
    get: { responses: { "204": { description: None. } } }
`);
  const { call, mock } = testMock({ spec });
  await call("GET", "/pets", { headers: { pass: "test_key", "x-trace": "7", "Accept-Pets": "dogs" } });
  const { entries } = await (await mock.sandbox()).journal.read();
  expect(entries).toMatchObject([{ target: "/pets", headers: { Pass: "te***", "X-Trace": "7" } }]);
  expect(Object.keys(entries[0]!.headers)).toHaveLength(2);
});

test("keeps the latest, and counts those that had to go", async () => {
  const store = createMemoryStore({
    fixtures: { customers: [], paymentProfiles: [] },
    now: () => 0,
    log: () => {},
    limits: { entries: 3 },
  });
  const { journal } = await store.sandbox("test_key");
  const answer = { status: 200, headers: {}, body: null };
  for (const target of ["/1", "/2", "/3", "/4", "/5"]) {
    await journal.record({
      at: 0,
      method: "GET",
      target,
      operationId: undefined,
      headers: {},
      body: undefined,
      answer,
      durationMs: 0,
    });
  }
  const { entries, evicted } = await journal.read();
  expect([entries.map(({ target }) => target), evicted]).toEqual([["/3", "/4", "/5"], 2]);
});

test("has one of exactly as many as it keeps, and begins anew when it is cleared", async () => {
  const { call, mock } = testMock();
  const { journal } = await mock.sandbox();
  for (let index = 0; index < 1000; index++) await call("GET", `/nowhere/${index}`);
  const full = await journal.read();
  expect([full.entries.length, full.entries[0]?.target, full.evicted]).toEqual([1000, "/nowhere/0", 0]);
  await call("GET", "/nowhere/1000");
  const over = await journal.read();
  expect([over.entries.length, over.entries[0]?.target, over.evicted]).toEqual([1000, "/nowhere/1", 1]);

  await journal.clear();
  await call("GET", "/nowhere/anew");
  const anew = await journal.read();
  expect([anew.entries.map(({ target }) => target), anew.evicted]).toEqual([["/nowhere/anew"], 0]);
});

test("counts on where it was cleared, and tells what stands behind an entry", async () => {
  const { call, mock } = testMock();
  const { journal } = await mock.sandbox();
  for (const name of ["a", "b"]) await call("GET", `/nowhere/${name}`);
  await journal.clear();
  for (const name of ["c", "d", "e"]) await call("GET", `/nowhere/${name}`);
  const behind = async (id?: number) => (await journal.read(id)).entries.map(({ id, target }) => `${id} ${target}`);
  expect(await behind()).toEqual(["3 /nowhere/c", "4 /nowhere/d", "5 /nowhere/e"]);
  expect([await behind(4), await behind(5), (await journal.read(5)).last]).toEqual([["5 /nowhere/e"], [], 5]);
});

test.each([
  ["PATCH", billingPath, "updateCustomerBilling", "/customers/{customerId}/billing does not take PATCH; PUT is taken."],
  [
    "PUT",
    "/customers/cus-1/users",
    "addCustomerUser",
    /does not take PUT; (POST and DELETE|DELETE and POST) are taken/,
  ],
  ["PUT", "/customers/cus-1/biling", "updateCustomerBilling", "Did you mean PUT /customers/{customerId}/billing?"],
  ["GET", "/customer", "listCustomers", "Did you mean GET /customers?"],
  ["GET", "/v1/customers?limit=1", "listCustomers", "Did you mean GET /customers?"],
  ["GET", "/customers/cus-1/", "getCustomer", "Did you mean GET /customers/{customerId}?"],
])("a request that no operation takes names the nearest: %s %s", async (method, path, operationId, why) => {
  const { call, mock } = testMock();
  const { body } = await call(method, path);
  const [entry] = (await (await mock.sandbox()).journal.read()).entries;
  expect(entry?.nearest).toMatchObject({ operationId });
  expect(entry?.nearest?.why).toMatch(why);
  expect((await call("GET", "/_understudy/requests")).body.items[0].nearest).toEqual(entry?.nearest);
  if (entry?.answer?.status === 404) expect(body.hint).toContain(entry?.nearest?.why);
});

test.each(["/nowhere", "/foo/bar", "/", `/${"a/".repeat(500)}`])("and none where none is near: %s", async (path) => {
  const { call, mock } = testMock();
  await call("GET", path);
  expect((await (await mock.sandbox()).journal.read()).entries[0]?.nearest).toBeUndefined();
});

test("each key has a journal of its own", async () => {
  const { call, mock } = testMock();
  await call("GET", `/customers/${ids.business}`, { headers: { "X-API-Key": "test_a" } });
  expect((await (await mock.sandbox()).journal.read()).entries).toEqual([]);
  expect((await (await mock.sandbox("test_a")).journal.read()).entries).toHaveLength(1);
});
