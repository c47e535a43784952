import { describe, expect, test } from "vitest";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

const hint = 'Send "X-API-Key: test_key"; any other key that begins with "test_" opens a sandbox of its own.';

describe("a request is refused", () => {
  test.each([
    ["without a key", undefined, "none"],
    ["with an empty key", "", "an empty one"],
    ["with an unknown key, which is masked", "live_4711-secret", '"live***"'],
    ["with a short key, which is masked", "abc", '"***"'],
    ["with the bare prefix", "test_", '"t***"'],
    ["with two keys", "test_key, live_key", '"test***"'],
  ])("%s", async (_, key, received) => {
    const { mock } = testMock();
    const headers = new Headers(key === undefined ? {} : { "X-API-Key": key });
    const response = await mock.fetch(new Request("http://mock.test/customers", { headers }));
    const message = `The request needs the header X-API-Key with a known key; received ${received}.`;
    expect([response.status, await response.json()]).toEqual([401, { message, code: "unauthorized", hint }]);
  });

  test.each([
    ["before a path is looked up", "GET", "/nowhere"],
    ["before a method is looked up", "PATCH", "/customers"],
    ["before its body is judged", "PUT", billingPath],
  ])("%s", async (_, method, path) => {
    const { call } = testMock();
    expect((await call(method, path, { headers: { "X-API-Key": "nobody" } })).status).toBe(401);
  });
});

test.each(["x-api-key", "X-Api-Key", "X-API-KEY"])("the header %s will do", async (name) => {
  const { mock } = testMock();
  const request = new Request("http://mock.test/customers", { headers: { [name]: "test_key" } });
  expect((await mock.fetch(request)).status).toBe(200);
});

test("a key that was named at the start is known", async () => {
  const { call } = testMock({ apiKeys: ["live_key"] });
  const status = async (key: string) => (await call("GET", "/customers", { headers: { "X-API-Key": key } })).status;
  expect([await status("live_key"), await status("test_key"), await status("live_other")]).toEqual([200, 200, 401]);
});

test("each key has a world of its own", async () => {
  const { call } = testMock();
  await call("PUT", billingPath, { body: { ...emailInvoice, currency: "EUR" }, headers: { "X-API-Key": "test_a" } });
  const currency = async (key: string) =>
    (await call("GET", `/customers/${ids.business}`, { headers: { "X-API-Key": key } })).body.billing.currency;
  expect([await currency("test_a"), await currency("test_b"), await currency("test_key")]).toEqual([
    "EUR",
    "USD",
    "USD",
  ]);
});
