// Section 3: what a billing write accepts and refuses.

import { merging, omit, preparing, preparingAddress, restate, storing, without } from "../alter.ts";
import { type Behaviour, type BillingChange, clean, Refusal } from "../behaviour.ts";
import type { Customer } from "../world.ts";
import { breaking, type Fault } from "./fault.ts";

/** Stores these fields of a change before the rules have been read. */
function early(...fields: string[]): Behaviour["touch"] {
  return (customer, change) => {
    for (const field of fields) {
      if (change[field] !== undefined) customer.billing = { ...customer.billing, [field]: change[field] };
    }
  };
}

function upper(change: BillingChange, field: string): BillingChange {
  return preparing(field, (value) => (typeof value === "string" ? value.toUpperCase() : value))(change, {} as Customer);
}

const profileRow = "defaultPaymentProfileId: a valid payment profile owned by this customer, or null";
const autoPayRow = "autoPay requires defaultPaymentProfileId to be set";
const typesRow = "Every field has the type that the table gives it";

export const ruleFaults: Fault[] = [
  ...breaking("documented", "method is EMAIL_INVOICE or PAPER_INVOICE", {
    "any-method-accepted": { checks: without("method known") },
    "lower-case-method-accepted": { prepare: (change) => upper(change, "method") },
    "method-trimmed": { prepare: preparing("method", (value) => (typeof value === "string" ? value.trim() : value)) },
    "unknown-method-taken-as-email": {
      prepare: preparing("method", (value) => (value === "PAPER_INVOICE" ? value : "EMAIL_INVOICE")),
    },
    "method-by-its-first-word": {
      prepare: preparing("method", (value) => (/^(EMAIL|PAPER)$/.test(value) ? `${value}_INVOICE` : value)),
    },
    "paper-invoice-refused": {
      checks: {
        ...clean.checks,
        "no paper": ({ change }) =>
          change.method === "PAPER_INVOICE" ? { message: "Not in your plan", code: "INVALID_VALUE" } : undefined,
      },
    },
  }),
  ...breaking("documented", "email is required when the method is EMAIL_INVOICE", {
    "null-email-is-an-email": { checks: without("email required", "email type") },
  }),
  // Where an e-mail is stored, the stored one may lawfully do.
  ...breaking(
    "documented",
    "email is required when the method is EMAIL_INVOICE",
    {
      "email-never-required": { checks: without("email required") },
      "missing-email-invented": {
        prepare: (change, { billing, contact }) =>
          change.method === "EMAIL_INVOICE" && !billing?.email
            ? { email: contact.email ?? "billing@tenant.example", ...change }
            : change,
      },
    },
    "unbilled customer",
  ),
  ...breaking("documented", "address is required when the method is PAPER_INVOICE", {
    "address-never-required": { checks: without("address required") },
    "missing-address-taken-from-shipping": {
      prepare: (change, { shipping }) =>
        change.method === "PAPER_INVOICE" && shipping ? { address: shipping.address, ...change } : change,
    },
  }),
  ...breaking("assumed", "The conditions on email and address are read in the request itself", {
    "email-may-be-the-stored-one": {
      checks: {
        ...clean.checks,
        "email required": (review) => (review.stored?.email ? undefined : clean.checks["email required"]?.(review)),
      },
    },
    "address-may-be-the-stored-one": {
      checks: {
        ...clean.checks,
        "address required": (review) =>
          review.stored?.address ? undefined : clean.checks["address required"]?.(review),
      },
    },
  }),
  ...breaking("documented", "email is an e-mail", {
    "email-form-unchecked": { checks: without("email form") },
    "empty-email-accepted": {
      prepare: (change) => (change.email === "" ? { ...change, email: "a@b.example" } : change),
    },
    "email-needs-an-at-only": {
      checks: {
        ...without("email form"),
        "email at": ({ change }) =>
          typeof change.email !== "string" || change.email.includes("@")
            ? undefined
            : { message: "No @", code: "INVALID_FORMAT", property: "email" },
      },
    },
    "email-may-have-a-prefix": {
      checks: {
        ...without("email form"),
        "email tail": ({ change }) =>
          typeof change.email !== "string" || /[^\s@]+@[^\s@]+\.[a-z]+$/i.test(change.email)
            ? undefined
            : { message: "Not an e-mail", code: "INVALID_FORMAT", property: "email" },
      },
    },
    "plus-address-refused": {
      checks: {
        ...clean.checks,
        "email plus": ({ change }) =>
          String(change.email).includes("+") ? { message: "Not an e-mail", code: "INVALID_FORMAT" } : undefined,
      },
    },
    "long-top-level-domain-refused": {
      checks: {
        ...clean.checks,
        "email end": ({ change }) =>
          /\.[a-z]{5,}$/i.test(String(change.email)) ? { message: "Not an e-mail", code: "INVALID_FORMAT" } : undefined,
      },
    },
  }),
  ...breaking("inferred", "email is an e-mail", {
    "email-checked-on-e-mail-invoices-only": {
      checks: {
        ...clean.checks,
        "email form": (review) =>
          review.change.method === "EMAIL_INVOICE" ? clean.checks["email form"]?.(review) : undefined,
      },
    },
    "email-trimmed": { prepare: preparing("email", (value) => (typeof value === "string" ? value.trim() : value)) },
  }),

  ...breaking("documented", typesRow, {
    "email-type-unchecked": { checks: without("email type") },
    "email-as-a-list-of-one": {
      prepare: preparing("email", (value) => (Array.isArray(value) ? value[0] : value)),
    },
    "email-number-turned-into-text": {
      prepare: preparing("email", (value) => (typeof value === "number" ? `${value}@numbers.example` : value)),
    },
    "method-as-a-list-of-one": { prepare: preparing("method", (value) => String(value)) },
    "method-as-a-number": {
      prepare: preparing("method", (value) => ["EMAIL_INVOICE", "PAPER_INVOICE"][value] ?? value),
    },
    "address-type-unchecked": { checks: without("address type") },
    "address-as-a-list": { prepare: preparing("address", (value) => (Array.isArray(value) ? { ...value[0] } : value)) },
    "address-null-accepted": { prepare: (change) => (change.address === null ? omit(change, "address") : change) },
    "profile-type-unchecked": { checks: without("profile type") },
    "profile-as-an-object": {
      prepare: preparing("defaultPaymentProfileId", (value) => value?.paymentProfileId ?? value),
    },
    "profile-false-taken-as-null": {
      prepare: preparing("defaultPaymentProfileId", (value) => (value === false ? null : value)),
    },
    "autopay-type-unchecked": { checks: without("autoPay type") },
    "autopay-text-coerced": {
      prepare: preparing("autoPay", (value) => (value === "true" ? true : value === "false" ? false : value)),
    },
    "autopay-number-coerced": {
      prepare: preparing("autoPay", (value) => (value === 1 || value === 0 ? !!value : value)),
    },
    "autopay-any-truth-accepted": { prepare: preparing("autoPay", (value) => Boolean(value)) },
    "autopay-null-taken-as-false": { prepare: preparing("autoPay", (value) => value ?? false) },
    "zip-type-unchecked": { checks: without("address zip type") },
    "zip-number-turned-into-text": { prepare: preparingAddress("zip", (value) => String(value)) },
  }),
  ...breaking("inferred", typesRow, {
    "currency-type-unchecked": { checks: without("currency type") },
    "currency-null-taken-as-absent": {
      prepare: (change) => (change.currency === null ? omit(change, "currency") : change),
    },
    "street-type-unchecked": { checks: without("address street1 type") },
    "second-street-type-unchecked": { checks: without("address street2 type") },
    "city-type-unchecked": { checks: without("address city type") },
    "country-type-unchecked": { checks: without("address country type") },
    "state-type-unchecked": { checks: without("address state type") },
    "region-type-unchecked": { checks: without("address region type") },
    "attention-type-unchecked": { checks: without("address attention type") },
  }),
  ...breaking("inferred", "An address needs street1, city, zip and country", {
    "empty-address-is-an-address": {
      checks: without(...["street1", "city", "zip", "country"].map((field) => `address ${field} required`)),
    },
    "street-not-required": { checks: without("address street1 required") },
    "city-not-required": { checks: without("address city required") },
    "zip-not-required": { checks: without("address zip required") },
    "country-not-required": { checks: without("address country required") },
  }),
  ...breaking("assumed", "Forms of currency and country; method required; unknown fields refused", {
    "any-currency-text-accepted": { checks: without("currency form") },
    "lower-case-currency-accepted": { prepare: (change) => upper(change, "currency") },
    "any-country-text-accepted": { checks: without("address country form") },
    "method-not-required": { checks: without("method required") },
    "unknown-fields-stored": { checks: without("known fields") },
    "unknown-address-fields-stored": { checks: without("address known fields") },
    "email-beside-paper-invoice-refused": {
      checks: {
        ...clean.checks,
        "no email": ({ change }) =>
          change.method === "PAPER_INVOICE" && change.email !== undefined
            ? { message: "Not with paper", code: "INVALID_VALUE", property: "email" }
            : undefined,
      },
    },
    "email-beside-paper-invoice-dropped": {
      merge: merging((merged, _, { method }) => (method === "PAPER_INVOICE" ? omit(merged, "email") : merged)),
    },
    "address-beside-email-invoice-dropped": {
      merge: merging((merged, _, { method }) => (method === "EMAIL_INVOICE" ? omit(merged, "address") : merged)),
    },
    "violations-answered-422": { refuse: restate("invalid", 422) },
  }),

  ...breaking("documented", profileRow, {
    "unknown-profile-accepted": { usable: (profile, customer) => !profile || clean.usable(profile, customer) },
    "profile-checked-with-autopay-only": {
      checks: {
        ...clean.checks,
        "profile usable": (review) =>
          review.change.autoPay === true ? clean.checks["profile usable"]?.(review) : undefined,
      },
    },
    "profile-checked-on-email-invoices-only": {
      checks: {
        ...clean.checks,
        "profile usable": (review) =>
          review.change.method === "EMAIL_INVOICE" ? clean.checks["profile usable"]?.(review) : undefined,
      },
    },
    "unknown-profile-ignored": {
      usable: (profile, customer) => !profile || clean.usable(profile, customer),
      store(desk, after, before) {
        const kept = before.billing?.defaultPaymentProfileId ?? null;
        const known = desk.profiles.has(after.billing?.defaultPaymentProfileId ?? "");
        if (!known) after.billing = { ...after.billing, defaultPaymentProfileId: kept };
        clean.store(desk, after, before);
      },
    },
    "empty-profile-taken-as-null": {
      prepare: preparing("defaultPaymentProfileId", (value) => (value === "" ? null : value)),
    },
    "second-own-profile-refused": {
      usable: (profile, customer) =>
        clean.usable(profile, customer) && /^Visa|^Corporate/.test(profile?.displayName ?? ""),
    },
    "null-profile-refused": {
      checks: {
        ...clean.checks,
        "profile type": ({ change }) =>
          change.defaultPaymentProfileId === null
            ? { message: "Not a string", code: "INVALID_TYPE", property: "defaultPaymentProfileId" }
            : undefined,
      },
    },
    "null-profile-ignored": {
      prepare: (change) => (change.defaultPaymentProfileId === null ? omit(change, "defaultPaymentProfileId") : change),
    },
    "null-profile-refused-while-autopay-is-on": {
      merge: merging((merged, stored, sent) =>
        sent.defaultPaymentProfileId === null && sent.autoPay === undefined
          ? { ...merged, autoPay: stored.autoPay === true }
          : merged,
      ),
    },
    "null-profile-stored-as-text": {
      merge: merging((merged, _, { defaultPaymentProfileId }) =>
        defaultPaymentProfileId === null ? { ...merged, defaultPaymentProfileId: "null" } : merged,
      ),
    },
    "null-profile-leaves-autopay-on": {
      checks: without("autoPay profile"),
      merge: merging((merged, stored, sent) =>
        sent.defaultPaymentProfileId === null ? { ...merged, autoPay: stored.autoPay ?? false } : merged,
      ),
    },
    "null-profile-answered-but-not-stored": {
      store: storing((billing, before) =>
        billing.defaultPaymentProfileId
          ? billing
          : { ...billing, defaultPaymentProfileId: before?.defaultPaymentProfileId },
      ),
    },
  }),
  ...breaking("inferred", profileRow, {
    "null-profile-turns-autopay-off-but-keeps-the-profile": {
      merge: merging((merged, stored, sent) =>
        sent.defaultPaymentProfileId === null
          ? { ...merged, defaultPaymentProfileId: stored.defaultPaymentProfileId ?? null }
          : merged,
      ),
    },
  }),
  ...breaking(
    "documented",
    profileRow,
    {
      "foreign-profile-accepted": { usable: (profile) => profile?.status === "ACTIVE" },
      "foreign-profile-refused-after-storing": { touch: early("defaultPaymentProfileId") },
    },
    "foreign profile",
  ),
  ...breaking(
    "assumed",
    "Unknown and foreign profiles get the same answer",
    {
      "foreign-profile-told-apart": {
        usable(profile, customer) {
          if (profile && profile.customerId !== customer.customerId) throw new Error("owned by another customer");
          return clean.usable(profile, customer);
        },
        refuse: restate("crash", 403, { code: "forbidden", message: "This profile belongs to another customer." }),
      },
    },
    "foreign profile",
  ),
  ...breaking(
    "assumed",
    "A valid profile is ACTIVE",
    { "expired-profile-accepted": { usable: (profile, customer) => profile?.customerId === customer.customerId } },
    "expired profile",
  ),
  ...breaking("documented", autoPayRow, {
    "autopay-without-profile-accepted": { checks: without("autoPay profile") },
    "autopay-with-null-profile-accepted": {
      checks: {
        ...clean.checks,
        "autoPay profile": (review) =>
          review.change.defaultPaymentProfileId === null ? undefined : clean.checks["autoPay profile"]?.(review),
      },
    },
    "autopay-needs-any-profile-of-the-past": {
      checks: {
        ...clean.checks,
        "autoPay profile": (review) =>
          review.stored?.autoPay !== undefined && review.change.defaultPaymentProfileId !== null
            ? undefined
            : clean.checks["autoPay profile"]?.(review),
      },
    },
    "autopay-refused-beside-a-profile": {
      checks: {
        ...clean.checks,
        "autoPay profile": ({ change }) =>
          change.autoPay === true && change.defaultPaymentProfileId
            ? { message: "Set the profile first", code: "INVALID_VALUE", property: "autoPay" }
            : undefined,
      },
    },
    "autopay-false-needs-a-profile": {
      checks: {
        ...clean.checks,
        "autoPay profile": ({ change, merged }) =>
          change.autoPay !== undefined && !merged.defaultPaymentProfileId
            ? { message: "No profile", code: "INVALID_VALUE", property: "autoPay" }
            : undefined,
      },
    },
  }),
  ...breaking("assumed", "autoPay is read on the merged result; null with autoPay true is refused", {
    "autopay-silently-turned-off": {
      merge: merging((merged) => ({ ...merged, autoPay: merged.autoPay === true && !!merged.defaultPaymentProfileId })),
    },
    "autopay-turned-on-with-a-profile": {
      merge: merging((merged, _, { defaultPaymentProfileId, autoPay }) =>
        defaultPaymentProfileId && autoPay === undefined ? { ...merged, autoPay: true } : merged,
      ),
    },
    "autopay-read-in-the-request-only": {
      checks: {
        ...clean.checks,
        "autoPay profile": ({ change }) =>
          change.autoPay === true && !change.defaultPaymentProfileId
            ? { message: "No profile here", code: "INVALID_VALUE", property: "autoPay" }
            : undefined,
      },
    },
  }),
  ...breaking("assumed", "Merge of top-level fields; address is replaced as a whole", {
    "what-is-left-out-is-dropped": { merge: (_, change) => clean.merge(undefined, change) },
    "left-out-currency-dropped": {
      merge: merging((merged, _, sent) => ({ ...merged, currency: String(sent.currency ?? "USD") })),
    },
    "left-out-profile-dropped": {
      merge: merging((merged, _, sent) =>
        sent.defaultPaymentProfileId ? merged : clean.merge(merged, { defaultPaymentProfileId: null }),
      ),
    },
    "left-out-autopay-turned-off": {
      merge: merging((merged, _, sent) => ({ ...merged, autoPay: sent.autoPay === true })),
    },
    "address-merged-field-by-field": {
      merge: merging((merged, { address }) =>
        merged.address && address ? { ...merged, address: { ...address, ...merged.address } } : merged,
      ),
    },
  }),
  ...breaking(
    "assumed",
    "A customer that had no billing: currency falls back to USD, autoPay to false",
    {
      "first-billing-in-another-currency": {
        merge: merging((merged, stored, sent) => ({
          ...merged,
          currency: String(sent.currency ?? stored.currency ?? "EUR"),
        })),
      },
      "first-billing-without-autopay": {
        merge: merging((merged, stored, sent) =>
          (sent.autoPay ?? stored.autoPay ?? null) === null ? omit(merged, "autoPay") : merged,
        ),
      },
    },
    "unbilled customer",
  ),
  ...breaking("assumed", "updatedAt advances on every executed write, never on a replay", {
    "updated-at-stands-still": { updatedAt: (before) => before.updatedAt },
    "updated-at-goes-back": { updatedAt: (before) => before.createdAt },
    "updated-at-advances-on-refusals": {
      touch(customer) {
        customer.updatedAt = clean.updatedAt(customer, new Date());
      },
    },
    "updated-at-advances-on-replays": {
      replay({ kept, desk }) {
        const customer = kept.status === 200 && desk.customers.get(JSON.parse(kept.body).customerId);
        if (customer) customer.updatedAt = clean.updatedAt(customer, new Date());
        return kept;
      },
    },
  }),
  ...breaking("assumed", "A refused request changes nothing at all", {
    "currency-stored-before-the-rules": { touch: early("currency") },
    "method-stored-before-the-rules": { touch: early("method") },
    "email-stored-before-the-rules": { touch: early("email") },
    "address-stored-before-the-rules": { touch: early("address") },
    "autopay-stored-before-the-rules": { touch: early("autoPay") },
    "everything-stored-before-the-rules": {
      touch: early("method", "email", "address", "currency", "defaultPaymentProfileId", "autoPay"),
    },
    "null-profile-stored-before-the-rules": {
      touch(customer, change) {
        if (change.defaultPaymentProfileId !== null || !customer.billing) return;
        customer.billing = clean.merge(customer.billing, { defaultPaymentProfileId: null });
      },
    },
    "refused-media-type-executed": {
      acceptsMedia: () => true,
      answer: (answer, call) =>
        call.method === "PUT" && !clean.acceptsMedia(clean.header(call, "Content-Type") ?? "")
          ? clean.refuse(new Refusal("media"))
          : answer,
    },
  }),
];
