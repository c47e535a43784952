import { describe, expect, test } from "vitest";
import type { components } from "../../../src/api.ts";
import { type BillingChange, updateBilling } from "../../../src/connect/rules/billing.ts";

type Billing = components["schemas"]["Billing"];

const email = { method: "EMAIL_INVOICE", email: "new@company.com" } as const;
const address = { street1: "1 Main Street", city: "Framingham", zip: "01701", country: "US" };
const paper = { method: "PAPER_INVOICE", address } as const;

const profiles = [profile("pay-active", "ACTIVE"), profile("pay-expired", "EXPIRED"), profile("pay-idle", "INACTIVE")];

function profile(paymentProfileId: string, status: components["schemas"]["PaymentProfile"]["status"]) {
  return { paymentProfileId, type: "CARD", status, customerId: "cus", createdAt: "2026-01-01T00:00:00.000Z" } as const;
}

function billingAfter(stored: Billing | undefined, change: BillingChange): Billing {
  const result = updateBilling(stored, change, profiles);
  if ("violations" in result) throw new Error(JSON.stringify(result.violations));
  return result.billing;
}

function refusals(stored: Billing | undefined, change: BillingChange) {
  const result = updateBilling(stored, change, profiles);
  return "violations" in result ? result.violations.map(({ property, expected }) => `${property}: ${expected}`) : [];
}

describe("a change that is allowed", () => {
  test.each<[string, Billing | undefined, BillingChange, Partial<Billing>]>([
    [
      "gives a first billing the tenant's currency and no automatic payments",
      undefined,
      email,
      { currency: "USD", autoPay: false },
    ],
    [
      "keeps what it leaves out",
      { method: "PAPER_INVOICE", address, currency: "SEK" },
      email,
      { address, currency: "SEK" },
    ],
    [
      "replaces the address as a whole",
      { ...paper, currency: "SEK", address: { ...address, state: "MA" } },
      paper,
      { address },
    ],
    ["keeps an address beside e-mail invoices", undefined, { ...email, address }, { method: "EMAIL_INVOICE", address }],
    [
      "keeps an e-mail address beside paper invoices",
      undefined,
      { ...paper, email: "a@b.example" },
      { email: "a@b.example" },
    ],
    [
      "sets an active profile",
      undefined,
      { ...email, defaultPaymentProfileId: "pay-active" },
      { defaultPaymentProfileId: "pay-active", autoPay: false },
    ],
    [
      "turns automatic payments on with a profile that it brings",
      undefined,
      { ...email, defaultPaymentProfileId: "pay-active", autoPay: true },
      { autoPay: true },
    ],
    [
      "turns automatic payments on with the stored profile",
      { method: "EMAIL_INVOICE", currency: "USD", defaultPaymentProfileId: "pay-active" },
      { ...email, autoPay: true },
      { autoPay: true },
    ],
    [
      "keeps automatic payments on",
      { method: "EMAIL_INVOICE", currency: "USD", defaultPaymentProfileId: "pay-active", autoPay: true },
      email,
      { autoPay: true },
    ],
    [
      "clears the profile and automatic payments with null",
      { method: "EMAIL_INVOICE", currency: "USD", defaultPaymentProfileId: "pay-active", autoPay: true },
      { ...email, defaultPaymentProfileId: null },
      { defaultPaymentProfileId: null, autoPay: false },
    ],
    [
      "takes null where there was no profile",
      undefined,
      { ...email, defaultPaymentProfileId: null },
      { defaultPaymentProfileId: null, autoPay: false },
    ],
  ])("%s", (_, stored, change, wanted) => {
    expect(billingAfter(stored, change)).toMatchObject({ method: change.method, ...wanted });
  });

  test("leaves the billing that it was given as it was", () => {
    const stored = Object.freeze<Billing>({ method: "PAPER_INVOICE", address, currency: "SEK" });
    updateBilling(stored, { ...email, currency: "EUR" }, profiles);
    expect(stored).toEqual({ method: "PAPER_INVOICE", address, currency: "SEK" });
  });
});

describe("a change that is refused", () => {
  const unknown = "defaultPaymentProfileId: null or a payment profile of this customer";

  test.each<[string, BillingChange, string[]]>([
    ["a profile that is not the customer's", { ...email, defaultPaymentProfileId: "pay-other" }, [unknown]],
    ["an empty profile id", { ...email, defaultPaymentProfileId: "" }, [unknown]],
    [
      "an expired profile",
      { ...email, defaultPaymentProfileId: "pay-expired" },
      ['defaultPaymentProfileId: null or a payment profile with the status "ACTIVE", not "EXPIRED"'],
    ],
    [
      "an inactive profile",
      { ...email, defaultPaymentProfileId: "pay-idle" },
      ['defaultPaymentProfileId: null or a payment profile with the status "ACTIVE", not "INACTIVE"'],
    ],
    [
      "automatic payments without a profile",
      { ...email, autoPay: true },
      [expect.stringMatching(/^autoPay: false, or /) as unknown as string],
    ],
    [
      "automatic payments with null",
      { ...email, autoPay: true, defaultPaymentProfileId: null },
      [expect.stringMatching(/^autoPay: /) as unknown as string],
    ],
  ])("names %s", (_, change, wanted) => {
    expect(refusals(undefined, change)).toEqual(wanted);
  });

  test("null and automatic payments are refused although a profile is stored", () => {
    const stored = {
      method: "EMAIL_INVOICE",
      currency: "USD",
      defaultPaymentProfileId: "pay-active",
      autoPay: true,
    } as const;
    expect(refusals(stored, { ...email, defaultPaymentProfileId: null, autoPay: true })).toHaveLength(1);
  });

  test.each<[string, typeof profiles, string | null]>([
    ["the first profile that would do", [profiles[1]!, profiles[0]!, profile("pay-second", "ACTIVE")], "pay-active"],
    ["null where none would", [profiles[1]!, profiles[2]!], null],
    ["null where there is none", [], null],
  ])("suggests %s", (_, owned, example) => {
    for (const defaultPaymentProfileId of ["pay-expired", "pay-other"]) {
      const result = updateBilling(undefined, { ...email, defaultPaymentProfileId }, owned);
      expect(result).toMatchObject({ violations: [{ received: defaultPaymentProfileId, example }] });
    }
  });
});
