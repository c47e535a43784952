import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { retryAfterMs } from "../../src/document/retry-after.ts";
import { createMock } from "../../src/index.ts";

const path = { customerId: "cus-0001-business-email" };
const body = { method: "EMAIL_INVOICE", email: "desk@company.example" } as const;
const put = { params: { path }, body };

/** A client whose requests meet these answers in turn; a string is the message of a network error. */
function clientMeeting(answers: (Response | string)[], options: { retries?: number } = {}) {
  const sent: { method: string; key: string | null; text: string }[] = [];
  const waits: number[] = [];
  const client = createClient({
    baseUrl: "http://api.test",
    apiKey: "test_key",
    nextKey: () => `key-${sent.length}`,
    wait: async (ms) => {
      waits.push(ms);
    },
    fetch: async (request) => {
      sent.push({ method: request.method, key: request.headers.get("X-Idempotency-Key"), text: await request.text() });
      const answer = answers[sent.length - 1];
      if (answer === undefined) throw new Error("The test has no further answer.");
      if (typeof answer === "string") throw new TypeError(answer);
      return answer;
    },
    ...options,
  });
  return { client, sent, waits };
}

const json = (status: number, value: unknown, headers: Record<string, string> = {}) =>
  Response.json(value, { status, headers });
const served = () => json(200, { customerId: path.customerId });
const locked = () => json(409, { message: "", code: "idempotency_key_locked" }, { "Retry-After": "1" });

test("talks to a mock in process, typed from the document", async () => {
  const mock = createMock();
  const client = createClient({ baseUrl: "http://mock.test", apiKey: "test_key", fetch: mock.fetch });
  const { data, error } = await client.PUT("/customers/{customerId}/billing", put);
  expect(error).toBeUndefined();
  expect(data?.billing?.email).toBe("desk@company.example");
});

test("gives every write a key of its own, and none to a read", async () => {
  const { client, sent } = clientMeeting([served(), served(), served()]);
  await client.PUT("/customers/{customerId}/billing", put);
  await client.PUT("/customers/{customerId}/billing", put);
  await client.GET("/customers/{customerId}", { params: { path } });
  expect(sent.map(({ key }) => key)).toEqual(["key-0", "key-1", null]);
});

test("keeps the caller's own key", async () => {
  const { client, sent } = clientMeeting([served()]);
  await client.PUT("/customers/{customerId}/billing", {
    ...put,
    params: { path, header: { "X-Idempotency-Key": "mine" } },
  });
  expect(sent[0]?.key).toBe("mine");
});

describe("repeats the identical request under the same key", () => {
  test.each([
    { after: "a network error", first: () => "connection reset" },
    { after: "a 429", first: () => json(429, {}) },
    { after: "a locked 409", first: locked },
  ])("after $after", async ({ first }) => {
    const { client, sent } = clientMeeting([first(), served()]);
    const { response } = await client.PUT("/customers/{customerId}/billing", put);
    expect(response.status).toBe(200);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
  });
});

describe("waits", () => {
  test("as long as a 429 asks", async () => {
    const busy = (wait: string) => json(429, {}, { "Retry-After": wait });
    const { client, waits } = clientMeeting([busy("7"), busy("0.5"), served()]);
    await client.PUT("/customers/{customerId}/billing", put);
    expect(waits).toEqual([7000, 500]);
  });

  test.each([
    [undefined, undefined],
    [null, undefined],
    ["0", 0],
    [" 2 ", 2000],
    ["0.5", 500],
    ["soon", undefined],
    ["", undefined],
    ["Wed, 01 Jan 2025 00:00:10 GMT", 10_000],
    ["Tue, 31 Dec 2024 23:59:00 GMT", 0],
  ])("Retry-After: %s is %s ms", (value, ms) => {
    expect(retryAfterMs(value, Date.UTC(2025, 0, 1))).toBe(ms);
  });

  test("100 to 500 ms after a locked 409, whatever whole seconds its header says", async () => {
    const { client, waits } = clientMeeting([locked(), locked(), locked(), served()]);
    await client.PUT("/customers/{customerId}/billing", put);
    expect(waits).toHaveLength(3);
    for (const ms of waits) expect(ms >= 100 && ms <= 500).toBe(true);
  });

  test("not at all when the wait would be longer than a minute", async () => {
    const { client, waits, sent } = clientMeeting([json(429, {}, { "Retry-After": "3600" })]);
    const { response } = await client.PUT("/customers/{customerId}/billing", put);
    expect([response.status, waits, sent.length]).toEqual([429, [], 1]);
  });
});

describe("does not repeat", () => {
  test.each([
    { what: "a mismatch", answer: () => json(409, { message: "", code: "idempotency_key_mismatch" }) },
    { what: "another 409", answer: () => new Response("conflict", { status: 409 }) },
    { what: "a 400", answer: () => json(400, {}) },
    { what: "a 500", answer: () => json(500, {}) },
  ])("$what", async ({ answer }) => {
    const { client, sent } = clientMeeting([answer()]);
    await client.PUT("/customers/{customerId}/billing", put);
    expect(sent).toHaveLength(1);
  });
});

test("gives up after as many retries as it was told, with the last answer", async () => {
  const { client, sent } = clientMeeting([locked(), locked(), locked()], { retries: 2 });
  const { response } = await client.PUT("/customers/{customerId}/billing", put);
  expect([response.status, sent.length]).toEqual([409, 3]);
});

test("gives up after the last network error with that error", async () => {
  const { client } = clientMeeting(["first", "second"], { retries: 1 });
  await expect(client.PUT("/customers/{customerId}/billing", put)).rejects.toThrow("second");
});

test("does not repeat a request that its caller has aborted", async () => {
  const caller = new AbortController();
  let sent = 0;
  const client = createClient({
    baseUrl: "http://api.test",
    apiKey: "test_key",
    fetch: async () => {
      sent++;
      caller.abort();
      throw new DOMException("aborted", "AbortError");
    },
  });
  await expect(client.PUT("/customers/{customerId}/billing", { ...put, signal: caller.signal })).rejects.toThrow();
  expect(sent).toBe(1);
});

test("stops waiting when its caller aborts", async () => {
  const caller = new AbortController();
  const client = createClient({
    baseUrl: "http://api.test",
    apiKey: "test_key",
    fetch: async () => {
      queueMicrotask(() => caller.abort(new Error("enough")));
      return json(429, {}, { "Retry-After": "30" });
    },
  });
  await expect(client.PUT("/customers/{customerId}/billing", { ...put, signal: caller.signal })).rejects.toThrow(
    "enough",
  );
});

test("a retry after a lost answer does not carry the write out twice", async () => {
  const mock = createMock();
  let lost = false;
  const client = createClient({
    baseUrl: "http://mock.test",
    apiKey: "test_key",
    wait: async () => {},
    fetch: async (request) => {
      const answer = await mock.fetch(request);
      if (lost || request.method === "GET") return answer;
      lost = true;
      throw new TypeError("connection lost after the write");
    },
  });
  const { data, response } = await client.PUT("/customers/{customerId}/billing", put);
  expect(response.headers.get("X-Mock-Idempotency")).toBe("replayed");
  const read = await client.GET("/customers/{customerId}", { params: { path } });
  expect(read.data?.updatedAt).toBe(data?.updatedAt);
});
