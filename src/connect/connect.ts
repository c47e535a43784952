import { isObject, type Violation } from "../document/validator.ts";
import type { AnyHandler } from "../mock/handler.ts";
import type { MockOptions } from "../mock/mock.ts";
import type { Fixtures as AnyFixtures, Change } from "../mock/store/store.ts";
import { customers } from "./handlers/customers.ts";
import { paymentProfiles } from "./handlers/payment-profiles.ts";

/** The stateful half of the Connect API, as a mock takes it. */
export const connect = {
  // The document has accepted the input, and the generated types say the same as the document.
  handlers: { ...customers, ...paymentProfiles } as unknown as Readonly<Record<string, AnyHandler>>,
  collections: { customers: { orderBy: "createdAt" }, paymentProfiles: { orderBy: "createdAt" } },
  check: checkRecords,
  announce,
} satisfies Omit<MockOptions, "spec">;

/** A customer is told of as a whole, whatever of it has changed; the document has no event for one that is gone. */
function announce({ collection, before, after }: Change): { type: string; data: unknown } | undefined {
  if (collection !== "customers" || after === undefined) return undefined;
  return { type: before === undefined ? "customer.created" : "customer.updated", data: after };
}

/** What is wrong with the records of a world beside what their schemas say: who owns what, and what billing needs. */
export function checkRecords({ customers = [], paymentProfiles = [] }: AnyFixtures): readonly Violation[] {
  const violations: Violation[] = [];
  const refuse = (at: string, expected: string, received: unknown) =>
    violations.push({ at, property: at, keyword: "coherence", expected, received, basis: "assumed" });
  const customerIds = new Set<unknown>();
  const owners = new Map<unknown, unknown>();

  for (const customer of customers) if (isObject(customer)) customerIds.add(customer.customerId);
  for (const [index, profile] of paymentProfiles.entries()) {
    if (!isObject(profile)) continue;
    const { paymentProfileId, customerId } = profile;
    const at = `paymentProfiles.${index}`;
    if (!customerIds.has(customerId)) refuse(`${at}.customerId`, "the id of one of the customers", customerId);
    owners.set(paymentProfileId, customerId);
  }
  for (const [index, customer] of customers.entries()) {
    if (!isObject(customer) || !isObject(customer.billing)) continue;
    const { defaultPaymentProfileId: profileId, autoPay } = customer.billing;
    const at = `customers.${index}.billing`;
    if (typeof profileId === "string" && owners.get(profileId) !== customer.customerId) {
      refuse(`${at}.defaultPaymentProfileId`, "the id of a payment profile of this customer", profileId);
    }
    if (autoPay === true && typeof profileId !== "string") {
      refuse(`${at}.autoPay`, "false where billing has no defaultPaymentProfileId", autoPay);
    }
  }
  return violations;
}
