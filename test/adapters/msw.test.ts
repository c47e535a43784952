import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { mswHandlers } from "../../src/adapters/msw.ts";
import { createMock } from "../../src/commands/connect-mock.ts";

const url = "https://api.example.test/connect";
const path = "/customers/cus-0001-business-email";
const headers = { "X-API-Key": "test_key", "Content-Type": "application/json" };

const mock = createMock();
const server = setupServer(...mswHandlers(mock, url));

beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => mock.reset());
afterAll(() => server.close());

describe("requests of this process are answered by the mock", () => {
  test("it remembers what is written", async () => {
    const body = JSON.stringify({ method: "EMAIL_INVOICE", email: "new@company.example" });
    const keyed = { ...headers, "X-Idempotency-Key": "k1" };
    const written = await fetch(`${url}${path}/billing`, { method: "PUT", headers: keyed, body });
    expect([written.status, written.headers.get("X-Mock-Idempotency")]).toEqual([200, "stored"]);
    const again = await fetch(`${url}${path}/billing`, { method: "PUT", headers: keyed, body });
    expect(again.headers.get("X-Mock-Idempotency")).toBe("replayed");
    const read = await fetch(`${url}${path}`, { headers });
    expect(await read.json()).toMatchObject({ billing: { email: "new@company.example" } });
  });

  test("query and refusals come through", async () => {
    const list = await fetch(`${url}/customers?limit=1`, { headers });
    expect(await list.json()).toMatchObject({ items: [expect.anything()], pagination: { limit: 1 } });
    expect((await fetch(`${url}/nothing`, { headers })).status).toBe(404);
    expect((await fetch(`${url}${path}`)).status).toBe(401);
  });

  test("a broken connection is a network error", async () => {
    const { faults } = await mock.sandbox();
    await faults.add({}, [{ connection: "drop-before", times: 1 }]);
    await expect(fetch(`${url}${path}`, { headers })).rejects.toThrow(TypeError);
    expect((await fetch(`${url}${path}`, { headers })).status).toBe(200);
  });

  test("a neighbour of the URL is none of the API's", async () => {
    await expect(fetch(`${url}-other/customers`, { headers })).rejects.toThrow();
  });
});

test.each(["api.example.test", "ftp://api.example.test", "https://api.example.test?x=1", ""])(
  "%j is no URL of an API",
  (given) => {
    expect(() => mswHandlers(mock, given)).toThrow(/should be one such as https:\/\/api\.example\.com; received/);
  },
);

test("a host without a path, and a slash at the end", async () => {
  const [root, below] = mswHandlers(mock, "https://api.example.test/");
  expect([root?.info.path, below?.info.path]).toEqual(["https://api.example.test", "https://api.example.test/*"]);
});
