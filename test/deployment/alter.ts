// Short ways to bend a clean behaviour, shared by the faults and the variants.

import {
  type Answer,
  type Behaviour,
  type BillingChange,
  type Call,
  clean,
  type Desk,
  type RefusalKind,
} from "./behaviour.ts";
import { routeOf } from "./operations.ts";
import type { Billing } from "./world.ts";

/** A JSON value on its way out, rewritten by a fault: its shape is whatever the fault says. */
// biome-ignore lint/suspicious/noExplicitAny: a fault reaches into an answer of any shape
type Loose = any;

export type ModelledOperation =
  | "listCustomers"
  | "createCustomer"
  | "getCustomer"
  | "updateCustomer"
  | "updateCustomerBilling"
  | "addCustomerUser"
  | "listPaymentProfiles"
  | "getPaymentProfile";

/** The rules without those of these names; a name that no rule has is an error. */
export function without(...names: string[]): Behaviour["checks"] {
  const checks = { ...clean.checks };
  for (const name of names) {
    if (!checks[name]) throw new Error(`There is no rule "${name}".`);
    delete checks[name];
  }
  return checks;
}

/** A record without some of its fields. */
export function omit<T extends object>(record: T | undefined, ...fields: string[]): T {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([field]) => !fields.includes(field))) as T;
}

/** Compares requests after this change to them. */
export function comparing(change: (call: Call) => Call): Behaviour["fingerprint"] {
  return (call) => clean.fingerprint(change(call));
}

/** A call without one of its headers. */
export function withoutHeader(call: Call, name: string): Call {
  return { ...call, headers: call.headers.filter(([given]) => given.toLowerCase() !== name.toLowerCase()) };
}

/** The JSON object that a call carries, or an empty one. */
export function sent(call: Call): Record<string, unknown> {
  try {
    return Object(JSON.parse(call.body.toString()));
  } catch {
    return {};
  }
}

/** A call whose body has lost one top-level field and is otherwise the same text. */
export function withoutField(call: Call, field: string): Call {
  const pair = `${JSON.stringify(field)}:${JSON.stringify(sent(call)[field])}`;
  const text = call.body.toString().replace(pair, "").replace("{,", "{").replace(",,", ",").replace(",}", "}");
  return { ...call, body: Buffer.from(text) };
}

/** Refuses as usual, but for one kind with another status or other fields in the body. */
export function restate(kind: RefusalKind, status: number | undefined, fields: object = {}): Behaviour["refuse"] {
  return (refusal) => {
    const answer = clean.refuse(refusal);
    if (refusal.kind !== kind) return answer;
    return {
      ...answer,
      status: status ?? answer.status,
      body: JSON.stringify({ ...JSON.parse(answer.body), ...fields }),
    };
  };
}

/** Rewrites the body of the successful answers of these operations. */
export function rewrite(
  operations: readonly ModelledOperation[],
  change: (body: Loose, call: Call, desk: Desk) => unknown,
): Behaviour["answer"] {
  return (answer, call, desk) => {
    if (answer.status > 299 || !operations.some((operation) => operation === routeOf(call).operation)) return answer;
    return { ...answer, body: JSON.stringify(change(JSON.parse(answer.body), call, desk)) };
  };
}

/** Every operation that answers something. */
export const everyOperation: readonly ModelledOperation[] = [
  "listCustomers",
  "createCustomer",
  "getCustomer",
  "updateCustomer",
  "updateCustomerBilling",
  "addCustomerUser",
  "listPaymentProfiles",
  "getPaymentProfile",
];

/** Presents customers with a change to their billing. */
export function presentBilling(change: (billing: Loose) => unknown): Behaviour["present"] {
  return (customer) => (customer.billing ? { ...customer, billing: change(customer.billing) } : customer);
}

/** Merges, then has a last word on what was merged. */
export function merging(
  change: (merged: Billing, stored: Billing, sent: BillingChange) => Billing,
): Behaviour["merge"] {
  return (stored, sent) => change(clean.merge(stored, sent), stored ?? {}, sent);
}

/** Stores the billing of a write after this change to it; the answer does not show it. */
export function storing(change: (billing: Loose, before: Loose) => unknown): Behaviour["store"] {
  return (desk, after, before) =>
    clean.store(desk, { ...after, billing: change(after.billing, before.billing) as Billing }, before);
}

/** Applies a change to one string field of the request, where it is given. */
export function preparing(field: string, change: (value: Loose) => unknown): Behaviour["prepare"] {
  return (body) => (body[field] === undefined ? body : { ...body, [field]: change(body[field]) });
}

/** The same for one string field of the address. */
export function preparingAddress(field: string, change: (value: Loose) => unknown): Behaviour["prepare"] {
  return preparing("address", (address) =>
    address?.[field] === undefined ? address : { ...address, [field]: change(address[field]) },
  );
}

/** A write by its path, whether or not it will be accepted. */
export function isWrite(call: Call): boolean {
  return routeOf(call).operation === "updateCustomerBilling";
}

/** An answer with one header set, or without it. */
export function withHeader(answer: Answer, name: string, value?: string): Answer {
  return { ...answer, headers: { ...omit(answer.headers, name), ...(value !== undefined && { [name]: value }) } };
}
