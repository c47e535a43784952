import type { components } from "../api.ts";
import type { Collection, Sandbox } from "../mock/store/store.ts";
import { profileAt } from "./rules/payment-profiles.ts";

export type Customer = Readonly<components["schemas"]["Customer"]>;
export type PaymentProfile = Readonly<components["schemas"]["PaymentProfile"]>;

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
  return stored.map((profile) => profileAt(profile, now));
}

/** A payment profile, as it is by the sandbox's clock. */
export async function profileOf(paymentProfileId: string, sandbox: Sandbox): Promise<PaymentProfile | undefined> {
  const [stored, now] = await Promise.all([recordsOf(sandbox).get(paymentProfileId), sandbox.clock.now()]);
  return stored && profileAt(stored, now);
}

function recordsOf(sandbox: Sandbox): Collection<PaymentProfile> {
  return sandbox.collection("paymentProfiles");
}
