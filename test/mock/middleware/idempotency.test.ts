import { describe, expect, test } from "vitest";
import { parseSpec } from "../../../src/index.ts";
import { billingPath, emailInvoice, ids, send, testMock } from "../../mock.ts";

const key = { "X-Idempotency-Key": "key-1" };
const day = 24 * 60 * 60 * 1000;

test("answers a repeated request with the first answer, and does nothing again", async () => {
  const { call, mock } = testMock();
  const first = await call("PUT", billingPath, { body: emailInvoice, headers: key });
  const stored = (await call("GET", `/customers/${ids.business}`)).text;
  await (await mock.sandbox()).clock.change({ advanceMs: 1000 });
  const second = await call("PUT", billingPath, { body: emailInvoice, headers: key });

  expect(first.status).toBe(200);
  expect([second.status, second.text]).toEqual([first.status, first.text]);
  expect(second.headers.get("Content-Type")).toBe(first.headers.get("Content-Type"));
  expect(first.headers.get("X-Mock-Idempotency")).toBe("stored");
  expect(second.headers.get("X-Mock-Idempotency")).toBe("replayed");
  expect((await call("GET", `/customers/${ids.business}`)).text).toBe(stored);
});

test("says in the answer when a sandbox has more keys than it remembers, of which the oldest is forgotten", async () => {
  const { call, mock } = testMock({ maxKeys: 2, log: () => {} });
  const put = (name: string) =>
    call("PUT", billingPath, { body: emailInvoice, headers: { "X-Idempotency-Key": name } });
  const told = async (name: string) => (await put(name)).headers.get("X-Mock-Warning");
  const warning = "More than 2 idempotency keys in a sandbox: from now on the oldest is forgotten.";
  expect([await told("key-1"), await told("key-2"), await told("key-3")]).toEqual([null, null, warning]);
  const again = await put("key-3");
  expect([again.headers.get("X-Mock-Idempotency"), again.headers.get("X-Mock-Warning")]).toEqual(["replayed", null]);
  expect((await put("key-1")).headers.get("X-Mock-Idempotency")).toBe("stored");
  await mock.reset();
  expect(await told("key-4")).toBeNull();
});

test("a late repetition brings its old answer back, and leaves what came after it in force", async () => {
  const { call } = testMock();
  const change = { ...emailInvoice, currency: "EUR" };
  const first = await call("PUT", billingPath, { body: change, headers: key });
  await call("PUT", billingPath, { body: emailInvoice, headers: { "X-Idempotency-Key": "key-2" } });
  await call("PUT", billingPath, { body: { ...emailInvoice, currency: "SEK" } });
  const late = await call("PUT", billingPath, { body: change, headers: key });
  expect(late.text).toBe(first.text);
  expect((await call("GET", `/customers/${ids.business}`)).body.billing.currency).toBe("SEK");
});

describe("another request under the same key is refused", () => {
  const body = JSON.stringify(emailInvoice);

  test.each<[string, string, string, { body: string; headers?: Record<string, string> }]>([
    ["another body", "PUT", billingPath, { body: JSON.stringify({ ...emailInvoice, autoPay: false }) }],
    ["the same JSON in other bytes", "PUT", billingPath, { body: ` ${body}` }],
    ["another customer", "PUT", `/customers/${ids.unbilled}/billing`, { body }],
    ["another query", "PUT", `${billingPath}?a=1`, { body }],
    [
      "another media type",
      "PUT",
      billingPath,
      { body, headers: { "Content-Type": "application/json; charset=utf-8" } },
    ],
    ["a user's token", "PUT", billingPath, { body, headers: { Authorization: "Bearer someone" } }],
  ])("%s", async (_, method, path, given) => {
    const { call } = testMock();
    await call("PUT", billingPath, { body, headers: key });
    const { status, body: answer } = await call(method, path, { ...given, headers: { ...given.headers, ...key } });
    expect(status).toBe(409);
    expect(answer.code).toBe("idempotency_key_mismatch");
  });

  test("and the kept answer stays", async () => {
    const { call } = testMock();
    const first = await call("PUT", billingPath, { body, headers: key });
    await call("PUT", billingPath, { body: ` ${body}`, headers: key });
    expect((await call("PUT", billingPath, { body, headers: key })).text).toBe(first.text);
  });
});

test("headers that the document does not compare make no difference", async () => {
  const { call } = testMock();
  await call("PUT", billingPath, { body: emailInvoice, headers: { ...key, "User-Agent": "one" } });
  const second = await call("PUT", billingPath, { body: emailInvoice, headers: { ...key, "User-Agent": "two" } });
  expect(second.headers.get("X-Mock-Idempotency")).toBe("replayed");
});

test("a key belongs to the API key that sent it", async () => {
  const { call } = testMock();
  await call("PUT", billingPath, { body: emailInvoice, headers: key });
  const other = { ...key, "X-API-Key": "test_other" };
  const { status, headers } = await call("PUT", billingPath, {
    body: { method: "EMAIL_INVOICE", email: "b@b.example" },
    headers: other,
  });
  expect([status, headers.get("X-Mock-Idempotency")]).toEqual([200, "stored"]);
});

describe("what is kept", () => {
  test.each<[string, string, unknown, Record<string, string>, string | null]>([
    ["a success", billingPath, emailInvoice, {}, "stored"],
    ["a refusal by the schema", billingPath, { method: "EMAIL_INVOICE" }, {}, "stored"],
    ["a refusal by a rule", billingPath, { ...emailInvoice, defaultPaymentProfileId: "pay-nobody" }, {}, "stored"],
    ["a body that is no JSON", billingPath, "{", {}, "stored"],
    ["an unknown customer", "/customers/cus-nobody/billing", emailInvoice, {}, "stored"],
    ["not another media type", billingPath, "x", { "Content-Type": "text/plain" }, null],
    ["not a body that is too long", billingPath, "x".repeat(1024 * 1024 + 1), {}, null],
    ["not an unknown API key", billingPath, emailInvoice, { "X-API-Key": "nobody" }, null],
  ])("%s", async (_, path, body, headers, wanted) => {
    const { call } = testMock();
    const given = { body, headers: { ...headers, ...key } };
    expect((await call("PUT", path, given)).headers.get("X-Mock-Idempotency")).toBe(wanted);
    const again = await call("PUT", path, given);
    expect(again.headers.get("X-Mock-Idempotency")).toBe(wanted && "replayed");
  });

  test("not a failure of the server, so that the key is free for another try", async () => {
    const { call, mock, lines } = testMock();
    const customers = (await mock.sandbox()).collection("customers");
    const { update } = customers;
    Object.assign(customers, { update: () => Promise.reject(new Error("out of order")) });
    const failed = await call("PUT", billingPath, { body: emailInvoice, headers: key });
    Object.assign(customers, { update });
    const second = await call("PUT", billingPath, { body: emailInvoice, headers: key });
    expect([failed.status, second.status]).toEqual([500, 200]);
    expect(second.headers.get("X-Mock-Idempotency")).toBe("stored");
    expect(lines.join()).toContain("out of order");
  });
});

describe("several at once", () => {
  const twins = (mock: ReturnType<typeof testMock>["mock"], bodies: unknown[]) =>
    Promise.all(bodies.map((body) => send(mock, "PUT", billingPath, { body, headers: key })));

  test("exactly one is carried out, and the others are told to come back", async () => {
    const { mock } = testMock({ latencyMs: 5 });
    const replies = await twins(
      mock,
      Array.from({ length: 10 }, () => emailInvoice),
    );
    const locked = replies.filter(({ status }) => status === 409);
    expect(replies.filter(({ headers }) => headers.get("X-Mock-Idempotency") === "stored")).toHaveLength(1);
    expect(locked).toHaveLength(9);
    expect(locked[0]?.body.code).toBe("idempotency_key_locked");
    expect(locked[0]?.headers.get("Retry-After")).toBe("1");
  });

  test("exactly one is carried out when the bodies arrive slowly", async () => {
    const { mock } = testMock();
    const slowly = () => {
      const pieces = JSON.stringify(emailInvoice)
        .match(/.{1,9}/g)!
        .map((piece) => new TextEncoder().encode(piece));
      return new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setImmediate(resolve));
          const piece = pieces.shift();
          if (piece) controller.enqueue(piece);
          else controller.close();
        },
      });
    };
    const replies = await twins(mock, [slowly(), slowly(), slowly(), emailInvoice]);
    const marks = replies.map(({ headers, body }) => headers.get("X-Mock-Idempotency") ?? body.code);
    expect(marks.filter((mark) => mark === "stored")).toHaveLength(1);
    expect(marks.every((mark) => ["stored", "replayed", "idempotency_key_locked"].includes(mark))).toBe(true);
  });

  test("another request meets a mismatch, even while the first runs", async () => {
    const { mock } = testMock({ latencyMs: 5 });
    const [first, second] = await twins(mock, [emailInvoice, { ...emailInvoice, currency: "EUR" }]);
    expect([first?.status, second?.body.code]).toEqual([200, "idempotency_key_mismatch"]);
  });
});

describe("a key", () => {
  test.each([
    ["that is empty", "", 'received "".'],
    ["of 257 characters", "k".repeat(257), `received "${"k".repeat(20)}… (257 characters)".`],
  ])("%s is refused, and nothing is stored", async (_, unfit, received) => {
    const { call, mock } = testMock();
    const before = (await call("GET", `/customers/${ids.business}`)).text;
    const { status, body, headers } = await call("PUT", billingPath, {
      body: emailInvoice,
      headers: { "X-Idempotency-Key": unfit },
    });
    expect([status, body.code, body.details[0].property]).toEqual([400, "VALIDATION_ERROR", "X-Idempotency-Key"]);
    expect(body.details).toEqual([
      {
        message: `X-Idempotency-Key should be a key of 1 to 256 characters, or the header should be left out; ${received}`,
        code: "INVALID_VALUE",
        property: "X-Idempotency-Key",
        suggestion: expect.stringMatching(/^Send a value such as "[\w-]{36}"\.$/),
      },
    ]);
    expect(headers.has("X-Mock-Idempotency")).toBe(false);
    expect((await call("GET", `/customers/${ids.business}`)).text).toBe(before);
    expect((await (await mock.sandbox()).snapshot()).idempotency).toEqual([]);
  });

  test("of 256 characters will do", async () => {
    const { call } = testMock();
    const longest = { "X-Idempotency-Key": "k".repeat(256) };
    expect((await call("PUT", billingPath, { body: emailInvoice, headers: longest })).status).toBe(200);
  });

  test("means nothing to a read", async () => {
    const { call } = testMock();
    for (const unfit of ["", "k".repeat(257), "key-1"]) {
      const { status, headers } = await call("GET", "/customers", { headers: { "X-Idempotency-Key": unfit } });
      expect([status, headers.has("X-Mock-Idempotency")]).toEqual([200, false]);
    }
  });

  test.each([
    ["is kept until a day has passed", day - 1, "replayed"],
    ["is free again a day after its first use", day, "stored"],
  ])("%s", async (_, advanceMs, wanted) => {
    const { call, mock } = testMock();
    const { clock } = await mock.sandbox();
    await clock.change({ frozen: true });
    await call("PUT", billingPath, { body: emailInvoice, headers: key });
    await clock.change({ advanceMs });
    const { headers } = await call("PUT", billingPath, { body: emailInvoice, headers: key });
    expect(headers.get("X-Mock-Idempotency")).toBe(wanted);
  });

  test("expires a day after its first use, and not after its last", async () => {
    const { call, mock } = testMock();
    const { clock } = await mock.sandbox();
    for (const wanted of ["stored", "replayed", "stored"]) {
      const { headers } = await call("PUT", billingPath, { body: emailInvoice, headers: key });
      expect(headers.get("X-Mock-Idempotency")).toBe(wanted);
      await clock.change({ advanceMs: day / 2 });
    }
  });
});

describe("the document's rules, and nothing else, decide", () => {
  const made =
    '{ responses: { "201": { description: Made., content: { application/json: { example: { id: 1 } } } } } }';
  const document = (compares: string, user = "{ type: http, scheme: bearer }") =>
    parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
components: { securitySchemes: { Key: { type: apiKey, in: header, name: X-API-Key }, User: ${user} } }
security: [{ Key: [], User: [] }]
x-idempotency:
  { header: Once, maxLength: 3, scope: [User], compares: [${compares}], lifetime: PT1M, mismatch: { status: 422, code: other }, locked: { status: 425, code: wait }, keeps: [2XX] }
paths:
  /pets: { post: ${made}, patch: ${made} }
  /toys: { post: ${made} }
`);

  const ann = { Authorization: "Bearer test_ann" };

  test("which header it is, and how long a key may be", async () => {
    const { call } = testMock({ spec: document("method") });
    const under = (key: string) => call("POST", "/pets", { headers: { ...ann, Once: key } });
    expect((await under("a")).headers.get("X-Mock-Idempotency")).toBe("stored");
    expect((await under("long")).body.errors[0].property).toBe("Once");
  });

  test.each([
    ["the method and path only", "method, path", "/pets?b", { b: 2 }, [201, undefined]],
    ["the query too", "path, query", "/pets?b", { a: 1 }, [422, "other"]],
    ["the body only", "body", "/pets?b", { a: 1 }, [201, undefined]],
    ["the body, when it differs", "body", "/pets", { b: 2 }, [422, "other"]],
  ])("what is compared: %s", async (_, compares, path, body, wanted) => {
    const { call } = testMock({ spec: document(compares) });
    const headers = { ...ann, Once: "a" };
    await call("POST", "/pets", { body: { a: 1 }, headers });
    const second = await call("POST", path, { body, headers });
    expect([second.status, second.body.code]).toEqual(wanted);
  });

  test.each([
    ["the method, when it differs", "method", "PATCH", "/pets?a", {}, 422],
    ["not the method", "path, query", "PATCH", "/pets?a", {}, "replayed"],
    ["the path, when it differs", "path", "POST", "/toys?a", {}, 422],
    ["the path without the query", "path", "POST", "/pets?b", {}, "replayed"],
    ["the query without the path", "query", "POST", "/toys?a", {}, "replayed"],
    ["the query, when it is left out", "query", "POST", "/pets", {}, 422],
    ["a header, when it differs", "'header:X-Trace'", "POST", "/pets?a", { "X-Trace": "2" }, 422],
    ["a header, when it is empty and was not there", "'header:X-Other'", "POST", "/pets?a", { "X-Other": "" }, 422],
    ["a header, when it is the same", "'header:X-Trace'", "POST", "/toys?b", { "X-Trace": "1" }, "replayed"],
  ])("which parts are compared: %s", async (_, compares, method, path, headers, wanted) => {
    const { call } = testMock({ spec: document(compares) });
    const once = { ...ann, Once: "a", "X-Trace": "1" };
    await call("POST", "/pets?a", { headers: once });
    const second = await call(method, path, { headers: { ...once, ...headers } });
    expect(second.headers.get("X-Mock-Idempotency") ?? second.status).toBe(wanted);
  });

  test("the same over a port, where header names come in small letters", async () => {
    const server = await testMock({ spec: document("'header:X-Trace'") }).mock.listen();
    try {
      const marks = [];
      for (const [user, trace] of ["ann 1", "bob 2", "ann 1", "ann 2"].map((line) => line.split(" "))) {
        const headers = { "X-API-Key": "test_key", Once: "a", Authorization: `Bearer test_${user}`, "X-Trace": trace! };
        const response = await fetch(`${server.url}/pets`, { method: "POST", headers });
        marks.push(response.headers.get("X-Mock-Idempotency") ?? response.status);
      }
      expect(marks).toEqual(["stored", "stored", "replayed", 422]);
    } finally {
      await server.close();
    }
  });

  test("a scheme without any header has no keys of its own", async () => {
    const { call } = testMock({ spec: document("method", "{ type: mutualTLS }") });
    const mark = async () =>
      (await call("POST", "/pets", { headers: { Once: "a" } })).headers.get("X-Mock-Idempotency");
    expect([await mark(), await mark()]).toEqual(["stored", "replayed"]);
  });

  test("whose keys they are", async () => {
    const { call } = testMock({ spec: document("method") });
    const as = (user: string) =>
      call("POST", "/pets", { headers: { Once: "a", Authorization: `Bearer test_${user}` } });
    const marks = [await as("ann"), await as("bob"), await as("ann")].map(({ headers }) =>
      headers.get("X-Mock-Idempotency"),
    );
    expect(marks).toEqual(["stored", "stored", "replayed"]);
  });
});

describe("where the document says nothing of it", () => {
  const made =
    '{ responses: { "201": { description: Made., content: { application/json: { example: { id: 1 } } } } } }';
  const document = (more = "") =>
    parseSpec(`
openapi: 3.1.0
info: { title: Pets, version: "1" }
${more}
paths:
  /pets: { post: ${made}, put: ${made} }
  /toys:
    parameters: [{ name: Toy-Idempotency-Key, in: header, schema: { type: string } }]
    post: ${made}
  /cats: { post: { x-idempotency: false, ${made.slice(1)} }
`);

  test.each([
    ["POST", "/pets", "Idempotency-Key", "replayed"],
    ["PUT", "/pets", "Idempotency-Key", undefined],
    ["POST", "/toys", "Toy-Idempotency-Key", "replayed"],
    ["POST", "/toys", "Idempotency-Key", undefined],
    ["POST", "/cats", "Idempotency-Key", undefined],
  ])("%s %s under %s is %s", async (method, path, name, wanted) => {
    const { call } = testMock({ spec: document() });
    const under = (body?: object) => call(method, path, { headers: { [name]: "a" }, body });
    await under({});
    expect((await under({})).headers.get("X-Mock-Idempotency") ?? undefined).toBe(wanted);
    expect((await under({ other: 1 })).status).toBe(wanted ? 422 : 201);
  });

  test("and nothing is added to what it says", async () => {
    const rules =
      "x-idempotency: { header: Once, maxLength: 3, scope: [], compares: [body], lifetime: PT1M, mismatch: { status: 422, code: other }, locked: { status: 425, code: wait }, keeps: [2XX] }";
    const { call } = testMock({ spec: document(rules) });
    const { headers } = await call("POST", "/pets", { headers: { "Idempotency-Key": "a" } });
    expect(headers.has("X-Mock-Idempotency")).toBe(false);
  });
});
