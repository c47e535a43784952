import type { components } from "../../api.ts";
import type { Violation } from "../../document/validator.ts";
import { type BillingChange, updateBilling } from "./billing.ts";

type Customer = Readonly<components["schemas"]["Customer"]>;
type PaymentProfile = Readonly<components["schemas"]["PaymentProfile"]>;

/** What there is to write, or what forbids it. */
type Ruled<T> = T | { readonly violations: readonly Violation[] };

/** A customer to create that its schema has already accepted. */
export type NewCustomer = Readonly<components["schemas"]["CreateCustomer"]>;

/** A change of a customer that its schema has already accepted. */
export type CustomerChange = Readonly<components["schemas"]["UpdateCustomer"]>;

/** What a new customer is given beside what is sent: its identifiers, its users as they are called, and when. */
export type Given = Pick<Customer, "customerId"> &
  Required<Pick<Customer, "humanReadableId" | "users">> & { readonly at: string };

/** Makes a customer. It has no payment profile yet, so none can be its default one. */
export function newCustomer(sent: NewCustomer, given: Given): Ruled<{ readonly customer: Customer }> {
  const { userIds = [], billing: change, ...members } = sent;
  const { customerId, humanReadableId, users, at } = given;
  const { contactPersonUserId } = members;
  const contactPerson = users.find(({ userId }) => userId === contactPersonUserId);
  const billed = billedBy(undefined, change, []);
  const violations = [
    ...("violations" in billed ? billed.violations : []),
    ...(contactPersonUserId === undefined || contactPerson ? [] : [notOneOfUsers(contactPersonUserId, userIds)]),
  ];
  if (violations.length > 0 || "violations" in billed) return { violations };
  return {
    customer: {
      customerId,
      ...members,
      humanReadableId,
      ...billed,
      ...(users.length > 0 ? { users } : {}),
      ...(contactPerson ? { contactPerson } : {}),
      createdAt: at,
      updatedAt: at,
    },
  };
}

/** Lays a change over a customer; `profiles` are all payment profiles of it, `at` is when. */
export function changedCustomer(
  stored: Customer,
  { billing: change, ...members }: CustomerChange,
  profiles: readonly PaymentProfile[],
  at: string,
): Ruled<{ readonly customer: Customer }> {
  const billed = billedBy(stored.billing, change, profiles);
  return "violations" in billed ? billed : { customer: { ...stored, ...members, ...billed, updatedAt: at } };
}

/** The billing of a customer after a change within one of the customer; nothing where none is asked for. */
function billedBy(
  stored: Customer["billing"],
  change: BillingChange | undefined,
  profiles: readonly PaymentProfile[],
): Ruled<Pick<Customer, "billing">> {
  if (change === undefined) return {};
  const result = updateBilling(stored, change, profiles);
  return "violations" in result ? { violations: result.violations.map(withinBilling) } : result;
}

function withinBilling({ property, ...violation }: Violation): Violation {
  // Nothing documented says that the rules of a change of billing alone hold within another.
  return { ...violation, at: `body.billing.${property}`, property: `billing.${property}`, basis: "assumed" };
}

function notOneOfUsers(received: string, [example]: readonly string[]): Violation {
  return {
    at: "body.contactPersonUserId",
    property: "contactPersonUserId",
    keyword: "owner",
    expected: "one of userIds",
    received,
    ...(example === undefined ? {} : { example }),
    basis: "assumed",
  };
}
