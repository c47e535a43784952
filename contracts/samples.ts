import { randomInt, randomUUID } from "node:crypto";
import { type JsonObject, omit, withoutNulls } from "../src/contract.ts";

/** An e-mail address that no other request of the run holds, so that an answer shows which request it comes from. */
export function freshEmail(): string {
  return `billing+${randomUUID().slice(0, 13)}@company.example`;
}

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

/** The fields of a customer that the reference documents and that no billing update touches. */
const lasting = [
  "customerId",
  "customerType",
  "name",
  "contact",
  "identity",
  "preferredLocale",
  "humanReadableId",
  "users",
  "contactPersonUserId",
  "contactPerson",
  "shipping",
  "createdAt",
  "metadata",
];

/** What a billing update leaves alone. */
export function besidesBilling(customer: JsonObject): JsonObject {
  return Object.fromEntries(
    lasting.flatMap((name) => (customer[name] == null ? [] : [[name, withoutNulls(customer[name])]])),
  );
}

/** The documented fields of a customer, its billing among them, without the time of its last change. */
export function withoutTimes(customer: JsonObject): JsonObject {
  return { ...besidesBilling(customer), billing: withoutNulls(customer.billing) };
}

/** The customer without what its owner does not decide. */
export function withoutUpdatedAt(customer: JsonObject): JsonObject {
  return omit(customer, "updatedAt");
}
