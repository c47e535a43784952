import { expect, test } from "vitest";
import { createMemoryStore } from "../../src/store/memory.ts";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

test("writes down what was asked and what was answered", async () => {
  const { call, mock } = testMock({ now: () => Date.parse("2026-03-01T00:00:00.000Z") });
  const headers = { "X-Idempotency-Key": "key-1", Authorization: "Bearer a-long-secret", Cookie: "not=spoken of" };
  const reply = await call("PUT", `${billingPath}?a=1`, { body: emailInvoice, headers });
  const { entries, evicted } = await (await mock.sandbox()).journal.read();
  expect(evicted).toBe(0);
  expect(entries).toEqual([
    {
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

test("leaves out a body that is too long to be of use", async () => {
  const { call, mock } = testMock();
  await call("PUT", billingPath, { body: JSON.stringify(emailInvoice).padEnd(16 * 1024 + 1) });
  const { entries } = await (await mock.sandbox()).journal.read();
  expect(entries).toMatchObject([{ body: undefined, answer: { status: 200 } }]);
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

test("each key has a journal of its own", async () => {
  const { call, mock } = testMock();
  await call("GET", `/customers/${ids.business}`, { headers: { "X-API-Key": "test_a" } });
  expect((await (await mock.sandbox()).journal.read()).entries).toEqual([]);
  expect((await (await mock.sandbox("test_a")).journal.read()).entries).toHaveLength(1);
});
