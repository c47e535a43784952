import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { createClock } from "../../src/mock/store/clock.ts";
import { createFaultRules, presets } from "../../src/mock/store/faults.ts";
import type { FaultRule } from "../../src/mock/store/store.ts";
import { billingPath, emailInvoice, ids, testMock } from "../mock.ts";

const body = emailInvoice;
const customerPath = `/customers/${ids.business}`;

/** What comes of one PUT on a socket. */
function put(url: string, headers: Record<string, string> = {}) {
  return new Promise<{ status?: number; text: string; error?: string }>((resolve) => {
    const sent = request(
      `${url}${billingPath}`,
      { method: "PUT", headers: { "X-API-Key": "test_key", "Content-Type": "application/json", ...headers } },
      (answer) => {
        let text = "";
        answer.on("data", (piece) => {
          text += piece;
        });
        answer.on("error", (error: NodeJS.ErrnoException) => resolve({ text, error: error.code ?? error.message }));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    sent.on("error", (error: NodeJS.ErrnoException) => resolve({ text: "", error: error.code ?? error.message }));
    sent.end(JSON.stringify(body));
  });
}

describe("a preference of one request", () => {
  const prefer = (value: string) => ({ body, headers: { Prefer: value } });

  test("a forced answer comes from the document, executes nothing and is kept under no key", async () => {
    const { call } = testMock();
    const before = await call("GET", customerPath);
    const headers = { Prefer: 'code=409, example="mismatch"', "X-Idempotency-Key": "k-forced" };
    const forced = await call("PUT", billingPath, { body, headers });
    expect(forced.status).toBe(409);
    expect(forced.body.code).toBe("idempotency_key_mismatch");
    expect(forced.headers.get("Preference-Applied")).toBe("code=409, example=mismatch");
    expect((await call("GET", customerPath)).text).toBe(before.text);
    const carriedOut = await call("PUT", billingPath, { body, headers: { "X-Idempotency-Key": "k-forced" } });
    expect([carriedOut.status, carriedOut.headers.get("X-Mock-Idempotency")]).toEqual([200, "stored"]);
  });

  test.each([
    ["code=500", 500, "internal_error"],
    ["code=429", 429, "too_many_requests"],
    ["CODE=503", 503, "unavailable"],
    ["respond-async, code=418", 418, "status_418"],
  ])("%s", async (value, status, code) => {
    const { call } = testMock();
    const forced = await call("PUT", billingPath, prefer(value));
    expect(forced.status).toBe(status);
    expect(forced.body.message).toMatch(/./);
    expect(forced.body.code).toBe(code);
    if (status === 429 || status === 503) expect(forced.headers.get("Retry-After")).toMatch(/^\d+$/);
  });

  test("an example is found by its name alone", async () => {
    const { call } = testMock();
    const forced = await call("PUT", billingPath, prefer("example=locked"));
    expect([forced.status, forced.body.code]).toEqual([409, "idempotency_key_locked"]);
  });

  test("whoever cannot set headers says it in the query", async () => {
    const { call } = testMock();
    expect((await call("GET", `${customerPath}?__code=404`)).status).toBe(404);
    expect((await call("GET", `${customerPath}?__code=404`, { headers: { Prefer: "code=500" } })).status).toBe(500);
  });

  test.each([
    ["code=abc", /code should be a status from 200 to 599; received \\?"abc\\?"/],
    ["code=200, connection=fly", /connection should be one of drop-before, drop-after, truncate, garbage, hang/],
    ["delay=-1", /delay should be a number of milliseconds from 0 to 600000/],
    ["code=409, example=nothing", /no example \\?"nothing\\?" of the 409 answer .* mismatch \(409\), locked \(409\)/],
  ])("%s is refused, and says what would be right", async (value, message) => {
    const { call } = testMock();
    const refused = await call("PUT", billingPath, prefer(value));
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(message);
  });

  test("what is no preference of the mock is none of its business", async () => {
    const { call } = testMock();
    const reply = await call("PUT", billingPath, prefer("return=minimal; foo=bar, wait=10"));
    expect([reply.status, reply.headers.has("Preference-Applied")]).toEqual([200, false]);
  });

  test("a delay holds the idempotency key", async () => {
    const { call } = testMock();
    const headers = { "X-Idempotency-Key": "k-held" };
    const slow = call("PUT", billingPath, { body, headers: { ...headers, Prefer: "delay=200" } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const locked = await call("PUT", billingPath, { body, headers });
    expect([locked.status, locked.body.code]).toEqual([409, "idempotency_key_locked"]);
    expect((await slow).status).toBe(200);
    expect((await call("PUT", billingPath, { body, headers })).headers.get("X-Mock-Idempotency")).toBe("replayed");
  });
});

describe("a connection that fails", () => {
  const fails = (connection: string) => ({ Prefer: `connection=${connection}` });

  test("on a socket, before and after, in the midst, in no HTTP", async () => {
    const { mock } = testMock();
    const server = await mock.listen();
    try {
      const stored = async () => (await (await mock.sandbox()).collection("customers").get(ids.business))?.updatedAt;
      const before = await stored();
      expect(await put(server.url, fails("drop-before"))).toEqual({ text: "", error: "ECONNRESET" });
      expect(await stored()).toBe(before);
      const headers = { "X-Idempotency-Key": "k-lost" };
      expect(await put(server.url, { ...fails("drop-after"), ...headers })).toEqual({ text: "", error: "ECONNRESET" });
      expect(await stored()).not.toBe(before);
      const retried = await put(server.url, headers);
      expect(retried.status).toBe(200);
      const cut = await put(server.url, fails("truncate"));
      expect(cut.error).toBe("ECONNRESET");
      expect(retried.text.slice(0, 100)).toBe(cut.text.slice(0, 100));
      expect(cut.text.length).toBeLessThan(retried.text.length);
      expect((await put(server.url, fails("garbage"))).error).toMatch(/^HPE_/);
    } finally {
      await server.close();
    }
  });

  test("what hangs is let go when the server closes", async () => {
    const { mock } = testMock();
    const server = await mock.listen();
    const hanging = put(server.url, fails("hang"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.close();
    expect((await hanging).error).toBe("ECONNRESET");
  });

  test("without a network, fetch rejects as it does with one", async () => {
    const { mock } = testMock();
    const get = (connection: string, signal?: AbortSignal) =>
      mock.fetch(`http://mock.test${customerPath}`, {
        headers: { "X-API-Key": "test_key", ...fails(connection) },
        ...(signal && { signal }),
      });
    await expect(get("drop-before")).rejects.toThrow(TypeError);
    await expect(get("garbage")).rejects.toThrow(TypeError);
    await expect((await get("truncate")).text()).rejects.toThrow(TypeError);
    await expect(get("hang", AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
  });
});

describe("a fault of the sandbox", () => {
  async function faulty(fault: object, options = {}) {
    const { call, mock } = testMock(options);
    const added = await call("POST", "/_understudy/faults", { body: fault });
    return { call, mock, added };
  }

  test("is listed with the number of its requests, and taken away by its id", async () => {
    const { call, added } = await faulty({ match: { method: "PUT" }, answer: { status: 500 } });
    expect(added.status).toBe(201);
    const { id } = added.body;
    expect((await call("PUT", billingPath, { body })).status).toBe(500);
    expect((await call("GET", customerPath)).status).toBe(200);
    const { items } = (await call("GET", "/_understudy/faults")).body;
    expect(items).toEqual([{ id, match: { method: "PUT" }, answer: { status: 500 }, applied: 1 }]);
    expect((await call("DELETE", `/_understudy/faults/${id}`)).status).toBe(204);
    expect((await call("DELETE", `/_understudy/faults/${id}`)).text).toMatch(/no fault .*GET \/_understudy\/faults/);
    expect((await call("PUT", billingPath, { body })).status).toBe(200);
  });

  test("is for one sandbox alone, and gone after a reset", async () => {
    const { call } = await faulty({ answer: { status: 503 } });
    expect((await call("GET", customerPath)).status).toBe(503);
    expect((await call("GET", customerPath, { headers: { "X-API-Key": "test_other" } })).status).toBe(200);
    await call("POST", "/_understudy/reset");
    expect((await call("GET", customerPath)).status).toBe(200);
  });

  test("its answer may be anybody's", async () => {
    const { call } = await faulty({ answer: { status: 402, headers: { "X-Why": "money" }, body: { owed: 5 } } });
    const reply = await call("GET", "/customers");
    expect([reply.status, reply.headers.get("X-Why"), reply.body]).toEqual([402, "money", { owed: 5 }]);
  });

  test("stands in the journal with what was or was not answered", async () => {
    const { call, mock } = await faulty({ times: 1, connection: "drop-before" });
    await expect(
      mock.fetch(`http://mock.test${customerPath}`, { headers: { "X-API-Key": "test_key" } }),
    ).rejects.toThrow("fetch failed");
    const [entry] = (await call("GET", "/_understudy/requests")).body.items;
    expect(entry).toMatchObject({ fault: "fault-1", request: { operationId: "getCustomer" } });
    expect(entry).not.toHaveProperty("response");
  });

  test.each([
    [{}, /connection should be there, or one of preset, delayMs, bytesPerSecond and answer/],
    [{ match: { operationId: "getCustomr" }, delayMs: 1 }, /received \\"getCustomr\\".*getCustomer/],
    [{ delayMs: { min: 5, max: 1 } }, /delayMs.max should be at least min, 5; received 1/],
    [{ rate: 2, delayMs: 1 }, /rate should be/],
    [{ conection: "hang" }, /conection is no field/],
    [{ preset: "bad-day" }, /preset should be/],
  ])("%j is refused", async (fault, message) => {
    const { added } = await faulty(fault);
    expect(added.status).toBe(400);
    expect(added.text).toMatch(message);
  });

  test.each(Object.keys(presets))("the preset %s can be had for some requests only", async (preset) => {
    const { call, added } = await faulty({ preset, match: { path: "/nowhere" } });
    expect(added.body).toMatchObject({ id: "fault-1", preset });
    expect((await call("GET", customerPath)).status).toBe(200);
  });

  test("a body comes no faster than it is told to", async () => {
    const { mock } = await faulty({ bytesPerSecond: 4000 });
    const started = performance.now();
    const reply = await mock.fetch(`http://mock.test${customerPath}`, { headers: { "X-API-Key": "test_key" } });
    const { length } = await reply.text();
    expect(length).toBeGreaterThan(400);
    expect(performance.now() - started).toBeGreaterThan((length / 4000 - 0.05) * 900);
  });
});

describe("which request a rule is for", () => {
  const now = { ms: 0 };

  /** Which of some requests in a row a rule is applied to. */
  async function applied(rule: FaultRule, count = 6, change: object = {}, seed = 1) {
    now.ms = Date.parse("2026-01-01T00:00:00Z");
    const rules = createFaultRules(
      createClock(() => now.ms),
      seed,
    );
    await rules.add(rule, [rule]);
    const asked = { operationId: "a", method: "PUT", path: "/things/1/parts", header: () => undefined, ...change };
    const hits: number[] = [];
    for (let i = 1; i <= count; i++) {
      if (await rules.take(asked)) hits.push(i);
      now.ms += 1000;
    }
    return hits;
  }

  test("nth, times, both, forMs", async () => {
    const connection = "hang";
    expect(await applied({ connection, nth: 3 })).toEqual([3]);
    expect(await applied({ connection, times: 2 })).toEqual([1, 2]);
    expect(await applied({ connection, nth: 2, times: 3 })).toEqual([2, 3, 4]);
    expect(await applied({ connection, forMs: 2500 })).toEqual([1, 2, 3]);
  });

  test("a share, the same one for the same seed", async () => {
    const rule: FaultRule = { rate: 0.25, delayMs: 1 };
    const hits = await applied(rule, 4000);
    expect(hits.length).toBeGreaterThan(900);
    expect(hits.length).toBeLessThan(1100);
    expect(await applied(rule, 4000)).toEqual(hits);
    expect(await applied(rule, 4000, {}, 2)).not.toEqual(hits);
  });

  test.each([
    [{ operationId: "b" }, false],
    [{ method: "put" }, true],
    [{ path: "/things/*/parts" }, true],
    [{ path: "/things/*" }, true],
    [{ path: "*parts" }, true],
    [{ path: "/things" }, false],
    [{ path: "/things/1/parts*parts" }, false],
    [{ header: { "X-Who": "*ann*" } }, true],
    [{ header: { "X-Who": "ann" } }, false],
    [{ header: { "X-Other": "*" } }, false],
  ])("%j: %s", async (match, isMet) => {
    const header = (name: string) => (name === "x-who" ? "joanna" : undefined);
    expect((await applied({ match, delayMs: 1 }, 1, { header })).length).toBe(isMet ? 1 : 0);
  });

  test("a lognormal delay has its median", async () => {
    const rules = createFaultRules(
      createClock(() => 0),
      1,
    );
    const rule: FaultRule = { delayMs: { median: 200, sigma: 0.5 } };
    await rules.add(rule, [rule]);
    const asked = { operationId: "a", method: "GET", path: "/", header: () => undefined };
    const delays: number[] = [];
    for (let i = 0; i < 1001; i++) delays.push((await rules.take(asked))!.delayMs);
    delays.sort((a, b) => a - b);
    expect(delays[500]).toBeGreaterThan(185);
    expect(delays[500]).toBeLessThan(215);
    expect(delays[840]! / delays[500]!).toBeGreaterThan(1.5);
  });
});
