// The rules of a billing change, one small function each, under names that a fault can leave out.

import type { Check, Detail, Review } from "./behaviour.ts";

const fields = ["method", "email", "address", "currency", "defaultPaymentProfileId", "autoPay"];
const addressFields = ["street1", "city", "zip", "country", "street2", "state", "region", "attention"];
const neededAddressFields = ["street1", "city", "zip", "country"];

/** `a@b.c`, in any letters; nothing that a mailbox provider would call an address is refused. */
export const emailPattern = /^[^\s@<>"(),;]+@[^\s@<>"(),;.]+(\.[^\s@<>"(),;.]+)+$/;

function fail(property: string, code: string, message: string): Detail {
  return { message, code, property };
}

function addressOf({ change }: Review): Record<string, unknown> {
  return isRecord(change.address) ? change.address : {};
}

/** A JSON object, not an array and not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function required(field: string, when: (review: Review) => boolean): Check {
  return (review) =>
    when(review) && review.change[field] === undefined
      ? fail(field, "FIELD_REQUIRED", `${field} has to be given here.`)
      : undefined;
}

function typed(field: string, type: string, fits: (value: unknown) => boolean): Check {
  return ({ change }) =>
    change[field] === undefined || fits(change[field])
      ? undefined
      : fail(field, "INVALID_TYPE", `${field} has to be a ${type}.`);
}

function formed(field: string, pattern: RegExp, message: string): Check {
  return ({ change }) => {
    const value = change[field];
    return typeof value !== "string" || pattern.test(value) ? undefined : fail(field, "INVALID_FORMAT", message);
  };
}

const isText = (value: unknown) => typeof value === "string";

/** Every rule by name; all of them run, so that one answer lists everything that is wrong. */
export const checks: Record<string, Check> = {
  "method required": required("method", () => true),
  "method known": ({ change }) =>
    change.method === undefined || change.method === "EMAIL_INVOICE" || change.method === "PAPER_INVOICE"
      ? undefined
      : fail("method", "INVALID_VALUE", "method is EMAIL_INVOICE or PAPER_INVOICE."),

  "email required": required("email", ({ change }) => change.method === "EMAIL_INVOICE"),
  "email type": typed("email", "string", isText),
  "email form": formed("email", emailPattern, "email is not an e-mail address."),

  "address required": required("address", ({ change }) => change.method === "PAPER_INVOICE"),
  "address type": typed("address", "object", isRecord),
  ...Object.fromEntries(
    neededAddressFields.map((field): [string, Check] => [
      `address ${field} required`,
      (review) =>
        isRecord(review.change.address) && addressOf(review)[field] === undefined
          ? fail(`address.${field}`, "FIELD_REQUIRED", `An address needs a ${field}.`)
          : undefined,
    ]),
  ),
  ...Object.fromEntries(
    addressFields.map((field): [string, Check] => [
      `address ${field} type`,
      (review) => {
        const value = addressOf(review)[field];
        return value === undefined || isText(value)
          ? undefined
          : fail(`address.${field}`, "INVALID_TYPE", `${field} has to be a string.`);
      },
    ]),
  ),
  "address country form": (review) => {
    const { country } = addressOf(review);
    return typeof country !== "string" || /^[A-Z]{2}$/.test(country)
      ? undefined
      : fail("address.country", "INVALID_FORMAT", "country is two capital letters, such as SE.");
  },
  "address known fields": (review) => {
    const unknownField = Object.keys(addressOf(review)).find((field) => !addressFields.includes(field));
    return unknownField === undefined
      ? undefined
      : fail(`address.${unknownField}`, "UNKNOWN_FIELD", "An address has no such field.");
  },

  "currency type": typed("currency", "string", isText),
  "currency form": formed("currency", /^[A-Z]{3}$/, "currency is three capital letters, such as SEK."),

  "profile type": typed("defaultPaymentProfileId", "string or null", (value) => value === null || isText(value)),
  "profile usable": ({ change, usable }) => {
    const id = change.defaultPaymentProfileId;
    return typeof id !== "string" || usable(id)
      ? undefined
      : fail("defaultPaymentProfileId", "INVALID_VALUE", "This is no payment profile that the customer can use.");
  },

  "autoPay type": typed("autoPay", "boolean", (value) => typeof value === "boolean"),
  "autoPay profile": ({ merged }) =>
    merged.autoPay === true && !merged.defaultPaymentProfileId
      ? fail("autoPay", "INVALID_VALUE", "Automatic payments need a default payment profile.")
      : undefined,

  "known fields": ({ change }) => {
    const unknownField = Object.keys(change).find((field) => !fields.includes(field));
    return unknownField === undefined ? undefined : fail(unknownField, "UNKNOWN_FIELD", "There is no such field.");
  },
};
