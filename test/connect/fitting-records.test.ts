import { expect, test } from "vitest";
import { connect } from "../../src/connect/connect.ts";
import { fittingRecords } from "../../src/connect/fitting-records.ts";
import { loadSpec } from "../../src/connect/spec.ts";
import type { JsonObject } from "../../src/document/validator.ts";
import { checkFixtures } from "../../src/mock/fixtures.ts";

const spec = loadSpec();
const customer = { customerId: "cus-1", customerType: "CONSUMER", name: "A", contact: {} };
const profile = {
  paymentProfileId: "pay-1",
  type: "CARD",
  status: "ACTIVE",
  customerId: "cus-1",
  createdAt: "2024-06-03T14:05:27Z",
};
const address = { street1: "A 1", city: "B", zip: "01701", country: "US" };

/** What is left of records, and what was left out and why. */
function fitting(customers: readonly JsonObject[], paymentProfiles: readonly JsonObject[] = []) {
  const { records, leftOut } = fittingRecords({ customers, paymentProfiles }, (found) =>
    checkFixtures({ spec, check: connect.check }, found),
  );
  expect(checkFixtures({ spec, check: connect.check }, records)).toEqual([]);
  const told = leftOut.map(({ collection, index, member, violation }) => [
    `${collection}.${index}`,
    member,
    violation.property.split(".").slice(2).join("."),
    violation.expected,
  ]);
  return { ...records, told };
}

test("what the document accepts stays as it is", () => {
  const own = { ...customer, more: { of: "it" }, billing: { method: "PAPER_INVOICE", currency: "USD", address } };
  expect(fitting([own], [profile])).toEqual({ customers: [own], paymentProfiles: [profile], told: [] });
});

test("a member that may be missing is left out alone", () => {
  const { customers, told } = fitting([{ ...customer, preferredLocale: "sv_SE", identity: null }]);
  expect(customers).toEqual([customer]);
  expect(told.map(([at, member]) => `${at} ${member}`).sort()).toEqual([
    "customers.0 identity",
    "customers.0 preferredLocale",
  ]);
});

test("what cannot be without a member goes with it, for the reason of the member", () => {
  const billing = {
    method: "EMAIL_INVOICE",
    currency: "USD",
    email: "a@b.example",
    address: { ...address, zip: 1701 },
  };
  const { address: _, ...rest } = billing;
  const { customers, told } = fitting([{ ...customer, billing }]);
  expect(customers).toEqual([{ ...customer, billing: rest }]);
  expect(told).toEqual([["customers.0", "billing.address", "billing.address.zip", "a string"]]);
});

test("a customer that is none goes, with its payment profiles, and the others stay", () => {
  const other = { ...customer, customerId: "cus-2" };
  const { customers, paymentProfiles, told } = fitting([{ ...customer, contact: null }, other], [profile]);
  expect([customers, paymentProfiles]).toEqual([[other], []]);
  expect(told).toEqual([
    ["customers.0", "", "contact", "an object"],
    ["paymentProfiles.0", "", "customerId", "the id of one of the customers"],
  ]);
});

test("automatic payments by a profile that is not there are left out", () => {
  const billing = { method: "EMAIL_INVOICE", currency: "USD", defaultPaymentProfileId: "pay-9", autoPay: true };
  const { customers, told } = fitting([{ ...customer, billing }]);
  expect(customers).toEqual([{ ...customer, billing: { method: "EMAIL_INVOICE", currency: "USD" } }]);
  expect(told.map(([, member]) => member)).toEqual(["billing.defaultPaymentProfileId", "billing.autoPay"]);
});

test("items of a list that are wrong go one by one", () => {
  const users = [
    { userId: "a" },
    { userId: "b", name: "B" },
    { userId: "c" },
    { userId: "d", name: "D", role: "GUEST" },
  ];
  expect(fitting([{ ...customer, users }]).customers).toEqual([
    {
      ...customer,
      users: [
        { userId: "b", name: "B" },
        { userId: "d", name: "D" },
      ],
    },
  ]);
});
