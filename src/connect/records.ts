import type { components } from "../api.ts";
import { timestamp } from "../document/moment.ts";
import type { Collection, Sandbox } from "../mock/store/store.ts";
import { profileOn } from "./rules/payment-profiles.ts";

export type Customer = Readonly<components["schemas"]["Customer"]>;
export type PaymentProfile = Readonly<components["schemas"]["PaymentProfile"]>;

/**
 * Billing as a form holds it, half filled in or whole, and as a request of the typed client sends it. Which members have to be
 * there follows from `method`; that is for the API to say.
 */
export type BillingInput = components["schemas"]["BillingInput"];

/** A customer to create. */
export type CustomerInput = components["schemas"]["CreateCustomer"];

/** A change of a customer. */
export type CustomerChange = components["schemas"]["UpdateCustomer"];

/** The records that a world of the Connect API begins with. */
export type ConnectFixtures = {
  readonly customers: readonly Customer[];
  readonly paymentProfiles: readonly PaymentProfile[];
};

/** The customers of a sandbox. */
export function customersOf(sandbox: Sandbox): Collection<Customer> {
  return sandbox.collection("customers");
}

/** The payment profiles of a customer, as they are by the sandbox's clock. */
export async function profilesOf(customerId: string, sandbox: Sandbox): Promise<readonly PaymentProfile[]> {
  const [stored, now] = await Promise.all([recordsOf(sandbox).by("customerId", customerId), sandbox.clock.now()]);
  const today = dayOf(now);
  return stored.map((profile) => profileOn(profile, today));
}

/** A payment profile, as it is by the sandbox's clock. */
export async function profileOf(paymentProfileId: string, sandbox: Sandbox): Promise<PaymentProfile | undefined> {
  const [stored, now] = await Promise.all([recordsOf(sandbox).get(paymentProfileId), sandbox.clock.now()]);
  return stored && profileOn(stored, dayOf(now));
}

/** The day of a time in UTC, as `YYYY-MM-DD`. */
function dayOf(now: number): string {
  return timestamp(now).slice(0, "YYYY-MM-DD".length);
}

function recordsOf(sandbox: Sandbox): Collection<PaymentProfile> {
  return sandbox.collection("paymentProfiles");
}
