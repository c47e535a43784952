import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { loadSpec } from "../../src/connect/spec.ts";
import type { Finding } from "../../src/contract/findings.ts";
import { BudgetSpent, Unserved } from "../../src/contract/sender.ts";
import { createTarget, type TargetOptions } from "../../src/contract/target.ts";
import { type RequestPlan, type Transport, TransportError } from "../../src/contract/wire/exchange.ts";
import { parseSpec } from "../../src/document/spec.ts";
import { jsonAnswer, scripted } from "./scripted.ts";

const spec = loadSpec();
const key = "secret-7Qm2vXo9";
const read: RequestPlan = { method: "GET", path: "/customers/cus-1" };
const customer = { customerId: "cus-1", customerType: "CONSUMER", name: "Tom", contact: {} };
const served = jsonAnswer(200, customer);
const busy = (status: number, retryAfter?: string) =>
  jsonAnswer(
    status,
    { message: "Slow down.", code: "busy" },
    retryAfter === undefined ? {} : { "retry-after": retryAfter },
  );

/** A client of a scripted target, which takes down how long it would have slept and what it found. */
function client(transport: Transport, options: Partial<TargetOptions> = {}) {
  const slept: number[] = [];
  const said: string[] = [];
  const findings: Finding[] = [];
  const target = createTarget({
    spec,
    baseUrl: "http://target.example/api",
    apiKey: { value: key, shell: '"$CONNECT_API_KEY"' },
    transport,
    sleep: async (ms) => void slept.push(ms),
    onWait: ({ ms, reason }) => said.push(`${ms} ${reason}`),
    maxWaitMs: 30_000,
    signal: new AbortController().signal,
    ...options,
  });
  return {
    ...target,
    slept,
    said,
    findings,
    send: (plan = read) => target.send(plan, (finding) => findings.push(finding)),
  };
}

describe("a request as it goes out", () => {
  test("has the base URL, the key and what the case gave it", async () => {
    const transport = scripted(served);
    await client(transport, { headers: { "X-Trace": "t" } }).send({
      method: "PUT",
      path: "/customers/cus-1/billing?x=1",
      headers: { "Content-Type": "application/json" },
      json: { method: "EMAIL_INVOICE" },
    });
    expect(transport.requests).toEqual([
      {
        method: "PUT",
        url: "http://target.example/api/customers/cus-1/billing?x=1",
        headers: {
          Accept: "application/json",
          "X-Trace": "t",
          "X-API-Key": key,
          "Content-Type": "application/json",
        },
        body: '{"method":"EMAIL_INVOICE"}',
      },
    ]);
  });

  test.each<[string, Partial<RequestPlan>, Record<string, string>]>([
    ["JSON as what it is", { json: {} }, { "Content-Type": "application/json" }],
    ["null, which is JSON", { json: null }, { "Content-Type": "application/json" }],
    [
      "JSON as what the plan says",
      { json: {}, headers: { "content-TYPE": "text/json" } },
      { "content-TYPE": "text/json" },
    ],
    ["text as nothing", { text: "{}" }, {}],
    ["text in the place of JSON as nothing", { text: "{", json: {} }, {}],
    ["no body as nothing", { headers: { "X-Other": "1" } }, { "X-Other": "1" }],
  ])("declares %s", async (_, plan, headers) => {
    const transport = scripted(served);
    const { curl } = await client(transport).send({ method: "PUT", path: "/customers/cus-1/billing", ...plan });
    expect(transport.requests[0]?.headers).toEqual({ Accept: "application/json", "X-API-Key": key, ...headers });
    for (const [name, value] of Object.entries(headers)) expect(curl).toContain(`-H '${name}: ${value}'`);
  });

  test("declares JSON once where the run has a header for it", async () => {
    const transport = scripted(served);
    const headers = { "content-type": "application/json; charset=utf-8" };
    await client(transport, { headers }).send({ method: "PUT", path: "/customers/cus-1/billing", json: {} });
    expect(transport.requests[0]?.headers).toEqual({ Accept: "application/json", "X-API-Key": key, ...headers });
  });

  test.each([
    ["no key", null, {}, "-H 'Accept: application/json'"],
    [
      "another key",
      { value: "second", shell: '"$CONNECT_SECOND_API_KEY"' },
      { "X-API-Key": "second" },
      `-H 'X-API-Key: '"$CONNECT_SECOND_API_KEY"`,
    ],
    [
      "the key under another name",
      { value: key, shell: '"$CONNECT_API_KEY"', header: "x-api-KEY" },
      { "x-api-KEY": key },
      `-H 'x-api-KEY: '"$CONNECT_API_KEY"`,
    ],
    ["an empty key", { value: "", shell: "''" }, { "X-API-Key": "" }, "-H 'X-API-Key;'"],
  ])("carries %s, and its shell line no secret", async (_, apiKey, headers, line) => {
    const transport = scripted(served);
    const exchange = await client(transport).send({ ...read, apiKey });
    expect(transport.requests[0]?.headers).toEqual({ Accept: "application/json", ...headers });
    expect(exchange.curl.endsWith(line)).toBe(true);
    expect(exchange.curl).not.toContain(key);
  });
});

describe("an answer", () => {
  test("is told with its operation, its text and its JSON", async () => {
    const exchange = await client(scripted(served)).send();
    expect(exchange).toMatchObject({ status: 200, json: customer, text: JSON.stringify(customer) });
    expect(exchange.operation?.id).toBe("getCustomer");
  });

  test("that is no JSON has none", async () => {
    expect((await client(scripted({ status: 200, headers: {}, body: "<h1>" })).send()).json).toBeUndefined();
  });

  test("is judged against the operation that the path below the base URL names", async () => {
    const { send, findings } = client(scripted(jsonAnswer(200, { ...customer, customerId: 7 })));
    await send();
    expect(findings).toEqual([
      {
        message: "the 200 answer to GET /api/customers/cus-1 does not match the document at body.customerId",
        at: "body.customerId",
        keyword: "type",
        expected: "a string",
        received: 7,
        place: "/components/schemas/Customer/properties/customerId/type",
        curl: expect.stringContaining("curl -sS -i -X GET 'http://target.example/api/customers/cus-1'"),
        weight: "broken",
      },
    ]);
  });

  test("is judged against the operation whose query its path begins", async () => {
    const get = (operationId: string) => ({ get: { operationId, responses: { 200: { description: "" } } } });
    const paths = { "/parts": get("listParts"), "/parts?kind=new": get("listNewParts") };
    const document = { openapi: "3.1.0", info: { title: "Parts", version: "1" }, paths };
    const { send } = client(scripted(jsonAnswer(200, [])), { spec: parseSpec(JSON.stringify(document)) });
    const called = async (path: string) => (await send({ method: "GET", path })).operation?.id;
    expect([await called("/parts"), await called("/parts?kind=new&n=1")]).toEqual(["listParts", "listNewParts"]);
  });

  test("at an address that is no operation is not judged", async () => {
    const { send, findings, seen } = client(scripted(jsonAnswer(418, "tea")));
    await send({ method: "GET", path: "/teapot" });
    expect(findings).toEqual([]);
    expect(seen.size).toBe(0);
  });

  test.each(["/customers/cus-1", "/teapot"])("of 500 or more is broken wherever it comes from: %s", async (path) => {
    const { send, findings } = client(scripted(jsonAnswer(502, { message: "No.", code: "bad_gateway" })));
    await send({ method: "GET", path });
    expect(findings).toContainEqual(
      expect.objectContaining({
        message: "the target failed with 502",
        expected: "an answer below 500",
        received: 502,
        weight: "broken",
      }),
    );
  });

  test("is counted under its operation and status", async () => {
    const { send, seen, requests } = client(scripted(served, served, jsonAnswer(404, { message: "", code: "" })));
    for (let n = 0; n < 3; n++) await send();
    expect(seen.get("getCustomer")).toEqual(
      new Map([
        [200, 2],
        [404, 1],
      ]),
    );
    expect(requests()).toBe(3);
  });
});

describe("a target that says not now", () => {
  test.each([
    ["429 with seconds", busy(429, "2"), [2000]],
    ["429 with nothing", busy(429), [200]],
    ["429 with a part of a second", busy(429, "0.5"), [500]],
    ["429 with words", busy(429, "soon"), [200]],
    ["503 with seconds", busy(503, "1"), [1000]],
  ])("is sent the identical request again after the wait: %s", async (_, refusal, waits) => {
    const transport = scripted(refusal, served);
    const { send, slept, findings, seen, requests } = client(transport);
    expect((await send()).status).toBe(200);
    expect(slept).toEqual(waits);
    expect(transport.requests[1]).toEqual(transport.requests[0]);
    expect(requests()).toBe(2);
    // Only the last answer is judged and counted.
    expect(findings).toEqual([]);
    expect(seen.get("getCustomer")).toEqual(new Map([[200, 1]]));
  });

  test("is waited for until the date it names", async () => {
    const { send, slept } = client(scripted(busy(429, new Date(Date.now() + 20_000).toUTCString()), served));
    await send();
    expect(slept).toHaveLength(1);
    // A date has whole seconds.
    expect(slept[0]).toBeGreaterThan(18_000);
    expect(slept[0]).toBeLessThanOrEqual(20_000);
  });

  test("is waited for longer and longer where it names no wait, and at last believed", async () => {
    const { send, slept } = client(scripted(busy(429)));
    await expect(send()).rejects.toThrow(new Unserved("the target has answered 429 to the same request 6 times"));
    expect(slept).toEqual([200, 400, 800, 1600, 3200]);
  });

  test("503 without a Retry-After is a failure and no request to wait", async () => {
    const { send, slept, findings } = client(scripted(busy(503)));
    expect((await send()).status).toBe(503);
    expect(slept).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ received: 503, weight: "broken" }));
  });

  test.each([
    [429, "the target limits requests"],
    [503, "the target serves nothing for now"],
  ])("%i is told with the wait and the header that asks for it", async (status, reason) => {
    const { send, said, waitedMs } = client(scripted(busy(status, "2"), served));
    await send();
    expect(said).toEqual([`2000 ${reason} (${status}, Retry-After)`]);
    expect(waitedMs()).toBe(2000);
  });

  test("and does so again, whatever it asks for, is waited for longer and longer", async () => {
    const { send, slept } = client(scripted(busy(429, "0"), busy(429, "0"), busy(429, "0"), served));
    expect((await send()).status).toBe(200);
    expect(slept).toEqual([0, 400, 800]);
  });

  test.each([429, 503])("is not waited for longer than the run allows: %i", async (status) => {
    const { send, slept, findings } = client(scripted(busy(status, "31")));
    await expect(send()).rejects.toThrow(
      new Unserved("the target asks to wait 31 s, longer than this run waits (30 s)"),
    );
    expect([slept, findings]).toEqual([[], []]);
  });

  test("503 with a Retry-After to the end is no failure, but one that does not let the run through", async () => {
    const { send, findings } = client(scripted(busy(503, "0")));
    await expect(send()).rejects.toThrow(new Unserved("the target has answered 503 to the same request 6 times"));
    expect(findings).toEqual([]);
  });

  test("to many at once is sent them again one after the other, each wait once", async () => {
    const sleeping = pausing();
    let free = 1;
    const oneInEachWait: Transport = async () => (free-- > 0 ? served : busy(429, "1"));
    const { send, said, requests } = client(oneInEachWait, {
      async sleep(ms) {
        await sleeping.sleep(ms);
        free = 1;
      },
    });
    const answers = await Promise.all(Array.from({ length: 9 }, () => send()));
    expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
    expect(said).toEqual(Array(8).fill("1000 the target limits requests (429, Retry-After)"));
    // Nine at once, and then one or two for each that was refused.
    expect(requests()).toBeLessThanOrEqual(9 + 2 * 8);
  });
});

test("what several were refused for together is waited for once", async () => {
  const { slept, sleep } = pausing();
  let refusals = 4;
  const { send } = client(async () => (refusals-- > 0 ? busy(429, "20") : served), { sleep });
  const answers = await Promise.all(Array.from({ length: 4 }, () => send()));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(slept).toEqual([20_000]);
});

/** Sleeps that are over in no time, yet not at once. */
function pausing() {
  const slept: number[] = [];
  return {
    slept,
    async sleep(ms: number) {
      slept.push(ms);
      await setTimeout(1);
    },
  };
}

describe("a target that says how many requests are left", () => {
  const counting = (remaining: number, reset: string) =>
    jsonAnswer(200, customer, { "x-ratelimit-remaining": `${remaining}`, "x-ratelimit-reset": reset });

  test("is sent the next one after the reset where none is, and the wait is told", async () => {
    const { send, slept, said, requests } = client(scripted(counting(1, "5"), counting(0, "5"), served));
    for (let n = 0; n < 4; n++) await send();
    expect(slept).toHaveLength(1);
    expect(slept[0]).toBeGreaterThan(4_500);
    expect(slept[0]).toBeLessThanOrEqual(5_000);
    expect(said[0]).toMatch(/^\d+(\.\d+)? the target limits requests \(none left, X-RateLimit-Reset\)$/);
    expect(requests()).toBe(4);
  });

  test("is not waited for after the last request", async () => {
    const { send, slept } = client(scripted(counting(0, "5")));
    await send();
    expect(slept).toEqual([]);
  });

  test("is sent no more than that together", async () => {
    const { slept, sleep } = pausing();
    let [left, most] = [4, 0];
    const target: Transport = async () => {
      left--;
      most = Math.max(most, -left);
      await setTimeout(1);
      return counting(Math.max(0, left), "5");
    };
    const { send } = client(target, {
      async sleep(ms) {
        await sleep(ms);
        left = 9;
      },
    });
    await send();
    await Promise.all(Array.from({ length: 8 }, () => send()));
    expect(most).toBeLessThanOrEqual(0);
    expect(slept).toHaveLength(1);
  });

  test("is sent the next one all the same where the reset is further away than the run waits", async () => {
    const { send, slept } = client(scripted(counting(0, "3600")));
    for (let n = 0; n < 3; n++) expect((await send()).status).toBe(200);
    expect(slept).toEqual([]);
  });
});

describe("what a run may spend", () => {
  test("no more requests than the budget go out, repeated ones among them", async () => {
    const transport = scripted(busy(429, "0"), served);
    const { send, requests } = client(transport, { maxRequests: 2 });
    await send();
    await expect(send()).rejects.toThrow(new BudgetSpent("the budget of 2 requests is spent"));
    expect(transport.requests).toHaveLength(2);
    expect(requests()).toBe(2);
  });

  test("requests keep the distance that the rate asks for, also those sent together", async () => {
    const { send, slept } = client(scripted(served), { rate: 10 });
    await Promise.all([send(), send(), send()]);
    expect(slept).toHaveLength(2);
    // From the moment of the first, less what has passed since.
    expect(slept[0]).toBeGreaterThan(50);
    expect(slept[0]).toBeLessThanOrEqual(100);
    expect(slept[1]! - slept[0]!).toBeGreaterThan(50);
    expect(slept[1]! - slept[0]!).toBeLessThanOrEqual(100);
  });

  test("without a rate nothing waits", async () => {
    const { send, slept } = client(scripted(served));
    await Promise.all([send(), send()]);
    expect(slept).toEqual([]);
  });
});

test("what the transport throws is passed on, and a stopped run sends nothing", async () => {
  const failing = client(scripted(new TransportError("nothing listens there")));
  await expect(failing.send()).rejects.toThrow(TransportError);
  const transport = scripted(served);
  await expect(client(transport, { signal: AbortSignal.abort() }).send()).rejects.toThrow("aborted");
  expect(transport.requests).toEqual([]);
});

test.each<[string, Partial<TargetOptions>]>([
  ["the wait that a target asks for", {}],
  ["the wait for the next slot", { rate: 0.1 }],
])("a run that is stopped gives up %s", async (_, options) => {
  const stop = new AbortController();
  const { send } = client(scripted(options.rate ? served : busy(429, "20")), {
    ...options,
    signal: stop.signal,
    sleep: (ms, signal) => {
      queueMicrotask(() => stop.abort());
      return setTimeout(ms, undefined, { signal });
    },
  });
  await expect(Promise.all([send(), send()])).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
});
