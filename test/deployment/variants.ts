// Deployments that differ from the clean one and obey the reference all the same: the contract test has to pass them.

import { everyOperation, isWrite, omit, presentBilling, restate, rewrite, sent, withHeader, without } from "./alter.ts";
import { type Answer, type Behaviour, type Call, clean, type Desk, json, Refusal, takes } from "./behaviour.ts";
import { customerOf, reviewBilling, routeOf } from "./operations.ts";
import { type Billing, type Customer, type PaymentProfile, settle, world } from "./world.ts";

/** A lawful deployment, and why the documentation allows what it does. */
export interface Variant {
  id: string;
  why: string;
  behaviour: Partial<Behaviour>;
}

function lawful(why: string, cases: Record<string, Partial<Behaviour>>): Variant[] {
  return Object.entries(cases).map(([id, behaviour]) => ({ id, why, behaviour }));
}

const fieldNames = ["method", "email", "address", "currency", "defaultPaymentProfileId", "autoPay"];

/** Gives every refusal a body of another form; the code stays in it, because two of the codes are documented. */
function errorBody(form: (code: string, message: string, status: number) => unknown, type = "application/json") {
  return (refusal: Refusal): Answer => {
    const answer = clean.refuse(refusal);
    const { code, message } = JSON.parse(answer.body);
    return withHeader({ ...answer, body: JSON.stringify(form(code, message, answer.status)) }, "Content-Type", type);
  };
}

/** Counts something for one deployment. */
function count(desk: Desk, name: string): number {
  const value = ((desk.scratch.get(name) as number | undefined) ?? 0) + 1;
  desk.scratch.set(name, value);
  return value;
}

/** Refuses with 429 what comes after `most` requests within a second. */
function throttle(most: number, retryAfter: () => string): Behaviour["firstLook"] {
  return (_, desk) => {
    const now = Date.now();
    const recent = ((desk.scratch.get("recent") as number[] | undefined) ?? []).filter((at) => now - at < 1000);
    desk.scratch.set("recent", recent);
    if (recent.length < most) {
      recent.push(now);
      return undefined;
    }
    return withHeader(json(429, { message: "Slow down.", code: "too_many_requests" }), "Retry-After", retryAfter());
  };
}

const hour = 3_600_000;

/** A clock that goes so many milliseconds ahead. */
function shifted(ms: number): Behaviour["now"] {
  return () => new Date(Date.now() + ms);
}

/** Refuses known keys some operations. */
function forbids(...operations: readonly string[]): Behaviour["firstLook"] {
  return (call, { world }) =>
    operations.includes(routeOf(call).operation) &&
    Object.values(world.keys).includes(clean.header(call, "X-API-Key") ?? "")
      ? json(403, { message: "This key may not do that.", code: "forbidden" })
      : undefined;
}

/** Adds a field to every object of an answer, however deep; a metadata object is the customer's own. */
function padded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(padded);
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([field, item]) => [field, field === "metadata" ? item : padded(item)]);
  return { ...Object.fromEntries(inner), links: [], revision: 7, internalNote: null };
}

const addressNulls = { street2: null, state: null, region: null, attention: null };

function withNulls({ billing, ...customer }: Customer): unknown {
  const nulls = { currency: null, email: null, address: null, defaultPaymentProfileId: null, autoPay: null };
  return {
    identity: null,
    preferredLocale: null,
    humanReadableId: null,
    contactPersonUserId: null,
    contactPerson: null,
    shipping: null,
    metadata: null,
    ...customer,
    contact: { email: null, msisdn: null, ...customer.contact },
    ...(customer.shipping && {
      shipping: {
        msisdn: null,
        instructions: null,
        ...customer.shipping,
        address: { ...addressNulls, ...customer.shipping.address },
      },
    }),
    billing: billing
      ? { ...nulls, ...billing, ...(billing.address && { address: { ...addressNulls, ...billing.address } }) }
      : null,
  };
}

function hex(plain: string): string {
  return plain.replace(/[^\da-f-]/g, (letter) => ((letter.codePointAt(0) ?? 0) % 16).toString(16));
}

const seeded = settle(world).customers;

/** Shows something else in a member that nobody has written since the tenant was made. */
function unwritten(member: "identity" | "preferredLocale", value: string): Behaviour["present"] {
  return (customer) => {
    const there = seeded.get(customer.customerId);
    return there && customer[member] === there[member] ? { ...customer, [member]: value } : customer;
  };
}

const wordsForEmail = "none; call instead";

function lowerCase(customer: Customer): Customer {
  const { contact, billing } = customer;
  return {
    ...customer,
    contact: { ...contact, ...(contact.email && { email: contact.email.toLowerCase() }) },
    ...(billing && { billing: { ...billing, ...(billing.email && { email: billing.email.toLowerCase() }) } }),
  };
}

function hasSeededEmail({ customerId, contact }: Customer): boolean {
  const there = seeded.get(customerId);
  return there !== undefined && contact.email === there.contact.email;
}

/** Customers, but for those that have been created in the last moment. */
function settledOnes(all: readonly Customer[]): Customer[] {
  return all.filter(({ customerId, createdAt }) => seeded.has(customerId) || Date.now() - Date.parse(createdAt) > 12);
}

/** A member of a customer to create or to change, which the deployment refuses. */
function refuses(member: string, is: (value: unknown) => boolean): Behaviour["objections"] {
  return (details, call) =>
    sent(call)[member] !== undefined && is(sent(call)[member])
      ? [...details, { message: `Not with this ${member}.`, code: "INVALID_VALUE", property: member }]
      : details;
}

const bystanderIds = new Set(world.otherCustomers);

const isCreation = (call: Call) => routeOf(call).operation === "createCustomer";

const customerFields = [
  ...["customerType", "name", "contact", "identity", "preferredLocale", "userIds", "contactPersonUserId", "shipping"],
  ...["metadata", "billing"],
];

function pick(record: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([field]) => fields.includes(field)));
}

/** Shows customers that nobody writes to with a change to their billing. */
function bystanders(change: (billing: Billing) => Billing): Behaviour["present"] {
  return (customer) =>
    bystanderIds.has(customer.customerId) && customer.billing
      ? { ...customer, billing: change(customer.billing) }
      : customer;
}

const open = "The reference leaves it open (section 3, our choice)";
const errors = "The error body is inferred, not documented";
const statuses = "This status is inferred, not documented";
const order = "The order of the checks is not documented";
const headers = "Headers beyond the documented ones are free";

export const variants: Variant[] = [
  ...lawful(`${open}: replace or merge`, {
    "replaces-the-billing": { merge: (_, change) => clean.merge(undefined, change) },
    "merges-addresses-field-by-field": {
      merge(stored, change) {
        const merged = clean.merge(stored, change);
        if (!merged.address || !stored?.address) return merged;
        return { ...merged, address: { ...stored.address, ...merged.address } };
      },
    },
  }),
  ...lawful(`${open}: where the conditions on email and address are read`, {
    "stored-email-and-address-suffice": {
      checks: {
        ...clean.checks,
        "email required": (review) => (review.merged.email ? undefined : clean.checks["email required"]?.(review)),
        "address required": (review) =>
          review.merged.address ? undefined : clean.checks["address required"]?.(review),
      },
    },
  }),
  ...lawful(`${open}: where "autoPay requires a profile" is read`, {
    "autopay-needs-the-profile-in-the-request": {
      checks: {
        ...clean.checks,
        "autoPay profile": ({ change }) =>
          change.autoPay === true && !change.defaultPaymentProfileId
            ? { message: "Name the profile as well", code: "INVALID_VALUE", property: "autoPay" }
            : undefined,
      },
    },
  }),
  ...lawful(`${open}: which own profile is valid`, {
    "expired-profile-is-valid": { usable: (profile, customer) => profile?.customerId === customer.customerId },
    "foreign-profile-answered-404": {
      checks: {
        ...clean.checks,
        "profile usable": (review) => {
          if (clean.checks["profile usable"]?.(review)) throw new Refusal("unknown");
          return undefined;
        },
      },
    },
    "foreign-profile-answered-403": {
      usable(profile, customer) {
        if (profile && profile.customerId !== customer.customerId) throw new Error("not yours");
        return clean.usable(profile, customer);
      },
      refuse: restate("crash", 403, { code: "forbidden", message: "Not yours." }),
    },
  }),
  ...lawful(`${open}: unknown fields`, {
    "unknown-fields-ignored": {
      prepare: (change) => omit(change, ...Object.keys(change).filter((field) => !fieldNames.includes(field))),
      checks: without("address known fields"),
    },
  }),
  ...lawful(`${open}: fields that the chosen method does not need`, {
    "email-refused-beside-paper-invoice": {
      checks: {
        ...clean.checks,
        "no email": ({ change }) =>
          change.method === "PAPER_INVOICE" && change.email !== undefined
            ? { message: "No email on paper", code: "INVALID_VALUE", property: "email" }
            : undefined,
      },
    },
    "needless-email-and-address-dropped": {
      merge(stored, change) {
        const merged = clean.merge(stored, change);
        return change.method === "PAPER_INVOICE" ? omit(merged, "email") : omit(merged, "address");
      },
    },
  }),
  ...lawful("That method is required is our assumption", {
    "method-optional": {
      checks: {
        ...clean.checks,
        "method required": ({ merged }) =>
          merged.method ? undefined : { message: "No method yet", code: "FIELD_REQUIRED", property: "method" },
      },
    },
  }),
  ...lawful("That currency is three capital letters is our assumption", {
    "currency-of-a-fixed-list": {
      checks: {
        ...clean.checks,
        "currency listed": ({ change }) =>
          change.currency === undefined || ["USD", "EUR", "SEK", "NOK", "GBP"].includes(String(change.currency))
            ? undefined
            : { message: "Not billed in this currency", code: "INVALID_VALUE", property: "currency" },
      },
    },
    "currency-of-any-text": { checks: without("currency form") },
  }),
  ...lawful(`${open}: a customer that had no billing`, {
    "default-currency-is-sek": { merge: (stored, change) => clean.merge({ currency: "SEK", ...stored }, change) },
    "no-default-currency-or-autopay": {
      merge(stored, change) {
        const merged = clean.merge(stored, change);
        const given = { ...stored, ...change };
        return omit(merged, ...["currency", "autoPay"].filter((field) => given[field] === undefined));
      },
    },
  }),
  ...lawful(`${open}: how a cleared profile is shown`, {
    "cleared-profile-shown-as-null": {
      merge: (stored, change) => ({
        ...clean.merge(stored, change),
        ...(change.defaultPaymentProfileId === null && { defaultPaymentProfileId: null }),
      }),
    },
    "autopay-shown-only-when-on": {
      present: presentBilling((billing) => (billing.autoPay ? billing : omit(billing, "autoPay"))),
    },
  }),

  ...lawful(statuses, {
    "validation-answered-422": { refuse: restate("invalid", 422, { code: "unprocessable" }) },
    "unknown-key-answered-403": { refuse: restate("unauthorized", 403, { code: "forbidden" }) },
    "unknown-customer-answered-403": { refuse: restate("unknown", 403, { code: "forbidden" }) },
    "unknown-path-answered-403": {
      refuse: restate("crash", 403, { code: "missing_authentication_token" }),
      beforeKey(call) {
        if (routeOf(call).operation === "none") throw new Error("No such route");
      },
    },
    "wrong-media-type-answered-400": { refuse: restate("media", 400) },
  }),
  ...lawful("What is read from a body of another media type is not documented", {
    "media-type-not-read": { acceptsMedia: () => true },
  }),
  ...lawful(errors, {
    "errors-as-problem-json": {
      refuse: errorBody(
        (code, detail, status) => ({ type: `urn:problem:${code}`, title: code, status, detail, code }),
        "application/problem+json",
      ),
    },
    "errors-as-one-text": { refuse: errorBody((code) => ({ error: code })) },
    "errors-in-an-object": { refuse: errorBody((code, message) => ({ error: { code, message } })) },
    "errors-in-a-list": { refuse: errorBody((code, message) => ({ errors: [{ code, message }] })) },
    "errors-without-details": { refuse: errorBody((code, message) => ({ code, message })) },
    "errors-empty": {
      refuse(refusal) {
        const answer = clean.refuse(refusal);
        return answer.status === 409 ? answer : withHeader({ ...answer, body: "" }, "Content-Type");
      },
    },
    "errors-with-other-detail-codes": {
      refuse: (refusal) => {
        const details = refusal.details.map(({ message, property }) => ({ message, code: "E1001", property }));
        const { message, code } = JSON.parse(clean.refuse(refusal).body);
        return { ...clean.refuse(refusal), body: JSON.stringify({ message, code, details, hint: "See the manual." }) };
      },
    },
  }),

  ...lawful("Which answers are kept under a key is our assumption", {
    "errors-not-kept": { keeps: (answer) => answer.status < 300 },
    "unknown-customer-answer-not-kept": { keeps: (answer) => clean.keeps(answer) && answer.status !== 404 },
  }),
  ...lawful("Whom a key belongs to is our assumption", {
    "keys-shared-by-the-tenant": { slot: (key) => key },
  }),
  ...lawful("What happens to an empty key, or to one on a GET, is our assumption", {
    "empty-key-means-no-key": {
      readsKey: (call) => call.method !== "GET" && Boolean(clean.header(call, "X-Idempotency-Key")),
    },
    "key-on-a-read-refused": {
      beforeKey(call) {
        if (call.method === "GET" && clean.header(call, "X-Idempotency-Key") !== undefined)
          throw new Refusal("invalid");
      },
    },
  }),
  ...lawful("A twin that gets the kept answer was not executed again either", {
    "twin-waits-for-the-kept-answer": { inFlight: ({ record }) => record.running },
  }),
  ...lawful("Both 409 rows fit a different request that arrives while the first one runs", {
    "other-request-in-flight-is-locked": {
      mismatch({ record }) {
        throw new Refusal(record.answer ? "mismatch" : "locked");
      },
    },
  }),
  ...lawful(headers, {
    "replay-marked-by-a-new-header": { replay: ({ kept }) => withHeader(kept, "Idempotent-Replayed", "true") },
    "replay-marked-by-another-value": {
      answer: (answer, call) =>
        isWrite(call)
          ? withHeader(answer, "Idempotent-Replayed", answer.headers["Idempotent-Replayed"] ?? "false")
          : answer,
      replay: ({ kept }) => withHeader(kept, "Idempotent-Replayed", "true"),
    },
    "rate-limit-headers-count-down": {
      answer: (answer, _, desk) => {
        const left = withHeader(answer, "X-RateLimit-Remaining", String(5000 - count(desk, "requests")));
        return withHeader(left, "X-RateLimit-Limit", "5000");
      },
    },
    "request-ids-new-on-replay": {
      replay: ({ kept }) => withHeader(kept, "X-Request-Id", json(200, null).headers["X-Request-Id"]),
    },
    "headers-in-lower-case": {
      answer: (answer) => ({
        ...answer,
        headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value])),
      }),
    },
    "media-type-without-charset": { answer: (answer) => withHeader(answer, "Content-Type", "application/json") },
    "cookies-and-etags": {
      answer: (answer, _, desk) =>
        withHeader(
          withHeader(answer, "Set-Cookie", `lb=${count(desk, "cookies")}; Path=/; HttpOnly`),
          "ETag",
          `W/"${answer.body.length}"`,
        ),
    },
  }),
  ...lawful("403 is documented: a key may lack a right", {
    "key-may-not-list-customers": { firstLook: forbids("listCustomers") },
    "key-may-not-change-billing": { firstLook: forbids("updateCustomerBilling") },
    "key-may-not-see-payment-profiles": { firstLook: forbids("listPaymentProfiles", "getPaymentProfile") },
  }),
  ...lawful("429 is in use, and a client has to obey Retry-After", {
    "burst-answered-429": { firstLook: throttle(60, () => "1") },
    "burst-answered-429-with-a-date": {
      firstLook: throttle(60, () => new Date(Date.now() + 2000).toUTCString()),
    },
    "burst-answered-429-with-a-date-of-another-clock": {
      now: shifted(hour),
      firstLook: throttle(60, () => new Date(Date.now() + hour + 2000).toUTCString()),
    },
    "burst-counted-as-it-goes": {
      now: shifted(-hour),
      firstLook: throttle(60, () => "1"),
      answer(answer, _, { scratch }) {
        const { length } = scratch.get("recent") as number[];
        const reset = Math.ceil(shifted(-hour)().getTime() / 1000) + 1;
        return withHeader(
          withHeader(answer, "X-RateLimit-Remaining", `${60 - length}`),
          "X-RateLimit-Reset",
          `${reset}`,
        );
      },
    },
  }),
  ...lawful("A clock need not be that of whoever asks", {
    "clock-an-hour-ahead": { now: shifted(hour) },
    "clock-an-hour-behind": { now: shifted(-hour) },
  }),
  ...lawful(order, {
    "body-read-before-the-key": {
      beforeKey(call, desk) {
        // Only what the body itself shows: a replay is not refused for what has changed since.
        const checks = without("profile usable", "autoPay profile");
        if (isWrite(call)) reviewBilling({ ...desk, behaviour: { ...desk.behaviour, checks } }, call);
      },
    },
    "customer-looked-up-before-the-key": {
      beforeKey(call, desk) {
        if (isWrite(call)) customerOf(desk, call, routeOf(call).id);
      },
    },
    "media-type-read-before-the-key": {
      beforeKey(call) {
        if (isWrite(call) && !clean.acceptsMedia(clean.header(call, "Content-Type") ?? "")) throw new Refusal("media");
      },
    },
    "one-violation-at-a-time": {
      refuse: (refusal) => clean.refuse(new Refusal(refusal.kind, refusal.details.slice(0, 1))),
    },
  }),

  ...lawful("Nothing forbids fields that the reference does not list", {
    "extra-fields-everywhere": { answer: rewrite(everyOperation, padded) },
    "extra-fields-in-reads-alone": { answer: rewrite(["listCustomers", "getCustomer"], padded) },
    "extra-fields-that-count": {
      present: ({ contact, users, ...customer }) => ({
        ...customer,
        contact: { ...contact, shownAt: performance.now() },
        ...(users && { users: users.map((user) => ({ ...user, seenAt: performance.now() })) }),
      }),
    },
    "new-customers-have-metadata-of-the-deployment": {
      draft(desk, sent, billing) {
        const customer = clean.draft(desk, sent, billing);
        return { ...customer, metadata: { ...customer.metadata, origin: "api" } };
      },
    },
    "extra-fields-in-errors": {
      refuse(refusal) {
        const answer = clean.refuse(refusal);
        return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), traceId: "c0ffee", at: new Date() }) };
      },
    },
  }),
  ...lawful("Whether an optional field without a value is left out or null is not documented", {
    "absent-fields-shown-as-null": {
      present: withNulls,
      presentProfile: (profile: PaymentProfile) => ({ billingDetails: null, metadata: null, ...profile }),
    },
  }),
  ...lawful("These fields are optional", {
    "customers-without-optional-fields": {
      present: ({ customerId, customerType, name, contact, billing }) => ({
        customerId,
        customerType,
        name,
        contact,
        ...(billing && { billing }),
      }),
      presentProfile: (card) => omit(card, "provider", "displayName", "expiresAt", "billingDetails"),
    },
  }),
  ...lawful("The type and the provider of a payment profile are open", {
    "profile-type-in-lower-case": { presentProfile: (profile) => ({ ...profile, type: "card" }) },
    "profile-type-of-another-kind": { presentProfile: (profile) => ({ ...profile, type: "DIRECT_DEBIT" }) },
    "profile-provider-in-lower-case": { presentProfile: (profile) => ({ ...profile, provider: "stripe" }) },
    "profile-provider-of-another-name": { presentProfile: (profile) => ({ ...profile, provider: "Nets, Denmark" }) },
  }),
  ...lawful("These fields are strings of which the reference says no more", {
    "identity-of-any-form": { present: unwritten("identity", "SE / 19720114-2386 (verified)") },
    "contact-email-of-any-text": {
      present: (customer) =>
        hasSeededEmail(customer) ? { ...customer, contact: { ...customer.contact, email: wordsForEmail } } : customer,
      matchesFilter: (customer, text) =>
        clean.matchesFilter(customer, text) || (hasSeededEmail(customer) && wordsForEmail.includes(text)),
    },
    "card-holder-email-of-any-text": {
      presentProfile: (profile) => ({ ...profile, billingDetails: { ...profile.billingDetails, email: "" } }),
    },
    "addresses-with-empty-parts": {
      present: bystanders((billing) => ({ ...billing, address: { street1: "", city: "", zip: "", country: "HK" } })),
    },
  }),
  ...lawful("BCP 47 has these tags too", {
    "locale-of-private-use": { present: unwritten("preferredLocale", "x-house") },
    "locale-registered-before-the-rule": { present: unwritten("preferredLocale", "i-klingon") },
    "locale-of-many-parts": { present: unwritten("preferredLocale", "de-Latn-CH-1996-u-co-phonebk") },
  }),
  ...lawful("The role of a user is optional", {
    "contact-person-without-role": {
      present: ({ contactPerson, ...customer }) => ({
        ...customer,
        ...(contactPerson && { contactPerson: omit(contactPerson, "role") }),
      }),
    },
  }),
  ...lawful("The precision of a time is not documented, nor that two writes differ in it", {
    "times-with-microseconds": { updatedAt: (before, now) => clean.updatedAt(before, now).replace("Z", "417Z") },
    "times-in-whole-seconds": { updatedAt: (_, now) => now.toISOString().replace(/\.\d+Z/, "Z") },
  }),
  ...lawful("Identifiers are plain strings", {
    "uuid-ids": { id: hex },
    "prefixed-ids": {
      id: (plain) => `${plain.startsWith("y") ? "pay" : "cus"}_${plain.replaceAll("-", "").slice(1, 20)}`,
    },
    "numeric-ids": { id: (plain) => String(Number.parseInt(plain.replaceAll("-", "").slice(1, 11), 16)) },
    "ids-with-reserved-letters": { id: (plain) => `tenant:7/${plain.slice(0, 8)}+${plain.slice(-6)}` },
  }),
  ...lawful("Later copies of the reference have it", {
    "pages-by-cursor": {
      paginate(all, query) {
        const limit = Math.min(1000, Math.max(1, Number(query.get("limit") ?? 100) || 100));
        const start = Number(Buffer.from(query.get("cursor") ?? "", "base64url").toString()) || 0;
        const end = start + limit;
        const nextCursor = end < all.length ? Buffer.from(String(end)).toString("base64url") : null;
        return { items: all.slice(start, end), pagination: { nextCursor, limit } };
      },
    },
    "other-customers-have-e-invoices": { present: bystanders((billing) => ({ ...billing, method: "E_INVOICE" })) },
    "billing-has-a-reference-id": { present: presentBilling((billing) => ({ referenceId: "PO-4471", ...billing })) },
  }),
  ...lawful("What happens to a limit or offset out of range is not documented", {
    "limit-clamped": {
      paginate(all, query) {
        const limit = Math.min(1000, Math.max(1, Math.trunc(Number(query.get("limit") ?? 100)) || 1));
        const offset = Math.max(0, Math.trunc(Number(query.get("offset") ?? 0)) || 0);
        return clean.paginate(all, new URLSearchParams({ limit: String(limit), offset: String(offset) }));
      },
    },
  }),
  ...lawful("The order of a list is the deployment's own", {
    "by-name": {
      paginate(all, query) {
        const byName = [...all].sort((one, other) => (one.name < other.name ? 1 : -1));
        const { items, pagination } = clean.paginate(byName, query);
        return { items, pagination: { ...Object(pagination), sort: { key: "name", direction: "DESC" } } };
      },
    },
    "users-in-any-order": {
      present: ({ users, ...customer }) => ({
        ...customer,
        ...(users && { users: performance.now() % 2 < 1 ? users : [...users].reverse() }),
      }),
    },
    "members-in-another-order": {
      answer: rewrite(everyOperation, (body) => Object.fromEntries(Object.entries(body).reverse())),
    },
    "newest-first": {
      paginate(all, query) {
        const { items, pagination } = clean.paginate([...all].reverse(), query);
        return { items, pagination: { ...Object(pagination), sort: { key: "updatedAt", direction: "DESC" } } };
      },
    },
  }),
  ...lawful("Whether an unknown customer has no profiles or is unknown is not documented", {
    "no-profiles-for-an-unknown-customer": {
      answer: (answer, call) =>
        answer.status === 404 && call.path === "/payment-profiles"
          ? { ...answer, status: 200, body: '{"items":[]}' }
          : answer,
    },
  }),
  ...lawful("Whether a list shows at once who is new is not documented", {
    "new-customers-listed-a-moment-later": { paginate: (all, query) => clean.paginate(settledOnes(all), query) },
  }),
  ...lawful("Who may be created by which key is not documented, and 403 is in use", {
    "creations-and-changes-forbidden-to-this-key": {
      firstLook: (call) =>
        ["createCustomer", "updateCustomer"].includes(routeOf(call).operation)
          ? json(403, { message: "Not with this key.", code: "forbidden" })
          : undefined,
    },
  }),
  ...lawful("The form of an identity goes by country and type, and the reference does not say how", {
    "identities-checked": { objections: refuses("identity", (value) => value !== "19720114-2386") },
  }),
  ...lawful("Nothing says that two customers may have the same e-mail address, or that a user is added twice", {
    "an-email-is-one-customers-alone": {
      enrol(desk, customer) {
        const { email } = customer.contact;
        if (email && [...desk.customers.values()].some(({ contact }) => contact.email === email))
          throw new Refusal("invalid", [{ message: "Taken.", code: "INVALID_VALUE", property: "contact.email" }]);
        clean.enrol(desk, customer);
      },
    },
    "a-user-is-added-once": {
      store(desk, after, before) {
        if (after.users !== before.users && after.users?.length === before.users?.length)
          throw new Refusal("invalid", [{ message: "Already there.", code: "INVALID_VALUE", property: "userId" }]);
        clean.store(desk, after, before);
      },
    },
  }),
  ...lawful("That a stored value keeps its letter case is our assumption", {
    "emails-stored-in-lower-case": {
      draft: (desk, sent, billing) => lowerCase(clean.draft(desk, sent, billing)),
      store: (desk, after, before) => clean.store(desk, lowerCase(after), before),
      reply: (after) => lowerCase(after),
    },
  }),
  ...lawful("What a change of a customer answers is inferred", {
    "changes-answered-204": {
      answer: (answer, call) =>
        answer.status === 200 && routeOf(call).operation === "updateCustomer"
          ? withHeader({ ...answer, status: 204, body: "" }, "Content-Type")
          : answer,
    },
  }),
  ...lawful("How fast an answer comes is not documented", {
    "slow-answers": {
      async firstLook() {
        await takes(30)();
        return undefined;
      },
    },
    "slow-writes": { pause: takes(150) },
  }),
  ...lawful("That a customer is changed by PUT is inferred", {
    "customers-changed-by-patch": {
      firstLook: (call) =>
        routeOf(call).operation === "updateCustomer"
          ? withHeader(json(405, { message: "Send it as PATCH.", code: "method_not_allowed" }), "Allow", "GET, PATCH")
          : undefined,
    },
  }),
  ...lawful("The status of a creation is inferred", {
    "creations-answered-200": {
      answer: (answer, call) => (answer.status === 201 && isCreation(call) ? { ...answer, status: 200 } : answer),
    },
  }),
  ...lawful(`${open}: a customer to create, or to change`, {
    "customers-with-unknown-fields-accepted": {
      objections: (details) => details.filter(({ code }) => code !== "UNKNOWN_FIELD"),
      draft: (desk, sent, billing) => clean.draft(desk, pick(sent, customerFields), billing),
      revise: (before, change) => clean.revise(before, pick(change, customerFields)),
    },
    "customers-without-contact-accepted": {
      objections: (details) =>
        details.filter(({ code, property }) => property !== "contact" || code !== "FIELD_REQUIRED"),
      draft: (desk, sent, billing) => clean.draft(desk, { contact: {}, ...sent }, billing),
    },
    "billing-within-a-customer-follows-no-conditions": {
      objections: (details) =>
        details.filter(
          ({ code, property = "" }) =>
            !/^billing\.(email|address|autoPay)$/.test(property) || code !== "FIELD_REQUIRED",
        ),
    },
    "users-of-a-new-customer-are-managers": {
      draft(desk, sent, billing) {
        const { users, ...customer } = clean.draft(desk, sent, billing);
        return { ...customer, ...(users && { users: users.map((user) => ({ ...user, role: "MANAGER" as const })) }) };
      },
    },
    "contact-person-need-be-no-user": {
      objections: (details, call) =>
        details.filter(
          ({ property }) => property !== "contactPersonUserId" || typeof sent(call).contactPersonUserId !== "string",
        ),
    },
    "new-customers-need-approval-of-their-users": {
      objections: (details, call) =>
        isCreation(call) && `${call.body}`.includes("userIds")
          ? [...details, { message: "Nobody knows this user.", code: "INVALID_VALUE", property: "userIds" }]
          : details,
    },
    "a-change-replaces-the-customer": {
      revise({ name, contact, identity: _, preferredLocale: __, shipping: ___, billing: ____, ...before }, change) {
        return { ...before, name, contact, ...change };
      },
    },
  }),
  ...lawful("HTTP itself allows it", {
    "answers-gzipped": { wire: { gzip: true, keepAlive: true } },
    "connection-closed-after-each-answer": { wire: { gzip: false, keepAlive: false } },
    "answers-pretty-printed": {
      answer: (answer: Answer, _call: Call) =>
        answer.body === "" ? answer : { ...answer, body: JSON.stringify(JSON.parse(answer.body), null, 2) },
    },
  }),
];
