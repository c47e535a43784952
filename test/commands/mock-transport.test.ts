import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMockTransport } from "../../src/commands/mock-transport.ts";
import type { Transport, WireRequest } from "../../src/contract/wire/exchange.ts";
import { createHttpTransport } from "../../src/contract/wire/transport.ts";
import { createMock, type Listening } from "../../src/index.ts";

const customer = "/customers/cus-0001-business-email";
const billing = JSON.stringify({ customerType: "BUSINESS", method: "EMAIL_INVOICE", email: "a@b.example" });
const key = { "X-API-Key": "test_key" };
const json = { ...key, "Content-Type": "application/json" };

describe("a mock in this process answers as it does on a port", () => {
  const now = () => Date.parse("2030-01-01T00:00:00Z");
  const [served, direct] = [createMock({ now }), createMock({ now })];
  const inProcess = createMockTransport(direct);
  let listening: Listening;
  let onPort: Transport & { close(): void };

  beforeAll(async () => {
    listening = await served.listen();
    onPort = createHttpTransport({ timeoutMs: 5_000 });
  });

  afterAll(async () => {
    onPort.close();
    await listening.close();
  });

  const both = async (request: Omit<WireRequest, "url">, path: string) => {
    const { signal } = new AbortController();
    const url = listening.url + path;
    const answers = [await onPort({ ...request, url }, signal), await inProcess({ ...request, url }, signal)];
    return answers.map(({ status, headers, body }) => {
      // What HTTP itself adds.
      const { date, connection, "keep-alive": _, "content-length": length, "transfer-encoding": __, ...own } = headers;
      return { status, headers: own, body };
    });
  };

  test.for<[string, string, Record<string, string>, string | undefined, string]>([
    ["a read", "GET", key, undefined, customer],
    ["a read without a key", "GET", {}, undefined, customer],
    ["a read by HEAD", "HEAD", key, undefined, customer],
    [
      "a preflight",
      "OPTIONS",
      { Origin: "http://a.test", "Access-Control-Request-Method": "PUT" },
      undefined,
      customer,
    ],
    ["a read from a page", "GET", { ...key, Origin: "http://a.test" }, undefined, customer],
    ["a write", "PUT", { ...json, "X-Idempotency-Key": "one" }, billing, `${customer}/billing`],
    ["its replay", "PUT", { ...json, "X-Idempotency-Key": " one\t" }, billing, `${customer}/billing`],
    ["a write of another letter case", "PUT", { ...json, "x-idempotency-KEY": "two" }, billing, `${customer}/billing`],
    ["a write of no type", "PUT", { ...key, "X-Idempotency-Key": "three" }, billing, `${customer}/billing`],
    ["a write of no body", "PUT", { ...json, "X-Idempotency-Key": "four" }, undefined, `${customer}/billing`],
    ["a write of nonsense", "PUT", { ...json, "X-Idempotency-Key": "five" }, "{", `${customer}/billing`],
    ["a method that is not there", "PATCH", json, "{}", customer],
    ["a path that is not there", "GET", key, undefined, "/nowhere?a=b"],
    ["the document", "GET", {}, undefined, "/openapi.yaml"],
    ["a redirect", "GET", {}, undefined, "/"],
    ["the control plane", "PUT", json, '{"now":"2031-01-01T00:00:00Z"}', "/_understudy/clock"],
    ["the control plane, of another site", "GET", { Origin: "http://a.test" }, undefined, "/_understudy/clock"],
  ])("%s", async ([, method, headers, body, path]) => {
    const [one, other] = await both({ method, headers, body }, path);
    expect(other).toEqual(one);
  });

  test("what is too long", async () => {
    const [one, other] = await both(
      { method: "PUT", headers: json, body: "x".repeat(1_100_000) },
      `${customer}/billing`,
    );
    expect(one?.status).toBe(413);
    expect(other).toEqual(one);
  });

  test("a connection that is broken off on purpose", async () => {
    // On a connection that is kept alive, a client tries once more.
    const fault = JSON.stringify({ connection: "drop-before", times: 2 });
    const [made] = await both({ method: "POST", headers: json, body: fault }, "/_understudy/faults");
    expect(made?.status).toBeLessThan(300);
    const request = { method: "GET", headers: key, body: undefined, url: listening.url + customer };
    await expect(onPort(request, AbortSignal.timeout(5_000))).rejects.toThrow("connection");
    await expect(inProcess(request, AbortSignal.timeout(5_000))).rejects.toThrow("connection");
  });
});
