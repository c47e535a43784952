import { expect, test } from "vitest";
import type { ObservedEntry } from "../../src/index.ts";
import { billingPath, emailInvoice, testMock } from "../mock.ts";

function watched(more: object = {}) {
  const seen: ObservedEntry[] = [];
  return { seen, ...testMock({ onEntry: (entry) => seen.push(entry), ...more }) };
}

test("an observer is told each request once it is answered, credentials masked", async () => {
  const { call, seen } = watched();
  const headers = { "X-API-Key": "test_observed", "X-Idempotency-Key": "k" };
  await call("PUT", billingPath, { body: emailInvoice, headers });
  await call("PUT", billingPath, { body: emailInvoice, headers });
  expect(seen.map(({ sandbox, headers, answer }) => [sandbox, headers["X-API-Key"], answer?.headers])).toEqual([
    ["tes***-1", "tes***", expect.objectContaining({ "X-Mock-Idempotency": "stored" })],
    ["tes***-1", "tes***", expect.objectContaining({ "X-Mock-Idempotency": "replayed" })],
  ]);
  expect(JSON.stringify(seen)).not.toContain("observed");
});

test.each([
  ["GET", "/customers/nobody", {}, "not_found", []],
  ["GET", "/nowhere", {}, "not_found", []],
  ["GET", "/customers?limit=0", {}, "VALIDATION_ERROR", ["query.limit minimum"]],
  ["PUT", billingPath, { body: {} }, "VALIDATION_ERROR", ["body.method required"]],
  [
    "PUT",
    billingPath,
    { body: { ...emailInvoice, nickname: 1 } },
    "VALIDATION_ERROR",
    ["body.nickname additionalProperties"],
  ],
  ["GET", "/customers", { headers: { Prefer: "code=1" } }, "VALIDATION_ERROR", ["Prefer INVALID_VALUE"]],
] as const)("why a request is refused: %s %s %j", async (method, path, given, code, rules) => {
  const { call, seen } = watched();
  await call(method, path, given);
  const { refused } = seen[0]!;
  expect([refused?.code, refused?.rules.map(({ at, keyword }) => `${at} ${keyword}`)]).toEqual([code, rules]);
});

test("one that is let into no sandbox is told of too, a preflight is not", async () => {
  const { call, seen } = watched();
  await call("GET", "/customers", { headers: { "X-API-Key": "strange-and-long" } });
  await call("GET", "/nowhere", { headers: { "X-API-Key": "" } });
  await call("OPTIONS", "/customers", { headers: { Origin: "http://a", "Access-Control-Request-Method": "GET" } });
  expect(seen).toMatchObject([
    { operationId: "listCustomers", answer: { status: 401 }, sandbox: undefined, refused: { code: "unauthorized" } },
    { operationId: undefined, answer: { status: 401 }, sandbox: undefined },
  ]);
  expect(JSON.stringify(seen)).not.toContain("strange-and-long");
});

test("an observer that fails harms no request", async () => {
  const { call, lines } = testMock({
    onEntry: () => {
      throw new Error("no disk");
    },
  });
  expect((await call("GET", "/customers")).status).toBe(200);
  expect(lines).toEqual([expect.stringContaining("onEntry failed: Error: no disk")]);
});
