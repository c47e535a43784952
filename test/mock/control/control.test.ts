import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { controlSpecUrl } from "#platform";
import { loadSpec } from "../../../src/document/spec.ts";
import { billingPath, emailInvoice, ids, testMock } from "../../mock.ts";

const document = loadSpec(controlSpecUrl);
const day = 24 * 60 * 60 * 1000;

/** Calls the control plane, and holds its answer against its own document. */
function testControl(options: Parameters<typeof testMock>[0] = {}) {
  const { call, mock, lines } = testMock(options);
  const control = async (method: string, name: string, body?: unknown, headers: Record<string, string> = {}) => {
    const reply = await call(method, `/_understudy/${name}`, { ...(body === undefined ? {} : { body }), headers });
    const { operation } = document.match(method, `/_understudy/${name}`);
    const media = operation?.responses.get(`${reply.status}`)?.content.get("application/json");
    if (operation && reply.status < 500 && reply.text) expect(media?.check(reply.body)).toEqual([]);
    return reply;
  };
  return { call, mock, lines, control };
}

test("health tells what is served", async () => {
  const { control } = testControl();
  const { status, body } = await control("GET", "health");
  expect([status, body]).toEqual([200, { status: "ok", document: "Connect API, customer billing", operations: 9 }]);
});

test("every operation answers, and nothing else does", async () => {
  const { control } = testControl();
  // The stream of events does not end by itself.
  for (const { method, path } of document.operations.filter(({ id }) => id !== "streamEvents")) {
    if (path.includes("{deliveryId}")) {
      const receiver = { url: "http://127.0.0.1:9/", types: ["customer.updated"] };
      await control("POST", "reset");
      await control("PUT", "webhooks", [receiver]);
      await control("PATCH", "state", { customers: { [ids.paper]: { name: "Other" } } });
    }
    if (path.endsWith("/{faultId}")) await control("POST", "faults", { delayMs: 0 });
    if (path.includes("snapshots/{name}")) await control("PUT", "snapshots/one");
    const name = path
      .slice("/_understudy/".length)
      .replace("{faultId}", "fault-1")
      .replace("{deliveryId}", "delivery-1")
      .replace("sandboxes/{name}", "sandboxes/test_key")
      .replace("{name}", "one");
    const body = {
      setClock: { frozen: true },
      setState: { customers: [], paymentProfiles: [] },
      addFault: { delayMs: 0 },
      patchState: { customers: {} },
      setWebhooks: [],
    } as const;
    const { id } = document.match(method, path).operation!;
    expect((await control(method, name, body[id as keyof typeof body])).status).toBeLessThan(300);
  }
  expect((await control("GET", "nothing")).status).toBe(404);
  expect((await control("POST", "clock")).headers.get("Allow")).toBe("GET, PUT, HEAD, OPTIONS");
});

describe("clock", () => {
  const now = () => Date.parse("2026-03-01T00:00:00.000Z");

  test.each([
    ["reads the real time at first", undefined, "2026-03-01T00:00:00.000Z", false],
    ["moves forward", { advanceMs: day }, "2026-03-02T00:00:00.000Z", false],
    ["is set", { now: "2030-01-01T12:00:00Z" }, "2030-01-01T12:00:00.000Z", false],
    ["stops", { frozen: true }, "2026-03-01T00:00:00.000Z", true],
    [
      "does all three, in this order",
      { frozen: true, advanceMs: 1, now: "2030-01-01T00:00:00Z" },
      "2030-01-01T00:00:00.001Z",
      true,
    ],
  ])("%s", async (_, change, wanted, frozen) => {
    const { control } = testControl({ now });
    if (change) expect((await control("PUT", "clock", change)).body).toEqual({ now: wanted, frozen });
    expect((await control("GET", "clock")).body).toEqual({ now: wanted, frozen });
  });

  test.each([
    [{}, "body should be an object of at least 1 field; received {}."],
    [{ advanceMs: -1 }, "advanceMs should be >= 0; received -1."],
    [{ now: "tomorrow" }, 'now should be a string in the format "date-time"; received "tomorrow".'],
    [{ forward: 1 }, "forward is no field that this request takes; received 1."],
    [
      { now: "9999-12-31T00:00:00Z", advanceMs: day },
      "advanceMs should be a step that does not lead beyond the year 9999; received 86400000.",
    ],
  ])("refuses %j", async (change, message) => {
    const { control } = testControl();
    const { status, body } = await control("PUT", "clock", change);
    expect(status).toBe(400);
    expect(body.details.map((detail: { message: string }) => detail.message)).toContain(message);
  });

  test.each([
    ["a leap second", { now: "2016-12-31T23:59:60Z" }, "now"],
    ["a leap second and a step", { now: "2016-12-31T23:59:60Z", advanceMs: 1, frozen: true }, "now"],
    ["a time before 1970", { now: "1969-12-31T23:59:59.999Z", frozen: true }, "now"],
    ["a time before 1970 and a step out of it", { now: "1969-12-31T23:59:59.999Z", advanceMs: day }, "now"],
    ["the year 0", { now: "0000-01-01T00:00:00Z" }, "now"],
    ["a step out of 9999", { now: "9999-12-31T23:59:59.999Z", advanceMs: 1, frozen: true }, "advanceMs"],
    ["a step too far from today", { advanceMs: 3_155_760_000_000 * 80 }, "advanceMs"],
  ])("refuses %s, and stays as it was", async (_, change, property) => {
    const { control } = testControl({ now });
    const { status, body } = await control("PUT", "clock", change);
    expect([status, body.details.map((detail: { property: string }) => detail.property)]).toEqual([400, [property]]);
    expect((await control("GET", "clock")).body).toEqual({ now: "2026-03-01T00:00:00.000Z", frozen: false });
  });

  test("says which times it takes", async () => {
    const { control } = testControl();
    const { body } = await control("PUT", "clock", { now: "2016-12-31T23:59:60Z" });
    expect(body.details).toEqual([
      {
        message:
          'now should be a time from 1970-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z, and no leap second; received "2016-12-31T23:59:60Z".',
        code: "INVALID_VALUE",
        property: "now",
        suggestion: 'Send a value such as "2026-01-15T09:30:00.000Z".',
      },
    ]);
  });

  test("that runs out of 9999 stops there, and everything goes on", async () => {
    let real = now();
    const { control, call, lines } = testControl({ now: () => real });
    const given = { body: emailInvoice, headers: { "X-Idempotency-Key": "key-1" } };
    await control("PUT", "clock", { now: "9999-12-31T23:59:59.999Z" });
    const first = await call("PUT", billingPath, given);
    real += 2 * day;
    const last = "9999-12-31T23:59:59.999Z";
    expect((await control("GET", "clock")).body).toEqual({ now: last, frozen: false });
    expect((await call("PUT", billingPath, { body: emailInvoice })).body.updatedAt).toBe(last);
    expect((await call("PUT", billingPath, given)).text).toBe(first.text);
    expect((await control("PUT", "clock", { advanceMs: 1 })).status).toBe(400);
    expect((await control("PUT", "clock", { advanceMs: 0, frozen: true })).status).toBe(200);
    expect((await control("GET", "requests")).body.items[0].at).toBe(last);
    const { status, body: state } = await control("GET", "state");
    expect([status, state.idempotency[0].expiresAt]).toEqual([200, last]);
    expect((await control("PUT", "state", state)).status).toBe(204);
    expect(lines).toEqual([]);
  });

  test("answers 200 or 400 to whatever it is told, and shows a time of four digits afterwards", async () => {
    const edges = [
      "1970-01-01T00:00:00Z",
      "1969-12-31T23:59:59.999Z",
      "9999-12-31T23:59:59.999Z",
      "9999-12-31T23:59:59.9999999Z",
      "2016-12-31T23:59:60Z",
      "2016-12-31t23:59:60.5Z",
      "0000-02-29T00:00:00Z",
      "2024-02-29 12:00:00Z",
      "+010000-01-01T00:00:00Z",
    ];
    const range = {
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    };
    const change = fc.record(
      {
        now: fc.oneof(
          fc.constantFrom(...edges),
          fc.date(range).map((date) => date.toISOString()),
        ),
        advanceMs: fc.oneof(fc.nat(), fc.constantFrom(0, 1, 3_155_760_000_000)),
        frozen: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const step = fc.record({
      change,
      runsFor: fc.oneof(fc.nat(), fc.constant(3_155_760_000_000)),
      restores: fc.boolean(),
    });
    let real = now();
    const { control, lines } = testControl({ now: () => real });
    const check = async (steps: typeof step extends fc.Arbitrary<infer Step> ? Step[] : never) => {
      await control("POST", "reset");
      real = now();
      for (const { change, runsFor, restores } of steps) {
        const { body: before } = await control("GET", "clock");
        const clock = { now: change.now ?? before.now, frozen: change.frozen ?? false };
        const { status } = restores
          ? await control("PUT", "state", { customers: [], paymentProfiles: [], clock })
          : await control("PUT", "clock", change);
        expect([200, 204, 400]).toContain(status);
        const { body: after } = await control("GET", "clock");
        if (status === 400) expect(after).toEqual(before);
        real += runsFor;
        // Both hold their answers against the document.
        expect((await control("GET", "clock")).body.now).toMatch(/^(19[7-9]|[2-9]\d\d)\d-/);
        expect((await control("GET", "state")).status).toBe(200);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), check), { numRuns: 100 });
    expect(lines).toEqual([]);
  });

  test("decides when a key expires and what updatedAt says", async () => {
    const { control, call } = testControl();
    const given = { body: emailInvoice, headers: { "X-Idempotency-Key": "key-1" } };
    await control("PUT", "clock", { now: "2030-01-01T00:00:00Z", frozen: true });
    expect((await call("PUT", billingPath, given)).body.updatedAt).toBe("2030-01-01T00:00:00.000Z");
    await control("PUT", "clock", { advanceMs: day });
    expect((await call("PUT", billingPath, given)).body.updatedAt).toBe("2030-01-02T00:00:00.000Z");
  });
});

test("reset brings the sandbox of the key back, and no other", async () => {
  const { control, call } = testControl();
  const change = (key: string) => call("PUT", billingPath, { body: emailInvoice, headers: { "X-API-Key": key } });
  await change("test_a");
  await change("test_b");
  expect((await control("POST", "reset", undefined, { "X-API-Key": "test_a" })).status).toBe(204);
  const email = async (key: string) =>
    (await call("GET", `/customers/${ids.business}`, { headers: { "X-API-Key": key } })).body.billing.email;
  expect([await email("test_a"), await email("test_b")]).toEqual(["billing@northwind.example", "billing@company.com"]);
});

test("requests lists what was asked, and not the asking", async () => {
  const { control, call } = testControl();
  await call("PUT", `${billingPath}?a=1`, { body: emailInvoice });
  await call("GET", "/nowhere");
  const { body } = await control("GET", "requests");
  expect(body.evicted).toBe(0);
  expect(body.items).toMatchObject([
    {
      request: {
        method: "PUT",
        target: `${billingPath}?a=1`,
        operationId: "updateCustomerBilling",
        headers: { "X-API-Key": "te***" },
        body: JSON.stringify(emailInvoice),
      },
      response: { status: 200 },
    },
    { request: { method: "GET", target: "/nowhere" }, response: { status: 404 } },
  ]);
  await control("DELETE", "requests");
  expect((await control("GET", "requests")).body.items).toEqual([]);
});

describe("state", () => {
  test("comes back as it went, kept answers and all", async () => {
    const { control, call } = testControl();
    const given = { body: emailInvoice, headers: { "X-Idempotency-Key": "key-1" } };
    const first = await call("PUT", billingPath, given);
    await control("PUT", "clock", { now: "2030-01-01T00:00:00Z", frozen: true });
    const { body: state } = await control("GET", "state");
    await control("POST", "reset");
    expect((await control("PUT", "state", state)).status).toBe(204);
    expect((await control("GET", "state")).body).toEqual(state);
    await control("PUT", "clock", { now: state.idempotency[0].firstUsedAt });
    expect((await call("PUT", billingPath, given)).text).toBe(first.text);
  });

  test("can be a world of one's own", async () => {
    const { control, call } = testControl();
    const customers = [{ customerId: "mine", customerType: "CONSUMER", name: "Me", contact: {} }];
    await control("PUT", "state", { customers, paymentProfiles: [] });
    expect((await call("GET", "/customers")).body.items).toEqual(customers);
    await control("POST", "reset");
    expect((await call("GET", "/customers")).body.pagination.total).toBe(4);
  });

  test.each([
    ["a customer that is none", { customers: [{ customerId: 1 }] }, "customers.0.customerId"],
    [
      "a profile of nobody",
      {
        paymentProfiles: [
          { paymentProfileId: "p", type: "CARD", status: "ACTIVE", customerId: "x", createdAt: "2026-01-01T00:00:00Z" },
        ],
      },
      "paymentProfiles.0.customerId",
    ],
    ["an unknown member", { people: [] }, "people"],
    ["a leap second", { clock: { now: "2016-12-31T23:59:60Z", frozen: true } }, "clock.now"],
    ["a time before 1970", { clock: { now: "1969-12-31T23:59:59Z", frozen: false } }, "clock.now"],
    [
      "a record of no time",
      {
        idempotency: [
          {
            key: "k",
            fingerprint: "f",
            firstUsedAt: "2016-12-31T23:59:60Z",
            expiresAt: "2017-01-01T23:59:59Z",
            answer: { status: 200, headers: {} },
          },
        ],
      },
      "idempotency.0.firstUsedAt",
    ],
  ])("refuses %s, and stays as it was", async (_, part, property) => {
    const { control } = testControl({ now: () => Date.parse("2026-03-01T00:00:00.000Z") });
    const { body: before } = await control("GET", "state");
    const { status, body } = await control("PUT", "state", { customers: [], paymentProfiles: [], ...part });
    expect(status).toBe(400);
    expect(body.details.map((detail: { property: string }) => detail.property)).toContain(property);
    const { body: after } = await control("GET", "state");
    expect(after).toEqual(before);
  });
});

describe("a part of the state", () => {
  test("is changed by merge patches, added, and removed by null", async () => {
    const { call, control } = testControl();
    const before = (await call("GET", `/customers/${ids.business}`)).body;
    const other = { ...before, customerId: "cus-new", name: "Brand New" };
    const patch = {
      customers: {
        [ids.business]: { name: "Southwind", billing: { email: "new@southwind.example" }, identity: null },
        "cus-new": other,
        [ids.paper]: null,
      },
    };
    expect((await control("PATCH", "state", patch)).status).toBe(204);
    const { identity: _, ...rest } = before;
    const billing = { ...before.billing, email: "new@southwind.example" };
    expect((await call("GET", `/customers/${ids.business}`)).body).toEqual({ ...rest, name: "Southwind", billing });
    expect((await call("GET", "/customers/cus-new")).body).toMatchObject({ name: "Brand New" });
    expect((await call("GET", `/customers/${ids.paper}`)).status).toBe(404);
  });

  test("changes nothing where one record would not fit", async () => {
    const { call, control } = testControl();
    const patch = { customers: { [ids.paper]: { name: "Fits" }, [ids.business]: { billing: { method: "PIGEON" } } } };
    const refused = await control("PATCH", "state", patch);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain(`"customers.${ids.business}.billing.method should be `);
    expect(refused.text).toContain("PIGEON");
    expect((await call("GET", `/customers/${ids.paper}`)).body.name).not.toBe("Fits");
  });

  test("leaves a record under its own id", async () => {
    const { call, control } = testControl();
    const patch = { customers: { [ids.paper]: { name: "Fits" }, [ids.business]: { customerId: "another" } } };
    const refused = await control("PATCH", "state", patch);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('received \\"another\\"')]);
    expect((await call("GET", `/customers/${ids.paper}`)).body.name).not.toBe("Fits");
  });
});

describe("snapshots", () => {
  test("one sandbox begins from another's", async () => {
    const { call, control } = testControl();
    const other = { "X-API-Key": "test_other" };
    await call("PUT", billingPath, { body: emailInvoice });
    const { text } = await call("GET", `/customers/${ids.business}`);
    expect((await control("PUT", "snapshots/paid")).status).toBe(204);
    expect((await control("GET", "snapshots", undefined, other)).body.items).toMatchObject([{ name: "paid" }]);
    const { clock: _, ...state } = (await control("GET", "state")).body;
    expect((await control("GET", "snapshots/paid")).body).toMatchObject(state);
    expect((await control("POST", "snapshots/paid/restore", undefined, other)).status).toBe(204);
    expect((await call("GET", `/customers/${ids.business}`, { headers: other })).text).toBe(text);
    expect((await control("DELETE", "snapshots/paid")).status).toBe(204);
    expect((await control("POST", "snapshots/paid/restore")).text).toMatch(/no snapshot .*paid/);
  });

  test("no more than a hundred are kept", async () => {
    const { control } = testControl();
    for (let i = 0; i < 100; i++) await control("PUT", `snapshots/s${i}`);
    expect((await control("PUT", "snapshots/s1")).status).toBe(204);
    expect((await control("PUT", "snapshots/more")).status).toBe(409);
  });
});

describe("requests", () => {
  test.each([
    ["operationId=getCustomer", [200, 404]],
    ["method=put", [200, 409]],
    ["path=/customers/*/billing", [200, 409]],
    ["status=404", [404]],
    ["idempotencyKey=k-seen", [200, 409]],
    ["operationId=getCustomer&status=200", [200]],
    ["since=2999-01-01T00:00:00Z", []],
  ])("%s", async (filter, statuses) => {
    const { call, control } = testControl();
    const headers = { "X-Idempotency-Key": "k-seen" };
    await call("PUT", billingPath, { body: emailInvoice, headers });
    await call("PUT", billingPath, { body: { ...emailInvoice, email: "other@company.example" }, headers });
    await call("GET", `/customers/${ids.business}`);
    await call("GET", "/customers/nobody");
    const { items } = (await control("GET", `requests?${filter}`)).body;
    expect(items.map(({ response }: { response: { status: number } }) => response.status)).toEqual(statuses);
  });

  test("are waited for, and no longer than told", async () => {
    const { call, control } = testControl();
    const waiting = control("GET", "requests?operationId=updateCustomerBilling&count=1&wait=5000");
    await call("GET", `/customers/${ids.business}`);
    await call("PUT", billingPath, { body: emailInvoice });
    expect((await waiting).body.items).toHaveLength(1);
    const started = performance.now();
    expect((await control("GET", "requests?count=9&wait=100")).body.items).toHaveLength(2);
    expect(performance.now() - started).toBeGreaterThan(90);
  });
});

describe("changes", () => {
  test("tell each record before and after, whoever has changed it", async () => {
    const { call, control } = testControl();
    await control("PUT", "clock", { now: "2030-01-01T00:00:00Z", frozen: true });
    await call("GET", "/customers");
    await call("PUT", billingPath, { body: emailInvoice });
    await control("PATCH", "state", { customers: { [ids.paper]: null } });
    const { body } = await control("GET", "changes");
    expect(body.evicted).toBe(0);
    expect(body.items).toMatchObject([
      { id: 1, at: "2030-01-01T00:00:00.000Z", collection: "customers", recordId: ids.business, request: 1 },
      { id: 2, recordId: ids.paper, request: 2, before: { customerId: ids.paper } },
    ]);
    expect(body.items[0].before.billing.email).not.toBe(emailInvoice.email);
    expect(body.items[0].after.billing.email).toBe(emailInvoice.email);
    expect(body.items[1]).not.toHaveProperty("after");
    expect((await control("GET", "changes?after=1")).body.items).toEqual([body.items[1]]);
    await control("POST", "reset");
    expect((await control("GET", "changes")).body).toEqual({ items: [], evicted: 0 });
  });

  test("are bounded", async () => {
    const { control } = testControl();
    for (let index = 0; index < 201; index++)
      await control("PATCH", "state", { customers: { [ids.paper]: { name: `Name ${index}` } } });
    const { items, evicted } = (await control("GET", "changes")).body;
    expect([items.length, items[0].id, evicted]).toEqual([200, 2, 1]);
  });
});

test("the journal says which rules refused a request", async () => {
  const { call, control } = testControl();
  await call("PUT", billingPath, { body: { method: "EMAIL_INVOICE", email: 7 } });
  const { items } = (await control("GET", "requests")).body;
  expect(items[0].refused.rules).toContainEqual({ at: "body.email", keyword: "type" });
});

describe("sandboxes", () => {
  test("are meant by their names too, as they are listed", async () => {
    const { call, control } = testControl();
    await call("GET", "/customers", { headers: { "X-API-Key": "test_other" } });
    await call("GET", "/customers");
    const { items } = (await control("GET", "sandboxes")).body;
    expect(items.map((one: { isDefault: boolean }) => one.isDefault)).toEqual([false, true]);
    const named = { "X-API-Key": items[0].name };
    await control("PUT", "clock", { now: "2030-01-01T00:00:00Z", frozen: true }, named);
    expect((await control("GET", "clock", undefined, { "X-API-Key": "test_other" })).body.frozen).toBe(true);
    expect((await control("GET", "clock")).body.frozen).toBe(false);
    expect((await control("GET", "clock", undefined, { "X-API-Key": "te***-9" })).status).toBe(401);
    // Of the API it is no key.
    expect((await call("GET", "/customers", { headers: named })).status).toBe(401);
  });

  const as = (key: string) => ({ headers: { "X-API-Key": key } });

  test("are listed under names that are theirs alone and tell no key", async () => {
    const { call, control } = testControl({ now: () => Date.parse("2026-03-01T00:00:00.000Z") });
    await call("GET", "/customers", as("test_a"));
    await call("GET", "/customers", as("test_b"));
    await call("GET", "/nowhere", as("test_b"));
    await control("POST", "faults", { delayMs: 0 }, { "X-API-Key": "test_a" });
    await control("PATCH", "state", { customers: { [ids.paper]: null } }, { "X-API-Key": "test_a" });
    const { body, text } = await control("GET", "sandboxes");
    expect(text).not.toMatch(/test_[ab]/);
    const at = "2026-03-01T00:00:00.000Z";
    expect(body.items).toMatchObject([
      { name: "t***-2", requests: 2, faults: 0, records: { customers: 4 }, lastUsedAt: at },
      { name: "t***-1", requests: 1, faults: 1, records: { customers: 3, paymentProfiles: 8 }, clock: { now: at } },
      { name: "te***-3", requests: 0 },
    ]);
  });

  test("are forgotten by name or by key, and not where several are meant", async () => {
    const { call, control } = testControl();
    const users = () => call("GET", `/customers/${ids.business}`, as("test_a")).then(({ body }) => body.billing.email);
    const change = () => call("PUT", billingPath, { body: emailInvoice, ...as("test_a") });
    const before = await users();
    for (const name of ["t***-1", "test_a"]) {
      await change();
      expect((await control("DELETE", `sandboxes/${name}`)).status).toBe(204);
      expect(await users()).toBe(before);
    }
    await call("GET", "/customers", as("test_b"));
    const { status, body } = await control("DELETE", "sandboxes/t***");
    expect([status, body.message]).toEqual([409, '2 sandboxes have keys like "t***": t***-4, t***-5.']);
    expect((await control("DELETE", "sandboxes/te***")).status).toBe(204);
    expect((await control("DELETE", "sandboxes/test_nobody")).status).toBe(404);
  });
});

test("without a key the sandbox of test_key is meant; an unknown key is refused", async () => {
  const { mock, control } = testControl();
  await control("PUT", "clock", { frozen: true });
  const read = async (headers: Record<string, string>) =>
    mock.fetch(new Request("http://localhost/_understudy/clock", { headers }));
  expect(await (await read({})).json()).toMatchObject({ frozen: true });
  expect((await read({ "X-API-Key": "nobody" })).status).toBe(401);
});

describe("an answer that is put in the place of the true one", () => {
  test.each<[string, string]>([
    ["X-A", "a\r\nX-B: b"],
    ["X-A", "a snowman: \u2603"],
    ["X A", "a"],
    ["", "a"],
    ["content-length", "5"],
    ["Transfer-Encoding", "chunked"],
    ["TRAILER", "x"],
  ])("has no header %j of %j, by a fault or by a state", async (name, value) => {
    const { control } = testControl();
    const answer = { status: 200, headers: { [name]: value }, body: "{}" };
    const kept = { key: "k", fingerprint: "f", firstUsedAt: "2026-01-01T00:00:00Z", expiresAt: "2026-01-02T00:00:00Z" };
    expect((await control("POST", "faults", { answer })).status).toBe(400);
    expect((await control("PUT", "state", { idempotency: [{ ...kept, answer }] })).status).toBe(400);
  });

  test("has no body where its status has none", async () => {
    const { control, call } = testControl();
    const headers = { "X-Idempotency-Key": "k" };
    await call("PUT", billingPath, { body: emailInvoice, headers });
    const { body: state } = await control("GET", "state");
    const [kept] = state.idempotency;
    await control("PUT", "state", { ...state, idempotency: [{ ...kept, answer: { ...kept.answer, status: 204 } }] });
    const { status, text } = await call("PUT", billingPath, { body: emailInvoice, headers });
    expect([status, text]).toEqual([204, ""]);
  });
});

test("a fault more than there may be is refused, until one is taken away", async () => {
  const { control } = testControl();
  for (let count = 0; count < 100; count++) await control("POST", "faults", { delayMs: 0 });
  const { status, body } = await control("POST", "faults", { delayMs: 0 });
  expect([status, body.message]).toEqual([409, "There are 100 faults, and more are not kept."]);
  await control("DELETE", "faults/fault-7");
  expect((await control("POST", "faults", { delayMs: 0 })).status).toBe(201);
});

test("only a state may be as long as a world is large", async () => {
  const { control } = testControl();
  const long = { customers: { [ids.paper]: { name: "Other" } }, filler: {} };
  const padded = JSON.stringify(long).padEnd(1024 * 1024 + 1);
  const headers = { "Content-Type": "application/json" };
  expect((await control("PATCH", "state", padded, headers)).status).not.toBe(413);
  expect((await control("POST", "faults", padded, headers)).status).toBe(413);
});

test("whoever goes while waiting for requests is not waited with", async () => {
  const { mock } = testControl();
  const sandbox = await mock.sandbox();
  const waits: (AbortSignal | undefined)[] = [];
  const { next } = sandbox.journal;
  Object.assign(sandbox.journal, {
    next: (...given: Parameters<typeof next>) => {
      waits.push(given[2]);
      return next(...given);
    },
  });
  const leaving = new AbortController();
  const asked = mock.fetch("http://localhost/_understudy/requests?count=1&wait=60000", { signal: leaving.signal });
  while (waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
  leaving.abort();
  await expect(asked).rejects.toThrow();
  expect(waits.map((signal) => signal?.aborted)).toEqual([true]);
});

test.each(["6z8f", "body", "__proto__", "0"])(
  "a patch of the collection %s, which there is not, is refused by its name",
  async (name) => {
    const { control, lines } = testControl();
    const { status, body } = await control("PATCH", "state", `{${JSON.stringify(name)}:{"a":{}}}`, {
      "Content-Type": "application/json",
    });
    expect([status, body.details[0].property]).toEqual([400, name]);
    expect(lines).toEqual([]);
  },
);
