import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ClientOptions, createClient } from "../../src/client.ts";
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
const brokenOff = () =>
  new Response(
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"customerId":'));
        controller.error(new TypeError("terminated"));
      },
    }),
  );
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
    { after: "a 409 that says when to come back", first: () => json(409, {}, { "Retry-After": "0" }) },
    { after: "a 503 that says when to come back", first: () => json(503, {}, { "Retry-After": "0" }) },
    { after: "an answer that breaks off", first: brokenOff },
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
    { what: "a 503 that does not say when to come back", answer: () => json(503, {}) },
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

describe("for another API", () => {
  type Notes = {
    "/notes": {
      post: { requestBody: { content: { "application/json": { text: string } } }; responses: { 201: never } };
    };
  };

  function notesClient(options: Partial<ClientOptions>, answer: (request: Request) => Response) {
    const sent: Request[] = [];
    const fetch = async (request: Request) => {
      sent.push(request);
      return answer(request);
    };
    const client = createClient<Notes>({
      ...{ baseUrl: "http://notes.test", apiKey: "k", nextKey: () => "key-1", wait: async () => {}, fetch },
      ...options,
    });
    return { add: () => client.POST("/notes", { body: { text: "a" } }), sent };
  }

  const added = () => new Response(null, { status: 201 });

  test("carries its credential and its idempotency key in its own headers", async () => {
    const { add, sent } = notesClient({ apiKeyHeader: "Authorization", idempotencyHeader: "Idempotency-Key" }, added);
    await add();
    expect(Object.fromEntries(sent[0]!.headers)).toEqual({
      authorization: "Bearer k",
      "content-type": "application/json",
      "idempotency-key": "key-1",
    });
    const basic = notesClient({ apiKeyHeader: "authorization", apiKey: "Basic YTpi" }, added);
    await basic.add();
    expect(basic.sent[0]?.headers.get("Authorization")).toBe("Basic YTpi");
  });

  test("without an idempotency key repeats a write only where it was surely not carried out", async () => {
    const failing = notesClient({ idempotencyHeader: false }, () => {
      throw new TypeError("connection reset");
    });
    await expect(failing.add()).rejects.toThrow("connection reset");
    expect(failing.sent).toHaveLength(1);
    let count = 0;
    const busy = notesClient({ idempotencyHeader: false }, () => (count++ === 0 ? json(429, {}) : added()));
    await busy.add();
    expect(busy.sent.map(({ headers }) => headers.has("X-Idempotency-Key"))).toEqual([false, false]);
  });
});

describe("a redirect", () => {
  /** A server, its origin, and what came to it. */
  async function serverOf(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const came: { method: string; url: string; key: unknown; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        came.push({ method, url, key: headers["x-api-key"], body });
        answer(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, came };
  }

  const leadsTo = (status: number, location: string) => (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(status, { Location: location }).end();

  test.each([301, 302, 303, 307, 308])("%i to another origin is the answer, and no key goes there", async (status) => {
    const other = await serverOf((_, response) => response.end("{}"));
    const { origin, came } = await serverOf(leadsTo(status, `${other.origin}/customers`));
    const client = createClient({ baseUrl: origin, apiKey: "test_secret" });
    const { response } = await client.PUT("/customers/{customerId}/billing", put);
    expect([response.status, came.length, other.came]).toEqual([status, 1, []]);
  });

  test.each([
    [301, "PUT"],
    [303, "GET"],
    [308, "PUT"],
  ])("%i within the origin is followed, as fetch does, by %s", async (status, method) => {
    const { origin, came } = await serverOf((request, response) =>
      request.url === "/there" ? response.end("{}") : leadsTo(status, "/there")(request, response),
    );
    const client = createClient({ baseUrl: origin, apiKey: "test_secret" });
    const { response } = await client.PUT("/customers/{customerId}/billing", put);
    expect(response.status).toBe(200);
    expect(came[1]).toEqual({ method, url: "/there", key: "test_secret", body: method === "PUT" ? came[0]!.body : "" });
  });

  test("without end is an error", async () => {
    const { origin, came } = await serverOf(leadsTo(307, "/again"));
    const client = createClient({ baseUrl: origin, apiKey: "test_secret", retries: 0 });
    await expect(client.GET("/customers/{customerId}", { params: { path } })).rejects.toThrow("redirected without end");
    expect(came).toHaveLength(21);
  });
});

test("a write whose answer broke off on the wire is carried out once, and its kept answer comes", async () => {
  const mock = createMock();
  const server = await mock.listen();
  onTestFinished(() => server.close());
  const client = createClient({ baseUrl: server.url, apiKey: "test_key" });
  await mock.control().faults.add({ match: { method: "PUT" }, times: 1, connection: "truncate" });
  const { data, response } = await client.PUT("/customers/{customerId}/billing", put);
  expect(data?.billing?.email).toBe("desk@company.example");
  expect(response.status).toBe(200);
  const journal = await mock.control().requests({ method: "PUT" });
  expect(journal.map(({ response }) => response?.headers["X-Mock-Idempotency"])).toEqual(["stored", "replayed"]);
});
