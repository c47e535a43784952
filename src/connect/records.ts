import type { components } from "../api.ts";
import type { Collection, Sandbox } from "../mock/store/store.ts";

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

/** The payment profiles of a sandbox, of all customers. */
export function paymentProfilesOf(sandbox: Sandbox): Collection<PaymentProfile> {
  return sandbox.collection("paymentProfiles");
}
