import { expect, test } from "vitest";
import { billingPath, emailInvoice, testMock } from "../../mock.ts";

const origin = { Origin: "https://page.example" };

const asking = (method: string, headers: Record<string, string> = {}) =>
  new Request(`http://mock.test${billingPath}`, {
    method: "OPTIONS",
    headers: { ...origin, "Access-Control-Request-Method": method, ...headers },
  });

test("a preflight needs no key, allows the headers that are asked for, and is kept by the browser", async () => {
  const { mock } = testMock();
  const asked = "x-api-key, traceparent, sentry-trace, x-request-id";
  const response = await mock.fetch(asking("PUT", { "Access-Control-Request-Headers": asked }));
  expect(response.status).toBe(204);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "access-control-allow-origin": "https://page.example",
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": asked,
    "access-control-max-age": "600",
    vary: "Origin",
  });
});

test("a preflight that asks for no header is told of none, and its method is among those allowed", async () => {
  const response = await testMock().mock.fetch(asking("QUERY"));
  expect(response.headers.has("Access-Control-Allow-Headers")).toBe(false);
  expect(response.headers.get("Access-Control-Allow-Methods")).toBe("GET, HEAD, POST, PUT, PATCH, DELETE, QUERY");
});

test.each([
  ["OPTIONS without a method to ask for", "OPTIONS", origin, 204, "GET, POST, HEAD, OPTIONS"],
  ["another method that names one", "GET", { ...origin, "Access-Control-Request-Method": "GET" }, 200, null],
  ["no page", "OPTIONS", { "Access-Control-Request-Method": "GET" }, 204, "GET, POST, HEAD, OPTIONS"],
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
  expect(headers.get("Access-Control-Allow-Origin")).toBe("https://page.example");
  expect(headers.get("Access-Control-Allow-Credentials")).toBe("true");
  const exposed = headers.get("Access-Control-Expose-Headers")?.toLowerCase().split(", ");
  const own = [...headers.keys()].filter((name) => !/^(access-control-.*|vary)$/.test(name));
  expect(exposed?.sort()).toEqual(own.sort());
});

test("an answer kept for a page tells nothing of pages to others", async () => {
  const { call } = testMock();
  const key = { "X-Idempotency-Key": "key-1" };
  await call("PUT", billingPath, { body: emailInvoice, headers: { ...origin, ...key } });
  const { headers } = await call("PUT", billingPath, { body: emailInvoice, headers: key });
  expect(headers.has("Access-Control-Allow-Origin")).toBe(false);
});
