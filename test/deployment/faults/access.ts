// Section 1: the API key, header names, media types, times, identifiers.

import { everyOperation, isWrite, omit, restate, rewrite, sent, withHeader } from "../alter.ts";
import { type Answer, type Behaviour, type Call, clean, type Desk } from "../behaviour.ts";
import { operate, routeOf } from "../operations.ts";
import { breaking, type Fault } from "./fault.ts";

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** Finds a header by these spellings of its name only, and every other header as usual. */
function spelled(name: string, ...spellings: string[]): Behaviour["header"] {
  return (call, wanted) =>
    clean.header(
      wanted === name ? { ...call, headers: call.headers.filter(([given]) => spellings.includes(given)) } : call,
      wanted,
    );
}

function isStranger(call: Call, desk: Desk): boolean {
  return !Object.values(desk.world.keys).includes(clean.header(call, "X-API-Key") ?? "");
}

/** Rewrites every time of a kind in every successful answer. */
function times(change: (time: string) => unknown): Behaviour["answer"] {
  return rewrite(everyOperation, (body) =>
    JSON.parse(JSON.stringify(body), (field, value) =>
      field === "createdAt" || field === "updatedAt" ? change(value) : value,
    ),
  );
}

/** The answer as the page that a framework or a gateway makes of it. */
function page(answer: Answer): Answer {
  const body = `<html><body><h1>Error ${answer.status}</h1><pre>at handler (/srv/app.js:7:11)</pre></body></html>`;
  return { ...withHeader(answer, "Content-Type", "text/html"), body };
}

const keyRow = "X-API-Key on every operation; a request without a known key gets 401";

export const accessFaults: Fault[] = [
  ...breaking("documented", keyRow, {
    "key-not-required": { needsKey: () => false },
    "key-not-required-on-customer-reads": { needsKey: (call) => routeOf(call).operation !== "getCustomer" },
    "key-not-required-on-customer-list": { needsKey: (call) => routeOf(call).operation !== "listCustomers" },
    "key-not-required-on-payment-profiles": { needsKey: (call) => !call.path.startsWith("/payment-profiles") },
    "key-not-required-on-one-payment-profile": { needsKey: (call) => routeOf(call).operation !== "getPaymentProfile" },
    "key-not-required-on-billing-writes": { needsKey: (call) => !isWrite(call) },
    "any-key-accepted": { keyMatches: (given) => given !== "" },
    "empty-key-accepted": {
      needsKey: (call) => clean.header(call, "X-API-Key") !== "",
    },
    "key-compared-by-prefix": { keyMatches: (given, known) => given.slice(0, 16) === known.slice(0, 16) },
    "longer-key-accepted": { keyMatches: (given, known) => given.startsWith(known) },
    "shortened-key-accepted": { keyMatches: (given, known) => given.length > 11 && known.startsWith(given) },
    "key-case-ignored": { keyMatches: (given, known) => given.toLowerCase() === known.toLowerCase() },
    "bearer-token-instead-of-key": { needsKey: (call) => !clean.header(call, "Authorization")?.startsWith("Bearer ") },
    "write-before-key-is-checked": {
      async firstLook(call, desk) {
        if (isWrite(call) && isStranger(call, desk)) await operate(desk, call).catch(() => {});
        return undefined;
      },
    },
    "kept-answer-given-without-key": {
      firstLook(call, desk) {
        const key = clean.header(call, "X-Idempotency-Key");
        if (!key || !isStranger(call, desk)) return undefined;
        return [...desk.records].find(([slot]) => slot.endsWith(` ${key}`))?.[1].answer;
      },
    },
    "unknown-key-answered-200": { refuse: restate("unauthorized", 200) },
    "unknown-key-fails-with-500": { refuse: restate("unauthorized", 500) },
  }),
  ...breaking("assumed", keyRow, {
    "unknown-key-answered-400": { refuse: restate("unauthorized", 400) },
    "unknown-key-answered-404": { refuse: restate("unauthorized", 404) },
  }),
  ...breaking(
    "documented",
    "Header names match in any letter case",
    {
      "api-key-name-only-as-printed": { header: spelled("X-API-Key", "X-API-Key") },
      "api-key-name-in-two-spellings": { header: spelled("X-API-Key", "X-API-Key", "x-api-key") },
      "idempotency-name-only-as-printed": { header: spelled("X-Idempotency-Key", "X-Idempotency-Key") },
      "idempotency-name-in-two-spellings": {
        header: spelled("X-Idempotency-Key", "X-Idempotency-Key", "x-idempotency-key"),
      },
    },
    "socket",
  ),
  ...breaking("documented", "JSON in, JSON out", {
    "answers-as-plain-text": {
      answer: (answer) => (answer.status === 200 ? withHeader(answer, "Content-Type", "text/plain") : answer),
    },
    "answers-without-media-type": {
      answer: (answer) => (answer.status === 200 ? withHeader(answer, "Content-Type") : answer),
    },
    "billing-answer-as-plain-text": {
      answer: (answer, call) => (isWrite(call) ? withHeader(answer, "Content-Type", "text/plain") : answer),
    },
    "json-encoded-twice": { answer: rewrite(everyOperation, (body) => JSON.stringify(body)) },
    "body-read-as-latin-1": { parse: (call) => JSON.parse(call.body.toString("latin1")) },
    "non-ascii-letters-replaced": { parse: (call) => JSON.parse(call.body.toString().replace(/[^ -~]/g, "?")) },
    "error-as-html": { refuse: (refusal) => page(clean.refuse(refusal)) },
    "error-as-plain-text": {
      refuse: (refusal) => ({ ...clean.refuse(refusal), body: "Bad things happened" }),
    },
    "not-found-as-html": {
      refuse: (refusal) => (refusal.kind === "unknown" ? page(clean.refuse(refusal)) : clean.refuse(refusal)),
    },
    "broken-json-answered-as-html": {
      beforeKey(call) {
        if (isWrite(call)) clean.parse(call);
      },
      refuse(refusal) {
        const isUnread = refusal.details.some(({ message }) => message === "The body is not JSON.");
        return isUnread ? page(clean.refuse(refusal)) : clean.refuse(refusal);
      },
    },
    "undeclared-status-as-html": {
      refuse: (refusal) =>
        refusal.kind === "invalid" ? { ...page(clean.refuse(refusal)), status: 418 } : clean.refuse(refusal),
    },
    "answers-in-an-envelope": { answer: rewrite(everyOperation, (body) => ({ data: body })) },
  }),
  ...breaking("inferred", "Error body {message, code, details?, hint?}, application/json", {
    "error-without-code": {
      refuse: (refusal) => {
        const answer = clean.refuse(refusal);
        return { ...answer, body: JSON.stringify(omit(JSON.parse(answer.body), "code")) };
      },
    },
  }),
  ...breaking("inferred", "Statuses in use: a refusal is a 4xx, an accident a 500", {
    "broken-json-fails-with-500": { parse: (call) => JSON.parse(call.body.toString()) },
    "missing-body-fails-with-500": { parse: (call) => (call.body.length === 0 ? JSON.parse("") : clean.parse(call)) },
    "array-body-fails-with-500": {
      parse(call) {
        const body = clean.parse(call);
        if (Array.isArray(body)) throw new TypeError("body.method is not defined");
        return body;
      },
    },
    "empty-object-fails-with-500": {
      prepare(change) {
        if (Object.keys(change).length === 0) throw new Error("Nothing to set");
        return change;
      },
    },
    "unknown-customer-fails-with-500": {
      findCustomer(desk, id, call) {
        const customer = clean.findCustomer(desk, id, call);
        if (!customer) throw new TypeError("customer is undefined");
        return customer;
      },
    },
    "unknown-profile-fails-with-500": {
      usable(profile, customer) {
        if (!profile) throw new TypeError("profile is undefined");
        return clean.usable(profile, customer);
      },
    },
  }),
  ...breaking("documented", "A refused request is refused: rules of the request body", {
    "refusals-answered-200": { refuse: restate("invalid", 200) },
    "refusals-answered-202": { refuse: restate("invalid", 202) },
    "unknown-answered-200": { refuse: restate("unknown", 200) },
    "broken-json-taken-as-empty": { parse: (call) => sent(call), checks: {} },
  }),
  ...breaking("documented", "Times are RFC 3339 in UTC with Z", {
    "times-with-offset": { answer: times((time) => time.replace("Z", "+00:00")) },
    "times-in-local-offset": { answer: times((time) => time.replace("Z", "+02:00")) },
    "times-without-zone": { answer: times((time) => time.replace("Z", "")) },
    "times-with-a-space": { answer: times((time) => time.replace("T", " ")) },
    "times-as-epoch-milliseconds": { answer: times((time) => Date.parse(time)) },
    "times-as-epoch-seconds-text": { answer: times((time) => String(Math.floor(Date.parse(time) / 1000))) },
    "times-as-http-dates": { answer: times((time) => new Date(time).toUTCString()) },
    "times-as-dates": { answer: times((time) => time.slice(0, 10)) },
    "written-time-with-offset": { updatedAt: (before, now) => clean.updatedAt(before, now).replace("Z", "+00:00") },
  }),
  ...breaking("documented", "Dates are YYYY-MM-DD", {
    "card-expiry-as-time": { presentProfile: (card) => ({ ...card, expiresAt: `${card.expiresAt}T00:00:00Z` }) },
    "card-expiry-as-month": { presentProfile: (card) => ({ ...card, expiresAt: card.expiresAt?.slice(0, 7) }) },
    "card-expiry-as-printed-on-cards": {
      presentProfile: (card) => ({ ...card, expiresAt: card.expiresAt?.replace(/..(..)-(..)-../, "$2/$1") }),
    },
  }),
  ...breaking("documented", "Identifiers are plain strings, never a UUID by force", {
    "profile-id-must-be-uuid": {
      checks: {
        ...clean.checks,
        "profile uuid": ({ change }) =>
          typeof change.defaultPaymentProfileId === "string" && !uuid.test(change.defaultPaymentProfileId)
            ? { message: "Invalid uuid", code: "INVALID_FORMAT", property: "defaultPaymentProfileId" }
            : undefined,
      },
    },
    "profile-path-must-be-uuid": { findProfile: (all, id) => (uuid.test(id) ? clean.findProfile(all, id) : undefined) },
    "ids-as-numbers": {
      present: (customer) => ({ ...customer, customerId: Number.parseInt(customer.customerId.slice(1, 8), 16) }),
    },
  }),
  ...breaking("documented", "metadata is a free key-value object", {
    "metadata-as-list": {
      present: ({ metadata = {}, ...customer }) => ({ ...customer, metadata: Object.entries(metadata) }),
    },
    "metadata-as-text": {
      present: ({ metadata = {}, ...customer }) => ({ ...customer, metadata: JSON.stringify(metadata) }),
    },
  }),
];
