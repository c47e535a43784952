import { describe, expect, test } from "vitest";
import { billingPath, emailInvoice, ids, testMock } from "../../mock.ts";

test("listPaymentProfiles answers all profiles of one customer, whatever their status", async () => {
  const { call } = testMock();
  const { status, body } = await call("GET", `/payment-profiles?customerId=${ids.paper}`);
  expect(status).toBe(200);
  expect(Object.keys(body)).toEqual(["items"]);
  expect(body.items.map(({ status }: { status: string }) => status)).toEqual(["EXPIRED", "INACTIVE"]);
});

test("listPaymentProfiles says which customer there is not", async () => {
  const { call } = testMock();
  const { status, body } = await call("GET", "/payment-profiles?customerId=cus-nobody");
  expect([status, body.message]).toEqual([404, 'There is no customer "cus-nobody".']);
});

test("listPaymentProfiles needs a customer", async () => {
  const { call } = testMock();
  const { status, body } = await call("GET", "/payment-profiles");
  expect(status).toBe(400);
  expect(body.details).toEqual([
    {
      message: "customerId is required; nothing was received.",
      code: "FIELD_REQUIRED",
      property: "customerId",
      suggestion: `Send a value such as "${ids.business}".`,
    },
  ]);
});

test("getPaymentProfile answers the profile", async () => {
  const { call } = testMock();
  expect((await call("GET", `/payment-profiles/${ids.card}`)).body).toMatchObject({
    paymentProfileId: ids.card,
    customerId: ids.business,
    status: "ACTIVE",
  });
});

test("getPaymentProfile says which profile there is not", async () => {
  const { call } = testMock();
  const { status, body } = await call("GET", "/payment-profiles/pay-nobody");
  expect([status, body.message]).toEqual([404, 'There is no payment profile "pay-nobody".']);
});

describe("a card", () => {
  /** A mock whose clock stands at a time; the card of the business expires on the last day of 2048. */
  const at = (time: string) => testMock({ now: () => Date.parse(time) });

  test.each([
    ["ACTIVE", "2048-12-31T23:59:59.999Z"],
    ["EXPIRED", "2049-01-01T00:00:00.000Z"],
  ])("is %s at %s, wherever it is read", async (status, time) => {
    const { call } = at(time);
    expect((await call("GET", `/payment-profiles/${ids.card}`)).body.status).toBe(status);
    const { body } = await call("GET", `/payment-profiles?customerId=${ids.business}`);
    expect(body.items).toContainEqual(expect.objectContaining({ paymentProfileId: ids.card, status }));
  });

  test("that has expired is no default any more, but what it was the default for stays as it is stored", async () => {
    const { mock, call } = at("2048-12-31T12:00:00Z");
    const body = { ...emailInvoice, defaultPaymentProfileId: ids.card, autoPay: true };
    expect((await call("PUT", billingPath, { body })).status).toBe(200);
    await (await mock.sandbox()).clock.change({ advanceMs: 12 * 3_600_000 });
    const reply = await call("PUT", billingPath, { body });
    expect([reply.status, reply.body.details[0].property]).toEqual([400, "defaultPaymentProfileId"]);
    const { billing } = (await call("PUT", billingPath, { body: { ...emailInvoice, currency: "EUR" } })).body;
    expect(billing).toEqual({ ...body, currency: "EUR" });
  });

  test("without a date expires never", async () => {
    const customers = [{ customerId: "bo", customerType: "CONSUMER", name: "Bo", contact: {} } as const];
    const card = { paymentProfileId: "pay", type: "CARD", status: "ACTIVE", customerId: "bo" } as const;
    const paymentProfiles = [{ ...card, createdAt: "2026-01-01T00:00:00Z" }];
    const now = () => Date.parse("9999-12-31T23:59:59Z");
    const { call } = testMock({ fixtures: { customers, paymentProfiles }, now });
    expect((await call("GET", "/payment-profiles/pay")).body.status).toBe("ACTIVE");
  });
});
