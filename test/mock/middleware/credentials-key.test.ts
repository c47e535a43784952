import { describe, expect, test } from "vitest";
import { parseSpec } from "../../../src/index.ts";
import { billingPath, emailInvoice, ids, testMock } from "../../mock.ts";

const hint = 'Send "X-API-Key: test_key"; any other key that begins with "test_" opens a sandbox of its own.';

describe("a request is refused", () => {
  test.each([
    ["without a key", undefined, "none"],
    ["with an empty key", "", "an empty one"],
    ["with an unknown key, which is masked", "live_4711-secret", '"live***"'],
    ["with a long key, of which no more is shown", `live_${"4711".repeat(20)}`, '"live***"'],
    ["with a short key, which is masked", "abc", '"***"'],
    ["with the bare prefix", "test_", '"t***"'],
    ["with two keys", "test_key, live_key", '"test***"'],
    ["with a key that holds a known one", "my_test_key", '"my***"'],
    ["with a key that begins like a known one", "test_key!", '"te***"'],
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

test.each(["live_kez", "xive_key", "live_ke", "live_key1", "live_kéy", "LIVE_KEY", "key_live", "second", "third_keys"])(
  "%s is none of several that were named",
  async (key) => {
    const { call } = testMock({ apiKeys: ["live_key", "second_key", "third_key"] });
    const status = async (key: string) => (await call("GET", "/customers", { headers: { "X-API-Key": key } })).status;
    expect(await Promise.all(["live_key", "second_key", "third_key"].map(status))).toEqual([200, 200, 200]);
    expect(await status(key)).toBe(401);
  },
);

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

describe("the document decides whether a key is needed, and in which header", () => {
  const status = async (schemes: string, security: string, headers: Record<string, string>) => {
    const spec = parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { ${schemes} } }
paths: { /pets: { get: { security: [${security}], responses: { "204": { description: None. } } } } }
`);
    return (await testMock({ spec }).mock.fetch(new Request("http://mock.test/pets", { headers }))).status;
  };
  const user = "User: { type: http, scheme: bearer }";
  const inQuery = "InQuery: { type: apiKey, in: query, name: key }";
  const pass = "Pass: { type: apiKey, in: header, name: Pass }";

  test.each<[string, string, string, Record<string, string>, number]>([
    ["without any scheme, none is", "", "", {}, 204],
    ["without a scheme of API keys, none is", user, "{ User: [] }", { Authorization: "Bearer test_key" }, 204],
    ["with a key in a header, one is", pass, "{ Pass: [] }", {}, 401],
    ["beside other schemes, one is", `${user}, ${inQuery}, ${pass}`, "{ Pass: [] }", {}, 401],
    ["in its own header, it is found", `${user}, ${inQuery}, ${pass}`, "{ Pass: [] }", { Pass: "test_key" }, 204],
    ["where an operation is open to all, none is", pass, "", {}, 204],
    ["where an operation is open to all, any is as good as none", pass, "", { Pass: "nobody" }, 204],
  ])("%s", async (_, schemes, security, headers, wanted) => {
    expect(await status(schemes, security, headers)).toBe(wanted);
  });
});
