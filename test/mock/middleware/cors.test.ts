import { expect, test } from "vitest";
import { parseSpec } from "../../../src/index.ts";
import { billingPath, emailInvoice, testMock } from "../../mock.ts";

const origin = { Origin: "https://page.example" };

test("a preflight needs no key, and allows every header that the document speaks of", async () => {
  const { mock } = testMock();
  const headers = { ...origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-api-key" };
  const response = await mock.fetch(new Request(`http://mock.test${billingPath}`, { method: "OPTIONS", headers }));
  expect(response.status).toBe(204);
  expect(Object.fromEntries(response.headers)).toEqual({
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": "X-Idempotency-Key, X-API-Key, Authorization, Content-Type, Prefer",
    "access-control-max-age": "600",
  });
});

test("header names that differ in letter case only are allowed once", async () => {
  const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { Pass: { type: apiKey, in: header, name: x-trace } } }
paths:
  /pets:
    parameters: [{ name: X-Trace, in: header, schema: {} }, { name: size, in: query, schema: {} }]
    get: { responses: { "204": { description: None. } } }
`);
  const headers = { ...origin, "Access-Control-Request-Method": "GET" };
  const response = await testMock({ spec }).mock.fetch(
    new Request("http://mock.test/pets", { method: "OPTIONS", headers }),
  );
  expect(response.headers.get("Access-Control-Allow-Headers")?.toLowerCase()).toBe("x-trace, content-type, prefer");
});

test.each([
  ["OPTIONS without a method to ask for", "OPTIONS", origin, 204, "GET, HEAD, OPTIONS"],
  ["another method that names one", "GET", { ...origin, "Access-Control-Request-Method": "GET" }, 200, null],
  ["no page", "OPTIONS", { "Access-Control-Request-Method": "GET" }, 204, "GET, HEAD, OPTIONS"],
])("%s is no preflight", async (_, method, headers, status, allow) => {
  const { call } = testMock();
  const reply = await call(method, "/customers", { headers });
  expect([reply.status, reply.headers.get("Allow")]).toEqual([status, allow]);
  expect(reply.headers.has("Access-Control-Allow-Methods")).toBe(false);
});

test.each([
  ["a success", { body: emailInvoice, headers: origin }, 200],
  ["a refusal", { body: {}, headers: origin }, 400],
  ["an unknown key", { headers: { ...origin, "X-API-Key": "nobody" } }, 401],
  ["a kept answer", { body: emailInvoice, headers: { ...origin, "X-Idempotency-Key": "key-1" } }, 200],
])("a page of any origin may read %s and its headers", async (_, given, wanted) => {
  const { call } = testMock();
  await call("PUT", billingPath, given);
  const { status, headers } = await call("PUT", billingPath, given);
  expect(status).toBe(wanted);
  expect(headers.get("Access-Control-Allow-Origin")).toBe("*");
  expect(headers.get("Access-Control-Expose-Headers")).toBe("Retry-After, X-Mock-Idempotency, X-Mock-Generated");
});

test("an answer kept for a page tells nothing of pages to others", async () => {
  const { call } = testMock();
  const key = { "X-Idempotency-Key": "key-1" };
  await call("PUT", billingPath, { body: emailInvoice, headers: { ...origin, ...key } });
  const { headers } = await call("PUT", billingPath, { body: emailInvoice, headers: key });
  expect(headers.has("Access-Control-Allow-Origin")).toBe(false);
});
