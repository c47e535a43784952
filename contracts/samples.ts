import { randomInt, randomUUID } from "node:crypto";
import { isObject, type JsonObject, omit, withoutNulls } from "../src/contract/kit.ts";

/** An e-mail address that no other request of the run holds, so that an answer shows which request it comes from. */
export function freshEmail(): string {
  return `billing+${randomUUID().slice(0, 13)}@company.example`;
}

/** The addresses that runs write, and nobody else. */
export const freshEmails = /^billing\+[0-9a-f]{8}-[0-9a-f]{4}@company\.example$/;

/** The smallest change to e-mail invoices. */
export function emailInvoice(): { method: "EMAIL_INVOICE"; email: string } {
  return { method: "EMAIL_INVOICE", email: freshEmail() };
}

/** An address with every documented field. */
export const address = {
  street1: "1 Main Street",
  street2: "Floor 2",
  city: "Framingham",
  state: "MA",
  region: "New England",
  zip: "01701",
  country: "US",
  attention: "Accounts payable",
};

/** The smallest change to paper invoices. */
export function paperInvoice(): {
  method: "PAPER_INVOICE";
  address: { street1: string; city: string; zip: string; country: string };
} {
  return {
    method: "PAPER_INVOICE",
    address: { street1: `${randomInt(1, 1_000_000)} Main Street`, city: "Framingham", zip: "01701", country: "US" },
  };
}

/** Members by name: a value of any kind, an object, or a list of objects whose order says nothing. */
type Shape = { readonly [name: string]: "value" | Shape | readonly [Shape] };

const values = (...names: string[]) => Object.fromEntries(names.map((name) => [name, "value"] as const));

const addressShape = values(...Object.keys(address));
const userShape = values("userId", "name", "role");
const billingShape: Shape = {
  ...values("method", "email", "currency", "defaultPaymentProfileId", "autoPay"),
  address: addressShape,
};

/** The members of a customer that the reference documents and that no billing update touches. */
const customerShape: Shape = {
  ...values("customerId", "customerType", "name", "identity", "preferredLocale", "humanReadableId"),
  contact: values("email", "msisdn"),
  users: [userShape],
  contactPersonUserId: "value",
  contactPerson: userShape,
  shipping: { ...values("name", "msisdn", "instructions"), address: addressShape },
  ...values("createdAt", "metadata"),
};

/** The documented part of a value, without nulls: what a deployment shows beyond it is its own, and no request sends it. */
function documentedPart(value: unknown, shape: Shape[string]): unknown {
  if (shape === "value" || value == null) return withoutNulls(value);
  if (isList(shape)) {
    const [item] = shape;
    if (!Array.isArray(value)) return value;
    return value.map((one) => documentedPart(one, item)).sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));
  }
  return isObject(value) ? partOf(value, shape) : value;
}

function partOf(value: JsonObject, shape: Shape): JsonObject {
  return Object.fromEntries(
    Object.entries(shape).flatMap(([name, inner]) =>
      value[name] == null ? [] : [[name, documentedPart(value[name], inner)]],
    ),
  );
}

function isList(shape: Shape | readonly [Shape]): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** What a billing update leaves alone, so far as the reference documents it. */
export function besidesBilling(customer: JsonObject): JsonObject {
  return partOf(customer, customerShape);
}

/** The billing of a customer, so far as the reference documents it; `undefined` where it has none. */
export function documentedBilling({ billing }: JsonObject): unknown {
  return documentedPart(billing ?? undefined, billingShape);
}

/** The users of a customer, so far as the reference documents them, in an order of our own; none where they are not shown. */
export function usersOf(customer: JsonObject): readonly JsonObject[] {
  const { users } = besidesBilling(customer);
  return Array.isArray(users) ? users.filter(isObject) : [];
}

/** The documented members of a customer, its billing among them, without the time of its last change. */
export function withoutTimes(customer: JsonObject): JsonObject {
  return { ...besidesBilling(customer), billing: documentedBilling(customer) };
}

/** The customer without what its owner does not decide. */
export function withoutUpdatedAt(customer: JsonObject): JsonObject {
  return omit(customer, "updatedAt");
}
