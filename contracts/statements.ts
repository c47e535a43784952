import type { Statement } from "../src/contract.ts";

const documented = (text: string, ...cases: string[]): Statement => ({ text, basis: "documented", cases });
const inferred = (text: string, ...cases: string[]): Statement => ({ text, basis: "inferred", cases });
const assumed = (text: string, ...cases: string[]): Statement => ({ text, basis: "assumed", cases });
const outOfSight = (text: string, hidden: string): Statement => ({ text, basis: "documented", cases: [], hidden });

/** What is known of the part of the API that the document describes, sentence by sentence, and the cases that decide it. */
export const statements: readonly Statement[] = [
  documented("JSON in, JSON out.", "messages/body-*", "messages/media-type-*", "messages/accept-anything"),
  documented(
    "The paths are those of the reference, each with its methods.",
    "messages/unknown-path",
    "messages/wrong-method",
  ),
  documented(
    "Every operation needs a known key in X-API-Key.",
    "authentication/*-needs-key",
    "authentication/unknown-key",
    "authentication/write-with-unknown-key",
    "authentication/empty-key",
    "authentication/a-key-*",
  ),
  assumed("Without a known key: 401.", "authentication/missing-key-is-401", "authentication/unknown-key-is-401"),
  documented("Header names match in any letter case.", "*/header-in-any-case*"),
  inferred(
    "An Authorization may accompany the key; it takes part in the idempotency comparison, and is no key itself.",
    "idempotency/other-authorization",
    "authentication/token-is-no-key",
  ),
  documented(
    "Times are RFC 3339 in UTC with Z, dates YYYY-MM-DD: every answer is held against the document.",
    "customers/read",
    "payment-profiles/read",
  ),
  documented("Identifiers are plain strings, no UUIDs.", "billing/profile", "payment-profiles/read", "customers/read"),
  documented(
    "Lists take limit (1 to 1000, 100 by default) and offset (0 by default) and answer items and pagination.",
    "customers/list*",
  ),
  inferred(
    "A refusal is JSON with message and code, and may have details and a hint.",
    "customers/read-unknown",
    "billing/email-invoice-needs-email",
  ),
  inferred(
    "A client's request is no failure of the server.",
    "customers/unknown-query-parameter",
    "messages/very-large-body",
    "billing/body-is-an-object-*",
  ),
  inferred(
    "A request that cannot be read is a 400, a resource that is not there a 404.",
    "messages/broken-json-is-400",
    "*-is-404",
  ),
  documented(
    "The codes of the two conflicts are idempotency_key_mismatch and idempotency_key_locked.",
    "idempotency/changed-*",
    "idempotency/twins-*",
  ),
  assumed(
    "A refusal names every property that is wrong.",
    "billing/all-violations-at-once",
    "billing/auto-pay-names-its-property",
  ),

  documented("X-Idempotency-Key is optional.", "idempotency/key-is-optional", "idempotency/no-key-no-memory"),
  documented(
    "A key has at most 256 characters.",
    "idempotency/key-of-*",
    "idempotency/long-keys-are-told-apart",
    "idempotency/characters-of-a-key",
  ),
  documented("A key is the text that was sent.", "idempotency/keys-*", "idempotency/long-keys-are-told-apart"),
  documented("A key on a read means nothing.", "idempotency/not-on-a-read", "idempotency/read-does-not-use-up-a-key"),
  documented("A key expires 24 hours after it was first used.", "idempotency/*-24-hours"),
  documented("A key does not expire before.", "idempotency/remembered-*"),
  documented(
    "The first answer is kept whole: status, headers, body.",
    "idempotency/replay-body",
    "idempotency/replay-headers",
  ),
  documented(
    "The same request under the same key gets the kept answer, and nothing is executed again.",
    "idempotency/replay-*",
    "idempotency/late-retry*",
  ),
  documented(
    "The same request is the same method, path, query, body byte for byte, Content-Type and Authorization.",
    "idempotency/byte-for-byte-*",
    "idempotency/changed-*",
    "idempotency/other-*",
  ),
  documented(
    "Another request under the same key is 409 idempotency_key_mismatch.",
    "idempotency/changed-*",
    "idempotency/conflict-keeps-the-record",
  ),
  documented(
    "While the first request runs, its twin is 409 idempotency_key_locked.",
    "idempotency/twins-*",
    "idempotency/rivals",
    "idempotency/different-keys-at-once",
  ),
  assumed("A locked answer says when to retry.", "idempotency/locked-says-when-to-retry"),
  documented(
    "Another customer under the same key is another request.",
    "idempotency/other-customer",
    "idempotency/other-customer-gets-no-kept-answer",
  ),
  assumed("Keys belong to the API key that sent them.", "idempotency/keys-belong-to-the-api-key"),
  assumed(
    "An empty key, or one that is too long, is a 400, and nothing is stored.",
    "idempotency/empty-key-is-400",
    "idempotency/too-long-key-is-400",
    "idempotency/refused-key-is-not-stored",
  ),
  assumed(
    "2xx, 400 and 404 are kept; 401, 413, 415, 429 and 5xx are not.",
    "idempotency/*-is-kept",
    "idempotency/*-is-not-kept",
  ),
  documented("A late retry of the first of two updates changes nothing.", "idempotency/late-retry*"),
  documented(
    "A refused request, sent again under its key, is the same request still.",
    "idempotency/refused-request-frees-or-keeps-its-key",
  ),

  documented(
    "method is EMAIL_INVOICE or PAPER_INVOICE.",
    "billing/unknown-method-*",
    "billing/method-type-*",
    "billing/from-paper-*",
  ),
  assumed("method is required.", "billing/method-is-required", "billing/method-is-not-null"),
  documented(
    "email is an e-mail address.",
    "billing/email-type-*",
    "billing/email-is-an-email-address-*",
    "billing/email-with-plus",
    "billing/email-keeps-its-letter-case",
    "billing/email-with-spaces-around",
    "billing/email-beside-*",
    "billing/email-is-not-null",
  ),
  documented("EMAIL_INVOICE requires email.", "billing/email-invoice*"),
  documented(
    "address is an address of strings.",
    "billing/address-type-*",
    "billing/address-*-is-a-string-*",
    "billing/whole-address",
    "billing/zip-begins-with-zero",
    "billing/letters-of-a-documented-locale",
    "billing/unusual-text",
    "billing/long-text",
    "billing/address-is-not-null",
  ),
  documented("PAPER_INVOICE requires address.", "billing/paper-invoice*"),
  assumed(
    "An address needs street1, city, zip and country, of two capital letters.",
    "billing/address-needs-*",
    "billing/country-is-two-capitals-*",
  ),
  inferred(
    "currency is an optional string.",
    "billing/currency-usd",
    "billing/currency-eur",
    "billing/currency-sek",
    "billing/currency-is-a-string",
  ),
  assumed(
    "A currency is three capital letters.",
    "billing/currency-is-three-capitals-*",
    "billing/currency-is-not-null",
  ),
  documented(
    "defaultPaymentProfileId names a payment profile of this customer.",
    "billing/profile",
    "billing/unknown-profile*",
    "billing/empty-profile",
    "billing/foreign-profile",
    "billing/second-profile",
    "billing/default-payment-profile-id-type-*",
    "billing/profile-in-an-object",
  ),
  documented("A null profile turns automatic payments off.", "billing/profile-null*"),
  documented("autoPay is a boolean.", "billing/auto-pay-type-*", "billing/auto-pay", "billing/auto-pay-is-not-null"),
  documented(
    "autoPay requires a payment profile.",
    "billing/auto-pay-needs-profile*",
    "billing/auto-pay-false-needs-no-profile",
  ),
  documented(
    "The answer is the whole customer, as it is stored.",
    "billing/answers-the-whole-customer",
    "billing/answer-is-what-is-stored",
  ),
  documented(
    "An update touches this customer's billing and nothing else.",
    "billing/touches-*",
    "billing/unknown-customer*",
  ),
  assumed(
    "Fields that are left out stay; an address is replaced as a whole.",
    "billing/left-out-*",
    "billing/address-is-replaced-whole",
  ),
  assumed("email and address are asked for in the request itself.", "billing/stored-*-does-not-count"),
  assumed("A stored profile will do for autoPay.", "billing/auto-pay-uses-the-stored-profile"),
  assumed(
    "A null profile beside autoPay true is refused.",
    "billing/auto-pay-needs-profile-not-null",
    "billing/refused-null-profile-changes-nothing",
  ),
  assumed(
    "A profile has to be active; a foreign one looks like one that is not there.",
    "billing/inactive-profile",
    "billing/foreign-profile-looks-unknown",
  ),
  assumed("email and address may stand beside each other.", "billing/both-email-and-address"),
  assumed("Unknown fields are refused.", "billing/unknown-field", "billing/unknown-address-field"),
  assumed("A first billing is in USD, without automatic payments.", "billing/first-billing"),
  assumed(
    "updatedAt advances with every executed write.",
    "billing/updated-at-advances",
    "billing/refused-request-keeps-updated-at",
  ),
  assumed("A refused request changes nothing at all.", "billing/refused-request-changes-nothing"),

  documented("GET /customers/{customerId} answers the customer.", "customers/read*"),
  documented("GET /customers answers the customers, page by page.", "customers/list*"),
  inferred("filter is free text on name or e-mail.", "customers/filter-*"),
  documented(
    "GET /payment-profiles lists the payment profiles of the customer that it is asked for.",
    "payment-profiles/list*",
  ),
  documented("GET /payment-profiles/{paymentProfileId} answers the payment profile.", "payment-profiles/read*"),
  outOfSight(
    "The webhook customer.updated tells of every change of billing.",
    "it goes to an address that only the vendor's portal sets",
  ),
];
