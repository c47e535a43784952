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

const consumer = { customerType: "CONSUMER", name: "Ada Berg", contact: { email: "ada@berg.example" } };
const shipping = {
  name: "Dock 4",
  address: { street1: "4 Dock Road", city: "Gloucester", zip: "01930", country: "US" },
};

describe("createCustomer", () => {
  const now = () => Date.parse("2026-05-04T03:02:01Z");

  test("answers the customer that it has made, which is then read and listed last", async () => {
    const { call } = testMock({ now });
    const { status, body } = await call("POST", "/customers", { body: consumer });
    expect([status, body]).toEqual([
      201,
      {
        ...consumer,
        customerId: expect.stringMatching(/^cus-[0-9a-f]{4}-[0-9a-f]{8}$/),
        humanReadableId: expect.stringMatching(/^\d\d[A-Z]-[A-Z]{2}\d[A-Z]-[A-Z]\d\d$/),
        createdAt: "2026-05-04T03:02:01.000Z",
        updatedAt: "2026-05-04T03:02:01.000Z",
      },
    ]);
    expect((await call("GET", `/customers/${body.customerId}`)).body).toEqual(body);
    expect((await call("GET", "/customers")).body.items.at(-1)).toEqual(body);
    expect((await call("GET", `/payment-profiles?customerId=${body.customerId}`)).body).toEqual({ items: [] });
  });

  test("gives identifiers that follow from the seed, and never one twice", async () => {
    const made = async (seed: number) => {
      const { call } = testMock({ seed });
      // At once, as two clients do.
      const replies = await Promise.all([1, 2, 3].map(() => call("POST", "/customers", { body: consumer })));
      return replies.map(({ body }) => body.customerId);
    };
    const [first, again, other] = [await made(1), await made(1), await made(2)];
    expect(first).toEqual(again);
    expect(new Set([...first, ...other]).size).toBe(6);
  });

  test("knows the users by name and makes them members, one of them the contact person", async () => {
    const { call } = testMock();
    const body = { ...consumer, userIds: ["usr-0001", "usr-new"], contactPersonUserId: "usr-0001" };
    expect((await call("POST", "/customers", { body })).body).toMatchObject({
      users: [
        { userId: "usr-0001", name: "Ada Berg", role: "MEMBER" },
        { userId: "usr-new", name: "usr-new", role: "MEMBER" },
      ],
      contactPersonUserId: "usr-0001",
      contactPerson: { userId: "usr-0001", name: "Ada Berg", role: "MEMBER" },
    });
  });

  test("bills as a first change of billing would", async () => {
    const { call } = testMock();
    const { body } = await call("POST", "/customers", { body: { ...consumer, billing: emailInvoice } });
    expect(body.billing).toEqual({ ...emailInvoice, currency: "USD", autoPay: false });
  });

  test.each([
    ["no customer", {}, ["customerType", "name", "contact"]],
    ["a name that is empty", { ...consumer, name: "" }, ["name"]],
    ["an id of the client's", { ...consumer, customerId: "cus-mine" }, ["customerId"]],
    ["a field that a contact has not", { ...consumer, contact: { fax: "1" } }, ["contact.fax"]],
    ["a user twice", { ...consumer, userIds: ["usr-0001", "usr-0001"] }, ["userIds"]],
    [
      "a contact person who is none of the users",
      { ...consumer, contactPersonUserId: "usr-0001" },
      ["contactPersonUserId"],
    ],
    ["billing without an e-mail address", { ...consumer, billing: { method: "EMAIL_INVOICE" } }, ["billing.email"]],
    [
      "a card, which nobody new has",
      { ...consumer, billing: { ...emailInvoice, defaultPaymentProfileId: ids.card, autoPay: true } },
      ["billing.defaultPaymentProfileId"],
    ],
    ["automatic payments", { ...consumer, billing: { ...emailInvoice, autoPay: true } }, ["billing.autoPay"]],
  ])("makes nobody of %s", async (_, body, properties) => {
    const { call } = testMock();
    const reply = await call("POST", "/customers", { body });
    const told = reply.body.details.map(({ property }: { property: string }) => property);
    expect([reply.status, told]).toEqual([400, properties]);
    expect((await call("GET", "/customers")).body.pagination.total).toBe(4);
  });

  test("makes one customer of a request that is sent twice under a key", async () => {
    const { call } = testMock();
    const given = { body: consumer, headers: { "X-Idempotency-Key": "once" } };
    const [first, second] = [await call("POST", "/customers", given), await call("POST", "/customers", given)];
    expect(second.text).toBe(first.text);
    expect((await call("GET", "/customers")).body.pagination.total).toBe(5);
  });
});

describe("updateCustomer", () => {
  const path = `/customers/${ids.business}`;

  test("changes what is sent and keeps the rest", async () => {
    const { call } = testMock();
    const { updatedAt: before, ...stored } = (await call("GET", path)).body;
    const change = { name: "Northwind", contact: { email: "new@northwind.example" }, shipping };
    const { status, body } = await call("PUT", path, { body: change });
    const { updatedAt, ...rest } = body;
    expect([status, rest]).toEqual([200, { ...stored, ...change }]);
    expect(Date.parse(updatedAt)).toBeGreaterThan(Date.parse(before));
    expect((await call("GET", path)).body).toEqual(body);
  });

  test("changes billing as a change of billing alone does", async () => {
    const { call } = testMock();
    const billing = { ...emailInvoice, defaultPaymentProfileId: ids.card, autoPay: true };
    const { body } = await call("PUT", path, { body: { billing } });
    expect(body.billing).toEqual({ ...billing, currency: "USD" });
    const paper = { method: "PAPER_INVOICE", address: shipping.address, defaultPaymentProfileId: null };
    expect((await call("PUT", path, { body: { billing: paper } })).body.billing).toEqual({
      ...emailInvoice,
      ...paper,
      currency: "USD",
      autoPay: false,
    });
  });

  test.each([
    ["a field that no customer has", { colour: "red" }, ["colour"]],
    ["the users, who have paths of their own", { users: [] }, ["users"]],
    ["no text for a name", { name: null }, ["name"]],
    ["shipping without an address", { shipping: { name: "Dock" } }, ["shipping.address"]],
    ["billing by nothing", { billing: {} }, ["billing.method"]],
    [
      "another customer's card",
      { name: "Half", billing: { ...emailInvoice, defaultPaymentProfileId: ids.foreignCard } },
      ["billing.defaultPaymentProfileId"],
    ],
  ])("changes nothing for %s", async (_, body, properties) => {
    const { call } = testMock();
    const before = (await call("GET", path)).text;
    const reply = await call("PUT", path, { body });
    const told = reply.body.details.map(({ property }: { property: string }) => property);
    expect([reply.status, told]).toEqual([400, properties]);
    expect((await call("GET", path)).text).toBe(before);
  });

  test("says which customer there is not", async () => {
    const { call } = testMock();
    const { status, body } = await call("PUT", "/customers/cus-nobody", { body: { name: "Nobody" } });
    expect([status, body.message]).toEqual([404, 'There is no customer "cus-nobody".']);
  });
});
