import { expect, test } from "vitest";
import { ids, testMock } from "../../mock.ts";

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
