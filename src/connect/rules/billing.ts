import type { components } from "../../api.ts";
import type { Violation } from "../../document/validator.ts";

type Billing = Readonly<components["schemas"]["Billing"]>;
type PaymentProfile = Readonly<components["schemas"]["PaymentProfile"]>;

/** A change of billing that its schema has already accepted. */
export type BillingChange = Readonly<components["schemas"]["BillingInput"]>;

/** The tenant's currency, for customers that have none. */
const defaultCurrency = "USD";

/**
 * Lays a change over a customer's billing; answers the new billing, or what forbids the change.
 *
 * `profiles` are all payment profiles of this customer. Another customer's is not among them, so it looks exactly like one
 * that does not exist, and nobody can find out about others.
 */
export function updateBilling(
  stored: Billing | undefined,
  change: BillingChange,
  profiles: readonly PaymentProfile[],
): { readonly billing: Billing } | { readonly violations: readonly Violation[] } {
  const merged = { ...stored, ...change };
  // Without a profile there is nothing to pay from, so automatic payments end with it, unless they are asked for.
  const autoPay = change.defaultPaymentProfileId === null ? change.autoPay === true : (merged.autoPay ?? false);
  const violations: Violation[] = [];
  if (typeof change.defaultPaymentProfileId === "string") {
    violations.push(...checkProfile(change.defaultPaymentProfileId, profiles));
  }
  if (autoPay && typeof merged.defaultPaymentProfileId !== "string") violations.push(profileMissing);
  if (violations.length > 0) return { violations };
  return { billing: { ...merged, currency: merged.currency ?? defaultCurrency, autoPay } };
}

function checkProfile(id: string, profiles: readonly PaymentProfile[]): Violation[] {
  const profile = profiles.find(({ paymentProfileId }) => paymentProfileId === id);
  if (profile?.status === "ACTIVE") return [];
  const usable = profiles.find(({ status }) => status === "ACTIVE");
  return [
    {
      at: "body.defaultPaymentProfileId",
      property: "defaultPaymentProfileId",
      keyword: profile ? "status" : "owner",
      expected: profile
        ? `null or a payment profile with the status "ACTIVE", not "${profile.status}"`
        : "null or a payment profile of this customer",
      received: id,
      ...(usable ? { example: usable.paymentProfileId } : { example: null }),
      basis: profile ? "assumed" : "documented",
    },
  ];
}

const profileMissing: Violation = {
  at: "body.autoPay",
  property: "autoPay",
  keyword: "profile",
  expected: "false, or defaultPaymentProfileId should name a payment profile: automatic payments need one",
  received: true,
  example: false,
  basis: "documented",
};
