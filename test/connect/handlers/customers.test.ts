import { describe, expect, test } from "vitest";
import { billingPath, emailInvoice, ids, testMock } from "../../mock.ts";

describe("listCustomers", () => {
  test("pages through all customers, oldest first", async () => {
    const { call } = testMock();
    const first = await call("GET", "/customers?limit=3");
    const second = await call("GET", "/customers?limit=3&offset=3");
    expect(first.body.pagination).toEqual({
      total: 4,
      limit: 3,
      offset: 0,
      sort: { key: "createdAt", direction: "asc" },
    });
    const all = [...first.body.items, ...second.body.items].map(({ customerId }) => customerId);
    expect(all).toEqual([ids.business, ids.paper, ids.unbilled, ids.autopay]);
  });

  test("answers 100 from the start when nothing is said", async () => {
    const { call } = testMock();
    expect((await call("GET", "/customers")).body.pagination).toMatchObject({ limit: 100, offset: 0 });
  });

  test("answers an empty page beyond the end", async () => {
    const { call } = testMock();
    expect((await call("GET", "/customers?offset=4")).body).toMatchObject({ items: [], pagination: { total: 4 } });
  });

  test.each([
    ["a part of the name, in any case", "FABRIKAM", [ids.autopay]],
    ["a part of the e-mail address", "lindqvist.ex", [ids.paper]],
    ["nothing that there is", "nobody", []],
    ["no text that begins in the name and ends in the address", "logisticsoffice", []],
    ["an empty text, which everything holds", "", [ids.business, ids.paper, ids.unbilled, ids.autopay]],
  ])("filters by %s", async (_, filter, wanted) => {
    const { call } = testMock();
    const { body } = await call("GET", `/customers?filter=${filter}`);
    expect(body.items.map(({ customerId }: { customerId: string }) => customerId)).toEqual(wanted);
    expect(body.pagination.total).toBe(wanted.length);
  });
});

test("listCustomers finds a customer without an e-mail address by its name only", async () => {
  const customers = [{ customerId: "bo", customerType: "CONSUMER", name: "Bo", contact: {} } as const];
  const { call } = testMock({ fixtures: { customers, paymentProfiles: [] } });
  const totals = [];
  for (const filter of ["bo", "e"])
    totals.push((await call("GET", `/customers?filter=${filter}`)).body.pagination.total);
  expect(totals).toEqual([1, 0]);
});

describe("getCustomer", () => {
  test("answers the customer", async () => {
    const { call } = testMock();
    const { status, body } = await call("GET", `/customers/${ids.business}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ customerId: ids.business, name: "Northwind Logistics" });
  });

  test("says which customer there is not", async () => {
    const { call } = testMock();
    const { status, body } = await call("GET", "/customers/cus-nobody");
    expect(status).toBe(404);
    expect(body).toEqual({
      message: 'There is no customer "cus-nobody".',
      code: "not_found",
      hint: "GET /customers lists the customers of this API key.",
    });
  });
});

describe("updateCustomerBilling", () => {
  test("answers the whole customer, and stores it", async () => {
    const { call } = testMock();
    const before = (await call("GET", `/customers/${ids.business}`)).body;
    const { status, body } = await call("PUT", billingPath, { body: { ...emailInvoice, currency: "EUR" } });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...before,
      billing: { ...before.billing, ...emailInvoice, currency: "EUR" },
      updatedAt: body.updatedAt,
    });
    expect((await call("GET", `/customers/${ids.business}`)).body).toEqual(body);
  });

  test("moves updatedAt on with every change, even while the clock stands still", async () => {
    const { call, mock } = testMock();
    const now = Date.parse("2026-03-01T00:00:00.000Z");
    await (await mock.sandbox()).clock.change({ now, frozen: true });
    const times = [];
    for (let count = 0; count < 3; count++) {
      times.push((await call("PUT", billingPath, { body: emailInvoice })).body.updatedAt);
    }
    expect(times).toEqual(["2026-03-01T00:00:00.000Z", "2026-03-01T00:00:00.001Z", "2026-03-01T00:00:00.002Z"]);
  });

  test("dates the first change of a customer that has never been changed", async () => {
    const now = Date.parse("2026-03-01T00:00:00.000Z");
    const fixtures = {
      customers: [{ customerId: "new", customerType: "CONSUMER", name: "New", contact: {} } as const],
      paymentProfiles: [],
    };
    const { call } = testMock({ fixtures, now: () => now });
    const { body } = await call("PUT", "/customers/new/billing", { body: emailInvoice });
    expect(body.updatedAt).toBe("2026-03-01T00:00:00.000Z");
    expect(body.billing).toEqual({ ...emailInvoice, currency: "USD", autoPay: false });
  });

  test.each([
    ["in a leap second", "2016-12-31T23:59:60Z", "2026-03-01T00:00:00.000Z"],
    ["in the last moment of 9999", "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
  ])("dates the change of a customer that was changed %s", async (_, updatedAt, wanted) => {
    const customer = { customerId: "old", customerType: "CONSUMER", name: "Old", contact: {}, updatedAt } as const;
    const fixtures = { customers: [customer], paymentProfiles: [] };
    const { call } = testMock({ fixtures, now: () => Date.parse("2026-03-01T00:00:00.000Z") });
    const { status, body } = await call("PUT", "/customers/old/billing", { body: emailInvoice });
    expect([status, body.updatedAt]).toEqual([200, wanted]);
  });

  test("dates a change after the one before it, when the clock is set back", async () => {
    const { call, mock } = testMock();
    const { clock } = await mock.sandbox();
    const times = [];
    for (const now of ["2030-01-01T00:00:00.000Z", "2026-01-15T09:30:00.000Z"]) {
      await clock.change({ now: Date.parse(now), frozen: true });
      for (const id of [ids.business, ids.unbilled]) {
        times.push((await call("PUT", `/customers/${id}/billing`, { body: emailInvoice })).body.updatedAt);
      }
    }
    expect(times).toEqual([
      "2030-01-01T00:00:00.000Z",
      "2030-01-01T00:00:00.000Z",
      "2030-01-01T00:00:00.001Z",
      "2030-01-01T00:00:00.001Z",
    ]);
  });

  test.each([
    ["a rule", { ...emailInvoice, autoPay: true }],
    ["the schema", { method: "EMAIL_INVOICE" }],
    ["another customer's profile", { ...emailInvoice, defaultPaymentProfileId: ids.foreignCard }],
  ])("changes nothing when it is refused for %s", async (_, body) => {
    const { call } = testMock();
    const before = (await call("GET", `/customers/${ids.unbilled}`)).text;
    expect((await call("PUT", `/customers/${ids.unbilled}/billing`, { body })).status).toBe(400);
    expect((await call("GET", `/customers/${ids.unbilled}`)).text).toBe(before);
  });

  test.each([
    [
      "a profile of nobody",
      ids.business,
      { defaultPaymentProfileId: "pay-nobody" },
      {
        message: 'defaultPaymentProfileId should be null or a payment profile of this customer; received "pay-nobody".',
        code: "INVALID_VALUE",
        property: "defaultPaymentProfileId",
        suggestion: `Send a value such as "${ids.card}".`,
      },
    ],
    [
      "a profile that cannot pay, where no other can",
      ids.paper,
      { defaultPaymentProfileId: ids.expired },
      {
        message: `defaultPaymentProfileId should be null or a payment profile with the status "ACTIVE", not "EXPIRED"; received "${ids.expired}".`,
        code: "INVALID_VALUE",
        property: "defaultPaymentProfileId",
        suggestion: "Send a value such as null.",
      },
    ],
    [
      "automatic payments from nothing",
      ids.unbilled,
      { autoPay: true },
      {
        message:
          "autoPay should be false, or defaultPaymentProfileId should name a payment profile: automatic payments need one; received true.",
        code: "INVALID_VALUE",
        property: "autoPay",
        suggestion: "Send a value such as false.",
      },
    ],
  ])("tells of %s what would do", async (_, customerId, change, detail) => {
    const { call } = testMock();
    const { status, body } = await call("PUT", `/customers/${customerId}/billing`, {
      body: { ...emailInvoice, ...change },
    });
    expect([status, body.details]).toEqual([400, [detail]]);
  });

  test("answers another customer's profile exactly as one that does not exist", async () => {
    const { call } = testMock();
    const answers = [];
    for (const defaultPaymentProfileId of [ids.foreignCard, "pay-0000-unknown-card"]) {
      const { status, text } = await call("PUT", billingPath, { body: { ...emailInvoice, defaultPaymentProfileId } });
      answers.push(`${status} ${text.replace(defaultPaymentProfileId, "ID")}`);
    }
    expect(answers[0]).toBe(answers[1]);
  });

  test("says 404 of an unknown customer before it judges the profile", async () => {
    const { call } = testMock();
    const body = { ...emailInvoice, defaultPaymentProfileId: "pay-nobody" };
    const reply = await call("PUT", "/customers/cus-nobody/billing", { body });
    expect([reply.status, reply.body.message]).toEqual([404, 'There is no customer "cus-nobody".']);
  });

  test("loses no change of two at once", async () => {
    const { call } = testMock();
    await Promise.all([
      call("PUT", billingPath, { body: { ...emailInvoice, currency: "EUR" } }),
      call("PUT", billingPath, { body: { ...emailInvoice, defaultPaymentProfileId: ids.card } }),
    ]);
    const { body } = await call("GET", `/customers/${ids.business}`);
    expect(body.billing).toMatchObject({ currency: "EUR", defaultPaymentProfileId: ids.card });
  });
});
